"""Decays that never end: a rate, and the number of steps in which it applies once.

The steps are a time constant, a real number. One of 0 would be infinitely short: an error where it is known. Where it
is not, 2^31 periods have passed at every step, and the decay is over.
"""

import jax
import jax.numpy as jnp

from jaxsched._numerics.counts import as_length, counted, difference, not_negative, single, timescales, whole_periods
from jaxsched._numerics.doubles import double
from jaxsched._numerics.exponentials import (
    ENDLESS,
    LOG2_E,
    bounded,
    exp2,
    exponent,
    exponent_at,
    grown,
    log2_of_factor,
    minus_square_at,
    stairs,
    times_log2,
)
from jaxsched._numerics.floats import as_float, last_step, sqrt, where
from jaxsched._numerics.ways import way
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import Number
from jaxsched.fields import Factor, Rate, Time, TimeConstant, Value


class ExponentialDecay(Schedule):
    """A factor per `transition_steps`.

        η(t) = η_0 r^u,    u = t / s,    or u = ⌊t / s⌋ as a staircase

    Args:
        init_value: η_0, the value at step 0.
        transition_steps: s, the steps in which the value is multiplied by `decay_rate` once; not 0.
        decay_rate: r, not negative. A Python float or float64 array keeps its double precision, as a pair of leaves, so
            that a rate close to 1 is right after millions of steps. A rate above 1 grows, to e^60 η_0 at most.
        staircase: whether the value falls only at the multiples of s.
        end_value: a bound: a least value where r < 1, a largest one otherwise. None for no bound.

    >>> [float(ExponentialDecay(1.0, 100, 0.25)(t)) for t in (0, 50, 100, 200)]
    [1.0, 0.5, 0.25, 0.0625]

    optax `exponential_decay`; PyTorch `ExponentialLR` (s = 1); Keras `ExponentialDecay`.
    """

    init_value: Value
    transition_steps: TimeConstant
    decay_rate: Factor
    staircase: bool = False
    end_value: Value | None = None

    def formula(self, step: jax.Array) -> Number:
        rate = log2_of_factor(self.decay_rate)
        decayed = stairs if self.staircase else grown
        value = decayed(self.init_value, rate, step, self.transition_steps)
        if self.end_value is None:
            return value
        falls = rate.total < 0
        return where(falls, jnp.maximum(value, self.end_value), jnp.minimum(value, self.end_value))


class NaturalExponentialDecay(Schedule):
    """A factor of e^-k per `step_size`.

        η(t) = η_0 e^(-ku),    u = t / s,    or u = ⌊t / s⌋ as a staircase

    Args:
        init_value: η_0, the value at step 0.
        decay_rate: k; a negative one grows, to e^60 η_0 at most.
        step_size: s, in steps, not 0.
        staircase: whether the value falls only at the multiples of s.

    >>> [round(float(NaturalExponentialDecay(1.0, 0.1)(t)), 4) for t in (0, 1, 10)]
    [1.0, 0.9048, 0.3679]

    TensorFlow 1 `natural_exp_decay`.
    """

    init_value: Value
    decay_rate: Value
    step_size: TimeConstant = 1
    staircase: bool = False

    def formula(self, step: jax.Array) -> Number:
        rate = double(bounded(-self.decay_rate)) * LOG2_E
        decayed = stairs if self.staircase else grown
        return decayed(self.init_value, rate, step, self.step_size)


class InverseTimeDecay(Schedule):
    """Hyperbolic: the value is halved after `transition_steps / decay_rate` steps.

        η(t) = η_0 / (1 + k u),    u = t / s,    or u = ⌊t / s⌋ as a staircase

    Args:
        init_value: η_0, the value at step 0.
        transition_steps: s, in steps, not 0.
        decay_rate: k, not negative (the curve would have a pole); a negative one that is traced counts as 0.
        staircase: whether the value falls only at the multiples of s.

    >>> [float(InverseTimeDecay(1.0, 100, 1.0)(t)) for t in (0, 100, 300)]
    [1.0, 0.5, 0.25]

    Keras `InverseTimeDecay`.
    """

    init_value: Value
    transition_steps: TimeConstant
    decay_rate: Rate
    staircase: bool = False

    def formula(self, step: jax.Array) -> Number:
        if self.staircase:
            count, length = whole_periods(step, self.transition_steps), 1
        else:
            count, length = counted(step, self.transition_steps), self.transition_steps
        rate = jnp.maximum(self.decay_rate, 0)
        fit = where(rate > ENDLESS, 2.0**-32, 1)  # squared where the product would overflow
        per_step, number = double(rate * fit * fit) / as_length(length), as_float(count)
        slope = fit * fit + (number * per_step.high + number * per_step.low)
        return where(count > 0, fit * (self.init_value * fit / slope), self.init_value)


class StepDecay(Schedule):
    """A factor every `step_size` steps.

        η(t) = η_0 f^⌊t / s⌋

    Args:
        init_value: η_0, the value before the first drop.
        step_size: s, the steps between drops, not 0; the first is at step s.
        factor: f, not negative; in double precision where it is given so, as in `ExponentialDecay`.

    >>> [float(StepDecay(1.0, 30, 0.5)(t)) for t in (0, 29, 30, 60)]
    [1.0, 1.0, 0.5, 0.25]

    PyTorch `StepLR`. In the classical tutorials the exponent is ⌊(1 + t) / s⌋: `shift(StepDecay(...), -1)`.
    """

    init_value: Value
    step_size: TimeConstant
    factor: Factor

    def formula(self, step: jax.Array) -> Number:
        return stairs(self.init_value, log2_of_factor(self.factor), step, self.step_size)


