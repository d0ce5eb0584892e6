"""One schedule after another, each on a clock of its own.

Pieces that differ only in their numbers are held as one schedule whose numbers have an axis of pieces. At a step the
numbers of its piece are looked up, and the formula is evaluated once: a thousand pieces compile as fast as ten.
"""

import itertools
from collections.abc import Sequence
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import as_exact, checked_leaf, derived_length, entries, is_jax_real, is_traced, stacked
from jaxsched._data.data import broadcast_numbers, map_numbers, of_one_kind
from jaxsched._data.fields import as_schedules
from jaxsched._data.messages import brief
from jaxsched._data.source import Show
from jaxsched._numerics.counts import as_boundary, before, begun, lookup, not_negative, since
from jaxsched._numerics.doubles import Double
from jaxsched._numerics.floats import last_step, where
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._typing import LENGTHS, PIECES, Number
from jaxsched.fields import Boundaries, Lengths


FEW_PIECES = 3
"""Up to 3 schedules cost less than to look up the numbers of one of them at every step."""


class Join(Schedule, name="join_schedules"):
    """Schedules of different kinds, one after another; see `join_schedules`."""

    schedules: tuple[Schedule, ...]
    boundaries: Boundaries

    def check(self) -> None:
        _check_count("join_schedules", "boundaries", self.boundaries, len(self.schedules))

    def formula(self, step: jax.Array) -> Number:
        entry = lambda i: jax.tree.map(lambda table: jax.lax.index_in_dim(table, i, keepdims=False), self.boundaries)  # noqa: E731
        starts = [not_negative(entry(i)) for i in range(entries(self.boundaries))]
        lives = [*(before(step, end) for end in starts), step]  # no schedule is asked for a step outside its life
        value = jnp.asarray(self.schedules[0].formula(lives[0]))
        for schedule, start, within in zip(self.schedules[1:], starts, lives[1:], strict=True):
            value = where(begun(step, start), schedule.formula(since(within, start)), value)
        return value


class JoinAlike(Schedule, name="join_schedules"):
    """Schedules that differ only in their numbers, one after another; see `join_schedules`."""

    schedules: Annotated[Schedule, PIECES]
    boundaries: Boundaries

    def check(self) -> None:
        _check_count("join_schedules", "boundaries", self.boundaries, _count(self.schedules))

    def formula(self, step: jax.Array) -> Number:
        boundaries = not_negative(self.boundaries)
        in_order = jax.lax.cummin(as_boundary(step, boundaries), reverse=True)  # so that the last one passed counts
        pick = lookup(step, in_order)
        schedule, start = jax.tree.map(
            lambda numbers: pick(jnp.asarray(numbers)),
            (self.schedules, jax.tree.map(lambda x: jnp.pad(x, (1, 0)), boundaries)),
        )
        return schedule.formula(since(step, start))

    def _source(self, show: Show) -> str:
        return f"join_schedules(schedules={show(pieces_of(self))}, boundaries={show(self.boundaries, 1)})"


def pieces_of(join: Join | JoinAlike) -> list[Schedule]:
    """The schedules in a join."""
    if isinstance(join, Join):
        return list(join.schedules)

    def piece(i: int) -> Schedule:
        return map_numbers(lambda x, field: x.take(i, np.ndim(x) - field.spec.ndim), join.schedules, axes=1)

    return [piece(i) for i in range(_count(join.schedules))]


def _count(pieces: Schedule) -> int:
    counts: list[int] = []
    map_numbers(lambda x, field: counts.append(np.shape(x)[np.ndim(x) - field.spec.ndim]), pieces, axes=1)
    return counts[0]


def _alike(schedules: Sequence[Schedule]) -> bool:
    """Whether they differ only in their numbers, of which they have some."""

    def kind(schedule: Schedule) -> object:
        inner: list[tuple[int, ...]] = []
        map_numbers(lambda x, field: inner.append(np.shape(x)[np.ndim(x) - field.spec.ndim :]), schedule)
        return jax.tree.structure(schedule), tuple(inner)

    return bool(jax.tree.leaves(schedules[0])) and len({kind(schedule) for schedule in schedules}) == 1


def _join(schedules: Sequence[Schedule], boundaries: Any) -> Schedule:
    try:
        shape = np.broadcast_shapes(*(schedule.shape for schedule in schedules))
    except ValueError:
        shape = None  # which `Join` will report
    alike = of_one_kind(schedules)
    if shape is None or len(schedules) <= FEW_PIECES or not _alike(alike):
        return Join(tuple(schedules), boundaries)
    schedules = alike
    rows = [broadcast_numbers(schedule, shape) for schedule in schedules]
    return JoinAlike(jax.tree.map(lambda *numbers: stacked(numbers, axis=len(shape)), *rows), boundaries)


def join_schedules(schedules: Sequence[ScheduleLike] | Schedule, boundaries: Boundaries) -> Schedule:
    """Schedules one after another, each on a clock of its own.

        η(t) = η_i(t - b_i)    for b_i ≤ t < b_(i+1),    b_0 = 0

    Args:
        schedules: n schedules, or a stack of them along its last axis. The last one runs on.
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
    if isinstance(schedules, Schedule):
        if not schedules.shape:
            rule = "must be a list of schedules, or a stack"
            raise TypeError(f"join_schedules: `schedules` {rule}, got {brief(schedules)}.")
        join = JoinAlike(schedules, boundaries)
        return Join(tuple(pieces_of(join)), boundaries) if _count(schedules) <= FEW_PIECES else join
    return _join(as_schedules("join_schedules", "schedules", schedules, Schedule), boundaries)


def sequence(schedules: Sequence[ScheduleLike], durations: Lengths) -> Schedule:
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
    given = as_schedules("sequence", "schedules", schedules, Schedule)
    lengths = checked_leaf("sequence", "durations", durations, LENGTHS)
    _check_count("sequence", "durations", lengths, len(given))
    return _join(given, running_sums(lengths))


def _check_count(owner: str, name: str, table: Any, schedules: int) -> None:
    if entries(table) != schedules - 1:
        raise ValueError(
            f"{owner}: `{name}` must have one entry fewer than `schedules`, "
            f"got {entries(table)} {name} for {schedules} schedules."
        )


def running_sums(lengths: Any) -> Any:
    """Their cumulative sums, held at the last step where they would overflow. Real ones may have a whole sum."""
    if isinstance(lengths, Double):
        if is_traced(lengths.high):
            return jax.lax.associative_scan(lambda a, b: a + b, not_negative(lengths), axis=-1)
        sums = np.minimum(np.cumsum(as_exact(lengths), axis=-1), last_step())
        return derived_length(sums, sums, is_jax_real(lengths))
    if isinstance(lengths, np.ndarray):
        exact = np.cumsum(lengths.astype(object), axis=-1)
        return np.minimum(exact, last_step()).astype(lengths.dtype)
    lengths, axis = jnp.maximum(lengths, 0), lengths.ndim - 1
    if entries(lengths) <= FEW_PIECES:  # which compiles faster
        columns = [lengths[..., i] for i in range(entries(lengths))]
        return jnp.stack([*itertools.accumulate(columns, lambda a, b: a + jnp.minimum(b, last_step() - a))], axis)
    sums = jnp.cumsum(lengths, axis)
    return jnp.where(jax.lax.cummin(sums, axis) < 0, last_step(), sums)  # the first that overflows is negative
