"""PyTorch."""

import importlib
from typing import Any

import numpy as np

import jaxsched as js
from tests.parity.row import LR, REAL, Row


LIBRARY = "PyTorch"

ROWS = [
    Row(
        "StepLR",
        "StepLR(optimizer, step_size=30, gamma=0.1)",
        "js.StepDecay(lr, 30, 0.1)",
        "All schedulers of PyTorch count the calls of `scheduler.step()`; here a step is an update. Where theirs is called "
        "once per epoch, ours is `js.every(js.StepDecay(lr, 30, 0.1), updates_per_epoch)`.",
    ),
    Row("MultiStepLR", "MultiStepLR(optimizer, milestones=[80, 120], gamma=0.1)", "js.MultiStep(lr, [80, 120], 0.1)"),
    Row(
        "ConstantLR",
        "ConstantLR(optimizer, factor=0.1, total_iters=20)",
        "js.PiecewiseConstant([20], [0.1 * lr, lr])",
        "Values are absolute here, and not factors of `lr`.",
    ),
    Row(
        "LinearLR",
        "LinearLR(optimizer, start_factor=0.25, total_iters=50)",
        "js.Linear(lr / 4, lr, 50)",
        "Values are absolute here, and not factors of `lr`.",
    ),
    Row(
        "LinearLR",
        "LinearLR(optimizer, start_factor=1.0, end_factor=0.1, total_iters=200)",
        "js.Linear(lr, 0.1 * lr, 200)",
    ),
    Row("ExponentialLR", "ExponentialLR(optimizer, gamma=0.98)", "js.ExponentialDecay(lr, 1, 0.98)"),
    Row("PolynomialLR", "PolynomialLR(optimizer, total_iters=200, power=2.0)", "js.Polynomial(lr, 0.0, 200, 2.0)"),
    Row(
        "CosineAnnealingLR",
        "CosineAnnealingLR(optimizer, T_max=300, eta_min=1e-5)",
        "js.CosineAnnealing(lr, 1e-5, 300)",
        "`js.Cosine(lr, 1e-5, 300)` is the same up to step 300, and then stays at its end.",
    ),
    Row(
        "CosineAnnealingLR",
        "CosineAnnealingLR(optimizer, T_max=100)",
        "js.CosineAnnealing(lr, 0.0, 100)",
        "Past `T_max` the rate rises again, in both. For a cosine that stays down, use `js.Cosine`.",
    ),
    Row(
        "CosineAnnealingWarmRestarts",
        "CosineAnnealingWarmRestarts(optimizer, T_0=20, T_mult=2, eta_min=1e-5)",
        "js.CosineRestarts(lr, 1e-5, 20, growth=2)",
        "Where it is called as `scheduler.step(epoch + i / n)`, a period is `20 * n` updates.",
    ),
    Row(
        "CyclicLR",
        "CyclicLR(optimizer, base_lr=0.01, max_lr=0.1, step_size_up=20, cycle_momentum=False)",
        "js.Triangular(0.01, 0.1, 20)",
        "By default it moves the momentum, too: that is another schedule, `js.Triangular(0.9, 0.8, 20)`.",
    ),
    Row(
        "CyclicLR",
        'CyclicLR(optimizer, 0.01, 0.1, 20, 40, mode="triangular2", cycle_momentum=False)',
        "js.Triangular(0.01, 0.1, 20, 40, scale=js.HalfLife(1.0, 1))",
        "The scale is a schedule of the index of the cycle.",
    ),
    Row(
        "CyclicLR",
        'CyclicLR(optimizer, 0.01, 0.1, 20, mode="exp_range", gamma=0.99, cycle_momentum=False)',
        'js.Triangular(0.01, 0.1, 20, scale=js.ExponentialDecay(1.0, 1, 0.99), scale_by="step")',
    ),
    Row(
        "OneCycleLR",
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=300, cycle_momentum=False)",
        "js.onecycle(peak_value=0.1, warmup_steps=89, total_steps=299)",
        "Their phases end one step early, at `pct_start * total_steps - 1` and `total_steps - 1`: the last update has "
        "the end value. Their `step()` may be called once more, and then the rate bounces; ours holds its end.",
        steps=300,
    ),
    Row(
        "OneCycleLR",
        "OneCycleLR(optimizer, max_lr=0.1, total_steps=97, pct_start=0.25, three_phase=True, cycle_momentum=False)",
        "js.onecycle(peak_value=0.1, warmup_steps=23.25, total_steps=96, three_phase=True)",
        "`pct_start * total_steps` may be between two steps, and so may the length of a phase here.",
        tolerance=REAL,
        steps=97,
    ),
    Row(
        "OneCycleLR",
        'OneCycleLR(optimizer, 0.1, 300, anneal_strategy="linear", div_factor=10, final_div_factor=100)',
        'js.onecycle(peak_value=0.1, warmup_steps=89, total_steps=299, init_value=0.01, end_value=1e-4, ramp="linear")',
        "By default it moves the momentum, too: that is another schedule, here "
        "`js.join_schedules([js.Linear(0.95, 0.85, 89), js.Linear(0.85, 0.95, 210)], [89])`.",
        steps=300,
    ),
    Row(
        "SequentialLR",
        "SequentialLR(optimizer, [LinearLR(optimizer, 0.1, total_iters=20), CosineAnnealingLR(optimizer, 280)], [20])",
        "js.join_schedules([js.Linear(0.1 * lr, lr, 20), js.CosineAnnealing(lr, 0.0, 280)], [20])",
        "Each part counts its steps from its boundary, in both. `js.warmup_cosine` is this in one line.",
    ),
    Row(
        "ChainedScheduler",
        "ChainedScheduler([LinearLR(optimizer, 0.25, total_iters=50), ExponentialLR(optimizer, 0.98)])",
        "js.Linear(lr / 4, lr, 50) * js.ExponentialDecay(1.0, 1, 0.98)",
        "A product: only the first factor has the rate. A cosine with an `eta_min`, a `LambdaLR` or a cycle in a chain "
        "does not multiply the rate, and such a chain is no product.",
    ),
    Row(
        "LambdaLR",
        "LambdaLR(optimizer, lambda t: 0.65 ** (t // 30))",
        "lr * js.FromFunction(lambda t: 0.65 ** (t // 30))",
        "The function has to be one of `jax.numpy`. As it may compute anything, it is not read from a scheduler, but as a "
        "table: `from_torch(scheduler, steps=300)`. This one has a name: `js.StepDecay(lr, 30, 0.65)`.",
        reads=False,
    ),
    Row(
        "MultiplicativeLR",
        "MultiplicativeLR(optimizer, lambda t: 0.95 if t < 100 else 0.99)",
        "js.Tabulated(lr * np.cumprod([1.0, *(0.95 if t < 100 else 0.99 for t in range(1, 300))]))",
        "Theirs multiplies what is there at each step, so that a value needs all those before it; a table has them. It is "
        "what `from_torch(scheduler, steps=300)` returns. A constant factor is a `js.ExponentialDecay(lr, 1, 0.95)`.",
        reads=False,
    ),
]

