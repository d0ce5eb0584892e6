"""mmengine."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps


Row = partial(FormulaRow, library="mmengine", source="mmengine/optim/scheduler/param_scheduler.py", steps=1100)

Update = Callable[[float, int], float]
"""The next rate, of the rate and the step within the window."""


def run(*windows: tuple[int, int, Update]) -> Callable[[Steps], np.ndarray[Any, Any]]:
    """Each changes the rate in its window, from the step at which it begins to the one before its end."""

    def values(t: Steps) -> np.ndarray[Any, Any]:
        rate, used = LR, []
        for step in t:
            for begin, end, update in windows:
                if begin <= step < end:
                    rate = update(rate, int(step) - begin)
            used.append(rate)
        return np.asarray(used)

    return values


def linear(first: float, last: float, steps: int) -> Update:
    def update(rate: float, u: int) -> float:
        if u == 0:
            return rate * first
        return rate * (1 + (last - first) / (steps * first + (u - 1) * (last - first)))

    return update


def cosine(low: float, period: int) -> Update:
    def update(rate: float, u: int) -> float:
        if u == 0:
            return rate
        ratio = (1 + np.cos(np.pi * u / period)) / (1 + np.cos(np.pi * (u - 1) / period))
        return ratio * (rate - low) + low

    return update


def poly(low: float, power: float, steps: int) -> Update:
    return lambda rate, u: rate if u == 0 else (rate - low) * (1 - 1 / (steps - u + 1)) ** power + low


def one_cycle(rate: float, u: int) -> float:
    start, most, least = LR / 25, LR, LR / 25 / 1e4
    first, last, part = (start, most, u / 299) if u <= 299 else (most, least, (u - 299) / (999 - 299))
    return last + (first - last) / 2 * (1 + np.cos(np.pi * part))


def restart(rate: float, u: int) -> float:
    for begin, period, weight in ((0, 400, 1.0), (400, 600, 0.5)):
        if begin == u:
            return LR * weight
        if begin < u < begin + period:
            return cosine(0.0, period)(rate, u - begin)
    return rate


WARMUP = 'dict(type="LinearLR", start_factor=0.001, begin=0, end=100, by_epoch=False)'

ROWS = [
    Row(
        "LinearLR",
        WARMUP,
        "js.Linear(0.001 * lr, lr, 99)",
        "It is at its end in the last step of its window, one step before `end`.",
        formula=run((0, 100, linear(0.001, 1.0, 99))),
    ),
    Row(
        "CosineAnnealingLR",
        f'[{WARMUP}, dict(type="CosineAnnealingLR", T_max=900, begin=100, end=1000, by_epoch=False)]',
        "js.sequence([js.Linear(0.001 * lr, lr, 99), js.splice(js.Cosine(lr, 0.0, 900), 899, 1.0)], [100])",
        "A window closes before its `end`, and what was there stays: the last step of the cosine never comes, and the peak "
        "comes twice. To have both right: `js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=1000)`.",
        formula=run((0, 100, linear(0.001, 1.0, 99)), (100, 1000, cosine(0.0, 900))),
    ),
    Row(
        "PolyLR",
        f'[{WARMUP}, dict(type="PolyLR", power=0.9, eta_min=0.0005, begin=100, end=1000, by_epoch=False)]',
        "js.sequence([js.Linear(0.001 * lr, lr, 99), js.Polynomial(lr, 0.0005, 899, 0.9)], [100])",
        "Unlike the cosine, this arrives in the last step of its window.",
        formula=run((0, 100, linear(0.001, 1.0, 99)), (100, 1000, poly(0.0005, 0.9, 899))),
    ),
    Row(
        "MultiStepLR",
        f'[{WARMUP}, dict(type="MultiStepLR", milestones=[500, 800], gamma=0.1, by_epoch=False)]',
        "js.warmup_multistep(peak_value=lr, warmup_steps=99, init_value=0.001 * lr, boundaries=[500, 800], factor=0.1)",
        formula=run((0, 100, linear(0.001, 1.0, 99)), (0, 10**9, lambda rate, u: rate * 0.1 ** (u in (500, 800)))),
    ),
    Row(
        "StepLR",
        f'[{WARMUP}, dict(type="StepLR", step_size=300, gamma=0.1, by_epoch=False)]',
        "js.warmup_step(peak_value=lr, warmup_steps=99, init_value=0.001 * lr, step_size=300, factor=0.1)",
        "Both count from the start of the run.",
        formula=run(
            (0, 100, linear(0.001, 1.0, 99)), (0, 10**9, lambda rate, u: rate * 0.1 ** (u > 0 and u % 300 == 0))
        ),
    ),
    Row(
        "ExponentialLR",
        'dict(type="ExponentialLR", gamma=0.99, begin=0, end=500, by_epoch=False)',
        "js.ExponentialDecay(lr, 1, 0.99, end_value=lr * 0.99**499)",
        formula=run((0, 500, lambda rate, u: rate * 0.99 ** (u > 0))),
    ),
    Row(
        "ConstantLR",
        'dict(type="ConstantLR", factor=0.1, begin=0, end=100, by_epoch=False)',
        "js.PiecewiseConstant([99], [0.1 * lr, lr])",
        "The factor ends one step before `end`.",
        formula=run((0, 100, lambda rate, u: rate * {0: 0.1, 99: 10.0}.get(u, 1.0))),
    ),
    Row(
        "OneCycleLR",
        'dict(type="OneCycleLR", eta_max=lr, begin=0, end=1000, by_epoch=False)',
        "js.onecycle(peak_value=lr, warmup_steps=299, total_steps=999)",
        "As in PyTorch, each phase ends one step earlier than `pct_start` says. `eta_max` is 0 if it is not given.",
        formula=run((0, 1000, one_cycle)),
    ),
    Row(
        "CosineRestartLR",
        'dict(type="CosineRestartLR", periods=[400, 600], restart_weights=[1.0, 0.5], eta_min=0.0, by_epoch=False)',
        "js.sequence([js.Cosine(lr, 0.0, 400), js.splice(js.Cosine(lr / 2, 0.0, 600), 599, 1.0)], [400])",
        "After the last period stays what was there, one step before the end of the cosine. To come down to the end: "
        "`js.warmup_restarts(peak_values=[lr, lr / 2], warmup_steps=[0, 0], period_steps=[400, 600])`.",
        formula=run((0, 10**9, restart)),
    ),
]
