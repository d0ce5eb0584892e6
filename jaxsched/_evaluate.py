"""Values of many schedules at many steps, as one compiled program."""

from functools import partial
from typing import overload

import jax
import numpy as np

from jaxsched._base import Schedule
from jaxsched._leaves import as_step, default_dtype
from jaxsched._typing import Step


@overload
def evaluate(schedule: Schedule, steps: Step, *, out: np.ndarray) -> np.ndarray: ...
@overload
def evaluate(schedule: Schedule, steps: Step, *, out: jax.Array | None = None) -> jax.Array: ...
def evaluate(schedule: Schedule, steps: Step, *, out: np.ndarray | jax.Array | None = None) -> np.ndarray | jax.Array:
    """The values of a schedule, or of a stack of them, at many steps.

    Args:
        schedule: one schedule, or a stack.
        steps: an integer n for the steps 0 .. n-1, or an array of integers of any shape.
        out: where to put the values: a NumPy array, which is filled; or the result of an earlier call, whose memory
            is used again, so that it must not be read afterwards. Of the shape and type of the result.

    Returns:
        Values of shape `schedule.shape + steps.shape`, float32: `out` itself if it is a NumPy array, else a JAX array.

    Raises:
        TypeError: if `schedule` is not a schedule, `steps` are not integers, or `out` is not an array.
        ValueError: if `steps` is a negative number, or `out` has another shape or type than the result.

    >>> evaluate(Linear(1.0, 0.0, 4), 6)
    Array([1.  , 0.75, 0.5 , 0.25, 0.  , 0.  ], dtype=float32)
    """
    if not isinstance(schedule, Schedule):
        raise TypeError(f"evaluate: `schedule` must be a schedule, got {schedule!r}.")
    if isinstance(steps, int | np.integer) and not isinstance(steps, bool):
        if steps < 0:
            raise ValueError(f"evaluate: `steps` must not be negative, got {steps}.")
        steps = np.arange(steps)
    steps = as_step("evaluate", steps)
    if out is None:
        return schedule(steps)
    shape, dtype = schedule.shape + steps.shape, default_dtype(integer=False)
    if not isinstance(out, np.ndarray | jax.Array):
        raise TypeError(f"evaluate: `out` must be a NumPy or a JAX array, got {out!r}.")
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(f"evaluate: `out` must be {dtype} of shape {shape}, got {out.dtype} of shape {out.shape}.")
    if isinstance(out, np.ndarray):
        out[...] = schedule(steps)
        return out
    return _into(out, schedule, steps)


@partial(jax.jit, donate_argnums=0, keep_unused=True)
def _into(out: jax.Array, schedule: Schedule, steps: jax.Array) -> jax.Array:
    return schedule(steps)
