"""The types of here and now, and floats that stay finite."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike


def x64() -> bool:
    """Whether `jax_enable_x64` is on, here and now."""
    return jax.config.jax_enable_x64  # pyright: ignore[reportAttributeAccessIssue]


def default_dtype(integer: bool) -> np.dtype[Any]:
    """int32 and float32; int64 and float64 under `jax_enable_x64`."""
    return _DEFAULT_DTYPES[integer, x64()]


_DEFAULT_DTYPES = {
    (False, False): np.dtype(np.float32),
    (True, False): np.dtype(np.int32),
    (False, True): np.dtype(np.float64),
    (True, True): np.dtype(np.int64),
}


def last_step() -> int:
    """The largest step that the default integer type can count."""
    return 2**63 - 1 if x64() else 2**31 - 1


def is_double(x: jax.Array) -> bool:
    """Whether a float has 64 bits, so that it needs no low float beside it."""
    return x.dtype == np.float64


def as_float(x: ArrayLike) -> jax.Array:
    """As a float of the default type."""
    return jnp.asarray(x).astype(default_dtype(integer=False))


def where(condition: jax.Array, a: ArrayLike, b: ArrayLike) -> jax.Array:
    """As `jnp.where`, which is a program inside of the program: this is one operation of it, and compiles faster."""
    dtype, shape = jnp.result_type(a, b), jnp.broadcast_shapes(*map(jnp.shape, (condition, a, b)))
    a, b = (jnp.broadcast_to(jnp.asarray(x, dtype), shape) for x in (a, b))
    return jax.lax.select(jnp.broadcast_to(condition, shape), a, b)


def clip(x: ArrayLike, least: float, most: float) -> jax.Array:
    """As `jnp.clip`, without a program inside."""
    return jnp.minimum(jnp.maximum(x, least), most)


def nearest(x: jax.Array) -> jax.Array:
    """The nearest whole number, as `jnp.round`, without a program inside."""
    return jax.lax.round(x, jax.lax.RoundingMethod.TO_NEAREST_EVEN)


def finite(x: ArrayLike) -> jax.Array:
    """x, or the largest float of its sign where it overflowed."""
    largest = float(np.finfo(default_dtype(integer=False)).max)
    return clip(x, -largest, largest)


def inverse(x: jax.Array) -> jax.Array:
    """1 / x within 1.5 ulp, for |x| from 2^-64 to 2^64; finite for all others that are.

    For numbers of a configuration: XLA:CPU makes a program of its own of each quotient that is the same at every step,
    and compiles that as long as a whole line.

    Newton's method squares the error of a guess: 1.6%, 2·10⁻⁴, 6·10⁻⁸.
    """
    if is_double(x):
        return 1 / x
    guess = jax.lax.stop_gradient(clip(rough_inverse(x), -(2.0**64), 2.0**64))
    for _ in range(3):
        guess = guess + guess * (1 - x * guess)
    return guess


def rough_inverse(x: jax.Array) -> jax.Array:
    """1 / x within 13%. The bits of a float are its logarithm, roughly: so those of 1, doubled, less those of x."""
    dtype = default_dtype(integer=True)
    one = np.ones((), x.dtype).view(dtype)
    return jax.lax.bitcast_convert_type(2 * one - jax.lax.bitcast_convert_type(x, dtype), x.dtype)


def quotient(a: ArrayLike, b: ArrayLike) -> jax.Array:
    """a / b; 0 where b is less than 10⁻¹⁸ from 0, so that the gradient -a / b² is finite too."""
    divides = jnp.abs(b) > 1e-18
    return where(divides, finite(a / where(divides, b, 1)), 0)


@jax.custom_jvp
def raised(base: jax.Array, exponent: jax.Array) -> jax.Array:
    """base^exponent, or the largest float; 0 where it is infinite or no real number.

    That is so for a negative power of a base less than 10⁻¹⁸ from 0, as in a quotient, and for a power of a negative
    base that is not whole. The gradient is finite, too: it is 0 where it would be infinite or none.
    """
    return _raised(base, exponent)[0]


@raised.defjvp
def _(primals: tuple[jax.Array, jax.Array], tangents: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
    base, exponent = primals
    value, divides = _raised(base, exponent)
    safe = where(divides, base, 1)
    divides = divides & (jnp.abs(value) < np.finfo(value.dtype).max)
    slope = where(exponent == 1, 1, where(divides, finite(exponent * (value / safe)), 0))
    growth = where(divides & (base > 0), finite(value * jnp.log(jnp.abs(safe))), 0)
    return value, slope * tangents[0] + growth * tangents[1]


def _raised(base: jax.Array, exponent: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The power, and whether the base is far enough from 0 to divide by."""
    divides = jnp.abs(base) > 1e-18
    is_whole, is_even = (nearest(x) == x for x in (exponent, exponent / 2))
    exists = (divides | (exponent >= 0)) & ((base >= 0) | is_whole)
    power = finite(jnp.power(where(exists, jnp.abs(base), 1), where(exists, exponent, 1)))
    return where(exists, where((base < 0) & ~is_even, -power, power), 0), divides


def sqrt(x: jax.Array) -> jax.Array:
    """√x, with a gradient of 0 at 0."""
    positive = x > 0
    return where(positive, jnp.sqrt(where(positive, x, 1)), 0)
