"""What can be seen and changed of a state during a run. Nothing here is compiled again for another number."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

from jaxsched._curves.constant import Constant
from jaxsched._data.checks import as_step, checked_leaf, is_traced
from jaxsched._data.data import broadcast_numbers, of_one_kind
from jaxsched._data.messages import brief, one_of
from jaxsched._feedback import PlateauState
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._typing import LENGTH, Spec, Step
from jaxsched.fields import Length
from jaxsched.training.optimizer import ScheduledState, check_known, check_shape, followed, over
from jaxsched.training.steered import COOLDOWNS, Steered, packed, steered_values


S = TypeVar("S")


def values(state: Any) -> dict[str, jax.Array]:
    """The values of all hyperparameters that the last update applied; before the first, those with which it begins.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.

    >>> state = scheduled(optax.sgd, learning_rate=Linear(1.0, 0.0, 4)).init(jnp.ones(3))
    >>> values(state)
    {'learning_rate': Array(1., dtype=float32)}

    optax `tree_get(state, "learning_rate")`.
    """
    return dict(found_in("values", state)[0].values)


def step(state: Any) -> jax.Array:
    """The clock: how many updates were made, which is the step of the next one.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.

    >>> int(step(scheduled(optax.sgd, learning_rate=0.1).init(jnp.ones(3))))
    0
    """
    return found_in("step", state)[0].step


def schedules(state: Any) -> dict[str, Schedule]:
    """What the hyperparameters follow, with all that was changed: functions of the step, to be evaluated or plotted.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.

    >>> state = scheduled(optax.sgd, learning_rate=Constant(1.0)).init(jnp.ones(3))
    >>> state = decay_now(at_step(state, 100), 10, learning_rate=0.0)
    >>> schedules(state)["learning_rate"](np.array([99, 100, 105, 110])).tolist()
    [1.0, 1.0, 0.5, 0.0]
    """
    found, _ = found_in("schedules", state)
    return {
        name: schedule if _is_steered(schedule) else schedule.schedule for name, schedule in followed(found).items()
    }


def feedback(state: Any) -> dict[str, PlateauState]:
    """Where the controllers are that give feedback: their scale, and the best metric so far.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.

    >>> optimizer = scheduled(optax.sgd, learning_rate=0.1, feedback={"learning_rate": ReduceOnPlateau()})
    >>> float(feedback(optimizer.init(jnp.ones(3)))["learning_rate"].scale)
    1.0
    """
    found, _ = found_in("feedback", state)
    return {name: at for name, (_, at) in found.feedback.items()}


def at_step(state: S, step: Step) -> S:
    """The same state with another clock, for a run that is continued without it.

    Only the schedules follow this clock. What an optimizer counts for itself, as Adam for its bias, belongs to its
    moments and stays with them.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.
        step: that of the next update; a negative one counts as 0.

    >>> state = scheduled(optax.sgd, learning_rate=Linear(1.0, 0.0, 4)).init(jnp.ones(3))
    >>> int(step(at_step(state, 3)))
    3
    """
    found, put_back = found_in("at_step", state)
    moved = as_step("at_step", step)
    check_shape("at_step", "step", moved, found.step.shape)
    return put_back(found._replace(step=in_place_of(found.step, jnp.maximum(moved, 0))))


def override(state: S, **values: ArrayLike) -> S:
    """Hold hyperparameters at values, from the next update on, whatever their schedules say.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.
        values: by name; in a stack, one for all or one for each.

    Raises:
        TypeError: if a name is not scheduled, or a value is not a real number.

    >>> state = scheduled(optax.sgd, learning_rate=Linear(1.0, 0.0, 4)).init(jnp.ones(3))
    >>> held = override(state, learning_rate=1e-4)
    >>> float(schedules(held)["learning_rate"](2)), float(schedules(release(held))["learning_rate"](2))
    (9.999999747378752e-05, 0.5)
    """
    held = {name: checked_leaf("override", name, value, Spec()) for name, value in values.items()}
    return _steer("override", state, held, lambda _, old, value: _hold(old, value))


def release(state: S, *names: str) -> S:
    """Follow the schedules again: the end of an `override`, or of a cooldown.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.
        names: of hyperparameters; none of them: all.

    Raises:
        TypeError: if a name is not scheduled.

    >>> state = scheduled(optax.sgd, learning_rate=Linear(1.0, 0.0, 4), momentum=0.9).init(jnp.ones(3))
    >>> state = release(override(state, learning_rate=1e-4, momentum=0.5), "momentum")
    >>> round(float(schedules(state)["momentum"](0)), 3)
    0.9
    """
    released = dict.fromkeys(names or found_in("release", state)[0].schedules)
    return _steer("release", state, released, lambda _, old, __: _with(old, holds=0, cooldown=0))


def replace(state: S, **schedules: ScheduleLike) -> S:
    """Follow other schedules from the next update on; an override or a cooldown ends.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.
        schedules: by name. One of the same structure, with any numbers, replaces the old one; real lengths do not fit
            where whole ones were. A constant fits every structure: it is held, as by `override`. Any other needs a new
            program: `resume` carries the state over.

    Raises:
        TypeError: if a name is not scheduled.
        ValueError: if the structure is another one.

    >>> state = scheduled(optax.sgd, learning_rate=Linear(1.0, 0.0, 4)).init(jnp.ones(3))
    >>> state = replace(state, learning_rate=Linear(3.0, 0.0, 6))
    >>> float(schedules(state)["learning_rate"](2))
    2.0
    """
    new = {
        name: given if isinstance(given, Schedule) else Constant(checked_leaf("replace", name, given, Spec()))
        for name, given in schedules.items()
    }

    def change(name: str, old: Steered, new: Schedule) -> Steered:
        _, alike = of_one_kind([old.schedule, new])  # where the old one has real lengths, whole ones fit
        if _kind(alike, old.shape) == _kind(old.schedule, old.shape):
            return _with(old, schedule=alike, holds=0, cooldown=0)
        if isinstance(new, Constant):
            return _hold(old, new.value)
        rule = "a schedule must be constant, or of the same structure; for another one, `resume` a new optimizer"
        raise ValueError(f"replace: {rule}: followed is {brief(old.schedule)}, got {brief(new)}.")

    return _steer("replace", state, new, change)


def decay_now(state: S, steps: Length, shape: str = "linear", **end_values: ArrayLike) -> S:
    """Cool down from here: the value that the next update would have, and from there a transition in `steps` steps.

    Any number of runs can branch off one stable run in this way, at any step and for any length, with one program.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.
        steps: the length of the cooldown; 0 means at once. With a real length, as for any schedule, the next update is
            compiled once more, and the state has another structure.
        shape: "linear", "one_minus_sqrt" or another shape of a cooldown, as in `wsd`, but for "geometric".
        end_values: what cools down, by name, and where to; by default `learning_rate=0.0`.

    Raises:
        TypeError: if a name is not scheduled.
        ValueError: if there is no such shape, or the length is negative.

    >>> state = scheduled(optax.sgd, learning_rate=0.1).init(jnp.ones(3))
    >>> branch = decay_now(at_step(state, 1000), 100, "one_minus_sqrt")
    >>> [round(float(schedules(branch)["learning_rate"](t)), 3) for t in (1000, 1025, 1100)]
    [0.1, 0.05, 0.0]

    OLMo-core `OverrideDecay`.
    """
    if shape not in COOLDOWNS:
        raise ValueError(f"decay_now: `shape` {one_of(list(COOLDOWNS), shape)}")
    length = checked_leaf("decay_now", "steps", steps, LENGTH)
    ends = {name: checked_leaf("decay_now", name, end, Spec()) for name, end in end_values.items()}
    found, _ = found_in("decay_now", state)
    check_shape("decay_now", "steps", length, found.step.shape)
    number = list(COOLDOWNS).index(shape) + 1

    def change(name: str, old: Steered, end: Any) -> Steered:
        # it starts from what is applied, which must not change later: not by an earlier cooldown, and not by feedback
        frozen = (jnp.asarray(old.cooldown) > 0) | (name in found.feedback)
        here = over(old.shape, lambda old, step: steered_values({name: old}, step)[name])(old, found.step)
        held = {"holds": jnp.where(frozen, 1, old.holds), "held": jnp.where(frozen, here, old.held)}
        return _with(old, **held, cooldown=number, at=found.step, transition_steps=length, end_value=end)

    return _steer("decay_now", state, ends or {"learning_rate": np.float32(0.0)}, change)


# One schedule is changed, and everything else of the state stays.


def _steer(owner: str, state: S, named: Mapping[str, Any], change: Callable[[str, Steered, Any], Steered]) -> S:
    found, put_back = found_in(owner, state)
    check_known(owner, "scheduled hyperparameter", named, found.schedules)
    schedules, steered = dict(found.schedules), followed(found)
    for name, given in named.items():
        old = steered[name]
        check_shape(owner, name, given, old.shape)
        new = over(old.shape, packed)(change(name, old, given))
        schedules[name] = jax.tree.map(in_place_of, schedules[name], new)
    return put_back(found._replace(schedules=schedules))


def _is_steered(schedule: Steered) -> bool:
    """Whether it may differ from the plan."""
    if any(map(is_traced, jax.tree.leaves(schedule))):
        return True
    return bool(np.any(schedule.holds) or np.any(schedule.cooldown) or np.any(np.asarray(schedule.scale) != 1))


def _with(old: Steered, **fields: Any) -> Steered:
    return broadcast_numbers(dataclasses.replace(old, **fields))


def _hold(old: Steered, value: Any) -> Steered:
    return _with(old, holds=1, held=value, cooldown=0)


def _kind(schedule: Schedule, shape: tuple[int, ...]) -> object:
    """What two schedules share that one program can follow."""
    leaves, structure = jax.tree.flatten(broadcast_numbers(schedule, np.broadcast_shapes(schedule.shape, shape)))
    return structure, [np.shape(leaf)[len(shape) :] for leaf in leaves]


def in_place_of(old: Any, new: Any) -> jax.Array:
    """A leaf where another was: of its axes and type, and on its devices, so that nothing is compiled again.

    It is a copy, so that the state can be donated.
    """
    if new is old:
        return old
    new = jnp.asarray(new).astype(old.dtype)
    new = jnp.array(new if new.ndim == old.ndim else jnp.broadcast_to(new, old.shape))
    placed = isinstance(old, jax.Array) and not isinstance(old, Tracer) and old.committed
    return jax.device_put(new, old.sharding) if placed and not isinstance(new, Tracer) else new


# A state is found in what holds it, and put back.


def found_in(owner: str, state: Any) -> tuple[ScheduledState, Callable[[ScheduledState], Any]]:
    """The one state of a scheduled optimizer in whatever holds it, and how to put another in its place."""
    nodes, structure = jax.tree.flatten(state, is_leaf=lambda node: isinstance(node, ScheduledState))
    where = [i for i, node in enumerate(nodes) if isinstance(node, ScheduledState)]
    if len(where) != 1:
        hint = " For several groups with one clock, make them in the factory." if where else ""
        raise ValueError(
            f"{owner}: there must be one state of a scheduled optimizer in `state`, found {len(where)}"
            f" in a {type(state).__name__}.{hint}"
        )
    i = where[0]
    if not isinstance(nodes[i].step, jax.Array | np.ndarray | np.generic | jax.ShapeDtypeStruct):
        rule = "the leaves of `state` must be arrays (with Flax NNX, `nnx.as_pure` takes them out of their variables)"
        raise TypeError(f"{owner}: {rule}, got {type(nodes[i].step).__name__}.")
    return nodes[i], lambda new: jax.tree.unflatten(structure, [*nodes[:i], new, *nodes[i + 1 :]])
