"""The constants of the Multi-Power Law, from runs whose losses were measured."""

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import checked_leaf
from jaxsched._data.fields import as_schedules
from jaxsched._data.messages import brief
from jaxsched._numerics.floats import default_dtype
from jaxsched._schedule.programs import Program
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import Number, Spec, Whole
from jaxsched.scoring.power_law import MultiPowerLaw, losses_of
from jaxsched.scoring.streaming import known, known_count, sizes


ITERATIONS = 100

RANGES = {"alpha": (0.2, 1.5), "reach": (1.0, 1e4), "beta": (0.2, 2.0), "gamma": (0.1, 1.0)}
"""From where the starts are drawn, in their logarithms. The reach is C η^-γ Σ of the farthest run, at the peak."""

EXPONENTS = (0.01, 3.0)
"""Where they stay. Beyond that the curves cannot tell them, and what they would predict for others is anything."""


class Fit(NamedTuple):
    """A law, and how near it comes to the losses that it was fitted to.

    `r2` is the coefficient of determination over all of them, `worst_error` the largest relative error, and `huber` the
    sum that was made least.
    """

    law: MultiPowerLaw
    r2: float
    worst_error: float
    huber: float


def fit(
    schedules: Sequence[Schedule] | Schedule,
    steps: Whole | Sequence[Any],
    losses: Any,
    *,
    starts: int = 8,
    delta: Number = 1e-3,
    seed: int = 0,
) -> Fit:
    """The `MultiPowerLaw` of some runs: of a few short ones, whose losses were measured along the way.

    It finds what these runs show, and no more. Runs whose rates differ are needed: the paper takes a constant one, a
    cosine, and one that falls to another constant. Leave out the steps of the warmup, of which the law is not.

        Σ h_δ(log L(t) - log l_t),    h_δ(r) = r²/2 up to |r| = δ, and δ |r| - δ²/2 beyond it

    is made least by the method of Levenberg and Marquardt, in the logarithms of the constants and with Huber's weights,
    from many starts in one program. A start is drawn, but for L0, A and B, which are then a linear problem.

    Args:
        schedules: n schedules of any kinds, or a stack of shape (n,).
        steps: those after whose updates the losses were measured: one array for all runs, or n arrays.
        losses: of each run, one loss for each of its steps: n arrays. Smoothed, if they are of single batches.
        starts: from how many starts.
        delta: δ, from where on a relative error counts linearly.
        seed: of the starts that are drawn.

    Returns:
        `Fit(law, r2, worst_error, huber)`.

    Raises:
        TypeError: if an argument has the wrong type.
        ValueError: if there is not one loss for each step, and at least 7 in all; if a loss is not more than 0, or all
            are equal; if no rate changes, or a schedule is negative, or 0 up to the first of its steps.

    >>> law = MultiPowerLaw(2.0, 0.5, 0.5, 300.0, 2.0, 0.6, 0.6)
    >>> runs = [Constant(3e-4), Cosine(3e-4, 3e-5, 500), PiecewiseConstant([250], [3e-4, 1e-4])]
    >>> steps = np.arange(49, 500, 50)
    >>> found = fit(runs, steps, [law.curve(run, steps) for run in runs], starts=4)
    >>> round(found.r2, 3), found.worst_error < 1e-3
    (1.0, True)

    Luo et al. (2025), arXiv:2503.12811, which takes L-BFGS and then Adam from one start.
    """
    runs, totals, measured = _runs(schedules, steps, losses)
    if isinstance(starts, bool) or not isinstance(starts, int) or starts < 1:
        raise ValueError(f"fit: `starts` must be a positive integer, got {brief(starts)}.")
    delta = checked_leaf("fit", "delta", delta, Spec(minimum=0, positive=True))
    all_sizes = tuple(tuple(sizes("fit", (), total, copies=8 * starts).items()) for total in totals)
    drawn = _drawn(runs, totals, starts, seed)
    numbers, predicted, huber = _fitted(tuple(runs), totals, measured, drawn, delta, all_sizes=all_sizes)
    true, found = np.concatenate(measured, dtype=np.float64), np.asarray(predicted, np.float64)
    r2 = 1 - np.sum((true - found) ** 2) / np.sum((true - true.mean()) ** 2)
    worst = np.max(np.abs(true - found) / true)
    return Fit(MultiPowerLaw(*np.asarray(numbers)), float(r2), float(worst), float(huber))


def _runs(schedules: Any, steps: Any, losses: Any) -> tuple[list[Schedule], list[np.ndarray], list[np.ndarray]]:
    """The runs: their schedules, after how many updates, and the losses."""
    given = list(schedules) if isinstance(schedules, Schedule) and schedules.shape else schedules
    runs = list(as_schedules("fit", "schedules", given, Schedule))
    each = isinstance(steps, list | tuple) and any(np.ndim(x) for x in steps)
    at = list(steps) if each else [steps] * len(runs)
    for name, rows in (("steps", at), ("losses", losses)):
        if len(rows) != len(runs):
            raise ValueError(f"fit: `{name}` must have one entry for each of {len(runs)} schedules, got {len(rows)}.")
    totals, measured = [], []
    for i, (run, where, of_run) in enumerate(zip(runs, at, losses, strict=True)):
        if run.shape:
            raise ValueError(f"fit: `schedules[{i}]` must be one schedule, got a stack of shape {run.shape}.")
        totals.append(np.ravel(known_count("fit", f"steps[{i}]", where, minimum=0)) + 1)
        measured.append(np.asarray(known("fit", f"losses[{i}]", of_run, Spec(ndim=1, minimum=0, positive=True))))
        if measured[-1].shape != totals[-1].shape:
            came = f"{measured[-1].size} for {totals[-1].size} steps"
            raise ValueError(f"fit: `losses[{i}]` must have one loss for each step, got {came}.")
    if (count := sum(map(len, measured))) < 7:
        raise ValueError(f"fit: seven constants need at least 7 losses, got {count}.")
    if np.ptp(all_losses := np.concatenate(measured)) == 0:
        raise ValueError(f"fit: `losses` must not all be equal, got {all_losses[0]} for each of {count} steps.")
    return runs, totals, measured


