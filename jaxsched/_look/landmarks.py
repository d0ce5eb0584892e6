"""The steps of a schedule that a reader looks for, with the values there."""

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxsched._combinators.choices import DecayFrom, Splice
from jaxsched._combinators.clocks import Shift
from jaxsched._combinators.joins import Join, JoinAlike, pieces_of
from jaxsched._combinators.pieces import NOTICEABLE, operands
from jaxsched._data.checks import as_exact
from jaxsched._data.source import show
from jaxsched._look.outline import Outline, first_step_with, outline, values_at
from jaxsched._schedule.arithmetic import Arithmetic
from jaxsched._schedule.known import as_horizon, as_one
from jaxsched._schedule.recipe import Recipe
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._typing import Whole


COLUMNS = 1024
"""Peaks are told apart if they are in different columns of so many."""


class Landmark(NamedTuple):
    """A step that a reader of a schedule looks for; see `landmarks`.

    >>> print(Landmark(100, 0.1, "peak, Cosine begins"))
    step 100: 0.1: peak, Cosine begins
    """

    step: int
    value: float
    what: str

    def __str__(self) -> str:
        return f"step {self.step}: {shortest(self.value)}: {self.what}"


def shortest(value: Any) -> str:
    """A number in as few decimals as `repr` of a schedule has."""
    if isinstance(value, np.integer):
        return show(value)
    with np.errstate(over="ignore", under="ignore"):
        short = np.float32(value)
    return show(short if np.isclose(float(short), value, 1e-6, 0, equal_nan=True) else np.float64(value))


def landmarks(schedule: ScheduleLike, total_steps: Whole) -> list[Landmark]:
    """The steps that a reader looks for in a run, and the values there.

    What is at a step, all that there is:

    - "start", step 0, and "end", step `total_steps` itself: the first step after the run.
    - "Cosine begins", "Linear ends": a piece of a join follows another, or a transition is over before what follows.
    - "restart": the value goes one way, and jumps back within one step; "step up", "step down": it jumps otherwise.
    - "peak": the first step of a maximum from which the value falls, by a hundredth of the range or more.
    - "first negative": the value falls below 0, having been above.

    Every step of the run is looked at.

    Args:
        schedule: one schedule.
        total_steps: the length of the run.

    Returns:
        The landmarks (step, value, what), by step.

    Raises:
        TypeError: if `schedule` is a stack or its numbers are traced, or `total_steps` is not one integer.
        ValueError: if `total_steps` is negative.

    >>> schedule = wsd(peak_value=0.1, warmup_steps=100, cooldown_steps=200, total_steps=1000)
    >>> for landmark in landmarks(schedule, 1000):
    ...     print(landmark)
    step 0: 0.0: start
    step 100: 0.1: Constant begins, peak
    step 800: 0.1: Linear begins
    step 1000: 0.0: end
    """
    schedule = as_one("landmarks", "schedule", schedule)
    last = as_horizon("landmarks", total_steps)
    return landmarks_of(schedule, last, outline(schedule, last, COLUMNS))


def landmarks_of(schedule: Schedule, last: int, seen: Outline) -> list[Landmark]:
    """The same, of a schedule that was looked at already."""
    found = [(0, "start"), *_of_phases(schedule, last), *_of_jumps(schedule, seen)]
    restarts = {step for step, what in found if what == "restart"}
    found += [(step, "peak") for step in _peaks(schedule, seen) if step not in restarts]
    found += [(step, "first negative") for step in _first_negative(schedule, seen)]
    at: dict[int, list[str]] = {}
    for step, what in [*found, (last, "end")]:
        if what not in at.setdefault(step, []):
            at[step].append(what)
    steps = np.asarray(sorted(at))
    values = values_at(schedule, steps)
    return [Landmark(int(t), float(v), ", ".join(at[t])) for t, v in zip(steps, values, strict=True)]


def shortened(marks: Sequence[Landmark], most: int) -> Iterator[Landmark | str]:
    """The first landmarks and the last one, and how many are between them."""
    if len(marks) <= most:
        yield from marks
        return
    yield from marks[: most - 2]
    yield f"... {len(marks) - most + 1} more"
    yield marks[-1]


# What the pieces say.


class _Phase(NamedTuple):
    """A schedule that shows at the times [begin, end), which may be real, and whose own step 0 is at `zero`."""

    schedule: Schedule
    zero: float
    begin: float
    end: float


