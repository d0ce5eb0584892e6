"""Schedules made of the values of others. Arithmetic is in `_schedule`, with the operators."""

from collections.abc import Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._curves.shapes import Shape, transition
from jaxsched._data.checks import check_numbers, checked_leaf
from jaxsched._data.fields import as_schedule, as_schedules
from jaxsched._data.messages import brief
from jaxsched._numerics.counts import begun, is_real, not_negative, since, single, until
from jaxsched._numerics.floats import finite, quotient, where
from jaxsched._schedule.arithmetic import OPERAND, arithmetic
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._typing import Number
from jaxsched.fields import Count, Length, Value


def minimum(*operands: ScheduleLike) -> Schedule:
    """The least of several schedules and numbers, at every step.

        η(t) = min(η_1(t), η_2(t), ...)

    Args:
        operands: at least two; numbers and schedules.

    >>> [round(float(minimum(0.5, Linear(1.0, 0.0, 10))(t)), 2) for t in (0, 5, 8)]
    [0.5, 0.5, 0.2]
    """
    return _reduced("minimum", operands)


def maximum(*operands: ScheduleLike) -> Schedule:
    """The greatest of several schedules and numbers, at every step.

        η(t) = max(η_1(t), η_2(t), ...)

    Args:
        operands: at least two; numbers and schedules.

    >>> [float(maximum(Linear(1.0, 0.0, 10), 0.25)(t)) for t in (0, 5, 10)]
    [1.0, 0.5, 0.25]
    """
    return _reduced("maximum", operands)


def clip(schedule: ScheduleLike, lowest: ScheduleLike, highest: ScheduleLike) -> Schedule:
    """The same schedule, held between two bounds.

        η(t) = min(max(η_0(t), lowest), highest)

    Args:
        schedule: η_0.
        lowest: a number or a schedule.
        highest: a number or a schedule; where it is below `lowest`, it counts.

    Raises:
        ValueError: if both bounds are numbers that can be known, and `lowest` is above `highest`.

    >>> [float(clip(Linear(1.0, 0.0, 10), 0.25, 0.75)(t)) for t in (0, 5, 10)]
    [0.75, 0.5, 0.25]
    """
    given = {"lowest": lowest, "highest": highest}
    numbers = {name: checked_leaf("clip", name, x, OPERAND) for name, x in given.items() if not isinstance(x, Schedule)}
    lowest, highest = (given | numbers).values()
    schedule = as_schedule("clip", "schedule", schedule, Schedule)
    clipped = arithmetic("minimum", arithmetic("maximum", schedule, lowest, owner="clip"), highest, owner="clip")
    if len(numbers) == 2:
        check_numbers("clip", "lowest", lowest, np.less_equal, "must be at most `highest`", highest)
    return clipped


def _reduced(name: Literal["minimum", "maximum"], operands: tuple[Any, ...]) -> Schedule:
    if len(operands) < 2:
        raise TypeError(f"{name}: at least two operands are needed, got {len(operands)}.")
    if not any(isinstance(operand, Schedule) for operand in operands):
        raise TypeError(f"{name}: at least one operand must be a schedule, got {brief(list(operands))}.")
    return arithmetic(name, *operands)


class Select(Schedule, name="select"):
    """One of several schedules; see `select`."""

    index: Count
    schedules: tuple[Schedule, ...]

    def check(self) -> None:
        last = len(self.schedules) - 1
        rule = f"must be at most {last}, the index of the last schedule"
        check_numbers("select", "index", self.index, lambda index: index <= last, rule)

    def formula(self, step: jax.Array) -> Number:
        value = self.schedules[0].formula(step)
        for i, schedule in enumerate(self.schedules[1:], start=1):
            value = where(jnp.asarray(self.index) >= i, schedule.formula(step), value)
        return value


