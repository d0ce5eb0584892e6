"""Ways from one value to another: measured from the end that is nearer to 0, in parts that are exact near both ends.

Every way is near + (far - near) · part, with the part that has been gone from the near end. Near 0, where a value has
the most digits to lose, the part is small, and small parts are exact: their steps are counted from there. A part is
never 1 minus another one, unless that is less than a half.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxsched._numerics.counts import exact_part_of, is_real, lesser, part_of, positive
from jaxsched._numerics.doubles import Number, as_rounded
from jaxsched._numerics.exponentials import polynomial
from jaxsched._numerics.floats import as_float, inverse, is_double, sqrt, where


# Parts of a length.


class Parts(NamedTuple):
    """Two numbers that add up to 1, each exact near 0; and the smaller one, with whether that is the first."""

    first: jax.Array
    second: jax.Array
    smaller: jax.Array
    first_is_smaller: jax.Array


def parts(first: jax.Array, second: jax.Array) -> Parts:
    first_is_smaller = first <= second
    return Parts(first, second, where(first_is_smaller, first, second), first_is_smaller)


def parts_of_smaller(smaller: jax.Array, is_first: jax.Array) -> Parts:
    larger = 1 - smaller
    return Parts(where(is_first, smaller, larger), where(is_first, larger, smaller), smaller, is_first)


def fractions(left: jax.Array, length: Number) -> Parts:
    """The part of a length that is left and the part that is done; 0 and 1 for a length of 0."""
    length = positive(length, like=left)
    done = length - left
    return parts_of_smaller(part_of(lesser(left, done), length), left <= done)


# The way.


class Way(NamedTuple):
    """From one value to another: the end nearer to 0, and the other one; and whether the first value is the other."""

    near: jax.Array
    far: jax.Array
    first_is_far: jax.Array

    def steps(self, left: jax.Array, length: jax.Array) -> jax.Array:
        """The steps gone from the near end, with `left` to the second value: `left`, or `length - left`.

        The one or the other for a whole row: -x - 1 has the bits of x flipped, so both are (left ^ flip) + offset,
        which costs less than a choice at every step.
        """
        if is_real(left):
            return where(self.first_is_far, left, length - left)
        flip, offset = where(self.first_is_far, 0, -1), where(self.first_is_far, 0, length + 1)
        return (left ^ flip.astype(left.dtype)) + offset

    def toward_far(self, x: ArrayLike) -> jax.Array:
        """x if the first value is far, else -x."""
        return where(self.first_is_far, x, -jnp.asarray(x))

    def at(self, part: jax.Array, arrived: jax.Array | None = None) -> jax.Array:
        """The value when this part has been gone from the near end, which is the far one where that has `arrived`."""
        return self.at_twice(2 * part, part == 1 if arrived is None else arrived)

    def at_twice(self, twice: jax.Array, arrived: jax.Array, real: bool = False) -> jax.Array:
        """As `at`, for twice the part. Where the way could be longer than the largest float, all is made smaller.

        `real`: of real steps, which have a gradient; where it has arrived, too, it is that of the way.
        """
        large = jnp.abs(self.far) > 2.0**125
        fit, back = where(large, 0.25, 1.0), where(large, 4.0, 1.0)
        near = as_rounded(self.near * fit)  # or this product is fused with the sum, and not the other one
        half = self.far * fit / 2 - near / 2
        value = (near + half * twice) * back
        far = value + jax.lax.stop_gradient(self.far - value) if real else self.far
        return where(arrived, far, value)


def way(first: ArrayLike, second: ArrayLike) -> Way:
    """The way between two values. Its part keeps its relative accuracy on the way to 0, and from 0."""
    first, second = jnp.asarray(first), jnp.asarray(second)
    first_is_far = jnp.abs(second) <= jnp.abs(first)
    return Way(where(first_is_far, second, first), where(first_is_far, first, second), first_is_far)


def between(init: ArrayLike, end: ArrayLike, part_init: jax.Array, part_end: jax.Array) -> jax.Array:
    """init · part_init + end · part_end, for parts that add up to 1; constant where both ends are the same."""
    path = way(init, end)
    return path.at(where(path.first_is_far, part_init, part_end))


def line(init: ArrayLike, end: ArrayLike, left: jax.Array, length: Number) -> jax.Array:
    """init · left / length + end · (1 - left / length). A length of 0 is over."""
    path, length = way(init, end), positive(length, like=left)
    gone = path.steps(left, length)
    return path.at_twice(2 * exact_part_of(gone, length), gone == length, real=is_real(length))


def symmetric(
    twice: Callable[[jax.Array], jax.Array],
    init: ArrayLike,
    end: ArrayLike,
    left: jax.Array,
    length: Number,
) -> jax.Array:
    """As `line`, but for a curve that is the same from both ends.

    `twice` gives twice its part for the steps from an end, of half of the length at most, in the unit in which the
    whole length is `WAVE`. So a half of the way is 1, and what is twice a cosine's part needs no halving.
    """
    path, length = way(init, end), positive(length, like=left)
    gone = path.steps(left, length)
    to_go = length - gone
    unit = WAVE / length if is_real(length) else WAVE * inverse(as_float(length))
    shorter = twice(as_float(lesser(gone, to_go)) * unit)
    return path.at_twice(where(gone <= to_go, shorter, 2 - shorter), to_go == 0, real=is_real(length))


# Shapes: two parts that add up to 1 from two such parts, or one from one that is at most a half.


WAVE = float(np.pi / np.sqrt(2))
"""The unit in which 1 - cos is the square of a polynomial that begins with 1: 1 - cos(√2 y) = y² - y⁴ / 6 + ..."""


SINE = (-2.43941041e-05, 0.00208304019, -0.083333273)


def one_minus_cos(y: jax.Array) -> jax.Array:
    """1 - cos(√2 y) for y up to half a wave, without cancellation: a minimax polynomial of relative error 8·10⁻⁹.

    It is 2 sin²(y / √2), and the polynomial is that of √2 sin(y / √2).
    """
    if is_double(y):
        return jnp.minimum(2 * jnp.sin(y / np.sqrt(2)) ** 2, 1)
    y2 = y * y
    sine = y + y * y2 * polynomial(y2, *SINE)
    return sine * sine


def sin2(parts: Parts) -> Parts:
    """sin²(πx/2) of both: of the part that is left, it is ½(1 + cos π(1-x))."""
    return parts_of_smaller(one_minus_cos(WAVE * parts.smaller) / 2, parts.first_is_smaller)


def one_minus_sqrt(parts: Parts) -> tuple[jax.Array, jax.Array]:
    """1 - √second and √second: (1 - √q) (1 + √q) = 1 - q."""
    root = sqrt(parts.second)
    return where(root == 0, 1, parts.first / (1 + root)), root  # where machines divide inexactly, even by 1


def one_minus_square(parts: Parts) -> tuple[jax.Array, jax.Array]:
    """1 - second² and second²: 1 - q² = 2u - u² for u = 1 - q."""
    part, other = parts.first, parts.second
    square = other * other
    return where(other < 0.5, 1 - square, 2 * part - part * part), square
