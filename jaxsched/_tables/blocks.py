"""Tables of values that are never there as a whole: block after block, in memory that is used again."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import check_batch_size
from jaxsched._numerics.floats import default_dtype
from jaxsched._schedule.calling import values_at
from jaxsched._schedule.programs import Program
from jaxsched._schedule.schedule import Schedule
from jaxsched._tables.arguments import Group, Schedules, Steps, as_float_dtype, as_groups, as_steps
from jaxsched._typing import Step


BLOCK_BYTES = 8 * 2**20
"""A block is in the cache while it is read."""


class Block(NamedTuple):
    """Some rows of a table, at some of the steps; see `blocks`."""

    rows: np.ndarray
    steps: slice
    values: jax.Array


def blocks(schedules: Schedules, steps: Step, *, dtype: Any = None, batch_size: int | None = None) -> Iterator[Block]:
    """The values of many schedules at many steps, block after block, for a table that would not fit anywhere.

    Args:
        schedules: one schedule, a stack, or a list of schedules of any kinds, all of one shape.
        steps: an integer n for the steps 0 .. n-1, or an array of integers.
        dtype: the type of the values, a float; None for float32 (float64 under `jax_enable_x64`).
        batch_size: how many rows a block has at most. None for as many as fit into 8 MB.

    Returns:
        An iterator of (rows, steps, values): the indices of the rows in the flattened stack; which of the flattened
        steps, as a slice; and the values, a JAX array of shape (rows, steps). Its memory is used again: it can be read
        until the next block is asked for.

    Raises:
        TypeError: if an argument has the wrong type.
        ValueError: if `steps` or `batch_size` is negative, or the shapes of a list differ.

    >>> lines = Linear(1.0, 0.0, np.arange(1, 1001))
    >>> sum(float(block.values.sum()) for block in blocks(lines, 2000, batch_size=100))
    250750.0
    """
    _, groups = as_groups("blocks", schedules)
    given, dtype = as_steps("blocks", steps), as_float_dtype("blocks", dtype)
    check_batch_size("blocks", batch_size)
    return itertools.chain.from_iterable(blocks_of(group, given, dtype, batch_size) for group in groups)


def blocks_of(
    group: Group, steps: Steps, dtype: Any, batch_size: int | None, whole_rows: bool = False
) -> Iterator[Block]:
    """The blocks of a group, each in the memory of the one before."""
    total_rows = len(group.rows)
    rows, columns = block_shape(total_rows, steps, dtype, batch_size)
    columns = steps.count if whole_rows else columns
    schedules = jax.device_put(group.schedules)
    memory = jnp.zeros((rows, columns), dtype)
    for first_row, row in spans(total_rows, rows):
        for first_column, column in spans(steps.count, columns):
            memory = values = _block(schedules, memory, steps.array, first_row, first_column)
            if (first_row, first_column) != (row, column):
                values = values[row - first_row :, column - first_column :]
            yield Block(group.rows[row : row + rows], slice(column, column + values.shape[1]), values)


def spans(total: int, size: int) -> Iterator[tuple[int, int]]:
    """Where blocks of one size begin, and from where on they are new: the last one overlaps the one before."""
    return ((min(start, total - size), start) for start in range(0, total, max(size, 1)))


def block_shape(rows: int, steps: Steps, dtype: Any, batch_size: int | None) -> tuple[int, int]:
    """How many rows and columns fit into a block, whole rows first."""
    most = BLOCK_BYTES // np.dtype(dtype).itemsize
    rows = min(rows, batch_size or max(1, most // max(steps.count, 1)))
    return rows, min(steps.count, max(1, most // max(rows, 1)))


@partial(Program, donate_argnums=1)
def _block(schedules: Schedule, memory: jax.Array, steps: Any, row: int, column: int) -> jax.Array:
    values = table_of(rows_of(schedules, row, len(memory)), steps, column, memory.shape, memory.dtype)
    return written_over(memory, values)


def written_over(memory: jax.Array, values: jax.Array) -> jax.Array:
    """The values. So the memory is mentioned: JAX would drop it otherwise, and with `keep_unused` never the program."""
    return jax.lax.dynamic_update_slice(memory, values, (0,) * memory.ndim)


def table_of(schedules: Schedule, steps: Any, column: Any, shape: tuple[int, ...], dtype: Any) -> jax.Array:
    """The values of a stack at the steps from a column on, as many as the shape has, inside a program."""
    if steps is None:
        at = column + jnp.arange(shape[1], dtype=default_dtype(integer=True))
    else:
        at = jax.lax.dynamic_slice_in_dim(steps, column, shape[1])
    return jnp.broadcast_to(values_at(schedules, at).astype(dtype), shape)


def rows_of(schedules: Schedule, first: Any, count: int) -> Schedule:
    """`count` rows of a stack, from a traced one onwards."""
    return jax.tree.map(lambda x: jax.lax.dynamic_slice_in_dim(x, first, count), schedules)
