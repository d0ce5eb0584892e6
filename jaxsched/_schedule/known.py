"""What can be asked of a schedule only while its numbers are known: outside of a program."""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from jaxsched._data.checks import as_exact, checked_leaf, is_traced
from jaxsched._data.fields import Field, as_schedule
from jaxsched._data.messages import brief
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import COUNT, Whole


def check_concrete(owner: str, schedule: Any) -> None:
    """Raise if a number in it is traced."""
    if any(map(is_traced, jax.tree.leaves(schedule))):
        raise TypeError(f"{owner}: the numbers must be known, and not traced: call it outside of jax.jit.")


def as_one(owner: str, name: str, given: Any) -> Schedule:
    """One schedule, or a number, whose numbers are known."""
    schedule = as_schedule(owner, name, given, Schedule)
    if schedule.shape:
        raise TypeError(f"{owner}: `{name}` must be one schedule, got a stack of shape {schedule.shape}.")
    check_concrete(owner, schedule)
    return schedule


def numbers_of(schedule: Schedule) -> Iterator[tuple[Field, np.ndarray]]:
    """Its own numbers and tables, as they are meant, each with the field that holds it."""
    for field in schedule._fields:
        held = vars(schedule)[field.name]
        if field.holds == "number" and held is not None and not isinstance(held, Schedule):
            yield field, as_exact(held)


def as_horizon(owner: str, total_steps: Whole) -> int:
    """The length of one run, as an integer of Python."""
    last = checked_leaf(owner, "total_steps", total_steps, COUNT)
    if np.shape(last):
        raise TypeError(f"{owner}: `total_steps` must be one integer, got {brief(total_steps)}.")
    check_concrete(owner, last)
    return int(last)
