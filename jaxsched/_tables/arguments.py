"""What a user gives for a table of values: schedules of any kinds, steps, a type."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import as_step
from jaxsched._data.data import broadcast_numbers, map_numbers
from jaxsched._data.fields import as_schedule, as_schedules
from jaxsched._data.messages import brief
from jaxsched._numerics.floats import default_dtype
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._tables.stacking import stack, structure_of


Schedules = ScheduleLike | Sequence[ScheduleLike]


class Group(NamedTuple):
    """The rows of a table that have one structure, as a stack of shape (n,), and where they are in the table."""

    schedules: Schedule
    rows: np.ndarray


@dataclasses.dataclass(frozen=True)
class Steps:
    """Steps, none of them negative: an array, or None for 0 .. n-1, which are counted where they are needed."""

    array: jax.Array | np.ndarray | None
    shape: tuple[int, ...]

    @property
    def count(self) -> int:
        return int(np.prod(self.shape))


# What a user gives.


def as_groups(owner: str, schedules: Any) -> tuple[tuple[int, ...], list[Group]]:
    """The shape of the table without its steps, and its rows by structure."""
    if not isinstance(schedules, list | tuple):
        schedules = as_schedule(owner, "schedules", schedules, Schedule)
        shape = schedules.shape
        return shape, [Group(_flat(schedules), np.arange(int(np.prod(shape))))]
    given = as_schedules(owner, "schedules", schedules, Schedule)
    shapes = list(dict.fromkeys(schedule.shape for schedule in given))
    if len(shapes) > 1:
        came = ", ".join(map(str, shapes))
        raise ValueError(f"{owner}: the schedules of a list must have one shape, got {came}.")
    members: dict[Any, list[int]] = {}
    for i, schedule in enumerate(given):
        members.setdefault(structure_of(schedule), []).append(i)
    rows = np.arange(len(given) * int(np.prod(shapes[0]))).reshape(len(given), -1)
    groups = [Group(_flat(_stacked([given[i] for i in which])), rows[which].ravel()) for which in members.values()]
    return (len(given), *shapes[0]), groups


def _stacked(schedules: list[Schedule]) -> Schedule:
    return stack(schedules) if jax.tree.leaves(schedules[0]) else schedules[0]


def _flat(schedules: Schedule) -> Schedule:
    """The stack with one axis, of one row if it has none."""
    shape = schedules.shape
    count = int(np.prod(shape))
    return map_numbers(lambda x, field: x.reshape(count, *np.shape(x)[len(shape) :]), broadcast_numbers(schedules))


def as_steps(owner: str, steps: Any) -> Steps:
    """The steps as an array of one axis, or the number of them."""
    if isinstance(steps, int | np.integer) and not isinstance(steps, bool):
        if steps < 0:
            raise ValueError(f"{owner}: `steps` must not be negative, got {steps}.")
        return Steps(None, (int(steps),))
    given = as_step(owner, steps, "steps")
    return Steps(jnp.maximum(given, 0).ravel(), given.shape)


def as_float_dtype(owner: str, dtype: Any) -> np.dtype[Any]:
    """The type of the values."""
    default = default_dtype(integer=False)
    if dtype is None:
        return default
    try:
        given = jnp.dtype(dtype)
    except TypeError:
        given = None
    if given is None or not jnp.issubdtype(given, np.floating):
        raise TypeError(f"{owner}: `dtype` must be the type of a float, got {brief(dtype)}.")
    if given.itemsize > default.itemsize:
        raise ValueError(f"{owner}: `dtype` must be at most {default} (jax_enable_x64 lifts this), got {given}.")
    return given
