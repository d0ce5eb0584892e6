"""timm."""

import importlib
from contextlib import suppress
from typing import Any

import numpy as np

import jaxsched as js
from tests.parity.row import LR, REAL, Row


LIBRARY = "timm"

ROWS = [
    Row(
        "CosineLRScheduler",
        "CosineLRScheduler(optimizer, t_initial=300, lr_min=1e-5)",
        "js.Cosine(lr, 1e-5, 300)",
        "timm moves once in an epoch by default, and here a step is an update: of the updates it is "
        "`js.every(js.Cosine(lr, 1e-5, 300), updates_per_epoch)`.",
        steps=320,
    ),
    Row(
        "CosineLRScheduler",
        "CosineLRScheduler(optimizer, t_initial=300, lr_min=1e-5, warmup_t=5, warmup_lr_init=1e-6)",
        "js.join_schedules([js.Linear(1e-6, lr, 5), js.shift(js.Cosine(lr, 1e-5, 300), -5)], [5])",
        "The recipe of DeiT. By default (`warmup_prefix=False`) the cosine runs from the first step on, under the "
        "warmup, and so the rate is a little below `lr` when it is over.",
        steps=320,
    ),
    Row(
        "CosineLRScheduler",
        "CosineLRScheduler(optimizer, t_initial=280, lr_min=1e-5, warmup_t=20, warmup_lr_init=1e-6, warmup_prefix=True)",
        "js.warmup_cosine(peak_value=lr, warmup_steps=20, total_steps=300, init_value=1e-6, end_value=1e-5)",
        "With `warmup_prefix=True` their `t_initial` does not count the warmup; our `total_steps` does.",
        steps=320,
    ),
    Row(
        "CosineLRScheduler",
        "CosineLRScheduler(optimizer, t_initial=30, lr_min=1e-5, cycle_mul=2, cycle_decay=0.5, cycle_limit=3)",
        "js.CosineRestarts(lr, 1e-5, 30, growth=2, decay=0.5, cycles=3)",
        "After the last cycle `lr_min` holds, in both. Theirs finds its cycle by a logarithm in floats, which is wrong at "
        "some restarts: with `t_initial=1, cycle_mul=3` step 121 has `lr_min`, and not the top of the next cycle.",
    ),
    Row(
        "CosineLRScheduler",
        "CosineLRScheduler(optimizer, 50, warmup_t=10, warmup_prefix=True, cycle_mul=1.5, cycle_limit=3, t_in_epochs=False)",
        "js.sgdr(peak_value=lr, warmup_steps=10, period_steps=50, growth=1.5, cycles=3)",
        "With `t_in_epochs=False` it counts updates, as we do.",
        tolerance=REAL,
    ),
    Row(
        "CosineLRScheduler",
        "CosineLRScheduler(optimizer, t_initial=250, k_decay=2.0)",
        "js.Cosine(lr, 0.0, 250, k_decay=2.0)",
    ),
    Row(
        "PolyLRScheduler",
        "PolyLRScheduler(optimizer, t_initial=250, power=2.0, lr_min=1e-5)",
        "js.Polynomial(lr, 1e-5, 250, 2.0)",
        "`create_scheduler_v2` passes its `decay_rate` as `power`: by default 0.1, nearly flat up to the end.",
    ),
    Row(
        "PolyLRScheduler",
        "PolyLRScheduler(optimizer, 250, power=1.0, warmup_t=10, warmup_prefix=True, t_in_epochs=False)",
        "js.warmup_linear(peak_value=lr, warmup_steps=10, total_steps=260)",
    ),
    Row(
        "PolyLRScheduler",
        "PolyLRScheduler(optimizer, 80, power=0.9, k_decay=1.5, lr_min=1e-4, cycle_decay=0.5, cycle_limit=3)",
        "js.repeat(js.Polynomial(lr, 0.0, 80, 0.9, k_decay=1.5), 80, count=3, decay=0.5)"
        " + js.repeat(js.Polynomial(0.0, 1e-4, 80, 0.9, k_decay=1.5), 80, count=3)",
        "Only the top of a cycle decays, and `lr_min` does not: two repeats that add up. Where `lr_min` is 0, the first "
        "is enough.",
    ),
    Row(
        "PolyLRScheduler",
        "PolyLRScheduler(optimizer, 60, cycle_mul=1.5, cycle_limit=3)",
        "js.sequence([js.Polynomial(lr, 0.0, 60, 0.5), js.Polynomial(lr, 0.0, 90, 0.5),"
        " js.Polynomial(lr, 0.0, 135, 0.5)], [60, 90])",
        "Cycles that grow by no whole factor are written one by one, which is exact. Where one of them would begin between "
        "two steps, a power below 1 is refused: it is too steep at its end for a clock in float32.",
    ),
    Row(
        "StepLRScheduler",
        "StepLRScheduler(optimizer, decay_t=30, decay_rate=0.1)",
        "js.StepDecay(lr, 30, 0.1)",
    ),
    Row(
        "StepLRScheduler",
        "StepLRScheduler(optimizer, decay_t=2.4, decay_rate=0.97, warmup_t=5, warmup_lr_init=1e-6)",
        "js.warmup_exponential(peak_value=lr, warmup_steps=5, transition_steps=2.4, decay_rate=0.97,"
        " init_value=1e-6, staircase=True)",
        "By default the drops are counted from the end of the warmup.",
    ),
    Row(
        "StepLRScheduler",
        "StepLRScheduler(optimizer, 2.4, 0.97, warmup_t=5, warmup_lr_init=1e-6, warmup_prefix=False)",
        "js.warmup_step(peak_value=lr, warmup_steps=5, step_size=2.4, factor=0.97, init_value=1e-6)",
        "The recipe of EfficientNet: the `train.py` of timm passes `warmup_prefix=False` unless told otherwise, and then the "
        "drops are counted from the first step.",
    ),
    Row(
        "StepLRScheduler",
        "StepLRScheduler(optimizer, decay_t=1, decay_rate=1.0, warmup_t=5, warmup_lr_init=1e-6)",
        "js.warmup_constant(peak_value=lr, warmup_steps=5, init_value=1e-6)",
        'This is what `create_scheduler_v2(sched="constant")` makes.',
    ),
    Row(
        "MultiStepLRScheduler",
        "MultiStepLRScheduler(optimizer, decay_t=[90, 180, 270], decay_rate=0.1)",
        "js.MultiStep(lr, [89, 179, 269], 0.1)",
        "timm drops one step before each milestone, on purpose. PyTorch's `MultiStepLR`, and ours, drop at it.",
    ),
    Row(
        "MultiStepLRScheduler",
        "MultiStepLRScheduler(optimizer, decay_t=[90, 180], decay_rate=0.1, warmup_t=5, warmup_lr_init=1e-6)",
        "js.warmup_multistep(peak_value=lr, warmup_steps=5, boundaries=[94, 184], factor=0.1, init_value=1e-6)",
        "By default the milestones are counted from the end of the warmup; our boundaries are steps of the run.",
    ),
    Row(
        "MultiStepLRScheduler",
        "MultiStepLRScheduler(optimizer, decay_t=[90, 180], decay_rate=0.1, warmup_t=5, warmup_prefix=False)",
        "js.warmup_multistep(peak_value=lr, warmup_steps=5, boundaries=[89, 179], factor=0.1)",
    ),
    Row(
        "TanhLRScheduler",
        "TanhLRScheduler(optimizer, t_initial=250, warmup_t=10, warmup_prefix=True)",
        "js.join_schedules([js.Linear(0.0, lr, 10), js.Tanh(lr, 0.0, 250), js.Constant(0.0)], [10, 260])",
        "A hyperbolic tangent meets neither of its ends; theirs jumps the last 0.25% to `lr_min`, and ours stays there.",
    ),
    Row(
        "TanhLRScheduler",
        "TanhLRScheduler(optimizer, t_initial=250, lb=-4.0, ub=4.0, lr_min=1e-5)",
        "js.join_schedules([js.Constant(lr), js.shift(js.Tanh(lr, 1e-5, 250, -4.0, 4.0), -1), js.Constant(1e-5)], [1, 250])",
        "Without a warmup the first step has the rate of the optimizer, for timm sets its own only after it. All of this "
        "is less than 0.04% here: `js.Tanh(lr, 1e-5, 250, -4.0, 4.0)` is what is meant.",
    ),
    Row(
        "WSDLRScheduler",
        "WSDLRScheduler(optimizer, t_initial=280, decay_t=60, lr_min=1e-5, warmup_t=20, t_in_epochs=False)",
        "js.wsd(peak_value=lr, warmup_steps=20, cooldown_steps=60, total_steps=300, end_value=1e-5,"
        ' cooldown="one_minus_sqrt")',
        "The warmup is no part of their `t_initial`, and a part of our `total_steps`.",
        steps=320,
    ),
    Row(
        "WSDLRScheduler",
        'WSDLRScheduler(optimizer, t_initial=250, decay_t=50, decay_fn="cosine")',
        'js.wsd(peak_value=lr, warmup_steps=0, cooldown_steps=50, total_steps=250, cooldown="cosine")',
    ),
    Row(
        "WSDLRScheduler",
        'WSDLRScheduler(optimizer, t_initial=250, decay_t=50, decay_fn="linear", warmup_t=20)',
        "js.wsd(peak_value=lr, warmup_steps=20, cooldown_steps=50, total_steps=270)",
    ),
    Row(
        "WSDLRScheduler",
        'WSDLRScheduler(optimizer, t_initial=250, decay_t=50, decay_fn="exp", decay_ratio=0.1)',
        "js.sequence([js.Constant(lr), js.Exponential(lr, 0.0, 50, 0.1)], [200])",
        'The "exponential" cooldown of `js.wsd` is the one of Megatron, with a ratio of 0.5.',
    ),
    Row(
        "WSDLRScheduler",
        'WSDLRScheduler(optimizer, t_initial=250, decay_t=50, decay_fn="power", decay_power=0.7)',
        "js.sequence([js.Constant(lr), js.Polynomial(lr, 0.0, 50, 1.0, k_decay=0.7)], [200])",
        "Their power is one of what is done, 1 - (t/T)^p: ours is a `k_decay`. The `power` of a `js.Polynomial` is one of "
        'what is left. For 0.5 and 2 there are words: `"one_minus_sqrt"`, `"one_minus_square"`.',
    ),
    Row(
        "WSDLRScheduler",
        'WSDLRScheduler(optimizer, 280, 60, stable_fn="rsqrt", decay_fn="linear", warmup_t=20, t_in_epochs=False)',
        "js.inverse_sqrt(peak_value=lr, warmup_steps=20, cooldown_steps=60, total_steps=300)",
        'This is `create_scheduler_v2(sched="rsqrt")`, without `min_lr`. The timescale is the warmup, in both.',
        steps=320,
    ),
    Row(
        "WSDLRScheduler",
        'WSDLRScheduler(optimizer, 250, 50, lr_min=1e-4, stable_fn="power", stable_power=0.51, stable_timescale=40)',
        "1e-4 + (js.PowerLaw(lr, 40, 0.51) - 1e-4)"
        " * js.sequence([js.Constant(1.0), js.OneMinusSqrt(1.0, 0.0, 50)], [200])",
        "The decay multiplies what the falling rate has above `lr_min`. The recipe `js.power` comes down from the value "
        "that it has where the cooldown begins.",
    ),
]

