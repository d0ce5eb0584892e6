"""How far from the truth: against 40 digits of mpmath, under jit, over the whole range of an int32.

Hyperparameters are taken as the leaves hold them. An error is counted in units in the last place (ulp) of the float32
nearest to the true value.
"""

from collections.abc import Callable
from typing import NamedTuple

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import jaxsched as js


LAST = 2**31 - 1
HORIZONS = [1, 2, 3, 7, 10, 1000, 2**16, 2**16 + 1, 10**6 + 3, 2**20, 2**24 - 5, 2**24 + 5, 2**26, 2**26 - 5]
HORIZONS += [10**9 + 7, 2**30, 2**30 - 5, LAST]

mpmath.mp.dps = 40
pi, e, sqrt = mpmath.pi, mpmath.e, mpmath.sqrt
UP, DOWN = (0.0, 0.3), (0.3, 0.01)
ENDS = [(0.3, 0.0), UP, DOWN, (0.01, 0.7), (1.0, 0.9), (-0.2, -0.7)]
DECAY = mpf(10) ** -6


def f32(x: float) -> mpf:
    return mpf(float(np.float32(x)))


class Case(NamedTuple):
    """A curve for a horizon of T steps; its value at step t; and how many ulp it may be off."""

    make: Callable[[int], js.Schedule]
    truth: Callable[[int, int], mpf]
    bound: float
    ends: bool = False  # whether it must be exact at T and beyond


def transition(make: Callable[..., js.Schedule], part: Callable[[mpf], mpf], bound: float) -> list[Case]:
    """`part` is what is left of η_0 - η_T when q of the length is done."""

    def case(init: float, end: float) -> Case:
        def truth(t: int, T: int) -> mpf:
            q = min(mpf(t) / T, mpf(1))
            return f32(end) + (f32(init) - f32(end)) * part(q)

        return Case(lambda T: make(init, end, T), truth, bound, ends=True)

    return [case(init, end) for init, end in ENDS]


def cosine(q: mpf) -> mpf:
    return mpmath.sin(pi / 2 * (1 - q)) ** 2


def decay(t: int, T: int, factor: mpf) -> mpf:
    return f32(0.3) * factor ** (mpf(t) / T)


