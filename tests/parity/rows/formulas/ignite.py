"""pytorch-ignite."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps, line, phases


Row = partial(FormulaRow, library="ignite", source="ignite/handlers/param_scheduler.py", steps=1100)


def cycles(t: Steps, first: float, last: float, mult: float = 1.0, first_mult: float = 1.0) -> np.ndarray[Any, Any]:
    """A half cosine, again and again."""
    values, begin, size = [], 0, 100
    for step in t:
        if step == begin + size:
            begin, size, first = begin + size, int(size * mult), first * first_mult
        values.append(first + (last - first) / 2 * (1 - np.cos(np.pi * (step - begin) / size)))
    return np.asarray(values)


ROWS = [
    Row(
        "PiecewiseLinear",
        'PiecewiseLinear(optimizer, "lr", [(100, 0.05), (500, 0.02), (500, 0.01), (1000, 0.0)])',
        "js.PiecewiseInterpolate([100, 500, 500, 1000], [0.05, 0.02, 0.01, 0.0])",
        formula=lambda t: phases(
            t, (100, 0.05), (500, line(t - 100, 0.05, 0.02, 400)), then=line(t - 500, 0.01, 0.0, 500)
        ),
    ),
    Row(
        "LinearCyclicalScheduler",
        'LinearCyclicalScheduler(optimizer, "lr", 0.0, 0.05, 100)',
        "js.Triangular(0.0, 0.05, 50)",
        "`cycle_size` is the way up and down. Where it is odd, the middle is between two steps: `js.Triangular(0.0, 0.05, "
        "49.5)`.",
        formula=lambda t: 0.05 - 0.05 * np.abs(t % 100 / 100 - 0.5) * 2,
    ),
    Row(
        "LinearCyclicalScheduler",
        'LinearCyclicalScheduler(optimizer, "lr", 0.05, 0.0, 100, monotonic=True)',
        "js.repeat(js.Linear(0.05, 0.0, 100), 100)",
        formula=lambda t: 0.05 - 0.05 * (t % 100 / 100),
    ),
    Row(
        "CosineAnnealingScheduler",
        'CosineAnnealingScheduler(optimizer, "lr", 0.05, 0.0, 100)',
        "js.CosineRestarts(0.05, 0.0, 100)",
        "It restarts, unlike PyTorch's `CosineAnnealingLR`.",
        formula=lambda t: cycles(t, 0.05, 0.0),
    ),
    Row(
        "CosineAnnealingScheduler",
        'CosineAnnealingScheduler(optimizer, "lr", 0.05, 0.001, 100, cycle_mult=2, start_value_mult=0.5)',
        "js.CosineRestarts(0.05, 0.001, 100, growth=2, decay=0.5)",
        "Where `cycle_mult` is not whole, they cut every cycle to whole steps.",
        formula=lambda t: cycles(t, 0.05, 0.001, 2, 0.5),
    ),
    Row(
        "ConcatScheduler",
        'ConcatScheduler([LinearCyclicalScheduler(optimizer, "lr", 0.05, 0.02, 200), '
        'CosineAnnealingScheduler(optimizer, "lr", 0.02, 0.0, 100)], durations=[100])',
        "js.sequence([js.Linear(0.05, 0.02, 100), js.CosineRestarts(0.02, 0.0, 100)], [100])",
        formula=lambda t: phases(t, (100, line(t, 0.05, 0.02, 100)), then=cycles(np.maximum(t - 100, 0), 0.02, 0.0)),
    ),
    Row(
        "create_lr_scheduler_with_warmup",
        "create_lr_scheduler_with_warmup(ExponentialLR(optimizer, 0.99), warmup_start_value=0.0, warmup_duration=100)",
        "js.sequence([js.Linear(0.0, lr, 99), js.shift(js.ExponentialDecay(lr, 1, 0.99), -1)], [100])",
        "The warmup is at the rate of the optimizer in the last of its steps, and a scheduler of PyTorch goes on with its "
        "second rate.",
        formula=lambda t: phases(t, (100, line(t, 0.0, LR, 99)), then=LR * 0.99 ** (t - 99.0)),
    ),
    Row(
        "create_lr_scheduler_with_warmup",
        'create_lr_scheduler_with_warmup(CosineAnnealingScheduler(optimizer, "lr", 0.05, 0.0, 100), '
        "warmup_start_value=0.0, warmup_duration=100)",
        "js.sgdr(peak_value=0.05, warmup_steps=99, period_steps=100)",
        "A scheduler of ignite begins in the last step of the warmup.",
        formula=lambda t: phases(t, (99, line(t, 0.0, 0.05, 99)), then=cycles(np.maximum(t - 99, 0), 0.05, 0.0)),
    ),
    Row(
        "FastaiLRFinder",
        "FastaiLRFinder().attach(trainer, to_save, start_lr=1e-6, end_lr=1.0, num_iter=100)",
        "js.shift(js.shift(js.exponential_range_test(init_value=1e-6, end_value=1.0, total_steps=100), -1), 1)",
        "Its first step already has the rate of the second, where the rate of the optimizer is `start_lr`.",
        steps=100,
        formula=lambda t: 1e-6 * (1.0 / 1e-6) ** (np.maximum(t, 1) / 100),
        source="ignite/handlers/lr_finder.py",
    ),
]
