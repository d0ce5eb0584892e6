"""Configurations: named columns of hyperparameters, one row for each configuration."""

import types
from collections.abc import Iterable, Mapping
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.messages import brief
from jaxsched._tables.arrow import objects_of
from jaxsched._tables.table import Table


NUMBERS = (int, float, np.number, np.bool_, jax.Array)


class Configs(Table):
    """An immutable table of named columns, one row per configuration.

    Columns of numbers are NumPy arrays of int64, float64 or bool; any other column (strings, functions) holds objects.
    `configs["a"]` is a column, `configs[0]` a row, `configs[:5]` and `configs[configs["a"] > 1]` are tables. `a + b`
    has the rows of both, and `a * b` every row of a with every row of b. Columns that belong together (zipped) are
    columns of one table: `Configs({"batch": [32, 64], "rate": [0.1, 0.2]}) * grid(seed=range(4))`.

    Args:
        columns: the entries of each column, by name, all of one length; or a DataFrame of pandas or Polars, or an Arrow
            table.

    Raises:
        ValueError: if there is no column, or the lengths differ.
        TypeError: if a column is not a one-dimensional sequence, or an entry is None.

    >>> configs = Configs({"peak_value": [0.1, 0.2], "shape": ["cosine", "linear"]})
    >>> len(configs), configs[1]
    (2, {'peak_value': 0.2, 'shape': 'linear'})
    """

    def __init__(self, columns: Mapping[str, Iterable[Any]] | Any):
        given = columns if isinstance(columns, Mapping) else _columns_of(columns)
        if not given:
            raise ValueError("Configs: at least one column is needed, got none.")
        arrays = {name: as_column("Configs", name, entries) for name, entries in given.items()}
        lengths = {name: len(column) for name, column in arrays.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"Configs: the columns must have one length, got {lengths}.")
        self._columns = types.MappingProxyType(arrays)

    @property
    def columns(self) -> Mapping[str, np.ndarray]:
        """The columns by name, read-only."""
        return self._columns

    def _rows(self, indices: np.ndarray) -> Self:
        return type(self)({name: column[indices] for name, column in self._columns.items()})

    def _joined(self, other: Any) -> Self:
        return type(self)({name: np.concatenate([column, other[name]]) for name, column in self._columns.items()})

    def __mul__(self, other: "Configs") -> "Configs":
        """Every row of one table with every row of another; the rows of the other vary fastest."""
        if not isinstance(other, Configs):
            return NotImplemented
        if both := [name for name in self._columns if name in other._columns]:
            raise ValueError(f"Configs: a product must not have a column twice, got `{both[0]}` in both tables.")
        columns = {name: np.repeat(column, len(other)) for name, column in self._columns.items()}
        return Configs(columns | {name: np.tile(column, len(self)) for name, column in other._columns.items()})

    def __reduce__(self) -> tuple[Any, ...]:
        """How it is pickled and copied: a view of a dict cannot be, and arrays would come back writable."""
        return type(self), (dict(self._columns),)


def grid(**columns: Iterable[Any]) -> Configs:
    """Every combination of the values of each column; the last column varies fastest.

    Args:
        columns: the values of each column, by name: any one-dimensional sequence of numbers, strings or functions.

    Raises:
        ValueError: if there is no column.
        TypeError: if a column is not a one-dimensional sequence, or an entry is None.

    >>> configs = grid(peak_value=[0.1, 0.2], warmup_steps=range(0, 300, 100))
    >>> len(configs), configs[1]
    (6, {'peak_value': 0.1, 'warmup_steps': 100})
    >>> configs["warmup_steps"]
    array([  0, 100, 200,   0, 100, 200])
    """
    if not columns:
        raise ValueError("grid: at least one column is needed, got none.")
    axes = {name: as_column("grid", name, entries) for name, entries in columns.items()}
    indices = np.indices([len(axis) for axis in axes.values()])
    return Configs({name: axis[i.ravel()] for (name, axis), i in zip(axes.items(), indices, strict=True)})


def check_configs(owner: str, configs: Any) -> None:
    """Raise unless it is a table of configurations that has rows."""
    if not isinstance(configs, Configs):
        hint = "; Configs({...}) makes a table of it" if isinstance(configs, Mapping) else ""
        raise TypeError(f"{owner}: `configs` must be Configs, such as grid(...), got {brief(configs)}{hint}.")
    if len(configs) == 0:
        raise ValueError(f"{owner}: `configs` must have at least one row, got none.")


def _columns_of(frame: Any) -> dict[str, Any]:
    """The columns of a DataFrame or an Arrow table."""
    names = getattr(frame, "column_names", getattr(frame, "columns", None))
    if names is None or not hasattr(frame, "__getitem__"):
        raise TypeError(f"Configs: `columns` must be a dict of columns, or a DataFrame, got {brief(frame)}.")
    return {str(name): _entries_of(frame[name]) for name in names}


def _entries_of(column: Any) -> list[Any]:
    return objects_of(column) if hasattr(column, "to_pylist") else list(column)


def as_column(owner: str, name: str, entries: Any) -> np.ndarray:
    """The entries as an array of int64, float64 or bool if they are numbers, else of objects; it cannot be written."""
    if isinstance(entries, str | bytes | Mapping) or not isinstance(entries, Iterable):
        came = brief(entries)
        raise TypeError(f"{owner}: `{name}` must be a sequence of values, got {came}; for one value, write [{came}].")
    if not isinstance(entries, np.ndarray | jax.Array):
        entries = list(entries)
    numbers = not isinstance(entries, list) or all(isinstance(entry, NUMBERS) for entry in entries)
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
        _check_objects(owner, name, column)
    column.flags.writeable = False
    return column


def _check_objects(owner: str, name: str, column: np.ndarray) -> None:
    for i, entry in enumerate(column):
        if entry is None or type(entry).__name__ == "NAType" or (isinstance(entry, float) and np.isnan(entry)):
            rule = f"must have an entry in every row, got {brief(entry)} in row {i}"
            hint = "a number or a word that your function understands, such as inf or 'none', can stand for it"
            raise TypeError(f"{owner}: `{name}` {rule}; {hint}.")
