"""What is probably wrong with a schedule: what people find in a plot, or after the run.

The values are looked at as those of any function. The pieces of joins are looked at as data: where the join says
that one piece follows another, and a piece says how long it needs and where it ends, they can contradict each other.
What is declared is never reported: the drops of a `StepDecay`, the stairs of constants, a restart, a weight decay of 0.
"""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import jax
import numpy as np

from jaxsched._base import Arithmetic, Schedule
from jaxsched._clocks import Shift
from jaxsched._curves.constant import Constant
from jaxsched._curves.piecewise import PiecewiseConstant, Tabulated
from jaxsched._joins import Join, JoinAlike, pieces_of
from jaxsched._leaves import checked_leaf, is_traced, last_step
from jaxsched._queries import extrema_between
from jaxsched._typing import LENGTH, Count


NOTICEABLE = 0.01
"""A difference of less than this part of the largest value does not show on a plot, and is not reported."""

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


def lint(schedule: Schedule, total_steps: Count) -> list[Finding]:
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

    Args:
        schedule: one schedule. Lint the rows of a stack one by one.
        total_steps: the length of the run.

    Returns:
        The findings, by step.

    Raises:
        TypeError: if `schedule` is not a schedule, its numbers are traced, or `total_steps` is not one integer.
        ValueError: if `schedule` is a stack, or `total_steps` is negative.

    >>> lint(warmup_cosine(peak_value=0.3, warmup_steps=100, total_steps=1000), total_steps=1000)
    []
    >>> for finding in lint(sequence([Linear(0.0, 0.3, 100), Cosine(0.5, 0.0, 1000)], [100]), total_steps=500):
    ...     print(finding)
    step 100: discontinuity: jumps from 0.3 to 0.5, where Cosine follows Linear.
    step 500: end not reached: Cosine needs 1000 steps to its `end_value` 0, has 400, and gets to 0.327254.
    """
    if not isinstance(schedule, Schedule):
        raise TypeError(f"lint: `schedule` must be a schedule, got {schedule!r}.")
    if schedule.shape:
        fix = "lint its rows, as in [lint(row, total_steps) for row in stack]"
        raise ValueError(f"lint: `schedule` must be one schedule, got a stack of shape {schedule.shape}: {fix}.")
    last = checked_leaf("lint", "total_steps", total_steps, LENGTH)
    if np.shape(last):
        raise TypeError(f"lint: `total_steps` must be one integer, got {total_steps!r}.")
    if any(map(is_traced, (last, *jax.tree.leaves(schedule)))):
        raise TypeError("lint: the numbers must be known, and not traced: call it outside of jax.jit.")
    total = int(last)
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


def _values(schedule: Schedule, *steps: int) -> list[float]:
    """The values at up to four steps: always four are asked for, so that one executable serves all questions."""
    four = np.minimum([*steps, 0, 0, 0][:4], last_step())
    return np.asarray(schedule(four), np.float64).tolist()[: len(steps)]


def _negative(schedule: Schedule, run: _Extent, total: int) -> Iterator[Finding]:
    if run.lowest < 0 < run.highest:
        first = int(schedule.crossing(-np.finfo(np.float32).tiny, total)) if _values(schedule, 0)[0] >= 0 else 0
        yield Finding("negative", first, f"the value falls below 0, to {run.lowest:g} at step {run.lowest_step}.")


def _stuck_at_zero(schedule: Schedule, run: _Extent, total: int) -> Iterator[Finding]:
    if total < 2 or any(_values(schedule, 0, 1)):
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
        return any(map(_declares_a_start, _operands(schedule)))
    if isinstance(schedule, Join | JoinAlike):
        return _declares_a_start(_pieces(schedule, 0, _FOR_EVER)[0].schedule)
    return isinstance(schedule, Constant | PiecewiseConstant | Tabulated | Shift)


def _rises_after_the_end(schedule: Schedule, run: _Extent, total: int) -> Iterator[Finding]:
    sign = 1 if run.highest > 0 else -1
    after = _extent(schedule, total, 2 * total)
    end, top = sign * _values(schedule, total)[0], run.highest if sign > 0 else -run.lowest
    later, step = (after.highest, after.highest_step) if sign > 0 else (-after.lowest, after.lowest_step)
    if min(top, later) - end > NOTICEABLE * run.largest:
        message = f"it ends at {sign * end:g}, and is {sign * later:g} at step {step}."
        yield Finding("rises after the end", total, message)


# What the pieces say.


_FOR_EVER = 2**64


class _Piece(NamedTuple):
    """A schedule that is asked for at the steps [begin, end), and whose own step 0 is at `begin`."""

    schedule: Schedule
    begin: int
    end: int

    @property
    def name(self) -> str:
        return self.schedule._name

    @property
    def life(self) -> int:
        return self.end - self.begin

    def at(self, *steps: int) -> list[float]:
        """Its values on its own clock."""
        return _values(self.schedule, *steps)

    def needs(self) -> int | None:
        """How many steps it takes to its `end_value`, if it is a transition: if it is there by then."""
        fields = vars(self.schedule)
        needs, end = fields.get("transition_steps"), fields.get("end_value")
        if needs is None or end is None:
            return None
        first, reached = self.at(0, int(needs))
        return int(needs) if abs(reached - float(end)) <= NOTICEABLE * max(abs(first), abs(reached)) else None


def _pieces(schedule: Schedule, begin: int, end: int) -> list[_Piece]:
    """The pieces of a join that have a life, those of the joins in it included; another schedule is one piece."""
    if not isinstance(schedule, Join | JoinAlike):
        return [_Piece(schedule, begin, end)]
    bounds = [begin, *(min(begin + boundary, end) for boundary in np.asarray(schedule.boundaries).tolist()), end]
    lives = zip(pieces_of(schedule), itertools.pairwise(bounds), strict=True)
    return [inner for piece, (begin, end) in lives if begin < end for inner in _pieces(piece, begin, end)]


def _operands(schedule: Arithmetic) -> Iterable[Schedule]:
    return (operand for operand in schedule.operands if isinstance(operand, Schedule))


def _of_pieces(schedule: Schedule, begin: int, end: int) -> Iterator[Finding]:
    """The findings in a schedule whose step 0 is at `begin`, for a run up to `end`."""
    if isinstance(schedule, Arithmetic):
        if schedule.symbol not in ("minimum", "maximum"):  # of their operands, only one shows
            for operand in _operands(schedule):
                yield from _of_pieces(operand, begin, end)
        return
    if isinstance(schedule, Shift):
        inner = _of_pieces(schedule.schedule, begin + int(schedule.steps), end)
        yield from (finding for finding in inner if finding.step >= begin)  # what comes earlier is cut off
        return
    planned = _pieces(schedule, begin, _FOR_EVER)
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


def _joint(pieces: list[_Piece], largest: float) -> Iterator[Finding]:
    """The findings where the last of these pieces follows the one before it."""
    piece, following = pieces[-2:]
    first, last, over = piece.at(0, piece.life - 1, piece.life)
    then, later = following.at(0, following.life)
    before = over if np.isfinite(over) else last
    if min(abs(then - last), abs(then - before)) <= NOTICEABLE * largest:
        return
    moves, moves_then, jumps = np.sign([before - first, later - then, then - before])
    constant = moves == 0 and (moves_then == 0 or (len(pieces) == 2 and abs(then) > abs(before)))
    alike = type(piece.schedule) is type(following.schedule) and moves == moves_then
    restart = moves == -jumps and (alike or any(then == earlier.at(0)[0] for earlier in pieces[:-1]))
    if not constant and not restart:
        message = f"jumps from {before:g} to {then:g}, where {following.name} follows {piece.name}."
        yield Finding("discontinuity", following.begin, message)
    yield from _end_not_reached(piece, largest)


def _end_not_reached(piece: _Piece, largest: float) -> Iterator[Finding]:
    needs = piece.needs()
    if needs is None or needs <= piece.life:
        return
    value, end = piece.at(piece.life, needs)
    if abs(value - end) > NOTICEABLE * largest:
        message = (
            f"{piece.name} needs {needs} steps to its `end_value` {end:g}, has {piece.life}, and gets to {value:g}."
        )
        yield Finding("end not reached", piece.end, message)


def _peak_not_reached(planned: list[_Piece], shown: _Extent, begin: int) -> Iterator[Finding]:
    peaks = [(abs(value), value, piece.name) for piece in planned for value in piece.at(0, piece.needs() or 0)]
    peak, value, name = max(peaks)
    if peak > shown.largest * (1 + 1e-5):
        message = f"the {value:g} of {name} does not occur: the largest value is {shown.largest:g}."
        yield Finding("peak not reached", begin + shown.largest_step, message)
