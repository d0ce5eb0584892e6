"""The same schedule on another clock."""

import dataclasses
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._base import Schedule
from jaxsched._counts import divided, equal_cycle, growing_cycle, scaled_count, since
from jaxsched._curves.constant import FromFunction
from jaxsched._curves.cyclic import Triangular
from jaxsched._curves.piecewise import Tabulated
from jaxsched._data import broadcast_numbers
from jaxsched._fields import Field, as_schedule
from jaxsched._joins import Join, JoinAlike
from jaxsched._leaves import checked_leaf, default_dtype
from jaxsched._pairs import count_of_pair, pair_of_count
from jaxsched._powers import log2_of_factor, repeated
from jaxsched._typing import LENGTH, AtLeastOnce, Factor, Length, Number, Offset, Times


S = TypeVar("S", bound=Schedule)


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


class Every(Schedule, name="every"):
    """A schedule whose clock ticks once in k steps; see `every`."""

    schedule: Schedule
    k: Times

    def formula(self, step: jax.Array) -> Number:
        return self.schedule.formula(divided(step, jnp.maximum(self.k, 1))[0])


def every(schedule: Schedule, k: Times) -> Schedule:
    """The same schedule on a clock that ticks once in `k` steps.

        η(t) = η_0(⌊t / k⌋)

    For a schedule in epochs that is asked at every step (k steps make an epoch), for one in optimizer updates that is
    asked at every micro-step, and for stairs: a curve over n ticks falls in n steps.

    Args:
        schedule: η_0, on its own clock.
        k: how many steps there are in a tick; 0 counts as 1.

    >>> by_epoch = every(Cosine(1.0, 0.0, 4), 10)
    >>> [round(float(by_epoch(t)), 2) for t in (0, 9, 10, 20, 39, 40)]
    [1.0, 1.0, 0.85, 0.5, 0.15, 0.0]
    """
    return Every(schedule, k)


class Reverse(Schedule, name="reverse"):
    """A schedule backwards; see `reverse`."""

    schedule: Schedule
    total_steps: Length

    def formula(self, step: jax.Array) -> Number:
        return self.schedule.formula(jnp.maximum(self.total_steps - step, 0))


def reverse(schedule: Schedule, total_steps: Length) -> Schedule:
    """The same schedule backwards: what it had at the end of `total_steps`, it has at the start.

        η(t) = η_0(max(T - t, 0))

    Args:
        schedule: η_0.
        total_steps: T, in steps.

    >>> [float(reverse(Linear(1.0, 0.0, 10), 10)(t)) for t in (0, 5, 10, 20)]
    [0.0, 0.5, 1.0, 1.0]
    """
    return Reverse(schedule, total_steps)


class Repeat(Schedule, name="repeat"):
    """A schedule again and again; see `repeat`."""

    schedule: Schedule
    period_steps: Length
    count: AtLeastOnce | None = None
    growth: AtLeastOnce | None = None
    decay: Factor | None = None

    def _check(self) -> None:
        if self.growth is not None:
            _check_lengths("repeat", self.schedule)

    def formula(self, step: jax.Array) -> Number:
        period, schedule = jnp.maximum(self.period_steps, 1), self.schedule
        last = None if self.count is None else jnp.maximum(self.count, 1) - 1
        if self.growth is None:
            cycle, within = equal_cycle(step, period, last)
        else:
            cycle, since_start, length = growing_cycle(step, period, pair_of_count(self.growth), last)
            within = count_of_pair(since_start)
            schedule = _stretched(schedule, period, count_of_pair(length))
        value = schedule.formula(within)
        if self.decay is None:
            return value
        return repeated(value, log2_of_factor(self.decay), pair_of_count(cycle))


def repeat(
    schedule: Schedule,
    period_steps: Length,
    *,
    count: AtLeastOnce | None = None,
    growth: AtLeastOnce | None = None,
    decay: Factor | None = None,
) -> Schedule:
    """The same schedule again and again.

        η(t) = η_0(t - s_i) dⁱ    in cycle i, which begins at s_i

    Args:
        schedule: η_0, of which the first `period_steps` steps are repeated.
        period_steps: the length of the first cycle, in steps; 0 counts as 1.
        count: how many cycles there are, at least 1; the last one runs on. None for no end.
        growth: a whole factor g, at least 1: cycle i lasts gⁱ times as long, and so does every length in the schedule.
            None for 1.
        decay: d, not negative: a factor by which each cycle is lower than the one before. None for 1.

    Raises:
        TypeError: if the schedule is to grow and holds a function or a table of steps, which has no length.
        ValueError: if `count` or `growth` is less than 1.

    >>> [float(repeat(Linear(1.0, 0.0, 4), 4, decay=0.5)(t)) for t in range(9)]
    [1.0, 0.75, 0.5, 0.25, 0.5, 0.375, 0.25, 0.125, 0.25]
    >>> [float(repeat(Linear(1.0, 0.0, 2), 2, count=2, growth=2)(t)) for t in range(8)]
    [1.0, 0.5, 1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """
    return Repeat(schedule, period_steps, count, growth, decay)


