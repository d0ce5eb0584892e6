"""Decays that never end: a rate, and the number of steps in which it applies once.

A length of 0 is infinitely short: so many periods have passed, at every step, that the decay is over.
"""

import jax
import jax.numpy as jnp

from jaxsched._base import Schedule
from jaxsched._numerics import finite, periods, repeated, saturating_exp
from jaxsched._typing import Factor, Length, Number, Rate, Scalar


class ExponentialDecay(Schedule):
    """A factor per `transition_steps`.

        η(t) = η_0 r^u,    u = t / s,    or u = ⌊t / s⌋ as a staircase

    Args:
        init_value: η_0, the value at step 0.
        transition_steps: s, the steps in which the value is multiplied by `decay_rate` once.
        decay_rate: r, not negative. A Python float or float64 array keeps its double precision, as a pair of leaves, so
            that a rate close to 1 is right after millions of steps. A rate above 1 grows, to e^60 η_0 at most.
        staircase: whether the value falls only at the multiples of s.
        end_value: a bound: a least value where r < 1, a largest one otherwise. None for no bound.

    >>> [float(ExponentialDecay(1.0, 100, 0.25)(t)) for t in (0, 50, 100, 200)]
    [1.0, 0.5, 0.25, 0.0625]

    optax `exponential_decay`; PyTorch `ExponentialLR` (s = 1); Keras `ExponentialDecay`.
    """

    init_value: Scalar
    transition_steps: Length
    decay_rate: Factor
    staircase: bool = False
    end_value: Scalar | None = None

    def formula(self, step: jax.Array) -> Number:
        u = periods(step, self.transition_steps, whole=self.staircase)
        value = finite(self.init_value * repeated(self.decay_rate, u))
        if self.end_value is None:
            return value
        falls = repeated(self.decay_rate, 1.0) < 1
        return jnp.where(falls, jnp.maximum(value, self.end_value), jnp.minimum(value, self.end_value))


class NaturalExponentialDecay(Schedule):
    """A factor of e^-k per `step_size`.

        η(t) = η_0 e^(-ku),    u = t / s,    or u = ⌊t / s⌋ as a staircase

    Args:
        init_value: η_0, the value at step 0.
        decay_rate: k; a negative one grows, to e^60 η_0 at most.
        step_size: s, in steps.
        staircase: whether the value falls only at the multiples of s.

    >>> [round(float(NaturalExponentialDecay(1.0, 0.1)(t)), 4) for t in (0, 1, 10)]
    [1.0, 0.9048, 0.3679]

    TensorFlow 1 `natural_exp_decay`.
    """

    init_value: Scalar
    decay_rate: Scalar
    step_size: Length = 1
    staircase: bool = False

    def formula(self, step: jax.Array) -> Number:
        u = periods(step, self.step_size, whole=self.staircase)
        return finite(self.init_value * saturating_exp(-self.decay_rate * u))


class InverseTimeDecay(Schedule):
    """Hyperbolic: the value is halved after `transition_steps / decay_rate` steps.

        η(t) = η_0 / (1 + k u),    u = t / s,    or u = ⌊t / s⌋ as a staircase

    Args:
        init_value: η_0, the value at step 0.
        transition_steps: s, in steps.
        decay_rate: k, not negative (the curve would have a pole); a negative one that is traced counts as 0.
        staircase: whether the value falls only at the multiples of s.

    >>> [float(InverseTimeDecay(1.0, 100, 1.0)(t)) for t in (0, 100, 300)]
    [1.0, 0.5, 0.25]

    Keras `InverseTimeDecay`.
    """

    init_value: Scalar
    transition_steps: Length
    decay_rate: Rate
    staircase: bool = False

    def formula(self, step: jax.Array) -> Number:
        u = periods(step, self.transition_steps, whole=self.staircase)
        return self.init_value / (1 + jnp.maximum(self.decay_rate, 0) * u)


class StepDecay(Schedule):
    """A factor every `step_size` steps.

        η(t) = η_0 f^⌊t / s⌋

    Args:
        init_value: η_0, the value before the first drop.
        step_size: s, the steps between drops; the first is at step s.
        factor: f, not negative; in double precision where it is given so, as in `ExponentialDecay`.

    >>> [float(StepDecay(1.0, 30, 0.5)(t)) for t in (0, 29, 30, 60)]
    [1.0, 1.0, 0.5, 0.25]

    PyTorch `StepLR`. In the classical tutorials the exponent is ⌊(1 + t) / s⌋: `shift(StepDecay(...), -1)`.
    """

    init_value: Scalar
    step_size: Length
    factor: Factor

    def formula(self, step: jax.Array) -> Number:
        return finite(self.init_value * repeated(self.factor, periods(step, self.step_size, whole=True)))
