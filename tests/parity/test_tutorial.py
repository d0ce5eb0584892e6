"""Ours beside the formulas of the classical tutorials, in float64, every step of a run and past its end."""

from collections.abc import Callable

import numpy as np
import pytest

import jaxsched as js


T = np.arange(250)
LR, LOW, K, DROP, SIZE, TOTAL, POWER = 0.1, 0.001, 0.05, 0.5, 10, 100, 0.9

PARITY: dict[str, tuple[js.Schedule, Callable[[np.ndarray], np.ndarray]]] = {
    "step: lr d^floor((1 + t) / s)": (
        js.shift(js.StepDecay(LR, SIZE, DROP), -1),
        lambda t: LR * DROP ** np.floor((1 + t) / SIZE),
    ),
    "exponential: lr e^(-k t)": (
        js.NaturalExponentialDecay(LR, K),
        lambda t: LR * np.exp(-K * t),
    ),
    "cosine: m + (M - m) (1 + cos(pi t / T)) / 2": (
        js.CosineAnnealing(LR, LOW, TOTAL),
        lambda t: LOW + 0.5 * (LR - LOW) * (1 + np.cos(np.pi * t / TOTAL)),
    ),
    "polynomial: lr (1 - t / T)^p": (
        js.Polynomial(LR, 0.0, TOTAL, POWER),
        lambda t: LR * (1 - np.minimum(t, TOTAL) / TOTAL) ** POWER,
    ),
    "natural exponential: lr e^(-k t / s)": (
        js.NaturalExponentialDecay(LR, K, SIZE),
        lambda t: LR * np.exp(-K * t / SIZE),
    ),
    "staircase: lr e^(-k floor((1 + t) / s))": (
        js.shift(js.NaturalExponentialDecay(LR, K, SIZE, staircase=True), -1),
        lambda t: LR * np.exp(-K * np.floor((1 + t) / SIZE)),
    ),
}


@pytest.mark.parametrize("ours, formula", PARITY.values(), ids=PARITY)
def test_agrees_with_the_tutorials(ours: js.Schedule, formula: Callable[[np.ndarray], np.ndarray]):
    np.testing.assert_allclose(ours(T), formula(T), rtol=2e-6)
    np.testing.assert_allclose([ours(int(t)) for t in T], formula(T), rtol=2e-6)