CONTROLLERS = [
    Row(
        "PlateauLRScheduler",
        "PlateauLRScheduler(optimizer, decay_rate=0.5, patience_t=5, lr_min=0.001)",
        'js.ReduceOnPlateau("max", 0.5, patience=5, min_scale=0.001 / lr, eps=1e-8 / lr, semantics="torch")',
        "No schedule: its state has a `scale`, which multiplies the value of one, for instance of a `js.warmup_constant`. "
        "By default it waits for the largest metric. timm warns that it will remove it.",
    ),
]
"""What is no curve: its rates are those of a run of metrics."""


def optimizer(*groups: dict[str, Any]) -> Any:
    torch: Any = importlib.import_module("torch")
    given = groups or ({"lr": LR},)
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], **group} for group in given], momentum=0.9)


def made(line: str) -> Any:
    schedulers = importlib.import_module("timm.scheduler")
    return eval(line, {**vars(schedulers), "optimizer": optimizer(), "lr": LR})


def values(made: Any, steps: int, group: int = 0) -> np.ndarray:
    """What each epoch of a run uses, or each update where it counts those; NaN where timm fails."""
    used = []
    for step in range(1, steps + 1):
        held = made.optimizer.param_groups[group]
        used.append(held["lr"] if isinstance(held["lr"], float) else np.nan)
        held["lr"] = np.nan
        with suppress(TypeError):
            made.step(step) if made.t_in_epochs else made.step_update(step)
    return np.asarray(used)


def read(made: Any) -> js.Schedule:
    from jaxsched.adapters.timm import from_timm

    return from_timm(made)