CURVES: dict[str, list[Case]] = {
    "Linear": transition(js.Linear, lambda q: 1 - q, 2),
    "Cosine": transition(js.Cosine, cosine, 8),
    "Cosine, exponent": transition(lambda a, b, T: js.Cosine(a, b, T, 1.5), lambda q: cosine(q) ** mpf(1.5), 8),
    "Cosine, k-decay": transition(lambda a, b, T: js.Cosine(a, b, T, k_decay=1.5), lambda q: cosine(q ** mpf(1.5)), 8),
    "Polynomial, 0.5": transition(lambda a, b, T: js.Polynomial(a, b, T, 0.5), lambda q: (1 - q) ** mpf(0.5), 8),
    "Polynomial, 0.9": transition(lambda a, b, T: js.Polynomial(a, b, T, 0.9), lambda q: (1 - q) ** f32(0.9), 8),
    "Polynomial, 2": transition(lambda a, b, T: js.Polynomial(a, b, T, 2.0), lambda q: (1 - q) ** 2, 8),
    "Polynomial, 3.3": transition(lambda a, b, T: js.Polynomial(a, b, T, 3.3), lambda q: (1 - q) ** f32(3.3), 8),
    "Polynomial, k-decay": transition(
        lambda a, b, T: js.Polynomial(a, b, T, 0.9, 2.0), lambda q: (1 - q**2) ** f32(0.9), 8
    ),
    "OneMinusSqrt": transition(js.OneMinusSqrt, lambda q: 1 - sqrt(q), 8),
    "OneMinusSquare": transition(js.OneMinusSquare, lambda q: 1 - q**2, 8),
    "MirrorCosine": transition(js.MirrorCosine, lambda q: 2 * (1 - q) - cosine(q), 8),
    "Rex": transition(js.Rex, lambda q: (1 - q) / (1 - q / 2), 2),
    "Rex, 0.9": transition(
        lambda a, b, T: js.Rex(a, b, T, 0.9), lambda q: (1 - q) / (1 - f32(0.9) + f32(0.9) * (1 - q)), 8
    ),
    "Exponential": transition(js.Exponential, lambda q: 2 * mpf(0.5) ** q - 1, 8),
    "Exponential, 0.1": transition(
        lambda a, b, T: js.Exponential(a, b, T, 0.1), lambda q: (mpf(0.1) ** q - mpf(0.1)) / (1 - mpf(0.1)), 8
    ),
    "Tanh": [
        case._replace(ends=False)
        for case in transition(js.Tanh, lambda q: (1 - mpmath.tanh(-7 * (1 - q) + 3 * q)) / 2, 8)
    ],
    "Geometric": [
        Case(
            lambda T, a=a, b=b: js.Geometric(a, b, T),
            lambda t, T, a=a, b=b: f32(a) * (f32(b) / f32(a)) ** min(mpf(t) / T, mpf(1)),
            8,
            ends=True,
        )
        for a, b in [(0.3, 0.01), (1e-7, 10.0), (-0.2, -0.7), (1.0, 1e-8), (0.5, 0.5)]
    ],
    "ExponentialDecay": [
        Case(lambda T, r=r: js.ExponentialDecay(0.3, T, r), lambda t, T, r=r: decay(t, T, mpf(r)), 8)
        for r in (0.5, 0.1, 0.97, 1e-5, 1.5)
    ],
    "ExponentialDecay, every step": [
        Case(lambda T, r=r: js.ExponentialDecay(0.3, 1, r), lambda t, T, r=r: decay(t, 1, mpf(r)), 8)
        for r in (0.9, 0.999, 0.999999, 1 - 1e-9)
    ],
    "NaturalExponentialDecay": [
        Case(lambda T, k=k: js.NaturalExponentialDecay(0.3, k, T), lambda t, T, k=k: decay(t, T, e ** -f32(k)), 8)
        for k in (1.0, 0.1, 3.7)
    ],
    "HalfLife": [Case(lambda T: js.HalfLife(0.3, T), lambda t, T: decay(t, T, mpf(0.5)), 8)],
    "InverseTimeDecay": [
        Case(lambda T, k=k: js.InverseTimeDecay(0.3, T, k), lambda t, T, k=k: f32(0.3) / (1 + f32(k) * mpf(t) / T), 2)
        for k in (1.0, 0.1, 3.7)
    ],
    "InverseSqrt": [
        Case(lambda T, s=s: js.InverseSqrt(0.3, T, s), lambda t, T, s=s: f32(0.3) / sqrt(1 + (mpf(t) + s) / T), 8)
        for s in (0, 77)
    ],
    "PowerLaw": [
        Case(lambda T, p=p: js.PowerLaw(0.3, T, p), lambda t, T, p=p: f32(0.3) * (1 + mpf(t) / T) ** -f32(p), 8)
        for p in (0.5, 0.51, 1.0, 2.5)
    ],
    "Gaussian": [Case(lambda T: js.Gaussian(0.3, T), lambda t, T: f32(0.3) * e ** (-((mpf(t) / T) ** 2) / 2), 8)],
    "Logistic": [
        Case(
            lambda T: js.Logistic(0.0, 0.3, T // 2, max(T // 20, 1)),
            lambda t, T: f32(0.3) / (1 + e ** (mpf(T // 2 - t) / max(T // 20, 1))),
            8,
        )
    ],
    "CosineAnnealing": [
        Case(
            lambda T: js.CosineAnnealing(0.3, 0.01, T),
            lambda t, T: f32(0.01) + (f32(0.3) - f32(0.01)) * mpmath.cos(pi / 2 * mpf(t % (2 * T)) / T) ** 2,
            8,
        )
    ],
}


def steps_for(T: int, seed: int) -> np.ndarray:
    """The edges, and steps drawn over the life of a schedule, near its ends, and beyond."""
    rng = np.random.default_rng(seed)
    edges = [0, 1, 2, T // 3, T // 2 - 1, T // 2, T // 2 + 1, T - 2, T - 1, T, T + 1, 2 * T, LAST - 1, LAST]
    drawn = [*rng.integers(0, T, 24, endpoint=True), *(T - np.exp(rng.uniform(0, np.log(T), 12)))]
    drawn += [*np.exp(rng.uniform(0, np.log(T), 12)), *np.exp(rng.uniform(0, np.log(min(20 * T, LAST)), 16))]
    return np.clip(np.array([*edges, *drawn], np.float64).astype(np.int64), 0, LAST)


def ulps(value: float, truth: mpf) -> float:
    """The distance from the truth in units in the last place of float32; below 2^-126 nothing is asked."""
    if abs(truth) < mpf(2) ** -126:
        return 0.0 if abs(value) <= 2.0**-125 else np.inf
    nearest = np.float32(float(truth))
    return float(abs(mpf(float(value)) - truth) / mpf(float(np.spacing(abs(nearest)))))


def errors(case: Case, T: int, seed: int) -> list[tuple[float, int, float, mpf]]:
    steps = steps_for(T, seed)
    schedule = case.make(T)
    values = np.asarray(schedule(steps))  # jitted, with the schedule as an argument
    start = abs(case.truth(0, T)) or abs(case.truth(T, T))
    found = []
    for t, value in zip(steps.tolist(), values, strict=True):
        truth = case.truth(t, T)
        error = ulps(value, truth)
        if not case.ends and abs(truth) < DECAY * start:
            error = error * 2.0**-23 / 1e-5 * case.bound  # a decay, so far down: a relative error of 10⁻⁵
        if not case.ends and abs(truth) > start * e**59:
            continue
        found.append((error, t, float(value), truth))
    return found


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_is_within_its_bound_at_every_horizon(name: str):
    for number, case in enumerate(CURVES[name]):
        for T in HORIZONS:
            error, t, value, truth = max(errors(case, T, seed=number))
            assert error <= case.bound, f"case {number}, T={T}, step {t}: {value} is {error:.2f} ulp from {truth}"
