"""The Multi-Power Law: the loss of a language model along a schedule, from seven constants."""

from collections.abc import Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import check_numbers
from jaxsched._data.data import Data
from jaxsched._data.fields import as_schedule
from jaxsched._data.messages import one_of
from jaxsched._numerics.doubles import Double
from jaxsched._numerics.floats import as_float, where
from jaxsched._schedule.programs import Program
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._tables.arguments import Schedules
from jaxsched._typing import Whole
from jaxsched.fields import Rate
from jaxsched.scoring.streaming import backwards, check_found, known_count, over_schedules, sums_from, zeros


PUBLISHED = {
    "25M": (3.04045406, 0.52468604, 0.50786857, 363.78751622, 2.06560812, 0.58279013, 0.64142257),
    "100M": (2.6514477, 0.60115152, 0.45295811, 437.9464276, 2.13245612, 0.59785199, 0.65523644),
    "400M": (2.37474466, 0.65421216, 0.42878731, 523.42464371, 2.02462735, 0.59350493, 0.63472457),
}
"""The constants of the paper's repository (src/config.py), by the size of the model."""


class MultiPowerLaw(Data):
    """What the training loss of a language model will be, along a schedule that was not run: a law that is fitted.

    It is an oracle, and not a training: what it knows is in its constants, which are of one model, data set, batch size
    and optimizer, at rates like those that it was fitted to. `fit` finds them from a few short runs. It was validated
    on language models of 25M, 100M and 400M parameters with a peak of 3e-4, to runs three times as long as those of the
    fit (Luo et al. 2025). There it is 0.2% off in the mean, and 1.8% at worst. That is not little beside what separates
    schedules: between a cosine and a cooldown of the 400M model it predicts 0.057, where 0.018 was measured.

        L(t) = L0 + A Σ_0^-α - B Σ_(0<k≤t) (η_(k-1) - η_k) G(η_k^-γ Σ_k)
        G(x) = 1 - (1 + Cx)^-β,    Σ_k = η_k + ... + η_t

    The first power is a run at a constant rate. Each fall of the rate by one unit gains B in the end, and G says how
    much of this is there already, when the steps after it have gone as far as Σ_k. A rise, as in a warmup, loses it.
    L(t) is the loss after the update at step t. Where η_k is 0, all is gained at once.

    Args:
        L0: the loss that no schedule gets below, but for what the falls of the rate gain.
        A, alpha: the factor and the exponent of the first power; α is more than 0.
        B: what a fall of the rate gains: loss per unit of the rate.
        C, beta, gamma: how fast it does; all more than 0.

    Raises:
        ValueError: if one of them is negative, or 0 where it must not be.

    >>> law = MultiPowerLaw.published("400M")
    >>> schedule = warmup_cosine(peak_value=3e-4, warmup_steps=2160, total_steps=24_000, end_value=3e-5)
    >>> round(float(law.score(schedule, 24_000)), 3)
    2.757
    >>> [round(float(loss), 3) for loss in law.curve(schedule, [5_000, 10_000, 20_000])]
    [3.136, 2.936, 2.775]

    Luo et al. (2025), arXiv:2503.12811; `thu-yao-01-luo/MultiPowerLaw`.
    """

    L0: Rate
    A: Rate
    alpha: Rate
    B: Rate
    C: Rate
    beta: Rate
    gamma: Rate

    def check(self) -> None:
        for name in ("alpha", "C", "beta", "gamma"):
            check_numbers(self._name, name, getattr(self, name), lambda x: x > 0, "must be more than 0")

    @classmethod
    def published(cls, model: str) -> Self:
        """The law of the paper's repository for a model of "25M", "100M" or "400M" parameters.

        It is of rates up to 3e-4, after a warmup of 2,160 steps, to 24,000 steps and, as its test, to 72,000.

        Raises:
            ValueError: if it is none of these.
        """
        if model not in PUBLISHED:
            raise ValueError(f"published: `model` {one_of(list(PUBLISHED), model)}")
        return cls(*PUBLISHED[model])

    def score(self, schedules: Schedules, total_steps: Whole) -> jax.Array:
        """The loss at the end of a run: less is better.

        Args:
            schedules: one schedule, a stack, or a list of schedules of any kinds, all of one shape.
            total_steps: T, how many updates a run has, at the steps 0 .. T-1; an integer, or an array of them.

        Returns:
            An array of the shape to which those of the schedules and `total_steps` broadcast. In a program it is
            infinite where a schedule is nowhere more than 0, and NaN where it is somewhere negative.

        Raises:
            TypeError: if `total_steps` is not an integer that is known.
            ValueError: if `total_steps` is less than 1, shapes differ, or a schedule is nowhere more than 0, or
                somewhere negative.
        """
        found = over_schedules("score", losses_of, self, schedules, total_steps)
        check_found("score", found)
        return found

    def curve(self, schedule: ScheduleLike, steps: Whole | Sequence[int]) -> jax.Array:
        """The loss after the update at each of these steps: `score` is that of the last one.

        It takes time for each step as for a whole run, so ask for some of them, and not for all.

        Args:
            schedule: one, or a stack.
            steps: an integer, or an array of integers, that are known.

        Returns:
            An array of shape `schedule.shape + steps.shape`; infinite where a schedule was 0 up to there.

        Raises:
            TypeError: if `steps` are not integers that are known.
            ValueError: if one of them is negative.
        """
        at = known_count("curve", "steps", steps, minimum=0)
        rows = as_schedule("curve", "schedule", schedule, Schedule)[(..., *(None,) * np.ndim(at))]
        return over_schedules("curve", losses_of, self, rows, at + 1)


@Program
def losses_of(both: Any, total_steps: Any, *, shape: tuple[int, ...], blocks: tuple[int, int]) -> jax.Array:
    """The loss of a law and a schedule, both in one argument, after so many updates."""
    law, schedule = both
    base, factor, alpha, most, c, beta, gamma = map(as_float, jax.tree.leaves(law))

    def gained(sums: jax.Array, values: jax.Array) -> jax.Array:
        """G, in logarithms: x is as large as the rate is small, and 1 + Cx is the exponential of a softplus."""
        moves, falls = sums > 0, values > 0
        log_x = jnp.log(where(moves, sums, 1)) - gamma * jnp.log(where(falls, values, 1))
        part = -jnp.expm1(-beta * jax.nn.softplus(jnp.log(c) + log_x))
        return where(moves, where(falls, part, 1), 0)

    def fold(carry: tuple[Double, Double], before: jax.Array, values: jax.Array) -> tuple[Double, Double]:
        later, gain = carry
        sums, later = sums_from(values, later)
        return later, gain + ((before - values) * gained(sums[..., :-1], values)).sum(axis=-1)

    start = zeros(shape), zeros(shape)
    sums, gain = backwards(schedule, total_steps, fold, start, shape=shape, blocks=blocks)
    return base + factor * sums.total**-alpha - most * gain.total
