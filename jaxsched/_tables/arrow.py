"""Columns as Arrow, and back."""

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from jaxsched._data.messages import brief
from jaxsched._schedule.schedule import Schedule
from jaxsched._text.writing import dumps


def needs_pyarrow(owner: str) -> Any:
    """The module pyarrow, or an error that says how to get it."""
    try:
        import pyarrow as pa
    except ImportError as error:
        error.add_note(f"{owner}: this needs pyarrow: pip install 'jaxsched[sweep]'.")
        raise
    return pa


def as_arrow(owner: str, name: str, column: np.ndarray) -> Any:
    """A column as an Arrow array: of numbers, of lists of fixed size, or of what `written` makes of objects."""
    pa = needs_pyarrow(owner)
    if column.dtype == object:
        try:
            return pa.array(written(owner, name, column))
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            came = brief(column.tolist())
            raise TypeError(f"{owner}: `{name}` must hold entries of one kind that Arrow knows, got {came}.") from error
    if jnp.issubdtype(column.dtype, np.complexfloating):
        raise TypeError(f"{owner}: `{name}` must be real, got {column.dtype}; give its real and imaginary parts.")
    if column.dtype.isbuiltin != 1:  # bfloat16 and its kin, which float32 holds exactly
        column = column.astype(np.float32)
    if 0 in column.shape[1:]:
        return pa.array([[]] * len(column), pa.list_(pa.from_numpy_dtype(column.dtype)))  # a size is at least 1
    array = pa.array(column.ravel())
    for size in reversed(column.shape[1:]):
        array = pa.FixedSizeListArray.from_arrays(array, size)
    return array


def from_arrow(array: Any, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Numbers that `as_arrow` wrote; `shape` is that of an entry."""
    count = len(array)
    if 0 in shape:
        return np.zeros((count, *shape), dtype)
    array = array.combine_chunks()
    for _ in shape:
        array = array.flatten()
    return array.to_numpy(zero_copy_only=False).reshape(count, *shape).astype(dtype)


def objects_of(array: Any) -> list[Any]:
    """Entries of a column that came from Arrow, of which lists become tuples, which can be hashed."""
    return [tuple(entry) if isinstance(entry, list) else entry for entry in array.to_pylist()]


def written(owner: str, name: str, entries: Sequence[Any] | np.ndarray) -> list[Any]:
    """Objects as text where they are functions or schedules, and otherwise as they are."""
    return [_written(owner, name, entry) for entry in entries]


def _written(owner: str, name: str, entry: Any) -> Any:
    if isinstance(entry, Schedule):
        return dumps(entry)
    if callable(entry):
        return _name_of(owner, name, entry)
    return entry


def _name_of(owner: str, name: str, function: Callable[..., Any]) -> str:
    qualified = getattr(function, "__qualname__", getattr(function, "__name__", "<"))
    if "<" in qualified:  # a lambda, a function within another one, a partial
        rule = "a function must have a name by which it is found again, `module.name`"
        raise TypeError(f"{owner}: `{name}`: {rule}, got {brief(function)}.")
    return f"{function.__module__}.{qualified}"
