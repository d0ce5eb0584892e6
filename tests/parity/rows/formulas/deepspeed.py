"""DeepSpeed."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps, half_cosine, line, phases


Row = partial(FormulaRow, library="DeepSpeed", source="deepspeed/runtime/lr_schedules.py")


def warmup(t: Steps, shape: str) -> np.ndarray[Any, Any]:
    return LR * np.log(t + 1) / np.log(100) if shape == "log" else line(t, 0.0, LR, 100)


def warmup_lr(t: Steps, shape: str = "log") -> np.ndarray[Any, Any]:
    return phases(t, (100, warmup(t, shape)), then=LR)


def warmup_decay_lr(t: Steps, shape: str = "log") -> np.ndarray[Any, Any]:
    return phases(t, (100, warmup(t, shape)), then=LR * np.maximum(0, (1000 - t) / 900))


def warmup_cosine_lr(t: Steps, shape: str = "log") -> np.ndarray[Any, Any]:
    return phases(t, (100, warmup(t, shape)), then=half_cosine(t - 100 + 1, LR, 0.0001 * LR, 900))


def one_cycle(t: Steps) -> np.ndarray[Any, Any]:
    up, down = line(t, 0.005, LR, 300), line(t - 300, LR, 0.005, 500)
    return phases(t, (300, up), (800, down), then=0.005 / (1 + 0.5 * np.maximum(t - 800, 0) / 100))


TOTAL = "total_num_steps=1000, warmup_num_steps=100"
LOGARITHMIC = 'js.warmup_constant(peak_value=lr, warmup_steps=99, warmup="logarithmic")'
LOG = "The default warmup is logarithmic, and at the maximum one step before `warmup_num_steps`."
SKIPS = "The cosine is one step ahead, so that the peak itself is skipped."

ROWS = [
    Row("WarmupLR", "WarmupLR(optimizer, warmup_num_steps=100)", LOGARITHMIC, LOG, steps=1100, formula=warmup_lr),
    Row(
        "WarmupLR",
        'WarmupLR(optimizer, warmup_num_steps=100, warmup_type="linear")',
        "js.warmup_constant(peak_value=lr, warmup_steps=100)",
        steps=1100,
        formula=lambda t: warmup_lr(t, "linear"),
    ),
    Row(
        "WarmupDecayLR",
        f"WarmupDecayLR(optimizer, {TOTAL}, warmup_max_lr=lr)",
        f"js.sequence([{LOGARITHMIC}, js.Linear(lr, 0.0, 900)], [100])",
        LOG + " The line begins at `warmup_num_steps`, and so the maximum is there for two steps.",
        steps=1100,
        formula=warmup_decay_lr,
    ),
    Row(
        "WarmupDecayLR",
        f'WarmupDecayLR(optimizer, {TOTAL}, warmup_max_lr=lr, warmup_type="linear")',
        "js.warmup_linear(peak_value=lr, warmup_steps=100, total_steps=1000)",
        "`warmup_max_lr` is 0.001 if it is not given, whatever the rate of the optimizer.",
        steps=1100,
        formula=lambda t: warmup_decay_lr(t, "linear"),
    ),
    Row(
        "WarmupCosineLR",
        f"WarmupCosineLR(optimizer, {TOTAL})",
        f"js.sequence([{LOGARITHMIC}, js.shift(js.Cosine(lr, 0.0001 * lr, 900), -1)], [100])",
        LOG + " The cosine is one step ahead.",
        steps=1100,
        formula=warmup_cosine_lr,
    ),
    Row(
        "WarmupCosineLR",
        f'WarmupCosineLR(optimizer, {TOTAL}, warmup_type="linear")',
        "js.sequence([js.Linear(0.0, lr, 100), js.shift(js.Cosine(lr, 0.0001 * lr, 900), -1)], [100])",
        SKIPS,
        steps=1100,
        formula=lambda t: warmup_cosine_lr(t, "linear"),
    ),
    Row(
        "OneCycle",
        "OneCycle(optimizer, cycle_min_lr=0.005, cycle_max_lr=lr, cycle_first_step_size=300, "
        "cycle_second_step_size=500, decay_step_size=100, decay_lr_rate=0.5)",
        "js.sequence([js.Triangular(0.005, lr, 300, 500), js.InverseTimeDecay(0.005, 100, 0.5)], [800])",
        "Unlike PyTorch's, it is a triangle, which decays after its end. Momentum is cycled by default: "
        "`js.Triangular(0.9, 0.8, 300, 500)`.",
        steps=1100,
        formula=one_cycle,
    ),
    Row(
        "LRRangeTest",
        "LRRangeTest(optimizer, lr_range_test_min_lr=0.001, lr_range_test_step_size=200)",
        "js.Linear(0.001, 0.006, 1000)",
        "A line that rises by `min_lr` in each `step_size`. It has no end there; here say where.",
        steps=1001,
        formula=lambda t: 0.001 * (1 + t / 200),
    ),
    Row(
        "LRRangeTest",
        "LRRangeTest(optimizer, lr_range_test_min_lr=0.001, lr_range_test_step_size=200, lr_range_test_staircase=True)",
        "js.every(js.Linear(0.001, 0.006, 5), 200)",
        steps=1001,
        formula=lambda t: 0.001 * (1 + t // 200),
    ),
    Row(
        "engine.step",
        f'engine.step()  # and WarmupDecayLR(optimizer, {TOTAL}, warmup_max_lr=lr, warmup_type="linear")',
        "js.shift(js.warmup_linear(peak_value=lr, warmup_steps=100, total_steps=1000), 1)",
        "The rows of `Warmup…LR` are what the scheduler says. The engine trains its first two steps with the first "
        "rate: to repeat a run exactly, shift them by 1.",
        steps=1100,
        formula=lambda t: warmup_decay_lr(np.maximum(t - 1, 0), "linear"),
        source="deepspeed/runtime/engine.py",
    ),
]