CONTROLLERS = [
    Row(
        "ReduceLROnPlateau",
        "ReduceLROnPlateau(optimizer, factor=0.5, patience=5, min_lr=0.001)",
        'js.ReduceOnPlateau(factor=0.5, patience=5, min_scale=0.001 / lr, eps=1e-8 / lr, semantics="torch")',
        "No schedule: its state has a `scale`, which multiplies the value of one. `min_lr` and `eps` are rates there, and "
        "parts of the first rate here.",
    ),
]
"""What is no curve: its rates are those of a run of metrics."""


def made(line: str) -> Any:
    torch: Any = importlib.import_module("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR, momentum=0.9)
    return eval(line, {**vars(torch.optim.lr_scheduler), "optimizer": optimizer, "lr": LR})


def held(made: Any, of: str = "lr", group: int = 0) -> float:
    """What the next update uses."""
    numbers = made.optimizer.param_groups[group]
    return float(numbers["betas"][0] if of == "momentum" and "betas" in numbers else numbers[of])


def values(made: Any, steps: int, of: str = "lr", group: int = 0) -> np.ndarray:
    used = []
    for _ in range(steps):
        used.append(held(made, of, group))
        made.optimizer.step()
        made.step()
    return np.asarray(used)


def read(made: Any) -> js.Schedule:
    from jaxsched.adapters.torch import from_torch

    return from_torch(made, "lr")
