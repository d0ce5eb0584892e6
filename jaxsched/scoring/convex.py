"""A bound of convex optimisation on the last iterate, as a function of the schedule."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from jaxsched._data.checks import check_numbers, checked_leaf
from jaxsched._data.data import Data
from jaxsched._numerics.doubles import Double
from jaxsched._numerics.floats import as_float, where
from jaxsched._schedule.programs import Program
from jaxsched._tables.arguments import Schedules
from jaxsched._typing import Number, Spec, Whole
from jaxsched.fields import Value
from jaxsched.scoring.streaming import backwards, check_found, over_schedules, sums_from, zeros


class Terms(NamedTuple):
    """The two terms of a `ConvexBound`: multiplied by γ, a schedule has the bound `falling / γ + rising * γ`."""

    falling: jax.Array
    rising: jax.Array


class ConvexBound(Data):
    """How far SGD may still be from the least loss, at the end of a schedule: a bound, for convex losses.

    It is an oracle, and not a training: it knows nothing of your model. It holds for convex losses whose gradients are
    bounded; that it ranks schedules and base rates as language models of 124M and 210M parameters do was found in
    experiments with AdamW (Schaipp et al. 2025), and is not proved. A warmup is not in its favour, nor is anything that
    depends on curvature.

        Ω = D²/2Σ₁ + Q₁/2Σ₁ + ½ Σ_(k<n) η_k Q_k / (Σ_(k+1) Σ_k)
        Σ_k = η_k + ... + η_n,    Q_k = G² (η_k² + ... + η_n²)

    The first term falls as the rate is raised, the others rise: at the best base rate γ = √(falling / rising) the bound
    is 2 √(falling · rising), whatever the peak of the schedule.

    The values are those of the steps 0 .. T-1, which are the n = T values of the formula; so `Linear(1.0, 0.0, T)` is
    the paper's linear decay, which would be 0 at step T. Values of 0 at the end are left out: n is the last step that
    is not 0. The bound does go to infinity as a last value goes to 0.

    Args:
        distance: D, the distance from the first iterate to the nearest minimum.
        gradient_norm: G, the largest norm of a gradient. Both only scale: the score by DG, the best base rate by D/G.

    Raises:
        ValueError: if one of them is not more than 0.

    >>> bound, linear = ConvexBound(), Linear(1.0, 0.0, 400)
    >>> [round(float(x), 4) for x in (bound.score(linear, 400), bound.best_base_rate(linear, 400))]
    [0.1006, 0.0496]
    >>> cooled = wsd(peak_value=1.0, warmup_steps=0, cooldown_steps=80, total_steps=400)
    >>> [round(float(score), 4) for score in bound.score([linear, Cosine(1.0, 0.0, 400), cooled, Constant(1.0)], 400)]
    [0.1006, 0.1034, 0.1093, 0.1375]

    Schaipp et al. (2025), arXiv:2501.18965; Defazio et al. (2023), arXiv:2310.07831, Theorem 10.
    """

    distance: Value = 1.0
    gradient_norm: Value = 1.0

    def check(self) -> None:
        check_numbers(self._name, "distance", self.distance, lambda x: x > 0, "must be more than 0")
        check_numbers(self._name, "gradient_norm", self.gradient_norm, lambda x: x > 0, "must be more than 0")

    def terms(self, schedules: Schedules, total_steps: Whole) -> Terms:
        """The term that falls as the rate is raised, D²/2Σ₁, and the sum of those that rise.

        Args:
            schedules: one schedule, a stack, or a list of schedules of any kinds, all of one shape.
            total_steps: T, how many updates a run has; an integer, or an array of them.

        Returns:
            `Terms(falling, rising)`, arrays of the shape to which those of the schedules and `total_steps` broadcast.
            Where a schedule is nowhere more than 0, the one is infinite and the other NaN; where it is negative, both
            are NaN.

        Raises:
            TypeError: if `total_steps` is not an integer that is known.
            ValueError: if `total_steps` is less than 1, or shapes differ.
        """
        return over_schedules("terms", _terms, self, schedules, total_steps)

    def best_base_rate(self, schedules: Schedules, total_steps: Whole) -> jax.Array:
        """What a schedule should be multiplied by for the least bound: γ = √(falling / rising).

        Arguments and errors are those of `terms`, and so is the shape of the result.
        """
        falling, rising = over_schedules("best_base_rate", _terms, self, schedules, total_steps)
        return jnp.sqrt(falling / rising)

    def score(self, schedules: Schedules, total_steps: Whole, *, base_rate: Number | None = None) -> jax.Array:
        """The bound at the end of a run: less is better.

        Args:
            schedules: one schedule, a stack, or a list of schedules of any kinds, all of one shape.
            total_steps: T, how many updates a run has; an integer, or an array of them.
            base_rate: what the schedule is multiplied by, 1 for the schedule as it is; None for the best of each.

        Returns:
            An array of the shape to which those of the schedules and `total_steps` broadcast. In a program it is NaN
            where a schedule is nowhere more than 0, or somewhere negative.

        Raises:
            TypeError: if `total_steps` is not an integer that is known, or `base_rate` not a number.
            ValueError: if `total_steps` is less than 1, `base_rate` not more than 0, shapes differ, or a schedule is
                nowhere more than 0, or somewhere negative.
        """
        falling, rising = over_schedules("score", _terms, self, schedules, total_steps)
        if base_rate is None:
            found = 2 * jnp.sqrt(falling * rising)
        else:
            rate = jnp.asarray(checked_leaf("score", "base_rate", base_rate, Spec(minimum=0, positive=True)))
            found = falling / rate + rising * rate
        check_found("score", found)
        return found


@Program
def _terms(both: Any, total_steps: Any, *, shape: tuple[int, ...], blocks: tuple[int, int]) -> Terms:
    bound, schedule = both

    def fold(carry: tuple[Double, ...], _: jax.Array, values: jax.Array) -> tuple[Double, ...]:
        sum_later, squares_later, sum_of_weights = carry
        sums, sum_later = sums_from(values, sum_later)
        squares, squares_later = sums_from(values**2, squares_later)
        after = sums[..., 1:] > 0
        here, there = (where(after, x, 1) for x in (sums[..., :-1], sums[..., 1:]))
        weights = where(after, values / there * (squares[..., :-1] / here), 0)
        return sum_later, squares_later, sum_of_weights + weights.sum(axis=-1)

    sums, squares, weights = backwards(schedule, total_steps, fold, (zeros(shape),) * 3, shape=shape, blocks=blocks)
    distance, norm = as_float(bound.distance), as_float(bound.gradient_norm)
    return Terms(distance**2 / (2 * sums.total), norm**2 * (squares.total / sums.total + weights.total) / 2)
