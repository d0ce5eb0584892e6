"""The same schedule on another clock."""

from typing import Annotated

import jax
import jax.numpy as jnp

from jaxsched._combinators.stretching import _check_lengths, grown
from jaxsched._curves.cyclic import check_growth
from jaxsched._data.fields import as_schedule
from jaxsched._numerics.counts import is_real, moved, positive, single, steps_left, ticks
from jaxsched._numerics.cycles import equal_cycle, growing_clock, whole_growing_cycle
from jaxsched._numerics.doubles import double
from jaxsched._numerics.exponentials import log2_of_factor, repeated
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._typing import TICKS, Number
from jaxsched.fields import Factor, Length, Offset, Period, PositiveCount, Ratio


class Shift(Schedule, name="shift"):
    """A schedule moved in time; see `shift`."""

    schedule: Schedule
    steps: Offset

    def formula(self, step: jax.Array) -> Number:
        return self.schedule.formula(moved(step, self.steps))


def shift(schedule: ScheduleLike, steps: Offset) -> Schedule:
    """The same schedule, `steps` later; before its start it holds its first value.

        η(t) = η_0(max(t - s, 0))

    Args:
        schedule: η_0.
        steps: s, in steps; negative for earlier, so that the first -s steps are cut off.

    >>> [float(shift(Linear(1.0, 0.0, 10), 5)(t)) for t in (0, 5, 10, 15)]
    [1.0, 1.0, 0.5, 0.0]
    >>> [float(shift(StepDecay(1.0, 3, 0.5), -1)(t)) for t in (0, 1, 2, 3)]
    [1.0, 1.0, 0.5, 0.5]

    The `transition_begin` of optax.
    """
    return Shift(as_schedule("shift", "schedule", schedule, Schedule), steps)


class Every(Schedule, name="every"):
    """A schedule whose clock ticks once in k steps; see `every`."""

    schedule: Annotated[Schedule, TICKS]
    k: Period

    def formula(self, step: jax.Array) -> Number:
        return self.schedule.formula(ticks(step, self.k))


def every(schedule: ScheduleLike, k: Period) -> Schedule:
    """The same schedule on a clock that ticks once in `k` steps.

        η(t) = η_0(⌊t / k⌋)

    For a schedule in epochs that is asked at every step (k steps make an epoch), for one in optimizer updates that is
    asked at every micro-step, and for stairs: a curve over n ticks falls in n steps.

    Args:
        schedule: η_0, on its own clock.
        k: how many steps there are in a tick, a whole number or not; 0 counts as 1.

    >>> by_epoch = every(Cosine(1.0, 0.0, 4), 10)
    >>> [round(float(by_epoch(t)), 2) for t in (0, 9, 10, 20, 39, 40)]
    [1.0, 1.0, 0.85, 0.5, 0.15, 0.0]
    """
    return Every(as_schedule("every", "schedule", schedule, Schedule), k)


class Reverse(Schedule, name="reverse"):
    """A schedule backwards; see `reverse`."""

    schedule: Schedule
    total_steps: Length

    def formula(self, step: jax.Array) -> Number:
        return self.schedule.formula(steps_left(step, self.total_steps))


def reverse(schedule: ScheduleLike, total_steps: Length) -> Schedule:
    """The same schedule backwards: what it had at the end of `total_steps`, it has at the start.

        η(t) = η_0(max(T - t, 0))

    Args:
        schedule: η_0.
        total_steps: T, in steps.

    >>> [float(reverse(Linear(1.0, 0.0, 10), 10)(t)) for t in (0, 5, 10, 20)]
    [0.0, 0.5, 1.0, 1.0]
    """
    return Reverse(as_schedule("reverse", "schedule", schedule, Schedule), total_steps)


class Repeat(Schedule, name="repeat"):
    """A schedule again and again; see `repeat`."""

    schedule: Schedule
    period_steps: Period
    count: PositiveCount | None = None
    growth: Ratio | None = None
    decay: Factor | None = None

    def check(self) -> None:
        if self.growth is not None:
            _check_lengths("repeat", self.schedule)
            check_growth("repeat", self.growth)

    def formula(self, step: jax.Array) -> Number:
        period, schedule = self.period_steps, self.schedule
        last = None if self.count is None else jnp.maximum(self.count, 1) - 1
        if self.growth is None:
            cycle, within = equal_cycle(step, period, last)
        elif is_real(step, period, self.growth):
            cycle, within = growing_clock(step, period, double(self.growth), last)
        else:
            cycle, within, length = whole_growing_cycle(step, single(period), single(self.growth), last)
            schedule = grown(schedule, positive(period), length)
        value = schedule.formula(within)
        if self.decay is None:
            return value
        return repeated(value, log2_of_factor(self.decay), cycle)


def repeat(
    schedule: ScheduleLike,
    period_steps: Period,
    *,
    count: PositiveCount | None = None,
    growth: Ratio | None = None,
    decay: Factor | None = None,
) -> Schedule:
    """The same schedule again and again.

        η(t) = η_0(t - s_i) dⁱ    in cycle i, which begins at s_i

    Args:
        schedule: η_0, of which the first `period_steps` steps are repeated.
        period_steps: the length of the first cycle, in steps; 0 counts as 1.
        count: how many cycles there are, at least 1; the last one runs on. None for no end.
        growth: g, at least 1: cycle i lasts gⁱ times as long, and so does every length in the schedule. None for 1.
            Where it or the period is no whole number, the clock of the schedule is slower by gⁱ.
        decay: d, not negative: a factor by which each cycle is lower than the one before. None for 1.

    Raises:
        TypeError: if the schedule is to grow and holds a function or a table of steps, which has no length.
        ValueError: if `count` or `growth` is less than 1.

    >>> [float(repeat(Linear(1.0, 0.0, 4), 4, decay=0.5)(t)) for t in range(9)]
    [1.0, 0.75, 0.5, 0.25, 0.5, 0.375, 0.25, 0.125, 0.25]
    >>> [float(repeat(Linear(1.0, 0.0, 2), 2, count=2, growth=2)(t)) for t in range(8)]
    [1.0, 0.5, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """
    return Repeat(as_schedule("repeat", "schedule", schedule, Schedule), period_steps, count, growth, decay)