def select(index: Count, schedules: Sequence[ScheduleLike]) -> Schedule:
    """One of several schedules, of any kinds: for where the kind is a number too, as in one vmapped training.

        η(t) = η_i(t)

    A stack of schedules has one kind. A stack of indices has a kind for each row. Every row computes all kinds, and
    keeps one; to evaluate a list of many kinds, `evaluate` takes the list, and computes each row once.

    Args:
        index: i, from 0 to n - 1; a traced one is held within that.
        schedules: η_0 .. η_(n-1).

    Raises:
        TypeError: if an entry is not a schedule.
        ValueError: if `index` is beyond the last schedule.

    >>> kinds = select([0, 1], [Linear(1.0, 0.0, 4), HalfLife(1.0, 4)])
    >>> kinds(4).tolist()
    [0.0, 0.5]

    JAX's `lax.switch`, for schedules.
    """
    return Select(index, tuple(as_schedules("select", "schedules", schedules, Schedule)))


class Splice(Schedule, name="splice"):
    """A schedule that continues another; see `splice`."""

    first: Schedule
    at: Length
    then: Schedule

    def formula(self, step: jax.Array) -> Number:
        at = not_negative(self.at)
        after = since(step, at)
        scale = quotient(self.first.formula(single(at)), self.then.formula(jnp.zeros_like(after)))
        then = finite(scale * self.then.formula(after))
        return where(after > 0, then, self.first.formula(until(step, at)))


def splice(first: ScheduleLike, at: Length, then: ScheduleLike) -> Schedule:
    """One schedule up to a step, and from there another one, scaled so as to continue with the value that it had.

        η(t) = η_1(t)                        for t ≤ s
        η(t) = η_1(s) η_2(t - s) / η_2(0)    for t > s

    Args:
        first: η_1.
        at: s, a step; it may be traced, so that one executable serves all.
        then: η_2, a shape: only its ratio to its own first value counts. Where that is 0, so is what follows.

    >>> spliced = splice(Linear(1.0, 0.0, 10), 5, Cosine(1.0, 0.0, 20))
    >>> [round(float(spliced(t)), 3) for t in (0, 5, 15, 25)]
    [1.0, 0.5, 0.25, 0.0]
    """
    first, then = as_schedule("splice", "first", first, Schedule), as_schedule("splice", "then", then, Schedule)
    return Splice(first, at, then)


class DecayFrom(Schedule, name="decay_from"):
    """A schedule that cools down from a step on; see `decay_from`."""

    schedule: Schedule
    at: Length
    transition_steps: Length
    end_value: Value = 0.0
    cooldown: Shape = "linear"

    def formula(self, step: jax.Array) -> Number:
        at = not_negative(self.at)
        here = start = self.schedule.formula(until(step, at))
        if is_real(step, at):
            start = self.schedule.formula(single(at))
        tail = transition("decay_from", self.cooldown, start, self.end_value, self.transition_steps)
        return where(begun(step, at), tail.formula(since(step, at)), here)


def decay_from(
    schedule: ScheduleLike,
    at: Length,
    transition_steps: Length,
    end_value: Value = 0.0,
    cooldown: Shape = "linear",
) -> Schedule:
    """Cool down from here: a schedule up to a step, and from there a transition to `end_value`.

        η(t) = η_0(t)                  for t < s
        η(t) = from η_0(s) to η_T in T steps    for t ≥ s

    Args:
        schedule: η_0.
        at: s, a step; it may be traced, so that one executable serves all.
        transition_steps: T, the length of the cooldown, in steps.
        end_value: η_T.
        cooldown: its shape, as in `wsd`.

    Raises:
        ValueError: if there is no such shape.

    >>> cooled = decay_from(warmup_constant(peak_value=1.0, warmup_steps=10), 100, 20)
    >>> [float(cooled(t)) for t in (5, 99, 100, 110, 120)]
    [0.5, 1.0, 1.0, 0.5, 0.0]

    OLMo-core `OverrideDecay`.
    """
    schedule = as_schedule("decay_from", "schedule", schedule, Schedule)
    return DecayFrom(schedule, at, transition_steps, end_value, cooldown)
