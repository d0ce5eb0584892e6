"""Those of whom there is a schedule or a few, and the formulas that people write themselves."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR
from tests.parity.rows.formulas.row import Formula, FormulaRow, Steps, half_cosine, line, phases


Row = partial(FormulaRow, steps=1100)

Dino = partial(Row, library="DINO")
Axolotl = partial(Row, library="axolotl", source="src/axolotl/utils/schedulers.py")
Lightning = partial(Row, library="Lightning")
Burn = partial(Row, library="burn")
FVCore = partial(Row, library="fvcore", source="fvcore/common/param_scheduler.py")
NanoChat = partial(Row, library="nanochat", source="scripts/base_train.py")
Tutorials = partial(Row, library="The formulas of tutorials")


def dino(t: Steps) -> np.ndarray[Any, Any]:
    return np.where(t < 100, line(t, 0.0, LR, 99), half_cosine(t - 100, LR, 1e-6, 900))


def rex(t: Steps) -> np.ndarray[Any, Any]:
    left = 1 - np.minimum(t / 1000, 1)
    return 0.005 + (LR - 0.005) * left / (0.1 + 0.9 * left)


def done(t: Steps) -> np.ndarray[Any, Any]:
    return np.clip((t - 800) / 200, 0, 1)


def wsd_schedule(left: Formula, end: float = 0.0) -> Formula:
    """Of the rate, so much is left in the cooldown."""
    rise = lambda t: t / 100 + (1 - t / 100) / 100  # noqa: E731
    return lambda t: LR * phases(t, (100, rise(t)), (800, 1.0), (1000, left(t)), then=end)


def wsd_row(name: str, cooldown: str, left: Formula, theirs: str = "", ours: str = "", end: float = 0.0) -> FormulaRow:
    return Row(
        name,
        f'wsd_schedule(1000, n_warmup=100, fract_decay=0.2, decay_type="{name}"{theirs})',
        f"js.wsd(peak_value=lr, warmup_steps=100, cooldown_steps=200, total_steps=1000, init_value=0.01 * lr{ours}, "
        f'cooldown="{cooldown}")',
        library="schedules-and-scaling",
        source="src/optim/utils.py",
        formula=wsd_schedule(left, end),
    )


def fixed(t: Steps) -> np.ndarray[Any, Any]:
    return np.where(t < 100, 0.05 * (t / 1000) / 0.1, 0.05 * 0.01 ** (t / 1000))


TABLE = "np.linspace(0.0, lr, 100), 1e-6 + (lr - 1e-6) * (1 + np.cos(np.pi * np.arange(900) / 900)) / 2"

ROWS = [
    Dino(
        "cosine_scheduler",
        "cosine_scheduler(lr, 1e-6, epochs=100, niter_per_ep=10, warmup_epochs=10)",
        "js.sequence([js.Linear(0.0, lr, 99), js.Cosine(lr, 1e-6, 900)], [100])",
        "The warmup is at the peak in its last step, and then the cosine begins with it again.",
        steps=1000,
        source="utils.py",
        formula=dino,
    ),
    Dino(
        "lr_schedule[it]",
        f"lr_schedule = np.concatenate(({TABLE})); lr_schedule[it]",
        f"js.Tabulated(np.concatenate(({TABLE})))",
        "Any table of numbers.",
        steps=1000,
        source="main_dino.py",
        formula=dino,
    ),
    Axolotl(
        "RexLR",
        "RexLR(optimizer, max_lr=lr, min_lr=0.005, total_steps=1000)",
        "js.shift(js.Rex(lr, 0.005, 1000, bend=0.9), -1)",
        "It begins with its second step. In the paper `bend` is ½.",
        formula=lambda t: rex(t + 1),
    ),
    Axolotl(
        "get_cosine_schedule_with_quadratic_warmup",
        "get_cosine_schedule_with_quadratic_warmup(optimizer, num_warmup_steps=100, num_training_steps=1000)",
        "js.warmup_cosine(peak_value=lr, warmup_steps=100, total_steps=1000, "
        "warmup=lambda low, high, steps: js.Polynomial(low, high, steps, 2.0))",
        "After its end it rises again there.",
        steps=1001,
        formula=lambda t: phases(t, (100, LR * (t / 100) ** 2), then=half_cosine(t - 100, LR, 0.0, 900)),
    ),
    Row(
        "REXScheduler",
        "REXScheduler(optimizer, total_steps=1000, max_lr=lr)",
        "js.sequence([0.0, js.shift(js.Rex(lr, 0.0, 1000), -1)], [1])",
        "The first step is at `min_lr`; then follows the second step of the curve.",
        library="pytorch_optimizer",
        source="pytorch_optimizer/lr_scheduler/rex.py",
        formula=lambda t: np.where(t == 0, 0.0, LR * (1 - np.minimum(t / 1000, 1)) / (1 - np.minimum(t / 1000, 1) / 2)),
    ),
    wsd_row("linear", "linear", lambda t: 1 - done(t)),
    wsd_row("cosine", "cosine", lambda t: (1 + np.cos(np.pi * done(t))) / 2),
    wsd_row("miror_cosine", "mirror_cosine", lambda t: 2 * (1 - done(t)) - (1 + np.cos(np.pi * done(t))) / 2),
    wsd_row("sqrt", "one_minus_sqrt", lambda t: 1 - np.sqrt(done(t))),
    wsd_row("square", "one_minus_square", lambda t: 1 - done(t) ** 2),
    wsd_row("exp", "geometric", lambda t: 0.01 ** done(t), ", final_lr_factor=0.01", ", end_value=0.01 * lr", end=0.01),
    Lightning(
        "LearningRateFinder",
        "LearningRateFinder(min_lr=1e-8, max_lr=1.0, num_training_steps=100)",
        "js.sequence([1e-8, js.shift(js.exponential_range_test(init_value=1e-8, end_value=1.0, total_steps=100), -2)], [1])",
        "It leaves out the second value.",
        steps=100,
        source="src/lightning/pytorch/tuner/lr_finder.py",
        formula=lambda t: np.where(t > 0, 1e-8 * (1.0 / 1e-8) ** ((t + 1) / 100), 1e-8),
    ),
    Lightning(
        "frequency",
        '{"scheduler": CosineAnnealingLR(optimizer, 10), "interval": "step", "frequency": 100}',
        "js.every(js.CosineAnnealing(lr, 0.0, 10), 100)",
        "They count within an epoch, so that a part of `frequency` at its end is lost.",
        source="src/lightning/pytorch/loops/training_epoch_loop.py",
        formula=lambda t: LR * (1 + np.cos(np.pi * (t // 100) / 10)) / 2,
    ),
    Row(
        "SlantedTriangular",
        "SlantedTriangular(optimizer, num_epochs=10, num_steps_per_epoch=100)",
        "js.slanted_triangular(peak_value=lr, warmup_steps=100, total_steps=1000)",
        "A tenth of the run goes up, if `cut_frac` does not say otherwise.",
        steps=1001,
        library="AllenNLP",
        source="allennlp/training/learning_rate_schedulers/slanted_triangular.py",
        formula=lambda t: LR * (1 + np.where(t < 100, t / 100, 1 - (t - 100) / 900) * (32 - 1)) / 32,
    ),
    Burn(
        "ComposedLrSchedulerConfig",
        "ComposedLrSchedulerConfig::new().cosine(CosineAnnealingLrSchedulerConfig::new(0.05, 1000))"
        ".step(StepLrSchedulerConfig::new(1.0, 100).with_gamma(0.5))",
        "js.CosineAnnealing(0.05, 0.0, 1000) * js.StepDecay(1.0, 100, 0.5)",
        "With `SchedulerReduction::Sum` it is `+`.",
        source="crates/burn-optim/src/lr_scheduler/composed.rs",
        formula=lambda t: 0.05 * 0.5 * (1 + np.cos(np.pi * t / 1000)) * 0.5 ** (t // 100),
    ),
    Burn(
        "NoamLrSchedulerConfig",
        "NoamLrSchedulerConfig::new(0.05).with_warmup_steps(400)",
        "js.noam(model_size=512, warmup_steps=400, scale=0.05)",
        source="crates/burn-optim/src/lr_scheduler/noam.rs",
        formula=lambda t: 0.05 * 512**-0.5 * np.minimum((t + 1) ** -0.5, (t + 1) * 400**-1.5),
    ),
    FVCore(
        "CompositeParamScheduler",
        "CompositeParamScheduler([ConstantParamScheduler(0.05), CosineParamScheduler(0.05, 0.0001)], [0.3, 0.7], "
        '["rescaled", "rescaled"])',
        "js.sequence([js.Constant(0.05), js.Cosine(0.05, 0.0001, 700)], [300])",
        "They are functions of the part of the run that is done; in these rows it has 1000 steps.",
        steps=1000,
        formula=lambda t: np.where(t < 300, 0.05, half_cosine(t - 300, 0.05, 0.0001, 700)),
    ),
    FVCore(
        "CompositeParamScheduler",
        "CompositeParamScheduler([LinearParamScheduler(0.0, 0.05), ExponentialParamScheduler(0.05, 0.01)], [0.1, 0.9], "
        '["rescaled", "fixed"])',
        "js.sequence([js.Linear(0.0, 0.05, 100), js.shift(js.Geometric(0.05, 0.0005, 1000), -100)], [100])",
        'What is "fixed" is where it would be by then.',
        steps=1000,
        formula=fixed,
    ),
    Row(
        "get_lr",
        "train_gpt2.py --learning_rate 0.05 --num_iterations 1000 --warmup_iters 0 --warmdown_iters 300",
        "js.trapezoid(peak_value=0.05, warmup_steps=0, cooldown_steps=300, total_steps=1000)",
        "As in the first records. Today it rises in stages, and ends at 15%.",
        steps=1001,
        library="modded-nanogpt",
        source="train_gpt2.py",
        formula=lambda t: np.where(t < 700, 0.05, 0.05 * (1000 - t) / 300),
    ),
    NanoChat(
        "get_lr_multiplier",
        "base_train.py --num-iterations=1000 --warmup-steps=0 --final-lr-frac=0",
        "js.trapezoid(peak_value=lr, warmup_steps=0, cooldown_steps=650, total_steps=1000)",
        steps=1001,
        formula=lambda t: np.where(t <= 350, LR, LR * (1000 - t) / 650),
    ),
    NanoChat(
        "get_lr_multiplier",
        "base_train.py --num-iterations=1000",
        "js.wsd(peak_value=lr, warmup_steps=40, cooldown_steps=650, total_steps=1000, end_value=0.05 * lr, "
        'first="one_over_n")',
        "Its warmup begins with a 40th of the rate, not with 0.",
        steps=1001,
        formula=lambda t: np.select([t < 40, t <= 350], [LR * (t + 1) / 40, LR], LR * ((1000 - t) / 650 * 0.95 + 0.05)),
    ),
    Tutorials(
        "step",
        "lr * 0.5 ** floor((1 + t) / 10)",
        "js.shift(js.StepDecay(lr, 10, 0.5), -1)",
        "The exponent counts from 1, so that the first drop comes one step earlier than in `js.StepDecay(lr, 10, 0.5)`.",
        steps=250,
        formula=lambda t: LR * 0.5 ** np.floor((1 + t) / 10),
    ),
    Tutorials(
        "exponential",
        "lr * exp(-0.05 * t)",
        "js.NaturalExponentialDecay(lr, 0.05)",
        steps=250,
        formula=lambda t: LR * np.exp(-0.05 * t),
    ),
    Tutorials(
        "staircase",
        "lr * exp(-0.05 * floor((1 + t) / 10))",
        "js.shift(js.NaturalExponentialDecay(lr, 0.05, 10, staircase=True), -1)",
        steps=250,
        formula=lambda t: LR * np.exp(-0.05 * np.floor((1 + t) / 10)),
    ),
    Tutorials(
        "cosine",
        "low + 0.5 * (lr - low) * (1 + cos(pi * t / 100))",
        "js.CosineAnnealing(lr, 0.001, 100)",
        "It rises again after step 100; what stays down is `js.Cosine`.",
        steps=250,
        formula=lambda t: 0.001 + 0.5 * (LR - 0.001) * (1 + np.cos(np.pi * t / 100)),
    ),
    Tutorials(
        "polynomial",
        "lr * (1 - t / 100) ** 0.9",
        "js.Polynomial(lr, 0.0, 100, 0.9)",
        steps=101,
        formula=lambda t: LR * (1 - t / 100) ** 0.9,
    ),
    Tutorials(
        "inverse time",
        "lr / (1 + 0.05 * t)",
        "js.InverseTimeDecay(lr, 1, 0.05)",
        steps=250,
        formula=lambda t: LR / (1 + 0.05 * t),
    ),
]
