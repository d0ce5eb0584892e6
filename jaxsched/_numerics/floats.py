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


def finite(x: ArrayLike) -> jax.Array:
    """x, or the largest float of its sign where it overflowed."""
    largest = float(np.finfo(default_dtype(integer=False)).max)
    return jnp.clip(x, -largest, largest)


def quotient(a: ArrayLike, b: ArrayLike) -> jax.Array:
    """a / b; 0 where b is less than 10⁻¹⁸ from 0, so that the gradient -a / b² is finite too."""
    divides = jnp.abs(b) > 1e-18
    return jnp.where(divides, finite(a / jnp.where(divides, b, 1)), 0)


def sqrt(x: jax.Array) -> jax.Array:
    """√x, with a gradient of 0 at 0."""
    positive = x > 0
    return jnp.where(positive, jnp.sqrt(jnp.where(positive, x, 1)), 0)
