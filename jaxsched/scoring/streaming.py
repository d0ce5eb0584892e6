"""A law over all steps of a schedule, in blocks: from the last one to the first, with the sums of what comes after.

Both laws ask at every step how far the schedule still goes from there to the end: the sum of its later values. Going
backwards, these sums are there already, so a double sum is a single one. Nothing is subtracted from a total: that would
leave nothing of the small values at the end of a cooldown.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import checked_leaf, is_traced
from jaxsched._data.data import Data
from jaxsched._data.fields import as_schedule
from jaxsched._data.messages import brief, common_shape, in_row
from jaxsched._numerics.doubles import Double
from jaxsched._numerics.floats import default_dtype, where
from jaxsched._schedule.programs import Program
from jaxsched._schedule.schedule import Schedule
from jaxsched._tables.arguments import Schedules, as_groups
from jaxsched._typing import Spec, Whole


T = TypeVar("T")

Fold = Callable[[T, jax.Array, jax.Array], T]
"""From what is carried, and the values before and at the steps of a block, to what is carried on."""


# What a user gives.


def over_schedules(owner: str, program: Program, law: Data, schedules: Schedules, total_steps: Whole) -> Any:
    """What a program finds of a law and a schedule, for one schedule, a stack, or each kind in a list."""
    if law.shape:
        raise ValueError(
            f"{owner}: a law must be one, and `jax.vmap` is for several, got a stack of shape {law.shape}."
        )
    total = known_count(owner, "total_steps", total_steps, minimum=1)
    if not isinstance(schedules, list | tuple):
        schedule = as_schedule(owner, "schedules", schedules, Schedule)
        return program((law, schedule), total, **sizes(owner, schedule.shape, total))
    shape, groups = as_groups(owner, schedules)
    common_shape(owner, [("schedules", shape), ("total_steps", np.shape(total))])
    totals = np.broadcast_to(total, shape).ravel()
    parts = [program((law, each), totals[rows], **sizes(owner, rows.shape, totals[rows])) for each, rows in groups]
    order = np.argsort(np.concatenate([rows for _, rows in groups]))
    return jax.tree.map(lambda *parts: jnp.concatenate(parts)[order].reshape(shape), *parts)


def known_count(owner: str, name: str, given: Any, minimum: int) -> Any:
    """A number of steps, or an array of them: how long a program runs, so it must be known when that is compiled."""
    return known(owner, name, given, Spec("count", minimum=minimum))


def known(owner: str, name: str, given: Any, spec: Spec) -> Any:
    """What the user gave, checked, and not traced."""
    leaf = checked_leaf(owner, name, given, spec)
    if is_traced(leaf):
        raise TypeError(f"{owner}: `{name}` must be known when a program is compiled, got {brief(leaf)}.")
    return leaf


def sizes(owner: str, shape: tuple[int, ...], total: Any, copies: int = 1) -> dict[str, Any]:
    """The shape of the result, and how many blocks of which length it takes: all that a program is compiled for.

    `copies` is how many of them are computed at once.
    """
    shape = common_shape(owner, [("schedules", shape), ("total_steps", np.shape(total))])
    length = 2 ** min(max(20 - (copies * math.prod(shape)).bit_length(), 4), 12)  # 4 MB, where that is possible
    return {"shape": shape, "blocks": (-(-int(np.max(total, initial=1)) // length), length)}


def check_found(owner: str, found: jax.Array) -> None:
    """Raise where a score is not a number, as far as it is known now."""
    if not is_traced(found) and (bad := ~np.isfinite(np.asarray(found))).any():
        row = tuple(np.argwhere(bad)[0].tolist())
        rule = "a schedule must be somewhere more than 0, and nowhere negative"
        raise ValueError(f"{owner}: {rule}, got a score of {np.asarray(found)[row]}{in_row(row)}.")


# Inside of a program.


def backwards(
    schedule: Schedule, total_steps: Any, fold: Fold[T], start: T, *, shape: tuple[int, ...], blocks: tuple[int, int]
) -> T:
    """What is carried from the last block of steps to the first one.

    The values have shape (*shape, length). A step that is past the end of the run has the value 0, and one that is
    negative the value NaN, for no law knows it; the value before step 0 is that at step 0.
    """
    count, length = blocks
    last = jnp.asarray(total_steps)[..., None]

    @jax.checkpoint  # so that a gradient, too, needs no more than a block
    def step(carry: T, block: jax.Array) -> tuple[T, None]:
        steps = block * length - 1 + jnp.arange(length + 1, dtype=default_dtype(integer=True))
        values = schedule(steps)
        values = where(values >= 0, values, np.nan)
        values = jnp.broadcast_to(where(steps < last, values, 0), (*shape, length + 1))
        return fold(carry, values[..., :-1], values[..., 1:]), None

    return jax.lax.scan(step, start, jnp.arange(count, dtype=default_dtype(integer=True)), reverse=True)[0]


def zeros(shape: Sequence[int]) -> Double:
    """The start of a sum that is compensated."""
    return Double(*(jnp.zeros(shape, default_dtype(integer=False)) for _ in range(2)))


def sums_from(terms: jax.Array, later: Double) -> tuple[jax.Array, Double]:
    """The sum from each term of a block to the end of the run, one more than there are terms; and the first of them.

    `later` is what comes after the block. It is compensated, so that it is as accurate after a million steps.
    """
    inside = jax.lax.cumsum(terms, axis=terms.ndim - 1, reverse=True)
    sums = later.high[..., None] + (later.low[..., None] + inside)
    return jnp.concatenate([sums, later.total[..., None]], axis=-1), later + inside[..., 0]
