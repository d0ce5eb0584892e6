"""Any schedule at any step in 40 digits, straight from the formulas in the docstrings, and how far off it may be.

Hyperparameters are taken as the leaves hold them, and steps and lengths as integers or fractions. Every curve is
allowed the units in the last place that the contract grants it, and a combinator what its operands are allowed, with a
rounding of its own.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from mpmath import mpf

import jaxsched as js
from jaxsched._combinators.joins import JoinAlike, pieces_of
from jaxsched._curves.shapes import transition
from jaxsched._data.data import Data
from jaxsched._numerics.doubles import Double
from jaxsched._numerics.floats import last_step
from jaxsched._schedule.recipe import Recipe


mpmath.mp.dps = 40

LAST = 2**31 - 1
LEAST = mpf(2) ** -126  # below this, float32 has ever fewer bits, and nothing is asked of them

CURVE, LINE, STAIR = 8, 4, 0.55


@dataclass(frozen=True)
class Truth:
    """A value, and how far from it the schedule may be."""

    value: Any
    allowed: Any

    def __add__(self, other: "Truth") -> "Truth":
        return rounded(self.value + other.value, self.allowed + other.allowed)

    def __sub__(self, other: "Truth") -> "Truth":
        return rounded(self.value - other.value, self.allowed + other.allowed)

    def __mul__(self, other: "Truth") -> "Truth":
        lost = self.allowed * (abs(other.value) + other.allowed) + other.allowed * abs(self.value)
        return rounded(self.value * other.value, lost)

    def __truediv__(self, other: "Truth") -> "Truth":
        least = abs(other.value) - other.allowed
        return rounded(self.value / other.value, self.allowed / least + other.allowed * abs(self.value) / least**2)

    def __pow__(self, other: "Truth") -> "Truth":
        value = self.value**other.value
        lost = abs(value) * (other.value * self.allowed / self.value + mpmath.log(self.value) * other.allowed)
        return rounded(value, abs(lost))


def ulps_of_power(power: Any) -> Any:
    """A power makes an error in what it is a power of as many times larger."""
    return max(CURVE, 4 * power)


def within(ulps: Any, value: Any) -> Truth:
    """A value that may be off by so many units in the last place."""
    spacing = np.spacing(np.float32(abs(value)))
    return Truth(value, ulps * mpf(float(spacing)) if abs(value) > LEAST else 2 * LEAST)


def rounded(value: Any, allowed: Any) -> Truth:
    return Truth(value, allowed + within(1, value).allowed)


Time = int | Fraction


def number(held: Any, real: bool = False) -> Any:
    """What a field holds, as a number of 40 digits; or, if it is a real length, as a fraction."""
    if isinstance(held, Double):
        exact = Fraction(float(held.high)) + Fraction(float(held.low))
        return exact if real else ratio(exact)
    return int(held) if np.issubdtype(held.dtype, np.integer) else mpf(float(held))


def ratio(a: Time, b: Time = 1) -> Any:
    exact = Fraction(a) / b
    return mpf(exact.numerator) / exact.denominator


def truth(schedule: js.Schedule, t: Time) -> Truth:
    """The value of one schedule at one step."""
    schedule = schedule.expand() if isinstance(schedule, Recipe) else schedule
    numbers = {field.name: read(getattr(schedule, field.name), field.spec.may_be_real) for field in schedule._fields}
    return TRUTHS[type(schedule).__name__](t, **numbers)


def read(held: Any, real: bool = False) -> Any:
    if held is None or isinstance(held, Data | str | bool | tuple):
        return held
    return [number(held[i], real) for i in range(held.shape[0])] if np.shape(held) else number(held, real)


# Transitions: how much is left of the way when q of the length is done.


def cosine(q: Any) -> Any:
    return mpmath.sin(mpmath.pi / 2 * (1 - q)) ** 2


def k_decayed(q: Any, k_decay: Any) -> Any:
    return q if k_decay is None else q**k_decay


def root(q: Any, bend: Any) -> Any:
    return 1 / mpmath.sqrt(1 + bend * q) - 1


def logarithmic(length: Any, timescale: Any, q: Any) -> Any:
    return mpmath.log1p(length * (1 - q) / timescale) / mpmath.log1p(length / timescale) if length else mpf(0)


LEFT: dict[str, Callable[..., Any]] = {
    "Linear": lambda q: 1 - q,
    "Cosine": lambda q, exponent, k_decay: cosine(k_decayed(q, k_decay)) ** (1 if exponent is None else exponent),
    "Polynomial": lambda q, power, k_decay: (1 - k_decayed(q, k_decay)) ** power,
    "OneMinusSqrt": lambda q: 1 - mpmath.sqrt(q),
    "OneMinusSquare": lambda q: 1 - q**2,
    "Rex": lambda q, bend: (1 - q) / (1 - bend + bend * (1 - q)),
    "MirrorCosine": lambda q: 2 * (1 - q) - cosine(q),
    "Exponential": lambda q, decay_rate: (decay_rate**q - decay_rate) / (1 - decay_rate),
    "Tanh": lambda q, lower, upper: (1 - mpmath.tanh(lower * (1 - q) + upper * q)) / 2,
    "InverseRoot": lambda q, bend: 1 - root(q, bend) / root(mpf(1), bend) if bend else 1 - q,
}


def transitioned(name: str, t: Time, init: Truth, end: Any, length: Time, **others: Any) -> Truth:
    q = min(ratio(t, length), mpf(1)) if length else mpf(1)
    if name == "Geometric":
        value = init.value * (end / init.value) ** q
        return Truth(value, within(CURVE, value).allowed + init.allowed * value / init.value)
    if name == "Logarithmic":  # which knows its length
        left = logarithmic(ratio(length), ratio(others["timescale"]), q)
    else:
        left = LEFT[name](q, **others)
    value = end + (init.value - end) * left
    ulps = LINE if name == "Linear" else ulps_of_power(others.get("power") or others.get("exponent") or 1)
    return Truth(value, within(ulps, value).allowed + init.allowed * left)


def transition_of(name: str) -> Callable[..., Truth]:
    return lambda t, init_value, end_value, transition_steps, **others: transitioned(
        name, t, Truth(init_value, 0), end_value, transition_steps, **others
    )


# Decays.


def periods(t: Time, length: Time) -> Any:
    """A length of 0 has passed 2^31 times."""
    return ratio(t, length) if length else mpf(last_step())


def multiplied(ulps: float, init: Any, factor: Any) -> Truth:
    """Growth stops at e^60, which is not asked to the last digit."""
    most, least = mpmath.e**60, 2 * LEAST
    if least < factor < most:
        return within(ulps, init * factor)
    factor = min(factor, most)
    return Truth(init * factor, init * most / 10**5 if factor == most else (init + 1) * least)


def decayed(t: Time, init_value: Any, length: Time, factor: Any, staircase: bool) -> Truth:
    u = counted(t, length, staircase)
    return multiplied(STAIR if staircase else CURVE, init_value, factor**u)


def counted(t: Time, length: Time, staircase: bool) -> Any:
    """How many lengths have passed; for stairs, whole ones of whole steps."""
    return mpf(math.floor(t) // length) if staircase and length else periods(t, length)


def exponential_decay(
    t: Time, init_value: Any, transition_steps: Time, decay_rate: Any, staircase: bool, end_value: Any
) -> Truth:
    found = decayed(t, init_value, transition_steps, decay_rate, staircase)
    if end_value is None:
        return found
    return Truth((max if decay_rate < 1 else min)(found.value, end_value), found.allowed)


def inverse_time_decay(t: Time, init_value: Any, transition_steps: Time, decay_rate: Any, staircase: bool) -> Truth:
    return within(CURVE, init_value / (1 + decay_rate * counted(t, transition_steps, staircase)))


def logistic(t: Time, init_value: Any, end_value: Any, midpoint: Time, timescale: Time) -> Truth:
    part = 1 / (1 + mpmath.e ** max(min(ratio(midpoint - t, timescale), 1000), -1000))
    return within(CURVE, init_value + (end_value - init_value) * part)


# Pieces and cycles.


def interpolated(t: Time, boundaries: list[Time], values: list[Any], interpolation: str) -> Truth:
    if t < boundaries[0]:
        return Truth(values[0], 0)
    i = max(i for i, boundary in enumerate(boundaries) if boundary <= t)
    if i == len(boundaries) - 1:
        return Truth(values[-1], 0)
    q = ratio(t - boundaries[i], boundaries[i + 1] - boundaries[i])
    left, ulps = (cosine(q), CURVE) if interpolation == "cosine" else (1 - q, LINE)
    return within(ulps, values[i + 1] + (values[i] - values[i + 1]) * left)


def cycle_of(t: Time, period: Time, growth: Any, last: Time | None) -> tuple[Any, Any, Any]:
    """The index of the cycle, the steps since it began, and its length."""
    if growth is None or growth == 1:
        index = t // period if last is None else min(t // period, last)
        return index, ratio(t - index * period), ratio(period)
    index, start, length = 0, mpf(0), ratio(period)
    t, growth = ratio(t), growth if isinstance(growth, mpf) else ratio(growth)
    while (last is None or index < last) and t >= start + length - mpf(10) ** -12 * length:
        index, start, length = index + 1, start + length, length * growth
    return index, max(t - start, mpf(0)), length


def restarted(
    t: Time, init_value: Any, end_value: Any, period_steps: Time, growth: Any, decay: Any, cycles: int | None
) -> Truth:
    if not period_steps:
        return Truth(end_value, 0)
    index, since, length = cycle_of(t, period_steps, growth, None)
    if cycles is not None and index >= cycles:
        return Truth(end_value, 0)
    start = Truth(init_value, 0) if decay is None else multiplied(STAIR, init_value, decay**index)
    left = cosine(since / length)
    value = end_value + (start.value - end_value) * left
    return Truth(value, within(CURVE, value).allowed + start.allowed * left)


def annealed(t: Time, init_value: Any, end_value: Any, period_steps: Time) -> Truth:
    q = ratio(t % (2 * period_steps), period_steps) if period_steps else mpf(1)
    return within(CURVE, end_value + (init_value - end_value) * cosine(q))


def triangle(
    t: Time, init_value: Any, peak_value: Any, rise_steps: Time, fall_steps: Time | None, scale: Any, scale_by: str
) -> Truth:
    fall = rise_steps if fall_steps is None else fall_steps
    index, since = divmod(t, rise_steps + fall or 1)
    up = ratio(since, rise_steps) if since < rise_steps else ratio(rise_steps + fall - since, fall or 1)
    scaled = truth(scale, index if scale_by == "cycle" else t) if isinstance(scale, js.Schedule) else Truth(scale, 0)
    value = init_value + (peak_value - init_value) * up * scaled.value
    most = max(abs(value), abs(init_value), abs(init_value + (peak_value - init_value) * scaled.value))
    return Truth(value, within(4, most).allowed + abs(peak_value - init_value) * up * scaled.allowed)


def joined(t: Time, schedules: Any, boundaries: list[Time]) -> Truth:
    pieces = list(schedules) if type(schedules) is tuple else pieces_of(JoinAlike(schedules, [*range(len(boundaries))]))
    starts = [0, *boundaries]
    i = max(i for i, start in enumerate(starts) if start <= t)
    return truth(pieces[i], t - starts[i])


def repeated(
    t: Time, schedule: js.Schedule, period_steps: Time, count: Time | None, growth: Time | None, decay: Any
) -> Truth:
    period, last = period_steps or 1, None if count is None else max(count, 1) - 1
    index, since, length = cycle_of(t, period, growth, last)
    if any(isinstance(x, Fraction) for x in (t, period, growth)):  # slower by as much as the cycle is longer
        found = truth(schedule, Fraction(str(since * ratio(period) / length)))
    else:
        if growth is not None and length != period:
            schedule = js.stretch(schedule, int(period), int(min(length, LAST)))
        found = truth(schedule, int(since))
    return found if decay is None else found * multiplied(STAIR, mpf(1), decay**index)


# Others, of others.


def spliced(t: Time, first: js.Schedule, at: Time, then: js.Schedule) -> Truth:
    if t <= at:
        return truth(first, t)
    return truth(first, at) / truth(then, 0) * truth(then, t - at)


def cooled(t: Time, schedule: js.Schedule, at: Time, transition_steps: Time, end_value: Any, cooldown: Any) -> Truth:
    if t < at:
        return truth(schedule, t)
    shape = transition("decay_from", cooldown, 1.0, 1.0, 1)
    names = ("init_value", "end_value", "transition_steps")
    others = {field.name: read(getattr(shape, field.name)) for field in shape._fields if field.name not in names}
    name = type(shape).__name__
    return transitioned(name, t - at, truth(schedule, at), end_value, transition_steps, **others)


def calculated(t: Time, symbol: str, operands: tuple[Any, ...]) -> Truth:
    found = [truth(x, t) if isinstance(x, js.Schedule) else Truth(number(x), 0) for x in operands]
    result = found[0]
    for other in found[1:]:
        if symbol in ("minimum", "maximum"):
            best = (min if symbol == "minimum" else max)(result.value, other.value)
            result = Truth(best, max(result.allowed, other.allowed))
        else:
            result = {
                "**": Truth.__pow__,
                "+": Truth.__add__,
                "-": Truth.__sub__,
                "*": Truth.__mul__,
                "/": Truth.__truediv__,
            }[symbol](result, other)
    return result


TRUTHS: dict[str, Callable[..., Truth]] = {
    "Constant": lambda t, value: Truth(value, 0),
    **{name: transition_of(name) for name in (*LEFT, "Geometric", "Logarithmic")},
    "ExponentialDecay": exponential_decay,
    "NaturalExponentialDecay": lambda t, init_value, decay_rate, step_size, staircase: decayed(
        t, init_value, step_size, mpmath.e**-decay_rate, staircase
    ),
    "InverseTimeDecay": inverse_time_decay,
    "StepDecay": lambda t, init_value, step_size, factor: decayed(t, init_value, step_size, factor, True),
    "HalfLife": lambda t, init_value, half_life: decayed(t, init_value, half_life, mpf(1) / 2, False),
    "InverseSqrt": lambda t, peak_value, timescale, shift: within(
        CURVE, peak_value / mpmath.sqrt(1 + periods(min(t + shift, last_step()), timescale))
    ),
    "PowerLaw": lambda t, peak_value, timescale, power, shift: within(
        ulps_of_power(power), peak_value * (1 + periods(min(t + shift, last_step()), timescale)) ** -power
    ),
    "Gaussian": lambda t, init_value, timescale: within(
        CURVE, init_value * mpmath.e ** (-(periods(t, timescale) ** 2) / 2)
    ),
    "Logistic": logistic,
    "PiecewiseConstant": lambda t, boundaries, values: Truth(values[sum(b <= t for b in boundaries)], 0),
    "MultiStep": lambda t, init_value, boundaries, factor: multiplied(
        STAIR, init_value, factor ** sum(b <= t for b in boundaries)
    ),
    "PiecewiseInterpolate": interpolated,
    "Tabulated": lambda t, values: Truth(values[min(math.floor(t), len(values) - 1)], 0),
    "CosineRestarts": restarted,
    "CosineAnnealing": annealed,
    "Triangular": triangle,
    "Join": joined,
    "JoinAlike": joined,
    "Shift": lambda t, schedule, steps: truth(schedule, min(max(t - steps, 0), LAST)),
    "Every": lambda t, schedule, k: truth(schedule, math.floor(t) // (k or 1)),
    "Reverse": lambda t, schedule, total_steps: truth(schedule, max(total_steps - t, 0)),
    "Repeat": repeated,
    "Select": lambda t, index, schedules: truth(schedules[index], t),
    "Splice": spliced,
    "DecayFrom": cooled,
    "Arithmetic": calculated,
}
"""By the name of the class: a function of the step and the fields."""
