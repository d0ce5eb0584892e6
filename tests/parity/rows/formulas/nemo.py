"""NeMo."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps, half_cosine


Row = partial(FormulaRow, library="NeMo", source="nemo/core/optim/lr_scheduler.py", steps=1100)


def warmed_up(t: Steps, then: Any, end: float = 0.001) -> np.ndarray[Any, Any]:
    return np.select([t <= 100, t <= 1000], [LR * (t + 1) / 101, then], end)


RUN = "warmup_steps=100, max_steps=1000, min_lr=0.001"
OURS = "peak_value=lr, warmup_steps=100, total_steps=1000, init_value=lr / 101"

ROWS = [
    Row(
        "CosineAnnealing",
        f"CosineAnnealing(optimizer, {RUN})",
        f"js.warmup_cosine({OURS}, end_value=0.001)",
        "Its warmup does not begin at 0, but with one part in `warmup_steps + 1`. With `constant_steps` it does.",
        formula=lambda t: warmed_up(t, half_cosine(t - 100, LR, 0.001, 900)),
    ),
    Row(
        "WarmupAnnealing",
        f"WarmupAnnealing(optimizer, {RUN})",
        f"js.warmup_linear({OURS}, end_value=0.001)",
        formula=lambda t: warmed_up(t, 0.001 + (1 - (t - 100) / 900) * (LR - 0.001)),
    ),
    Row(
        "PolynomialDecayAnnealing",
        f"PolynomialDecayAnnealing(optimizer, {RUN}, power=2.0)",
        f"js.warmup_polynomial({OURS}, end_value=0.001, power=2.0)",
        formula=lambda t: warmed_up(t, (LR - 0.001) * (1 - np.clip((t - 100) / 900, 0, 1)) ** 2 + 0.001),
    ),
    Row(
        "SquareAnnealing",
        f"SquareAnnealing(optimizer, {RUN})",
        "js.sequence([js.Linear(lr / 101, lr, 100), js.maximum(js.Polynomial(lr, 0.0, 900, 2.0), 0.001)], [100])",
        "`min_lr` is a floor, not an end.",
        formula=lambda t: warmed_up(t, np.maximum(LR * ((1000 - t) / 900) ** 2, 0.001)),
    ),
    Row(
        "InverseSquareRootAnnealing",
        "InverseSquareRootAnnealing(optimizer, warmup_steps=100, max_steps=1000)",
        "js.shift(js.inverse_sqrt(peak_value=lr, warmup_steps=101), -1)",
        "The root counts from 1. After `max_steps` it drops to `min_lr`.",
        steps=1001,
        formula=lambda t: warmed_up(t, LR / np.sqrt((t + 1) / 101)),
    ),
    Row(
        "NoamAnnealing",
        "NoamAnnealing(optimizer, d_model=512, warmup_steps=400)",
        "js.shift(js.noam(model_size=512, warmup_steps=400, scale=lr), 1)",
        "Its first two steps have the same rate.",
        formula=lambda t: LR * 512**-0.5 * np.minimum(np.maximum(t, 1) ** -0.5, np.maximum(t, 1) * 400**-1.5),
    ),
]
