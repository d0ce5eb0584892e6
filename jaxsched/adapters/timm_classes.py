"""Each class of timm, read by its attributes as a group of parameters sees them: `base` is the rate of that group.

What counts is what a run uses. As timm moves at the end of an epoch or update, the first has what the scheduler sets
when it is made: the start of the warmup, or else the rate.
"""

import math
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

from jaxsched._combinators.choices import maximum
from jaxsched._combinators.clocks import repeat, shift
from jaxsched._combinators.joins import join_schedules, sequence
from jaxsched._curves.constant import Constant
from jaxsched._curves.cooldowns import Exponential, Tanh
from jaxsched._curves.cyclic import CosineRestarts
from jaxsched._curves.decays import InverseSqrt, PowerLaw, StepDecay
from jaxsched._curves.piecewise import MultiStep
from jaxsched._curves.shapes import Shape, transition
from jaxsched._curves.transitions import Cosine, Linear, Polynomial
from jaxsched._data.messages import brief, one_of
from jaxsched._numerics.floats import last_step
from jaxsched._recipes.cycles import sgdr
from jaxsched._recipes.flat_tops import wsd
from jaxsched._recipes.open_ended import inverse_sqrt
from jaxsched._recipes.warmups import (
    warmup_constant,
    warmup_cosine,
    warmup_exponential,
    warmup_linear,
    warmup_multistep,
    warmup_step,
)
from jaxsched._schedule.schedule import Schedule
from jaxsched.adapters.torch import from_torch


def _after_warmup(x: Any, body: Schedule) -> Schedule:
    """A line to the rate, and then the body; without `warmup_prefix` its clock runs under the line."""
    if not x.warmup_t:
        return body
    end = _first_step_after_warmup(x)
    return join_schedules(
        [Linear(x.warmup_lr_init, x.base, x.warmup_t), body if x.warmup_prefix else shift(body, -end)], [end]
    )


def _first_step_after_warmup(x: Any) -> int:
    """Where a clock goes on, or begins: it would count in float32 if it began between two steps."""
    if x.warmup_prefix and x.warmup_t % 1:
        rule = "must be whole where what follows is counted from its end (warmup_prefix=True, and wsd)"
        raise ValueError(f"`warmup_t` {rule}, got {brief(x.warmup_t)}.")
    return math.ceil(x.warmup_t)


# Steps.


def _step(x: Any) -> Schedule:
    if x.decay_rate == 1:
        return _constant(x)
    if not x.warmup_t or _first_step_after_warmup(x) != x.warmup_t:
        return _after_warmup(x, StepDecay(x.base, x.decay_t, x.decay_rate))
    if not x.warmup_prefix:
        return warmup_step(peak_value=x.base, step_size=x.decay_t, factor=x.decay_rate, **x.warmup)
    decay = {"transition_steps": x.decay_t, "decay_rate": x.decay_rate, "staircase": True}
    return warmup_exponential(peak_value=x.base, **decay, **x.warmup)


def _multi_step(x: Any) -> Schedule:
    """In timm a milestone applies one step before; none does at the first step, or within the warmup."""
    if x.decay_rate == 1:
        return _constant(x)
    if list(x.decay_t) != sorted(x.decay_t):
        raise ValueError(f"`decay_t` must be in increasing order, got {brief(x.decay_t)}.")
    after = _first_step_after_warmup(x)
    origin = after if x.warmup_prefix else 0
    boundaries = [max(origin + milestone - 1, after, 1) for milestone in x.decay_t]
    if not x.warmup_t or after != x.warmup_t:
        return _after_warmup(x, MultiStep(x.base, boundaries, x.decay_rate))
    return warmup_multistep(peak_value=x.base, boundaries=boundaries, factor=x.decay_rate, **x.warmup)


def _constant(x: Any) -> Schedule:
    return warmup_constant(peak_value=x.base, **x.warmup) if x.warmup_t else Constant(x.base)


# Cycles. Cycle i is a way from the rate times decayⁱ to `lr_min`, which holds after the last one.

Way = Callable[[float, float, Any], Schedule]
"""A curve from a value to another, in so many steps."""


