"""optax. Its functions cannot be read: the adapter is asked for the same line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

import jaxsched as js
from tests.parity.row import LR, SINGLE, Row


LIBRARY = "optax"


def row(name: str, theirs: str, ours: str, differs: str = "", reads: bool = True) -> Row:
    return Row(name, theirs, ours, differs, SINGLE, reads=reads)


ROWS = [
    row("constant_schedule", "optax.constant_schedule(lr)", "js.Constant(lr)"),
    row("linear_schedule", "optax.linear_schedule(lr, 0.0, 200)", "js.Linear(lr, 0.0, 200)"),
    row(
        "linear_schedule",
        "optax.linear_schedule(lr, 0.0, 200, transition_begin=50)",
        "js.shift(js.Linear(lr, 0.0, 200), 50)",
    ),
    row(
        "linear_schedule",
        "optax.linear_schedule(0.0, lr, 0)",
        "js.Constant(0.0)",
        "In optax a length of 0 stays at the start for ever, and the adapter follows it. In `js.Linear(0.0, lr, 0)` the"
        " transition is over: it is at the end.",
    ),
    row(
        "polynomial_schedule",
        "optax.polynomial_schedule(lr, 0.1 * lr, power=2.0, transition_steps=256)",
        "js.Polynomial(lr, 0.1 * lr, 256, 2.0)",
        "For many lengths, 1000 is one, optax is below its end by a rounding at the last step once it is compiled; with a"
        " `power` that is not whole that is nan. Ours is exact at both ends.",
    ),
    row(
        "exponential_decay",
        "optax.exponential_decay(lr, 100, 0.5)",
        "js.ExponentialDecay(lr, 100, 0.5)",
        "A `decay_rate` of 0 means no decay in optax, and in the adapter; in ours it drops to 0.",
    ),
    row(
        "exponential_decay",
        "optax.exponential_decay(lr, 64, 0.5, staircase=True)",
        "js.ExponentialDecay(lr, 64, 0.5, staircase=True)",
        "For some lengths, 41 is one, optax drops one step late once it is compiled. Ours counts in integers.",
    ),
    row(
        "exponential_decay",
        "optax.exponential_decay(lr, 100, 0.5, transition_begin=50, end_value=0.1 * lr)",
        "js.shift(js.ExponentialDecay(lr, 100, 0.5, end_value=0.1 * lr), 50)",
    ),
    row("cosine_decay_schedule", "optax.cosine_decay_schedule(lr, 200)", "js.Cosine(lr, 0.0, 200)"),
    row(
        "cosine_decay_schedule",
        "optax.cosine_decay_schedule(lr, 200, alpha=0.1)",
        "js.Cosine(lr, 0.1 * lr, 200)",
        "`alpha` is a part of the initial value; ours is the value itself.",
    ),
    row(
        "cosine_decay_schedule",
        "optax.cosine_decay_schedule(lr, 200, exponent=2.0)",
        "js.Cosine(lr, 0.0, 200, exponent=2.0)",
    ),
    row(
        "piecewise_constant_schedule",
        "optax.piecewise_constant_schedule(lr, {100: 0.5, 200: 0.1})",
        "js.PiecewiseConstant([100, 200], [lr, 0.5 * lr, 0.05 * lr])",
        "The scales of optax are factors of what was there before; ours are the values.",
    ),
    row(
        "piecewise_constant_schedule",
        "optax.piecewise_constant_schedule(lr, {100: 0.1, 200: 0.1})",
        "js.MultiStep(lr, [100, 200], 0.1)",
        "Where all scales are the same. The adapter makes a `PiecewiseConstant` of this, too.",
        reads=False,
    ),
    row(
        "piecewise_interpolate_schedule",
        'optax.piecewise_interpolate_schedule("linear", 0.1 * lr, {50: 10.0, 200: 0.01})',
        "js.PiecewiseInterpolate([0, 50, 200], [0.1 * lr, lr, 0.01 * lr])",
        "The scales of optax are factors of what was there before; ours are the values, the first of them at step 0.",
    ),
    row(
        "piecewise_interpolate_schedule",
        'optax.piecewise_interpolate_schedule("cosine", 0.1 * lr, {50: 10.0, 200: 0.01})',
        'js.PiecewiseInterpolate([0, 50, 200], [0.1 * lr, lr, 0.01 * lr], "cosine")',
    ),
    row(
        "linear_onecycle_schedule",
        "optax.linear_onecycle_schedule(200, lr)",
        "js.PiecewiseInterpolate([0, 60, 170, 200], [lr / 25, lr, lr / 25, lr / 250_000])",
        "The end is the initial value by `final_div_factor`; the docstring of optax has the peak in one place. Where two"
        " phases end at one step, as in a run of 2, optax loses one of their factors.",
    ),
    row(
        "linear_onecycle_schedule",
        "optax.linear_onecycle_schedule(200, lr, pct_start=0.4, pct_final=0.8)",
        'js.onecycle(peak_value=lr, warmup_steps=80, total_steps=200, three_phase=True, ramp="linear")',
        "Where the way down is as long as the way up. The adapter makes a `PiecewiseInterpolate` of this, too.",
        reads=False,
    ),
    row(
        "cosine_onecycle_schedule",
        "optax.cosine_onecycle_schedule(200, lr)",
        "js.onecycle(peak_value=lr, warmup_steps=60, total_steps=200)",
        "The warmup is `pct_start` of the run, rounded down.",
    ),
    row(
        "cosine_onecycle_schedule",
        "optax.cosine_onecycle_schedule(200, lr, pct_start=0.25, div_factor=10.0, final_div_factor=100.0)",
        "js.onecycle(peak_value=lr, warmup_steps=50, total_steps=200, init_value=lr / 10, end_value=lr / 1000)",
    ),
    row(
        "warmup_constant_schedule",
        "optax.warmup_constant_schedule(0.0, lr, 50)",
        "js.warmup_constant(peak_value=lr, warmup_steps=50)",
        "With a warmup of 0 steps optax stays at the start for ever, and the adapter follows it; ours is at the peak.",
    ),
    row(
        "warmup_cosine_decay_schedule",
        "optax.warmup_cosine_decay_schedule(0.0, lr, warmup_steps=50, decay_steps=200, end_value=0.1 * lr)",
        "js.warmup_cosine(peak_value=lr, warmup_steps=50, total_steps=200, end_value=0.1 * lr)",
        "`decay_steps` counts the warmup: it is the length of the run. With a peak of 0 optax has no `end_value`.",
    ),
    row(
        "warmup_cosine_decay_schedule",
        "optax.warmup_cosine_decay_schedule(0.1 * lr, lr, 50, 200, exponent=2.0)",
        "js.warmup_cosine(peak_value=lr, warmup_steps=50, total_steps=200, init_value=0.1 * lr, exponent=2.0)",
    ),
    row(
        "warmup_exponential_decay_schedule",
        "optax.warmup_exponential_decay_schedule(0.0, lr, 50, 100, 0.5)",
        "js.warmup_exponential(peak_value=lr, warmup_steps=50, transition_steps=100, decay_rate=0.5)",
    ),
    row(
        "warmup_exponential_decay_schedule",
        "optax.warmup_exponential_decay_schedule(0.0, lr, 50, 100, 0.5, transition_begin=50)",
        "js.join_schedules([js.Linear(0.0, lr, 50), js.shift(js.ExponentialDecay(lr, 100, 0.5), 50)], [50])",
        "The decay begins `transition_begin` steps after the warmup.",
    ),
    row(
        "sgdr_schedule",
        "optax.sgdr_schedule([{'init_value': 0.0, 'peak_value': p, 'warmup_steps': 10, 'decay_steps': n}"
        " for p, n in [(lr, 50), (0.5 * lr, 100)]])",
        "js.warmup_restarts(peak_values=[lr, 0.5 * lr], warmup_steps=[10, 10], period_steps=[50, 100])",
        "Where the cycles begin or end at different values, it is a `js.sequence` of `warmup_cosine`. Without warmups,"
        " see `js.sgdr`.",
    ),
    row(
        "join_schedules",
        "optax.join_schedules([optax.linear_schedule(0.0, lr, 50), optax.cosine_decay_schedule(lr, 150)], [50])",
        "js.join_schedules([js.Linear(0.0, lr, 50), js.Cosine(lr, 0.0, 150)], [50])",
        "Each piece counts from its boundary, in both. optax checks nothing: pieces without a boundary are dropped.",
    ),
]


@dataclass(frozen=True)
class Made:
    """What the line makes, and the line, for nothing else can be read."""

    line: str
    schedule: Callable[[Any], Any]


def made(line: str) -> Made:
    import optax

    return Made(line, eval(line, {"optax": optax, "lr": LR}))


def values(made: Made, steps: int) -> np.ndarray:
    with jax.numpy_dtype_promotion("standard"):
        return np.asarray(jax.jit(jax.vmap(made.schedule))(np.arange(steps)), np.float64)


def read(made: Made) -> js.Schedule:
    from jaxsched.adapters import optax

    return eval(made.line, {"optax": optax, "lr": LR})
