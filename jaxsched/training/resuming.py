"""A run is continued by another optimizer than the one that began it."""

from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsched._data.checks import as_step, is_traced
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import Step
from jaxsched.training.optimizer import ScheduledState, over
from jaxsched.training.steering import found_in, in_place_of


S = TypeVar("S")

INJECTED = ("count", "hyperparams", "hyperparams_states", "inner_state")
"""The fields of the state of optax's `inject_hyperparams`."""


def resume(state: S, earlier: Any, *, step: Step | None = None) -> S:
    """A fresh state with all that an earlier run had learned: the moments of its optimizer, its clock and its feedback.

    The earlier run may have used a `scheduled` optimizer with other schedules or other controllers, optax's
    `inject_hyperparams`, or plain `optax.adamw(schedule)`. Whatever wraps it must be the same in both.

    Args:
        state: `optimizer.init(params)`.
        earlier: the last state of the earlier run, on the same parameters.
        step: the clock, for a run that had none, as with plain `optax.adamw(1e-3)`. By default that of the earlier
            schedules.

    Raises:
        ValueError: if the two are not states of the same optimizer and parameters; if the earlier run had no clock,
            or several that disagree, and no `step` is given.

    >>> params = jnp.ones(3)
    >>> plain = optax.adamw(Linear(1.0, 0.0, 4))
    >>> _, earlier = plain.update(jnp.ones(3), plain.init(params), params)
    >>> optimizer = scheduled(optax.adamw, learning_rate=Linear(1.0, 0.0, 4))
    >>> state = resume(optimizer.init(params), earlier)
    >>> _, state = optimizer.update(jnp.ones(3), state, params)
    >>> values(state)
    {'learning_rate': Array(0.75, dtype=float32)}
    """
    mine, _ = found_in("resume", state)
    nodes, structure = jax.tree.flatten(state, is_leaf=lambda node: node is mine)
    try:
        theirs = structure.flatten_up_to(earlier)
    except ValueError as error:
        raise ValueError(f"resume: what holds the optimizer in `state` and in `earlier` differs: {error}") from None
    carried = [_carried(mine, old, step) if node is mine else old for node, old in zip(nodes, theirs, strict=True)]
    return jax.tree.unflatten(structure, carried)


def _carried(new: ScheduledState, old: Any, step: Step | None) -> ScheduledState:
    clocks: list[Any] = []
    feedback = new.feedback
    if isinstance(old, ScheduledState):
        found = {name: at for name, (_, at) in old.feedback.items()}
        feedback = {name: (controller, found.get(name, at)) for name, (controller, at) in feedback.items()}
        clocks, old = [old.step], old.inner
    elif getattr(old, "_fields", None) == INJECTED:
        clocks, old = [old.count], old.inner_state

    ours, structure = jax.tree.flatten(new.inner, is_leaf=_is_clock)
    theirs, their_structure = jax.tree.flatten(old, is_leaf=_is_clock)
    if structure != their_structure:
        raise ValueError(f"resume: the optimizers differ: {structure} now, and {their_structure} in `earlier`.")
    inner = []
    for mine, their in zip(ours, theirs, strict=True):
        if _is_clock(mine):
            clocks += their if len(their) else []
        elif np.shape(mine) != np.shape(their) or jnp.result_type(mine) != jnp.result_type(their):
            came = " and ".join(f"{jnp.result_type(x)}{list(np.shape(x))}" for x in (mine, their))
            raise ValueError(f"resume: the parameters differ: a state of {came}.")
        inner.append(mine if _is_clock(mine) else their)
    now = in_place_of(new.step, _agreed(clocks, step))
    values = {name: over(now.shape, Schedule.__call__)(plan.schedule, now) for name, plan in new.schedules.items()}
    values |= {name: at.scale * values[name] for name, (_, at) in feedback.items()}
    return ScheduledState(now, values, new.schedules, feedback, jax.tree.unflatten(structure, inner))


def _is_clock(node: Any) -> bool:
    """Whether a node is the counter of a schedule in plain optax, or stands where there would be one."""
    return isinstance(node, optax.EmptyState | optax.ScaleByScheduleState) or (
        getattr(node, "_fields", None) == ("count",)
    )


def _agreed(clocks: list[Any], step: Step | None) -> Any:
    if step is not None:
        return jnp.maximum(as_step("resume", step), 0)
    if not clocks:
        raise ValueError("resume: the earlier run had no clock; `step` must say where it was.")
    if any(map(is_traced, clocks)):
        return clocks[0]
    if any(not np.array_equal(clock, clocks[0]) for clock in clocks):
        raise ValueError(f"resume: the clocks of the earlier run disagree; `step` must say where it was, got {clocks}.")
    return clocks[0]
