"""Powers, growth and decay: 2^x, where x is large and known to more bits than a float holds.

2^x is split, as every library does it: 2^whole moves the exponent of a float, and 2^rest is a short polynomial. An
error of x is one of the value, 0.7 times as large and relative; and x, a rate times a step, may be 100. So x is never
there as one float. The rate is a double, of which the first 12 bits times the first 12 of the step, and times the
others, lose nothing: the whole part is taken off before anything is rounded.

Three ways to end, by what is asked of the value:

- `exp2` and `exp2_minus_one`: rest is one float, up to ½. Within 1 ulp, and it rises wherever x does.
- `repeated`: 2^rest is a number of few bits, and what is left is small. Within 0.55 ulp: for stairs.
- `exp2_in_doubles`: 42 bits, for the lengths of cycles.

The coefficients are made by `python -m benchmarks.polynomials`.
"""

import functools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxsched._numerics.counts import as_length, counted, is_real, whole_periods
from jaxsched._numerics.doubles import Double, Number, double, split, two_sum
from jaxsched._numerics.floats import as_float, clip, default_dtype, finite, is_double, nearest, where, x64


LN2 = float(np.log(2.0))
LOG2_E = 1 / LN2

GROWTH_LIMIT = 60 * LOG2_E
"""Exponential growth stops at e^60 ≈ 10^26 times its start, so that its gradient, 2^31 times larger, is finite too."""

ENDLESS = 2.0**80
"""An exponent this large is far beyond what a float can hold after its first step, even as a part of all steps."""


def bounded(exponent: ArrayLike) -> jax.Array:
    """The exponent, or ±`ENDLESS` beyond that, which gives the same powers: its product with a count is finite."""
    return clip(exponent, -ENDLESS, ENDLESS)


# The bits of a float32. Its exponent is the first 8 of 31; the rest is 1.xxx without the 1.


def power_of_two(k: jax.Array) -> jax.Array:
    """2^k for a whole k from -126 to 127; 0 for -127."""
    return jax.lax.bitcast_convert_type((last_bits(k) + 127) << 23, jnp.float32)


def last_bits(k: jax.Array) -> jax.Array:
    """A whole float32 of at most 2^22 as an int32: the last bits of a sum, in which a 1 is worth 1.

    A conversion would be checked for NaN and overflow, value by value.
    """
    base = np.float32(1.5 * 2**23)
    return jax.lax.bitcast_convert_type(k + base, jnp.int32) - base.view(np.int32)


def exponent_of(x: jax.Array) -> jax.Array:
    """The whole k for which x / 2^k lies between √½ and √2, for x > 0."""
    sqrt_half = np.float32(np.sqrt(0.5)).view(np.int32)
    return ((jax.lax.bitcast_convert_type(x, jnp.int32) - sqrt_half) >> 23).astype(jnp.float32)


def polynomial(x: jax.Array, first: float, *others: float) -> jax.Array:
    """The coefficient of the highest power first. Many in halves, of which the machine computes both at once."""
    if len(others) < 3:
        return functools.reduce(lambda value, c: value * x + c, others, jnp.full_like(x, first))
    half = 2 ** math.floor(math.log2(len(others)))
    return polynomial(x, first, *others[:-half]) * x**half + polynomial(x, *others[-half:])


# Logarithms.


LOG1P = (-0.0764499202, 0.129219467, -0.132427186, 0.141792548, -0.166087958, 0.200020879)
LOG1P += (-0.250015985, 0.333333242, -0.499999882)


def log1p(t: jax.Array) -> jax.Array:
    """log(1 + t) for t from √½ - 1 to √2 - 1, by a minimax polynomial of relative error 4·10⁻⁹."""
    return t + t * t * polynomial(t, *LOG1P)


def _log_in_float64(x: jax.Array, minus_one: jax.Array) -> jax.Array:
    """log x, where `minus_one` is x - 1, and more exact than that near 0."""
    near = jnp.abs(minus_one) < 0.5
    return where(near, jnp.log1p(where(near, minus_one, 0)), jnp.log(x))


def times_log2(x: jax.Array, minus_one: jax.Array, factor: ArrayLike) -> Double:
    """factor · log₂ x for x ≥ 0, where `minus_one` is x - 1, and more exact than that near 0; finite for x = 0."""
    factor = bounded(factor)
    if is_double(x):
        return double(factor * LOG2_E * _log_in_float64(jnp.maximum(x, 1e-300), minus_one))
    k = jax.lax.stop_gradient(exponent_of(x))
    log = log1p(where(k == 0, minus_one, x * power_of_two(-k) - 1))
    first, last = split(factor)
    return Double(k * first, k * last + (factor * LOG2_E) * log)


