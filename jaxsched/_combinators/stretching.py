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
from jaxsched._curves.shapes import IN_STEPS
from jaxsched._data.checks import as_exact, checked_leaf, derived_length, is_jax_real, is_traced
from jaxsched._data.data import broadcast_numbers, with_fields
from jaxsched._data.fields import Field, as_schedule
from jaxsched._data.messages import brief, common_shape
from jaxsched._numerics.counts import is_real, not_negative, scaled_count, single
from jaxsched._numerics.doubles import choose, count_of, double, rounded
from jaxsched._numerics.floats import default_dtype, last_step, where
from jaxsched._schedule.recipe import Recipe
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._typing import LENGTH
from jaxsched.fields import Length


S = TypeVar("S", bound=Schedule)


def stretch(schedule: ScheduleLike, total_steps: Length, new_total_steps: Length) -> Schedule:
    """The same schedule for another horizon.

        η'(t T' / T) = η(t)

    What happens once, at a boundary or over the length of a ramp, goes to the nearest whole step, halves up; a real
    boundary or length is scaled exactly, but to no less than one step. In a join, a ramp is scaled as the life of its
    piece is, so that what ended at a boundary still does. What happens again and again (periods, the unit of a
    staircase, the `k` of `every`) and every time constant is scaled exactly: it becomes real where it is not whole. How
    many cycles there are stays. A recipe stays one, with other lengths, where that is the same. What a word counts in
    single steps goes on counting in these: `first="one_over_n"`, and the "logarithmic" cooldown of `decay_from`.

    Args:
        schedule: planned for T steps.
        total_steps: T, in steps, not 0.
        new_total_steps: T', in steps, not 0. Where a total is traced, so that nothing can be known to be whole, all
            that is scaled exactly becomes real.

    Raises:
        TypeError: if the schedule holds a function or a table of steps, which has no length.
        ValueError: if one of the totals is 0.

    >>> stretch(wsd(peak_value=1.0, warmup_steps=10, cooldown_steps=20, total_steps=100), 100, 1000)(950)
    Array(0.25, dtype=float32)
    >>> stretch(HalfLife(1.0, 5), 100, 50)
    HalfLife(init_value=1.0, half_life=2.5)
    """
    given = as_schedule("stretch", "schedule", schedule, Schedule)
    _check_lengths("stretch", given)
    old = checked_leaf("stretch", "total_steps", total_steps, dataclasses.replace(LENGTH, positive=True))
    new = checked_leaf("stretch", "new_total_steps", new_total_steps, dataclasses.replace(LENGTH, positive=True))
    totals = {"total_steps": old, "new_total_steps": new}
    shapes = {"schedule": given.shape, **{name: np.shape(single(total)) for name, total in totals.items()}}
    shape = common_shape("stretch", shapes.items())
    old, new = (jax.tree.map(lambda x: jnp.broadcast_to(x, shape), total) for total in (old, new))
    return _stretched(broadcast_numbers(given, shape), (old, new), (old, new))


def _check_lengths(owner: str, schedule: Schedule) -> None:
    schedule = schedule._composition() if isinstance(schedule, Recipe) else schedule
    if isinstance(schedule, FromFunction | Tabulated):
        raise TypeError(f"{owner}: a schedule without lengths cannot be stretched, got {brief(schedule)}.")
    for inner in jax.tree.leaves(vars(schedule), is_leaf=lambda held: isinstance(held, Schedule)):
        if isinstance(inner, Schedule):
            _check_lengths(owner, inner)


def grown(schedule: S, old: Any, new: Any) -> S:
    """From `old` steps to a whole multiple of them: then every whole length has one, too."""
    return _stretched(schedule, (old, new), (old, new), by_whole=True)


Change = tuple[Any, Any]
"""From a number of steps to another. Both have the shape of what is stretched, axes of pieces included."""


def _stretched(schedule: Any, life: Change, run: Change, by_whole: bool = False) -> Any:
    """Lengths are scaled as the life of the schedule is, and all else as the run is."""
    if isinstance(schedule, Recipe):
        return _stretched_recipe(schedule, life, run, by_whole)
    return _stretched_fields(schedule, life, run, by_whole)


