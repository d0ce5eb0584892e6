"""levanter."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps, half_cosine, line, phases


Row = partial(FormulaRow, library="levanter", source="src/levanter/optim/config.py", steps=1001)


def warmed_up(t: Steps, then: Any) -> np.ndarray[Any, Any]:
    return phases(t, (100, line(t, 0.0, LR, 100)), then=then)


def cycles(t: Steps) -> np.ndarray[Any, Any]:
    """The last one runs on, at its end."""
    return half_cosine(t - np.minimum(t // 250, 3) * 250, LR, 0.1 * LR, 250)


def stable_cycles(t: Steps) -> np.ndarray[Any, Any]:
    cycle = np.minimum(t // 500, 1)
    return warmed_up(t, line(t - cycle * 500 - 400, LR, 0.1 * LR, 100))


def power(t: Steps) -> np.ndarray[Any, Any]:
    tokens = np.maximum(t, 1) * 256 * 4096
    return np.where(t == 0, LR, np.minimum(LR, 256 * 4.6 * tokens**-0.51))


ROWS = [
    Row(
        "cosine",
        "AdamConfig(learning_rate=0.05, warmup=100)",
        "js.warmup_cosine(peak_value=0.05, warmup_steps=100, total_steps=1000, end_value=0.005)",
        "Up to 1 a length is a part of the run: `warmup=1` is all of it. By default it ends at 10%.",
        formula=lambda t: warmed_up(t, half_cosine(t - 100, LR, 0.1 * LR, 900)),
    ),
    Row(
        "linear",
        'AdamConfig(learning_rate=0.05, lr_schedule="linear", warmup=100, decay=200)',
        "js.wsd(peak_value=0.05, warmup_steps=100, cooldown_steps=200, total_steps=1000, end_value=0.005)",
        formula=lambda t: warmed_up(t, line(t - 800, LR, 0.1 * LR, 200)),
    ),
    Row(
        "inv_sqrt",
        "AdamConfig(learning_rate=0.05, lr_schedule=InvSqrtLrSchedule(timescale=100), warmup=100)",
        "js.sequence([js.Linear(0.0, 0.05, 100), js.maximum(js.InverseSqrt(0.05, 100), 0.005)], [100])",
        "It stays at the peak up to step `timescale`, which is 10,000 by default, and never falls below 10%.",
        steps=20000,
        formula=lambda t: warmed_up(t, np.maximum(LR * np.minimum(1, 1 / np.sqrt(np.maximum(t, 1) / 100)), 0.1 * LR)),
    ),
    Row(
        "inv",
        'AdamConfig(learning_rate=0.05, lr_schedule="inv", warmup=100)',
        "js.sequence([js.Linear(0.0, 0.05, 100), js.clip(js.InverseTimeDecay(0.05, 900, 9.0), 0.005, 0.05 / 1.01)], [100])",
        "It skips the peak.",
        formula=lambda t: warmed_up(t, np.maximum(LR / (9.0 * np.maximum(t - 100, 1) / 900 + 1), 0.1 * LR)),
    ),
    Row(
        "power",
        "AdamConfig(learning_rate=0.05, lr_schedule=PowerLrSchedule(batch_size=256, seq_length=4096), warmup=0)",
        "js.power(peak_value=0.05, warmup_steps=0, timescale=(256 * 4.6 / 0.05) ** (1 / 0.51) / (256 * 4096), "
        "cooldown_steps=0, total_steps=10000)",
        "Theirs counts from the end of the warmup, ours from the start of the run, and ours can cool down.",
        steps=10000,
        formula=power,
    ),
    Row(
        "cycles",
        "AdamConfig(learning_rate=0.05, warmup=0, cycles=4)",
        "js.repeat(js.Cosine(0.05, 0.005, 250), 250, count=4)",
        formula=cycles,
    ),
    Row(
        "cycles",
        'AdamConfig(learning_rate=0.05, lr_schedule="linear", warmup=100, decay=100, cycles=2)',
        "js.wsd_s(peak_value=0.05, warmup_steps=100, cooldown_steps=[100, 100], period_steps=[500, 500], end_value=0.005)",
        "With `rewarmup`, each cycle but the first begins with a line from the end of the one before.",
        formula=stable_cycles,
    ),
]
