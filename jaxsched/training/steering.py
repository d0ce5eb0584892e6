"""What can be seen of a run, and changed of its state. Nothing here is compiled again for another number."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.typing import ArrayLike

from jaxsched._combinators.steered import HELD, NEXT_UPDATE, NEXT_UPDATE_FROM_VALUE, PLANNED, Steered, Steering
from jaxsched._curves.shapes import CHOOSABLE, NUMBERS, SHAPES
from jaxsched._data.checks import as_step, checked_leaf, is_traced
from jaxsched._data.messages import brief, brief_with_type, check_known, check_shape, one_of
from jaxsched._data.source import show_short
from jaxsched._feedback import PlateauState
from jaxsched._numerics.counts import single, whole
from jaxsched._numerics.doubles import double
from jaxsched._numerics.floats import where
from jaxsched._schedule.mapping import over
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import LENGTH, Spec, Step
from jaxsched.fields import Length
from jaxsched.training.following import as_written, from_here, plateau
from jaxsched.training.optimizer import Scheduled, check_state
from jaxsched.training.state import ScheduledState, Table, found_in, packed, put, unpacked, written


S = TypeVar("S")


# What can be seen.


def values(state: Any) -> dict[str, jax.Array]:
    """The values of all hyperparameters that the last update applied; before the first, those with which it begins.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.

    >>> state = scheduled(optax.sgd, learning_rate=Linear(1.0, 0.0, 4)).init(jnp.ones(3))
    >>> values(state)
    {'learning_rate': Array(1., dtype=float32)}

    optax `tree_get(state, "learning_rate")`.
    """
    return dict(found_in("values", state)[0].hyperparams)


def step(state: Any) -> jax.Array:
    """The clock: how many updates were made, which is the step of the next one.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.

    >>> int(step(scheduled(optax.sgd, learning_rate=0.1).init(jnp.ones(3))))
    0
    """
    return found_in("step", state)[0].count


def feedback(state: Any) -> dict[str, PlateauState]:
    """Where the controllers are that give feedback: their scale, and the best metric so far.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.

    >>> optimizer = scheduled(optax.sgd, learning_rate=0.1, feedback={"learning_rate": ReduceOnPlateau()})
    >>> float(feedback(optimizer.init(jnp.ones(3)))["learning_rate"].scale)
    1.0
    """
    found, _ = found_in("feedback", state)
    return {name: plateau(found.feedback, i) for i, name in enumerate(sorted(found.hyperparams))}


def schedules(optimizer: optax.GradientTransformation, state: Any) -> dict[str, Schedule]:
    """What the hyperparameters follow from here, with all that was changed: functions of the step, to be plotted.

    Args:
        optimizer: what `scheduled` returned, and not what wraps it.
        state: of that optimizer, or whatever holds it.

    Raises:
        TypeError: if it is another optimizer.
        ValueError: if the state has other names.

    >>> optimizer = scheduled(optax.sgd, learning_rate=1.0)
    >>> state = decay_now(at_step(optimizer.init(jnp.ones(3)), 100), 10, learning_rate=0.0)
    >>> schedules(optimizer, state)["learning_rate"](np.array([99, 100, 105, 110])).tolist()
    [1.0, 1.0, 0.5, 0.0]
    """
    _, _, steered = _seen("schedules", optimizer, state)
    return {name: x.schedule if x.is_as_planned else x for name, x in steered.items()}


def describe(optimizer: optax.GradientTransformation, state: Any) -> str:
    """What every number of the optimizer is, and why: a line for each, to be printed or logged.

    The step is that of the next update, and so is what it follows; the numbers are those of the last update.

    Args:
        optimizer: what `scheduled` returned, and not what wraps it.
        state: of that optimizer, or whatever holds it; not a traced one.

    Raises:
        TypeError: if it is another optimizer, or the state is traced.
        ValueError: if the state has other names.

    >>> optimizer = scheduled(optax.sgd, learning_rate=Linear(1.0, 0.0, 4), momentum=0.9)
    >>> print(describe(optimizer, override(optimizer.init(jnp.ones(3)), momentum=0.5)))
    step           0
    learning_rate  1.0  Linear(init_value=1.0, end_value=0.0, transition_steps=4)
    momentum       0.9  held at 0.5; planned: Constant(value=0.9)
    """
    run, found, steered = _seen("describe", optimizer, state)
    if is_traced(found.count):
        raise TypeError("describe: `state` must be known, and not traced; call it outside of `jit`.")
    lines = [("step", show_short(np.asarray(found.count)), "")]
    for name, x in steered.items():
        text = f"{x.by_hand}{brief(x.schedule)}{'' if jax.tree.leaves(x.schedule) else ', compiled into the program'}"
        if name in run.controllers:
            text += f", times {show_short(x.scale)} by {brief(run.controllers[name])}"
        lines.append((name, show_short(np.asarray(found.hyperparams[name])), text))
    lines += [(name, brief(given), "given as it is") for name, given in run.as_it_is.items()]
    lines += [(name, brief(number), "fixed; name it to have it followed") for name, number in run.others.items()]
    first, second = (max(len(line[i]) for line in lines) for i in (0, 1))
    return "\n".join(f"{name:{first}}  {value:{second}}  {text}".rstrip() for name, value, text in lines)


# What can be changed.


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
    check_shape("at_step", "step", moved, found.count.shape)
    return put_back(found._replace(count=put(found.count, jnp.maximum(moved, 0))))


def override(state: S, **values: ArrayLike) -> S:
    """Hold hyperparameters at values, from the next update on, whatever their schedules say.

    To write another value into `state.hyperparams` does the same. But what was just applied can be held only so, and
    only so is no number, whatever its type, compiled again.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.
        values: by name; in a stack, one for all or one for each.

    Raises:
        TypeError: if a name is not scheduled, or a value is not a real number.

    >>> optimizer = scheduled(optax.sgd, learning_rate=Linear(1.0, 0.0, 4))
    >>> held = override(optimizer.init(jnp.ones(3)), learning_rate=1e-4)
    >>> [float(schedules(optimizer, state)["learning_rate"](2)) for state in (held, release(held))]
    [9.999999747378752e-05, 0.5]
    """
    held = {name: checked_leaf("override", name, value, Spec()) for name, value in values.items()}
    return _steer(
        "override", state, held, lambda rows, chosen, value, _: rows.but(chosen, value=value, course=HELD, at=0)
    )


def release(state: S, *names: str) -> S:
    """Follow the schedules again: the end of an `override`, or of a cooldown.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.
        names: of hyperparameters; none of them: all.

    Raises:
        TypeError: if a name is not scheduled.

    >>> optimizer = scheduled(optax.sgd, learning_rate=Linear(1.0, 0.0, 4), momentum=0.9)
    >>> state = override(optimizer.init(jnp.ones(3)), learning_rate=1e-4, momentum=0.5)
    >>> round(float(schedules(optimizer, release(state, "momentum"))["momentum"](0)), 3)
    0.9
    """
    released = dict.fromkeys(names or found_in("release", state)[0].hyperparams, 0.0)
    return _steer("release", state, released, lambda rows, chosen, *_: rows.but(chosen, course=PLANNED, at=0))


def decay_now(state: S, steps: Length, shape: str = "linear", **end_values: ArrayLike) -> S:
    """Cool down from here: the value that the next update would have, and from there a transition in `steps` steps.

    Any number of runs can branch off one stable run in this way, at any step and for any length, with one program. Once
    it has begun, a cooldown depends no longer on the plan, nor on feedback.

    Args:
        state: of a `scheduled` optimizer, or whatever holds one.
        steps: the length of the cooldown; 0 means at once.
        shape: "linear", "cosine" or "one_minus_sqrt". Any other is a matter of the plan: `decay_from`.
        end_values: what cools down, by name, and where to; by default `learning_rate=0.0`.

    Raises:
        TypeError: if a name is not scheduled.
        ValueError: if there is no such shape, or the length is negative.

    >>> optimizer = scheduled(optax.sgd, learning_rate=0.1)
    >>> branch = decay_now(at_step(optimizer.init(jnp.ones(3)), 1000), 100, "one_minus_sqrt")
    >>> [round(float(schedules(optimizer, branch)["learning_rate"](t)), 3) for t in (1000, 1025, 1100)]
    [0.1, 0.05, 0.0]

    OLMo-core `OverrideDecay`.
    """
    length = checked_leaf("decay_now", "steps", steps, LENGTH)
    ends = {name: checked_leaf("decay_now", name, end, Spec()) for name, end in end_values.items()}
    ends = ends or {"learning_rate": np.float32(0.0)}
    found, _ = found_in("decay_now", state)
    if shape not in CHOOSABLE:
        name, end = next(iter(ends.items()))
        call = (
            f"decay_from(..., at={show_short(found.count)}, transition_steps={brief(steps)}, end_value={brief(end)}, "
        )
        edit = f" Any other is an edit of the plan: {name}={call}cooldown={brief(shape)})." if shape in SHAPES else ""
        raise ValueError(f"decay_now: `shape` {one_of(CHOOSABLE, shape)}{edit}")
    check_shape("decay_now", "steps", single(length), found.count.shape)
    whole_steps = whole(single(length))
    fraction = (double(length) - whole_steps).total

    def change(
        rows: Steering, chosen: Any, end: Any, now: jax.Array, steps: jax.Array, fraction: jax.Array
    ) -> Steering:
        known = (rows.course != PLANNED) & (rows.at != NEXT_UPDATE) & (now >= rows.at)  # and not what the plan will say
        here = rows.at_update(now, rows.value).value_at(now, rows.value)
        at = where(known, NEXT_UPDATE_FROM_VALUE, NEXT_UPDATE)
        length = {"transition_steps": steps, "fraction": fraction}
        return rows.but(chosen, value=here, end_value=end, course=NUMBERS[shape], at=at, **length)

    return _steer("decay_now", state, ends, change, whole_steps, fraction)


def _steer(owner: str, state: S, named: Mapping[str, Any], change: Callable[..., Steering], *more: Any) -> S:
    """Rows are changed: those of the names that are given, each with its number. All else of the state stays."""
    found, put_back = found_in(owner, state)
    check_known(owner, "scheduled hyperparameter", named, found.hyperparams)
    names, shape = sorted(found.hyperparams), found.count.shape
    for name, given in named.items():
        check_shape(owner, name, given, shape)
    chosen = np.array([name in named for name in names])

    def one(now: jax.Array, hyperparams: Any, steering: Table, given: list[jax.Array], *more: Any) -> Any:
        rows = change(as_written(hyperparams, steering), chosen, jnp.stack(given), now, *more)
        return {name: rows.applied[i] for i, name in enumerate(names)}, packed(rows)

    given = [jnp.broadcast_to(named.get(name, 0.0), shape) for name in names]
    more = tuple(jnp.broadcast_to(x, shape) for x in more)
    old = written(owner, found), found.steering
    new = over(shape, one)(found.count, *old, given, *more)
    hyperparams, steering = jax.tree.map(put, old, new)
    return put_back(found._replace(hyperparams=hyperparams, steering=steering))


def _seen(owner: str, optimizer: Any, state: Any) -> tuple[Scheduled, ScheduledState, dict[str, Steered]]:
    """What the optimizer is made of, the state of it, and what each hyperparameter does from here."""
    run = getattr(getattr(optimizer, "update", None), "__self__", None)
    if not isinstance(run, Scheduled):
        rule = "must be what `scheduled` returned, and not what wraps it"
        raise TypeError(f"{owner}: `optimizer` {rule}, got {brief_with_type(optimizer)}.")
    found, _ = found_in(owner, state)
    check_state(owner, found, run.plans, run.shape)
    own = found.count, written(owner, found), found.steering, found.feedback
    rows = over(run.shape, lambda *given: from_here(*given)[0])((run.plans, run.controllers), *own)
    scales = unpacked(PlateauState, found.feedback).scale

    def of(i: int, name: str) -> Steered:
        scale = scales[..., i] if name in run.controllers else np.float32(1.0)
        return Steered(run.plans[name], scale, *(x[..., i] for x in rows[1:]))

    return run, found, {name: of(i, name) for i, name in enumerate(run.plans)}
