"""Any schedule at any step in 40 digits, straight from the formulas in the docstrings, and how far off it may be.

Hyperparameters are taken as the leaves hold them. Every curve is allowed the units in the last place that the contract
grants it, and a combinator what its operands are allowed, with a rounding of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
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


def number(held: Any) -> Any:
    """What a field holds, as a number of 40 digits."""
    if isinstance(held, Double):
        return mpf(float(held.high)) + mpf(float(held.low))
    return int(held) if isinstance(held, np.integer) else mpf(float(held))


def truth(schedule: js.Schedule, t: int) -> Truth:
    """The value of one schedule at one step."""
    numbers = {field.name: read(getattr(schedule, field.name)) for field in schedule._fields}
    return TRUTHS[type(schedule).__name__](t, **numbers)


def read(held: Any) -> Any:
    if held is None or isinstance(held, Data | str | bool | tuple):
        return held
    return [number(x) for x in held] if np.ndim(held) else number(held)


# Transitions: how much is left of the way when q of the length is done.


def cosine(q: Any) -> Any:
    return mpmath.sin(mpmath.pi / 2 * (1 - q)) ** 2


def k_decayed(q: Any, k_decay: Any) -> Any:
    return q if k_decay is None else q**k_decay


def root(q: Any, bend: Any) -> Any:
    return 1 / mpmath.sqrt(1 + bend * q) - 1


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


def transitioned(name: str, t: int, init: Truth, end: Any, length: int, **others: Any) -> Truth:
    q = min(mpf(t) / length, mpf(1)) if length else mpf(1)
    if name == "Geometric":
        value = init.value * (end / init.value) ** q
        return Truth(value, within(CURVE, value).allowed + init.allowed * value / init.value)
    left = LEFT[name](q, **others)
    value = end + (init.value - end) * left
    ulps = LINE if name == "Linear" else ulps_of_power(others.get("power") or others.get("exponent") or 1)
    return Truth(value, within(ulps, value).allowed + init.allowed * left)


def transition_of(name: str) -> Callable[..., Truth]:
    return lambda t, init_value, end_value, transition_steps, **others: transitioned(
        name, t, Truth(init_value, 0), end_value, transition_steps, **others
    )


# Decays.


def periods(t: int, length: int) -> Any:
    """A length of 0 has passed 2^31 times."""
    return mpf(t) / length if length else mpf(last_step())


def multiplied(ulps: float, init: Any, factor: Any) -> Truth:
    """Growth stops at e^60, which is not asked to the last digit."""
    most, least = mpmath.e**60, 2 * LEAST
    if least < factor < most:
        return within(ulps, init * factor)
    factor = min(factor, most)
    return Truth(init * factor, init * most / 10**5 if factor == most else (init + 1) * least)


def decayed(t: int, init_value: Any, length: int, factor: Any, staircase: bool) -> Truth:
    u = periods(t, length)
    return multiplied(STAIR if staircase else CURVE, init_value, factor ** (mpmath.floor(u) if staircase else u))


def exponential_decay(
    t: int, init_value: Any, transition_steps: int, decay_rate: Any, staircase: bool, end_value: Any
) -> Truth:
    found = decayed(t, init_value, transition_steps, decay_rate, staircase)
    if end_value is None:
        return found
    return Truth((max if decay_rate < 1 else min)(found.value, end_value), found.allowed)


def inverse_time_decay(t: int, init_value: Any, transition_steps: int, decay_rate: Any, staircase: bool) -> Truth:
    u = periods(t, transition_steps)
    return within(CURVE, init_value / (1 + decay_rate * (mpmath.floor(u) if staircase else u)))


def logistic(t: int, init_value: Any, end_value: Any, midpoint: int, timescale: int) -> Truth:
    part = 1 / (1 + mpmath.e ** max(min(mpf(midpoint - t) / timescale, 1000), -1000))
    return within(CURVE, init_value + (end_value - init_value) * part)


# Pieces and cycles.


def interpolated(t: int, boundaries: list[int], values: list[Any], interpolation: str) -> Truth:
    if t < boundaries[0]:
        return Truth(values[0], 0)
    i = max(i for i, boundary in enumerate(boundaries) if boundary <= t)
    if i == len(boundaries) - 1:
        return Truth(values[-1], 0)
    q = mpf(t - boundaries[i]) / (boundaries[i + 1] - boundaries[i])
    left, ulps = (cosine(q), CURVE) if interpolation == "cosine" else (1 - q, LINE)
    return within(ulps, values[i + 1] + (values[i] - values[i + 1]) * left)


def cycle_of(t: int, period: int, growth: Any, last: int | None) -> tuple[int, Any, Any]:
    """The index of the cycle, the steps since it began, and its length."""
    index, start, length = 0, mpf(0), mpf(period)
    if growth is None or growth == 1:
        index = t // period if last is None else min(t // period, last)
        return index, mpf(t - index * period), length
    while (last is None or index < last) and t >= start + length - mpf(10) ** -12 * length:
        index, start, length = index + 1, start + length, length * growth
    return index, max(t - start, mpf(0)), length


def restarted(
    t: int, init_value: Any, end_value: Any, period_steps: int, growth: Any, decay: Any, cycles: int | None
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


def annealed(t: int, init_value: Any, end_value: Any, period_steps: int) -> Truth:
    q = mpf(t % (2 * period_steps)) / period_steps if period_steps else mpf(1)
    return within(CURVE, end_value + (init_value - end_value) * cosine(q))


def triangle(
    t: int, init_value: Any, peak_value: Any, rise_steps: int, fall_steps: int | None, scale: Any, scale_by: str
) -> Truth:
    fall = rise_steps if fall_steps is None else fall_steps
    index, since = divmod(t, max(rise_steps + fall, 1))
    up = mpf(since) / rise_steps if since < rise_steps else mpf(rise_steps + fall - since) / max(fall, 1)
    scaled = truth(scale, index if scale_by == "cycle" else t) if isinstance(scale, js.Schedule) else Truth(scale, 0)
    value = init_value + (peak_value - init_value) * up * scaled.value
    most = max(abs(value), abs(init_value), abs(init_value + (peak_value - init_value) * scaled.value))
    return Truth(value, within(4, most).allowed + abs(peak_value - init_value) * up * scaled.allowed)


def joined(t: int, schedules: Any, boundaries: list[int]) -> Truth:
    pieces = list(schedules) if type(schedules) is tuple else pieces_of(JoinAlike(schedules, boundaries))
    starts = [0, *boundaries]
    i = max(i for i, start in enumerate(starts) if start <= t)
    return truth(pieces[i], t - starts[i])


def repeated(
    t: int, schedule: js.Schedule, period_steps: int, count: int | None, growth: int | None, decay: Any
) -> Truth:
    period, last = max(period_steps, 1), None if count is None else max(count, 1) - 1
    index, since, length = cycle_of(t, period, growth, last)
    if growth is not None and length != period:
        schedule = js.stretch(schedule, period, int(min(length, LAST)))
    found = truth(schedule, int(since))
    return found if decay is None else found * multiplied(STAIR, mpf(1), decay**index)


# Others, of others.


def spliced(t: int, first: js.Schedule, at: int, then: js.Schedule) -> Truth:
    if t <= at:
        return truth(first, t)
    return truth(first, at) / truth(then, 0) * truth(then, t - at)


def cooled(t: int, schedule: js.Schedule, at: int, transition_steps: int, end_value: Any, cooldown: Any) -> Truth:
    if t < at:
        return truth(schedule, t)
    shape = transition("decay_from", cooldown, 1.0, 1.0, 1)
    names = ("init_value", "end_value", "transition_steps")
    others = {field.name: read(getattr(shape, field.name)) for field in shape._fields if field.name not in names}
    name = type(shape).__name__
    return transitioned(name, t - at, truth(schedule, at), end_value, transition_steps, **others)


def calculated(t: int, symbol: str, operands: tuple[Any, ...]) -> Truth:
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
    **{name: transition_of(name) for name in (*LEFT, "Geometric")},
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
    "Tabulated": lambda t, values: Truth(values[min(t, len(values) - 1)], 0),
    "CosineRestarts": restarted,
    "CosineAnnealing": annealed,
    "Triangular": triangle,
    "Join": joined,
    "JoinAlike": joined,
    "Shift": lambda t, schedule, steps: truth(schedule, min(max(t - steps, 0), LAST)),
    "Every": lambda t, schedule, k: truth(schedule, t // max(k, 1)),
    "Reverse": lambda t, schedule, total_steps: truth(schedule, max(total_steps - t, 0)),
    "Repeat": repeated,
    "Select": lambda t, index, schedules: truth(schedules[index], t),
    "Splice": spliced,
    "DecayFrom": cooled,
    "Arithmetic": calculated,
}
"""By the name of the class: a function of the step and the fields."""
