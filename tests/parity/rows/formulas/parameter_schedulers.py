"""ParameterSchedulers.jl. Julia counts from 1: its s(1) is step 0 here."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.rows.formulas.row import FormulaRow, Steps, half_cosine


Row = partial(FormulaRow, library="ParameterSchedulers.jl", source="src/cyclic.jl", steps=1100)

COMPLEX, DECAY = "src/complex.jl", "src/decay.jl"


def triangle(t: Steps, scale: Any = 1.0) -> np.ndarray[Any, Any]:
    return 0.045 * (2 / np.pi) * np.abs(np.arcsin(np.sin(np.pi * (t + 1 - 1) / 200))) * scale + 0.005


def annealed(t: Steps) -> np.ndarray[Any, Any]:
    return 0.05 * (1 + np.cos(np.pi * (t % 100) / 100)) / 2


ROWS = [
    Row(
        "Exp",
        "Exp(start = 0.05, decay = 0.99)",
        "js.ExponentialDecay(0.05, 1, 0.99)",
        "Julia counts from 1: its `s(1)` is our step 0.",
        source=DECAY,
        formula=lambda t: 0.05 * 0.99**t,
    ),
    Row(
        "Step",
        "Step(start = 0.05, decay = 0.1, step_sizes = 300)",
        "js.StepDecay(0.05, 300, 0.1)",
        source=DECAY,
        formula=lambda t: 0.05 * 0.1 ** (t // 300),
    ),
    Row(
        "Step",
        "Step(start = 0.05, decay = 0.1, step_sizes = [500, 300])",
        "js.MultiStep(0.05, [500, 800], 0.1)",
        "Lengths there, boundaries here.",
        source=DECAY,
        formula=lambda t: 0.05 * 0.1 ** np.searchsorted([500, 800], t, side="right"),
    ),
    Row(
        "Poly",
        "Poly(start = 0.05, degree = 2, max_iter = 1000)",
        "js.Polynomial(0.05, 0.0, 1000, 2.0)",
        "Past its end it is an error there.",
        steps=1000,
        source=DECAY,
        formula=lambda t: 0.05 * (1 - t / 1000) ** 2,
    ),
    Row(
        "Inv",
        "Inv(start = 0.05, decay = 0.02, degree = 2)",
        "js.PowerLaw(0.05, 50, power=2.0)",
        "Of degree 1 it is `js.InverseTimeDecay(0.05, 1, 0.02)`.",
        source=DECAY,
        formula=lambda t: 0.05 / (1 + t * 0.02) ** 2,
    ),
    Row(
        "Triangle",
        "Triangle(l0 = 0.005, l1 = 0.05, period = 200)",
        "js.Triangular(0.005, 0.05, 100)",
        formula=triangle,
    ),
    Row(
        "TriangleDecay2",
        "TriangleDecay2(l0 = 0.005, l1 = 0.05, period = 200)",
        "js.Triangular(0.005, 0.05, 100, scale=js.HalfLife(1.0, 1))",
        formula=lambda t: triangle(t, 0.5 ** (t // 200)),
    ),
    Row(
        "TriangleExp",
        "TriangleExp(l0 = 0.005, l1 = 0.05, period = 200, decay = 0.99)",
        'js.Triangular(0.005, 0.05, 100, scale=js.ExponentialDecay(1.0, 1, 0.99), scale_by="step")',
        formula=lambda t: triangle(t, 0.99**t),
    ),
    Row(
        "CosAnneal",
        "CosAnneal(l0 = 0.05, l1 = 0.0, period = 100)",
        "js.CosineRestarts(0.05, 0.0, 100)",
        "With `restart = false` it rises again, as `js.CosineAnnealing(0.05, 0.0, 100)`.",
        formula=annealed,
    ),
    Row(
        "OneCycle",
        "OneCycle(1000, 0.05)",
        "js.onecycle(peak_value=0.05, warmup_steps=250, total_steps=1000, end_value=0.05e-5)",
        "Past its end it is an error there.",
        steps=1000,
        source=COMPLEX,
        formula=lambda t: np.where(
            t < 250, half_cosine(t, 0.05 / 25, 0.05, 250), half_cosine(t - 250, 0.05, 0.05 / 1e5, 750)
        ),
    ),
    Row(
        "Sequence",
        "Sequence(Triangle(0.05, 0.0, 200) => 100, Exp(0.05, 0.99) => 900)",
        "js.sequence([js.Linear(0.0, 0.05, 100), js.ExponentialDecay(0.05, 1, 0.99)], [100])",
        "The last one runs on in both.",
        source=COMPLEX,
        formula=lambda t: np.where(t < 100, 0.05 * t / 100, 0.05 * 0.99 ** (t - 100.0)),
    ),
    Row(
        "Loop",
        "Loop(Exp(0.05, 0.99), 100)",
        "js.repeat(js.ExponentialDecay(0.05, 1, 0.99), 100)",
        source=COMPLEX,
        formula=lambda t: 0.05 * 0.99 ** (t % 100),
    ),
    Row(
        "Shifted",
        "Shifted(CosAnneal(l0 = 0.05, l1 = 0.0, period = 100), 31)",
        "js.shift(js.CosineRestarts(0.05, 0.0, 100), -30)",
        "Theirs begins at the 31st step, ours is 30 steps earlier.",
        source=COMPLEX,
        formula=lambda t: annealed(t + 1 - 1 + 31 - 1),
    ),
    Row(
        "Interpolator",
        "Interpolator(Exp(0.05, 0.9), 100)",
        "js.every(js.ExponentialDecay(0.05, 1, 0.9), 100)",
        "A stair by default. Without it, with `identity` for the third argument, time is 100 times slower: "
        "`js.stretch`.",
        source=COMPLEX,
        formula=lambda t: 0.05 * 0.9 ** (np.ceil((t + 1) / 100) - 1),
    ),
    Row(
        "reverse",
        "reverse(Exp(0.05, 0.99), 1000)",
        "js.reverse(js.ExponentialDecay(0.05, 1, 0.99), 998)",
        "Theirs counts from 1 and turns around 1000, so that two steps are missing.",
        steps=999,
        source="src/utils.jl",
        formula=lambda t: 0.05 * 0.99 ** (1000 - (t + 1) - 1.0),
    ),
]
