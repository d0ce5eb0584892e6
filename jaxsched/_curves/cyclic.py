"""Curves that come back."""

from typing import Annotated, Any, Literal

import jax
import jax.numpy as jnp

from jaxsched._data.checks import check_numbers
from jaxsched._numerics.counts import exact_part_of, not_negative, positive, single, steps_left
from jaxsched._numerics.cycles import LEAST_EXCESS, equal_cycle, growing_cycle, triangle_cycle
from jaxsched._numerics.doubles import double
from jaxsched._numerics.exponentials import log2_of_factor, repeated
from jaxsched._numerics.floats import finite, where
from jaxsched._numerics.ways import between, one_minus_cos, parts, sin2, symmetric, way
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import Number, Spec
from jaxsched.fields import Cycles, Factor, Growth, Period, Value


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

    init_value: Value
    end_value: Value
    period_steps: Period

    def formula(self, step: jax.Array) -> Number:
        half_wave, since = equal_cycle(step, self.period_steps)
        left = where(half_wave % 2 == 0, steps_left(since, self.period_steps), since)
        left = where(single(self.period_steps) > 0, left, 0)
        return symmetric(one_minus_cos, self.init_value, self.end_value, left, self.period_steps)


class CosineRestarts(Schedule):
    """Half a cosine from `init_value` to `end_value`, again and again.

        η(t) = η_T + (η_0 dⁱ - η_T) sin²(πu/2)

    in cycle i, which lasts T gⁱ steps, and of which u is left.

    Args:
        init_value: η_0, the value at the start of the first cycle.
        end_value: η_T, the value to which every cycle falls.
        period_steps: T, the length of the first cycle, in steps; 0 means always at `end_value`.
        growth: g, at least 1: how much longer each cycle is than the one before. None for 1. Where it is whole, every
            restart is at a whole step; otherwise a cycle begins between two steps, as the formula has it. A traced one
            below 1.00001 counts as 1.
        decay: d, not negative: how much lower each start is than the one before. None for 1.
        cycles: how many cycles there are, after which the value is `end_value`. None for no end.

    Raises:
        ValueError: if `growth` is less than 1, or more than that by less than 0.00001.

    >>> [round(float(CosineRestarts(1.0, 0.0, 2, growth=2)(t)), 2) for t in range(8)]
    [1.0, 0.5, 1.0, 0.85, 0.5, 0.15, 1.0, 0.96]
    >>> [round(float(CosineRestarts(1.0, 0.0, 2, decay=0.5, cycles=2)(t)), 2) for t in range(6)]
    [1.0, 0.5, 0.5, 0.25, 0.0, 0.0]

    Loshchilov & Hutter (2017), SGDR, arXiv:1608.03983; PyTorch `CosineAnnealingWarmRestarts`, Keras
    `CosineDecayRestarts`, timm `CosineLRScheduler`. Exact at every restart, where a logarithm in floats is not.
    """

    init_value: Value
    end_value: Value
    period_steps: Period
    growth: Growth | None = None
    decay: Factor | None = None
    cycles: Cycles | None = None

    def check(self) -> None:
        if self.growth is not None:
            check_growth("CosineRestarts", self.growth)

    def formula(self, step: jax.Array) -> Number:
        period = self.period_steps
        if self.growth is None:
            cycle, since = equal_cycle(step, period)
            left = steps_left(since, period)
            value = symmetric(one_minus_cos, self._start(cycle), self.end_value, left, period)
        else:
            cycle, done, left = growing_cycle(step, period, double(self.growth))
            lasts = single(period) > 0
            part = sin2(parts(where(lasts, left, 0), where(lasts, done, 1)))
            value = between(self._start(cycle), self.end_value, part.first, part.second)
        return value if self.cycles is None else where(cycle < self.cycles, value, self.end_value)

    def _start(self, cycle: jax.Array) -> Number:
        if self.decay is None:
            return self.init_value
        return repeated(self.init_value, log2_of_factor(self.decay), cycle)


def check_growth(owner: str, growth: Any) -> None:
    """Raise where a growth could not be told from 1."""
    grows = lambda g: (g == 1) | (g >= 1 + LEAST_EXCESS)  # noqa: E731
    check_numbers(owner, "growth", growth, grows, f"must be 1, or at least {1 + LEAST_EXCESS}")


class Triangular(Schedule):
    """Up in a line and down in a line, again and again.

        η(t) = η_0 + (η_p - η_0) z(t) s,    z from 0 to 1 in T_up steps, and back in T_down

    Args:
        init_value: η_0, the lower value, at step 0.
        peak_value: η_p, the upper value, at step T_up.
        rise_steps: T_up, in steps; 0 means that a cycle begins at its peak.
        fall_steps: T_down, in steps. None for as many as `rise_steps`.
        scale: s, a number, or a schedule that gives it: of the index of the cycle, or of the step.
        scale_by: "cycle" or "step".

    Raises:
        ValueError: if `scale_by` is neither.

    >>> [float(Triangular(0.0, 1.0, 2)(t)) for t in range(7)]
    [0.0, 0.5, 1.0, 0.5, 0.0, 0.5, 1.0]
    >>> triangular2 = Triangular(0.0, 1.0, 2, scale=HalfLife(1.0, 1))
    >>> [float(triangular2(t)) for t in range(7)]
    [0.0, 0.5, 1.0, 0.5, 0.0, 0.25, 0.5]

    Smith (2015), cyclical learning rates, arXiv:1506.01186; PyTorch `CyclicLR`: `triangular2` is a scale of
    `HalfLife(1.0, 1)` by cycle, `exp_range` one of `ExponentialDecay(1.0, 1, gamma)` by step.
    """

    init_value: Value
    peak_value: Value
    rise_steps: Period
    fall_steps: Period | None = None
    scale: Annotated[Schedule | Number, Spec(or_schedule=True)] = 1.0
    scale_by: Literal["cycle", "step"] = "cycle"

    def formula(self, step: jax.Array) -> Number:
        rise, fall = self.rise_steps, self.rise_steps if self.fall_steps is None else self.fall_steps
        cycle, since, rise, fall = triangle_cycle(step, not_negative(rise), not_negative(fall))
        scale = self.scale
        if isinstance(scale, Schedule):
            scale = scale.formula(cycle if self.scale_by == "cycle" else step)
        init = jnp.asarray(self.init_value)
        half = init / 2 + (self.peak_value / 2 - init / 2) * scale  # halves, for a whole difference could overflow
        peak = finite(2 * finite(half))
        # both sides are lines, of as many steps from `init_value` as are done of the rise, or left of the fall
        path, rising = way(peak, self.init_value), since < rise
        length = positive(where(rising, rise, fall))
        above = where(rising, since, steps_left(since - rise, fall))
        gone = path.steps(above, length)
        part = where(rising, exact_part_of(gone, positive(rise)), exact_part_of(gone, positive(fall)))
        return path.at(part, gone == length)
