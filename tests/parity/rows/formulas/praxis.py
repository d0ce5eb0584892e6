"""praxis."""

from functools import partial

import numpy as np

from tests.parity.rows.formulas.row import FormulaRow, half_cosine, line, phases


Row = partial(FormulaRow, library="praxis", source="praxis/schedules.py", steps=1100)

ROWS = [
    Row(
        "Exponential",
        "Exponential(start=(0, 0.05), limit=(1000, 0.0005))",
        "js.Geometric(0.05, 0.0005, 1000)",
        "In praxis a schedule is often a factor of the rate; here it is the rate.",
        formula=lambda t: np.exp(line(t, np.log(0.05), np.log(0.0005), 1000)),
    ),
    Row(
        "Polynomial",
        'Polynomial(start=(0, 0.05), limit=(1000, 0.0), power=2, origin="limit")',
        "js.Polynomial(0.05, 0.0, 1000, 2.0)",
        'With `origin="start"`, the default, it is a power of what is done: `js.OneMinusSquare(0.05, 0.0, 1000)`.',
        formula=lambda t: 0.05 - 0.05 * (1 - (1 - np.minimum(t / 1000, 1)) ** 2),
    ),
    Row(
        "Cosine",
        "Cosine(initial_value=0.05, final_value=0.005, total_steps=1000)",
        "js.Cosine(0.05, 0.005, 1000)",
        formula=lambda t: half_cosine(t, 0.05, 0.005, 1000),
    ),
    Row(
        "LinearRampupCosineDecay",
        "LinearRampupCosineDecay(warmup_steps=100, decay_start=100, decay_end=1000, max=0.05, min_ratio=0.1)",
        "js.warmup_cosine(peak_value=0.05, warmup_steps=100, total_steps=1000, end_value=0.005)",
        'Where `decay_start` is later, it is a `js.wsd` with a cooldown of the shape "cosine".',
        formula=lambda t: phases(t, (100, line(t, 0.0, 0.05, 100)), then=half_cosine(t - 100, 0.05, 0.005, 900)),
    ),
    Row(
        "LinearRampupExponentialDecay",
        "LinearRampupExponentialDecay(warmup_steps=100, decay_start=100, decay_end=1000, max=0.05, min_ratio=0.01)",
        "js.warmup_exponential(peak_value=0.05, warmup_steps=100, transition_steps=900, decay_rate=0.01, end_value=0.0005)",
        formula=lambda t: phases(
            t, (100, line(t, 0.0, 0.05, 100)), then=np.exp(line(t - 100, np.log(0.05), np.log(0.0005), 900))
        ),
    ),
    Row(
        "LinearRampupExponentialDecay",
        "LinearRampupExponentialDecay(warmup_steps=100, decay_start=500, decay_end=1000, max=0.05, min_ratio=0.01)",
        "js.wsd(peak_value=0.05, warmup_steps=100, cooldown_steps=500, total_steps=1000, end_value=0.0005, "
        'cooldown="geometric")',
        formula=lambda t: phases(
            t, (100, line(t, 0.0, 0.05, 100)), then=np.exp(line(t - 500, np.log(0.05), np.log(0.0005), 500))
        ),
    ),
    Row(
        "LinearRampupSqrtDecay",
        "LinearRampupSqrtDecay(peak=0.05, warmup_steps=100)",
        "js.shift(js.shift(js.inverse_sqrt(peak_value=0.05, warmup_steps=100), -1), 1)",
        "Step 0 has the value of step 1 there.",
        formula=lambda t: 0.05 * np.minimum(np.maximum(t, 1) / 100, np.sqrt(100 / np.maximum(t, 1))),
    ),
    Row(
        "Transformer",
        "Transformer(model_dim=512, warmup_steps=400)",
        "js.noam(model_size=512, warmup_steps=400)",
        formula=lambda t: 512**-0.5 * np.minimum((t + 1) * 400**-1.5, (t + 1) ** -0.5),
    ),
    Row(
        "ContinuousSchedule",
        "ContinuousSchedule(initial_value=0.05, start_step=400, half_life_steps=100)",
        "js.maximum(js.shift(js.HalfLife(0.05, 100), 400), 0.0005)",
        "It halves from `start_step` on, and stays at 1%.",
        formula=lambda t: 0.05 * np.maximum(0.5 ** (np.maximum(t - 400, 0) / 100), 0.01),
    ),
    Row(
        "PiecewiseSchedule",
        "PiecewiseSchedule(boundaries=[100], schedules=[Linear(start=(0, 0.0), limit=(100, 0.05)), "
        "Exponential(start=(0, 0.05), limit=(900, 0.0005))])",
        "js.join_schedules([js.Linear(0.0, 0.05, 100), js.Geometric(0.05, 0.0005, 900)], [100])",
        formula=lambda t: phases(
            t, (100, line(t, 0.0, 0.05, 100)), then=np.exp(line(t - 100, np.log(0.05), np.log(0.0005), 900))
        ),
    ),
]
