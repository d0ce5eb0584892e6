"""The state of a scheduled optimizer: plain arrays, which say where a run is and what was done to it, and not its plan.

Their number and their shapes follow from the names of the hyperparameters and the shape of the stack. So what one plan
left can be followed by another: by other numbers, by schedules of other kinds, with feedback or without.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from jaxsched._data.checks import checked_leaf
from jaxsched._data.export import exportable
from jaxsched._data.messages import check_shape
from jaxsched._numerics.floats import where
from jaxsched._typing import Spec


@exportable
class Table(NamedTuple):
    """A row for each hyperparameter, in the order of their names. Each leaf of a state costs time at every call."""

    numbers: jax.Array
    counts: jax.Array


@exportable
class ScheduledState(NamedTuple):
    """The state of a `scheduled` optimizer, in the words of optax's `inject_hyperparams`."""

    count: jax.Array  # pyright: ignore[reportIncompatibleMethodOverride]  # the step of the next update
    hyperparams: dict[str, jax.Array]  # what the last update applied; what is written here is an override
    steering: Table  # what was done by hand, see `Steering`
    feedback: Table  # where the controllers are, see `PlateauState`
    inner_state: Any  # that of the optimizer itself


def unpacked(kind: Any, table: Table) -> Any:
    """The columns of a table, as a `Steering` or a `PlateauState`."""
    return kind(*(array[..., i] for array in table for i in range(array.shape[-1])))


def packed(rows: Any) -> Table:
    """The table of these columns, of which those of floats come first."""
    floats = [x for x in rows if jnp.issubdtype(x.dtype, np.floating)]
    counts = [x.astype(rows[-1].dtype) for x in rows[len(floats) :]]
    return Table(jnp.stack(floats, axis=-1), jnp.stack(counts, axis=-1))


def found_in(owner: str, state: Any) -> tuple[ScheduledState, Callable[[ScheduledState], Any]]:
    """The one state of a scheduled optimizer in whatever holds it, and how to put another in its place.

    What holds each array, as the variables of Flax NNX do, is taken off, and put on again.
    """
    nodes, structure = jax.tree.flatten(state, is_leaf=lambda node: isinstance(node, ScheduledState))
    places = [i for i, node in enumerate(nodes) if isinstance(node, ScheduledState)]
    if len(places) != 1:
        hint = " For several groups with one clock, make them in the factory." if places else ""
        came = f"found {len(places)} in a {type(state).__name__}.{hint}"
        raise ValueError(f"{owner}: there must be one state of a scheduled optimizer in `state`, {came}")
    place, found = places[0], nodes[places[0]]
    leaves, held = jax.tree.flatten(found._replace(inner_state=()))
    x: Any = 0
    plain = jax.tree.structure(ScheduledState(x, {name: x for name in found.hyperparams}, Table(x, x), Table(x, x), ()))
    if len(leaves) != plain.num_leaves:
        raise ValueError(f"{owner}: `state` is not that of a scheduled optimizer of this version.")

    def put_back(new: ScheduledState) -> Any:
        own = jax.tree.unflatten(held, jax.tree.leaves(new._replace(inner_state=())))
        new = own._replace(inner_state=new.inner_state)
        return jax.tree.unflatten(structure, [*nodes[:place], new, *nodes[place + 1 :]])

    return jax.tree.unflatten(plain, leaves)._replace(inner_state=found.inner_state), put_back


def put(old: Any, new: Any) -> jax.Array:
    """A leaf where another was: of its axes and type, and on its devices, so that nothing is compiled again.

    It is a copy, so that the state can be donated.
    """
    if new is old:
        return old
    new = jnp.array(jnp.broadcast_to(jnp.asarray(new).astype(old.dtype), np.shape(old)))
    placed = isinstance(old, jax.Array) and not isinstance(old, Tracer) and old.committed
    return jax.device_put(new, old.sharding) if placed and not isinstance(new, Tracer) else new


def written(owner: str, state: ScheduledState) -> dict[str, jax.Array]:
    """The `hyperparams` of a state, into which anything may have been written, and one number for all of a stack."""
    shape, applied = state.count.shape, state.steering.numbers[..., 0]

    def number(i: int, name: str) -> jax.Array:
        given = state.hyperparams[name]
        given = given if isinstance(given, jax.Array | np.ndarray) else checked_leaf(owner, name, given, Spec())
        check_shape(owner, name, given, shape)
        given = jnp.broadcast_to(given, shape)
        if not jnp.issubdtype(given.dtype, np.floating) or given.dtype == applied.dtype:
            return given.astype(applied.dtype)
        # `optax.MultiSteps` keeps the type of what was written, and so it rounds what was applied
        return where(given == applied[..., i].astype(given.dtype), applied[..., i], given.astype(applied.dtype))

    return {name: number(i, name) for i, name in enumerate(sorted(state.hyperparams))}