def _drawn(runs: list[Schedule], totals: list[np.ndarray], starts: int, seed: int) -> np.ndarray:
    """α, C, β and γ of each start."""
    rates = [np.asarray(run(np.arange(total.max())), np.float64) for run, total in zip(runs, totals, strict=True)]
    for i, (values, total) in enumerate(zip(rates, totals, strict=True)):
        if values.min() < 0 or not values[: total.min()].any():
            rule = "must be nowhere negative, and somewhere more than 0 up to the first of its steps"
            raise ValueError(f"fit: `schedules[{i}]` {rule}, got {brief(runs[i])}.")
    if not any(map(np.ptp, rates)):
        rule = "must change their rate in at least one run: C, β and γ are of such changes"
        raise ValueError(f"fit: `schedules` {rule}, got {brief(runs)}.")
    lowest, highest = np.log(list(RANGES.values())).T
    drawn = np.exp(np.random.default_rng(seed).uniform(lowest, highest, (starts, len(RANGES))))
    drawn[:, 1] *= max(map(np.max, rates)) ** drawn[:, 3] / max(map(np.sum, rates))
    return drawn.astype(default_dtype(integer=False))


@Program
def _fitted(runs: Any, totals: Any, measured: Any, drawn: Any, delta: Any, *, all_sizes: Any) -> Any:
    """The constants of the best start, what they predict, and the sum of Huber's losses."""
    true = jnp.concatenate(measured)
    is_exponent = np.array([field.name in ("alpha", "beta", "gamma") for field in dataclasses.fields(MultiPowerLaw)])
    limits = [jnp.where(is_exponent, np.log(x), far) for x, far in zip(EXPONENTS, (-np.inf, np.inf), strict=True)]

    def predicted(numbers: jax.Array) -> jax.Array:
        law = MultiPowerLaw(*numbers)
        each = zip(runs, totals, all_sizes, strict=True)
        return jnp.concatenate([losses_of((law, run[None]), total, **dict(size)) for run, total, size in each])

    def residuals(logs: jax.Array) -> jax.Array:
        return jnp.log(jnp.maximum(predicted(jnp.exp(logs)), 1e-10)) - jnp.log(true)

    def start(alpha: jax.Array, c: jax.Array, beta: jax.Array, gamma: jax.Array) -> jax.Array:
        """The logarithms of all constants: L0, A and B are those that come nearest, given the others."""
        one, none = jnp.ones_like(alpha), jnp.zeros_like(alpha)
        powers, gains = (
            predicted(jnp.stack([none, a, alpha, b, c, beta, gamma])) for a, b in ((one, none), (none, one))
        )
        parts = jnp.stack([jnp.ones_like(true), powers, gains], axis=1) / true[:, None]
        scale = jnp.abs(parts).max(axis=0)
        found = jnp.linalg.lstsq(parts / scale, jnp.ones_like(true))[0]
        base, factor, gain = jnp.maximum(found, 0.01) / scale
        return jnp.log(jnp.stack([base, factor, alpha, gain, c, beta, gamma]))

    def huber(residuals: jax.Array) -> jax.Array:
        size = jnp.abs(residuals)
        return jnp.where(size < delta, size**2 / 2, delta * (size - delta / 2)).sum()

    def linear(logs: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The residuals, and their derivative by each of the logarithms."""
        by_one = jax.vmap(lambda way: jax.jvp(residuals, (logs,), (way,)), out_axes=(None, 1))
        return by_one(jnp.eye(len(logs), dtype=logs.dtype))

    def improve(_: jax.Array, carry: tuple[Any, ...]) -> tuple[Any, ...]:
        logs, wrong, slopes, damping = carry
        weights = jnp.sqrt(jnp.minimum(1, delta / jnp.maximum(jnp.abs(wrong), delta)))
        matrix = slopes * weights[:, None]
        scale = jnp.sqrt((matrix**2).sum(axis=0)) + jnp.finfo(logs.dtype).tiny
        damped = jnp.concatenate([matrix / scale, jnp.sqrt(damping) * jnp.eye(len(logs), dtype=logs.dtype)])
        step = jnp.linalg.lstsq(damped, jnp.concatenate([wrong * weights, jnp.zeros_like(logs)]))[0] / scale
        tried = jnp.clip(logs - jnp.clip(step, -1, 1), *limits)
        found, found_slopes = linear(tried)
        better = huber(found) < huber(wrong)
        kept = [jnp.where(better, new, old) for new, old in ((tried, logs), (found, wrong), (found_slopes, slopes))]
        return *kept, jnp.clip(damping * jnp.where(better, 0.3, 4), 1e-10, 1e6)

    def search(drawn: jax.Array) -> tuple[jax.Array, jax.Array]:
        logs = start(*drawn)
        logs, wrong, *_ = jax.lax.fori_loop(0, ITERATIONS, improve, (logs, *linear(logs), jnp.ones_like(logs[0])))
        return logs, huber(wrong)

    found, scores = jax.vmap(search)(drawn)
    best = jnp.exp(found[jnp.argmin(scores)])
    return best, predicted(best), scores.min()
