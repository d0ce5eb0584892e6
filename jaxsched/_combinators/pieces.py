"""What a schedule is made of: the pieces of its joins, the operands of its sums, and where in a run they show."""

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxsched._combinators.choices import Select
from jaxsched._combinators.clocks import Shift
from jaxsched._combinators.joins import Join, JoinAlike, pieces_of
from jaxsched._data.checks import as_exact
from jaxsched._numerics.floats import last_step
from jaxsched._schedule.arithmetic import Arithmetic
from jaxsched._schedule.schedule import Schedule


NOTICEABLE = 0.01
"""A difference of less than this part of the largest value does not show on a plot, and is not reported."""

FOR_EVER = 2**64


def values_of(schedule: Schedule, *steps: int) -> list[float]:
    """The values at up to four steps: always four are asked for, so that one executable serves all questions."""
    four = np.minimum([*steps, 0, 0, 0][:4], last_step())
    return np.asarray(schedule(four), np.float64).tolist()[: len(steps)]


def in_whole_steps(length: Any) -> int:
    """A length that is known; a real one is over at the next whole step."""
    return math.ceil(as_exact(length).item())


class Piece(NamedTuple):
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
        return values_of(self.schedule, *steps)

    def needs(self) -> int | None:
        """How many steps it takes to its `end_value`, if it is a transition: if it is there by then."""
        fields = vars(self.schedule)
        needs, end = fields.get("transition_steps"), fields.get("end_value")
        if needs is None or end is None:
            return None
        first, reached = self.at(0, needs := in_whole_steps(needs))
        return needs if abs(reached - float(end)) <= NOTICEABLE * max(abs(first), abs(reached)) else None


def pieces(schedule: Schedule, begin: int, end: int) -> list[Piece]:
    """The pieces of a join that have a life, those of the joins in it included; another schedule is one piece."""
    if not isinstance(schedule, Join | JoinAlike):
        return [Piece(schedule, begin, end)]
    boundaries = map(in_whole_steps, as_exact(schedule.boundaries))
    bounds = [begin, *(min(begin + boundary, end) for boundary in boundaries), end]
    lives = zip(pieces_of(schedule), itertools.pairwise(bounds), strict=True)
    return [inner for piece, (begin, end) in lives if begin < end for inner in pieces(piece, begin, end)]


def operands(schedule: Arithmetic) -> Iterable[Schedule]:
    return (operand for operand in schedule.operands if isinstance(operand, Schedule))


def curves(schedule: Schedule, begin: int, end: int) -> Iterator[Piece]:
    """All that a schedule is made of and that shows; what is on another clock, from where that begins."""
    for piece in pieces(schedule, begin, end):
        if piece.life > 0:
            yield piece
            yield from _within(piece)


def _within(piece: Piece) -> Iterator[Piece]:
    schedule, begin, end = piece
    match schedule:
        case Shift():
            inner = curves(schedule.schedule, begin + in_whole_steps(schedule.steps), end)
            yield from (each._replace(begin=max(each.begin, begin)) for each in inner if each.end > begin)
        case Arithmetic(symbol="minimum" | "maximum"):  # of their operands, only one shows
            pass
        case Arithmetic():
            for operand in operands(schedule):
                yield from curves(operand, begin, end)
        case _:
            chosen = schedule.schedules[int(schedule.index)] if isinstance(schedule, Select) else vars(schedule)
            for inner in jax.tree.leaves(chosen, is_leaf=lambda held: isinstance(held, Schedule)):
                if isinstance(inner, Schedule):
                    yield from (each._replace(begin=begin, end=end) for each in curves(inner, 0, FOR_EVER))
