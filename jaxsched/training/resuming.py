"""A run is continued by another optimizer than the one that began it, or from a checkpoint without its classes."""

from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import as_step, is_traced
from jaxsched._typing import Step
from jaxsched.training.state import ScheduledState, Table, found_in, put


S = TypeVar("S")


def resume(state: S, earlier: Any, *, step: Step | None = None) -> S:
    """A fresh state with all that an earlier run had learned: the moments of its optimizer, its clock, its steering.

    A state of the same hyperparameters needs none of this: any plan can follow it. This is for the state of a
    `scheduled` optimizer with other names, of optax's `inject_hyperparams`, of plain `optax.adamw(schedule)`; and for
    what Orbax restores without a template, lists and dicts. Whatever wraps the optimizer must be the same in both.

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
    found_in("resume", state)
    ours, theirs = _named(state), _named(earlier)
    at = next(name.partition("steering.numbers")[0] for name in ours if "steering.numbers" in name)
    if any(name.startswith(f"{at}schedules.") for name in theirs):
        raise ValueError("resume: `earlier` was written by an older version of jaxsched, whose states held the plan.")
    if not any(name.startswith(f"{at}hyperparams.") for name in theirs):  # plain optax, without a state around its own
        inner = f"{at}inner_state."
        theirs = {name.replace(at, inner, 1) if name.startswith(at) else name: x for name, x in theirs.items()}
    own = {name.removeprefix(at): theirs.pop(name) for name in list(theirs) if _is_own(name, at)}
    leaves = [x if _is_own(name, at) else _taken(theirs, name, x) for name, x in ours.items()]
    if more := [name for name in theirs if name.split(".")[-1] != "count"]:
        raise ValueError(f"resume: the optimizers differ: `{more[0]}` is in `earlier`, and not in `state`.")
    new, put_back = found_in("resume", jax.tree.unflatten(jax.tree.structure(state), leaves))
    clocks = [own["count"]] if own else list(theirs.values())  # those of the schedules of plain optax are left over
    new = new._replace(count=put(new.count, _agreed(clocks, step)))
    return put_back(_with_rows(new, own) if "steering.numbers" in own else new)


def _named(tree: Any) -> dict[str, Any]:
    """The leaves of a tree by name, which is the same where it was saved as lists and dicts."""
    return {_name(path): leaf for path, leaf in jax.tree.leaves_with_path(tree)}


def _name(path: Any) -> str:
    keys = (getattr(entry, field) for entry in path for field in ("name", "key", "idx") if hasattr(entry, field))
    return ".".join(map(str, keys))


def _is_own(name: str, at: str) -> bool:
    own = ("count", "hyperparams", "hyperparams_states", "steering", "feedback")
    return name.startswith(at) and name.removeprefix(at).split(".")[0] in own


def _taken(theirs: dict[str, Any], name: str, mine: Any) -> Any:
    if name not in theirs:
        raise ValueError(f"resume: the optimizers differ: `{name}` is in `state`, and not in `earlier`.")
    now, then = (f"{jnp.result_type(x)}{list(np.shape(x))}" for x in (mine, theirs[name]))
    if now != then:
        raise ValueError(f"resume: the parameters differ: `{name}` is {now} in `state`, and {then} in `earlier`.")
    return theirs.pop(name)


def _with_rows(new: ScheduledState, own: dict[str, Any]) -> ScheduledState:
    """The same with what was applied, and done by hand and by feedback, to those hyperparameters that both have."""
    then = sorted(name.removeprefix("hyperparams.") for name in own if name.startswith("hyperparams."))
    kept = [name for name in new.hyperparams if name in then]
    now = sorted(new.hyperparams)
    places = [np.array([names.index(name) for name in kept], int) for names in (now, then)]

    def carried(kind: str, field: str) -> jax.Array:
        mine, rows = getattr(getattr(new, kind), field), jnp.asarray(own[f"{kind}.{field}"])
        if rows.shape != (*mine.shape[:-2], len(then), mine.shape[-1]):
            raise ValueError("resume: `earlier` is of another stack, or was written by another version of jaxsched.")
        return put(mine, mine.at[..., places[0], :].set(rows[..., places[1], :]))

    applied = {name: put(x, own[f"hyperparams.{name}"]) if name in kept else x for name, x in new.hyperparams.items()}
    steering, feedback = (Table(carried(kind, "numbers"), carried(kind, "counts")) for kind in ("steering", "feedback"))
    return new._replace(hyperparams=applied, steering=steering, feedback=feedback)


def _agreed(clocks: list[Any], step: Step | None) -> Any:
    if step is not None:
        return jnp.maximum(as_step("resume", step), 0)
    if not clocks:
        raise ValueError("resume: the earlier run had no clock; `step` must say where it was.")
    if not any(map(is_traced, clocks)) and any(not np.array_equal(clock, clocks[0]) for clock in clocks):
        raise ValueError(f"resume: the clocks of the earlier run disagree; `step` must say where it was, got {clocks}.")
    return clocks[0]
