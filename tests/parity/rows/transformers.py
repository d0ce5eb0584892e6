"""Transformers."""

import importlib
import math
from typing import Any, NamedTuple

import numpy as np

from jaxsched.adapters.transformers import from_transformers
from tests.parity.row import LR, REAL, Row


LIBRARY = "Transformers"

PAST = 1200
"""So many steps are a run of 1000, and what comes after it."""


def row(name: str, words: str, ours: str, differs: str = "", **others: Any) -> Row:
    """A line of `get_scheduler`."""
    return Row(name, f'get_scheduler("{name}", optimizer{words and ", "}{words})', ours, differs, **others)


RUN = "num_warmup_steps=100, num_training_steps=1000"
HELD = "After the run ours holds its end. Theirs rises again, a quirk that no run sees."

ROWS = [
    row("constant", "", "js.Constant(lr)", "Theirs ignores `num_warmup_steps`; the adapter refuses it."),
    row("constant_with_warmup", "num_warmup_steps=100", "js.warmup_constant(peak_value=lr, warmup_steps=100)"),
    row("linear", RUN, "js.warmup_linear(peak_value=lr, warmup_steps=100, total_steps=1000)", steps=PAST),
    row(
        "linear",
        "num_warmup_steps=0, num_training_steps=1000",
        "js.warmup_linear(peak_value=lr, warmup_steps=0, total_steps=1000)",
        steps=PAST,
    ),
    row(
        "linear",
        "num_warmup_steps=0.03 * 990, num_training_steps=990",
        "js.warmup_linear(peak_value=lr, warmup_steps=0.03 * 990, total_steps=990)",
        "A warmup of 29.7 steps is that, here and there. The trainer makes 30 of it: "
        "`js.steps_from_fraction(0.03, total_steps=990)`.",
        tolerance=REAL,
        steps=PAST,
    ),
    row(
        "polynomial",
        RUN,
        "js.warmup_polynomial(peak_value=lr, warmup_steps=100, total_steps=1000, power=1.0, end_value=1e-7)",
        "Theirs ends at 1e-7, if `lr_end` is not given.",
        steps=PAST,
    ),
    row(
        "polynomial",
        f"{RUN}, scheduler_specific_kwargs=dict(power=2.0, lr_end=0.001)",
        "js.warmup_polynomial(peak_value=lr, warmup_steps=100, total_steps=1000, power=2.0, end_value=0.001)",
        steps=PAST,
    ),
    row("cosine", RUN, "js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=1000)", HELD, steps=1001),
    row(
        "cosine",
        RUN,
        "js.sequence([js.Linear(0.0, lr, 100), js.CosineAnnealing(lr, 0.0, 900)], [100])",
        "Also past its end, where theirs rises again. The adapter returns the line above.",
        steps=PAST,
        reads=False,
    ),
    row(
        "cosine",
        "num_warmup_steps=100, num_training_steps=100",
        "js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=101)",
        "Where the warmup is the whole run, theirs is at its peak at step 100, and down one step later. With a "
        "`total_steps` of 100, ours would be down at step 100.",
        steps=102,
    ),
    row(
        "cosine",
        f"{RUN}, scheduler_specific_kwargs=dict(num_cycles=1.5)",
        "js.sequence([js.Linear(0.0, lr, 100), js.CosineAnnealing(lr, 0.0, 300)], [100])",
        "`num_cycles` counts waves, so that 1.5 falls, rises and falls. It goes on past the end, here and there.",
        steps=PAST,
    ),
    row(
        "cosine",
        f"{RUN}, scheduler_specific_kwargs=dict(num_cycles=0.4)",
        "js.sequence([js.Linear(0.0, lr, 100), js.CosineAnnealing(lr, 0.0, 1125)], [100])",
        "Less than half a wave does not come down to 0 by the end.",
        steps=PAST,
    ),
    row(
        "cosine_with_restarts",
        f"{RUN}, scheduler_specific_kwargs=dict(num_cycles=3)",
        "js.sgdr(peak_value=lr, period_steps=300, warmup_steps=100, cycles=3)",
        "Without `num_cycles` it is one, and `js.warmup_cosine`.",
        steps=PAST,
    ),
    row(
        "cosine_with_restarts",
        f"{RUN}, scheduler_specific_kwargs=dict(num_cycles=7)",
        "js.sgdr(peak_value=lr, period_steps=900 / 7, warmup_steps=100, cycles=7)",
        "A period that is not whole is what it is: do not round it.",
        tolerance=REAL,
        steps=PAST,
    ),
    row(
        "cosine_with_restarts",
        f"{RUN}, scheduler_specific_kwargs=dict(num_cycles=1.5)",
        "js.sequence([js.sgdr(peak_value=lr, period_steps=600, warmup_steps=100), js.Constant(0.0)], [1000])",
        "The last cycle is cut where the run ends.",
        steps=PAST,
    ),
    row(
        "cosine_with_min_lr",
        f"{RUN}, scheduler_specific_kwargs=dict(min_lr=0.005)",
        "js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=1000, end_value=0.005)",
        HELD,
        steps=1001,
    ),
    row(
        "cosine_with_min_lr",
        f"{RUN}, scheduler_specific_kwargs=dict(min_lr_rate=0.1)",
        "js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=1000, end_value=0.1 * lr)",
        "`min_lr_rate` is a part of the rate; values are absolute here.",
        steps=1001,
    ),
    row(
        "cosine_warmup_with_min_lr",
        f"{RUN}, scheduler_specific_kwargs=dict(min_lr_rate=0.1)",
        "js.warmup_cosine(peak_value=lr, warmup_steps=99, total_steps=999, init_value=lr / 100, end_value=0.1 * lr)",
        "Theirs begins one step up the warmup, is at its peak at step 99 and at its end at step 999: all is a step "
        f"earlier than in the others. {HELD}",
        steps=1000,
    ),
    row(
        "cosine_warmup_with_min_lr",
        f"{RUN}, scheduler_specific_kwargs=dict(min_lr=0.005, warmup_lr_rate=0.2)",
        "js.warmup_cosine(peak_value=lr, warmup_steps=99, total_steps=999, init_value=0.2 * lr, end_value=0.005)",
        "`warmup_lr_rate` is where the warmup begins, as a part of the rate.",
        steps=1000,
    ),
    row(
        "cosine_warmup_with_min_lr",
        "num_warmup_steps=0, num_training_steps=1000, scheduler_specific_kwargs=dict(min_lr_rate=0.1)",
        "js.shift(js.warmup_cosine(peak_value=lr, warmup_steps=0, total_steps=1000, end_value=0.1 * lr), -1)",
        "Without a warmup theirs never is at its peak: it begins one step down the cosine.",
        steps=1000,
    ),
    row(
        "inverse_sqrt",
        "num_warmup_steps=100",
        "js.inverse_sqrt(peak_value=lr, warmup_steps=100)",
        steps=PAST,
    ),
    row(
        "inverse_sqrt",
        "num_warmup_steps=100, scheduler_specific_kwargs=dict(timescale=400)",
        "js.inverse_sqrt(peak_value=lr, warmup_steps=100, timescale=400)",
        steps=PAST,
    ),
    row(
        "inverse_sqrt",
        "num_warmup_steps=0",
        "js.inverse_sqrt(peak_value=lr, warmup_steps=0, timescale=10_000)",
        "Without a warmup theirs takes a timescale of 10,000 steps; here it has to be given.",
        steps=PAST,
    ),
    row(
        "warmup_stable_decay",
        f"{RUN}, scheduler_specific_kwargs=dict(num_decay_steps=200)",
        'js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=200, total_steps=1000, cooldown="cosine")',
        "Theirs comes down in a cosine if `decay_type` is not given, ours in a line.",
        steps=PAST,
    ),
    row(
        "warmup_stable_decay",
        "num_warmup_steps=100, num_training_steps=1000, "
        'scheduler_specific_kwargs=dict(num_decay_steps=200, decay_type="1-sqrt", min_lr_ratio=0.1)',
        "js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=200, total_steps=1000, init_value=0.1 * lr, "
        'end_value=0.1 * lr, cooldown="one_minus_sqrt")',
        "With `min_lr_ratio` the warmup begins there, too.",
        steps=PAST,
    ),
    row(
        "warmup_stable_decay",
        "num_warmup_steps=100, scheduler_specific_kwargs="
        'dict(num_stable_steps=700, num_decay_steps=200, warmup_type="1-sqrt", decay_type="linear")',
        'js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=200, total_steps=1000, warmup="one_minus_sqrt")',
        "`num_stable_steps` decides over `num_training_steps`. Both run a warmup of another shape backwards.",
        steps=PAST,
    ),
]

