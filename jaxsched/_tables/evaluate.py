"""Values of many schedules at many steps: a table by one program, or filled block after block."""

import functools
import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, overload

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import check_batch_size
from jaxsched._data.messages import brief
from jaxsched._schedule.programs import Program
from jaxsched._schedule.schedule import Schedule
from jaxsched._tables.arguments import Group, Schedules, Steps, as_float_dtype, as_groups, as_steps
from jaxsched._tables.blocks import block_shape, blocks_of, rows_of, spans, table_of, written_over
from jaxsched._tables.progress import progress_bar
from jaxsched._typing import Step


T = TypeVar("T")


@overload
def evaluate(
    schedules: Schedules,
    steps: Step,
    *,
    out: np.ndarray,
    dtype: Any = None,
    batch_size: int | None = None,
    progress: bool = False,
) -> np.ndarray: ...
@overload
def evaluate(
    schedules: Schedules,
    steps: Step,
    *,
    out: jax.Array | None = None,
    dtype: Any = None,
    reduce: None = None,
    batch_size: int | None = None,
    sharding: jax.sharding.Sharding | None = None,
    progress: bool = False,
) -> jax.Array: ...
@overload
def evaluate(
    schedules: Schedules,
    steps: Step,
    *,
    out: Any = None,
    dtype: Any = None,
    reduce: Callable[[jax.Array], Any] | None = None,
    batch_size: int | None = None,
    sharding: jax.sharding.Sharding | None = None,
    progress: bool = False,
) -> Any: ...
def evaluate(
    schedules: Schedules,
    steps: Step,
    *,
    out: Any = None,
    dtype: Any = None,
    reduce: Callable[[jax.Array], Any] | None = None,
    batch_size: int | None = None,
    sharding: jax.sharding.Sharding | None = None,
    progress: bool = False,
) -> Any:
    """The values of many schedules at many steps.

    Schedules of one structure are one compiled program, whatever their numbers. For a result in JAX it writes the
    table; otherwise, or with a `batch_size` or a progress bar, it computes blocks of 8 MB, in memory that is used
    again, so that nothing is needed besides the result.

    Args:
        schedules: one schedule, a stack, or a list of schedules of any kinds, all of one shape.
        steps: an integer n for the steps 0 .. n-1, or an array of integers of any shape.
        out: where to put the values. The result of an earlier call, whose memory is used again, so that it must not
            be read afterwards; a NumPy array, a `numpy.memmap`, a Zarr array or what else is filled by
            `out[index] = block`; or a function of (shape, dtype) that makes one of these, such as `np.empty`. None for
            a new JAX array.
        dtype: the type of the values, a float; None for float32 (float64 under `jax_enable_x64`).
        reduce: a function from the values of some rows, an array of shape (rows, number of steps), to what is to be
            kept of them: an array with an axis of rows, or a tree of those. JAX traces it, and there is no table.
        batch_size: how many rows are computed at a time. None for as many as fit into a block, at least one.
        sharding: how a new JAX array lies on the devices; each of them computes its part.
        progress: whether to show a progress bar (needs tqdm).

    Returns:
        Values of shape `schedules.shape + steps.shape`, where a list has the shape of its entries behind its length: in
        `out`, if that was given, else in a new JAX array. With `reduce`, what it keeps of all rows, as NumPy arrays.

    Raises:
        TypeError: if an argument has the wrong type.
        ValueError: if `steps` or `batch_size` is negative, the shapes of a list differ, `out` has another shape or type
            than the result, or options exclude each other.

    >>> evaluate(Linear(1.0, 0.0, 4), 6)
    Array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ], dtype=float32)
    >>> evaluate([Constant(0.5), Linear(1.0, 0.0, 4)], 3, out=np.empty)
    array([[0.5 , 0.5 , 0.5 ],
           [1.  , 0.75, 0.5 ]], dtype=float32)
    >>> evaluate(Linear(1.0, 0.0, np.array([4, 8])), 1000, reduce=lambda rows: rows.sum(axis=1))
    array([2.5, 4.5], dtype=float32)
    """
    shape, groups = as_groups("evaluate", schedules)
    given, dtype = as_steps("evaluate", steps), as_float_dtype("evaluate", dtype)
    check_batch_size("evaluate", batch_size)
    if reduce is not None and not callable(reduce):
        raise TypeError(f"evaluate: `reduce` must be a function, got {brief(reduce)}.")
    if sharding is not None and not isinstance(sharding, jax.sharding.Sharding):
        raise TypeError(f"evaluate: `sharding` must be a jax.sharding.Sharding, got {brief(sharding)}.")
    exclusive = {"reduce": reduce, "sharding": sharding, "out": out}
    both = [name for name, option in exclusive.items() if option is not None]
    if len(both) > 1:
        raise ValueError(f"evaluate: `{both[0]}` and `{both[1]}` exclude each other, got both.")
    table, flat = (*shape, *given.shape), (int(np.prod(shape)), given.count)
    if callable(out):
        out = out(table, dtype)
    if out is not None:
        _check_out(out, table, dtype)

    in_jax = out is None or isinstance(out, jax.Array)
    if in_jax and reduce is None and batch_size is None and not progress and len(groups) == 1:
        if out is None:
            return _new(sharding)(groups[0].schedules, given.array, flat=flat, shape=table, dtype=dtype)
        return _into(groups[0].schedules, out, given.array, flat=flat)
    with progress_bar("evaluate", int(np.prod(table)), "value", progress) as bar:
        advance = bar.update
        if reduce is not None:
            return _reduce(reduce, shape, groups, given, dtype, batch_size, advance)
        if in_jax:
            memory = jnp.zeros(table, dtype, device=sharding) if out is None else out
            return _fill_jax(memory, groups, given, batch_size, advance)
        _fill(out, shape, groups, given, dtype, batch_size, advance)
        return out


