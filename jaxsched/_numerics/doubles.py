"""Numbers as the sum of two, 48 bits from float32: what is done once per configuration, or must not err at all.

The low number of a `Pair` is what the high one could not hold. Each function loses at most a few units in the 44th
bit, so that a product with a step of 31 bits, or a power, still has every bit that float32 can show. In float64 there
is nothing to add: the low number is 0 or as good as that.

What this asks of a machine: sums, differences and products that are rounded to the nearest float; a product that is
fused with a sum may stay unrounded. A division may be off by 4 ulp: that costs a reciprocal 5 of its 46 bits, and no
whole quotient, for `divided` has room for it. A compiler that takes floats for real numbers, and so (a + b) - a for b,
takes the low number of a sum for 0: with `--xla_cpu_enable_fast_math`, or another licence to reassociate, stairs lose
bits, and a restart of a cycle that grows by a fraction can come a step late.
"""

import functools
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxsched._numerics.dtypes import default_dtype, last_step


LN2 = float(np.log(2.0))
LOG2_E = 1 / LN2


class Pair(NamedTuple):
    """A number as the sum of two: its float32 leaf, and what float32 could not hold of it.

    A factor per step is applied millions of times: 0.999999 as float32 alone is 12% off after 10⁷ steps.
    """

    high: Any
    low: Any

    def __float__(self) -> float:
        return float(self.high) + float(self.low)


def is_double(x: jax.Array) -> bool:
    return x.dtype == np.float64


def total(x: Pair) -> jax.Array:
    return x.high + x.low


def pair(x: ArrayLike | Pair) -> Pair:
    """A number, or a Python float in its double precision, as a pair."""
    if isinstance(x, Pair):
        return x
    if isinstance(x, float):
        dtype = default_dtype(integer=False)
        high = dtype.type(x)
        return Pair(jnp.asarray(high), jnp.asarray(dtype.type(x - float(high))))
    x = jnp.asarray(x)
    return Pair(x, jnp.zeros_like(x))


def pair_of_count(count: ArrayLike) -> Pair:
    """An integer, exactly."""
    count = jnp.asarray(count)
    high = jnp.minimum(count.astype(default_dtype(integer=False)), _largest_count())
    return Pair(high, (count - high.astype(count.dtype)).astype(high.dtype))


def count_of_pair(x: Pair) -> jax.Array:
    """The integer that it is; the last step if it is larger."""
    dtype, largest = default_dtype(integer=True), _largest_count()
    high = jnp.minimum(x.high, largest)
    rest = jnp.minimum((x.high - high) + x.low, float(last_step() - int(largest)))
    return high.astype(dtype) + rest.astype(dtype)


def _largest_count() -> np.floating:
    """The largest float that the integers can hold."""
    dtype = default_dtype(integer=False)
    return np.nextafter(dtype.type(last_step()), dtype.type(0))