def _cycles(x: Any) -> dict[str, Any]:
    """What differs from cycle to cycle, in our words."""
    if not (x.cycle_limit >= 1 and x.cycle_limit % 1 == 0):
        raise ValueError(f"`cycle_limit` must be a whole number, at least 1, got {brief(x.cycle_limit)}.")
    if not x.cycle_mul >= 1:
        rule = "must be at least 1: with less, timm itself fails once its cycles have shrunk to nothing"
        raise ValueError(f"`cycle_mul` {rule}, got {brief(x.cycle_mul)}.")
    growth, decay = (None if ratio == 1 else ratio for ratio in (x.cycle_mul, x.cycle_decay))
    return {"growth": growth, "decay": decay, "cycles": int(x.cycle_limit)}


def _ends(x: Any) -> list[Fraction]:
    """Where each cycle ends, in decimals as they were written: 10 · 1.1 is 11."""
    length, ends = Fraction(str(x.t_initial)), [Fraction(0)]
    while len(ends) <= x.cycle_limit and ends[-1] < last_step():
        ends.append(ends[-1] + length)
        length *= Fraction(str(x.cycle_mul))
    return ends[1:]


def _repeated(x: Any, way: Way) -> Schedule:
    """The cycles of any curve: a repeat, or one by one where some may begin between two steps, for that is closer."""
    cycles = _cycles(x)
    count, growth, decay = cycles["cycles"], cycles["growth"], cycles["decay"]
    if count == 1:
        return way(x.base, x.lr_min, x.t_initial)
    if growth is not None and (growth % 1 or x.t_initial % 1):
        lengths = [float(end - start) for start, end in pairwise([Fraction(0), *_ends(x)])]
        return sequence([way(x.base * x.cycle_decay**i, x.lr_min, n) for i, n in enumerate(lengths)], lengths[:-1])
    again = partial(repeat, period_steps=x.t_initial, count=count, growth=growth)
    if decay is None or not x.lr_min:
        return again(way(x.base, x.lr_min, x.t_initial), decay=decay)
    # if only the upper end decays, they are two that add up
    return again(way(x.base, 0.0, x.t_initial), decay=decay) + again(way(0.0, x.lr_min, x.t_initial))


def _cosine(x: Any) -> Schedule:
    if x.k_decay != 1:
        return _after_warmup(x, _repeated(x, partial(Cosine, k_decay=x.k_decay)))
    cycles, phases = _cycles(x), {**x.warmup, "end_value": x.lr_min}
    if x.warmup_t and x.warmup_prefix:
        if x.cycle_limit == 1:
            return warmup_cosine(peak_value=x.base, total_steps=x.warmup_t + x.t_initial, **phases)
        _first_step_after_warmup(x)
        return sgdr(peak_value=x.base, period_steps=x.t_initial, **cycles, **phases)
    if x.cycle_limit == 1:
        return _after_warmup(x, Cosine(x.base, x.lr_min, x.t_initial))
    return _after_warmup(x, CosineRestarts(x.base, x.lr_min, x.t_initial, **cycles))


def _polynomial(x: Any) -> Schedule:
    again = x.cycle_limit > 1 and (x.t_initial % 1 or x.cycle_mul % 1)
    if x.power < 1 and again and any(end % 1 for end in _ends(x)[:-1]):
        rule = "with a `power` below 1 a cycle is steep at its end, and must not begin between two steps"
        raise ValueError(f"{rule}: make the start of each cycle whole.")
    if x.k_decay != 1:
        return _after_warmup(x, _repeated(x, partial(Polynomial, power=x.power, k_decay=x.k_decay)))
    if x.power != 1:
        return _after_warmup(x, _repeated(x, partial(Polynomial, power=x.power)))
    if x.warmup_t and x.warmup_prefix and x.cycle_limit == 1:
        total = x.warmup_t + x.t_initial
        return warmup_linear(peak_value=x.base, total_steps=total, end_value=x.lr_min, **x.warmup)
    return _after_warmup(x, _repeated(x, Linear))


