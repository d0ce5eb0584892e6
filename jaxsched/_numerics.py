"""Formulas that stay exact, finite and differentiable in float32, where the obvious ones do not.

Steps stay integers as long as they can: `T - t` is exact, and `(T - t) / T` is then rounded once. Never `1 - t/T`:
XLA turns `t/T` into `t * (1/T)` and fuses the subtraction, so that it ends on a tiny number of either sign, and a
power of that is NaN. Ends are selected, not computed. Wherever a branch of `where` could be infinite, its argument
is replaced before (the double `where`), because the gradient of a branch not taken is still multiplied by 0.

XLA:CPU calls a scalar library for `cos`, `pow` and `expm1`; the short polynomials here are faster and more exact. They
have the form x + x² R(x), so that the value rises wherever x does: a curve that should fall is not to wobble.

Every function here takes and returns scalars or arrays alike, and has a plain NumPy twin in the tests.
"""

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._leaves import default_dtype, last_step
from jaxsched._pairs import (
    LN2,
    LOG2_E,
    choose,
    count_of_pair,
    exp2_exactly,
    exponent_of,
    inverse,
    is_double,
    log1p,
    log2,
    log_in_double,
    negative,
    pair,
    pair_of_count,
    plus,
    polynomial,
    power_of_two,
    reciprocal,
    rounded,
    rounded_times,
    split,
    times,
    total,
    two_sum,
    whole_and_rest,
)
from jaxsched._typing import Count, Number, Pair


GROWTH_LIMIT = 60.0
"""Exponential growth stops at e^60 ≈ 10^26 times its start, so that its gradient, 2^31 times larger, is finite too."""


def as_float(x: jax.Array) -> jax.Array:
    return x.astype(default_dtype(integer=False))


def finite(x: Number) -> jax.Array:
    """x, or the largest float of its sign where it overflowed."""
    largest = float(np.finfo(default_dtype(integer=False)).max)
    return jnp.clip(x, -largest, largest)


def quotient(a: Number, b: Number) -> jax.Array:
    """a / b; 0 where b is less than 10⁻¹⁸ from 0, so that the gradient -a / b² is finite too."""
    divides = jnp.abs(b) > 1e-18
    return jnp.where(divides, finite(a / jnp.where(divides, b, 1)), 0)


# Parts of a length.


def steps_left(step: jax.Array, length: Count) -> jax.Array:
    """max(length - step, 0), exactly; a negative length counts as 0."""
    length = jnp.maximum(length, 0)
    return length - jnp.minimum(step, length)


def fractions(left: jax.Array, length: Count, per_step: Pair | None = None) -> tuple[jax.Array, jax.Array]:
    """The part of a length that is left and the part that is done; 0 and 1 for a length of 0.

    The smaller one is rounded once from the exact quotient, and the other one is 1 minus that. `per_step` is the
    inverse of the length, for a length that is looked up at every step.
    """
    length = jnp.maximum(length, 0)
    per_step = inverse(jnp.maximum(length, 1)) if per_step is None else per_step
    done = length - left
    smaller = rounded_times(pair_of_count(jnp.minimum(left, done)), per_step)
    late = left <= done
    return jnp.where(late, smaller, 1 - smaller), jnp.where(late, 1 - smaller, smaller)


def pair_fractions(step: jax.Array, length: Count) -> tuple[Pair, Pair]:
    """As `fractions`, each to 44 bits."""
    over = jnp.asarray(length) <= 0
    done, length = jnp.where(over, 1, jnp.minimum(step, length)), jnp.maximum(length, 1)
    per_step = inverse(length)
    return times(pair_of_count(length - done), per_step), times(pair_of_count(done), per_step)


