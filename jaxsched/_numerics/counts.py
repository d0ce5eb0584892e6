"""Steps, lengths and tables, in integers: exact, at every step an int32 can count."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxsched._numerics.doubles import Double, count_of, double, rounded
from jaxsched._numerics.floats import as_float, default_dtype, inverse, last_step, rough_inverse, where, x64


def since(step: jax.Array, start: ArrayLike) -> jax.Array:
    """step - start, held at 0 before the start, and at the last step where a negative start would overflow it."""
    start = jnp.maximum(start, -last_step())
    late = jnp.maximum(step - jnp.maximum(start, 0), 0)
    return late + jnp.minimum(jnp.maximum(-start, 0), last_step() - late)


def steps_left(step: jax.Array, length: ArrayLike) -> jax.Array:
    """max(length - step, 0), exactly; a negative length counts as 0."""
    length = jnp.maximum(length, 0)
    return length - jnp.minimum(step, length)


# Parts of a length.


def as_length(length: ArrayLike) -> Double:
    """What a rate per length is divided by to be one per step; a length of 0 counts as 1."""
    return double(jnp.maximum(length, 1))


def counted(step: jax.Array, length: ArrayLike) -> jax.Array:
    """The step; the last one where a length of 0 is counted in, which is infinitely short: 2^31 of it have passed."""
    return where(jnp.asarray(length) <= 0, last_step(), step)


def part_of(count: jax.Array, length: ArrayLike) -> jax.Array:
    """count / length, within 2 ulp where floats hold both; a length of 0 counts as 1."""
    return as_float(count) * inverse(as_float(jnp.maximum(length, 1)))


def exact_part_of(count: jax.Array, length: jax.Array) -> jax.Array:
    """As `part_of`, for a length of at least 1, of which nothing is lost."""
    rounded = as_float(length)
    lost = as_float(length - rounded.astype(length.dtype))  # at most half a unit in the last place
    part = as_float(count) / rounded
    return part - part * (lost * rough_inverse(rounded))


def timescales(step: jax.Array, timescale: ArrayLike, shift: ArrayLike) -> jax.Array:
    """(step + shift) / timescale, roughly: for what does not amplify it. A timescale of 0 has passed 2^31 times."""
    shifted = step + jnp.minimum(jnp.maximum(shift, 0), last_step() - step)
    return part_of(counted(shifted, timescale), timescale)


# Whole quotients.


def whole_periods(step: jax.Array, length: ArrayLike) -> jax.Array:
    """⌊step / length⌋; a length of 0 is infinitely short."""
    return divided(counted(step, length), jnp.maximum(length, 1))[0]


def divided(count: jax.Array, by: ArrayLike) -> tuple[jax.Array, jax.Array]:
    """The whole quotient and the rest of two integers, `by` at least 1: machines divide floats faster.

    A quotient of floats is guessed from below, so that what is left says what it lacks: at most 1, as long as the
    quotient is below 2^19. A larger one is found in two digits. 10⁹ by 7 is first divided by 7 · 2¹¹ = 14,336: 69,754,
    which leaves 6,656; and that by 7: 950, which leaves 6. So it is 69,754 · 2¹¹ + 950 = 142,857,142. On a processor
    this is as fast as memory can be filled, and `//` two thirds of that.
    """
    by = jnp.asarray(by)
    enough = 16 if x64() else 13  # bits of a divisor that leave a quotient below 2^48, or 2^19
    more_bits = jnp.maximum(enough - _bits(by), 0)
    multiple = by << more_bits
    first_digit = _small_quotient(count, multiple)
    left = count - first_digit * multiple
    second_digit = where(more_bits == 0, 0, _small_quotient(left, by))
    quotient, left = (first_digit << more_bits) + second_digit, left - second_digit * by
    one_more = left >= by
    return quotient + one_more.astype(count.dtype), left - where(one_more, by, 0)


def _bits(by: jax.Array) -> jax.Array:
    """The bits of an integer: those of the exponent of its float32."""
    return (jax.lax.bitcast_convert_type(by.astype(jnp.float32), jnp.int32) >> 23).astype(by.dtype) - 127


def _small_quotient(count: jax.Array, by: jax.Array) -> jax.Array:
    """⌊count / by⌋ or 1 less, in the last bits of a sum: a conversion would be checked for NaN and overflow.

    A float from 1 / eps to 2 / eps is whole, and the next one is 1 more: 1.5 / eps + q has q in its last bits, rounded.
    Half of the divisor is taken off before, so that it is rounded downwards.

    Two conversions and two products may add 2 eps to the true quotient, and an inverse that is off by k ulp k. It is
    made smaller by 8 eps, so that up to k = 6 it is never too large. Then it lacks at most 16 eps, which is less than 1
    for a quotient below 1 / (16 eps): 2¹⁹ in float32, 2⁴⁸ in float64.
    """
    dtype, eps = count.dtype, np.finfo(default_dtype(integer=False)).eps
    smaller, base = float(1 - 8 * eps) * inverse(as_float(by)), as_float(1.5 / eps)
    bits = jax.lax.bitcast_convert_type(as_float(count - (by >> 1)) * smaller + base, dtype)
    return bits - jax.lax.bitcast_convert_type(base, dtype)


@jax.jit  # operation by operation, a first `stretch` would take seconds
def scaled_count(count: jax.Array, by: jax.Array, over: jax.Array) -> jax.Array:
    """count · by / over, rounded to the nearest integer, halves up; the last step if it is larger.

    A guess in doubles is off by less than 1; what is left, in integers that may wrap around, says by how much.
    """
    over = jnp.maximum(over, 1)
    whole = count_of(rounded(double(count) * double(by) / double(over)))
    left = count * by - whole * over
    up, down = (left > 0) & (left >= over - left), (left < 0) & (-left > over + left)
    return where(whole == last_step(), whole, whole + up.astype(whole.dtype) - down.astype(whole.dtype))


# Tables.


FEW_BOUNDARIES = 8
"""In a table of up to 8, comparisons find the entry faster than a search and a gather, on every device."""


def lookup(step: jax.Array, boundaries: jax.Array) -> Callable[[jax.Array], jax.Array]:
    """Of a table with one entry more than there are boundaries: the entry for the step, after the last one passed."""
    count = boundaries.shape[0]
    if count > FEW_BOUNDARIES:
        piece = jnp.searchsorted(boundaries, step, side="right", method="scan")
        return lambda table: table[piece]
    passed = [boundaries[i] <= step for i in range(count)]

    def pick(table: jax.Array) -> jax.Array:
        value = table[0]
        for i in range(count):
            value = where(passed[i], table[i + 1], value)
        return value

    return pick
