"""From a schedule to the text that makes it."""

import types
from typing import Any

from jaxsched._data.data import Data
from jaxsched._data.fields import as_schedule
from jaxsched._data.messages import brief
from jaxsched._data.source import show
from jaxsched._schedule.known import check_concrete
from jaxsched._schedule.schedule import Schedule, ScheduleLike


def dumps(schedule: ScheduleLike) -> str:
    """The source that makes a schedule, with all of its numbers, however many they are.

    `loads` reads it, and makes an equal schedule, bit for bit; so does Python, where the names of jaxsched are known.
    `repr` is the same text, as long as no array in it is long.

    Args:
        schedule: one schedule or a stack.

    Raises:
        TypeError: if its numbers are traced, or it holds a function, for which no text could stand.

    >>> dumps(wsd(peak_value=3e-4, warmup_steps=100, cooldown_steps=200, total_steps=1000))
    'wsd(peak_value=0.0003, warmup_steps=100, cooldown_steps=200, total_steps=1000)'
    """
    schedule = as_schedule("dumps", "schedule", schedule, Schedule)
    check_concrete("dumps", schedule)
    _check_structure(schedule)
    return show(schedule)


def _check_structure(held: Any) -> None:
    if isinstance(held, tuple):
        for inner in held:
            _check_structure(inner)
    if not isinstance(held, Data):
        return
    for field in held._fields:
        x = vars(held)[field.name]
        if field.static and not isinstance(x, Data) and not _is_written(x):
            kind = "a function" if isinstance(x, types.FunctionType) else "of a class"
            raise TypeError(f"dumps: `{field.name}` of {field.owner} is {kind} that no text can hold, got {brief(x)}.")
        _check_structure(x)


def _is_written(x: Any) -> bool:
    """Whether its `repr` is its source."""
    return all(map(_is_written, x)) if type(x) is tuple else type(x) in (bool, int, float, str, type(None))
