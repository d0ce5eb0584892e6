"""The same schedule for another horizon."""

import dataclasses
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._combinators.joins import Join, JoinAlike
from jaxsched._curves.constant import FromFunction
from jaxsched._curves.cyclic import Triangular
from jaxsched._curves.piecewise import Tabulated
from jaxsched._data.checks import checked_leaf
from jaxsched._data.data import broadcast_numbers
from jaxsched._data.fields import Field, as_schedule
from jaxsched._numerics.counts import scaled_count
from jaxsched._numerics.floats import default_dtype, where
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import LENGTH, Length


S = TypeVar("S", bound=Schedule)


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
        lives = where(skipped, old[..., None], lives)
        new_lives = where(skipped, new[..., None], new_lives)
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
        if held is None or not (field.holds == "number" and field.spec.integer and field.spec.clock):
            return held
        table = (1,) * field.spec.ndim
        return scaled_count(_counts(held), new.reshape(new.shape + table), old.reshape(old.shape + table))

    changes = {field.name: stretched(field, getattr(schedule, field.name)) for field in schedule._fields}
    return dataclasses.replace(schedule, **changes)  # pyright: ignore[reportArgumentType]


def _counts(given: Any) -> jax.Array:
    return jnp.asarray(given, default_dtype(integer=True))


def _lives(boundaries: Any, total: jax.Array) -> jax.Array:
    """How long each piece of a join lives, within the first `total` steps."""
    ends = jnp.minimum(jnp.concatenate([_counts(boundaries), total[..., None]], axis=-1), total[..., None])
    return jnp.maximum(jnp.diff(ends, axis=-1, prepend=0), 0)
