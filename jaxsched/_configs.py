"""Configurations: named columns of hyperparameters, and the stacked schedule that they make."""

import reprlib
import types
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._base import Schedule
from jaxsched._leaves import stacked
from jaxsched._typing import Pair


FEW_ROWS = 256
"""Up to here `build` goes row by row, which is faster than to compile."""


class Configs:
    """An immutable table of named columns, one row per configuration.

    Columns of numbers are NumPy arrays of int64, float64 or bool; any other column (strings, functions) holds objects.

    Args:
        columns: the entries of each column, by name; all of one length.

    Raises:
        ValueError: if there is no column, or the lengths differ.
        TypeError: if a column is not a one-dimensional sequence.

    >>> configs = Configs({"peak_value": [0.1, 0.2], "shape": ["cosine", "linear"]})
    >>> len(configs), configs[1]
    (2, {'peak_value': 0.2, 'shape': 'linear'})
    """

    def __init__(self, columns: Mapping[str, Iterable[Any]]):
        if not columns:
            raise ValueError("Configs: at least one column is needed, got none.")
        arrays = {name: _as_column(name, entries) for name, entries in columns.items()}
        lengths = {name: len(column) for name, column in arrays.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"Configs: the columns must have one length, got {lengths}.")
        self._columns = types.MappingProxyType(arrays)

    @property
    def columns(self) -> Mapping[str, np.ndarray]:
        """The columns by name, read-only."""
        return self._columns

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    @overload
    def __getitem__(self, index: int | np.integer) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice | Sequence[int] | np.ndarray) -> "Configs": ...
    def __getitem__(self, index: Any) -> "dict[str, Any] | Configs":
        """One row, as a dict of Python values; or, for a slice, a list or a mask, the table of those rows."""
        if isinstance(index, int | np.integer):
            row = {name: column[index] for name, column in self._columns.items()}
            return {name: entry.item() if isinstance(entry, np.generic) else entry for name, entry in row.items()}
        return Configs({name: column[index] for name, column in self._columns.items()})

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[i] for i in range(len(self)))

    def __add__(self, other: "Configs") -> "Configs":
        """The rows of one table after those of another with the same columns."""
        if not isinstance(other, Configs):
            return NotImplemented
        if set(self._columns) != set(other._columns):
            raise ValueError(f"Configs: columns differ, got {list(self._columns)} and {list(other._columns)}.")
        return Configs({name: np.concatenate([column, other._columns[name]]) for name, column in self._columns.items()})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Configs):
            return NotImplemented
        same_names = list(self._columns) == list(other._columns)
        return same_names and all(np.array_equal(c, other._columns[name]) for name, c in self._columns.items())

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is pickled and copied: a view of a dict cannot be, and arrays would come back writable."""
        return type(self), (dict(self._columns),)

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={reprlib.repr(column.tolist())}" for name, column in self._columns.items())
        return f"Configs({len(self)} rows: {shown})"


def grid(**columns: Iterable[Any]) -> Configs:
    """Every combination of the values of each column; the last column varies fastest.

    Args:
        columns: the values of each column, by name: any one-dimensional sequence of numbers, strings or functions.

    Raises:
        ValueError: if there is no column.
        TypeError: if a column is not a one-dimensional sequence.

    >>> configs = grid(peak_value=[0.1, 0.2], warmup_steps=range(0, 300, 100))
    >>> len(configs), configs[1]
    (6, {'peak_value': 0.1, 'warmup_steps': 100})
    >>> configs.columns["warmup_steps"]
    array([  0, 100, 200,   0, 100, 200])
    """
    if not columns:
        raise ValueError("grid: at least one column is needed, got none.")
    axes = {name: _as_column(name, entries, "grid") for name, entries in columns.items()}
    indices = np.indices([len(axis) for axis in axes.values()])
    return Configs({name: axis[i.ravel()] for (name, axis), i in zip(axes.items(), indices, strict=True)})


def stack(schedules: Iterable[Schedule]) -> Schedule:
    """Schedules of one structure as one schedule, along a new leading axis.

    Args:
        schedules: at least one; all of the same class, with the same structure inside and the same shape.

    Raises:
        ValueError: if there are none, or one differs in structure or shape from the first, or has no numbers to stack.
        TypeError: if an entry is not a schedule.

    >>> stacked = stack([Linear(1.0, 0.0, 10), Linear(0.5, 0.0, 20)])
    >>> stacked.shape, stacked[1]
    ((2,), Linear(init_value=0.5, end_value=0.0, transition_steps=20))
    """
    rows = list(schedules)
    if not rows:
        raise ValueError("stack: at least one schedule is needed, got none.")
    if not jax.tree.leaves(rows[0]):
        raise ValueError(f"stack: a schedule without numbers cannot be stacked, got {rows[0]!r}.")
    for i, row in enumerate(rows):
        if not isinstance(row, Schedule):
            raise TypeError(f"stack: entry {i} must be a schedule, got {row!r}.")
        if structure_of(row) != structure_of(rows[0]):
            raise ValueError(
                f"stack: all schedules must have the structure of the first, {rows[0]!r}, got {row!r} in row {i}."
            )

    return jax.tree.map(lambda *leaves: stacked(leaves), *rows)


def build(make: Callable[..., Schedule], configs: Configs) -> Schedule:
    """The stacked schedule whose row i is `make(**configs[i])`.

    Args:
        make: from the values of one row, by column name, to a schedule; the same structure for every row.
        configs: n rows. All of its columns are given to `make`.

    Returns:
        A schedule of shape (n,). The numbers keep their double precision on the way into it.

    Raises:
        ValueError, TypeError: what `make` raises, with the row; or if the rows differ in structure.

    Many rows cost little more than one, if `make` can be given whole columns, as every constructor can. Otherwise (it
    has an `if`, say) it is called row by row.

    >>> configs = grid(peak_value=[1.0, 2.0], warmup_steps=[0, 100])
    >>> schedules = build(lambda **row: warmup_cosine(**row, total_steps=1000), configs)
    >>> schedules.shape, [round(float(value), 2) for value in schedules(50)]
    ((4,), [0.99, 0.5, 1.99, 1.0])
    """
    if len(configs) == 0:
        raise ValueError("build: `configs` must have at least one row, got none.")
    whole = _build_columns(make, configs) if len(configs) > FEW_ROWS else None
    return stack(_build_row(make, configs, i) for i in range(len(configs))) if whole is None else whole


def _build_columns(make: Callable[..., Schedule], configs: Configs) -> Schedule | None:
    """What `make` returns for whole columns, or None unless that is what it returns row by row.

    The columns keep their double precision, but only `vmap` is by rows for certain: the one is held against the other.
    """

    def single(schedule: Schedule) -> list[Any]:
        leaves = jax.tree.leaves(schedule, is_leaf=lambda x: isinstance(x, Pair))
        return [leaf.high if isinstance(leaf, Pair) else leaf for leaf in leaves]

    try:
        whole = make(**configs.columns)
        mapped = jax.jit(jax.vmap(lambda row: make(**row)))(dict(configs.columns))
        if structure_of(whole) != structure_of(mapped):
            return None
        agree = all(np.allclose(a, b, rtol=1e-6, atol=0) for a, b in zip(single(whole), single(mapped), strict=True))
    except Exception:  # whatever a function of numbers does when it gets arrays: the rows decide
        return None
    return whole if agree else None


def _build_row(make: Callable[..., Schedule], configs: Configs, i: int) -> Schedule:
    try:
        schedule = make(**configs[i])
    except (TypeError, ValueError) as error:
        raise type(error)(f"build: row {i}, {configs[i]}: {error}") from error
    if not isinstance(schedule, Schedule):
        raise TypeError(f"build: `make` must return a schedule, got {schedule!r} for row {i}.")
    return schedule


def structure_of(schedule: Schedule) -> Hashable:
    """What schedules must have in common to be rows of a stack: all but their numbers."""
    leaves, structure = jax.tree.flatten(schedule)
    return structure, tuple(np.shape(leaf) for leaf in leaves)


def _as_column(name: str, entries: Iterable[Any], owner: str = "Configs") -> np.ndarray:
    if isinstance(entries, str | bytes | Mapping) or not isinstance(entries, Iterable):
        raise TypeError(
            f"{owner}: `{name}` must be a sequence of values, got {entries!r}; for one value, write [{entries!r}]."
        )
    if not isinstance(entries, np.ndarray | jax.Array):
        entries = list(entries)
    numbers = not isinstance(entries, list) or all(isinstance(x, int | float | np.number | jax.Array) for x in entries)
    column = np.asarray(entries) if numbers else np.empty(len(entries), object)
    if column.ndim != 1:
        raise TypeError(f"{owner}: `{name}` must be one-dimensional, got an array of shape {column.shape}.")
    if not numbers:
        column[:] = entries
    for kind, dtype in ((np.integer, np.int64), (np.floating, np.float64), (np.bool_, np.bool_)):
        if jnp.issubdtype(column.dtype, kind):
            column = column.astype(dtype)
            break
    else:
        column = column.astype(object)
    column.flags.writeable = False
    return column