def stretch(schedule: Schedule, total_steps: Length, new_total_steps: Length) -> Schedule:
    """The same schedule for another horizon: every length and boundary in it is scaled.

    Each is n · T' / T, rounded to the nearest step, halves up. In a join, the boundaries are rounded, and each piece is
    stretched from its old life to its new one, so that what ended at a boundary still does.

    Args:
        schedule: planned for T steps.
        total_steps: T, in steps, at least 1.
        new_total_steps: T', in steps.

    Raises:
        TypeError: if the schedule holds a function or a table of steps, which has no length.
        ValueError: if `total_steps` is 0.

    >>> stretch(wsd(peak_value=1.0, warmup_steps=10, cooldown_steps=20, total_steps=100), 100, 1000)(950)
    Array(0.25, dtype=float32)
    """
    as_schedule("stretch", "schedule", schedule, Schedule)
    _check_lengths("stretch", schedule)
    old = checked_leaf("stretch", "total_steps", total_steps, dataclasses.replace(LENGTH, minimum=1))
    new = checked_leaf("stretch", "new_total_steps", new_total_steps, LENGTH)
    shape = np.broadcast_shapes(schedule.shape, np.shape(old), np.shape(new))
    old, new = (jnp.broadcast_to(total, shape) for total in (old, new))
    return _stretched(broadcast_numbers(schedule, shape), old, new)


def _check_lengths(owner: str, schedule: Schedule) -> None:
    if isinstance(schedule, FromFunction | Tabulated):
        raise TypeError(f"{owner}: a schedule without lengths cannot be stretched, got {schedule!r}.")
    for inner in jax.tree.leaves(vars(schedule), is_leaf=lambda held: isinstance(held, Schedule)):
        if isinstance(inner, Schedule):
            _check_lengths(owner, inner)


def _stretched(schedule: S, old: jax.Array, new: jax.Array) -> S:
    """From `old` steps to `new` ones, where these have the shape of the schedule, axes of pieces included."""
    if isinstance(schedule, Join | JoinAlike):
        boundaries = scaled_count(_counts(schedule.boundaries), new[..., None], old[..., None])
        lives, new_lives = _lives(schedule.boundaries, old), _lives(boundaries, new)
        skipped = lives == 0
        lives = jnp.where(skipped, old[..., None], lives)
        new_lives = jnp.where(skipped, new[..., None], new_lives)
        if isinstance(schedule, JoinAlike):
            pieces = _stretched(schedule.schedules, lives, new_lives)
        else:
            each = enumerate(schedule.schedules)
            pieces = tuple(_stretched(piece, lives[..., i], new_lives[..., i]) for i, piece in each)
        return dataclasses.replace(schedule, schedules=pieces, boundaries=boundaries)

    def stretched(field: Field, held: Any) -> Any:
        if isinstance(held, Schedule):
            by_cycle = isinstance(schedule, Triangular) and schedule.scale_by == "cycle"
            return held if by_cycle else _stretched(held, old, new)
        if type(held) is tuple:
            return tuple(stretched(field, inner) for inner in held)
        if held is None or not (field.holds == "number" and field.leaf.integer and field.leaf.clock):
            return held
        table = (1,) * field.leaf.ndim
        return scaled_count(_counts(held), new.reshape(new.shape + table), old.reshape(old.shape + table))

    changes = {field.name: stretched(field, getattr(schedule, field.name)) for field in schedule._fields}
    return dataclasses.replace(schedule, **changes)  # pyright: ignore[reportArgumentType]


def _counts(given: Any) -> jax.Array:
    return jnp.asarray(given, default_dtype(integer=True))


def _lives(boundaries: Any, total: jax.Array) -> jax.Array:
    """How long each piece of a join lives, of so many steps."""
    ends = jnp.minimum(jnp.concatenate([_counts(boundaries), total[..., None]], axis=-1), total[..., None])
    return jnp.maximum(jnp.diff(ends, axis=-1, prepend=0), 0)
