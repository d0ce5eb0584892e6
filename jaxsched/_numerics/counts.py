"""Steps, lengths and tables.

A length is whole, an integer, and then everything that is counted of it is one: exact, at every step an int32 can
count. Or it is real, a double, and what is counted of it is a float: the difference to a step is taken in doubles, and
rounded once. A clock that begins at a real length counts in floats, too: ½, 1½, ...

So a function here is given integers or reals, asks `is_real`, and gives the like. Where a length is real it may be
differentiated: two floats that can be equal are chosen from by `where`, for the gradient of a `minimum` is halved then.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxsched._numerics.doubles import Double, Number, choose, count_of, double, rounded
from jaxsched._numerics.floats import as_float, default_dtype, inverse, last_step, rough_inverse, where, x64


LEAST_LENGTH = 2.0**-20
"""A shorter real length counts as this, so that what is divided by it stays finite; one of 0 is over before that."""


def is_real(*numbers: Number) -> bool:
    """Whether one of some steps and lengths is real."""
    return any(isinstance(x, Double) or jnp.issubdtype(jnp.result_type(x), np.floating) for x in numbers)


def single(x: Any) -> jax.Array:
    """A whole number as it is, a real one as one float."""
    return x.total if isinstance(x, Double) else jnp.asarray(x)


def not_negative(x: Any) -> Any:
    """The number, or 0 if it is less."""
    if isinstance(x, Double):
        return choose(x.high > 0, x, double(0.0))
    return where(x > 0, x, 0) if is_real(x) else jnp.maximum(jnp.asarray(x), 0)


def lesser(a: jax.Array, b: jax.Array) -> jax.Array:
    return where(a <= b, a, b) if is_real(a) else jnp.minimum(a, b)


def whole(step: jax.Array) -> jax.Array:
    """⌊step⌋, as an integer: for tables and stairs."""
    if not is_real(step):
        return step
    return jax.lax.stop_gradient(count_of(double(jnp.floor(step))))


# What has passed, and what is left.


def difference(step: jax.Array, start: Number) -> jax.Array:
    """step - start, negative before the start, where neither is."""
    return (double(step) - start).total if is_real(step, start) else step - single(start)


def since(step: jax.Array, start: Number) -> jax.Array:
    """step - start, held at 0 before the start, which is not negative. At the start, the gradient is that after it."""
    passed = difference(step, start)
    return where(passed >= 0, passed, 0) if is_real(passed) else jnp.maximum(passed, 0)


def moved(step: jax.Array, start: Number) -> jax.Array:
    """As `since`, for a start that may be negative, and held at the last step where that would overflow it."""
    if is_real(step, start):
        return since(step, start)
    start = jnp.maximum(single(start), -last_step())
    late = jnp.maximum(step - jnp.maximum(start, 0), 0)
    return late + jnp.minimum(jnp.maximum(-start, 0), last_step() - late)


def steps_left(step: jax.Array, length: Number) -> jax.Array:
    """max(length - step, 0); a negative length counts as 0."""
    if is_real(step, length):
        return not_negative((double(length) - step).total)
    length = jnp.maximum(single(length), 0)
    return length - jnp.minimum(step, length)


# A boundary: it may lie between two steps.


def as_boundary(step: jax.Array, boundary: Any) -> jax.Array:
    """What a step is compared with: the first whole step that is not before the boundary, or the boundary as a float.

    Where the high float of a double is not whole, no whole number lies between it and the double.
    """
    if is_real(step):
        return as_float(single(boundary))
    if not isinstance(boundary, Double):
        return single(boundary)
    boundary = jax.lax.stop_gradient(boundary)
    between = jnp.ceil(boundary.high)
    return count_of(Double(between, where(between == boundary.high, jnp.ceil(boundary.low), 0)))


def begun(step: jax.Array, boundary: Number) -> jax.Array:
    """Whether the boundary has been reached."""
    return step >= as_boundary(step, boundary)


def before(step: jax.Array, boundary: Number) -> jax.Array:
    """The step, or the last one before the boundary if that has been reached, which is never below 0."""
    bound = as_boundary(step, boundary)
    return lesser(step, bound if is_real(step) else jnp.maximum(bound - 1, 0))


def until(step: jax.Array, boundary: Any) -> jax.Array:
    """The step, or the last one that is not after the boundary."""
    return lesser(step, -as_boundary(step, -boundary))


# Parts of a length.


def positive(length: Number, like: ArrayLike = 0) -> jax.Array:
    """A length of at least 1 where it is whole; a float, and at least `LEAST_LENGTH`, where it or the other is real."""
    if not is_real(length, like):
        return jnp.maximum(single(length), 1)
    length = as_float(single(length))
    return where(length > LEAST_LENGTH, length, LEAST_LENGTH)


def divisor(length: Number, like: ArrayLike = 0) -> Any:
    """A length to divide by: an integer of at least 1, or a double where it or the other is real."""
    return as_length(length) if is_real(length, like) else positive(length)


def as_length(length: Number) -> Double:
    """What a rate per length is divided by to be one per step; a whole length of 0 counts as 1."""
    if not isinstance(length, Double):
        return double(positive(length))
    return choose(length.high > LEAST_LENGTH, length, double(LEAST_LENGTH))


def counted(step: jax.Array, length: Number) -> jax.Array:
    """The step; the last one where a length of 0 is counted in, which is infinitely short: 2^31 of it have passed."""
    return where(single(length) <= 0, last_step(), step)


def part_of(count: jax.Array, length: Number) -> jax.Array:
    """count / length, within 2 ulp where floats hold both; a whole length of 0 counts as 1."""
    if is_real(count, length):
        return as_float(count) / positive(length, like=1.0)
    return as_float(count) * inverse(as_float(positive(length)))


def exact_part_of(count: jax.Array, length: jax.Array) -> jax.Array:
    """As `part_of`, for a positive length, of which nothing is lost where it is whole."""
    if is_real(length):
        return count / length
    rounded = as_float(length)
    lost = as_float(length - rounded.astype(length.dtype))  # at most half a unit in the last place
    part = as_float(count) / rounded
    return part - part * (lost * rough_inverse(rounded))


def timescales(step: jax.Array, timescale: Number, shift: Number) -> jax.Array:
    """(step + shift) / timescale, roughly: for what does not amplify it. A timescale of 0 has passed 2^31 times."""
    if is_real(step, shift):
        shifted = (double(step) + not_negative(shift)).total
    else:
        shifted = step + jnp.minimum(jnp.maximum(single(shift), 0), last_step() - step)
    return part_of(counted(shifted, timescale), timescale)


# Whole quotients.


def whole_periods(step: jax.Array, length: Number) -> jax.Array:
    """⌊⌊step⌋ / length⌋; a length of 0 is infinitely short."""
    return ticks(counted(whole(step), length), length)


def ticks(step: jax.Array, k: Number) -> jax.Array:
    """⌊⌊step⌋ / k⌋; a whole k of 0 counts as 1."""
    return divided(whole(step), divisor(k))[0]


def divided(count: jax.Array, by: Number) -> tuple[jax.Array, jax.Array]:
    """The whole quotient, and the rest of two numbers, `by` at least 1, or positive if it is real."""
    return _divided_reals(count, by) if is_real(count, by) else _divided_integers(count, single(by))


def _divided_reals(count: jax.Array, by: Number) -> tuple[jax.Array, jax.Array]:
    """In doubles. What is within 2^-44 of a multiple is at it, so that rounding puts nobody into the period before."""
    dividend, by = double(count), double(by)
    nearest = jax.lax.stop_gradient(rounded(dividend / by))
    rest = dividend - nearest * by
    is_over = rest.total >= -(2.0**-44) * dividend.total
    quotient = count_of(nearest)
    return where(is_over, quotient, quotient - 1), where(is_over, not_negative(rest.total), (rest + by).total)


def _divided_integers(count: jax.Array, by: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Machines divide floats faster than integers.

    A quotient of floats is guessed from below, so that what is left says what it lacks: at most 1, as long as the
    quotient is below 2^19. A larger one is found in two digits. 10⁹ by 7 is first divided by 7 · 2¹¹ = 14,336: 69,754,
    which leaves 6,656; and that by 7: 950, which leaves 6. So it is 69,754 · 2¹¹ + 950 = 142,857,142. On a processor
    this is as fast as memory can be filled, and `//` two thirds of that.
    """
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


def differences(boundaries: Any) -> jax.Array:
    """The lengths between boundaries, not negative, and 0 after the last: as floats where they are real."""
    if isinstance(boundaries, Double):
        return jnp.append(not_negative((boundaries[1:] - boundaries[:-1]).total), 0.0)
    boundaries = single(boundaries)
    return jnp.maximum(jnp.diff(boundaries, append=boundaries[-1:]), 0)


FEW_BOUNDARIES = 8
"""In a table of up to 8, comparisons find the entry faster than a search and a gather, on every device."""


def lookup(step: jax.Array, boundaries: Any) -> Callable[[jax.Array], jax.Array]:
    """Of a table with one entry more than there are boundaries: the entry for the step, after the last one passed."""
    boundaries = as_boundary(step, boundaries)
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
