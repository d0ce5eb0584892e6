"""A schedule that a run can be steered with: held at a value, scaled by feedback, or cooled down from any step on.

What steers it is data as well. So the numbers of a run that was steered can be saved and mapped over, and what it
will do from here can be evaluated and plotted, as of any schedule.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._combinators.choices import select
from jaxsched._curves.shapes import SHAPES
from jaxsched._data.export import exportable
from jaxsched._numerics.counts import is_real, since
from jaxsched._numerics.doubles import Double, double
from jaxsched._schedule.programs import Program
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import Number
from jaxsched.fields import Count, Length, Value


COOLDOWNS = {name: shape for name, shape in SHAPES.items() if name != "geometric"}
"""The shapes that every program holds. The geometric one cannot end at 0, and compiles as long as all others."""


class Steered(Schedule):
    """What one hyperparameter follows during a run.

        η(t) = σ η_0(t)                                        as planned, or
        η(t) = v                                               while it is held; and then
        η(t) = from η(s) to η_T in T steps, for t ≥ s          once it cools down

    Args:
        schedule: η_0, the plan.
        scale: σ, which feedback changes.
        holds: 1 while it is held, else 0.
        held: v.
        cooldown: 0, or the number of its shape among `COOLDOWNS`, from 1.
        at: s, the step at which the cooldown begins.
        transition_steps: T.
        end_value: η_T.
    """

    schedule: Schedule
    scale: Value = 1.0
    holds: Count = 0
    held: Value = 0.0
    cooldown: Count = 0
    at: Length = 0
    transition_steps: Length = 0
    end_value: Value = 0.0

    def formula(self, step: jax.Array) -> Number:
        numbers = jax.tree.map(jnp.asarray, (self.cooldown, self.at, self.transition_steps, self.end_value))
        return _cooled(step, self.before_cooldown(step), *numbers)

    def before_cooldown(self, step: jax.Array) -> jax.Array:
        """The value from which a cooldown starts, and the value where there is none."""
        last = jnp.where(jnp.asarray(self.cooldown) > 0, jnp.maximum(jnp.asarray(self.at), 0), step)
        planned = self.scale * jnp.asarray(self.schedule.formula(jnp.minimum(step, last)))
        return jnp.where(jnp.asarray(self.holds) > 0, self.held, planned)


@exportable
class Packed(NamedTuple):
    """The same as a state holds it, but for the scale: in few leaves, since every one costs time at every call."""

    schedule: Schedule
    floats: jax.Array  # of the last axis, in this order: held, end_value; and a real transition_steps, as two
    counts: jax.Array  # holds, cooldown, at; and a whole transition_steps


def packed(steered: Steered) -> Packed:
    """What a state holds of it."""
    s, floats, counts = steered, [steered.held, steered.end_value], [steered.holds, steered.cooldown, steered.at]
    (floats if is_real(s.transition_steps) else counts).extend(jax.tree.leaves(s.transition_steps))
    return Packed(s.schedule, *_packed(floats, counts))


def unpacked(followed: Packed, scale: Any = 1.0) -> Steered:
    """What a state follows, times the scale of its feedback."""
    (held, end_value, *real), (holds, cooldown, at, *whole) = map(_unpacked, (followed.floats, followed.counts))
    transition_steps: Any = Double(*real) if real else whole[0]
    return Steered(followed.schedule, scale, holds, held, cooldown, at, transition_steps, end_value)


@partial(jax.jit, inline=True)
def _packed(*columns: Any) -> list[jax.Array]:
    return [jnp.stack(column, axis=-1) for column in columns]


@partial(jax.jit, inline=True)
def _unpacked(column: jax.Array) -> list[jax.Array]:
    return [column[..., i] for i in range(column.shape[-1])]


@partial(Program, inline=True)
def steered_values(steered: dict[str, Steered], step: jax.Array) -> dict[str, jax.Array]:
    """The values of several at one step, in a program that holds the shapes of a cooldown once for all."""
    if not steered:
        return {}
    numbers = [(s.before_cooldown(step), s.cooldown, s.at, s.transition_steps, s.end_value) for s in steered.values()]
    if any(is_real(s.transition_steps) for s in steered.values()):
        numbers = [(*others, double(length), end) for *others, length, end in numbers]
    columns = jax.tree.map(lambda *column: jnp.stack([jnp.asarray(number) for number in column]), *numbers)
    values = jax.vmap(_cooled, in_axes=(None, 0, 0, 0, 0, 0))(step, *columns)
    return {name: values[i] for i, name in enumerate(steered)}


def _cooled(
    step: jax.Array, here: jax.Array, cooldown: jax.Array, at: jax.Array, transition_steps: Any, end: jax.Array
) -> jax.Array:
    tails = [shape(here, end, transition_steps) for shape in COOLDOWNS.values()]
    tail = select(jnp.maximum(cooldown, 1) - 1, tails)
    at = jnp.maximum(at, 0)
    cools = (cooldown > 0) & (step >= at)
    return jnp.where(cools, jnp.asarray(tail.formula(since(step, at))), here)
