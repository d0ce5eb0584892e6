"""The programs of a training in chunks: the one that makes the state of a row, and the one that takes it further."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._sweep.program import Program, aval_of, checked, explained, is_key, traced_for, weakly
from jaxsched._sweep.resumable import Resumable


@dataclass(frozen=True, eq=False)
class Chunked:
    """What JAX traced of a training in chunks.

    Attributes:
        init: from the numbers of a row to the leaves of its state.
        run: from these leaves and numbers to the leaves one chunk later, and the metrics of the chunk.
        chunks: how many chunks there are.
        every: how many steps a chunk has.
    """

    init: Program
    run: Program
    chunks: int
    every: int

    @property
    def metrics(self) -> dict[str, jax.ShapeDtypeStruct]:
        """Those of all chunks together, and how far a row came."""
        stacked = {name: jax.ShapeDtypeStruct((self.chunks, *x.shape), x.dtype) for name, x in self.run.metrics.items()}
        return {**stacked, "steps_done": jax.ShapeDtypeStruct((), np.dtype(np.int32))}

    @property
    def state(self) -> Sequence[Any]:
        """The shapes and types of the leaves of the state."""
        return self.run.jaxpr.in_avals[: self.run.carried]

    @property
    def code(self) -> str:
        return self._hash(f"{self.init.code}{self.run.code}{self.chunks}{self.every}")

    @property
    def data(self) -> str:
        return self._hash(f"{self.init.data}{self.run.data}")

    @property
    def size(self) -> int:
        return self.run.size

    @staticmethod
    def _hash(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()


Avals = Sequence[jax.ShapeDtypeStruct]


def trace_chunks(training: Resumable, numbers: Mapping[str, Any], static: Mapping[str, Any]) -> Chunked:
    """Trace both functions for a row of such numbers, one of which is given as an example."""
    names = tuple(numbers)
    row = [jax.ShapeDtypeStruct((), jnp.result_type(x)) for x in numbers.values()]
    made = _traced(partial(_init_row, training.init), names, static, (), row, numbers, "init")
    leaves, tree = jax.tree.flatten(made.out_info)
    state = [aval_of(x) for x in leaves]
    if not state:
        raise ValueError("sweep: `init` must return a state with at least one array, got none.")
    make = partial(_run_row, training.run, training.every, tree, state)
    ran = _traced(make, names, static, state, row, numbers, "run")
    metrics = {name: aval_of(x) for name, x in ran.out_info[1].items()}
    if "steps_done" in metrics:
        raise ValueError("sweep: a metric must not be called `steps_done`, which says how far a row came.")
    programs = Program(made.jaxpr, {}), Program(ran.jaxpr, metrics, len(state))
    return Chunked(*programs, training.chunks, training.every)


def _traced(
    make: Callable[..., Any],
    names: tuple[str, ...],
    static: Mapping[str, Any],
    state: Avals,
    row: Avals,
    numbers: Mapping[str, Any],
    function: str,
) -> Any:
    explain = lambda error: explained(make, numbers, static, error, state, function)  # noqa: E731
    return traced_for(make(names, static), [*state, *row], explain)


def _init_row(init: Callable[..., Any], names: tuple[str, ...], static: Mapping[str, Any]) -> Any:
    held = weakly(init)

    def init_row(*numbers: jax.Array) -> Any:
        state = held()(**dict(zip(names, numbers, strict=True)), **static)
        return jax.tree_util.tree_map_with_path(_leaf, state)

    return jax.jit(init_row)


def _run_row(
    run: Callable[..., Any],
    every: int,
    tree: Any,
    state: Avals,
    names: tuple[str, ...],
    static: Mapping[str, Any],
) -> Any:
    held = weakly(run)

    def run_row(*leaves_and_numbers: jax.Array) -> Any:
        leaves, numbers = leaves_and_numbers[: len(state)], leaves_and_numbers[len(state) :]
        row = {**dict(zip(names, numbers, strict=True)), **static}
        returned = held()(jax.tree.unflatten(tree, leaves), every, **row)
        if not isinstance(returned, tuple) or len(returned) != 2:
            raise TypeError(f"sweep: `run` must return a state and a dict of metrics, got {type(returned).__name__}.")
        later, metrics = returned
        later = jax.tree_util.tree_map_with_path(_leaf, later)
        _check_state(tree, state, later)
        return jax.tree.leaves(later), OrderedDict(checked(metrics, {*names, *static}, "run"))

    return jax.jit(run_row)


def _leaf(path: Any, x: Any) -> jax.Array:
    """As an array of a type of its own, which a Python number has not."""
    try:
        array = jnp.asarray(x)
    except (TypeError, ValueError):
        where = jax.tree_util.keystr(path)
        raise TypeError(f"sweep: a state must be made of arrays, got a {type(x).__name__} at state{where}.") from None
    if is_key(array):
        return array
    return jax.lax.convert_element_type(array, array.dtype)


def _check_state(tree: Any, state: Avals, later: Any) -> None:
    """Raise unless the state that `run` returns is as the one that it was given."""
    before, after = jax.tree.unflatten(tree, state), jax.tree.map(aval_of, later)
    if jax.tree.structure(after) != tree:
        rule = "the state that `run` returns must have the structure of the one of `init`"
        raise TypeError(f"sweep: {rule}, got {jax.tree.structure(after)} after {tree}.")
    paths = jax.tree_util.tree_flatten_with_path(before)[0]
    for (path, one), other in zip(paths, jax.tree.leaves(after), strict=True):
        if (one.shape, one.dtype) != (other.shape, other.dtype):
            rule = "the state that `run` returns must have the shapes and types of the one of `init`"
            here, there = (f"{x.dtype.name}{list(x.shape)}" for x in (other, one))
            raise TypeError(f"sweep: {rule}, got {here} after {there} at state{jax.tree_util.keystr(path)}.")
