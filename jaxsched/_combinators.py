"""Schedules made of schedules: one after another, and moved in time. Arithmetic is in `_base`, with the operators."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._base import Schedule
from jaxsched._fields import as_schedules
from jaxsched._leaves import checked_leaf, default_dtype, entries, last_step
from jaxsched._numerics import since
from jaxsched._typing import STEPS, Boundaries, Number, Offset, Steps


class Join(Schedule, name="join_schedules"):
    """Schedules one after another; see `join_schedules`."""

    schedules: tuple[Schedule, ...]
    boundaries: Boundaries

    def _check(self) -> None:
        _check_count("join_schedules", "boundaries", self.boundaries, self.schedules)

    def formula(self, step: jax.Array) -> Number:
        boundaries = jnp.maximum(jnp.asarray(self.boundaries), 0)
        starts = [0, *boundaries]
        lasts = [*(boundaries - 1), last_step()]
        value = jnp.zeros((), default_dtype(integer=False))
        for schedule, start, last in zip(self.schedules, starts, lasts, strict=True):
            within = since(jnp.minimum(step, last), start)  # a schedule is never asked for a step outside its life
            value = jnp.where(step >= start, schedule.formula(within), value)
        return value


def join_schedules(schedules: Sequence[Schedule], boundaries: Boundaries) -> Schedule:
    """Schedules one after another, each on a clock of its own.

        η(t) = η_i(t - b_i)    for b_i ≤ t < b_(i+1),    b_0 = 0

    Args:
        schedules: n schedules. The last one runs on.
        boundaries: b_1 .. b_(n-1), the steps at which the next schedule begins, in increasing order. Between equal
            boundaries lies a schedule that is skipped. Traced ones that are out of order: the last of those with
            b_i ≤ t counts.

    Returns:
        One schedule. Its shape is the broadcast of the shapes in it.

    Raises:
        TypeError: if an entry is not a schedule.
        ValueError: if the boundaries are negative or out of order, or there is not one fewer than schedules.

    >>> warmup_then_line = join_schedules([Linear(0.0, 1.0, 10), Linear(1.0, 0.0, 90)], [10])
    >>> [float(warmup_then_line(t)) for t in (0, 5, 10, 55, 100)]
    [0.0, 0.5, 1.0, 0.5, 0.0]

    optax `join_schedules`, which checks nothing; PyTorch `SequentialLR`.
    """
    return Join(schedules, boundaries)  # pyright: ignore[reportArgumentType]


def sequence(schedules: Sequence[Schedule], durations: Steps) -> Schedule:
    """Schedules one after another, by how long each lasts: `join_schedules` at the running sums of the durations.

    Args:
        schedules: n schedules. The last one runs on.
        durations: n - 1 lengths in steps, not negative. A schedule with a duration of 0 is skipped.

    Raises:
        TypeError: if an entry is not a schedule, or a duration is not an integer.
        ValueError: if a duration is negative, or there is not one fewer than schedules.

    >>> warmup_then_line = sequence([Linear(0.0, 1.0, 10), Constant(1.0), Linear(1.0, 0.0, 30)], [10, 60])
    >>> [float(warmup_then_line(t)) for t in (0, 5, 10, 70, 85, 100)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]
    """
    schedules = as_schedules("sequence", "schedules", schedules, Schedule)
    lengths = checked_leaf("sequence", "durations", durations, STEPS)
    _check_count("sequence", "durations", lengths, schedules)
    return Join(schedules, _running_sums(lengths))


def _check_count(owner: str, name: str, table: Any, schedules: Sequence[Schedule]) -> None:
    if entries(table) != len(schedules) - 1:
        raise ValueError(
            f"{owner}: `{name}` must have one entry fewer than `schedules`, "
            f"got {entries(table)} {name} for {len(schedules)} schedules."
        )


def _running_sums(lengths: np.ndarray | jax.Array) -> np.ndarray | jax.Array:
    """Their cumulative sums, held at the last step where they would overflow."""
    if isinstance(lengths, np.ndarray):
        exact = np.cumsum(lengths.astype(object), axis=-1)
        return np.minimum(exact, last_step()).astype(lengths.dtype)
    return jax.lax.associative_scan(lambda a, b: a + jnp.minimum(b, last_step() - a), jnp.maximum(lengths, 0), axis=-1)


class Shift(Schedule, name="shift"):
    """A schedule moved in time; see `shift`."""

    schedule: Schedule
    steps: Offset

    def formula(self, step: jax.Array) -> Number:
        return self.schedule.formula(since(step, jnp.asarray(self.steps)))


def shift(schedule: Schedule, steps: Offset) -> Schedule:
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
    return Shift(schedule, steps)
