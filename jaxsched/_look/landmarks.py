"""The steps of a schedule that a reader looks for, with the values there."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxsched._combinators.choices import DecayFrom, Splice
from jaxsched._combinators.clocks import Shift
from jaxsched._combinators.joins import Join, JoinAlike
from jaxsched._combinators.pieces import NOTICEABLE, Piece, in_whole_steps, operands, pieces
from jaxsched._data.fields import as_schedule
from jaxsched._data.source import show
from jaxsched._look.outline import Outline, first_step_with, outline, values_at
from jaxsched._schedule.arithmetic import Arithmetic
from jaxsched._schedule.known import as_horizon, check_concrete
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
    return show(value if isinstance(value, np.integer) else np.float32(value))


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
    schedule = as_schedule("landmarks", "schedule", schedule, Schedule)
    check_concrete("landmarks", schedule)
    if schedule.shape:
        raise TypeError(f"landmarks: `schedule` must be one schedule, got a stack of shape {schedule.shape}.")
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


def _of_phases(schedule: Schedule, last: int) -> Iterator[tuple[int, str]]:
    for phase in _phases(schedule, 0, last + 1):
        if 0 < phase.begin < last:
            yield phase.begin, f"{phase.name} begins"
        fields = vars(phase.schedule)
        if fields.get("transition_steps") is not None and fields.get("end_value") is not None:
            over = phase.begin + in_whole_steps(fields["transition_steps"])
            if phase.begin < over < phase.end and 0 < over < last:
                yield over, f"{phase.name} ends"


def _phases(schedule: Schedule, begin: int, end: int) -> Iterator[Piece]:
    """What a reader would call the phases of a schedule whose step 0 is at `begin`."""
    match schedule:
        case Recipe():
            yield from _phases(schedule._composition(), begin, end)
        case Join() | JoinAlike():
            for piece in pieces(schedule, begin, end):
                yield from _phases(*piece)
        case Shift():
            inner = _phases(schedule.schedule, begin + in_whole_steps(schedule.steps), end)
            yield from (piece for piece in inner if piece.end > begin)
        case Arithmetic() if schedule.symbol not in ("minimum", "maximum"):  # of their operands, only one shows
            for operand in operands(schedule):
                yield from _phases(operand, begin, end)
        case Splice():
            at = min(begin + in_whole_steps(schedule.at), end)
            yield from (*_phases(schedule.first, begin, at), *_phases(schedule.then, at, end))
        case DecayFrom():
            at = min(begin + in_whole_steps(schedule.at), end)
            yield from (*_phases(schedule.schedule, begin, at), Piece(schedule, at, end))
        case _:
            yield Piece(schedule, begin, end)


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
    rises = seen.first <= seen.last
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
    if not (np.nanmax(seen.highest) > 0 > np.nanmin(seen.lowest)):
        return
    column = int(np.argmax(seen.lowest < 0))
    steps = np.arange(seen.begins[column], seen.ends[column] + 1)
    yield int(steps[np.argmax(values_at(schedule, steps) < 0)])
