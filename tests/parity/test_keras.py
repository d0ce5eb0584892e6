"""Ours beside Keras's schedules (JAX backend): every step of a run and past its end."""

import os
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

import jaxsched as js


os.environ["KERAS_BACKEND"] = "jax"
keras = pytest.importorskip("keras", reason="Keras is not installed")
schedules = keras.optimizers.schedules

STEPS = np.arange(300)

# Theirs is float32 with cancellation near the end: relative to the peak of 1, up to some units in the last place.
RTOL, ATOL = 1e-6, 5e-7

PARITY: dict[str, tuple[js.Schedule, Callable[..., Any]]] = {
    "CosineDecay": (
        js.Cosine(init_value=1.0, end_value=0.1, transition_steps=100),
        schedules.CosineDecay(initial_learning_rate=1.0, decay_steps=100, alpha=0.1),
    ),
    "CosineDecay, with warmup": (
        # decay_steps begin after the warmup, and alpha is a fraction of the target
        js.warmup_cosine(init_value=0.1, peak_value=0.8, warmup_steps=50, total_steps=50 + 100, end_value=0.25 * 0.8),
        schedules.CosineDecay(
            initial_learning_rate=0.1, decay_steps=100, alpha=0.25, warmup_target=0.8, warmup_steps=50
        ),
    ),
    "ExponentialDecay": (
        js.ExponentialDecay(init_value=1.0, transition_steps=50, decay_rate=0.7),
        schedules.ExponentialDecay(initial_learning_rate=1.0, decay_steps=50, decay_rate=0.7),
    ),
    "ExponentialDecay, staircase": (
        js.ExponentialDecay(init_value=1.0, transition_steps=50, decay_rate=0.7, staircase=True),
        schedules.ExponentialDecay(initial_learning_rate=1.0, decay_steps=50, decay_rate=0.7, staircase=True),
    ),
    "InverseTimeDecay": (
        js.InverseTimeDecay(init_value=1.0, transition_steps=50, decay_rate=0.5),
        schedules.InverseTimeDecay(initial_learning_rate=1.0, decay_steps=50, decay_rate=0.5),
    ),
    "PiecewiseConstantDecay": (
        # the step of their boundary still has the old value
        js.PiecewiseConstant(boundaries=[50 + 1, 120 + 1], values=[1.0, 0.5, 0.1]),
        schedules.PiecewiseConstantDecay(boundaries=[50, 120], values=[1.0, 0.5, 0.1]),
    ),
    "PolynomialDecay": (
        js.Polynomial(init_value=1.0, end_value=0.1, transition_steps=128, power=2.0),
        schedules.PolynomialDecay(initial_learning_rate=1.0, decay_steps=128, end_learning_rate=0.1, power=2.0),
    ),
}


@pytest.mark.parametrize("ours, theirs", PARITY.values(), ids=PARITY)
def test_agrees_with_keras(ours: js.Schedule, theirs: Callable[..., Any]):
    with jax.numpy_dtype_promotion("standard"):
        expected = [float(theirs(t)) for t in STEPS]
    np.testing.assert_allclose(ours(STEPS), expected, rtol=RTOL, atol=ATOL)
