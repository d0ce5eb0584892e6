"""fastai."""

from functools import partial

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps, half_cosine, line, phases


Row = partial(FormulaRow, library="fastai", source="fastai/callback/schedule.py", steps=1000)


def cycles(t: Steps):
    return phases(
        t,
        (100, half_cosine(t, LR, 0.0, 100)),
        (300, half_cosine(t - 100, LR, 0.0, 200)),
        then=half_cosine(t - 300, LR, 0.0, 400),
    )


ROWS = [
    Row(
        "SchedLin",
        'ParamScheduler({"lr": SchedLin(lr, 0.0)})',
        "js.Linear(lr, 0.0, 1000)",
        "A position from 0 to 1 there, steps here: in these rows the run has 1000.",
        formula=lambda t: LR + t / 1000 * (0.0 - LR),
    ),
    Row(
        "SchedCos",
        'ParamScheduler({"lr": SchedCos(lr, 0.001)})',
        "js.Cosine(lr, 0.001, 1000)",
        formula=lambda t: LR + (1 + np.cos(np.pi * (1 - t / 1000))) * (0.001 - LR) / 2,
    ),
    Row(
        "SchedNo",
        'ParamScheduler({"lr": SchedNo(lr, lr)})',
        "js.Constant(lr)",
        formula=lambda t: np.full(t.shape, LR),
    ),
    Row(
        "SchedExp",
        'ParamScheduler({"lr": SchedExp(lr, 0.0001)})',
        "js.Geometric(lr, 0.0001, 1000)",
        formula=lambda t: LR * (0.0001 / LR) ** (t / 1000),
    ),
    Row(
        "SchedPoly",
        'ParamScheduler({"lr": SchedPoly(lr, 0.0, power=2)})',
        "js.OneMinusSquare(lr, 0.0, 1000)",
        "It is a power of what is done, `js.Polynomial` one of what is left. Another power: "
        "`js.reverse(js.Polynomial(0.0, lr, 1000, power), 1000)`.",
        formula=lambda t: LR + (0.0 - LR) * (t / 1000) ** 2,
    ),
    Row(
        "SchedPoly",
        'ParamScheduler({"lr": SchedPoly(lr, 0.001, power=1.5)})',
        "js.reverse(js.Polynomial(0.001, lr, 1000, 1.5), 1000)",
        formula=lambda t: LR + (0.001 - LR) * (t / 1000) ** 1.5,
    ),
    Row(
        "combine_scheds",
        'ParamScheduler({"lr": combine_scheds([0.3, 0.7], [SchedLin(0.0, lr), SchedCos(lr, 0.0)])})',
        "js.sequence([js.Linear(0.0, lr, 300), js.Cosine(lr, 0.0, 700)], [300])",
        formula=lambda t: np.where(t < 300, line(t, 0.0, LR, 300), half_cosine(t - 300, LR, 0.0, 700)),
    ),
    Row(
        "fit_one_cycle",
        "learn.fit_one_cycle(10, lr_max=lr)",
        "js.onecycle(peak_value=lr, warmup_steps=250, total_steps=1000, end_value=1e-5 * lr)",
        "Momentum goes the other way: `js.onecycle(peak_value=0.85, warmup_steps=250, total_steps=1000, init_value=0.95, "
        "end_value=0.95)`.",
        formula=lambda t: np.where(t < 250, half_cosine(t, LR / 25, LR, 250), half_cosine(t - 250, LR, LR / 1e5, 750)),
    ),
    Row(
        "fit_flat_cos",
        "learn.fit_flat_cos(10, lr=lr)",
        "js.wsd(peak_value=lr, warmup_steps=0, cooldown_steps=250, total_steps=1000, end_value=1e-5 * lr, "
        'cooldown="cosine")',
        formula=lambda t: half_cosine(t - 750, LR, LR / 1e5, 250),
    ),
    Row(
        "fit_sgdr",
        "learn.fit_sgdr(3, 1, lr_max=lr)",
        "js.sgdr(peak_value=lr, period_steps=100, growth=2)",
        "An epoch of 100 steps.",
        steps=700,
        formula=cycles,
    ),
    Row(
        "lr_find",
        "learn.lr_find(start_lr=1e-7, end_lr=10, num_it=100)",
        "js.exponential_range_test(init_value=1e-7, end_value=10.0, total_steps=100)",
        steps=101,
        formula=lambda t: 1e-7 * (10 / 1e-7) ** (t / 100),
    ),
]
