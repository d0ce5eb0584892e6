"""optax: every constructor of `optax.schedules`, under its name and with its arguments.

    from jaxsched.adapters import optax as schedules     # from optax import schedules

What optax makes is a function, which cannot be read, so its constructors are here again. They return schedules of ours,
and those print as the lines to keep. Every number may be traced, or be an array for a stack; a length may be real.

Where one number is known, the rules of optax hold, so that a run that was tuned with them stays as it was: a length of
0 or less, and a `decay_rate`, `power` or `exponent` of 0, stay at the start. Where it is traced, or an entry of a
stack, the formula decides: a phase of 0 steps is over.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import jax

from jaxsched._combinators.joins import join_schedules as _join, sequence
from jaxsched._curves.constant import Constant, FromFunction
from jaxsched._curves.decays import ExponentialDecay
from jaxsched._curves.piecewise import PiecewiseConstant, PiecewiseInterpolate
from jaxsched._curves.transitions import Cosine, Linear, Polynomial
from jaxsched._data.checks import check_numbers
from jaxsched._data.messages import one_of
from jaxsched._recipes.cycles import onecycle, warmup_restarts
from jaxsched._recipes.warmups import warmup_constant, warmup_cosine, warmup_exponential
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._typing import Number
from jaxsched.adapters.optax_arguments import (
    Divisor,
    Steps,
    Time,
    at_most_zero,
    begun,
    constructor,
    is_known,
    part_of,
    running_products,
)
from jaxsched.fields import Boundaries, Factor, Length, PositiveLength, Rate, Value


@constructor
def constant_schedule(value: Value) -> Schedule:
    """`Constant`.

    >>> constant_schedule(0.1)
    Constant(value=0.1)
    """
    return Constant(value)


@constructor
def linear_schedule(
    init_value: Value, end_value: Value, transition_steps: Steps, transition_begin: Steps = 0
) -> Schedule:
    """`Linear`, from step `transition_begin` on; a negative one counts as 0. Without steps it stays at the start.

    >>> linear_schedule(1.0, 0.0, 100, transition_begin=10)
    shift(schedule=Linear(init_value=1.0, end_value=0.0, transition_steps=100), steps=10)
    """
    if at_most_zero(transition_steps):
        return Constant(init_value)
    return begun(Linear(init_value, end_value, transition_steps), transition_begin)


@constructor
def polynomial_schedule(
    init_value: Value, end_value: Value, power: Rate, transition_steps: Steps, transition_begin: Steps = 0
) -> Schedule:
    """`Polynomial`, from step `transition_begin` on, as in `linear_schedule`. A `power` of 0 stays at the start.

    >>> polynomial_schedule(1.0, 0.0, 2.0, 100)
    Polynomial(init_value=1.0, end_value=0.0, transition_steps=100, power=2.0)
    """
    if at_most_zero(transition_steps) or is_known(power, 0):
        return Constant(init_value)
    return begun(Polynomial(init_value, end_value, transition_steps, power), transition_begin)


@constructor
def piecewise_constant_schedule(
    init_value: Value, boundaries_and_scales: Mapping[Any, Number] | None = None
) -> Schedule:
    """`PiecewiseConstant`, whose values are the running products of the scales.

    Raises:
        ValueError: if a scale is negative, as in optax, or a boundary.

    >>> piecewise_constant_schedule(1.0, {60: 0.5, 80: 0.1})
    PiecewiseConstant(boundaries=[60, 80], values=[1.0, 0.5, 0.05])
    """
    boundaries, values = running_products("piecewise_constant_schedule", init_value, boundaries_and_scales)
    return PiecewiseConstant(boundaries, values) if boundaries else Constant(init_value)


@constructor
def exponential_decay(
    init_value: Value,
    transition_steps: Time,
    decay_rate: Factor,
    transition_begin: Steps = 0,
    staircase: bool = False,
    end_value: Value | None = None,
) -> Schedule:
    """`ExponentialDecay`, from step `transition_begin` on, as in `linear_schedule`. A `decay_rate` of 0 means no decay.

    >>> exponential_decay(1.0, 100, 0.5, staircase=True)
    ExponentialDecay(init_value=1.0, transition_steps=100, decay_rate=0.5, staircase=True)
    """
    if at_most_zero(transition_steps) or is_known(decay_rate, 0):
        return Constant(init_value)
    return begun(ExponentialDecay(init_value, transition_steps, decay_rate, staircase, end_value), transition_begin)


@constructor
def cosine_decay_schedule(
    init_value: Value, decay_steps: PositiveLength, alpha: Value = 0.0, exponent: Rate = 1.0
) -> Schedule:
    """`Cosine` to `alpha * init_value`. An `exponent` of 0 stays at the start.

    Raises:
        ValueError: if `decay_steps` is not positive, as in optax.

    >>> cosine_decay_schedule(1.0, 100, alpha=0.1)
    Cosine(init_value=1.0, end_value=0.1, transition_steps=100)
    """
    if is_known(exponent, 0):
        return Constant(init_value)
    return Cosine(init_value, alpha * init_value, decay_steps, None if is_known(exponent, 1) else exponent)


@constructor
def piecewise_interpolate_schedule(
    interpolate_type: Literal["linear", "cosine"],
    init_value: Value,
    boundaries_and_scales: Mapping[Any, Number] | None = None,
) -> Schedule:
    """`PiecewiseInterpolate`, whose values are the running products of the scales.

    Raises:
        ValueError: if the type is unknown, or a scale is negative, as in optax, or a boundary.

    >>> piecewise_interpolate_schedule("linear", 1.0, {50: 0.5, 100: 0.1})
    PiecewiseInterpolate(boundaries=[0, 50, 100], values=[1.0, 0.5, 0.05])
    """
    if interpolate_type not in ("linear", "cosine"):
        raise ValueError(f"`interpolate_type` {one_of(('linear', 'cosine'), interpolate_type)}")
    boundaries, values = running_products("piecewise_interpolate_schedule", init_value, boundaries_and_scales)
    return PiecewiseInterpolate([0, *boundaries], values, interpolate_type) if boundaries else Constant(init_value)


@constructor
def linear_onecycle_schedule(
    transition_steps: PositiveLength,
    peak_value: Value,
    pct_start: Rate = 0.3,
    pct_final: Rate = 0.85,
    div_factor: Divisor = 25.0,
    final_div_factor: Divisor = 1e4,
) -> Schedule:
    """`PiecewiseInterpolate` up to the peak, back to the start, and down; the phases are rounded down.

    Raises:
        ValueError: if `transition_steps` is not positive, as in optax, or the phases are out of order.

    >>> linear_onecycle_schedule(1000, 1.0, final_div_factor=100.0)
    PiecewiseInterpolate(boundaries=[0, 300, 850, 1000], values=[0.04, 1.0, 0.04, 0.0004])
    """
    owner = "linear_onecycle_schedule"
    check_numbers(owner, "pct_start", pct_start, operator.le, "must be at most `pct_final`", pct_final)
    check_numbers(owner, "pct_final", pct_final, operator.le, "must be at most 1", 1)
    ends = [part_of(pct_start, transition_steps), part_of(pct_final, transition_steps)]
    init_value = peak_value / div_factor
    values = [init_value, peak_value, init_value, init_value / final_div_factor]
    return PiecewiseInterpolate([0, *ends, transition_steps], values)


@constructor
def cosine_onecycle_schedule(
    transition_steps: PositiveLength,
    peak_value: Value,
    pct_start: Rate = 0.3,
    div_factor: Divisor = 25.0,
    final_div_factor: Divisor = 1e4,
) -> Schedule:
    """`onecycle`, whose warmup is rounded down.

    Raises:
        ValueError: if `transition_steps` is not positive, as in optax, or `pct_start` is more than 1.

    >>> cosine_onecycle_schedule(1000, 1.0)
    onecycle(peak_value=1.0, warmup_steps=300, total_steps=1000)
    """
    check_numbers("cosine_onecycle_schedule", "pct_start", pct_start, operator.le, "must be at most 1", 1)
    init_value = peak_value / div_factor
    return onecycle(
        peak_value=peak_value,
        warmup_steps=part_of(pct_start, transition_steps),
        total_steps=transition_steps,
        init_value=None if is_known(div_factor, 25) else init_value,
        end_value=None if is_known(final_div_factor, 1e4) else init_value / final_div_factor,
    )


@constructor
def warmup_constant_schedule(init_value: Value, peak_value: Value, warmup_steps: Steps) -> Schedule:
    """`warmup_constant`, but a warmup of 0 steps stays at the start, as in `linear_schedule`.

    >>> warmup_constant_schedule(0.0, 1.0, 100)
    warmup_constant(peak_value=1.0, warmup_steps=100)
    """
    if at_most_zero(warmup_steps):
        return Constant(init_value)
    return warmup_constant(peak_value=peak_value, warmup_steps=warmup_steps, init_value=init_value)


@constructor
def warmup_cosine_decay_schedule(
    init_value: Value,
    peak_value: Value,
    warmup_steps: Length,
    decay_steps: Length,
    end_value: Value = 0.0,
    exponent: Rate = 1.0,
) -> Schedule:
    """`warmup_cosine`, whose `total_steps` are the `decay_steps`.

    The end of a peak of 0 is 0, for to optax it is a part of the peak.

    Raises:
        ValueError: if the warmup is not shorter than `decay_steps`, as in optax.

    >>> warmup_cosine_decay_schedule(0.0, 1.0, 10, 100, end_value=0.1)
    warmup_cosine(peak_value=1.0, warmup_steps=10, total_steps=100, end_value=0.1)
    """
    rule = "counts the warmup, and must be more than `warmup_steps`"
    check_numbers("warmup_cosine_decay_schedule", "decay_steps", decay_steps, operator.gt, rule, warmup_steps)
    flat = is_known(exponent, 0)
    return warmup_cosine(
        peak_value=peak_value,
        warmup_steps=warmup_steps,
        total_steps=decay_steps,
        init_value=init_value,
        end_value=peak_value if flat or is_known(peak_value, 0) else end_value,
        exponent=None if flat or is_known(exponent, 1) else exponent,
    )


@constructor
def warmup_exponential_decay_schedule(
    init_value: Value,
    peak_value: Value,
    warmup_steps: Length,
    transition_steps: Time,
    decay_rate: Factor,
    transition_begin: Steps = 0,
    staircase: bool = False,
    end_value: Value | None = None,
) -> Schedule:
    """`warmup_exponential`, or where the decay begins later, a line and `exponential_decay`.

    >>> warmup_exponential_decay_schedule(0.0, 1.0, 10, 100, 0.5)
    warmup_exponential(peak_value=1.0, warmup_steps=10, transition_steps=100, decay_rate=0.5)
    """
    decay = exponential_decay(peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value)
    if not isinstance(decay, ExponentialDecay):
        return _join([Linear(init_value, peak_value, warmup_steps), decay], [warmup_steps])
    return warmup_exponential(
        peak_value=peak_value,
        warmup_steps=warmup_steps,
        transition_steps=transition_steps,
        decay_rate=decay_rate,
        init_value=init_value,
        staircase=staircase,
        end_value=end_value,
    )


@constructor
def sgdr_schedule(cosine_kwargs: Iterable[Mapping[str, Any]]) -> Schedule:
    """`warmup_restarts`, or one `warmup_cosine` after another, each for its `decay_steps`.

    >>> cycle = {"init_value": 0.0, "warmup_steps": 10, "decay_steps": 100}
    >>> sgdr_schedule([{"peak_value": 1.0, **cycle}, {"peak_value": 0.5, **cycle}])
    warmup_restarts(peak_values=[1.0, 0.5], warmup_steps=[10, 10], period_steps=[100, 100])
    """
    cycles: list[Any] = [warmup_cosine_decay_schedule(**each) for each in cosine_kwargs]
    if not cycles:
        raise ValueError("`cosine_kwargs` must have at least one entry, got none.")
    init, end, periods = cycles[0].init_value, cycles[0].end_value, [each.total_steps for each in cycles]
    if not all(is_known(x.init_value, init) and is_known(x.end_value, end) and x.exponent is None for x in cycles):
        return sequence(cycles, periods[:-1])
    return warmup_restarts(
        peak_values=[each.peak_value for each in cycles],
        warmup_steps=[each.warmup_steps for each in cycles],
        period_steps=periods,
        init_value=init,
        end_value=end,
    )


@constructor
def join_schedules(schedules: Sequence[ScheduleLike | Callable[[jax.Array], Any]], boundaries: Boundaries) -> Schedule:
    """`jaxsched.join_schedules`, which here takes functions, too, such as other schedules of optax.

    >>> from jaxsched.adapters import optax as schedules
    >>> float(schedules.join_schedules([Linear(0.0, 1.0, 10), lambda step: 0.5**step], [10])(12))
    0.25
    """
    if isinstance(schedules, Schedule):
        return _join(schedules, boundaries)
    return _join([FromFunction(x) if callable(x) and not isinstance(x, Schedule) else x for x in schedules], boundaries)


def __getattr__(name: str) -> Any:
    if "inject" in name.lower() or name in ("WrappedSchedule", "StatefulSchedule"):
        hint = "`jaxsched.training.scheduled` follows schedules, and so does that of optax, which takes these, too"
        raise AttributeError(f"{name} makes no schedule: {hint}.")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
