"""Ours beside PyTorch's schedulers: every step of a run and past its end."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js


torch = pytest.importorskip("torch", reason="PyTorch is not installed")
lr_scheduler = torch.optim.lr_scheduler

STEPS = 450
BASE = 0.05

# Theirs multiplies in float64 step by step; ours is one float32 formula.
RTOL, ATOL = 1e-6, 1e-9


def rates(make: Callable[[Any], Any], steps: int = STEPS) -> np.ndarray:
    """The rate that each optimizer step of a run uses."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    scheduler = make(optimizer)
    used = []
    for _ in range(steps):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.asarray(used)


PARITY: dict[str, tuple[js.Schedule, Callable[[Any], Any]]] = {
    "StepLR": (
        js.StepDecay(init_value=BASE, step_size=30, factor=0.1),
        lambda optimizer: lr_scheduler.StepLR(optimizer, step_size=30, gamma=0.1),
    ),
    "StepLR, slowly": (
        js.StepDecay(init_value=BASE, step_size=1, factor=0.97),
        lambda optimizer: lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.97),
    ),
    "MultiStepLR": (
        js.MultiStep(init_value=BASE, boundaries=[30, 80, 200], factor=0.1),
        lambda optimizer: lr_scheduler.MultiStepLR(optimizer, milestones=[30, 80, 200], gamma=0.1),
    ),
    "MultiStepLR, unsorted and repeated": (
        js.MultiStep(init_value=BASE, boundaries=[200, 300, 320, 340, 200], factor=0.8),
        lambda optimizer: lr_scheduler.MultiStepLR(optimizer, milestones=[200, 300, 320, 340, 200], gamma=0.8),
    ),
    "ExponentialLR": (
        js.ExponentialDecay(init_value=BASE, transition_steps=1, decay_rate=0.95),
        lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma=0.95),
    ),
    "CosineAnnealingLR, and past T_max": (
        js.CosineAnnealing(init_value=BASE, end_value=0.001, period_steps=100),
        lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=100, eta_min=0.001),
    ),
    "LambdaLR": (
        BASE * js.FromFunction(lambda t: 0.65 ** (t // 30)),
        lambda optimizer: lr_scheduler.LambdaLR(optimizer, lr_lambda=lambda t: 0.65 ** (t // 30)),
    ),
    "LinearLR": (
        js.Linear(init_value=BASE / 4, end_value=BASE, transition_steps=50),
        lambda optimizer: lr_scheduler.LinearLR(optimizer, start_factor=0.25, total_iters=50),
    ),
    "PolynomialLR": (
        js.Polynomial(init_value=BASE, end_value=0.0, transition_steps=100, power=0.9),
        lambda optimizer: lr_scheduler.PolynomialLR(optimizer, total_iters=100, power=0.9),
    ),
    "SequentialLR": (
        js.join_schedules([js.Linear(BASE / 4, BASE, 50), js.ExponentialDecay(BASE, 1, 0.95)], boundaries=[50]),
        lambda optimizer: lr_scheduler.SequentialLR(
            optimizer,
            [lr_scheduler.LinearLR(optimizer, 0.25, total_iters=50), lr_scheduler.ExponentialLR(optimizer, 0.95)],
            milestones=[50],
        ),
    ),
}


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("ours, theirs", PARITY.values(), ids=PARITY)
def test_agrees_with_pytorch(ours: js.Schedule, theirs: Callable[[Any], Any]):
    with jax.numpy_dtype_promotion("standard"):
        np.testing.assert_allclose(ours(np.arange(STEPS)), rates(theirs), rtol=RTOL, atol=ATOL)
        np.testing.assert_allclose(jnp.stack([ours(t) for t in range(STEPS)]), rates(theirs), rtol=RTOL, atol=ATOL)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("total, part", [(250, 0.25), (97, 0.3), (1001, 0.1)])
def test_agrees_with_one_cycles_whose_phases_end_between_two_steps(total: int, part: float, three_phase: bool):
    ends: Any = {"peak_value": BASE, "init_value": BASE / 25, "end_value": BASE / 25e4}
    ours = js.onecycle(**ends, warmup_steps=part * total - 1, total_steps=total - 1, three_phase=three_phase)
    used = rates(
        lambda sgd: lr_scheduler.OneCycleLR(sgd, BASE, total, pct_start=part, three_phase=three_phase), total - 1
    )
    np.testing.assert_allclose(ours(np.arange(total - 1)), used, atol=1e-6 * BASE)
