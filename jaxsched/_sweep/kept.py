"""What is kept of a training function: its programs, as long as it lives and reads the same from outside."""

import weakref
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from jax.extend.core import jaxpr_as_fun
from jax.sharding import Mesh, PartitionSpec

from jaxsched._sweep.outside import Outside
from jaxsched._sweep.program import Program, row_of


Device = Any
"""A `jax.Device`, which type checkers do not take for a type."""

MOST_KEPT = 256
"""How many programs are kept for a function: those that were used last."""


class Kept:
    """What is kept of a training function while that lives, and reads the same from outside."""

    def __init__(self, train: Callable[..., Any]):
        self.outside = Outside(train)
        self.rows: dict[object, Any] = {}
        self.programs: dict[int, Program] = {}
        self.executables: dict[object, Any] = {}

    def row(self, train: Callable[..., Any], names: tuple[str, ...], static: Mapping[str, Any]) -> Any:
        """The function of a row, for what its group shares; JAX keeps its traces."""
        key = (names, *((name, type(x), x) for name, x in static.items()))
        return _last_used(self.rows, key, lambda: row_of(train, names, static))

    def program(self, traced: Program) -> Program:
        """The program that was made of the same trace, if there is one, with its hashes."""
        return _last_used(self.programs, id(traced.jaxpr), lambda: traced)

    def executable(self, program: Program, rows: int, devices: tuple[Device, ...]) -> Any:
        """The program, compiled for so many rows on each of some devices."""
        return _last_used(self.executables, (program, rows, devices), lambda: _compiled(program, rows, devices))


def _last_used(kept: dict[Any, Any], key: object, make: Callable[[], Any]) -> Any:
    """What is kept under a key, or is made now; only what was used last is kept."""
    found = kept.pop(key) if key in kept else make()
    kept[key] = found
    for unused in list(kept)[:-MOST_KEPT]:
        kept.pop(unused, None)
    return found


_KEPT: "weakref.WeakKeyDictionary[Any, dict[object, Kept]]" = weakref.WeakKeyDictionary()


def kept_of(train: Callable[..., Any]) -> Kept:
    """What is kept of this function; of a method, for its object."""
    owner, which = getattr(train, "__self__", train), getattr(train, "__func__", None)
    try:
        kept = _KEPT.setdefault(owner, {})
    except TypeError:  # no weak reference, or no hash
        return Kept(train)
    if which not in kept or not kept[which].outside.is_as_of(train):
        kept[which] = Kept(train)
    return kept[which]


def _compiled(program: Program, rows: int, devices: tuple[Device, ...]) -> Any:
    """So many rows on each device. Between devices nothing is sent, as `jit` of a sharded batch would do."""
    train_row, columns = jaxpr_as_fun(program.jaxpr), program.jaxpr.in_avals

    def train_batch(*numbers: jax.Array) -> tuple[jax.Array, ...]:
        return tuple(jax.vmap(train_row, axis_size=rows)(*numbers))

    by_rows = PartitionSpec("rows")
    mesh = Mesh(np.asarray(devices), ("rows",))
    sharded = jax.shard_map(train_batch, mesh=mesh, in_specs=by_rows, out_specs=by_rows, check_vma=False)
    batch = [jax.ShapeDtypeStruct((rows * len(devices),), column.dtype) for column in columns]
    return jax.jit(sharded).lower(*batch).compile()
