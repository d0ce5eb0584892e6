"""Megatron."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps, half_cosine, line


Row = partial(FormulaRow, library="Megatron", source="megatron/core/optimizer_param_scheduler.py", steps=1100)

LOW = 0.005


def warmed_up(t: Steps, then: Any, end: float = LOW) -> np.ndarray[Any, Any]:
    """The warmup, what comes then, and the least rate after the last of the steps of the decay."""
    return np.select([t <= 100, t <= 1000], [line(t, 0.0, LR, 100), then], end)


def wsd(t: Steps, left: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Of the cooldown, so much is left."""
    return warmed_up(t, LOW + (LR - LOW) * np.where(t <= 800, 1, left))


def done(t: Steps) -> np.ndarray[Any, Any]:
    return np.clip((t - 800) / 200, 0, 1)


RUN = "--lr-warmup-iters 100 --lr-decay-iters 1000 --min-lr 0.005"
OURS = "peak_value=lr, warmup_steps=100, total_steps=1000, end_value=0.005"
WSD = f"--lr-decay-style WSD --lr-wsd-decay-iters 200 {RUN} --lr-wsd-decay-style"

ROWS = [
    Row(
        "constant",
        "--lr-decay-style constant --lr-warmup-iters 100",
        "js.warmup_constant(peak_value=lr, warmup_steps=100)",
        "In Megatron the steps are samples where the batch grows.",
        formula=lambda t: line(t, 0.0, LR, 100),
    ),
    Row(
        "linear",
        f"--lr-decay-style linear {RUN}",
        f"js.warmup_linear({OURS})",
        formula=lambda t: warmed_up(t, line(t - 100, LR, LOW, 900)),
    ),
    Row(
        "cosine",
        f"--lr-decay-style cosine {RUN}",
        f"js.warmup_cosine({OURS})",
        formula=lambda t: warmed_up(t, half_cosine(t - 100, LR, LOW, 900)),
    ),
    Row(
        "inverse-square-root",
        f"--lr-decay-style inverse-square-root {RUN}",
        "js.sequence([js.Linear(0.0, lr, 100), js.maximum(js.InverseSqrt(lr, 100), 0.005), 0.005], [100, 901])",
        "After `--lr-decay-iters` it drops to `--min-lr`, which is also its floor. Without both it is "
        "`js.inverse_sqrt(peak_value=lr, warmup_steps=100)`.",
        formula=lambda t: warmed_up(t, np.maximum(LOW, LR * np.sqrt(100 / np.maximum(t, 1)))),
    ),
    Row(
        "WSD",
        f"{WSD} linear",
        "js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=200, total_steps=1000, end_value=0.005)",
        formula=lambda t: wsd(t, 1 - done(t)),
    ),
    Row(
        "WSD",
        f"{WSD} cosine",
        'js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=200, total_steps=1000, end_value=0.005, cooldown="cosine")',
        formula=lambda t: wsd(t, (1 + np.cos(np.pi * done(t))) / 2),
    ),
    Row(
        "WSD",
        f"{WSD} exponential",
        "js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=200, total_steps=1000, end_value=0.005, "
        'cooldown="exponential")',
        "This is the default style. It lands on `--min-lr`, 2 · 0.5^q - 1; `geometric` is another curve.",
        formula=lambda t: wsd(t, 2 * 0.5 ** done(t) - 1),
    ),
    Row(
        "WSD",
        f"{WSD} minus_sqrt",
        "js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=200, total_steps=1000, end_value=0.005, "
        'cooldown="one_minus_sqrt")',
        formula=lambda t: wsd(t, 1 - np.sqrt(done(t))),
    ),
    Row(
        "weight-decay-incr-style",
        "--weight-decay-incr-style cosine --start-weight-decay 0.033 --end-weight-decay 0.1 --train-iters 1000",
        "js.Cosine(0.033, 0.1, 1000)",
        "The weight decay. With `linear` it is `js.Linear(0.033, 0.1, 1000)`.",
        formula=lambda t: half_cosine(t, 0.033, 0.1, 1000),
    ),
]
