"""The source that makes a field: how data is printed."""

import types
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import as_pair, is_traced
from jaxsched._numerics.doubles import Double


def show(x: Any, ndim: int = 0) -> str:
    """Source for what a field of rank `ndim` holds, in the shortest decimals that give the same leaves."""
    if isinstance(x, list | tuple):
        return f"[{', '.join(map(show, x))}]"
    if isinstance(x, types.FunctionType):
        return x.__qualname__
    parts = (x.high, x.low) if isinstance(x, Double) else (x,)
    if isinstance(parts[0], jax.Array) and is_traced(parts[0]):
        return f"<{parts[0].dtype.name}{list(parts[0].shape)}>"
    if not isinstance(parts[0], np.ndarray | np.generic | jax.Array):
        return repr(parts[0])
    return _show_numbers(*map(np.asarray, parts), axis=-1 if ndim else 0)


def _show_numbers(*parts: np.ndarray, axis: int = 0) -> str:
    """A number, or the nested list that `_gather` reads; two parts are a pair."""
    if parts[0].ndim:
        count = parts[0].shape[axis]
        shown = [_show_numbers(*(part.take(i, axis) for part in parts)) for i in range(min(count, 1000))]
        return f"[{', '.join(shown)}{', ...' if count > 1000 else ''}]"
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