def _of_phases(schedule: Schedule, last: int) -> Iterator[tuple[int, str]]:
    for piece, zero, begin, end in _phases(schedule, 0, last + 1):
        begins, ends = _step_at(begin), _step_at(end)
        if 0 < begins < min(ends, last):
            yield begins, f"{piece._name} begins"
        fields = vars(piece)
        if fields.get("transition_steps") is not None and fields.get("end_value") is not None:
            over = _step_at(zero + as_exact(fields["transition_steps"]).item())
            if begins < over < min(ends, last):
                yield over, f"{piece._name} ends"


def _step_at(time: float) -> int:
    """The first step that is not before a time, but for the digits that a sum of real lengths may lack."""
    return math.ceil(time * (1 - 1e-12))


def _phases(schedule: Schedule, begin: float, end: float) -> Iterator[_Phase]:
    """What a reader would call the phases of a schedule whose step 0 is at `begin`."""
    match schedule:
        case Recipe():
            yield from _phases(schedule._composition(), begin, end)
        case Join() | JoinAlike():
            bounds = [begin, *(min(begin + x, end) for x in as_exact(schedule.boundaries).tolist()), end]
            for piece, (at, until) in zip(pieces_of(schedule), itertools.pairwise(bounds), strict=True):
                if at < until:
                    yield from _phases(piece, at, until)
        case Shift():
            for phase in _phases(schedule.schedule, begin + as_exact(schedule.steps).item(), end):
                if phase.end > begin:
                    yield phase._replace(begin=max(phase.begin, begin))
        case Arithmetic() if schedule.symbol not in ("minimum", "maximum"):  # of their operands, only one shows
            for operand in operands(schedule):
                yield from _phases(operand, begin, end)
        case Splice():
            at = min(begin + as_exact(schedule.at).item(), end)
            yield from (*_phases(schedule.first, begin, at), *_phases(schedule.then, at, end))
        case DecayFrom():
            at = min(begin + as_exact(schedule.at).item(), end)
            yield from (*_phases(schedule.schedule, begin, at), _Phase(schedule, at, at, end))
        case _:
            yield _Phase(schedule, begin, begin, end)


# What the values say.


def _of_jumps(schedule: Schedule, seen: Outline) -> Iterator[tuple[int, str]]:
    """A jump back is a restart: half way from the jump before it, the value was on the side to which it jumps."""
    jumps = seen.jumps
    earlier = np.append(0, jumps[:-1])
    half_way, before, after = values_at(schedule, np.concatenate([(earlier + jumps) // 2, jumps - 1, jumps])).reshape(
        3, -1
    )
    way, jump = before - half_way, after - before
    back = (way * jump < 0) & (np.abs(way) > NOTICEABLE * np.abs(jump))
    for step, is_back, up in zip(jumps.tolist(), back, jump > 0, strict=True):
        yield step, "restart" if is_back else "step up" if up else "step down"


def _peaks(schedule: Schedule, seen: Outline) -> Iterator[int]:
    """The maxima between a rise and a fall of a hundredth of the range."""
    columns = np.arange(len(seen.begins)).repeat(2)
    rises = (seen.first <= seen.last) | (seen.first == seen.lowest) | (seen.last == seen.highest)  # one may be NaN
    order = np.where(rises, seen.lowest, seen.highest), np.where(rises, seen.highest, seen.lowest)
    values = np.stack(order, axis=-1).ravel()
    columns, values = columns[np.isfinite(values)], values[np.isfinite(values)]
    if not len(values):
        return
    least = NOTICEABLE * np.ptp(values)
    top, low, rising = 0, 0, False  # indices
    for i, value in enumerate(values.tolist()):
        if rising:
            if value > values[top]:
                top = i
            elif value < values[top] - least:
                column = columns[top]
                yield first_step_with(schedule, values[top], int(seen.begins[column]), int(seen.ends[column]))
                rising, low = False, i
        elif value < values[low]:
            low = i
        elif value > values[low] + least:
            rising, top = True, i


def _first_negative(schedule: Schedule, seen: Outline) -> Iterator[int]:
    """The first step below 0 after one above it."""
    above = np.logical_or.accumulate(seen.highest > 0)
    for column in np.flatnonzero(above & (seen.lowest < 0))[:2].tolist():  # in the first one, it may be above too late
        steps = np.arange(int(seen.begins[column]), int(seen.ends[column]) + 1)
        values = values_at(schedule, steps)
        since = above[column - 1] if column else False
        negative = (values < 0) & (np.logical_or.accumulate(values > 0) | since)
        if negative.any():
            yield int(steps[negative.argmax()])
            return
