"""Ours beside optax's: every step of a run and past its end, compiled.

Where optax is known to be wrong the two must still differ, so that a repair there shows up here.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
import pytest

import jaxsched as js


STEPS = np.arange(200)

# Theirs is float32 with cancellation near the end: relative to the peak of 1, up to some units in the last place.
RTOL, ATOL = 1e-6, 5e-7

PARITY: dict[str, tuple[js.Schedule, Callable[..., Any]]] = {
    "constant_schedule": (js.Constant(value=0.3), optax.constant_schedule(value=0.3)),
    "linear_schedule": (
        js.Linear(init_value=1.0, end_value=0.1, transition_steps=100),
        optax.linear_schedule(init_value=1.0, end_value=0.1, transition_steps=100),
    ),
    "linear_schedule, with a beginning": (
        js.shift(js.Linear(init_value=1.0, end_value=0.1, transition_steps=100), steps=30),
        optax.linear_schedule(init_value=1.0, end_value=0.1, transition_steps=100, transition_begin=30),
    ),
    "polynomial_schedule": (
        js.Polynomial(init_value=1.0, end_value=0.1, transition_steps=128, power=2.0),
        optax.polynomial_schedule(init_value=1.0, end_value=0.1, power=2.0, transition_steps=128),
    ),
    "cosine_decay_schedule": (
        js.Cosine(init_value=1.0, end_value=0.1, transition_steps=100),
        optax.cosine_decay_schedule(init_value=1.0, decay_steps=100, alpha=0.1),
    ),
    "cosine_decay_schedule, with an exponent": (
        js.Cosine(init_value=1.0, end_value=0.1, transition_steps=100, exponent=2.0),
        optax.cosine_decay_schedule(init_value=1.0, decay_steps=100, alpha=0.1, exponent=2.0),
    ),
    "exponential_decay": (
        js.ExponentialDecay(init_value=1.0, transition_steps=30, decay_rate=0.7),
        optax.exponential_decay(init_value=1.0, transition_steps=30, decay_rate=0.7),
    ),
    "exponential_decay, to a bound": (
        js.ExponentialDecay(init_value=1.0, transition_steps=30, decay_rate=0.7, end_value=0.2),
        optax.exponential_decay(init_value=1.0, transition_steps=30, decay_rate=0.7, end_value=0.2),
    ),
    "exponential_decay, staircase": (
        js.ExponentialDecay(init_value=1.0, transition_steps=32, decay_rate=0.7, staircase=True),
        optax.exponential_decay(init_value=1.0, transition_steps=32, decay_rate=0.7, staircase=True),
    ),
    "piecewise_constant_schedule": (
        js.MultiStep(init_value=1.0, boundaries=[60, 120], factor=0.5),
        optax.piecewise_constant_schedule(init_value=1.0, boundaries_and_scales={60: 0.5, 120: 0.5}),
    ),
    "warmup_constant_schedule": (
        js.warmup_constant(init_value=0.1, peak_value=1.0, warmup_steps=50),
        optax.warmup_constant_schedule(init_value=0.1, peak_value=1.0, warmup_steps=50),
    ),
    "warmup_cosine_decay_schedule": (
        js.warmup_cosine(init_value=0.0, peak_value=1.0, warmup_steps=50, total_steps=150, end_value=0.1),
        optax.warmup_cosine_decay_schedule(0.0, 1.0, warmup_steps=50, decay_steps=150, end_value=0.1),
    ),
    "warmup_exponential_decay_schedule": (
        js.warmup_exponential(peak_value=1.0, warmup_steps=50, transition_steps=30, decay_rate=0.7),
        optax.warmup_exponential_decay_schedule(0.0, 1.0, warmup_steps=50, transition_steps=30, decay_rate=0.7),
    ),
    "join_schedules": (
        js.join_schedules([js.Linear(0.0, 1.0, 50), js.Constant(1.0), js.Linear(1.0, 0.1, 50)], [50, 100]),
        optax.join_schedules(
            [optax.linear_schedule(0.0, 1.0, 50), optax.constant_schedule(1.0), optax.linear_schedule(1.0, 0.1, 50)],
            [50, 100],
        ),
    ),
}


@pytest.mark.parametrize("ours, theirs", PARITY.values(), ids=PARITY)
def test_agrees_with_optax(ours: js.Schedule, theirs: Callable[..., Any]):
    with jax.numpy_dtype_promotion("standard"):
        expected = jax.jit(jax.vmap(theirs))(STEPS)
    np.testing.assert_allclose(ours(STEPS), expected, rtol=RTOL, atol=ATOL)


def compiled(theirs: Callable[..., Any], steps: Any) -> np.ndarray:
    with jax.numpy_dtype_promotion("standard"):
        return np.asarray(jax.jit(theirs)(steps))


def test_differs_from_optax_where_a_transition_ends():
    # theirs ends below 0, and a fractional power of that is nan: 1000 is one of half of all lengths
    assert not np.isfinite(compiled(optax.polynomial_schedule(1.0, 0.0, 0.9, 1000), np.arange(1001))).all()
    negative = [n for n in range(2, 64) if compiled(optax.linear_schedule(1.0, 0.0, n), np.arange(n + 1)).min() < 0]
    assert negative
    assert js.Polynomial(1.0, 0.0, 1000, 0.9)(1000) == 0
    assert all(js.Linear(1.0, 0.0, n)(n) == 0 for n in negative)


def test_differs_from_optax_in_a_staircase_that_drops_a_step_late():
    theirs = compiled(optax.exponential_decay(1.0, 41, 0.5, staircase=True), np.arange(100))
    assert theirs[41] == 1 and js.ExponentialDecay(1.0, 41, 0.5, staircase=True)(41) == 0.5


def test_differs_from_optax_where_a_length_is_0():
    # theirs holds the first value of what is already over
    assert compiled(optax.linear_schedule(0.0, 1.0, 0), 5) == 0 and js.Linear(0.0, 1.0, 0)(5) == 1
    assert compiled(optax.warmup_constant_schedule(0.0, 1.0, 0), 5) == 0
    assert js.warmup_constant(peak_value=1.0, warmup_steps=0)(5) == 1


def test_no_update_of_a_fractional_polynomial_is_nan():
    optimizer = optax.sgd(js.Polynomial(1.0, 0.0, 1000, 0.9))
    params = {"w": np.ones(3, np.float32)}
    state = optimizer.init(params)  # pyright: ignore[reportArgumentType]

    @jax.jit
    def run(params: Any, state: Any) -> Any:
        def update(carry: Any, _: Any) -> Any:
            params, state = carry
            updates, state = optimizer.update(params, state)
            return (optax.apply_updates(params, updates), state), None

        return jax.lax.scan(update, (params, state), length=1100)[0]

    with jax.numpy_dtype_promotion("standard"):
        assert np.isfinite(run(params, state)[0]["w"]).all()
