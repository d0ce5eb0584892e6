"""What an update applies: what is planned, times the scale of its feedback, unless it was decided by hand."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from jaxsched._combinators.steered import HELD, Steering
from jaxsched._feedback import GreedyPlateau, PlateauState, ReduceOnPlateau
from jaxsched._numerics.floats import where
from jaxsched._schedule.programs import Program
from jaxsched._schedule.schedule import Schedule
from jaxsched.training.state import Table, packed, unpacked


Controller = ReduceOnPlateau | GreedyPlateau

Follows = tuple[dict[str, Schedule], dict[str, Controller]]
"""The plans of all hyperparameters, in the order of their names, and the controllers of some."""


@partial(Program, inline=True)
def followed(
    follows: Follows, step: jax.Array, value: Any, hyperparams: dict[str, Any], steering: Table, feedback: Table
) -> tuple[dict[str, jax.Array], Table, Table]:
    """What an update applies, and what the state holds after it."""
    plans, controllers = follows
    if controllers:
        rows = {name: plateau(feedback, i, controllers.get(name)) for i, name in enumerate(plans)}
        rows |= {name: controller.update(rows[name], value) for name, controller in controllers.items()}
        feedback = packed(jax.tree.map(lambda *column: jnp.stack(column, axis=-1), *rows.values()))
    steered, planned = from_here(follows, step, hyperparams, steering, feedback)
    # without the barrier, it would be computed for every parameter, and compiled for every array of them
    values = jax.lax.optimization_barrier(steered.value_at(step, planned).astype(planned.dtype))
    return {name: values[i] for i, name in enumerate(plans)}, packed(steered._replace(applied=values)), feedback


def from_here(
    follows: Follows, step: jax.Array, hyperparams: dict[str, Any], steering: Table, feedback: Table
) -> tuple[Steering, jax.Array]:
    """What was done by hand, as of an update at this step, and what is planned for that."""
    plans, controllers = follows
    scales = unpacked(PlateauState, feedback).scale
    values = [plan(step) * (scales[i] if name in controllers else 1) for i, (name, plan) in enumerate(plans.items())]
    planned = jnp.stack(values).astype(steering.numbers.dtype)
    return as_written(hyperparams, steering).at_update(step, planned), planned


def as_written(hyperparams: dict[str, Any], steering: Table) -> Steering:
    """What was done by hand; what was written into `hyperparams` is, too."""
    steered = unpacked(Steering, steering)
    values = jnp.stack([*hyperparams.values()])
    unchanged = (values == steered.applied) | (jnp.isnan(values) & jnp.isnan(steered.applied))
    return steered.but(~unchanged, value=values, course=HELD, at=0)


def plateau(feedback: Table, i: int, controller: Controller | None = None) -> PlateauState:
    """One row. Where no metric was seen yet, the controller says what the first one is compared with."""
    row = jax.tree.map(lambda column: column[..., i], unpacked(PlateauState, feedback))
    row = row._replace(seen=row.seen > 0)
    return row if controller is None else row._replace(best=where(row.seen, row.best, controller.init().best))
