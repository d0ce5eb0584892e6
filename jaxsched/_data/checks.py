"""From what a user gives to what a schedule holds: checked, converted and frozen, once.

Concrete numbers become read-only NumPy scalars and arrays of the default JAX type, so that two schedules with
other numbers have the same types and share one executable. Traced numbers are converted and never checked.
Every error names the class, the argument, the rule and what came; in a stack, the row too.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from jaxsched._data.messages import brief, brief_with_type, in_row
from jaxsched._numerics.doubles import Double, double
from jaxsched._numerics.floats import default_dtype, last_step, x64
from jaxsched._typing import LENGTH, Spec


NEGATIVE = "must not be negative"
PART_OF_RUN = "must be a number of steps (steps_from_fraction makes one of a part of the run)"

_LARGEST = {
    np.dtype(np.float32): float(np.nextafter(2.0**128 - 2.0**103, 0.0)),
    np.dtype(np.float64): float(np.finfo(np.float64).max),
}
"""The largest double that is rounded to a finite one: more than float32's largest, whose shortest decimals are, too."""


def is_traced(x: object) -> bool:
    """Whether the numbers in `x` cannot be read now: a tracer, or an array that lives on other hosts too."""
    x = x.high if isinstance(x, Double) else x
    return isinstance(x, Tracer) or (isinstance(x, jax.Array) and not x.is_fully_addressable)


def as_array(owner: str, name: str, given: object, spec: Spec) -> np.ndarray | jax.Array | Double:
    """What the user gave, as an array in the precision in which it came, and checked.

    Where it may be whole or real: an array of integers where all of it is whole, and a `Double` where it is not.
    """

    def wrong(error: type[Exception], rule: str, came: object = given) -> Exception:
        return error(f"{owner}: `{name}` {rule}, got {came if isinstance(came, str) else brief(came)}.")

    if isinstance(given, Double):
        if not (spec.may_be_real or spec.paired):
            raise wrong(TypeError, "must be one number")
        return given
    if isinstance(given, int) and not -(2**63) <= given < 2**63:
        if spec.integer:
            raise wrong(ValueError, _too_large())
        given = float(given) if abs(given) < 2**1023 else np.inf
    array = _gather(given, axis=-1 if spec.ndim else 0)
    if array is None:
        raise wrong(TypeError, f"must be {spec.noun}", brief_with_type(given))
    if isinstance(array, Double):
        return array
    if array.size == 0 and isinstance(given, Sequence):
        array = array.astype(default_dtype(spec.integer))
    kinds = (np.integer,) if spec.kind == "count" else (np.integer, np.floating)
    if array.ndim < spec.ndim or not any(jnp.issubdtype(array.dtype, kind) for kind in kinds):
        raise wrong(TypeError, f"must be {spec.noun}")
    if not is_traced(array):
        _check_values(np.asarray(array), spec, isinstance(array, np.ndarray | np.generic), wrong)
    return _whole_or_real(array) if spec.may_be_real else array


def as_leaf(array: Any, spec: Spec) -> Any:
    """The array in the default type; NumPy stays NumPy, and is made read-only. A `Double` stays one."""
    if isinstance(array, Double):
        return array
    dtype = default_dtype(spec.integer)
    if isinstance(array, jax.Array):
        return array.astype(dtype)
    array = array.astype(dtype)
    if array.ndim == 0:
        return array[()]
    array.flags.writeable = False
    return array


def checked_leaf(owner: str, name: str, given: object, spec: Spec) -> Any:
    """What the user gave, checked and in the default type."""
    return as_leaf(as_array(owner, name, given, spec), spec)


def _whole_or_real(array: np.ndarray | jax.Array) -> np.ndarray | jax.Array | Double:
    """Integers, where all of it is whole, within 4 ulp; a `Double` otherwise, and of all floats of JAX."""
    if jnp.issubdtype(array.dtype, np.integer):
        return array
    if isinstance(array, jax.Array):
        return as_pair(array)
    pair = as_pair(array.astype(np.float64))
    exact = as_exact(pair)
    whole = np.rint(exact)
    return whole.astype(np.int64) if (np.abs(exact - whole) <= 4 * np.spacing(np.abs(whole))).all() else pair