def _check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if not all(hasattr(out, name) for name in ("shape", "dtype", "__setitem__")):
        raise TypeError(f"evaluate: `out` must be an array, or a function that makes one, got {brief(out)}.")
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(f"evaluate: `out` must be {dtype} of shape {shape}, got {out.dtype} of shape {out.shape}.")


# One program writes the table.


@functools.cache
def _new(sharding: jax.sharding.Sharding | None) -> Program:
    return Program(_table, out_shardings=sharding)


@functools.partial(Program, donate_argnums=1)
def _into(schedules: Schedule, out: jax.Array, steps: Any, *, flat: tuple[int, int]) -> jax.Array:
    return written_over(out, _table(schedules, steps, flat=flat, shape=out.shape, dtype=out.dtype))


def _table(schedules: Schedule, steps: Any, *, flat: tuple[int, int], shape: tuple[int, ...], dtype: Any) -> jax.Array:
    return table_of(schedules, steps, 0, flat, dtype).reshape(shape)


# Blocks fill it.


def _fill(
    out: Any,
    shape: tuple[int, ...],
    groups: list[Group],
    steps: Steps,
    dtype: Any,
    batch_size: int | None,
    advance: Callable[[int], object],
) -> None:
    whole_rows = len(steps.shape) != 1
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for block in itertools.chain.from_iterable(
            blocks_of(group, steps, dtype, batch_size, whole_rows) for group in groups
        ):
            columns = () if whole_rows else (block.steps,)
            values = np.asarray(block.values).reshape(len(block.rows), *(steps.shape if whole_rows else (-1,)))
            for place, rows in _places(block.rows, shape):
                _copy(out, (*place, *columns), values[rows], threads)
            del values  # or JAX could not use the memory again
            advance(block.values.size)


def _copy(out: Any, index: tuple[Any, ...], values: np.ndarray, threads: ThreadPoolExecutor) -> None:
    """Into NumPy arrays by all cores, for memory is faster than one of them."""
    if not isinstance(out, np.ndarray) or not values.ndim:
        out[index] = values
        return
    (target, *targets), (piece, *pieces) = (
        np.array_split(array, os.cpu_count() or 1) for array in (out[index], values)
    )
    others = [threads.submit(np.copyto, *pair) for pair in zip(targets, pieces, strict=True)]
    np.copyto(target, piece)
    for other in others:
        other.result()