class HalfLife(Schedule):
    """Half of it is gone after each `half_life` steps.

        η(t) = η_0 2^(-t / h)

    Args:
        init_value: η_0, the value at step 0.
        half_life: h, in steps, not 0.

    >>> [float(HalfLife(1.0, 100)(t)) for t in (0, 100, 200)]
    [1.0, 0.5, 0.25]

    The decay of MiniCPM, arXiv:2404.06395; praxis `ContinuousSchedule`.
    """

    init_value: Value
    half_life: TimeConstant

    def formula(self, step: jax.Array) -> Number:
        return grown(self.init_value, double(-1.0), step, self.half_life)


class InverseSqrt(Schedule):
    """Down with the square root of the step: the rate of transformers without a fixed horizon.

        η(t) = η_0 / √(1 + (t + s) / τ)

    Args:
        peak_value: η_0, the value at step 0 if nothing is shifted.
        timescale: τ, in steps, not 0: after 3τ the value is half of `peak_value`.
        shift: s, in steps: how far down the curve it begins.

    >>> [float(InverseSqrt(1.0, 100)(t)) for t in (0, 300, 1500)]
    [1.0, 0.5, 0.25]

    big_vision `rsqrt`; with τ = W after a warmup of W steps, the √(W / t) of Vaswani et al. (2017), arXiv:1706.03762,
    of T5, fairseq `inverse_sqrt` and Transformers `get_inverse_sqrt_schedule`.
    """

    peak_value: Value
    timescale: TimeConstant
    shift: Time = 0

    def formula(self, step: jax.Array) -> Number:
        # not peak / √x, of which XLA makes a reciprocal root that machines only approximate: it could rise by an ulp
        return self.peak_value * sqrt(1 / (1 + timescales(step, self.timescale, self.shift)))


class PowerLaw(Schedule):
    """A power of the step: `InverseSqrt` with any power.

        η(t) = η_0 (1 + (t + s) / τ)^-p

    Args:
        peak_value: η_0, the value at step 0 if nothing is shifted.
        timescale: τ, in steps, not 0.
        power: p, not negative.
        shift: s, in steps: how far down the curve it begins.

    >>> [float(PowerLaw(1.0, 100, 2.0)(t)) for t in (0, 100, 300)]
    [1.0, 0.25, 0.0625]

    timm `WSDLRScheduler`, `stable_fn="power"`; OLMo-core `PowerLR`; Shen et al. (2024), arXiv:2408.13359, eq. 7.
    """

    peak_value: Value
    timescale: TimeConstant
    power: Rate
    shift: Time = 0

    def formula(self, step: jax.Array) -> Number:
        u = timescales(step, self.timescale, self.shift)
        return self.peak_value * exp2(exponent(times_log2(1 + u, u, -jnp.maximum(self.power, 0))))


class Logistic(Schedule):
    """A sigmoid from `init_value` to `end_value`, half way at `midpoint`.

        η(t) = η_0 + (η_T - η_0) / (1 + e^((c - t) / τ))

    Args:
        init_value: η_0, the value far before the midpoint.
        end_value: η_T, the value far after it.
        midpoint: c, in steps.
        timescale: τ, in steps: from 12% to 88% of the way takes 4τ; 0 for a jump at the midpoint.

    >>> [round(float(Logistic(0.0, 1.0, 500, 100)(t)), 3) for t in (0, 300, 500, 700, 2000)]
    [0.007, 0.119, 0.5, 0.881, 1.0]

    Bowman et al. (2016), the weight of a KL term, arXiv:1511.06349.
    """

    init_value: Value
    end_value: Value
    midpoint: Time
    timescale: Time

    def formula(self, step: jax.Array) -> Number:
        # 1 / (1 + e^-x), and the rest of it is 1 / (1 + e^x)
        path, late = way(self.init_value, self.end_value), difference(step, not_negative(self.midpoint))
        far = where(late < 0, -last_step(), last_step()).astype(late.dtype)
        late = where(single(self.timescale) > 0, late, far)
        rate = double(LOG2_E) * path.toward_far(1.0) / as_length(self.timescale)
        return path.at(1 / (1 + exp2(exponent_at(late, rate, least=-100, most=100))))


class Gaussian(Schedule):
    """Half a bell curve.

        η(t) = η_0 e^(-t² / 2σ²)

    Args:
        init_value: η_0, the value at step 0.
        timescale: σ, in steps, not 0.

    >>> [round(float(Gaussian(1.0, 100)(t)), 3) for t in (0, 100, 200, 300)]
    [1.0, 0.607, 0.135, 0.011]

    The neighbourhood of self-organizing maps, Kohonen (1982).
    """

    init_value: Value
    timescale: TimeConstant

    def formula(self, step: jax.Array) -> Number:
        # e^(-u²/2) = 2^-(cu)², with c² = ½ log₂ e
        rate = (0.5 * LOG2_E) ** 0.5 / as_length(self.timescale)
        return self.init_value * exp2(minus_square_at(counted(step, self.timescale), rate))
