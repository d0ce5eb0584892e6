"""What is probably wrong with a schedule: what people find in a plot, or after the run.

The values are looked at as those of any function. The pieces of joins are looked at as data: where the join says
that one piece follows another, and a piece says how long it needs and where it ends, they can contradict each other.
What is declared is never reported: the drops of a `StepDecay`, the stairs of constants, a restart, a weight decay of 0.
"""

import dataclasses
from collections.abc import Iterator
from typing import NamedTuple

import jax
import numpy as np

from jaxsched._combinators.clocks import Shift
from jaxsched._combinators.joins import Join, JoinAlike
from jaxsched._combinators.pieces import (
    FOR_EVER,
    NOTICEABLE,
    Piece,
    curves,
    in_whole_steps,
    operands,
    pieces,
    values_of,
)
from jaxsched._curves.constant import Constant
from jaxsched._curves.cooldowns import Geometric
from jaxsched._curves.piecewise import PiecewiseConstant, Tabulated
from jaxsched._data.fields import as_schedule
from jaxsched._numerics.floats import last_step
from jaxsched._schedule.arithmetic import Arithmetic
from jaxsched._schedule.known import as_horizon, check_concrete, numbers_of
from jaxsched._schedule.queries import extrema_between
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._typing import Whole


HUGE = 10
"""Up to this, a rise by orders of magnitude is left alone: warmups from almost nothing, and range tests."""

LENGTHS = ("transition_steps", "period_steps", "step_size", "half_life", "timescale")

POWERS = ("power", "exponent", "k_decay")