CONTROLLERS = [
    row(
        "reduce_lr_on_plateau",
        "scheduler_specific_kwargs=dict(factor=0.5, patience=3, min_lr=0.0005)",
        'js.ReduceOnPlateau(factor=0.5, patience=3, min_scale=0.0005 / lr, eps=1e-8 / lr, semantics="torch")',
        'A controller: `state.scale` multiplies the rate. For an accuracy, pass `mode="max"`: the trainer does not.',
    ),
    row(
        "greedy",
        "scheduler_specific_kwargs=dict(patience=3, min_lr=0.0005, reset_start=math.inf)",
        "js.GreedyPlateau(patience=3, min_scale=0.0005 / lr, max_scale=1.0 / lr, eps=1e-8 / lr)",
        "A controller. Theirs starts again after `reset_start` reductions at `min_lr`; ours does not, and the adapter "
        "refuses a run that is long enough for it. Their `min_lr` of 0.001 is more than most rates: give it.",
    ),
]
"""What multiplies a schedule, and follows a metric."""


class Made(NamedTuple):
    """What a line of theirs makes, and what it was given."""

    scheduler: Any
    given: dict[str, Any]


def get_scheduler(name: str, optimizer: Any, **given: Any) -> Made:
    """Theirs, which forgets what it was given."""
    transformers: Any = importlib.import_module("transformers")
    return Made(transformers.get_scheduler(name, optimizer, **given), {"name": name, **given})


def optimizer(rate: float = LR) -> Any:
    torch: Any = importlib.import_module("torch")
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)


def made(line: str) -> Made:
    return eval(line, {"get_scheduler": get_scheduler, "optimizer": optimizer(), "math": math})


def values(made: Made, steps: int) -> np.ndarray:
    scheduler, used = made.scheduler, []
    for _ in range(steps):
        used.append(float(scheduler.optimizer.param_groups[0]["lr"]))
        scheduler.optimizer.step()
        scheduler.step()
    return np.asarray(used)


def read(made: Made, learning_rate: float = LR) -> Any:
    words = {name: x for name, x in made.given.items() if name != "scheduler_specific_kwargs"}
    return from_transformers(**words, learning_rate=learning_rate, **made.given.get("scheduler_specific_kwargs", {}))
