"""Formulas that stay exact, finite and differentiable in float32, where the obvious ones do not.

Steps stay integers as long as they can: `T - t` is exact, and `(T - t) / T` is then rounded once. Never `1 - t/T`:
XLA turns `t/T` into `t * (1/T)` and fuses the subtraction, so that it ends on a tiny number of either sign, and a
power of that is NaN. Ends are selected, not computed. Wherever a branch of `where` could be infinite, its argument
is replaced before (the double `where`), because the gradient of a branch not taken is still multiplied by 0.

And fast: a table of values is one loop that writes memory as fast as it can be filled, as long as the loop

- calls no library: XLA:CPU has scalar ones for `cos`, `pow` and `expm1`, and integers are divided one by one. The
  short polynomials here are faster and more exact. They have the form x + x² R(x), so that the value rises wherever x
  does: a curve that should fall is not to wobble;
- is one loop: XLA:CPU stores a quotient of two tables, or a root, that is used twice, and reads it again. So a curve
  uses it once, or divides 1 by a table;
- does what depends on the configuration alone (an inverse, a logarithm, which end is nearer to 0) outside of it.

Every function here takes and returns scalars or arrays alike, and has a plain NumPy twin in the tests.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxsched._numerics.counts import as_float, counted
from jaxsched._numerics.doubles import (
    Pair,
    as_rounded,
    inverse,
    is_double,
    pair,
    pair_of_count,
    polynomial,
    rounded_times,
    times,
    total,
)
from jaxsched._numerics.dtypes import finite, last_step


def quotient(a: ArrayLike, b: ArrayLike) -> jax.Array:
    """a / b; 0 where b is less than 10⁻¹⁸ from 0, so that the gradient -a / b² is finite too."""
    divides = jnp.abs(b) > 1e-18
    return jnp.where(divides, finite(a / jnp.where(divides, b, 1)), 0)


# Parts of a length.


class Parts(NamedTuple):
    """Two numbers that add up to 1, each exact near 0; and the smaller one, with whether that is the first."""

    first: jax.Array
    second: jax.Array
    smaller: jax.Array
    first_is_smaller: jax.Array


def parts(first: jax.Array, second: jax.Array) -> Parts:
    return Parts(first, second, jnp.minimum(first, second), first <= second)


def parts_of_smaller(smaller: jax.Array, is_first: jax.Array) -> Parts:
    larger = 1 - smaller
    return Parts(jnp.where(is_first, smaller, larger), jnp.where(is_first, larger, smaller), smaller, is_first)


def steps_left(step: jax.Array, length: ArrayLike) -> jax.Array:
    """max(length - step, 0), exactly; a negative length counts as 0."""
    length = jnp.maximum(length, 0)
    return length - jnp.minimum(step, length)


def fractions(left: jax.Array, length: ArrayLike) -> Parts:
    """The part of a length that is left and the part that is done; 0 and 1 for a length of 0."""
    length = jnp.maximum(length, 1)
    return parts_of_smaller(part_of(jnp.minimum(left, length - left), inverse(length)), left <= length - left)


def part_of(count: jax.Array, per_step: Pair) -> jax.Array:
    """count / length, where `per_step` is the inverse of the length."""
    count = as_float(count)
    return count * per_step.high + count * per_step.low


def exact_part_of(count: jax.Array, length: ArrayLike, per_step: Pair) -> jax.Array:
    """As `part_of`, rounded once even where a float cannot hold the count."""
    high = as_float(count)
    long = jnp.asarray(length) > 2 * int(1 / np.finfo(high.dtype).eps)
    low = jnp.where(long, as_float(count - high.astype(count.dtype)), 0)
    return rounded_times(Pair(high, low), per_step)


def pair_fractions(step: jax.Array, length: ArrayLike) -> tuple[Pair, Pair]:
    """As `fractions`, each to 44 bits."""
    over = jnp.asarray(length) <= 0
    done, length = jnp.where(over, 1, jnp.minimum(step, length)), jnp.maximum(length, 1)
    per_step = inverse(length)
    return times(pair_of_count(length - done), per_step), times(pair_of_count(done), per_step)


def timescales(step: jax.Array, timescale: ArrayLike, shift: ArrayLike) -> jax.Array:
    """(step + shift) / timescale, roughly: for what does not amplify it. A timescale of 0 has passed 2^31 times."""
    shifted = step + jnp.minimum(jnp.maximum(shift, 0), last_step() - step)
    return part_of(counted(shifted, timescale), inverse(jnp.maximum(timescale, 1)))


# From one value to another.


class Ends(NamedTuple):
    """The end nearer to 0, and the other one; and whether the first of two ends is the other one."""

    near: jax.Array
    far: jax.Array
    first_is_far: jax.Array

    def steps(self, left: jax.Array, length: jax.Array) -> jax.Array:
        """The steps from the near end, with `left` to the second one: `left`, or the others.

        Bits that are flipped for a whole row, for -x - 1 is that of x, cost less than a choice at every step.
        """
        flip, offset = jnp.where(self.first_is_far, 0, -1), jnp.where(self.first_is_far, 0, length + 1)
        return (left ^ flip.astype(left.dtype)) + offset

    def at(self, twice: jax.Array, arrived: jax.Array) -> jax.Array:
        """So many halves of the way from the near end to the far one.

        Halves, for a whole way could overflow; and where two of them would, it is half as long, and doubled at last.
        """
        half = self.far / 2 - self.near / 2
        fit = jnp.where(jnp.abs(half) > 2.0**126, 0.5, 1)
        near, half = as_rounded(self.near * fit), as_rounded(half * fit)  # or the wrong product is fused with the sum
        return jnp.where(arrived, self.far, (near + half * twice) * (1 / fit))


def ends(first: ArrayLike, second: ArrayLike) -> Ends:
    """A distance from the end nearer to 0 keeps its relative accuracy on the way to 0, and from 0."""
    first, second = jnp.asarray(first), jnp.asarray(second)
    first_is_far = jnp.abs(second) <= jnp.abs(first)
    return Ends(jnp.where(first_is_far, second, first), jnp.where(first_is_far, first, second), first_is_far)


def between(init: ArrayLike, end: ArrayLike, part_init: jax.Array, part_end: jax.Array) -> jax.Array:
    """init · part_init + end · part_end, for parts that add up to 1; constant where both ends are the same."""
    way = ends(init, end)
    part = jnp.where(way.first_is_far, part_init, part_end)
    return way.at(2 * part, part == 1)


def line(
    init: ArrayLike, end: ArrayLike, left: jax.Array, length: ArrayLike, per_step: Pair | None = None
) -> jax.Array:
    """init · left / length + end · (1 - left / length). A length of 0 is over.

    `per_step` is the inverse of the length, for a length that is looked up at every step.
    """
    way, length = ends(init, end), jnp.maximum(length, 1)
    count = way.steps(left, length)
    per_step = inverse(length) if per_step is None else per_step
    return way.at(exact_part_of(count, length, Pair(2 * per_step.high, 2 * per_step.low)), count == length)


def symmetric(
    shape: Callable[[jax.Array], jax.Array],
    init: ArrayLike,
    end: ArrayLike,
    left: jax.Array,
    length: ArrayLike,
    per_step: Pair | None = None,
) -> jax.Array:
    """As `line`, for a shape that is the same from both ends.

    Given twice as high, for parts up to a half, in units in which the whole is `WAVE`.
    """
    way, length = ends(init, end), jnp.maximum(length, 1)
    per_step = inverse(length) if per_step is None else per_step
    count = way.steps(left, length)
    rest = length - count
    twice = shape(as_float(jnp.minimum(count, rest)) * total(times(per_step, pair(WAVE))))
    return way.at(jnp.where(count <= rest, twice, 2 - twice), rest == 0)


# Shapes: two parts that add up to 1 from two such parts, or one from one that is at most a half.


WAVE = float(np.pi / np.sqrt(2))
"""The unit in which 1 - cos is the square of a polynomial that begins with 1."""


def one_minus_cos(y: jax.Array) -> jax.Array:
    """1 - cos(√2 y) for y up to half a wave, without cancellation: a minimax polynomial of relative error 8·10⁻⁹."""
    if is_double(y):
        return jnp.minimum(2 * jnp.sin(y / np.sqrt(2)) ** 2, 1)
    y2 = y * y
    sine = y + y * y2 * polynomial(y2, -2.43966245e-05, 0.00208304452, -0.0833332725)
    return sine * sine


def sin2(parts: Parts) -> Parts:
    """sin²(πx/2) of both: of the part that is left, it is ½(1 + cos π(1-x))."""
    return parts_of_smaller(one_minus_cos(WAVE * parts.smaller) / 2, parts.first_is_smaller)


def one_minus_sqrt(parts: Parts) -> tuple[jax.Array, jax.Array]:
    """1 - √second and √second."""
    root = sqrt(parts.second)
    return jnp.where(root == 0, 1, parts.first / (1 + root)), root  # where machines divide inexactly, even by 1


def one_minus_square(parts: Parts) -> tuple[jax.Array, jax.Array]:
    """1 - second² and second²."""
    part, other = parts.first, parts.second
    square = other * other
    return jnp.where(other < 0.5, 1 - square, 2 * part - part * part), square


def sqrt(x: jax.Array) -> jax.Array:
    """√x, with a gradient of 0 at 0."""
    positive = x > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, x, 1)), 0)