def split(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Its first 12 bits and its last 12: products of those are exact in float32."""
    if is_double(x):
        return x, jnp.zeros_like(x)
    bits = jax.lax.bitcast_convert_type(x, jnp.int32)
    first = jax.lax.bitcast_convert_type(bits & jnp.int32(-(2**12)), jnp.float32)
    return first, x - first


def as_rounded(x: jax.Array) -> jax.Array:
    """x itself: compilers would fuse a product with a sum, which leaves it unrounded, and take (x + 1) - 1 for x.

    The lesser of x and the largest float is x, which no compiler knows. It has to be a minimum: LLVM's loop vectorizer
    (jaxlib 0.12) follows a number through arithmetic, casts, comparisons and selections along every path to the
    result, and a chain of pairs has millions of paths. At a call, which a minimum is, it stops.
    """
    return jnp.minimum(x, float(np.finfo(x.dtype).max))


def two_sum(a: jax.Array, b: jax.Array) -> Pair:
    """a + b, exactly."""
    high = as_rounded(a + b)
    rest = high - a
    return Pair(high, (a - (high - rest)) + (b - rest))


def two_product(a: jax.Array, b: jax.Array) -> Pair:
    high = as_rounded(a * b)
    (a, c), (b, d) = split(a), split(b)
    return Pair(high, ((a * b - high) + a * d + c * b) + c * d)


@jax.jit
def plus(a: Pair, b: Pair) -> Pair:
    high, low = two_sum(a.high, b.high)
    return two_sum(high, low + (a.low + b.low))


@jax.jit
def times(a: Pair, b: Pair) -> Pair:
    high, low = two_product(a.high, b.high)
    return Pair(high, low + (a.high * b.low + a.low * b.high))


def rounded_times(a: Pair, b: Pair) -> jax.Array:
    """a · b as one float: rounded once where the machine fuses a product with a sum, as all of them do by now."""
    return a.high * b.high + (a.high * b.low + a.low * b.high)


def negative(x: Pair) -> Pair:
    return Pair(-x.high, -x.low)


def choose(condition: jax.Array, a: Pair, b: Pair) -> Pair:
    return Pair(jnp.where(condition, a.high, b.high), jnp.where(condition, a.low, b.low))


def rounded(x: Pair) -> Pair:
    """The nearest whole number."""
    whole = jnp.round(x.high)
    return two_sum(whole, jnp.round((x.high - whole) + x.low))


@jax.jit
def reciprocal(x: Pair) -> Pair:
    """1 / x, for x of at least 2^-64."""
    guess = jnp.clip(1 / x.high, -(2.0**64), 2.0**64)  # used once, the quotient is not stored
    product = two_product(guess, x.high)
    return Pair(guess, guess * (((1 - product.high) - product.low) - guess * x.low))


def inverse(count: ArrayLike) -> Pair:
    """1 / count, for a count of at least 1."""
    return reciprocal(pair_of_count(count))


# Powers of 2 and logarithms. `x * 2^k` is exact, so that only the part of x that is near 1 needs care.


def power_of_two(k: jax.Array) -> jax.Array:
    """2^k for a whole k from -126 to 127; 0 for -127.

    The sum has k + 127 as its last bits: a conversion to an integer would be checked for NaN and overflow.
    """
    bits = jax.lax.bitcast_convert_type(k + (1.5 * 2**23 + 127), jnp.int32)
    return jax.lax.bitcast_convert_type(bits << 23, jnp.float32)


def exponent_of(x: jax.Array) -> jax.Array:
    """The whole k for which x / 2^k lies between √½ and √2, for x > 0."""
    sqrt_half = 0x3F3504F3
    return ((jax.lax.bitcast_convert_type(x, jnp.int32) - sqrt_half) >> 23).astype(jnp.float32)


def polynomial(x: jax.Array, first: float, *others: float) -> jax.Array:
    """The coefficient of the highest power first. Many in halves, of which the machine computes both at once."""
    if len(others) < 3:
        return functools.reduce(lambda value, c: value * x + c, others, jnp.full_like(x, first))
    half = 2 ** math.floor(math.log2(len(others)))
    return polynomial(x, first, *others[:-half]) * x**half + polynomial(x, *others[-half:])


def log1p(t: jax.Array) -> jax.Array:
    """log(1 + t) for t from √½ - 1 to √2 - 1, by a minimax polynomial of relative error 4·10⁻⁹."""
    upper = (-0.0761963, 0.129036888, -0.132434398, 0.141819626, -0.166090503, 0.200019658)
    return t + t * t * polynomial(t, *upper, -0.250015825, 0.333333254, -0.499999881)


def log_in_double(x: jax.Array, minus_one: jax.Array) -> jax.Array:
    """log x, where `minus_one` is x - 1, and more exact than that near 0."""
    near = jnp.abs(minus_one) < 0.5
    return jnp.where(near, jnp.log1p(jnp.where(near, minus_one, 0)), jnp.log(x))


@jax.jit
def log2(x: Pair) -> Pair:
    """log₂ x for x > 0, to 40 bits also where x is close to 1: one step of Newton from the logarithm in float32."""
    if is_double(x.high):
        return pair(LOG2_E * log_in_double(x.high, x.high - 1))
    k = exponent_of(x.high)
    half = jnp.round(k / 2)  # 2^-k alone could be less than a float can hold
    high, low = (part * power_of_two(-half) * power_of_two(half - k) for part in x)
    minus_one = two_sum(high - 1, low)
    guess = LOG2_E * log1p(minus_one.high)
    inverse_minus_one = exp2_minus_one(pair(-guess))
    error = plus(plus(minus_one, inverse_minus_one), times(minus_one, inverse_minus_one))
    high, low = two_sum(k, guess)
    return Pair(high, low + LOG2_E * total(error))


def whole_and_rest(x: Pair) -> tuple[jax.Array, jax.Array, jax.Array]:
    """A whole k, and two numbers that add up to the rest of x, at most ½; x is held from -127 downwards."""
    far = x.high < -127
    high, low = jnp.where(far, -127, x.high), jnp.where(far, 0, x.low)
    k = jax.lax.stop_gradient(jnp.round(high + low))
    return k, high - k, low


def exp2_exactly(scale: Pair, x: Pair) -> Pair:
    """scale · 2^x for x up to 126; 0 where 2^x would be less than float32 can hold."""
    if is_double(x.high):
        return pair(scale.high * jnp.exp2(total(x)))
    k, high, low = whole_and_rest(x)
    scale = Pair(scale.high * power_of_two(k), scale.low * power_of_two(k))
    return plus(scale, times(scale, exp2_minus_one(two_sum(high, low))))


_ROOTS = np.expm1(LN2 * np.arange(-16, 17) / 32)
ROOTS_OF_2 = Pair(_ROOTS.astype(np.float32), (_ROOTS - _ROOTS.astype(np.float32)).astype(np.float32))
"""2^(n/32) - 1 for n from -16 to 16."""


@jax.jit
def exp2_minus_one(x: Pair) -> Pair:
    """2^x - 1 for |x| ≤ ½: a = 2^(n/32) - 1 from a table, b = 2^rest - 1 by a short series, and then a + b + ab."""
    n = jax.lax.stop_gradient(jnp.round(32 * x.high))
    a = Pair(*(jnp.take(jnp.asarray(part), n.astype(np.int32) + 16, mode="clip") for part in ROOTS_OF_2))
    t = times(Pair(x.high - n / 32, x.low), pair(LN2))
    half_square = two_product(t.high, t.high / 2)
    higher = half_square.high * t.high * polynomial(t.high, 1 / 60, 1 / 12, 1 / 3)
    b = two_sum(t.high, half_square.high)
    b = Pair(b.high, b.low + (half_square.low + t.low + t.high * t.low + higher))
    return plus(a, plus(b, times(a, b)))
