"""From `init_value` to `end_value` in `transition_steps`, and held there: the shapes differ in one line.

All of them are exact at both ends, and at every step in between as accurate near 0 as far from it: what is left of
the length is counted in integers, and the value is measured from the end that is nearer to 0 (`way`). A shape
turns the parts `left` and `done` of the length, which add up to 1, into two others that do.
"""

import jax

from jaxsched._numerics.counts import steps_left
from jaxsched._numerics.exponentials import powers
from jaxsched._numerics.ways import between, fractions, line, one_minus_cos, parts, sin2, symmetric
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import Number
from jaxsched.fields import Length, Rate, Value


class Linear(Schedule):
    """A straight line from `init_value` to `end_value`.

        η(t) = η_T + (η_0 - η_T) u,    u = max(T - t, 0) / T

    Args:
        init_value: η_0, the value at step 0.
        end_value: η_T, the value from step T onwards.
        transition_steps: T, the length in steps; 0 means already at `end_value`.

    >>> [float(Linear(1.0, 0.5, 100)(t)) for t in (0, 50, 100, 200)]
    [1.0, 0.75, 0.5, 0.5]

    optax `linear_schedule`, which stays at its start where T is 0; PyTorch `LinearLR`.
    """

    init_value: Value
    end_value: Value
    transition_steps: Length

    def formula(self, step: jax.Array) -> Number:
        return line(self.init_value, self.end_value, steps_left(step, self.transition_steps), self.transition_steps)


class Cosine(Schedule):
    """Half a cosine from `init_value` to `end_value`.

        η(t) = η_T + (η_0 - η_T) sin²(πu/2)^a,    u = max(T - t, 0) / T

    which is the usual η_T + (η_0 - η_T) (½ + ½ cos πt/T)^a up to T. With k-decay, u = 1 - (t/T)^k.

    Args:
        init_value: η_0, the value at step 0.
        end_value: η_T, the value from step T onwards.
        transition_steps: T, the length in steps; 0 means already at `end_value`.
        exponent: a, not negative; above 1 the curve falls earlier. None for 1.
        k_decay: k, not negative; above 1 the curve falls later. None for 1.

    >>> [round(float(Cosine(1.0, 0.0, 100)(t)), 3) for t in (0, 50, 100, 200)]
    [1.0, 0.5, 0.0, 0.0]

    Loshchilov & Hutter (2017), SGDR, eq. 5, arXiv:1608.03983; optax `cosine_decay_schedule`, Keras `CosineDecay`.
    Zhang & Li (2020), k-decay, arXiv:2004.05909; timm `CosineLRScheduler`.
    """

    init_value: Value
    end_value: Value
    transition_steps: Length
    exponent: Rate | None = None
    k_decay: Rate | None = None

    def formula(self, step: jax.Array) -> Number:
        init, end, length = self.init_value, self.end_value, self.transition_steps
        left = steps_left(step, length)
        if self.exponent is None and self.k_decay is None:
            return symmetric(one_minus_cos, init, end, left, length)
        part = fractions(left, length)
        if self.k_decay is not None:
            done, left = powers(part.second, part.first, self.k_decay)
            part = parts(left, done)
        part = sin2(part)
        if self.exponent is None:
            return between(init, end, part.first, part.second)
        return between(init, end, *powers(part.first, part.second, self.exponent))


class Polynomial(Schedule):
    """A power of the remaining fraction, from `init_value` to `end_value`.

        η(t) = η_T + (η_0 - η_T) u^p,    u = max(T - t, 0) / T

    With k-decay, u = 1 - (t/T)^k.

    Args:
        init_value: η_0, the value at step 0.
        end_value: η_T, the value from step T onwards.
        transition_steps: T, the length in steps; 0 means already at `end_value`.
        power: p, not negative; 1 is a line, 0 stays at `init_value` up to T.
        k_decay: k, not negative; above 1 the curve falls later. None for 1.

    >>> [float(Polynomial(1.0, 0.0, 100, 2.0)(t)) for t in (0, 50, 100, 200)]
    [1.0, 0.25, 0.0, 0.0]

    optax `polynomial_schedule`; PyTorch `PolynomialLR`; Keras `PolynomialDecay`; timm `PolyLRScheduler` with k-decay.
    """

    init_value: Value
    end_value: Value
    transition_steps: Length
    power: Rate
    k_decay: Rate | None = None

    def formula(self, step: jax.Array) -> Number:
        left, done, *_ = fractions(steps_left(step, self.transition_steps), self.transition_steps)
        if self.k_decay is not None:
            done, left = powers(done, left, self.k_decay)
        return between(self.init_value, self.end_value, *powers(left, done, self.power))