VALUES = {"init_value", "peak_value", "end_value", "value", "values"}


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that is probably wrong with a schedule; see `lint`.

    Args:
        kind: what it is, one of those listed at `lint`.
        step: the step at which it shows.
        message: what was found there.

    >>> print(Finding("negative", 60, "the value falls below 0, to -0.2 at step 120."))
    step 60: negative: the value falls below 0, to -0.2 at step 120.
    """

    kind: str
    step: int
    message: str

    def __str__(self) -> str:
        return f"step {self.step}: {self.kind}: {self.message}"


def lint(schedule: ScheduleLike, total_steps: Whole) -> list[Finding]:
    """What is probably wrong with a schedule, for a run of `total_steps` steps. An empty list: nothing.

    The kinds of findings:

    - "not finite": the value is infinite or not a number.
    - "negative": the value is positive at some steps and negative at others. One that is nowhere positive, such as
      `-schedule`, is meant, and looked at as if its sign were turned.
    - "stuck at zero": the value is 0 at step 0 and still at step 1, or in the whole run, and no constant says so.
    - "rises after the end": having fallen during the run, it rises in the `total_steps` steps after it, which a run
      that is resumed or a little longer will see.
    - "discontinuity": in a join, a piece begins at another value than the one before ends. Not
      reported: a constant warmup, stairs of constants, and a restart, which goes back to where a piece began before, or
      to another piece of the same kind.
    - "end not reached": a transition has fewer steps than it needs, and what follows does not go on from there.
    - "peak not reached": the largest value at which a transition in a join would end does not occur in the run.
    - "far from the start": the run gets above 10, in a curve that goes from its `init_value`, if that is not 0, to a
      thousand times that or more. Not reported: `Geometric`, which rises by factors.
    - "length of 0": a curve has one, and so is never at the value that is given for its start.
    - "large power": a power or exponent is 100 or more.
    - "stack": the schedule is one, and nothing else was looked at.

    Args:
        schedule: one schedule. Lint the rows of a stack one by one.
        total_steps: the length of the run.

    Returns:
        The findings, by step.

    Raises:
        TypeError: if `schedule` is not a schedule, its numbers are traced, or `total_steps` is not one integer.
        ValueError: if `total_steps` is negative.

    >>> lint(warmup_cosine(peak_value=0.3, warmup_steps=100, total_steps=1000), total_steps=1000)
    []
    >>> for finding in lint(sequence([Linear(0.0, 0.3, 100), Cosine(0.5, 0.0, 1000)], [100]), total_steps=500):
    ...     print(finding)
    step 100: discontinuity: jumps from 0.3 to 0.5, where Cosine follows Linear.
    step 500: end not reached: Cosine needs 1000 steps to its `end_value` 0, has 400, and gets to 0.327254.
    >>> for finding in lint(Cosine(0.1, 1000, 0), total_steps=1000):
    ...     print(finding)
    step 0: length of 0: `transition_steps` is 0: Cosine begins at 1000, not at its `init_value` 0.1.
    step 0: far from the start: Cosine goes from 0.1 to 1000.
    """
    schedule = as_schedule("lint", "schedule", schedule, Schedule).expand()
    total = as_horizon("lint", total_steps)
    check_concrete("lint", schedule)
    if schedule.shape:
        use = "in an optax optimizer its values would broadcast over the parameters; lint its rows one by one"
        return [Finding("stack", 0, f"it is a stack of shape {schedule.shape}: {use}.")]
    run = _extent(schedule, 0, total)
    if not np.isfinite([run.lowest, run.highest]).all():
        worst = (run.lowest_step, run.lowest), (run.highest_step, run.highest)
        step, value = min((step, value) for step, value in worst if not np.isfinite(value))
        return [Finding("not finite", step, f"the value is {value}.")]
    findings = [
        *_negative(schedule, run, total),
        *_stuck_at_zero(schedule, run, total),
        *_rises_after_the_end(schedule, run, total),
        *_of_pieces(schedule, 0, total),
        *_of_numbers(schedule, run, total),
    ]
    return sorted(findings, key=lambda finding: finding.step)


# What the values say.


class _Extent(NamedTuple):
    lowest: float
    lowest_step: int
    highest: float
    highest_step: int

    @property
    def largest(self) -> float:
        return max(-self.lowest, self.highest)

    @property
    def largest_step(self) -> int:
        return self.highest_step if self.highest >= -self.lowest else self.lowest_step


def _extent(schedule: Schedule, first: int, last: int) -> _Extent:
    lowest, lowest_step, highest, highest_step = extrema_between(schedule, first, min(last, last_step()))
    return _Extent(float(lowest), int(lowest_step), float(highest), int(highest_step))


def _negative(schedule: Schedule, run: _Extent, total: int) -> Iterator[Finding]:
    if run.lowest < 0 < run.highest:
        first = int(schedule.crossing(-np.finfo(np.float32).tiny, total)) if values_of(schedule, 0)[0] >= 0 else 0
        yield Finding("negative", first, f"the value falls below 0, to {run.lowest:g} at step {run.lowest_step}.")


def _stuck_at_zero(schedule: Schedule, run: _Extent, total: int) -> Iterator[Finding]:
    if total < 2 or any(values_of(schedule, 0, 1)):
        return
    if run.largest == 0:
        values = [x for path, x in jax.tree.leaves_with_path(schedule) if getattr(path[-1], "name", "") in VALUES]
        if not values or any(map(np.any, values)):
            yield Finding("stuck at zero", 0, "the value is 0 in the whole run.")
    elif not _declares_a_start(schedule):
        tiny = np.finfo(np.float32).tiny
        up, down = (int(schedule.crossing(bound, total)) for bound in (tiny, -tiny))
        first = min(step for step in (up, down) if step >= 0)
        yield Finding("stuck at zero", 0, f"the value is 0 before step {first}.")


def _declares_a_start(schedule: Schedule) -> bool:
    """Whether the schedule says that it stays for a while where it begins."""
    if isinstance(schedule, Arithmetic):
        return any(map(_declares_a_start, operands(schedule)))
    if isinstance(schedule, Join | JoinAlike):
        return _declares_a_start(pieces(schedule, 0, FOR_EVER)[0].schedule)
    return isinstance(schedule, Constant | PiecewiseConstant | Tabulated | Shift)


def _rises_after_the_end(schedule: Schedule, run: _Extent, total: int) -> Iterator[Finding]:
    sign = 1 if run.highest > 0 else -1
    after = _extent(schedule, total, 2 * total)
    end, top = sign * values_of(schedule, total)[0], run.highest if sign > 0 else -run.lowest
    later, step = (after.highest, after.highest_step) if sign > 0 else (-after.lowest, after.lowest_step)
    if min(top, later) - end > NOTICEABLE * run.largest:
        message = f"it ends at {sign * end:g}, and is {sign * later:g} at step {step}."
        yield Finding("rises after the end", total, message)


# What the pieces say.


def _of_pieces(schedule: Schedule, begin: int, end: int) -> Iterator[Finding]:
    """The findings in a schedule whose step 0 is at `begin`, for a run up to `end`."""
    if isinstance(schedule, Arithmetic):
        if schedule.symbol not in ("minimum", "maximum"):  # of their operands, only one shows
            for operand in operands(schedule):
                yield from _of_pieces(operand, begin, end)
        return
    if isinstance(schedule, Shift):
        inner = _of_pieces(schedule.schedule, begin + in_whole_steps(schedule.steps), end)
        yield from (finding for finding in inner if finding.step >= begin)  # what comes earlier is cut off
        return
    planned = pieces(schedule, begin, FOR_EVER)
    shown = [piece._replace(end=min(piece.end, end)) for piece in planned if piece.begin < end]
    if not shown:
        return
    run = _extent(schedule, 0, end - begin)
    for i, piece in enumerate(shown):
        yield from _joint(shown[: i + 2], run.largest) if i + 1 < len(shown) else _end_not_reached(piece, run.largest)
        if isinstance(piece.schedule, Arithmetic | Shift):
            yield from _of_pieces(piece.schedule, piece.begin, piece.end)
    if len(planned) > 1:
        yield from _peak_not_reached(planned, run, begin)


def _joint(lives: list[Piece], largest: float) -> Iterator[Finding]:
    """The findings where the last of these pieces follows the one before it."""
    piece, following = lives[-2:]
    first, last, over = piece.at(0, piece.life - 1, piece.life)
    then, later = following.at(0, following.life)
    before = over if np.isfinite(over) else last
    if min(abs(then - last), abs(then - before)) <= NOTICEABLE * largest:
        return
    moves, moves_then, jumps = np.sign([before - first, later - then, then - before])
    constant = moves == 0 and (moves_then == 0 or (len(lives) == 2 and abs(then) > abs(before)))
    alike = type(piece.schedule) is type(following.schedule) and moves == moves_then
    restart = moves == -jumps and (alike or any(then == earlier.at(0)[0] for earlier in lives[:-1]))
    if not constant and not restart:
        message = f"jumps from {before:g} to {then:g}, where {following.name} follows {piece.name}."
        yield Finding("discontinuity", following.begin, message)
    yield from _end_not_reached(piece, largest)


def _end_not_reached(piece: Piece, largest: float) -> Iterator[Finding]:
    needs = piece.needs()
    if needs is None or needs <= piece.life:
        return
    value, end = piece.at(piece.life, needs)
    if abs(value - end) > NOTICEABLE * largest:
        message = (
            f"{piece.name} needs {needs} steps to its `end_value` {end:g}, has {piece.life}, and gets to {value:g}."
        )
        yield Finding("end not reached", piece.end, message)


def _peak_not_reached(planned: list[Piece], shown: _Extent, begin: int) -> Iterator[Finding]:
    peaks = [(abs(value), value, piece.name) for piece in planned for value in piece.at(0, piece.needs() or 0)]
    peak, value, name = max(peaks)
    if peak > shown.largest * (1 + 1e-5):
        message = f"the {value:g} of {name} does not occur: the largest value is {shown.largest:g}."
        yield Finding("peak not reached", begin + shown.largest_step, message)


# What the numbers say: arguments in a wrong order look like this.


def _of_numbers(schedule: Schedule, run: _Extent, total: int) -> Iterator[Finding]:
    for curve in curves(schedule, 0, total):
        numbers = _numbers(curve.schedule)
        for name in POWERS:
            if numbers.get(name, 0) >= 100:
                yield Finding("large power", curve.begin, f"the `{name}` of {curve.name} is {numbers[name]:g}.")
        start = next((name for name in ("init_value", "peak_value") if name in numbers), None)
        if start is not None:
            yield from _jumps_from(start, curve, numbers)
        if run.largest > HUGE and not isinstance(curve.schedule, Geometric):
            yield from _far_from_the_start(curve, numbers)


def _jumps_from(start: str, curve: Piece, numbers: dict[str, float]) -> Iterator[Finding]:
    for name in LENGTHS:
        if numbers.get(name) == 0:
            value, first = numbers[start], curve.at(0)[0]
            if abs(first - value) > NOTICEABLE * max(abs(first), abs(value)):
                message = f"`{name}` is 0: {curve.name} begins at {first:g}, not at its `{start}` {value:g}."
                yield Finding("length of 0", curve.begin, message)


def _far_from_the_start(curve: Piece, numbers: dict[str, float]) -> Iterator[Finding]:
    start = numbers.get("init_value")
    far = max((numbers.get(name, 0.0) for name in ("end_value", "peak_value")), key=abs)
    if start and abs(far) > 999.9 * abs(start):  # 0.1 is a little more than that in float32
        yield Finding("far from the start", curve.begin, f"{curve.name} goes from {start:g} to {far:g}.")


def _numbers(schedule: Schedule) -> dict[str, float]:
    """The numbers of a schedule itself that are no tables, by name."""
    return {field.name: float(x) for field, x in numbers_of(schedule) if not field.spec.ndim}
