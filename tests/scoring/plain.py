"""The laws as they are written, in NumPy, in float64, with all sums in full."""

from typing import Any

import numpy as np

import jaxsched as js
from tests.helpers import tiers


LENGTHS = tiers({"1": 1, "2": 2, "401": 401, "10000": 10_000}, always=("2", "10000"))
"""Runs of these lengths are held against the sums in full."""


def values(schedule: js.Schedule, total_steps: int) -> np.ndarray:
    """The values of one schedule, as they are, in double precision."""
    return np.asarray(schedule(np.arange(total_steps)), np.float64)


def convex_terms(rates: np.ndarray, distance: float = 1.0, gradient_norm: float = 1.0) -> tuple[float, float]:
    """Theorem 10 of arXiv:2310.07831, as a double sum; values of 0 at the end are left out."""
    rates = rates[: np.flatnonzero(rates)[-1] + 1]
    squares = gradient_norm**2 * rates**2
    total = rates.sum()
    third = sum(
        rates[k] / rates[k + 1 :].sum() * (squares[k:].sum() / rates[k:].sum()) / 2 for k in range(len(rates) - 1)
    )
    return distance**2 / (2 * total), squares.sum() / (2 * total) + third


def convex_bound(rates: np.ndarray) -> float:
    falling, rising = convex_terms(rates)
    return 2 * np.sqrt(falling * rising)


def power_law(numbers: Any, rates: np.ndarray) -> float:
    """The loss after the last of these updates, in the order in which `src/models.py` of the authors has it."""
    base, factor, alpha, gain, c, beta, gamma = (float(x) for x in numbers)
    total, gained = rates.sum(), 0.0
    for k in range(1, len(rates)):
        here = rates[k:].sum()
        with np.errstate(divide="ignore"):
            x = np.float64(rates[k]) ** -gamma * here if here else 0.0
        gained += (rates[k - 1] - rates[k]) * (1 - (1 + c * x) ** -beta)
    return base + factor * total**-alpha - gain * gained
