"""OLMo-core."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, Steps, half_cosine, line, phases


Row = partial(FormulaRow, library="OLMo-core", source="src/olmo_core/optim/scheduler.py", steps=1001)


def warmed_up(t: Steps, then: Any, peak: float = LR) -> np.ndarray[Any, Any]:
    return phases(t, (100, line(t, 0.0, peak, 100)), then=then)


def cosine(t: Steps) -> np.ndarray[Any, Any]:
    return warmed_up(t, half_cosine(t - 100, LR, 0.1 * LR, 900))


def half_cos(t: Steps) -> np.ndarray[Any, Any]:
    low, middle = 0.1 * LR, 0.1 * LR + 0.9 * LR / 2
    wave = low + 0.9 * LR * (1 + np.cos(np.pi * (np.clip(t - 100, 0, 900) + 900) / 1800)) / 2
    return warmed_up(t, wave, middle)


def power(t: Steps) -> np.ndarray[Any, Any]:
    fall = lambda step: LR * (np.maximum(step, 1) / 100) ** -0.51  # noqa: E731
    return np.select([t <= 100, t < 800], [line(t, 0.0, LR, 100), fall(t)], line(t - 800, fall(800), 0.0, 200))


def wsds(t: Steps) -> np.ndarray[Any, Any]:
    """The step at which a period ends belongs to it: there the rate is the least one."""
    ends, lengths, decays = np.asarray([150, 400, 900]), np.asarray([150, 250, 500]), np.asarray([50, 50, 100])
    i = np.minimum(np.searchsorted(ends, np.maximum(t - 100, 0)), 2)
    left = np.clip(ends[i] - (t - 100), 0, lengths[i])
    return warmed_up(t, np.where(t < 1000, LR * np.minimum(left, decays[i]) / decays[i], 0.0))


def sequential(t: Steps) -> np.ndarray[Any, Any]:
    first = warmed_up(t, line(t - 100, LR, 0.5 * LR, 400))
    return np.where(t <= 500, first, half_cosine(t - 500, 0.5 * LR, 0.05 * LR, 500))


STAGES = (
    "stages=[ComposableSchedulerStage(100, start_lr=0.0, end_lr_fraction=1.0), "
    'ComposableSchedulerStage(900, shape="cosine", end_lr_fraction=0.1)]'
)

ROWS = [
    Row("ConstantScheduler", "ConstantScheduler()", "js.Constant(lr)", formula=lambda t: np.full(t.shape, LR)),
    Row(
        "ConstantWithWarmup",
        "ConstantWithWarmup(warmup=100)",
        "js.warmup_constant(peak_value=lr, warmup_steps=100)",
        "`max_steps` is 1000 in these rows. Schedules of tokens: `js.steps_from(tokens, per_step=…)`.",
        formula=lambda t: warmed_up(t, LR),
    ),
    Row(
        "LinearWithWarmup",
        "LinearWithWarmup(warmup=100)",
        "js.warmup_linear(peak_value=lr, warmup_steps=100, total_steps=1000, end_value=0.1 * lr)",
        "It ends at 10% if it is not told otherwise, as the cosine does.",
        formula=lambda t: warmed_up(t, line(t - 100, LR, 0.1 * LR, 900)),
    ),
    Row(
        "CosWithWarmup",
        "CosWithWarmup(warmup=100)",
        "js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=1000, end_value=0.1 * lr)",
        formula=cosine,
    ),
    Row(
        "HalfCosWithWarmup",
        "HalfCosWithWarmup(warmup=100)",
        "js.sequence([js.Linear(0.0, 0.55 * lr, 100), js.shift(js.Cosine(lr, 0.1 * lr, 1800), -900)], [100])",
        "The lower half of a cosine that is twice as long. `lr` is the peak of the whole one.",
        formula=half_cos,
    ),
    Row(
        "CosWithWarmupAndLinearDecay",
        "CosWithWarmupAndLinearDecay(warmup=100, decay_fraction=0.2)",
        "js.decay_from(js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=1000, end_value=0.1 * lr), 800, 200)",
        formula=lambda t: np.where(t < 800, cosine(t), line(t - 800, cosine(np.asarray([800]))[0], 0.0, 200)),
    ),
    Row(
        "InvSqrtWithWarmup",
        "InvSqrtWithWarmup(warmup=100)",
        "js.sequence([js.Linear(0.0, lr, 100), 0.1 * lr + js.InverseSqrt(0.9 * lr, 100)], [100])",
        "It falls towards 10%, not 0. With `alpha_f=0.0` it is `js.inverse_sqrt(peak_value=lr, warmup_steps=100)`.",
        formula=lambda t: warmed_up(t, 0.1 * LR + 0.9 * LR * np.sqrt(100 / np.maximum(t, 1))),
    ),
    Row(
        "WSD",
        "WSD(warmup=100, decay_fraction=0.2)",
        "js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=200, total_steps=1000)",
        "After the end it is negative there.",
        formula=lambda t: warmed_up(t, LR * np.minimum(1000 - t, 200) / 200),
    ),
    Row(
        "PowerLR",
        "PowerLR(warmup=100, decay_fraction=0.2)",
        "js.power(peak_value=lr, warmup_steps=100, timescale=100, cooldown_steps=200, total_steps=1000, "
        'cooldown="linear")',
        formula=power,
    ),
    Row(
        "WSDS",
        "WSDS(period_lengths=[250, 250, 500], warmup=100, decay_fraction=0.2)",
        "js.sequence([js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=50, total_steps=250), "
        "js.shift(js.wsd(peak_value=lr, warmup_steps=0, cooldown_steps=50, total_steps=250), -1), "
        "js.shift(js.wsd(peak_value=lr, warmup_steps=0, cooldown_steps=100, total_steps=500), -1)], [251, 250])",
        "The step at which a period ends has the least rate there. In `js.wsd_s(peak_value=lr, warmup_steps=100, "
        "cooldown_steps=[50, 50, 100], period_steps=[250, 250, 500])` it is the first of the next period, and has the peak; "
        "all other steps are the same.",
        formula=wsds,
        steps=1100,
    ),
    Row(
        "SequentialScheduler",
        "SequentialScheduler(schedulers=[LinearWithWarmup(warmup=100, alpha_f=0.5), CosWithWarmup(warmup=0)], "
        "schedulers_max=[500])",
        "js.splice(js.warmup_linear(peak_value=lr, warmup_steps=100, total_steps=500, end_value=0.5 * lr), 500, "
        "js.Cosine(1.0, 0.1, 500))",
        "Each goes on from the last rate of the one before.",
        formula=sequential,
    ),
    Row(
        "ComposableScheduler",
        f"ComposableScheduler({STAGES})",
        "js.sequence([js.Linear(0.0, lr, 100), js.Cosine(lr, 0.1 * lr, 900)], [100])",
        formula=cosine,
        steps=1100,
    ),
    Row(
        "OverrideDecay",
        f"ComposableScheduler({STAGES}, override_decay=OverrideDecay(start=600, duration=200, end_lr=0.0))",
        "js.decay_from(js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=1000, end_value=0.1 * lr), 600, 200)",
        formula=lambda t: np.where(t < 600, cosine(t), line(t - 600, cosine(np.asarray([600]))[0], 0.0, 200)),
        steps=1100,
    ),
    Row(
        "ExponentialScheduler",
        "ExponentialScheduler(lr_min=1e-9)",
        "js.exponential_range_test(init_value=1e-9, end_value=lr, total_steps=1000)",
        "It rises.",
        formula=lambda t: 1e-9 * (LR / 1e-9) ** np.minimum(t / 1000, 1),
        steps=1100,
    ),
    Row(
        "Trainer",
        "trainer.fit()  # and WSD(warmup=100, decay_fraction=0.2)",
        "js.shift(js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=200, total_steps=1000), -1)",
        "The rows above are what the schedulers say. The trainer counts its steps from 1, and so its first update has the "
        "second rate: to repeat a run exactly, shift them by -1.",
        formula=lambda t: warmed_up(t + 1, LR * np.minimum(999 - t, 200) / 200),
        source="src/olmo_core/train/trainer.py",
        steps=1000,
    ),
]
