"""One row per schedule: how to build it, and the same curve in plain NumPy float64, straight from its definition.

The twins are deliberately naive: floating-point steps, cosines and powers, one line each. They are right because
float64 has digits to spare, and they share no code with the package.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import jaxsched as js


@dataclass(frozen=True)
class Row:
    """A constructor, its arguments in keywords, and its twin: a function of an int64 array of steps.

    Errors are relative to the value; for a curve that crosses 0, to its largest value, `scale`. `others` has four
    legal values for an argument that cannot be everything from 0 to 5 more than it is.
    """

    make: Callable[..., js.Schedule]
    arguments: dict[str, Any]
    twin: Callable[[np.ndarray], np.ndarray]
    scale: float = 0.0
    others: dict[str, list[Any]] = field(default_factory=dict)

    def build(self) -> js.Schedule:
        return self.make(**self.arguments)


def f32(x: float) -> float:
    """The number that a float32 leaf holds."""
    return float(np.float32(x))


def line(t: np.ndarray, start: float, end: float, length: int) -> np.ndarray:
    return end + (start - end) * (1 - np.minimum(t, length) / length)


def cosine(t: np.ndarray, start: Any, end: Any, length: int, exponent: float = 1.0) -> np.ndarray:
    wave = np.sin(np.pi / 2 * (length - np.minimum(t, length)) / length) ** 2
    return end + (start - end) * wave**exponent


def part(t: np.ndarray, length: int) -> np.ndarray:
    """The part of a length that is done."""
    return np.minimum(t, length) / length


def to(end: float, start: Any, left: np.ndarray) -> np.ndarray:
    """What is left of the way from start to end."""
    return end + (start - end) * left


def triangle(t: np.ndarray, rise: int, fall: int) -> np.ndarray:
    since = t % (rise + fall)
    return np.where(since < rise, since / rise, (rise + fall - since) / fall)


def cycles(t: np.ndarray, period: int, growth: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The index of the cycle, the steps since it began, and its length, by counting."""
    index, start, length = (np.zeros(t.shape), np.zeros(t.shape), np.full(t.shape, float(period)))
    while (over := t >= start + length).any():
        index, start = index + over, start + length * over
        length = np.where(over, length * growth, length)
    return index, t - start, length


def falling(t: np.ndarray, period: int, growth: float) -> np.ndarray:
    """Half a cosine from 1 to 0 in each cycle."""
    _, since, length = cycles(t, period, growth)
    return np.cos(np.pi / 2 * since / length) ** 2


def fraction_of_two(t: Any) -> Any:
    return 2.0 / (t.astype("float32") + 2.0)


