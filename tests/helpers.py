"""What several test files need."""

from typing import Any

import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np

import jaxsched as js
from jaxsched._programs import Program


# a context manager, which older versions of JAX keep elsewhere
enable_x64: Any = vars(jax if hasattr(jax, "enable_x64") else jax.experimental)["enable_x64"]


def compilations(jitted: Any) -> int:
    """How many executables a jitted function holds, or all programs of a kind."""
    if isinstance(jitted, Program):
        return sum(map(compilations, jitted.programs()))
    return jitted._cache_size()


def forget(program: Program) -> None:
    """Drop all programs of a kind."""
    program._kept.clear()


def float_leaves(schedule: js.Schedule) -> tuple[list[Any], Any]:
    """The float leaves of a schedule, and a function from others in their place to a schedule."""
    leaves, structure = jax.tree.flatten(schedule)
    where = [i for i, leaf in enumerate(leaves) if jnp.issubdtype(leaf.dtype, np.floating)]

    def rebuild(floats: list[Any]) -> js.Schedule:
        others = list(leaves)
        for i, x in zip(where, floats, strict=True):
            others[i] = x
        return jax.tree.unflatten(structure, others)

    return [leaves[i] for i in where], rebuild
