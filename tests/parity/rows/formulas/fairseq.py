"""fairseq."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps, line, phases


FOLDER = "fairseq/optim/lr_scheduler"

Row = partial(FormulaRow, library="fairseq", steps=1100)


def polynomial(t: Steps, power: float, end: float) -> np.ndarray[Any, Any]:
    left = np.clip(1 - (t - 100) / 900, 0, 1)
    return phases(t, (100, line(t, 0.0, LR, 100)), (1000, (LR - end) * left**power + end), then=end)


def cosine(t: Steps, t_mult: int, low: float, shrink: float) -> np.ndarray[Any, Any]:
    after = np.maximum(t - 100, 0)
    starts = [300 * sum(t_mult**j for j in range(i)) for i in range(9)]
    i = np.searchsorted(starts, after, side="right") - 1
    least, most, period = low * shrink**i, LR * shrink**i, 300.0 * t_mult**i
    wave = least + (most - least) * (1 + np.cos(np.pi * (after - np.asarray(starts)[i]) / period)) / 2
    return phases(t, (100, line(t, low, LR, 100)), then=wave)


def triangular(t: Steps, shrink: float, least_shrinks: bool) -> np.ndarray[Any, Any]:
    cycle = t // 300
    low, high = 0.005 * (shrink**cycle if least_shrinks else 1), LR * shrink**cycle
    return low + (high - low) * np.maximum(0, 1 - np.abs(t / 150 - 2 * (cycle + 1) + 1))


COSINE = "--lr-scheduler cosine --warmup-updates 100 --lr-period-updates 300"
TRIANGULAR = "--lr-scheduler triangular --lr 0.005 --max-lr 0.05 --lr-period-updates 300"

ROWS = [
    Row(
        "fixed",
        "--lr-scheduler fixed --warmup-updates 100",
        'js.warmup_constant(peak_value=lr, warmup_steps=100, first="one_over_n")',
        "Its warmup begins with a 100th of the rate, that of the others with 0.",
        formula=lambda t: LR * np.minimum((t + 1) / 100, 1),
        source=f"{FOLDER}/fixed_schedule.py",
    ),
    Row(
        "inverse_sqrt",
        "--lr-scheduler inverse_sqrt --warmup-updates 100",
        "js.inverse_sqrt(peak_value=lr, warmup_steps=100)",
        formula=lambda t: phases(t, (100, line(t, 0.0, LR, 100)), then=LR * np.sqrt(100 / np.maximum(t, 1))),
        source=f"{FOLDER}/inverse_square_root_schedule.py",
    ),
    Row(
        "polynomial_decay",
        "--lr-scheduler polynomial_decay --warmup-updates 100 --total-num-update 1000",
        "js.warmup_linear(peak_value=lr, warmup_steps=100, total_steps=1000)",
        formula=lambda t: polynomial(t, 1.0, 0.0),
        source=f"{FOLDER}/polynomial_decay_schedule.py",
    ),
    Row(
        "polynomial_decay",
        "--lr-scheduler polynomial_decay --power 2 --end-learning-rate 0.005 --warmup-updates 100 "
        "--total-num-update 1000",
        "js.warmup_polynomial(peak_value=lr, warmup_steps=100, total_steps=1000, power=2.0, end_value=0.005)",
        formula=lambda t: polynomial(t, 2.0, 0.005),
        source=f"{FOLDER}/polynomial_decay_schedule.py",
    ),
    Row(
        "cosine",
        COSINE,
        "js.sgdr(peak_value=lr, period_steps=300, warmup_steps=100, decay=0.1)",
        "It restarts ten times lower: `--lr-shrink` is 0.1 by default. For one period choose `js.warmup_cosine`.",
        formula=lambda t: cosine(t, 1, 0.0, 0.1),
        source=f"{FOLDER}/cosine_lr_scheduler.py",
    ),
    Row(
        "cosine",
        f"{COSINE} --t-mult 2 --lr-shrink 0.5 --min-lr 0.005",
        "js.sequence([js.Linear(0.005, lr, 100), js.repeat(js.Cosine(lr, 0.005, 300), 300, growth=2, decay=0.5)], [100])",
        "`--lr-shrink` shrinks the least rate too, and the warmup begins at the least rate.",
        formula=lambda t: cosine(t, 2, 0.005, 0.5),
        source=f"{FOLDER}/cosine_lr_scheduler.py",
    ),
    Row(
        "triangular",
        f"{TRIANGULAR} --lr-shrink 1",
        "js.Triangular(0.005, 0.05, 150)",
        formula=lambda t: triangular(t, 1.0, False),
        source=f"{FOLDER}/triangular_lr_scheduler.py",
    ),
    Row(
        "triangular",
        f"{TRIANGULAR} --lr-shrink 0.5 --shrink-min",
        "js.repeat(js.Triangular(0.005, 0.05, 150), 300, decay=0.5)",
        formula=lambda t: triangular(t, 0.5, True),
        source=f"{FOLDER}/triangular_lr_scheduler.py",
    ),
    Row(
        "triangular",
        TRIANGULAR,
        "js.Triangular(0.005, 0.0, 150) + js.repeat(js.Triangular(0.0, 0.05, 150), 300, decay=0.1)",
        "By default only the upper rate shrinks, by 0.1: in the third cycle it is below the lower one. In `js.Triangular`, "
        "`scale` shrinks the distance between them.",
        formula=lambda t: triangular(t, 0.1, False),
        source=f"{FOLDER}/triangular_lr_scheduler.py",
    ),
    Row(
        "tri_stage",
        "--lr-scheduler tri_stage --warmup-steps 100 --hold-steps 400 --decay-steps 500",
        "js.tri_stage(peak_value=lr, warmup_steps=100, cooldown_steps=500, total_steps=1000, init_value=0.01 * lr, "
        "end_value=0.01 * lr)",
        formula=lambda t: phases(
            t,
            (100, line(t, 0.01 * LR, LR, 100)),
            (500, LR),
            (1001, LR * np.exp(np.log(0.01) * (t - 500) / 500)),
            then=0.01 * LR,
        ),
        source=f"{FOLDER}/tri_stage_lr_scheduler.py",
    ),
    Row(
        "step",
        "--lr-scheduler step --warmup-updates 100 --lr-deacy-period 300 --lr-decay 0.5 --min-lr 0.01",
        "js.sequence([js.Linear(0.01, lr, 100), js.maximum(js.StepDecay(lr, 300, 0.5), 0.01)], [100])",
        "It counts from the end of the warmup, `js.warmup_step` from the start of the run.",
        formula=lambda t: phases(
            t, (100, line(t, 0.01, LR, 100)), then=np.maximum(LR * 0.5 ** np.maximum((t - 100) // 300, 0), 0.01)
        ),
        source=f"{FOLDER}/step_lr_scheduler.py",
    ),
    Row(
        "manual",
        "--lr-scheduler manual --lr 0.05 --update2lr \"{'500': 0.01, '800': 0.001}\"",
        "js.PiecewiseConstant([500, 800], [0.05, 0.01, 0.001])",
        formula=lambda t: phases(t, (500, 0.05), (800, 0.01), then=0.001),
        source=f"{FOLDER}/manual_lr_scheduler.py",
    ),
]
