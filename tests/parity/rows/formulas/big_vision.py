"""big_vision."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps


Row = partial(FormulaRow, library="big_vision", source="big_vision/utils.py", steps=1001)


def warmed_up(t: Steps, rate: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return rate * np.minimum(1, t / 100)


def progress(t: Steps) -> np.ndarray[Any, Any]:
    return np.clip((t - 100) / 900, 0, 1)


def rsqrt(t: Steps, timescale: int, shift: int = 0) -> np.ndarray[Any, Any]:
    return LR / np.sqrt(1 + (np.maximum(t - 100, 0) + shift) / timescale)


ROWS = [
    Row(
        "rsqrt",
        'create_learning_rate_schedule(1000, base=lr, decay_type="rsqrt", timescale=400, warmup_steps=100, '
        "cooldown_steps=200)",
        "js.inverse_sqrt(peak_value=lr, warmup_steps=100, timescale=400, cooldown_steps=200, total_steps=1000)",
        "`timescale` is 10,000 if it is not given. After the end it is negative there.",
        formula=lambda t: warmed_up(t, rsqrt(t, 400)) * np.minimum(1, (1000 - t) / 200),
    ),
    Row(
        "rsqrt",
        'create_learning_rate_schedule(1000, base=lr, decay_type="rsqrt", timescale=400, shift=100)',
        "js.InverseSqrt(lr, 400, shift=100)",
        formula=lambda t: LR / np.sqrt(1 + (t + 100) / 400),
    ),
    Row(
        "cosine",
        'create_learning_rate_schedule(1000, base=lr, decay_type="cosine", warmup_steps=100)',
        "js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=1000)",
        formula=lambda t: warmed_up(t, LR * 0.5 * (1 + np.cos(np.pi * progress(t)))),
    ),
    Row(
        "linear",
        'create_learning_rate_schedule(1000, base=lr, decay_type="linear", warmup_steps=100, end=0.005)',
        "js.warmup_linear(peak_value=lr, warmup_steps=100, total_steps=1000, end_value=0.005)",
        formula=lambda t: warmed_up(t, 0.005 + (LR - 0.005) * (1 - progress(t))),
    ),
    Row(
        "polynomial",
        'create_learning_rate_schedule(1000, base=lr, decay_type="polynomial", warmup_steps=100, power=2)',
        "js.warmup_polynomial(peak_value=lr, warmup_steps=100, total_steps=1000, power=2.0)",
        formula=lambda t: warmed_up(t, LR * (1 - progress(t)) ** 2),
    ),
    Row(
        "stair",
        'create_learning_rate_schedule(1000, base=lr, decay_type="stair", steps=[500, 800], mults=[0.5, 0.2])',
        "js.PiecewiseConstant([500, 800], [lr, 0.5 * lr, 0.2 * lr])",
        "Each of `mults` is a factor of `base`, not of what was before.",
        formula=lambda t: LR * np.asarray([1.0, 0.5, 0.2])[np.searchsorted([500, 800], t + 1)],
    ),
]
