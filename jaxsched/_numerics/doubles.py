"""Double: a number as the sum of two floats, which hold 48 bits in float32.

The low float is what the high one could not hold. Sums and products lose at most a few units in the 46th bit, so that
a product with a step of 31 bits still has every bit that float32 can show. In float64 there is nothing to add: the low
float is 0, or as good as that.

The parts are by Dekker (1971), A floating-point technique for extending the available precision, and the sum whose
error is known by Knuth, The Art of Computer Programming, vol. 2, 4.2.2.

What this asks of a machine: sums, differences and products that are rounded to the nearest float; a product that is
fused with a sum may stay unrounded. Nothing is divided: the inverse in a quotient is by Newton's method. A compiler
that takes floats for real numbers, and so (a + b) - a for b, takes the low float of a sum for 0: with
`--xla_cpu_enable_fast_math`, or another licence to reassociate, stairs lose bits, and a restart of a cycle that grows
by a fraction can come a step late.
"""

import dataclasses
from functools import partial
from typing import Any, Union

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxsched._numerics.floats import default_dtype, inverse, is_double, last_step, nearest, where


@partial(jax.tree_util.register_dataclass, data_fields=("high", "low"), meta_fields=())
@dataclasses.dataclass(frozen=True)
class Double:
    """high + low: a number, and what the float could not hold of it.

    A factor per step is applied millions of times: 0.999999 as float32 alone is 12% off after 10⁷ steps.
    """

    high: Any
    low: Any

    @property
    def total(self) -> jax.Array:
        """As one float."""
        return self.high + self.low

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.high)

    def __getitem__(self, index: Any) -> "Double":
        return Double(self.high[index], self.low[index])

    def __float__(self) -> float:
        return float(self.high) + float(self.low)

    def __neg__(self) -> "Double":
        return Double(-self.high, -self.low)

    def __add__(self, other: "Number") -> "Double":
        return _sum(self, double(other))

    def __sub__(self, other: "Number") -> "Double":
        return _sum(self, -double(other))

    def __mul__(self, other: "Number") -> "Double":
        return _product(self, double(other))

    def __truediv__(self, other: "Number") -> "Double":
        return _quotient(self, double(other))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: "Number") -> "Double":
        return _sum(double(other), -self)

    def __rtruediv__(self, other: "Number") -> "Double":
        return _quotient(double(other), self)

    # The high float of a difference has its sign.

    def __lt__(self, other: "Number") -> jax.Array:
        return (self - other).high < 0

    def __gt__(self, other: "Number") -> jax.Array:
        return (self - other).high > 0

    def __le__(self, other: "Number") -> jax.Array:
        return (self - other).high <= 0

    def __ge__(self, other: "Number") -> jax.Array:
        return (self - other).high >= 0


def is_pair(x: Any) -> bool:
    """For `is_leaf` of JAX's trees, where a double is to be one number."""
    return isinstance(x, Double)


Number = Union[ArrayLike, Double]  # noqa: UP007  `|` needs to know the class


def double(x: Number) -> Double:
    """A number as a double: a Python float in its double precision, an integer exactly."""
    if isinstance(x, Double):
        return x
    if isinstance(x, float):
        dtype = default_dtype(integer=False)
        high = dtype.type(x)
        return Double(jnp.asarray(high), jnp.asarray(dtype.type(x - float(high))))
    x = jnp.asarray(x)
    if not jnp.issubdtype(x.dtype, np.integer):
        return Double(x, jnp.zeros_like(x))
    high = jnp.minimum(x.astype(default_dtype(integer=False)), _largest_count())
    return Double(high, (x - high.astype(x.dtype)).astype(high.dtype))


def count_of(x: Double) -> jax.Array:
    """The integer that a double is; the last step if it is larger."""
    dtype, largest = default_dtype(integer=True), _largest_count()
    high = jnp.minimum(x.high, largest)
    low = jnp.minimum((x.high - high) + x.low, float(last_step() - int(largest)))
    return high.astype(dtype) + low.astype(dtype)


def _largest_count() -> np.floating:
    """The largest float that the integers can hold."""
    dtype = default_dtype(integer=False)
    return np.nextafter(dtype.type(last_step()), dtype.type(0))


def choose(condition: jax.Array, a: Double, b: Double) -> Double:
    """As `jnp.where`."""
    return Double(where(condition, a.high, b.high), where(condition, a.low, b.low))


def rounded(x: Double) -> Double:
    """The nearest whole number."""
    whole = nearest(x.high)
    return two_sum(whole, nearest((x.high - whole) + x.low))


# Operations of which the error is known.


def as_rounded(x: jax.Array) -> jax.Array:
    """x itself: compilers would fuse a product with a sum, which leaves it unrounded, and take (x + 1) - 1 for x.

    The lesser of x and the largest float is x, which no compiler knows. It has to be a minimum: LLVM's loop vectorizer
    (jaxlib 0.12) follows a number through arithmetic, casts, comparisons and selections along every path to the
    result, and a chain of doubles has millions of paths. At a call, which a minimum is, it stops.
    """
    return jnp.minimum(x, float(np.finfo(x.dtype).max))


def split(x: jax.Array, bits: int = 12) -> tuple[jax.Array, jax.Array]:
    """Its first bits and its last ones. With 12 (Dekker), their products are exact, for float32 holds 24."""
    if is_double(x):
        return x, jnp.zeros_like(x)
    mask = jnp.int32(-(2 ** (24 - bits)))
    first = jax.lax.bitcast_convert_type(jax.lax.bitcast_convert_type(x, jnp.int32) & mask, jnp.float32)
    return first, x - first


def two_sum(a: jax.Array, b: jax.Array) -> Double:
    """a + b, exactly (Knuth)."""
    high = as_rounded(a + b)
    of_b = high - a
    return Double(high, (a - (high - of_b)) + (b - of_b))


def two_product(a: jax.Array, b: jax.Array) -> Double:
    """a · b, exactly (Dekker)."""
    high = as_rounded(a * b)
    (a_first, a_last), (b_first, b_last) = split(a), split(b)
    return Double(high, ((a_first * b_first - high) + a_first * b_last + a_last * b_first) + a_last * b_last)


@jax.jit
def _sum(a: Double, b: Double) -> Double:
    high = two_sum(a.high, b.high)
    return two_sum(high.high, high.low + (a.low + b.low))


@jax.jit
def _product(a: Double, b: Double) -> Double:
    high = two_product(a.high, b.high)
    return Double(high.high, high.low + (a.high * b.low + a.low * b.high))


@jax.jit
def _quotient(a: Double, b: Double) -> Double:
    """a / b, for |b| from 2^-64 to 2^64: the quotient of floats, and the quotient of what that leaves (Dekker)."""
    inverse_of_b = inverse(b.high)
    guess = a.high * inverse_of_b
    product = two_product(guess, b.high)
    return Double(guess, (((a.high - product.high) - product.low) + (a.low - guess * b.low)) * inverse_of_b)
