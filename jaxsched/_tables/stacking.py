"""From rows to a stack: one schedule whose numbers have an axis of rows."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import jax
import numpy as np

from jaxsched._data.checks import stacked
from jaxsched._data.data import of_one_kind
from jaxsched._data.messages import brief
from jaxsched._numerics.doubles import Double, is_pair
from jaxsched._schedule.schedule import Schedule
from jaxsched._tables.configs import Configs, check_configs


FEW_ROWS = 256
"""Up to here `build` goes row by row, which is faster than to compile."""


def stack(schedules: Iterable[Schedule]) -> Schedule:
    """Schedules of one structure as one schedule, along a new leading axis.

    Args:
        schedules: at least one; all of the same class, with the same structure inside and the same shape.

    Raises:
        ValueError: if there are none, or one differs in structure or shape from the first, or has no numbers to stack.
        TypeError: if an entry is not a schedule.

    >>> stacked = stack([Linear(1.0, 0.0, 10), Linear(0.5, 0.0, 20)])
    >>> stacked.shape, stacked[1]
    ((2,), Linear(init_value=0.5, end_value=0.0, transition_steps=20))
    """
    if not isinstance(schedules, Iterable) or (isinstance(schedules, Schedule) and not schedules.shape):
        raise TypeError(f"stack: `schedules` must be a list of schedules, got {brief(schedules)}.")
    rows = list(schedules)
    if not rows:
        raise ValueError("stack: at least one schedule is needed, got none.")
    if not jax.tree.leaves(rows[0]):
        raise ValueError(f"stack: a schedule without numbers cannot be stacked, got {brief(rows[0])}.")
    for i, row in enumerate(rows):
        if not isinstance(row, Schedule):
            raise TypeError(f"stack: entry {i} must be a schedule, got {brief(row)}.")
    rows = of_one_kind(rows)
    for i, row in enumerate(rows):
        if structure_of(row) != structure_of(rows[0]):
            rule = f"all schedules must have the structure of the first, {brief(rows[0])}"
            raise ValueError(f"stack: {rule}, got {brief(row)} in row {i}.")

    return jax.tree.map(lambda *leaves: stacked(leaves), *rows)


def build(make: Callable[..., Schedule], configs: Configs) -> Schedule:
    """The stacked schedule whose row i is `make(**configs[i])`.

    Args:
        make: from the values of one row, by column name, to a schedule; the same structure for every row.
        configs: n rows. All of its columns are given to `make`.

    Returns:
        A schedule of shape (n,). The numbers keep their double precision on the way into it.

    Raises:
        ValueError, TypeError: what `make` raises, with the row; or if the rows differ in structure.

    Many rows cost little more than one, if `make` can be given whole columns, as every constructor can. Otherwise (it
    has an `if`, say) it is called row by row.

    >>> configs = grid(peak_value=[1.0, 2.0], warmup_steps=[0, 100])
    >>> schedules = build(lambda **row: warmup_cosine(**row, total_steps=1000), configs)
    >>> schedules.shape, [round(float(value), 2) for value in schedules(50)]
    ((4,), [0.99, 0.5, 1.99, 1.0])
    """
    check_configs("build", configs)
    whole = _build_columns(make, configs) if len(configs) > FEW_ROWS else None
    return stack(_build_row(make, configs, i) for i in range(len(configs))) if whole is None else whole


def _build_columns(make: Callable[..., Schedule], configs: Configs) -> Schedule | None:
    """What `make` returns for whole columns, or None unless that is what it returns row by row.

    The columns keep their double precision, but only `vmap` is by rows for certain: the one is held against the other.
    """

    def single(schedule: Schedule) -> list[Any]:
        leaves = jax.tree.leaves(schedule, is_leaf=is_pair)
        return [leaf.high if isinstance(leaf, Double) else leaf for leaf in leaves]

    try:
        whole = make(**configs.columns)
        mapped = jax.jit(jax.vmap(lambda row: make(**row)))(dict(configs.columns))
        first, second = of_one_kind([whole, mapped])  # to `vmap`, a column of floats is real
        if structure_of(first) != structure_of(second):
            return None
        agree = all(np.allclose(a, b, rtol=1e-6, atol=0) for a, b in zip(single(first), single(second), strict=True))
    except Exception:  # whatever a function of numbers does when it gets arrays: the rows decide
        return None
    return whole if agree else None


def _build_row(make: Callable[..., Schedule], configs: Configs, i: int) -> Schedule:
    try:
        schedule = make(**configs[i])
    except (TypeError, ValueError) as error:
        raise type(error)(f"build: row {i}, {configs[i]}: {error}") from error
    if not isinstance(schedule, Schedule):
        raise TypeError(f"build: `make` must return a schedule, got {brief(schedule)} for row {i}.")
    return schedule


def structure_of(schedule: Schedule) -> Hashable:
    """What schedules must have in common to be rows of a stack: all but their numbers."""
    leaves, structure = jax.tree.flatten(schedule)
    return structure, tuple(np.shape(leaf) for leaf in leaves)