def periods(step: jax.Array, length: Count, whole: bool = False) -> Pair:
    """How many lengths have passed: step / length, or if `whole` ⌊step / length⌋ by integers, exact at every multiple.

    A length of 0 counts as infinitely short: 2^31 of it have passed at every step.
    """
    positive = jnp.maximum(length, 1)
    over = jnp.asarray(length) <= 0
    if whole:
        return pair_of_count(jnp.where(over, last_step(), step // positive))
    return times(pair_of_count(jnp.where(over, last_step(), step)), inverse(positive))


def since(step: jax.Array, start: Count) -> jax.Array:
    """step - start, held at 0 before the start, and at the last step where a negative start would overflow it."""
    start = jnp.maximum(start, -last_step())
    late = jnp.maximum(step - jnp.maximum(start, 0), 0)
    return late + jnp.minimum(jnp.maximum(-start, 0), last_step() - late)


def scaled_count(count: jax.Array, by: jax.Array, over: jax.Array) -> jax.Array:
    """count · by / over, rounded to the nearest integer, halves up; the last step if it is larger.

    A guess in pairs is off by less than 1; what is left, in integers that may wrap around, says by how much.
    """
    over = jnp.maximum(over, 1)
    guess = rounded(times(times(pair_of_count(count), pair_of_count(by)), inverse(over)))
    whole = count_of_pair(guess)
    left = count * by - whole * over
    up, down = (left > 0) & (left >= over - left), (left < 0) & (-left > over + left)
    return jnp.where(whole == last_step(), whole, whole + up.astype(whole.dtype) - down.astype(whole.dtype))


# Shapes: two parts that add up to 1, each exact near 0, from two such parts.


def between(init: Number, end: Number, part_init: jax.Array, part_end: jax.Array) -> jax.Array:
    """init · part_init + end · part_end, for parts that add up to 1.

    Computed as a distance from the end nearer to 0, which keeps relative accuracy on the way to (or from) 0 and
    makes the curve constant where both ends are the same; and in halves, so that no distance overflows.
    """
    a, b = init / 2, end / 2
    value = 2 * jnp.where(jnp.abs(b) <= jnp.abs(a), b + (a - b) * part_init, a + (b - a) * part_end)
    return jnp.where(part_end == 0, init, jnp.where(part_init == 0, end, value))


def sin2(part: jax.Array, other: jax.Array) -> tuple[jax.Array, jax.Array]:
    """sin²(πx/2) of both parts: of the part that is left, it is ½(1 + cos π(1-x)) without the cancellation near 0.

    The sine is that of the smaller part, a minimax polynomial of relative error 4·10⁻⁹ in float32.
    """
    x = jnp.minimum(part, other)
    if is_double(x):
        square = jnp.sin(0.5 * np.pi * x) ** 2
    else:
        x2 = x * x
        sine = x + x * x2 * polynomial(x2, -0.0029318314, 0.0507268682, -0.4112332165)  # times π/2
        square = sine * sine * (np.pi / 2) ** 2
    square = jnp.minimum(square, 0.5)
    small = part <= other
    return jnp.where(small, square, 1 - square), jnp.where(small, 1 - square, square)


def one_minus_sqrt(part: jax.Array, other: jax.Array) -> tuple[jax.Array, jax.Array]:
    """1 - √other and √other."""
    root = sqrt(other)
    return part / (1 + root), root


def one_minus_square(part: jax.Array, other: jax.Array) -> tuple[jax.Array, jax.Array]:
    """1 - other² and other²."""
    square = other * other
    return jnp.where(other < 0.5, 1 - square, 2 * part - part * part), square


def powers(part: jax.Array, other: jax.Array, exponent: Number) -> tuple[jax.Array, jax.Array]:
    """part^exponent and 1 - part^exponent; a negative exponent counts as 0.

    0 and 1 at part = 0, whatever the exponent.
    """
    value, minus_one = exp2(times_log2(jnp.where(part > 0, part, 1), -other, jnp.maximum(exponent, 0)))
    return jnp.where(part > 0, value, 0), jnp.where(part > 0, -minus_one, 1)


def sqrt(x: jax.Array) -> jax.Array:
    """√x, with a gradient of 0 at 0."""
    positive = x > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, x, 1)), 0)


# Growth and decay.


def exp2(x: Pair) -> tuple[jax.Array, jax.Array]:
    """2^x, and 2^x - 1 without cancellation, for x up to 126."""
    if is_double(x.high):
        return jnp.exp2(total(x)), jnp.expm1(LN2 * total(x))
    k, high, low = whole_and_rest(x)
    t = LN2 * (high + low)
    # minimax for (e^t - 1 - t) / t²: relative error 4·10⁻⁹
    minus_one = t + t * t * polynomial(t, 0.0013881992, 0.008369118, 0.0416673198, 0.1666651666, 0.4999999702)
    scale = power_of_two(k)
    return scale + scale * minus_one, (scale - 1) + scale * minus_one


def logistic(x: Pair) -> tuple[jax.Array, jax.Array]:
    """1 / (1 + 2^-x) and 1 / (1 + 2^x), held from |x| = 100 onwards."""
    far = jnp.abs(x.high) > 100
    x = Pair(jnp.clip(x.high, -100, 100), jnp.where(far, 0, x.low))
    return 1 / (1 + exp2(negative(x))[0]), 1 / (1 + exp2(x)[0])


def times_log2(x: jax.Array, minus_one: jax.Array, factor: Number) -> Pair:
    """factor · log₂ x for x > 0, where `minus_one` is x - 1, and more exact than that near 0."""
    if is_double(x):
        return pair(factor * LOG2_E * log_in_double(x, minus_one))
    k = jax.lax.stop_gradient(exponent_of(x))
    log = log1p(jnp.where(k == 0, minus_one, x * power_of_two(-k) - 1))
    first, second = split(jnp.asarray(factor))
    return Pair(k * first, k * second + (factor * LOG2_E) * log)


