"""The source that makes an object: how data is printed, in full, or so that a person can read it.

All text about a schedule comes from here. `short` is what `repr` shows: the same text, but for arrays of more than a
few numbers, of which it tells the shape and the range.
"""

import dataclasses
import types
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import as_exact, as_pair, is_traced
from jaxsched._data.fields import Field, convert
from jaxsched._numerics.doubles import Double


FEW = 12
"""So many numbers, or schedules in a list, are shown; of more of them, their number and range."""

LONGEST = 500
"""The text of a stack that is longer than this says only what it is."""

Show = Callable[..., str]
"""From what a field holds, and its rank, to the text."""


def short(data: Any) -> str:
    """The text for `repr`. In angle brackets, it is no source."""
    text = data._source(show_short)
    if data.shape and len(text) > LONGEST:
        count = len(jax.tree.leaves(data))
        return f"<{data._name} of shape {data.shape}, each of {count} numbers or tables>"
    return text


def call(data: Any, show: Show) -> str:
    """The call of the constructor, without what is as it would be without being mentioned."""
    held = {field: vars(data)[field.name] for field in data._fields}
    shown = {field: x for field, x in held.items() if not _is_default(field, x, type(data)._part)}
    if data.shape and not any(field.holds == "number" for field in shown):
        shown = held  # for the shape
    arguments = (f"{field.name}={show(x, field.spec.ndim)}" for field, x in shown.items())
    return f"{data._name}({', '.join(arguments)})"


def _is_default(field: Field, held: Any, part: type) -> bool:
    if field.default is dataclasses.MISSING:
        return False
    default = convert(field, field.default, part)
    if not _is_number(default):
        return type(held) is type(default) and held == default
    if not _is_number(held):
        return False
    first, second = as_exact(default), as_exact(held)
    return bool(np.all(first == second) and np.all(np.signbit(first) == np.signbit(second)))


def _is_number(x: Any) -> bool:
    known = isinstance(x, Double) and isinstance(x.high, np.ndarray | np.generic | jax.Array)
    return (known or isinstance(x, np.ndarray | np.generic | jax.Array)) and not is_traced(x)


def show(x: Any, ndim: int = 0) -> str:
    """Source for what a field of rank `ndim` holds, in the shortest decimals that give the same leaves."""
    return _shown(x, ndim, show)


def show_short(x: Any, ndim: int = 0) -> str:
    """The same, unless it is long."""
    if isinstance(x, list | tuple) and len(x) > FEW:
        return f"[{', '.join(map(show_short, x[:2]))}, <{len(x) - 2} more>]"
    if _is_number(x) and np.size(x.high if isinstance(x, Double) else x) > FEW:
        return _summary(x)
    return _shown(x, ndim, show_short)


def _shown(x: Any, ndim: int, inner: Show) -> str:
    if isinstance(x, list | tuple):
        return f"[{', '.join(map(inner, x))}]"
    if hasattr(x, "_source"):
        return x._source(inner)
    if isinstance(x, types.FunctionType):
        return x.__qualname__
    parts = (x.high, x.low) if isinstance(x, Double) else (x,)
    if isinstance(parts[0], jax.Array) and is_traced(parts[0]):
        return f"<{parts[0].dtype.name}{list(parts[0].shape)}>"
    if not isinstance(parts[0], np.ndarray | np.generic | jax.Array):
        return repr(parts[0])
    return _show_numbers(*map(np.asarray, parts), axis=-1 if ndim else 0)


def _summary(x: Any) -> str:
    high = x.high if isinstance(x, Double) else x
    numbers = np.asarray(high)
    least, most = (_show_numbers(bound) for bound in (numbers.min(), numbers.max()))
    extent = f"all {least}" if least == most else f"from {least} to {most}"
    return f"<{high.dtype.name}{list(high.shape)}, {extent}>"


def _show_numbers(*parts: np.ndarray, axis: int = 0) -> str:
    """A number, or the nested list that `_gather` reads; two parts are a pair."""
    if parts[0].ndim:
        rows = [_show_numbers(*(part.take(i, axis) for part in parts)) for i in range(parts[0].shape[axis])]
        return f"[{', '.join(rows)}]"
    if not jnp.issubdtype(parts[0].dtype, np.floating):
        return str(parts[0])
    if len(parts) == 1:
        return repr(float(str(parts[0])))
    pair = Double(*parts)
    for digits in range(1, 17):
        given = float(f"{float(pair):.{digits}g}")
        if as_pair(np.asarray(given)) == pair:
            return repr(given)
    return repr(float(pair))