P, E = f32(0.3), f32(0.01)  # a peak and an end
ALIKE = [(0.3, 0.1, 20), (0.2, 0.01, 30), (0.1, 0.3, 40), (0.3, 0.2, 9), (0.2, 0.01, 25)]

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
    "warmup_polynomial": Row(
        js.warmup_polynomial,
        {"peak_value": 0.3, "warmup_steps": 20, "total_steps": 97, "power": 2.0, "init_value": 0.01, "end_value": 0.0},
        lambda t: np.where(t < 20, line(t, E, P, 20), P * (1 - part(np.maximum(t - 20, 0), 77)) ** 2),
    ),
    "warmup_linear, in logarithms": Row(
        js.warmup_linear,
        {"peak_value": 0.3, "warmup_steps": 20, "total_steps": 97, "init_value": 0.01, "warmup": "logarithmic"},
        lambda t: np.where(t < 20, to(P, E, 1 - np.log1p(t) / np.log(21)), line(np.maximum(t - 20, 0), P, 0, 77)),
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
    "Cosine, with k-decay": Row(
        js.Cosine,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77, "k_decay": 2.0},
        lambda t: to(E, P, np.cos(np.pi / 2 * part(t, 77) ** 2) ** 2 * (t < 77)),
    ),
    "Polynomial, with k-decay": Row(
        js.Polynomial,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77, "power": 0.75, "k_decay": 2.0},
        lambda t: to(E, P, (1 - part(t, 77) ** 2) ** 0.75),
    ),
    "MirrorCosine": Row(
        js.MirrorCosine,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77},
        lambda t: to(E, P, 2 * (1 - part(t, 77)) - cosine(t, 1, 0, 77)),
    ),
    "OneMinusSqrt": Row(
        js.OneMinusSqrt,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77},
        lambda t: to(E, P, 1 - np.sqrt(part(t, 77))),
    ),
    "OneMinusSquare": Row(
        js.OneMinusSquare,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77},
        lambda t: to(E, P, 1 - part(t, 77) ** 2),
    ),
    "Rex": Row(
        js.Rex,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77},
        lambda t: to(E, P, (1 - part(t, 77)) / (1 - part(t, 77) / 2)),
    ),
    "Rex, bent more": Row(
        js.Rex,
        {"init_value": 0.3, "end_value": 0.0, "transition_steps": 77, "bend": 0.75},
        lambda t: to(0, P, (1 - part(t, 77)) / (1 - 0.75 * part(t, 77))),
    ),
    "Exponential": Row(
        js.Exponential,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77, "decay_rate": 0.1},
        lambda t: to(E, P, (0.1 ** part(t, 77) - 0.1) / 0.9),
        others={"decay_rate": [0.1, 0.5, 0.9, 0.01]},
    ),
    "Geometric": Row(
        js.Geometric,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77},
        lambda t: P * (E / P) ** part(t, 77),
        others={"init_value": [0.3, 0.1, 1.0, 7.0], "end_value": [0.01, 0.1, 1.0, 7.0]},
    ),
    "Tanh": Row(
        js.Tanh,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77, "lower": -5.0, "upper": 3.0},
        lambda t: to(E, P, (1 - np.tanh(-5 + 8 * part(t, 77))) / 2),
    ),
    "InverseRoot": Row(
        js.InverseRoot,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77, "bend": 8.0},
        lambda t: to(P, E, (1 / np.sqrt(1 + 8 * part(t, 77)) - 1) / (1 / 3 - 1)),
    ),
    "Logarithmic": Row(
        js.Logarithmic,
        {"init_value": 0.3, "end_value": 0.01, "transition_steps": 77, "timescale": 5},
        lambda t: to(E, P, np.log1p((77 - np.minimum(t, 77)) / 5) / np.log1p(77 / 5)),
    ),
    "HalfLife": Row(js.HalfLife, {"init_value": 0.3, "half_life": 20}, lambda t: P * 0.5 ** (t / 20)),
    "InverseSqrt": Row(
        js.InverseSqrt,
        {"peak_value": 0.3, "timescale": 20, "shift": 7},
        lambda t: P / np.sqrt(1 + (t + 7) / 20),
    ),
    "PowerLaw": Row(
        js.PowerLaw,
        {"peak_value": 0.3, "timescale": 20, "power": 0.75, "shift": 7},
        lambda t: P * (1 + (t + 7) / 20) ** -0.75,
    ),
    "Logistic": Row(
        js.Logistic,
        {"init_value": 0.0, "end_value": 0.3, "midpoint": 50, "timescale": 10},
        lambda t: P / (1 + np.exp((50 - t) / 10)),
    ),
    "Gaussian": Row(js.Gaussian, {"init_value": 0.3, "timescale": 50}, lambda t: P * np.exp(-((t / 50) ** 2) / 2)),
    "PiecewiseInterpolate": Row(
        js.PiecewiseInterpolate,
        {"boundaries": [10, 30, 30, 71], "values": [0.0, 0.3, 0.2, 0.01]},
        lambda t: np.where(t < 30, np.interp(t, [10, 30], [0, P]), np.interp(t, [30, 71], [f32(0.2), E])),
    ),
    "PiecewiseInterpolate, in cosines": Row(
        js.PiecewiseInterpolate,
        {"boundaries": [10, 30, 71], "values": [0.0, 0.3, 0.01], "interpolation": "cosine"},
        lambda t: np.where(t < 30, cosine(np.maximum(t - 10, 0), 0, P, 20), cosine(np.maximum(t - 30, 0), P, E, 41)),
    ),
    "Tabulated": Row(
        js.Tabulated,
        {"values": [0.3, 0.2, 0.25, 0.01]},
        lambda t: np.array([0.3, 0.2, 0.25, 0.01], np.float32).astype(np.float64)[np.minimum(t, 3)],
    ),
    "CosineRestarts": Row(
        js.CosineRestarts,
        {"init_value": 0.3, "end_value": 0.01, "period_steps": 33},
        lambda t: cosine(t % 33, P, E, 33),
    ),
    "CosineRestarts, growing, lower, three times": Row(
        js.CosineRestarts,
        {"init_value": 0.3, "end_value": 0.01, "period_steps": 10, "growth": 2, "decay": 0.5, "cycles": 3},
        lambda t: np.where(t < 70, to(E, P * 0.5 ** cycles(t, 10, 2)[0], falling(t, 10, 2)), E),
        others={"growth": [2, 3, 1, 4]},
    ),
    "CosineRestarts, growing by half": Row(
        js.CosineRestarts,
        {"init_value": 0.3, "end_value": 0.01, "period_steps": 20, "growth": 1.5},
        lambda t: to(E, P, falling(t, 20, 1.5)),
        others={"growth": [1.5, 1.25, 1.0, 3.0]},
    ),
    "Triangular": Row(
        js.Triangular,
        {"init_value": 0.01, "peak_value": 0.3, "rise_steps": 20, "fall_steps": 30},
        lambda t: E + (P - E) * triangle(t, 20, 30),
    ),
    "Triangular, with a scale for each cycle": Row(
        js.Triangular,
        {"init_value": 0.0, "peak_value": 0.3, "rise_steps": 20, "scale": js.HalfLife(1.0, 1)},
        lambda t: P * triangle(t, 20, 20) * 0.5 ** (t // 40),
    ),
    "Triangular, with a scale for each step": Row(
        js.Triangular,
        {
            "init_value": 0.0,
            "peak_value": 0.3,
            "rise_steps": 20,
            "scale": js.ExponentialDecay(1.0, 1, 0.99),
            "scale_by": "step",
        },
        lambda t: P * triangle(t, 20, 20) * 0.99**t,
    ),
    "join_schedules, of alike pieces": Row(
        js.join_schedules,
        {
            "schedules": [js.Cosine(a, b, n) for a, b, n in ALIKE],
            "boundaries": [20, 50, 90, 99],
        },
        lambda t: np.select(
            [t < 20, t < 50, t < 90, t < 99],
            [
                cosine(np.maximum(t - at, 0), f32(a), f32(b), n)
                for at, (a, b, n) in zip((0, 20, 50, 90), ALIKE[:4], strict=True)
            ],
            cosine(np.maximum(t - 99, 0), f32(0.2), E, 25),
        ),
    ),
    "every": Row(js.every, {"schedule": js.Linear(0.3, 0.01, 10), "k": 7}, lambda t: line(t // 7, P, E, 10)),
    "reverse": Row(
        js.reverse,
        {"schedule": js.OneMinusSqrt(0.3, 0.01, 50), "total_steps": 60},
        lambda t: to(E, P, 1 - np.sqrt(part(np.maximum(60 - t, 0), 50))),
    ),
    "repeat": Row(
        js.repeat,
        {"schedule": js.Linear(0.3, 0.01, 40), "period_steps": 33, "count": 3, "decay": 0.5},
        lambda t: line(t - np.minimum(t // 33, 2) * 33, P, E, 40) * 0.5 ** np.minimum(t // 33, 2),
        others={"count": [1, 2, 3, 9]},
    ),
    "repeat, growing": Row(
        js.repeat,
        {"schedule": js.Linear(0.3, 0.01, 8), "period_steps": 10, "growth": 2},
        lambda t: to(E, P, np.maximum(1 - cycles(t, 10, 2)[1] / (0.8 * cycles(t, 10, 2)[2]), 0)),
        others={"growth": [1, 2, 3, 9]},
    ),
    "stretch": Row(
        js.stretch,
        {
            "schedule": js.sequence([js.Linear(0.0, 0.3, 11), js.Cosine(0.3, 0.01, 39)], [11]),
            "total_steps": 50,
            "new_total_steps": 97,
        },
        lambda t: np.where(t < 21, line(t, 0, P, 21), cosine(np.maximum(t - 21, 0), P, E, 76)),
    ),
    "minimum": Row(
        lambda value: js.minimum(js.Linear(0.3, 0.01, 77), js.Linear(0.0, 0.3, 30), value),
        {"value": 0.2},
        lambda t: np.minimum(np.minimum(line(t, P, E, 77), line(t, 0, P, 30)), f32(0.2)),
    ),
    "maximum": Row(
        lambda value: js.maximum(js.Linear(0.3, 0.01, 77), js.Linear(0.0, 0.3, 100), value),
        {"value": 0.1},
        lambda t: np.maximum(np.maximum(line(t, P, E, 77), line(t, 0, P, 100)), f32(0.1)),
    ),
    "clip": Row(
        js.clip,
        {"schedule": js.Linear(0.3, 0.01, 77), "lowest": 0.1, "highest": 0.25},
        lambda t: np.clip(line(t, P, E, 77), f32(0.1), 0.25),
        others={"lowest": [0.1, 0.0, 0.2, 0.25], "highest": [0.25, 0.1, 0.2, 7.0]},
    ),
    "select": Row(
        lambda index: js.select(index, [js.Linear(0.3, 0.01, 77), js.Cosine(0.3, 0.01, 40), js.Constant(0.1)]),
        {"index": 1},
        lambda t: cosine(t, P, E, 40),
        others={"index": [0, 1, 2, 2]},
    ),
    "splice": Row(
        js.splice,
        {"first": js.Linear(0.3, 0.01, 77), "at": 30, "then": js.Cosine(2.0, 1.0, 40)},
        lambda t: np.where(
            t < 30, line(t, P, E, 77), line(np.array(30), P, E, 77) * cosine(np.maximum(t - 30, 0), 1, 0.5, 40)
        ),
    ),
    "decay_from": Row(
        js.decay_from,
        {
            "schedule": js.Linear(0.3, 0.01, 77),
            "at": 30,
            "transition_steps": 40,
            "end_value": 0.001,
            "cooldown": "cosine",
        },
        lambda t: np.where(
            t < 30,
            line(t, P, E, 77),
            cosine(np.maximum(t - 30, 0), line(np.array(30), P, E, 77), f32(0.001), 40),
        ),
    ),
    "warmup_step": Row(
        js.warmup_step,
        {"peak_value": 0.3, "warmup_steps": 20, "step_size": 30, "factor": 0.1},
        lambda t: np.where(t < 20, P * t / 20, P * 0.1 ** (t // 30)),
    ),
    "warmup_multistep": Row(
        js.warmup_multistep,
        {"peak_value": 0.3, "warmup_steps": 20, "boundaries": [60, 90], "factor": 0.1},
        lambda t: np.select([t < 20, t < 60, t < 90], [P * t / 20, P, P * 0.1], P * 0.01),
    ),
    "wsd, 1 - sqrt, with a cosine warmup that is one step ahead": Row(
        js.wsd,
        {
            "peak_value": 0.3,
            "warmup_steps": 20,
            "cooldown_steps": 37,
            "total_steps": 97,
            "warmup": "cosine",
            "cooldown": "one_minus_sqrt",
            "first": "one_over_n",
        },
        lambda t: np.select(
            [t < 20, t < 60], [cosine(t + 1, 0, P, 20), P], P * (1 - np.sqrt(part(np.maximum(t - 60, 0), 37)))
        ),
    ),
    "wsd, geometric, with a mirrored warmup": Row(
        js.wsd,
        {
            "peak_value": 0.3,
            "warmup_steps": 20,
            "cooldown_steps": 37,
            "total_steps": 97,
            "end_value": 0.01,
            "warmup": "one_minus_sqrt",
            "cooldown": "geometric",
        },
        lambda t: np.select(
            [t < 20, t < 60],
            [P * (1 - np.sqrt(1 - part(t, 20))), P],
            P * (E / P) ** part(np.maximum(t - 60, 0), 37),
        ),
        others={"peak_value": [0.3, 0.1, 1.0, 7.0], "end_value": [0.01, 0.1, 1.0, 7.0]},
    ),
    "trapezoid": Row(
        js.trapezoid,
        {"peak_value": 0.3, "warmup_steps": 20, "cooldown_steps": 37, "total_steps": 97},
        lambda t: np.select([t < 20, t < 60], [P * t / 20, P], line(np.maximum(t - 60, 0), P, 0, 37)),
    ),
    "wsd_s": Row(
        js.wsd_s,
        {"peak_value": 0.3, "warmup_steps": 7, "cooldown_steps": [10, 20], "period_steps": [40, 50], "end_value": 0.01},
        lambda t: np.select(
            [t < 7, t < 30, t < 40, t < 70],
            [P * t / 7, P, line(np.maximum(t - 30, 0), P, E, 10), P],
            line(np.maximum(t - 70, 0), P, E, 20),
        ),
    ),
    "warmup_restarts": Row(
        js.warmup_restarts,
        {"peak_values": [0.3, 0.2], "warmup_steps": [7, 10], "period_steps": [40, 50], "end_value": 0.01},
        lambda t: np.select(
            [t < 7, t < 40, t < 50],
            [P * t / 7, cosine(np.maximum(t - 7, 0), P, E, 33), f32(0.2) * (t - 40) / 10],
            cosine(np.maximum(t - 50, 0), f32(0.2), E, 40),
        ),
    ),
    "tri_stage": Row(
        js.tri_stage,
        {
            "peak_value": 0.3,
            "warmup_steps": 20,
            "cooldown_steps": 37,
            "total_steps": 97,
            "init_value": 0.003,
            "end_value": 0.01,
        },
        lambda t: np.select(
            [t < 20, t < 60], [line(t, f32(0.003), P, 20), P], P * (E / P) ** part(np.maximum(t - 60, 0), 37)
        ),
        others={"peak_value": [0.3, 0.1, 1.0, 7.0], "end_value": [0.01, 0.1, 1.0, 7.0]},
    ),
    "infinite": Row(
        js.infinite,
        {
            "peak_value": 0.3,
            "constant_value": 0.1,
            "end_value": 0.01,
            "warmup_steps": 10,
            "decay_steps": 40,
            "cooldown_steps": 20,
            "total_steps": 100,
        },
        lambda t: np.select(
            [t < 10, t < 50, t < 80],
            [P * t / 10, cosine(np.maximum(t - 10, 0), P, f32(0.1), 40), f32(0.1)],
            f32(0.1) * (E / f32(0.1)) ** part(np.maximum(t - 80, 0), 20),
        ),
        others={"constant_value": [0.1, 0.01, 1.0, 7.0], "end_value": [0.01, 0.1, 1.0, 7.0]},
    ),
    "onecycle": Row(
        js.onecycle,
        {"peak_value": 0.3, "warmup_steps": 30, "total_steps": 100, "init_value": 0.02, "end_value": 0.01},
        lambda t: np.where(t < 30, cosine(t, f32(0.02), P, 30), cosine(np.maximum(t - 30, 0), P, E, 70)),
    ),
    "onecycle, in three lines, with the ends of PyTorch": Row(
        js.onecycle,
        {"peak_value": 0.3, "warmup_steps": 30, "total_steps": 100, "three_phase": True, "ramp": "linear"},
        lambda t: np.select(
            [t < 30, t < 60],
            [line(t, 0.012, P, 30), line(np.maximum(t - 30, 0), P, 0.012, 30)],
            line(np.maximum(t - 60, 0), 0.012, 0.0000012, 40),
        ),
    ),
    "sgdr": Row(
        js.sgdr,
        {"peak_value": 0.3, "period_steps": 10, "warmup_steps": 5, "growth": 2, "end_value": 0.01},
        lambda t: np.where(t < 5, P * t / 5, to(E, P, falling(np.maximum(t - 5, 0), 10, 2))),
        others={"growth": [1, 2, 3, 9]},
    ),
    "slanted_triangular": Row(
        js.slanted_triangular,
        {"peak_value": 0.3, "warmup_steps": 10, "total_steps": 100},
        lambda t: np.where(t < 10, line(t, P / 32, P, 10), line(np.maximum(t - 10, 0), P, P / 32, 90)),
    ),
    "exponential_range_test": Row(
        js.exponential_range_test,
        {"init_value": 1e-5, "end_value": 0.3, "total_steps": 100},
        lambda t: f32(1e-5) * (P / f32(1e-5)) ** part(t, 100),
        others={"init_value": [0.3, 0.1, 1.0, 7.0], "end_value": [0.01, 0.1, 1.0, 7.0]},
    ),
    "noam": Row(
        js.noam,
        {"model_size": 64, "warmup_steps": 25, "scale": 2.0},
        lambda t: 2 / 8 * np.minimum((t + 1) ** -0.5, (t + 1) * 25**-1.5),
    ),
    "inverse_sqrt": Row(
        js.inverse_sqrt,
        {"peak_value": 0.3, "warmup_steps": 20, "timescale": 30, "cooldown_steps": 40, "total_steps": 100},
        lambda t: (
            np.where(t < 20, P * t / 20, P / np.sqrt(1 + (t - 20) / 30 * (t > 20))) * np.clip((100 - t) / 40, 0, 1)
        ),
    ),
    "power": Row(
        js.power,
        {
            "peak_value": 0.3,
            "warmup_steps": 10,
            "timescale": 30,
            "cooldown_steps": 40,
            "total_steps": 100,
            "power": 0.51,
            "cooldown": "linear",
        },
        lambda t: np.select(
            [t < 10, t < 30, t < 60],
            [P * t / 10, P, P * (np.maximum(t, 1) / 30) ** -f32(0.51)],
            P * 2 ** -f32(0.51) * (1 - part(np.maximum(t - 60, 0), 40)),
        ),
    ),
}

ROWS_WITH_A_FORMULA = [name for name in ROWS if name != "FromFunction"]

STRUCTURES = (
    "Constant",
    "FromFunction",
    "Linear",
    "Cosine, to 0, with an exponent",
    "ExponentialDecay, down to a bound",
    "StepDecay",
    "PiecewiseConstant",
    "PiecewiseInterpolate, in cosines",
    "CosineRestarts, growing, lower, three times",
    "Triangular, with a scale for each cycle",
    "join_schedules, of alike pieces",
    "arithmetic",
    "select",
    "decay_from",
    "repeat, growing",
    "warmup_cosine",
)
"""One row for each way in which a schedule holds numbers: alone, as a pair, as a table, or not at all; with structure; in
a schedule, in a number's place, in a tuple, in pieces. For what does not depend on the curve."""

FEW = ("Linear", "ExponentialDecay, down to a bound", "PiecewiseConstant", "arithmetic", "warmup_cosine")
"""Of those, the ones for what is compiled again and again."""
