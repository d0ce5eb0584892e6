"""What a picture of a schedule must show: of each column of pixels, the first, least, greatest and last value.

Every step is looked at: whoever takes every hundredth step misses a restart between them. Blocks of steps have one
size, so that a schedule is compiled once, however long the run.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from jaxsched._numerics.floats import default_dtype
from jaxsched._schedule.schedule import Schedule


JUMP = 4
"""A change of the value within one step is a jump if it is so many times those before and after it ..."""

SEEN = 0.01
"""... and so large a part of the value."""

LEAST = 1e-7
"""Below this part of the largest value, a jump is that of a float."""


class Outline(NamedTuple):
    """The steps and values of each column: of its first and last step, and between them the extremes."""

    begins: np.ndarray
    ends: np.ndarray
    first: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    last: np.ndarray
    jumps: np.ndarray  # of one schedule, the steps at which its value jumps

    def path(self) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values of a line, or one for each row, that goes up and down in a column as the schedule does."""
        if (self.begins == self.ends).all():
            return self.begins.astype(float), self.first
        rises, middle = self.first <= self.last, (self.begins + self.ends) / 2
        earlier, later = np.where(rises, self.lowest, self.highest), np.where(rises, self.highest, self.lowest)
        steps = [self.begins, np.where(earlier == self.first, self.begins, middle)]
        steps += [np.where(later == self.last, self.ends, middle), self.ends]
        row = (*self.first.shape[:-1], 4 * len(self.begins))
        values = np.stack([self.first, earlier, later, self.last], axis=-1).reshape(row)
        return np.stack(np.broadcast_arrays(*steps), axis=-1).reshape(row), values


def outline(schedule: Schedule, total_steps: int, columns: int) -> Outline:
    """The steps 0 .. total_steps in so many columns, or one for each step if they are fewer."""
    count = total_steps + 1
    begins = np.arange(min(columns, count)) * count // min(columns, count)
    ends = np.append(begins[1:], count) - 1
    size = (*schedule.shape, len(begins))
    first, last = np.empty(size), np.empty(size)
    lowest, highest = np.full(size, np.nan), np.full(size, np.nan)
    jumps = _Jumps()
    for start, values in _blocks(schedule, count):
        stop = start + values.shape[-1]
        here = slice(np.searchsorted(begins, start, "right") - 1, np.searchsorted(begins, stop))
        cuts = np.maximum(begins[here], start) - start
        lowest[..., here] = np.fmin(lowest[..., here], np.fmin.reduceat(values, cuts, axis=-1))
        highest[..., here] = np.fmax(highest[..., here], np.fmax.reduceat(values, cuts, axis=-1))
        for table, steps in ((first, begins), (last, ends)):
            inside = np.flatnonzero((start <= steps) & (steps < stop))
            table[..., inside] = values[..., steps[inside] - start]
        if not schedule.shape:
            jumps.look(values)
    return Outline(begins, ends, first, lowest, highest, last, jumps.found())


def some_rows(schedule: Schedule, most: int) -> Schedule:
    """Rows of a stack, from the first to the last, as a stack of one axis; one schedule as it is."""
    if not schedule.shape:
        return schedule
    count = math.prod(schedule.shape)
    chosen = np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))
    return schedule[np.unravel_index(chosen, schedule.shape)]


def values_at(schedule: Schedule, steps: np.ndarray) -> np.ndarray:
    """Its values, by the program that an outline uses."""
    size = _block(schedule)
    blocks = [steps[i : i + size] for i in range(0, len(steps), size)]
    values = [_values(schedule, block)[..., : len(block)] for block in blocks]
    return np.concatenate(values, axis=-1, dtype=float) if values else np.empty((*schedule.shape, 0))


def largest(schedule: Schedule, seen: Outline) -> tuple[int, float]:
    """The first step at which a schedule is furthest from 0, and its value there."""
    most = float(np.fmax.reduce([seen.highest, -seen.lowest], axis=None))
    found: list[tuple[int, float]] = []
    for value, extremes in ((most, seen.highest), (-most, seen.lowest)):
        for column in np.flatnonzero(extremes == value)[:1]:
            found.append((first_step_with(schedule, value, int(seen.begins[column]), int(seen.ends[column])), value))
    return min(found, default=(0, most))


def first_step_with(schedule: Schedule, value: float, begin: int, end: int) -> int:
    """The first of the steps begin .. end with this value, which one of them has."""
    for start in range(begin, end, _block(schedule)):
        steps = np.arange(start, min(start + _block(schedule), end + 1))
        if (found := values_at(schedule, steps) == value).any():
            return int(steps[found.argmax()])
    return end


def _block(schedule: Schedule) -> int:
    """How many steps at a time: some megabytes for all rows, and few enough for a single schedule to be quick."""
    return 2 ** min(max(20 - math.prod(schedule.shape).bit_length(), 4), 16)


def _blocks(schedule: Schedule, count: int) -> Iterator[tuple[int, np.ndarray]]:
    size = _block(schedule)
    for start in range(0, count, size):
        steps = np.arange(start, min(start + size, count))
        yield start, _values(schedule, steps)[..., : len(steps)]


def _values(schedule: Schedule, steps: np.ndarray) -> np.ndarray:
    padded = np.full(_block(schedule), steps[-1], default_dtype(integer=True))
    padded[: len(steps)] = steps
    return np.asarray(schedule(padded))


class _Jumps:
    """The jumps in values that come block by block; before the first and behind the last there is no change."""

    def __init__(self):
        self.held, self.step, self.largest, self.steps = np.empty(0), 0, 0.0, [np.empty(0, int)]

    def look(self, values: np.ndarray) -> None:
        values = np.where(np.isfinite(values), values, np.nan).astype(float)  # differences of floats may overflow
        held = np.concatenate([self.held if len(self.held) else values[:1], values])
        if not len(self.held):
            self.step = -1
        self.largest = np.nanmax(np.abs(values), initial=self.largest)
        change, size = np.abs(np.diff(held)), np.abs(held)
        around = np.maximum(change[:-2], change[2:])
        least = np.maximum(SEEN * np.maximum(size[1:-2], size[2:-1]), LEAST * self.largest)
        found = (change[1:-1] > JUMP * around) & (change[1:-1] > least)
        self.steps.append(np.flatnonzero(found) + self.step + 2)
        self.step += max(len(held) - 3, 0)
        self.held = held[-3:]

    def found(self) -> np.ndarray:
        if len(self.held):
            self.look(self.held[-1:])
        return np.concatenate(self.steps)