def _places(rows: np.ndarray, shape: tuple[int, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Where in the table the rows of a block are: those of a single axis together where they lie side by side."""
    if len(shape) != 1:
        yield from ((np.unravel_index(row, shape), i) for i, row in enumerate(rows))
        return
    for run in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows) != 1) + 1):
        yield (slice(int(rows[run[0]]), int(rows[run[-1]]) + 1),), slice(run[0], run[-1] + 1)


def _fill_jax(
    out: jax.Array, groups: list[Group], steps: Steps, batch_size: int | None, advance: Callable[[int], object]
) -> jax.Array:
    for group in groups:
        for block in blocks_of(group, steps, out.dtype, batch_size):
            out = _write(out, block.values, block.rows, block.steps.start, steps.count)
            advance(block.values.size)
    return out


@functools.partial(jax.jit, donate_argnums=0, static_argnums=4)
def _write(out: jax.Array, values: jax.Array, rows: jax.Array, column: int, columns: int) -> jax.Array:
    """One row after another, in place."""

    def write_row(i: jax.Array, flat: jax.Array) -> jax.Array:
        return jax.lax.dynamic_update_slice(flat, jax.lax.dynamic_slice_in_dim(values, i, 1), (rows[i], column))

    return jax.lax.fori_loop(0, len(values), write_row, out.reshape(-1, columns)).reshape(out.shape)


# Nothing is filled.


def _reduce(
    reduce: Callable[[jax.Array], Any],
    shape: tuple[int, ...],
    groups: list[Group],
    steps: Steps,
    dtype: Any,
    batch_size: int | None,
    advance: Callable[[int], object],
) -> Any:
    promised = jax.eval_shape(reduce, jax.ShapeDtypeStruct((1, steps.count), dtype))
    leaves, structure = jax.tree.flatten(promised)
    if any(leaf.shape[:1] != (1,) for leaf in leaves):
        came = ", ".join(str(leaf.shape) for leaf in leaves)
        raise ValueError(f"evaluate: `reduce` must keep the axis of rows, got {came} for values of one row.")
    kept = [np.empty((int(np.prod(shape)), *leaf.shape[1:]), leaf.dtype) for leaf in leaves]
    results = itertools.chain.from_iterable(_reduced(reduce, group, steps, dtype, batch_size) for group in groups)
    for rows, result in _one_ahead(results):
        for array, values in zip(kept, jax.tree.leaves(result), strict=True):
            array[rows] = values
        advance(len(rows) * steps.count)
    return jax.tree.unflatten(structure, [array.reshape((*shape, *array.shape[1:])) for array in kept])


def _one_ahead(results: Iterator[T]) -> Iterator[T]:
    """Each of them, when the next one has been asked for: that is computed while this one is copied."""
    ahead = list(itertools.islice(results, 1))
    for result in results:
        ahead.append(result)
        yield ahead.pop(0)
    yield from ahead


def _reduced(
    reduce: Callable[[jax.Array], Any], group: Group, steps: Steps, dtype: Any, batch_size: int | None
) -> Iterator[tuple[np.ndarray, Any]]:
    count = len(group.rows)
    rows, _ = block_shape(count, steps, dtype, batch_size)
    schedules = jax.device_put(group.schedules)
    for first, row in spans(count, rows):
        result = _reduced_rows(schedules, steps.array, first, reduce=reduce, flat=(rows, steps.count), dtype=dtype)
        if first != row:
            result = jax.tree.map(lambda x, new=row - first: x[new:], result)
        yield group.rows[row : row + rows], result


@Program
def _reduced_rows(
    schedules: Schedule,
    steps: Any,
    first: int,
    *,
    reduce: Callable[[jax.Array], Any],
    flat: tuple[int, int],
    dtype: Any,
) -> Any:
    return reduce(table_of(rows_of(schedules, first, flat[0]), steps, 0, flat, dtype))