def _stretched_recipe(schedule: Recipe, life: Change, run: Change, by_whole: bool) -> Schedule:
    """The recipe with other lengths; or what it is made of, where those do not fit together once they are rounded."""
    if schedule._by_lengths and IN_STEPS.isdisjoint(_words(schedule)):
        stretched = _stretched_fields(schedule, life, run, by_whole)
        try:
            stretched.check()
        except ValueError:
            pass
        else:
            return stretched
    return _stretched(schedule.expand(), life, run, by_whole)


def _words(schedule: Recipe) -> set[str]:
    """The words that it was given, such as the shapes of its ramps."""
    return {held for held in vars(schedule).values() if isinstance(held, str)}


def _stretched_fields(schedule: S, life: Change, run: Change, by_whole: bool) -> S:
    if isinstance(schedule, Join | JoinAlike):
        boundaries = _scaled("length", schedule.boundaries, _column(life), by_whole)
        old, new = (_lives(b, total) for b, total in zip((schedule.boundaries, boundaries), life, strict=True))
        skipped = single(old) == 0  # such a piece has no life of its own
        old, new = (_either(skipped, whole, x) for whole, x in zip(_column(life), (old, new), strict=True))
        if isinstance(schedule, JoinAlike):
            runs: Any = jax.tree.map(lambda x: jnp.broadcast_to(x, old.shape), _column(run))
            pieces = _stretched(schedule.schedules, (old, new), runs, by_whole)
        else:
            lives = [(old[..., i], new[..., i]) for i in range(len(schedule.schedules))]
            pieces = tuple(
                _stretched(piece, each, run, by_whole) for piece, each in zip(schedule.schedules, lives, strict=True)
            )
        return with_fields(schedule, {"schedules": pieces, "boundaries": boundaries})

    def stretched(field: Field, held: Any) -> Any:
        if isinstance(held, Schedule):
            by_cycle = isinstance(schedule, Triangular) and schedule.scale_by == "cycle"
            return held if field.holds == "ticks" or by_cycle else _stretched(held, life, run, by_whole)
        if type(held) is tuple:
            return tuple(stretched(field, inner) for inner in held)
        if held is None or field.holds != "number" or field.spec.kind not in ("length", "period", "time"):
            return held
        change = life if field.spec.kind == "length" else run
        return _scaled(field.spec.kind, held, _column(change) if field.spec.ndim else change, by_whole)

    return with_fields(
        schedule, {field.name: stretched(field, getattr(schedule, field.name)) for field in schedule._fields}
    )


def _column(change: Change) -> Change:
    """For a table of lengths."""
    return change[0][..., None], change[1][..., None]


def _scaled(kind: str, held: Any, change: Change, by_whole: bool) -> Any:
    """Exactly, or to the nearest whole number where that is what a length was and is to be."""
    old, new = change
    if is_real(held) or (kind != "length" and not by_whole):
        if any(map(is_traced, (held, old, new))):
            scaled = double(held) * new / old
            part = (scaled.high > 0) & (scaled.high < 1) & (kind == "length")
            return choose(part, double(1.0), scaled)
        exact = as_exact(held).astype(np.float64) * as_exact(new) / as_exact(old)
        exact = np.clip(exact, -last_step(), last_step())
        if kind == "length":
            exact = np.where((exact > 0) & (exact < 1), 1, exact)
        return derived_length(exact, exact, is_jax_real(held))
    if is_real(old, new):
        return count_of(rounded(double(held) * new / old))
    return scaled_count(_counts(held), new, old)


def _either(condition: jax.Array, a: Any, b: Any) -> Any:
    return choose(condition, double(a), double(b)) if is_real(a, b) else where(condition, a, b)


def _counts(given: Any) -> jax.Array:
    return jnp.asarray(given, default_dtype(integer=True))


def _lives(boundaries: Any, total: Any) -> Any:
    """How long each piece of a join lives, within the first `total` steps."""
    if is_real(boundaries, total):
        boundaries, total = double(boundaries), double(total)[..., None]
        ends = choose(boundaries < total, boundaries, total)
        ends = jax.tree.map(lambda *x: jnp.concatenate(x, axis=-1), double(jnp.zeros_like(total.high)), ends, total)
        return not_negative(ends[..., 1:] - ends[..., :-1])
    ends = jnp.minimum(jnp.concatenate([_counts(boundaries), total[..., None]], axis=-1), total[..., None])
    return jnp.maximum(jnp.diff(ends, axis=-1, prepend=0), 0)
