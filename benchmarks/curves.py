"""Every curve for many configurations, each hyperparameter different in every row, and the speed it should have."""

from typing import Any

import jax
import numpy as np

import jaxsched as js
from benchmarks.measure import quick


ON_ACCELERATOR = jax.default_backend() != "cpu"
STEPS = 1_000 if quick() else 100_000


def configs() -> int:
    """20,000 on an accelerator, or as many as make five tables of its memory."""
    memory = (jax.devices()[0].memory_stats() or {}).get("bytes_limit", 0) if ON_ACCELERATOR else 0
    return 20 if quick() else min(max(1_000, memory // (5 * 4 * STEPS)), 20_000)


CONFIGS = configs()

RNG = np.random.default_rng(0)


def values(low: float, high: float, *shape: int) -> np.ndarray:
    return RNG.uniform(low, high, (CONFIGS, *shape))


def lengths(low: int = STEPS // 2, high: int = STEPS) -> np.ndarray:
    return RNG.integers(low, high, CONFIGS)


def boundaries(count: int) -> np.ndarray:
    return np.sort(RNG.integers(0, STEPS, (CONFIGS, count)))


PEAK, END, LENGTH, POWER = values(0.1, 1.0), values(0.001, 0.01), lengths(), values(0.5, 3.0)
FALL = (PEAK, END, LENGTH)
SHORT, SHIFT = lengths(STEPS // 100, STEPS // 10), lengths(0, 1_000)
RUN: dict[str, Any] = {"init_value": END, "peak_value": PEAK, "end_value": END[::-1]}
RUN |= {"warmup_steps": SHORT, "total_steps": LENGTH}
WSD: dict[str, Any] = {**RUN, "cooldown_steps": lengths(STEPS // 10, STEPS // 5)}
RECIPES = {"warmup_cosine": RUN, "onecycle": RUN, "wsd": WSD}

CURVES: dict[float | None, dict[str, js.Schedule]] = {
    0.6: {
        "Triangular": js.Triangular(END, PEAK, SHORT, fall_steps=SHORT[::-1]),
        "Rex": js.Rex(*FALL, bend=values(0.1, 0.9)),
        "MultiStep": js.MultiStep(PEAK, boundaries(3), values(0.1, 0.9)),
        "Linear": js.Linear(*FALL),
        "Cosine": js.Cosine(*FALL),
        "OneMinusSqrt": js.OneMinusSqrt(*FALL),
        "warmup_cosine": js.warmup_cosine(**RUN),
        "wsd": js.wsd(**WSD),
        "PiecewiseConstant": js.PiecewiseConstant(boundaries(3), values(0.0, 1.0, 4)),
    },
    0.5: {
        "Tanh": js.Tanh(*FALL, lower=values(-7.0, -5.0), upper=values(2.0, 4.0)),
    },
    0.4: {
        "ExponentialDecay": js.ExponentialDecay(PEAK, LENGTH, values(0.1, 0.9)),
        "InverseSqrt": js.InverseSqrt(PEAK, SHORT, shift=SHIFT),
        "Geometric": js.Geometric(*FALL),
        "onecycle": js.onecycle(**RUN),
        "CosineRestarts": js.CosineRestarts(PEAK, END, SHORT),
    },
    0.25: {
        "StepDecay": js.StepDecay(PEAK, SHORT, values(0.5, 0.9)),
    },
    0.2: {
        "Polynomial": js.Polynomial(*FALL, power=POWER),
        "PowerLaw": js.PowerLaw(PEAK, SHORT, POWER, shift=SHIFT),
    },
    0.1: {
        "CosineRestarts, growing": js.CosineRestarts(PEAK, END, SHORT, growth=values(1.1, 2.0), decay=values(0.5, 0.9)),
    },
    None: {
        "OneMinusSquare": js.OneMinusSquare(*FALL),
        "MirrorCosine": js.MirrorCosine(*FALL),
        "Exponential": js.Exponential(*FALL, decay_rate=values(0.1, 0.9)),
        "InverseRoot": js.InverseRoot(*FALL, bend=values(1.0, 10.0)),
        "Logarithmic": js.Logarithmic(*FALL, timescale=SHORT),
        "NaturalExponentialDecay": js.NaturalExponentialDecay(PEAK, values(0.1, 2.0), LENGTH),
        "HalfLife": js.HalfLife(PEAK, LENGTH),
        "InverseTimeDecay": js.InverseTimeDecay(PEAK, LENGTH, values(0.1, 2.0)),
        "Logistic": js.Logistic(PEAK, END, LENGTH, SHORT),
        "Gaussian": js.Gaussian(PEAK, LENGTH),
        "CosineAnnealing": js.CosineAnnealing(PEAK, END, SHORT),
        "PiecewiseInterpolate": js.PiecewiseInterpolate(boundaries(4), values(0.0, 1.0, 4)),
    },
}
"""By what fraction of the speed of filling memory is the target, if there is one."""
