"""PaddlePaddle."""

from functools import partial

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps, half_cosine, line, phases


Row = partial(FormulaRow, library="Paddle", source="python/paddle/optimizer/lr.py", steps=1100)


def cyclic(t: Steps, scale: float | np.ndarray = 1.0):
    cycle = t // 500
    place = t / 500 - cycle
    return 0.005 + 0.045 * np.where(place <= 0.4, place / 0.4, (1 - place) / 0.6) * scale


def linear_lr(t: Steps):
    values = [LR / 4]
    for step in range(1, len(t)):
        factor = 1 + 0.75 / (100 * 0.25 + (step - 1) * 0.75) if step <= 100 else 1.0
        values.append(values[-1] * factor)
    return np.asarray(values)


ROWS = [
    Row(
        "StepDecay",
        "StepDecay(lr, step_size=300)",
        "js.StepDecay(lr, 300, 0.1)",
        "It steps when you call `step()`: once in an epoch, that is `js.every(schedule, updates_per_epoch)`.",
        formula=lambda t: LR * 0.1 ** (t // 300),
    ),
    Row(
        "MultiStepDecay",
        "MultiStepDecay(lr, milestones=[500, 800])",
        "js.MultiStep(lr, [500, 800], 0.1)",
        formula=lambda t: phases(t, (500, LR), (800, 0.1 * LR), then=0.01 * LR),
    ),
    Row(
        "PiecewiseDecay",
        "PiecewiseDecay(boundaries=[500, 800], values=[0.05, 0.02, 0.01])",
        "js.PiecewiseConstant([500, 800], [0.05, 0.02, 0.01])",
        formula=lambda t: phases(t, (500, 0.05), (800, 0.02), then=0.01),
    ),
    Row(
        "ExponentialDecay",
        "ExponentialDecay(lr, gamma=0.99)",
        "js.ExponentialDecay(lr, 1, 0.99)",
        formula=lambda t: LR * 0.99**t,
    ),
    Row(
        "NaturalExpDecay",
        "NaturalExpDecay(lr, gamma=0.01)",
        "js.NaturalExponentialDecay(lr, 0.01)",
        formula=lambda t: LR * np.exp(-0.01 * t),
    ),
    Row(
        "InverseTimeDecay",
        "InverseTimeDecay(lr, gamma=0.1)",
        "js.InverseTimeDecay(lr, 1, 0.1)",
        formula=lambda t: LR / (1 + 0.1 * t),
    ),
    Row(
        "PolynomialDecay",
        "PolynomialDecay(lr, decay_steps=1000, power=0.9)",
        "js.Polynomial(lr, 0.0001, 1000, 0.9)",
        "It ends at 0.0001 if it is not told otherwise.",
        formula=lambda t: (LR - 0.0001) * (1 - np.minimum(t, 1000) / 1000) ** 0.9 + 0.0001,
    ),
    Row(
        "LinearWarmup",
        "LinearWarmup(StepDecay(lr, step_size=300), warmup_steps=100, start_lr=0.0, end_lr=lr)",
        "js.sequence([js.Linear(0.0, lr, 100), js.StepDecay(lr, 300, 0.1)], [100])",
        "What comes after it counts from its end.",
        formula=lambda t: phases(t, (100, line(t, 0.0, LR, 100)), then=LR * 0.1 ** (np.maximum(t - 100, 0) // 300)),
    ),
    Row(
        "CosineAnnealingDecay",
        "CosineAnnealingDecay(lr, T_max=400)",
        "js.CosineAnnealing(lr, 0.0, 400)",
        "It rises again after `T_max`; what stays down is `js.Cosine(lr, 0.0, 400)`.",
        formula=lambda t: LR * (1 + np.cos(np.pi * t / 400)) / 2,
    ),
    Row(
        "CosineAnnealingWarmRestarts",
        "CosineAnnealingWarmRestarts(lr, T_0=100, T_mult=2)",
        "js.CosineRestarts(lr, 0.0, 100, growth=2)",
        steps=700,
        formula=lambda t: phases(
            t,
            (100, half_cosine(t, LR, 0.0, 100)),
            (300, half_cosine(t - 100, LR, 0.0, 200)),
            then=half_cosine(t - 300, LR, 0.0, 400),
        ),
    ),
    Row(
        "LinearLR",
        "LinearLR(lr, total_steps=100, start_factor=0.25)",
        "js.Linear(lr / 4, lr, 100)",
        formula=linear_lr,
    ),
    Row(
        "LambdaDecay",
        "LambdaDecay(lr, lambda t: 0.5 ** (t // 100))",
        "lr * js.FromFunction(lambda t: 0.5 ** (t // 100))",
        "The function has to be one that JAX can trace.",
        formula=lambda t: LR * 0.5 ** (t // 100),
    ),
    Row(
        "MultiplicativeDecay",
        "MultiplicativeDecay(lr, lambda t: 0.99)",
        "js.ExponentialDecay(lr, 1, 0.99)",
        "Where the factor depends on the step: `lr * js.Tabulated(np.cumprod([1.0, *factors]))`.",
        formula=lambda t: LR * np.cumprod([1.0, *(len(t) - 1) * [0.99]]),
    ),
    Row(
        "NoamDecay",
        "NoamDecay(d_model=512, warmup_steps=400)",
        "js.sequence([0.0, js.noam(model_size=512, warmup_steps=400)], [1])",
        "The paper counts from 1, Paddle begins at step 0 of it, where the rate is 0.",
        formula=lambda t: 512**-0.5 * np.minimum(np.maximum(t, 1) ** -0.5, t * 400**-1.5),
    ),
    Row(
        "CyclicLR",
        "CyclicLR(0.005, 0.05, step_size_up=200, step_size_down=300)",
        "js.Triangular(0.005, 0.05, 200, 300)",
        formula=cyclic,
    ),
    Row(
        "CyclicLR",
        'CyclicLR(0.005, 0.05, step_size_up=200, step_size_down=300, mode="triangular2")',
        "js.Triangular(0.005, 0.05, 200, 300, scale=js.HalfLife(1.0, 1))",
        formula=lambda t: cyclic(t, 0.5 ** (t // 500)),
    ),
    Row(
        "OneCycleLR",
        "OneCycleLR(max_learning_rate=lr, total_steps=1000)",
        "js.onecycle(peak_value=lr, warmup_steps=299, total_steps=999, end_value=0.0001)",
        "As in PyTorch, each phase ends one step earlier than `phase_pct` says. `end_learning_rate` is no ratio.",
        steps=1000,
        formula=lambda t: np.where(t <= 299, half_cosine(t, LR / 25, LR, 299), half_cosine(t - 299, LR, 0.0001, 700)),
    ),
]
