"""MosaicML composer."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps, half_cosine, line, phases


Row = partial(FormulaRow, library="composer", source="composer/optim/scheduler.py", steps=1100)


def drops(t: Steps, *milestones: int) -> np.ndarray[Any, Any]:
    return LR * 0.1 ** np.sum([t >= milestone for milestone in milestones], axis=0)


def warmed_up(t: Steps, then: Any) -> np.ndarray[Any, Any]:
    return phases(t, (100, line(t, 0.0, LR, 100)), then=then)


def restarts(t: Steps) -> np.ndarray[Any, Any]:
    values, start, length = [], 0, 100
    for step in t:
        if step >= start + length:
            start, length = start + length, int(2.0 * length)
        values.append(LR * (1 + np.cos(np.pi * (step - start) / length)) / 2)
    return np.asarray(values)


ROWS = [
    Row("ConstantScheduler", "ConstantScheduler()", "js.Constant(lr)", formula=lambda t: np.full(t.shape, LR)),
    Row(
        "ConstantScheduler",
        'ConstantScheduler(alpha=0.1, t_max="100ba")',
        "js.PiecewiseConstant([100], [0.1 * lr, lr])",
        "After `t_max` it goes to the rate of the optimizer.",
        formula=lambda t: phases(t, (100, 0.1 * LR), then=LR),
    ),
    Row(
        "StepScheduler",
        'StepScheduler("300ba", gamma=0.1)',
        "js.StepDecay(lr, 300, 0.1)",
        'Lengths in epochs or tokens: `js.steps_from_epochs`, `js.steps_from`. A part of the run, `"0.3dur"`: '
        "`js.steps_from_fraction`.",
        formula=lambda t: LR * 0.1 ** (t // 300),
    ),
    Row(
        "MultiStepScheduler",
        'MultiStepScheduler(["500ba", "800ba"])',
        "js.MultiStep(lr, [500, 800], 0.1)",
        formula=lambda t: drops(t, 500, 800),
    ),
    Row(
        "LinearScheduler",
        'LinearScheduler(t_max="1000ba")',
        "js.Linear(lr, 0.0, 1000)",
        formula=lambda t: line(t, LR, 0.0, 1000),
    ),
    Row(
        "CosineAnnealingScheduler",
        'CosineAnnealingScheduler(t_max="1000ba", alpha_f=0.1)',
        "js.Cosine(lr, 0.1 * lr, 1000)",
        formula=lambda t: half_cosine(t, LR, 0.1 * LR, 1000),
    ),
    Row(
        "CosineAnnealingWarmRestartsScheduler",
        'CosineAnnealingWarmRestartsScheduler("100ba", t_mult=2.0)',
        "js.CosineRestarts(lr, 0.0, 100, growth=2)",
        "Where `t_mult` is not whole, they cut every cycle to whole batches. Ours are as long as the formula says.",
        formula=restarts,
    ),
    Row(
        "PolynomialScheduler",
        'PolynomialScheduler(power=2.0, t_max="1000ba", alpha_f=0.1)',
        "js.Polynomial(lr, 0.1 * lr, 1000, 2.0)",
        formula=lambda t: 0.1 * LR + 0.9 * LR * (1 - np.minimum(t / 1000, 1)) ** 2,
    ),
    Row(
        "ExponentialScheduler",
        'ExponentialScheduler(gamma=0.96, decay_period="100ba")',
        "js.ExponentialDecay(lr, 100, 0.96)",
        formula=lambda t: LR * 0.96 ** (t / 100),
    ),
    Row(
        "ConstantWithWarmupScheduler",
        'ConstantWithWarmupScheduler("100ba")',
        "js.warmup_constant(peak_value=lr, warmup_steps=100)",
        formula=lambda t: warmed_up(t, LR),
    ),
    Row(
        "LinearWithWarmupScheduler",
        'LinearWithWarmupScheduler("100ba", t_max="1000ba")',
        "js.warmup_linear(peak_value=lr, warmup_steps=100, total_steps=1000)",
        formula=lambda t: warmed_up(t, line(t - 100, LR, 0.0, 900)),
    ),
    Row(
        "LinearWithWarmupScheduler",
        'LinearWithWarmupScheduler("1000ba", t_max="1000ba")',
        "js.warmup_constant(peak_value=lr, warmup_steps=1000)",
        "Where the warmup is the whole run, they stay at the peak, and `js.warmup_linear` falls to its end.",
        formula=lambda t: line(t, 0.0, LR, 1000),
    ),
    Row(
        "CosineAnnealingWithWarmupScheduler",
        'CosineAnnealingWithWarmupScheduler("100ba", t_max="1000ba", alpha_f=0.1)',
        "js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=1000, end_value=0.1 * lr)",
        formula=lambda t: warmed_up(t, half_cosine(t - 100, LR, 0.1 * LR, 900)),
    ),
    Row(
        "PolynomialWithWarmupScheduler",
        'PolynomialWithWarmupScheduler("100ba", power=2.0, t_max="1000ba")',
        "js.warmup_polynomial(peak_value=lr, warmup_steps=100, total_steps=1000, power=2.0)",
        formula=lambda t: warmed_up(t, LR * (1 - np.clip((t - 100) / 900, 0, 1)) ** 2),
    ),
    Row(
        "MultiStepWithWarmupScheduler",
        'MultiStepWithWarmupScheduler("100ba", ["500ba", "800ba"])',
        "js.warmup_multistep(peak_value=lr, warmup_steps=100, boundaries=[500, 800], factor=0.1)",
        formula=lambda t: warmed_up(t, drops(t, 500, 800)),
    ),
    Row(
        "scale_schedule_ratio",
        'Trainer(schedulers=MultiStepScheduler(["250ba", "400ba"]), scale_schedule_ratio=2.0)',
        "js.stretch(js.MultiStep(lr, [250, 400], 0.1), 500, 1000)",
        "`js.stretch` scales a warmup too, they do not unless `scale_warmup=True`. They cut lengths to whole batches, we "
        "go to the nearest.",
        formula=lambda t: drops(t, 500, 800),
    ),
    Row(
        "Trainer",
        'Trainer(schedulers=LinearScheduler(t_max="1000ba"))',
        "js.shift(js.Linear(lr, 0.0, 1000), 1)",
        "The rows above are what the schedulers say. The trainer asks before it counts a batch, so that each rate comes one "
        "batch late: to repeat a run exactly, shift them by 1.",
        formula=lambda t: line(np.maximum(t - 1, 0), LR, 0.0, 1000),
        source="composer/trainer/trainer.py",
    ),
]
