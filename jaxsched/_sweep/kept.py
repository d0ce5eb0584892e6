"""What is kept of a training function: its programs, as long as it lives and reads the same from outside."""

import weakref
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from jax.extend.core import jaxpr_as_fun
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxsched._sweep.chunks import Chunked, trace_chunks
from jaxsched._sweep.outside import Outside
from jaxsched._sweep.program import Program, row_of
from jaxsched._sweep.resumable import Resumable


Device = Any
"""A `jax.Device`, which type checkers do not take for a type."""

MOST_KEPT = 256
"""How many programs are kept for a function: those that were used last."""


class Kept:
    """What is kept of a training function while that lives, and reads the same from outside."""

    def __init__(self, train: Any):
        self.outside = Outside(*functions_of(train))
        self.chunked: dict[object, Chunked] = {}
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

    def chunks(self, training: Resumable, numbers: Mapping[str, Any], static: Mapping[str, Any]) -> Chunked:
        """The programs of a training in chunks, for such numbers and what a group shares."""
        types = ((name, np.result_type(x)) for name, x in numbers.items())
        key = (*types, *((name, type(x), x) for name, x in static.items()))
        return _last_used(self.chunked, key, lambda: trace_chunks(training, numbers, static))

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


def functions_of(train: Any) -> tuple[Callable[..., Any], ...]:
    """What is called in a training."""
    return (train.init, train.run) if isinstance(train, Resumable) else (train,)


def kept_of(train: Any) -> Kept:
    """What is kept of this function; of a method, for its object."""
    owner, which = getattr(train, "__self__", train), getattr(train, "__func__", None)
    try:
        kept = _KEPT.setdefault(owner, {})
    except TypeError:  # no weak reference, or no hash
        return Kept(train)
    if which not in kept or not kept[which].outside.is_as_of(*functions_of(train)):
        kept[which] = Kept(train)
    return kept[which]


def _compiled(program: Program, rows: int, devices: tuple[Device, ...]) -> Any:
    """So many rows on each device. Between devices nothing is sent, as `jit` of a sharded batch would do."""
    train_row, columns = jaxpr_as_fun(program.jaxpr), program.jaxpr.in_avals

    def train_batch(*numbers: jax.Array) -> tuple[jax.Array, ...]:
        return tuple(jax.vmap(train_row, axis_size=rows)(*numbers))

    mesh, by_rows = Mesh(np.asarray(devices), ("rows",)), PartitionSpec("rows")
    sharded = jax.shard_map(train_batch, mesh=mesh, in_specs=by_rows, out_specs=by_rows, check_vma=False)
    placed = NamedSharding(mesh, by_rows)  # said, for JAX may put an array of no size elsewhere
    batch = [jax.ShapeDtypeStruct((rows * len(devices), *column.shape), column.dtype) for column in columns]
    compiled = jax.jit(sharded, donate_argnums=range(program.carried), in_shardings=placed, out_shardings=placed)
    return compiled.lower(*batch).compile()