def _tanh(x: Any) -> Schedule:
    """It meets neither end: without a warmup the first step is above it, and a warmup without prefix leads into it."""
    curve = _repeated(x, partial(Tanh, lower=x.lb, upper=x.ub))
    first = Linear(x.warmup_lr_init, x.warmup_end, x.warmup_t) if x.warmup_t else Constant(x.base)
    begin = _first_step_after_warmup(x) or 1
    origin = x.warmup_t if x.warmup_prefix else 0
    lasts = x.t_initial * x.cycle_limit if x.cycle_mul == 1 else float(_ends(x)[-1])
    curve = shift(curve, origin - begin) if origin != begin else curve
    return join_schedules([first, curve, Constant(x.lr_min)], [begin, min(max(origin + lasts, begin), last_step())])


# Warmup, stable, decay.


def _decay(x: Any) -> Shape:
    """The word for the shape of the decay, or a function where it has none."""
    words: dict[Any, Shape] = {"linear": "linear", "1-sqrt": "one_minus_sqrt", "cosine": "cosine"}
    powers: dict[Any, Shape] = {0.5: "one_minus_sqrt", 1.0: "linear", 2.0: "one_minus_square"}
    if callable(x.decay_fn):
        raise ValueError("its `decay_fn` is a function: write it as a schedule, for the `cooldown` of js.wsd.")
    if x.decay_fn == "power":
        return powers.get(x.decay_power, partial(Polynomial, power=1.0, k_decay=x.decay_power))
    if x.decay_fn == "exp":
        return "exponential" if x.decay_ratio == 0.5 else partial(Exponential, decay_rate=x.decay_ratio)
    if x.decay_fn not in words:
        raise ValueError(f"`decay_fn` {one_of((*words, 'power', 'exp'), x.decay_fn)}")
    return words[x.decay_fn]


def _wsd(x: Any) -> Schedule:
    """The decay multiplies what the stable function has above `lr_min`."""
    if x.lr_min > x.base:
        raise ValueError(f"`lr_min` must not be more than the rate, {x.base}, got {x.lr_min}.")
    x.warmup_prefix = True  # always
    shape, stable_steps, timescale = _decay(x), x.t_initial - x.decay_t, x.stable_timescale
    phases = {"peak_value": x.base, "cooldown_steps": x.decay_t, "total_steps": x.warmup_t + x.t_initial, **x.warmup}
    if x.stable_fn == "constant":
        if not callable(shape):
            return wsd(**phases, end_value=x.lr_min, cooldown=shape)
        return _after_warmup(x, sequence([Constant(x.base), shape(x.base, x.lr_min, x.decay_t)], [stable_steps]))
    if x.stable_fn not in ("rsqrt", "power"):
        raise ValueError(f"`stable_fn` {one_of(('constant', 'rsqrt', 'power'), x.stable_fn)}")
    power = 0.5 if x.stable_fn == "rsqrt" else x.stable_power
    if power == 0.5 and shape == "linear" and not x.lr_min:
        return inverse_sqrt(**phases, timescale=None if timescale == x.warmup_t else timescale)
    stable = InverseSqrt(x.base, timescale) if power == 0.5 else PowerLaw(x.base, timescale, power)
    fade = sequence([Constant(1.0), transition("from_timm", shape, 1.0, 0.0, x.decay_t)], [stable_steps])
    if not x.lr_min:
        return _after_warmup(x, stable * fade)
    above = stable - x.lr_min
    if x.base * (1 + x.t_initial / timescale) ** -power < x.lr_min:
        above = maximum(above, 0.0)
    return _after_warmup(x, x.lr_min + above * fade)


def _plateau(x: Any) -> Any:
    if x.warmup_t:
        rule = "its warmup is a schedule: make it with warmup_t=0, and let it multiply a js.warmup_constant"
        raise ValueError(f"{rule}; in timm, no metric counts before the warmup is over.")
    return from_torch(x.lr_scheduler, group=x.group)


READERS: dict[str, Callable[[Any], Any]] = {
    "CosineLRScheduler": _cosine,
    "MultiStepLRScheduler": _multi_step,
    "PlateauLRScheduler": _plateau,
    "PolyLRScheduler": _polynomial,
    "StepLRScheduler": _step,
    "TanhLRScheduler": _tanh,
    "WSDLRScheduler": _wsd,
}
