"""MaxText."""

from functools import partial

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import FormulaRow, half_cosine, line, phases


Row = partial(FormulaRow, library="MaxText", source="src/maxtext/utils/maxtext_utils.py")

ROWS = [
    Row(
        "cosine",
        "lr_schedule_type: cosine  # learning_rate_schedule_steps: 1000, warmup_steps_fraction: 0.1",
        "js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=999, end_value=0.1 * lr)",
        "It arrives in the last step of the run, one step before its end.",
        steps=1000,
        formula=lambda t: phases(t, (100, line(t, 0.0, LR, 100)), then=half_cosine(t - 100, LR, 0.1 * LR, 899)),
    ),
    Row(
        "cosine",
        "lr_schedule_type: cosine  # and steps: 1100, learning_rate_schedule_steps: 1000",
        "js.sequence([js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=999, end_value=0.1 * lr), 0.0], [1000])",
        "Steps after the schedule are at 0.",
        steps=1100,
        formula=lambda t: phases(
            t, (100, line(t, 0.0, LR, 100)), (1000, half_cosine(t - 100, LR, 0.1 * LR, 899)), then=0.0
        ),
    ),
    Row(
        "wsd",
        "lr_schedule_type: wsd  # and wsd_decay_steps_fraction: 0.2",
        "js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=199, total_steps=999, end_value=0.1 * lr)",
        "It arrives in the last step of the run, one step before its end.",
        steps=1000,
        formula=lambda t: np.where(t < 800, line(t, 0.0, LR, 100), line(t - 800, LR, 0.1 * LR, 199)),
    ),
    Row(
        "wsd",
        "lr_schedule_type: wsd  # and wsd_decay_steps_fraction: 0.2, wsd_decay_style: cosine",
        "js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=199, total_steps=999, end_value=0.1 * lr, "
        'cooldown="cosine")',
        steps=1000,
        formula=lambda t: np.where(t < 800, line(t, 0.0, LR, 100), half_cosine(t - 800, LR, 0.1 * LR, 199)),
    ),
]
