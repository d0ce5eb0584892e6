"""What several test files need."""

from typing import Any

import jax
import jax.experimental


# a context manager, which older versions of JAX keep elsewhere
enable_x64: Any = vars(jax if hasattr(jax, "enable_x64") else jax.experimental)["enable_x64"]


def compilations(jitted: Any) -> int:
    """How many executables a jitted function holds."""
    return jitted._cache_size()