@jax.jit
def log2(x: Double) -> Double:
    """log₂ x for x > 0, to 38 bits, also where x is close to 1.

    With x = 2^k m and s = (m - 1) / (m + 1), which is 0.172 at most: log₂ x = k + 2 LOG2_E (s + s³/3 + s⁵/5 + ...), of
    which the first three terms need doubles.
    """
    if is_double(x.high):
        return double(LOG2_E * _log_in_float64(x.high, x.high - 1))
    k = exponent_of(x.high)
    half = nearest(k / 2)  # 2^-k alone could be less than a float can hold
    m = Double(*(part * power_of_two(-half) * power_of_two(half - k) for part in (x.high, x.low)))
    s = (m - 1.0) / (m + 1.0)
    square = s * s
    next_two, z = square * (1 / 3 + square * (1 / 5)), square.total
    others = z * z * z * polynomial(z, 1 / 15, 1 / 13, 1 / 11, 1 / 9, 1 / 7)
    return k + (2 * LOG2_E) * (s + s * Double(next_two.high, next_two.low + others))


def log2_of_factor(factor: Number) -> Double:
    """log₂ of a factor, not negative; for 0 or a subnormal, so far below 0 that nothing is left after any step."""
    factor = double(factor)
    positive = factor.high >= jnp.finfo(factor.high.dtype).tiny
    low = jax.lax.stop_gradient(where(positive, factor.low, 0))
    log = log2(Double(where(positive, factor.high, 1), low))
    return Double(where(positive, log.high, -ENDLESS), where(positive, log.low, 0))


# An exponent is split, and a power is made of its parts.


class Exponent(NamedTuple):
    """x = whole + rest: the rest is about ½ at most. For floats of 64 bits, it is all there is."""

    whole: jax.Array
    rest: jax.Array


def exponent(x: Double) -> Exponent:
    if is_double(x.high):
        return Exponent(jnp.zeros_like(x.high), x.total)
    whole = jax.lax.stop_gradient(nearest(jnp.maximum(x.total, -127)))
    return Exponent(whole, jnp.maximum((x.high - whole) + x.low, -1))


def exponent_at(
    count: jax.Array, rate: Double, start: Number = 0.0, least: float = -127.0, most: float = 126.0
) -> Exponent:
    """start + rate · count, held at the least and the most."""
    start = double(start)
    start_whole = nearest(start.high)
    start_rest = (start.high - start_whole) + start.low
    x = start_whole + (rate.high * as_float(count) + start_rest)
    within = clip(x, least, most)
    if is_double(x):
        return Exponent(jnp.zeros_like(x), within)
    whole = jax.lax.stop_gradient(nearest(within))
    high, low = _product_minus(whole - start_whole, rate, count)
    return Exponent(whole, where(x == within, high + (low + start_rest), within - whole))


def minus_square_at(count: jax.Array, rate: Double) -> Exponent:
    """-(rate · count)², held at -127. What 12 bits hold of the product has an exact square; the others add little."""
    y = jnp.minimum(rate.high * as_float(count), 127**0.5)
    if is_double(y):
        return Exponent(jnp.zeros_like(y), -y * y)
    first = jax.lax.stop_gradient(split(y)[0])
    high, low = _product_minus(first, rate, count)
    last = where(y < 127**0.5, high + low, y - first)
    square = first * first
    whole = nearest(square)
    return Exponent(-whole, (whole - square) - last * (2 * first + last))


def _product_minus(whole: jax.Array, rate: Double, count: jax.Array) -> tuple[jax.Array, jax.Array]:
    """rate · count - whole, of which the whole is all but ½, as the sum of two: the first one exact, the other small.

    The first 12 bits of the rate times the first 12 of the largest count that matters lose nothing, nor do they times
    the other bits of the count; and nor does the difference of the first product and what is close to it. A count
    matters up to 128 / rate: above, the power is 0 or held.
    """
    first, last = split(rate.high)
    if is_real(count):
        low = split(count)[1]
    else:
        low = count & _bits_beyond_12(8 - exponent_of(jnp.maximum(jnp.abs(rate.high), 1e-30)))
    return as_float(count - low) * first - whole, as_float(low) * first + as_float(count) * (last + rate.low)


def _bits_beyond_12(bits: jax.Array) -> jax.Array:
    """The mask of what an integer with this many bits has beyond its first 12."""
    most = 63 if x64() else 31
    return (1 << (clip(bits, 12, most) - 12).astype(default_dtype(integer=True))) - 1


def exp2(x: Exponent) -> jax.Array:
    """2^x."""
    if is_double(x.rest):
        return jnp.exp2(x.rest)
    return power_of_two(x.whole) * (1 + _exp2_of_rest_minus_one(x.rest))


def exp2_minus_one(x: Exponent) -> jax.Array:
    """2^x - 1, without cancellation where x is close to 0."""
    if is_double(x.rest):
        return jnp.expm1(LN2 * x.rest)
    scale = power_of_two(x.whole)
    return (scale - 1) + scale * _exp2_of_rest_minus_one(x.rest)


EXP = (0.00138146126, 0.00836870979, 0.0416683874, 0.166665207, 0.499999935)


