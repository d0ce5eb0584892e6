"""Curves that come back."""

import jax
import jax.numpy as jnp

from jaxsched._base import Schedule
from jaxsched._numerics import between, fractions, sin2
from jaxsched._typing import Length, Number, Scalar


class CosineAnnealing(Schedule):
    """A cosine that falls to `end_value`, rises to `init_value`, and so on.

        η(t) = η_T + ½ (η_0 - η_T) (1 + cos πt/T)

    Args:
        init_value: η_0, the value at step 0, 2T, 4T, ...
        end_value: η_T, the value at step T, 3T, 5T, ...
        period_steps: T, the steps from one to the other: half a wavelength. 0 means always at `end_value`.

    >>> [round(float(CosineAnnealing(1.0, 0.0, 4)(t)), 2) for t in range(9)]
    [1.0, 0.85, 0.5, 0.15, 0.0, 0.15, 0.5, 0.85, 1.0]

    PyTorch `CosineAnnealingLR`, whose `T_max` is T. For a cosine that stays down, use `Cosine`.
    """

    init_value: Scalar
    end_value: Scalar
    period_steps: Length

    def formula(self, step: jax.Array) -> Number:
        period = jnp.maximum(self.period_steps, 0)
        half_wave, since = jnp.divmod(step, jnp.maximum(period, 1))
        left, done = fractions(jnp.where(half_wave % 2 == 0, period - since, since), period)
        return between(self.init_value, self.end_value, sin2(left), sin2(done))