def derived_length(exact: np.ndarray, scale: np.ndarray, real: bool) -> Any:
    """What comes of lengths that are known: whole where it is, as far as can be seen beside numbers of this scale.

    `real`: one of them is a float of JAX, and what comes of it is real, too.
    """
    whole = np.rint(exact)
    exact = np.where(np.abs(exact - whole) <= 2.0**-46 * scale, whole, exact)
    return as_pair(exact) if real else as_leaf(_whole_or_real(exact), LENGTH)


def is_jax_real(x: Any) -> bool:
    return isinstance(x, Double) and isinstance(x.high, jax.Array)


def as_exact(x: Any) -> np.ndarray:
    """A number that is known, as it is meant: a `Double` as the float64 that it was."""
    if isinstance(x, Double):
        return np.asarray(x.high, np.float64) + np.asarray(x.low, np.float64)
    return np.asarray(x)


def as_real(x: Any) -> Double:
    """A length that is whole as a real one."""
    if isinstance(x, Double):
        return x
    return double(x) if isinstance(x, jax.Array) else as_pair(np.asarray(x))


def check_numbers(owner: str, name: str, held: Any, good: Callable[..., np.ndarray], rule: str, *others: Any) -> None:
    """Raise unless `good(held, *others)` at every row, as far as it can be known now."""
    if any(is_traced(x) for number in (held, *others) for x in jax.tree.leaves(number)):
        return
    first, *rest = np.broadcast_arrays(*map(as_exact, (held, *others)))
    bad = ~np.asarray(good(first, *rest))
    if bad.any():
        row = tuple(np.argwhere(bad)[0].tolist())
        raise ValueError(f"{owner}: `{name}` {rule}, got {brief(first[row])}{in_row(row)}.")


def check_batch_size(owner: str, batch_size: Any, otherwise: str | None = None) -> None:
    """Raise unless it is a positive integer, or what stands for one."""
    counts = isinstance(batch_size, int) and not isinstance(batch_size, bool) and batch_size >= 1
    if not counts and not (type(batch_size) is type(otherwise) and batch_size == otherwise):
        other = "None" if otherwise is None else f'"{otherwise}"'
        raise ValueError(f"{owner}: `batch_size` must be a positive integer or {other}, got {brief(batch_size)}.")


def stacked(numbers: Sequence[Any], axis: int = 0) -> np.ndarray | jax.Array:
    """Leaves as one leaf, along a new axis."""
    if any(isinstance(x, jax.Array) for x in numbers):
        return jnp.stack(numbers, axis)
    array = np.stack(numbers, axis)
    array.flags.writeable = False
    return array


def entries(table: Any) -> int:
    """The number of entries of a table that is a leaf, or a pair of them."""
    return (table.high if isinstance(table, Double) else table).shape[-1]


def as_pair(array: np.ndarray | jax.Array) -> Double:
    """The array as a leaf, and what is lost by that; nothing is lost of what JAX holds already."""
    high = as_leaf(array, Spec())
    if isinstance(array, jax.Array):
        return Double(high, jnp.zeros_like(high))
    return Double(high, as_leaf(array - high.astype(np.float64), Spec()))


def as_step(owner: str, step: Any, name: str = "step") -> np.ndarray | jax.Array:
    """The step in the default integer type; what is negative may stay so."""
    if isinstance(step, jax.Array) and step.dtype == default_dtype(integer=True):
        return step
    step = jnp.asarray(step) if hasattr(step, "__jax_array__") else step
    if isinstance(step, int) and not isinstance(step, bool):
        step = np.asarray(max(step, 0))
    if not (isinstance(step, np.ndarray | np.integer | jax.Array) and jnp.issubdtype(step.dtype, np.integer)):
        rule = "must be an integer or an array of integers"
        raise TypeError(f"{owner}: `{name}` {rule}, got {brief_with_type(step)}.")
    dtype, largest = default_dtype(integer=True), int(jnp.iinfo(step.dtype).max)
    if isinstance(step, jax.Array):
        return step if step.dtype == dtype else jnp.minimum(step, min(last_step(), largest)).astype(dtype)
    step = np.asarray(step)
    if largest > last_step():
        if step.size and step.max() > last_step():
            raise ValueError(f"{owner}: `{name}` {_too_large()}, got {step.max()}.")
        step = np.maximum(step, 0)
    return step.astype(dtype)


