"""One row per schedule: how to build it, and the same curve in plain NumPy float64, straight from its definition.

The twins are deliberately naive: floating-point steps, cosines and powers, one line each. They are right because
float64 has digits to spare, and they share no code with the package.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import jaxsched as js


@dataclass(frozen=True)
class Row:
    """A constructor, its arguments in keywords, and its twin: a function of an int64 array of steps.

    Errors are relative to the value; for a curve that crosses 0, to its largest value, `scale`.
    """

    make: Callable[..., js.Schedule]
    arguments: dict[str, Any]
    twin: Callable[[np.ndarray], np.ndarray]
    scale: float = 0.0

    def build(self) -> js.Schedule:
        return self.make(**self.arguments)


def f32(x: float) -> float:
    """The number that a float32 leaf holds."""
    return float(np.float32(x))


def line(t: np.ndarray, start: float, end: float, length: int) -> np.ndarray:
    return end + (start - end) * (1 - np.minimum(t, length) / length)


def cosine(t: np.ndarray, start: float, end: float, length: int, exponent: float = 1.0) -> np.ndarray:
    wave = np.sin(np.pi / 2 * (length - np.minimum(t, length)) / length) ** 2
    return end + (start - end) * wave**exponent


def fraction_of_two(t: Any) -> Any:
    return 2.0 / (t.astype("float32") + 2.0)


P, E = f32(0.3), f32(0.01)  # a peak and an end

ROWS = {
    "Constant": Row(js.Constant, {"value": 0.3}, lambda t: np.full(t.shape, P)),
    "FromFunction": Row(js.FromFunction, {"fn": fraction_of_two}, lambda t: 2 / (t + 2)),
    "Linear": Row(
        js.Linear,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77},
        lambda t: line(t, P, E, 77),
    ),
    "Linear, rising from 0": Row(
        js.Linear,
        {"init_value": 0.0, "end_value": 0.3, "transition_steps": 41},
        lambda t: P * np.minimum(t, 41) / 41,
    ),
    "Linear, through 0": Row(
        js.Linear,
        {"init_value": -1.0, "end_value": 2.0, "transition_steps": 96},
        lambda t: -1 + 3 * np.minimum(t, 96) / 96,
        scale=2.0,
    ),
    "Cosine": Row(
        js.Cosine,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77},
        lambda t: cosine(t, P, E, 77),
    ),
    "Cosine, to 0, with an exponent": Row(
        js.Cosine,
        {"init_value": 0.3, "end_value": 0.0, "transition_steps": 77, "exponent": 1.5},
        lambda t: cosine(t, P, 0, 77, 1.5),
    ),
    "Cosine, rising from 0": Row(
        js.Cosine,
        {"init_value": 0.0, "end_value": 0.3, "transition_steps": 77},
        lambda t: P * np.sin(np.pi / 2 * np.minimum(t, 77) / 77) ** 2,
    ),
    "Polynomial": Row(
        js.Polynomial,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77, "power": 0.75},
        lambda t: E + (P - E) * (1 - np.minimum(t, 77) / 77) ** 0.75,
    ),
    "Polynomial, rising": Row(
        js.Polynomial,
        {"init_value": 0.01, "end_value": 0.3, "transition_steps": 77, "power": 2.5},
        lambda t: P + (E - P) * (1 - np.minimum(t, 77) / 77) ** 2.5,
    ),
    "ExponentialDecay": Row(
        js.ExponentialDecay,
        {"init_value": 0.3, "transition_steps": 20, "decay_rate": 0.7},
        lambda t: P * 0.7 ** (t / 20),
    ),
    "ExponentialDecay, every step": Row(
        js.ExponentialDecay,
        {"init_value": 0.3, "transition_steps": 1, "decay_rate": 0.95},
        lambda t: P * 0.95**t,
    ),
    "ExponentialDecay, staircase": Row(
        js.ExponentialDecay,
        {"init_value": 0.3, "transition_steps": 41, "decay_rate": 0.5, "staircase": True},
        lambda t: P * 0.5 ** (t // 41),
    ),
    "ExponentialDecay, down to a bound": Row(
        js.ExponentialDecay,
        {"init_value": 0.3, "transition_steps": 20, "decay_rate": 0.7, "end_value": 0.01},
        lambda t: np.maximum(P * 0.7 ** (t / 20), E),
    ),
    "ExponentialDecay, up to a bound": Row(
        js.ExponentialDecay,
        {"init_value": 0.01, "transition_steps": 20, "decay_rate": 1.7, "end_value": 0.3},
        lambda t: np.minimum(E * 1.7 ** np.minimum(t / 20, 99), P),
    ),
    "NaturalExponentialDecay": Row(
        js.NaturalExponentialDecay,
        {"init_value": 0.3, "decay_rate": 0.5, "step_size": 20},
        lambda t: P * np.exp(-0.5 * t / 20),
    ),
    "NaturalExponentialDecay, staircase": Row(
        js.NaturalExponentialDecay,
        {"init_value": 0.3, "decay_rate": 0.5, "step_size": 41, "staircase": True},
        lambda t: P * np.exp(-0.5 * (t // 41)),
    ),
    "InverseTimeDecay": Row(
        js.InverseTimeDecay,
        {"init_value": 0.3, "transition_steps": 20, "decay_rate": 0.5},
        lambda t: P / (1 + 0.5 * t / 20),
    ),
    "InverseTimeDecay, staircase": Row(
        js.InverseTimeDecay,
        {"init_value": 0.3, "transition_steps": 41, "decay_rate": 0.5, "staircase": True},
        lambda t: P / (1 + 0.5 * (t // 41)),
    ),
    "StepDecay": Row(
        js.StepDecay,
        {"init_value": 0.3, "step_size": 41, "factor": 0.1},
        lambda t: P * 0.1 ** (t // 41),
    ),
    "PiecewiseConstant": Row(
        js.PiecewiseConstant,
        {"boundaries": [10, 10, 55], "values": [0.3, 0.2, 0.1, 0.01]},
        lambda t: np.select([t < 10, t < 55], [P, f32(0.1)], E),
    ),
    "MultiStep": Row(
        js.MultiStep,
        {"init_value": 0.3, "boundaries": [60, 20, 60], "factor": 0.1},
        lambda t: P * np.select([t < 20, t < 60], [1.0, 0.1], 0.001),
    ),
    "CosineAnnealing": Row(
        js.CosineAnnealing,
        {"init_value": 0.3, "end_value": 0.01, "period_steps": 33},
        lambda t: E + (P - E) * np.cos(np.pi / 2 * t / 33) ** 2,
    ),
    "join_schedules": Row(
        js.join_schedules,
        {
            "schedules": [js.Linear(0.0, 0.3, 20), js.Constant(0.3), js.Cosine(0.3, 0.01, 30)],
            "boundaries": [20, 50],
        },
        lambda t: np.select([t < 20, t < 50], [P * t / 20, P], cosine(np.maximum(t - 50, 0), P, E, 30)),
    ),
    "sequence": Row(
        js.sequence,
        {
            "schedules": [js.Linear(0.0, 0.3, 20), js.Constant(0.1), js.Cosine(0.3, 0.01, 30)],
            "durations": [20, 30],
        },
        lambda t: np.select([t < 20, t < 50], [P * t / 20, f32(0.1)], cosine(np.maximum(t - 50, 0), P, E, 30)),
    ),
    "shift": Row(
        js.shift,
        {"schedule": js.Linear(0.3, 0.01, 30), "steps": 10},
        lambda t: line(np.maximum(t - 10, 0), P, E, 30),
    ),
    "shift, earlier": Row(
        js.shift,
        {"schedule": js.StepDecay(0.3, 20, 0.5), "steps": -1},
        lambda t: P * 0.5 ** ((1 + t) // 20),
    ),
    "arithmetic": Row(
        lambda scale, offset: (js.Linear(0.3, 0.01, 77) * scale + js.Constant(0.3)) / js.Linear(1.0, 2.0, 50) - offset,
        {"scale": 2.0, "offset": -0.5},
        lambda t: (line(t, P, E, 77) * 2 + P) / line(t, 1, 2, 50) + 0.5,
    ),
    "warmup_cosine": Row(
        js.warmup_cosine,
        {"peak_value": 0.3, "warmup_steps": 20, "total_steps": 97, "init_value": 0.0, "end_value": 0.01},
        lambda t: np.where(t < 20, P * t / 20, cosine(np.maximum(t - 20, 0), P, E, 77)),
    ),
    "warmup_linear": Row(
        js.warmup_linear,
        {"peak_value": 0.3, "warmup_steps": 20, "total_steps": 97, "init_value": 0.01, "end_value": 0.0},
        lambda t: np.where(t < 20, line(t, E, P, 20), line(np.maximum(t - 20, 0), P, 0, 77)),
    ),
    "warmup_constant": Row(
        js.warmup_constant,
        {"peak_value": 0.3, "warmup_steps": 20},
        lambda t: np.where(t < 20, P * t / 20, P),
    ),
    "warmup_exponential": Row(
        js.warmup_exponential,
        {"peak_value": 0.3, "warmup_steps": 20, "transition_steps": 15, "decay_rate": 0.7},
        lambda t: np.where(t < 20, P * t / 20, P * 0.7 ** (np.maximum(t - 20, 0) / 15)),
    ),
    "wsd": Row(
        js.wsd,
        {"peak_value": 0.3, "warmup_steps": 20, "cooldown_steps": 37, "total_steps": 97, "end_value": 0.01},
        lambda t: np.select([t < 20, t < 60], [P * t / 20, P], line(np.maximum(t - 60, 0), P, E, 37)),
    ),
}
