"""The types of here and now, and what they can hold."""

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


def finite(x: ArrayLike) -> jax.Array:
    """x, or the largest float of its sign where it overflowed."""
    largest = float(np.finfo(default_dtype(integer=False)).max)
    return jnp.clip(x, -largest, largest)