def repeated(init: Number, log2_factor: Pair, count: Pair, exact: bool = False) -> jax.Array:
    """init · 2^(count · log₂ factor), held from e^60 · init onwards; rounded once if `exact`."""
    x = times(log2_factor, count)
    limit = GROWTH_LIMIT * LOG2_E
    grown = total(x) > limit
    x = Pair(jnp.where(grown, limit, x.high), jnp.where(grown, 0, x.low))
    value = finite(init * exp2(x)[0])
    if not exact:
        return value
    overflows = jnp.abs(value) > 1e38
    return jnp.where(overflows, value, total(exp2_exactly(pair(jnp.where(overflows, 0, init)), x)))


def log2_of_factor(factor: Number | Pair) -> Pair:
    """log₂ of a factor, not negative; for 0, so far below 0 that nothing is left after any step."""
    factor = pair(factor)
    positive = factor.high > 0
    low = jax.lax.stop_gradient(jnp.where(positive, factor.low, 0))
    log = log2(Pair(jnp.where(positive, factor.high, 1), low))
    return Pair(jnp.where(positive, log.high, -(2.0**80)), jnp.where(positive, log.low, 0))


# Tables.


FEW = 8
"""In a table of so many entries, comparisons find one faster than a search and a gather do, on every device."""


def boundaries_passed(step: jax.Array, boundaries: jax.Array) -> jax.Array:
    """How many of the sorted boundaries lie at or before the step."""
    if boundaries.shape[0] <= FEW:
        return jnp.sum(boundaries <= step, dtype=step.dtype)
    return jnp.searchsorted(boundaries, step, side="right", method="scan")


def pick(table: jax.Array, index: jax.Array) -> jax.Array:
    """The entry of a table at an index."""
    if table.shape[0] > FEW + 1:
        return table[index]
    value = table[0]
    for i in range(1, table.shape[0]):
        value = jnp.where(index >= i, table[i], value)
    return value


# Cycles.


def equal_cycle(step: jax.Array, period: Count, last: Count | None = None) -> tuple[jax.Array, jax.Array]:
    """How many periods have passed, and the steps since; a period of 0 counts as 1. The `last` one, if any, runs on."""
    period = jnp.maximum(period, 1)
    passed = step // period
    passed = passed if last is None else jnp.minimum(passed, last)
    return passed, step - passed * period


def growing_cycle(
    step: jax.Array, period: Count, growth: Pair, last: Count | None = None
) -> tuple[jax.Array, Pair, Pair]:
    """The index of the cycle, the steps since its start, and its length, where each is `growth` times the one before.

    Cycle i begins at T (gⁱ - 1) / (g - 1) and lasts T gⁱ; a growth below 1 counts as 1. Logarithms in float32 guess
    the index, and a comparison with the start of that cycle corrects it. A start is whole where rounding is all that
    keeps it from that. The `last` cycle, if any, runs on.
    """
    grows = growth.high - 1 + growth.low > 1e-6
    whole = (growth.high == jnp.round(growth.high)) & (growth.low == 0)
    growth = choose(grows, growth, pair(2.0))
    excess = two_sum(growth.high - 1, growth.low)
    first, now, rate = pair_of_count(jnp.maximum(period, 1)), pair_of_count(step), log2(growth)

    def start_and_length(index: jax.Array) -> tuple[Pair, Pair]:
        length = exp2_exactly(first, times(rate, pair(index)))
        length = choose(whole, rounded(length), length)
        start = times(plus(length, negative(first)), reciprocal(excess))
        off_a_step = jnp.abs(total(plus(start, negative(rounded(start)))))
        return choose(off_a_step < 1e-6 + 2.0**-34 * start.high, rounded(start), start), length

    periods_passed = total(periods(step, period))
    guess = jnp.floor(jnp.log1p(periods_passed * excess.high) / jnp.log1p(excess.high))
    start, length = start_and_length(guess)
    since = plus(now, negative(start))
    late, early = plus(since, negative(length)).high >= 0, since.high < 0
    index = jax.lax.stop_gradient(guess + as_float(late) - as_float(early))
    index = index if last is None else jnp.minimum(index, as_float(jnp.asarray(last)))
    start, length = start_and_length(index)
    passed, rest = equal_cycle(step, period, last)
    since = choose(grows, plus(now, negative(start)), pair_of_count(rest))
    return jnp.where(grows, index.astype(step.dtype), passed), since, choose(grows, length, first)
