"""Configurations: named columns of hyperparameters, and the stacked schedule that they make."""

import reprlib
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.messages import brief


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


def _as_column(name: str, entries: Iterable[Any], owner: str = "Configs") -> np.ndarray:
    if isinstance(entries, str | bytes | Mapping) or not isinstance(entries, Iterable):
        came = brief(entries)
        raise TypeError(f"{owner}: `{name}` must be a sequence of values, got {came}; for one value, write [{came}].")
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