def _too_large() -> str:
    limit = f"must be at most {last_step()}"
    return limit if x64() else f"{limit} (int32; jax_enable_x64 lifts this)"


def _gather(given: object, axis: int) -> np.ndarray | jax.Array | Double | None:
    """A number, an array, or a (nested) sequence of them as one array, or None where that cannot be.

    The axis of a sequence comes first, as in NumPy. That of a table comes last: if its entries are stacks, it is one.
    """
    if isinstance(given, jax.Array | np.ndarray | Double):
        return given
    if hasattr(given, "__jax_array__"):  # a variable of Flax NNX
        return jnp.asarray(given)
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        gathered = (_gather(entry, axis=0) for entry in given)
        numbers: list[Any] = [entry for entry in gathered if isinstance(entry, Double) or _is_number(entry)]
        if len(numbers) < len(given):
            return None
        if not numbers:
            return np.asarray([])
        if any(isinstance(entry, Double) for entry in numbers):
            pairs = [as_real(entry) for entry in numbers]
            parts = (_gather([getattr(pair, part) for pair in pairs], axis) for part in ("high", "low"))
            return Double(*parts)
        xp = jnp if any(isinstance(entry, jax.Array) for entry in numbers) else np
        try:
            return xp.stack(xp.broadcast_arrays(*numbers), axis=axis)
        except ValueError:
            return None
    if isinstance(given, int | float | np.generic) or hasattr(given, "__array__"):  # a column of pandas, a CPU tensor
        return np.asarray(given)
    return None


def _is_number(array: Any) -> bool:
    return array is not None and array.dtype not in (object, bool)


def _check_values(array: np.ndarray, spec: Spec, typed: bool, wrong: Callable[..., Exception]) -> None:
    """`typed`: by a user, in numbers of Python or NumPy. What JAX computed may have come to be anything."""
    integer = spec.integer
    dtype = default_dtype(integer)
    array = array if jnp.issubdtype(array.dtype, np.integer) and integer else array.astype(np.float64)
    highest = last_step() if integer else _LARGEST[dtype]
    lowest = -highest if spec.minimum is None else spec.minimum

    def reject_first(bad: np.ndarray, rule: str) -> Exception:
        where = tuple(np.argwhere(bad)[0].tolist())
        row, entry = where[: array.ndim - spec.ndim], where[array.ndim - spec.ndim :]
        at = f" at index {entry[0]}" if entry else ""
        return wrong(ValueError, rule, f"{array[where]}{at}{in_row(row)}")

    if array.size and not (array.min() >= lowest and array.max() <= highest):
        if (infinite := ~np.isfinite(array) if integer else ~(np.abs(array) <= highest)).any():
            raise reject_first(infinite, f"must be finite in {default_dtype(integer=False).name}")
        if array.max() > highest:
            raise reject_first(array > highest, _too_large())
        raise reject_first(array < lowest, NEGATIVE if lowest == 0 else f"must be at least {lowest}")
    if spec.positive and (array == 0).any():
        raise reject_first(array == 0, "must be more than 0")
    if spec.kind == "length" and spec.minimum == 0 and typed and (parts := (array > 0) & (array < 1)).any():
        raise reject_first(parts, PART_OF_RUN)
    if not integer and (lost := (array != 0) & (array.astype(dtype) == 0)).any():
        least = f"{np.finfo(dtype).smallest_subnormal:.2g} from it in {dtype.name}"
        raise reject_first(lost, f"must be 0, or at least {least} (jax_enable_x64 lifts this)")
    if spec.increasing:
        falls = np.zeros(array.shape, bool)
        falls[..., 1:] = array[..., 1:] < array[..., :-1]
        if falls.any():
            raise reject_first(falls, "must be in increasing order")