def _exp2_of_rest_minus_one(rest: jax.Array) -> jax.Array:
    """2^rest - 1: with t = rest · ln 2, t + t² P(t), by a minimax polynomial of error 3·10⁻⁹, relative to e^t."""
    t = LN2 * rest
    return t + t * t * polynomial(t, *EXP)


# Powers that are known to more bits than a float has.


EXP_BEYOND_SQUARE = (0.000198619488, 0.00139261544, 0.00833334579, 0.0416665549, 0.166666666)


def repeated(init: ArrayLike, log2_factor: Double, count: jax.Array) -> jax.Array:
    """init · factor^count, held from e^60 · init onwards: within 0.55 ulp.

    2^rest is taken apart, into a first part of 15 bits and a last one of at most 0.02. The first 9 bits of `init` times
    that first part lose nothing, and what all else loses is a 50th of that. With s, the rest in whole 64ths,

        2^rest = 1 + 11/16 s + 1/4 s²                                                        15 bits
               + (ln 2 - 11/16) s + (½ ln² 2 - 1/4) s² + ln 2 (rest - s) + ½ ln² 2 (rest² - s²) + ...
    """
    x = log2_factor.high * as_float(count)
    within = clip(x, -127, GROWTH_LIMIT)
    if is_double(x):
        return finite(init * jnp.exp2(within))
    whole = jax.lax.stop_gradient(nearest(within))
    high, low = _product_minus(whole, log2_factor, count)
    high, low = where(x == within, high, within - whole), where(x == within, low, 0)
    rest, t = high + low, LN2 * (high + low)

    s = jax.lax.stop_gradient(nearest(64 * rest)) / 64
    beyond = (high - s) + low
    first = 1 + (11 / 16 * s + 1 / 4 * (s * s))
    last = (LN2 - 11 / 16) * s + (LN2**2 / 2 - 1 / 4) * (s * s) + beyond * (LN2 + LN2**2 / 2 * (rest + s))
    last = last + t * t * t * polynomial(t, *EXP_BEYOND_SQUARE)  # e^t - 1 - t - t²/2, with a relative error of 5·10⁻⁸

    large = jnp.abs(init) > 2.0**125
    fit, back = where(large, 0.25, 1.0), where(large, 4.0, 1.0)  # so that nothing overflows before it is scaled
    fitted = jnp.asarray(init * fit)
    init_first, init_last = split(fitted, bits=9)
    value = init_first * first + (init_last * first + fitted * last)
    return finite(value * power_of_two(whole) * back)


def exp2_in_doubles(x: Double) -> Double:
    """2^x for x up to 126, to 42 bits; 0 where it would be less than float32 can hold."""
    if is_double(x.high):
        return double(jnp.exp2(x.total))
    far = x.high < -127
    x = Double(where(far, -127, x.high), where(far, 0, x.low))
    whole = jax.lax.stop_gradient(nearest(x.high))
    power = 1.0 + exp2_minus_one_in_doubles(two_sum(x.high - whole, x.low))
    scale = power_of_two(whole)
    return Double(power.high * scale, power.low * scale)


@jax.jit
def exp2_minus_one_in_doubles(x: Double) -> Double:
    """2^x - 1 for |x| up to ½.

    With t = x ln 2: e^t - 1 = 2t / (t coth(t/2) - t), and t coth(t/2) = 2 + t²/6 - t⁴/360 + t⁶/15120 - ..., of which
    the first two need doubles.
    """
    t = x * LN2
    square = t * t
    tail = square.high * square.high * polynomial(square.high, 1 / 23950080, -1 / 604800, 1 / 15120, -1 / 360)
    sixth = square * (1 / 6)
    return Double(2 * t.high, 2 * t.low) / (2.0 - t + Double(sixth.high, sixth.low + tail))


# What curves ask for.


def powers(part: jax.Array, other: jax.Array, power: ArrayLike) -> tuple[jax.Array, jax.Array]:
    """part^power and 1 - part^power, for two parts that add up to 1; a negative power counts as 0.

    0 and 1 at part = 0, whatever the power. Near 1, where a power has few digits to lose, what is left of 1 needs them.
    """
    power = jnp.maximum(power, 0)
    positive = part > 0
    value = exp2(exponent(times_log2(part, part - 1, power)))
    minus_one = exp2_minus_one(exponent(times_log2(part, -other, power)))
    return where(positive, value, 0), where(positive, -minus_one, 1)


def grown(init: ArrayLike, log2_factor: Double, step: jax.Array, length: Number) -> jax.Array:
    """init · factor^(step / length), held from e^60 · init onwards; a length of 0 has passed 2^31 times."""
    return finite(init * exp2(exponent_at(counted(step, length), log2_factor / as_length(length), most=GROWTH_LIMIT)))


def stairs(init: ArrayLike, log2_factor: Double, step: jax.Array, length: Number) -> jax.Array:
    """init · factor^⌊step / length⌋."""
    return repeated(init, log2_factor, whole_periods(step, length))
