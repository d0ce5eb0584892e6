"""What tables of configurations and of results have in common: rows, slices, masks, text, pandas, Arrow."""

import reprlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self, overload

import jax.numpy as jnp
import numpy as np

from jaxsched._data.messages import brief, did_you_mean
from jaxsched._tables.arrow import as_arrow, needs_pyarrow


class Table(ABC):
    """Named columns of one length, which cannot be written: NumPy arrays, with an axis of rows in front."""

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, np.ndarray]:
        """The columns by name, read-only."""

    @abstractmethod
    def _rows(self, indices: np.ndarray) -> Self:
        """The table of these rows."""

    @abstractmethod
    def _joined(self, other: Any) -> Self:
        """The rows of this table and then those of one with the same columns."""

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    @overload
    def __getitem__(self, index: str) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: int | np.integer) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, index: slice | Sequence[int] | Sequence[bool] | np.ndarray) -> Self: ...
    def __getitem__(self, index: Any) -> "np.ndarray | dict[str, Any] | Self":
        """A column by its name; a row, as a dict of Python values; for a slice, a list or a mask, a table."""
        if isinstance(index, str):
            return self._column(index)
        if isinstance(index, int | np.integer) and not isinstance(index, bool):
            return {name: _entry(column[index]) for name, column in self.columns.items()}
        indices = np.arange(len(self))[index if np.size(index) or isinstance(index, slice) else slice(0)]
        if indices.ndim != 1:
            raise TypeError(f"{type(self).__name__}: an index must be one-dimensional, got {brief(index)}.")
        return self._rows(indices)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[i] for i in range(len(self)))

    def filter(self, keep: Callable[[dict[str, Any]], Any]) -> Self:
        """The rows of which a function says so; a mask does the same by columns: `table[table["a"] < table["b"]]`.

        Args:
            keep: a function of a row, a dict of its columns.

        >>> grid(warmup_steps=[0, 50, 100], total_steps=[50, 100]).filter(
        ...     lambda row: row["warmup_steps"] < row["total_steps"]
        ... )
        Configs(3 rows: warmup_steps=[0, 0, 50], total_steps=[50, 100, 100])
        """
        return self._rows(np.flatnonzero([bool(keep(row)) for row in self]))

    def __add__(self, other: Self) -> Self:
        """The rows of one table after those of another with the same columns."""
        if type(other) is not type(self):
            return NotImplemented
        if set(self.columns) != set(other.columns):
            came = f"{list(self.columns)} and {list(other.columns)}"
            raise ValueError(f"{type(self).__name__}: columns differ, got {came}.")
        return self._joined(other)

    def __eq__(self, other: object) -> bool:
        """Whether the columns are the same, in order, types apart; NaN is NaN."""
        if not isinstance(other, type(self)):
            return NotImplemented
        same_names = list(self.columns) == list(other.columns)
        return same_names and all(_equal(column, other.columns[name]) for name, column in self.columns.items())

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={reprlib.repr(column.tolist())}" for name, column in self.columns.items())
        return f"{type(self).__name__}({len(self)} rows: {shown})"

    def to_pandas(self) -> Any:
        """A pandas DataFrame with a column for each; arrays become a column of arrays. Needs pandas."""
        import pandas as pd

        return pd.DataFrame({name: list(c) if c.ndim > 1 else c for name, c in self.columns.items()})

    def to_arrow(self) -> Any:
        """An Arrow table, which Polars (`polars.from_arrow`) and DuckDB read as it is. Needs pyarrow.

        Arrays become lists of fixed size, functions their names, schedules their source.

        Raises:
            TypeError: if an entry has no form in Arrow: a lambda, an object.
        """
        owner = type(self).__name__
        pa = needs_pyarrow(owner)
        return pa.table({name: as_arrow(owner, name, column) for name, column in self.columns.items()})

    def _column(self, name: str) -> np.ndarray:
        if name not in self.columns:
            near = did_you_mean(name, self.columns)
            raise KeyError(
                f"{type(self).__name__}: no column {name!r}{near} The columns are {', '.join(self.columns)}."
            )
        return self.columns[name]


def _entry(x: Any) -> Any:
    """An entry of a column as a Python value, if it is a number."""
    return x.item() if isinstance(x, np.generic) else x


def _equal(first: np.ndarray, second: np.ndarray) -> bool:
    if first.dtype == object or second.dtype == object:
        return first.tolist() == second.tolist()
    floats = all(jnp.issubdtype(column.dtype, np.inexact) for column in (first, second))
    return np.array_equal(first, second, equal_nan=floats)
