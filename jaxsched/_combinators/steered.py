"""A schedule that a run is steered with: held at a value, scaled by feedback, or cooled down from any step on.

What steers it is data as well. So it can be saved, mapped over and changed within a program, where a combinator such as
`decay_from` would be another structure.
"""

from typing import Annotated, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._curves.shapes import SHAPES, chosen_transition
from jaxsched._data.checks import is_traced
from jaxsched._data.source import show_short
from jaxsched._numerics.counts import difference, since
from jaxsched._numerics.floats import as_float, where
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import Number, Spec, Whole
from jaxsched.fields import Count, Value


PLANNED, HELD = 0, -1
"""Two courses. Each other one is the number of a shape, and so a cooldown."""

NEXT_UPDATE, NEXT_UPDATE_FROM_VALUE = -1, -2
"""Where a cooldown begins that has not begun; for the one, the plan says from which value."""


class Steering(NamedTuple):
    """What was done by hand.

    η(t) = η_0(t)                      as planned, before the step s; and from there on
    η(t) = v                           where it is held
    η(t) = from v to η_T in T steps    where it cools down
    """

    applied: Any  # the value of the last update
    value: Any  # v
    end_value: Any  # η_T
    fraction: Any  # T - ⌊T⌋
    course: Any
    at: Any  # s
    transition_steps: Any  # ⌊T⌋

    def but(self, chosen: Any, **fields: Any) -> "Steering":
        """The same, with other fields where that is chosen."""
        old = self._asdict()
        new = {name: where(chosen, jnp.asarray(x).astype(old[name].dtype), old[name]) for name, x in fields.items()}
        return self._replace(**new)

    def at_update(self, step: jax.Array, planned: jax.Array) -> "Steering":
        """The same as of an update: what waited for one begins, and no longer depends on the plan."""
        return self.but(self.at == NEXT_UPDATE, value=planned).but(self.at < 0, at=step)

    def value_at(self, step: jax.Array, planned: jax.Array) -> jax.Array:
        """The value at a step for which this is planned."""
        passed = since(step, self.at)
        left = as_float(difference(self.transition_steps, passed)) + self.fraction
        over = left <= 0
        left, done = where(over, 0, left), where(over, 1, as_float(passed))
        cooled = chosen_transition(self.course, self.value, self.end_value, left, done)
        decided = where(self.course == HELD, self.value, cooled)
        return where((self.course == PLANNED) | (step < self.at), planned, decided)


class Steered(Schedule):
    """What one hyperparameter does from here on: its plan, times the scale of its feedback, and what was done by hand.

    The other fields are those of `Steering`.
    """

    schedule: Schedule
    scale: Value
    value: Value
    end_value: Value
    fraction: Value
    course: Annotated[Whole, Spec("count")]
    at: Count
    transition_steps: Count

    def formula(self, step: jax.Array) -> Number:
        fields = (self.value, self.value, self.end_value, self.fraction, self.course, self.at, self.transition_steps)
        planned = self.scale * self.schedule.formula(step)
        return Steering(*map(jnp.asarray, fields)).value_at(step, jnp.asarray(planned))

    @property
    def is_as_planned(self) -> bool:
        """Whether it is the plan, as far as that is known."""
        return not is_traced(self.course) and bool(np.all(self.course == PLANNED) and np.all(self.scale == 1))

    @property
    def by_hand(self) -> str:
        """What was done by hand, in words before those of the plan."""
        course = np.asarray(self.course)
        cools, holds = course > 0, course == HELD
        if not (cools | holds).any():
            return ""
        if self.shape:
            return f"{cools.sum()} cooling down and {holds.sum()} held, of {cools.size}; planned: "
        if holds:
            return f"held at {show_short(self.value)}; planned: "
        length = self.transition_steps + self.fraction if self.fraction else self.transition_steps
        start, end, steps = map(show_short, (self.value, self.end_value, length))
        return f"{list(SHAPES)[course - 1]} cooldown at {self.at} from {start} to {end} in {steps} steps; planned: "
