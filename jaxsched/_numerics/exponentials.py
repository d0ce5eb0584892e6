"""Growth, decay and powers: 2^x, where x is large and known to more bits than a float holds.

x is split into a whole k and a rest t of at most a half: 2^k moves the exponent of a float, and 2^t is a short
polynomial. What is lost is what t lacks, so a product of a rate and a step goes to t piece by piece, each exact.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from jaxsched._numerics.counts import as_float, counted, periods
from jaxsched._numerics.doubles import (
    LN2,
    LOG2_E,
    Pair,
    exponent_of,
    inverse,
    is_double,
    log1p,
    log2,
    log_in_double,
    pair,
    polynomial,
    power_of_two,
    split,
    times,
    total,
    two_product,
    two_sum,
    whole_and_rest,
)
from jaxsched._numerics.dtypes import default_dtype, finite, last_step


GROWTH_LIMIT = 60 * LOG2_E
"""Exponential growth stops at e^60 ≈ 10^26 times its start, so that its gradient, 2^31 times larger, is finite too."""

ENDLESS = 2.0**80
"""An exponent this large is far beyond what a float can hold after its first step, even as a part of all steps."""


def bounded(exponent: ArrayLike) -> jax.Array:
    """The exponent, or ±`ENDLESS` beyond that, which gives the same powers: its product with a count is finite."""
    return jnp.clip(exponent, -ENDLESS, ENDLESS)


class Exponent(NamedTuple):
    """x = whole + rest: the rest is about ½ at most. For floats of 64 bits, it is all there is."""

    whole: jax.Array
    rest: jax.Array


def exponent(x: Pair) -> Exponent:
    if is_double(x.high):
        return Exponent(jnp.zeros_like(x.high), total(x))
    whole = jax.lax.stop_gradient(jnp.round(jnp.maximum(total(x), -127)))
    return Exponent(whole, jnp.maximum((x.high - whole) + x.low, -1))


def exponent_at(
    count: jax.Array, rate: Pair, start: Pair | None = None, least: float = -127.0, most: float = 126.0
) -> Exponent:
    """start + rate · count, held at the least and the most.

    The first 12 bits of the rate times the first 12 of the largest count that matters lose nothing; nor do they times
    the other bits of the count, nor does the difference from a whole number that is close.
    """
    whole_start = jnp.round(start.high) if start else jnp.zeros_like(rate.high)
    rest_start = (start.high - whole_start) + start.low if start else whole_start
    number = as_float(count)
    x = whole_start + (rate.high * number + rest_start)
    within = jnp.clip(x, least, most)
    if is_double(x):
        return Exponent(jnp.zeros_like(x), within)
    whole = jax.lax.stop_gradient(jnp.round(within))
    first, second = split(rate.high)
    low = count & _bits_beyond_12(256 / jnp.maximum(jnp.abs(rate.high), 1e-30))
    exact = (as_float(count - low) * first + (whole_start - whole)) + as_float(low) * first
    rest = exact + (number * (second + rate.low) + rest_start)
    return Exponent(whole, jnp.where(x == within, rest, within - whole))


def _bits_beyond_12(largest: jax.Array) -> jax.Array:
    """The mask of the bits that a count up to half of the largest has beyond its first 12."""
    bits = exponent_of(jnp.minimum(largest, float(last_step()))).astype(default_dtype(integer=True))
    return (1 << jnp.maximum(bits - 12, 0)) - 1


def exp2(x: Exponent) -> tuple[jax.Array, jax.Array]:
    """2^x, and 2^x - 1 without cancellation."""
    t = LN2 * x.rest
    if is_double(t):
        return jnp.exp2(x.rest), jnp.expm1(t)
    # minimax for (e^t - 1 - t) / t²: relative error 4·10⁻⁹
    minus_one = t + t * t * polynomial(t, 0.0013881992, 0.008369118, 0.0416673198, 0.1666651666, 0.4999999702)
    scale = power_of_two(x.whole)
    return scale * (1 + minus_one), (scale - 1) + scale * minus_one


def logistic(x: Exponent) -> tuple[jax.Array, jax.Array]:
    """1 / (1 + 2^-x) and 1 / (1 + 2^x)."""
    return 1 / (1 + exp2(Exponent(-x.whole, -x.rest))[0]), 1 / (1 + exp2(x)[0])


def times_log2(x: jax.Array, minus_one: jax.Array, factor: ArrayLike) -> Pair:
    """factor · log₂ x for x ≥ 0, where `minus_one` is x - 1, and more exact than that near 0; finite for x = 0."""
    factor = bounded(factor)
    if is_double(x):
        return pair(factor * LOG2_E * log_in_double(jnp.maximum(x, 1e-300), minus_one))
    k = jax.lax.stop_gradient(exponent_of(x))
    log = log1p(jnp.where(k == 0, minus_one, x * power_of_two(-k) - 1))
    first, second = split(jnp.asarray(factor))
    return Pair(k * first, k * second + (factor * LOG2_E) * log)


def powers(part: jax.Array, other: jax.Array, power: ArrayLike) -> tuple[jax.Array, jax.Array]:
    """part^power and 1 - part^power, for two parts that add up to 1; a negative power counts as 0.

    0 and 1 at part = 0, whatever the power. Near 1, where a power has few digits to lose, what is left of 1 needs them.
    """
    power = jnp.maximum(power, 0)
    positive = part > 0
    value = exp2(exponent(times_log2(part, part - 1, power)))[0]
    minus_one = exp2(exponent(times_log2(part, -other, power)))[1]
    return jnp.where(positive, value, 0), jnp.where(positive, -minus_one, 1)


def grown(init: ArrayLike, log2_factor: Pair, step: jax.Array, length: ArrayLike) -> jax.Array:
    """init · factor^(step / length), held from e^60 · init onwards; a length of 0 has passed 2^31 times."""
    rate = times(log2_factor, inverse(jnp.maximum(length, 1)))
    return finite(init * exp2(exponent_at(counted(step, length), rate, most=GROWTH_LIMIT))[0])


def repeated(init: ArrayLike, log2_factor: Pair, count: Pair) -> jax.Array:
    """init · factor^count, held from e^60 · init onwards: within 0.55 ulp.

    With t = rest · ln 2, 2^rest is 1 + t + t²/2 + t³ · (...), of which the first three are exact to more bits than the
    result has.
    """
    x = times(log2_factor, count)
    grown = total(x) > GROWTH_LIMIT
    x = Pair(jnp.where(grown, GROWTH_LIMIT, x.high), jnp.where(grown, 0, x.low))
    if is_double(x.high):
        return finite(init * jnp.exp2(total(x)))
    whole, high, low = whole_and_rest(x)
    t = times(two_sum(high, low), pair(LN2))
    half_square = two_product(t.high, t.high / 2)
    # near-minimax for (e^t - 1 - t - t²/2) / (t³/2): relative error 5·10⁻⁸
    series = polynomial(t.high, 0.00039765546, 0.00278525017, 0.0166666417, 0.0833331084, 0.3333333333)
    higher = half_square.high * t.high * series
    minus_one = two_sum(t.high, half_square.high)
    rest = minus_one.low + (half_square.low + t.low + t.high * t.low + higher)

    fit = jnp.where(jnp.abs(init) > 2.0**125, 0.25, 1)  # so that nothing overflows before it is scaled
    init = jnp.asarray(init * fit)
    first = two_product(init, minus_one.high)
    value = two_sum(init, first.high)
    value = value.high + (value.low + first.low + init * rest)
    return finite(value * power_of_two(whole) * (1 / fit))


def stairs(init: ArrayLike, log2_factor: Pair, step: jax.Array, length: ArrayLike) -> jax.Array:
    """init · factor^⌊step / length⌋, each stair the nearest float."""
    return repeated(init, log2_factor, periods(step, length, whole=True))


def log2_of_factor(factor: ArrayLike | Pair) -> Pair:
    """log₂ of a factor, not negative; for 0 or a subnormal, so far below 0 that nothing is left after any step."""
    factor = pair(factor)
    positive = factor.high >= jnp.finfo(factor.high.dtype).tiny
    low = jax.lax.stop_gradient(jnp.where(positive, factor.low, 0))
    log = log2(Pair(jnp.where(positive, factor.high, 1), low))
    return Pair(jnp.where(positive, log.high, -ENDLESS), jnp.where(positive, log.low, 0))
