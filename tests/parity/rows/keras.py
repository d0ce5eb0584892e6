"""Keras: the schedules of `keras.optimizers.schedules`, as a compiled training step uses them."""

from typing import Any

import jax
import numpy as np

import jaxsched as js
from tests.parity.row import LR, SINGLE, Row


LIBRARY = "Keras"

EDGES = (
    "Keras divides in float32: for some lengths (41, 47, 55, 61, 82, 83, 94, 97, ...) its compiled training step is one "
    "step late at some edges. That is their rounding; ours is exact."
)


def _row(name: str, theirs: str, ours: str, differs: str = "") -> Row:
    return Row(name, theirs, ours, differs, SINGLE)


ROWS = [
    _row(
        "CosineDecay",
        "CosineDecay(lr, decay_steps=200)",
        "js.Cosine(lr, 0.0, 200)",
        "The first argument of Keras must be a float: of an integer it makes integers of the other numbers, too, and even "
        "of π. `from_keras` refuses it.",
    ),
    _row(
        "CosineDecay",
        "CosineDecay(lr, decay_steps=200, alpha=0.1)",
        "js.Cosine(lr, 0.1 * lr, 200)",
        "`alpha` is a part of the first value there; values are absolute here.",
    ),
    _row(
        "CosineDecay",
        "CosineDecay(0.0, decay_steps=180, alpha=0.1, warmup_target=lr, warmup_steps=20)",
        "js.warmup_cosine(peak_value=lr, warmup_steps=20, total_steps=200, end_value=0.1 * lr)",
        "`decay_steps` start after the warmup; `total_steps` is the whole run. `alpha` is a part of the target. With "
        "`warmup_steps`, but no `warmup_target`, Keras leaves out the warmup and does not say so.",
    ),
    _row(
        "CosineDecay",
        "CosineDecay(0.01, decay_steps=200, warmup_target=lr, warmup_steps=0)",
        "js.warmup_cosine(peak_value=lr, warmup_steps=0, total_steps=200, init_value=0.01)",
        "A warmup of 0 steps begins at the target in both.",
    ),
    _row(
        "CosineDecayRestarts",
        "CosineDecayRestarts(lr, first_decay_steps=20)",
        "js.CosineRestarts(lr, 0.0, 20, growth=2)",
        "Each cycle is twice as long as the one before if nothing is said there, and as long here. Keras finds the cycle "
        "by a logarithm in float32, and at some restarts it is a cycle behind: at the one after 13 cycles, and for some "
        "lengths much earlier (61 steps: at step 183). Ours is exact.",
    ),
    _row(
        "CosineDecayRestarts",
        "CosineDecayRestarts(lr, first_decay_steps=50, t_mul=1.0, alpha=0.01)",
        "js.CosineRestarts(lr, 0.01 * lr, 50)",
        EDGES,
    ),
    _row(
        "CosineDecayRestarts",
        "CosineDecayRestarts(lr, first_decay_steps=20, t_mul=1.5, m_mul=0.8)",
        "js.CosineRestarts(lr, 0.0, 20, growth=1.5, decay=0.8)",
        "A restart may lie between two steps in both. Where it is at a whole step (20 steps, `t_mul=1.2`: step 44), Keras "
        "may round to the end of the cycle before.",
    ),
    _row(
        "CosineDecayRestarts",
        "CosineDecayRestarts(lr, first_decay_steps=20, m_mul=0.8, alpha=0.1)",
        "0.1 * lr + js.CosineRestarts(0.9 * lr, 0.0, 20, growth=2, decay=0.8)",
        "`m_mul` lowers what is above the least value there, and the whole peak in `CosineRestarts`.",
    ),
    _row(
        "ExponentialDecay",
        "ExponentialDecay(lr, decay_steps=100, decay_rate=0.96)",
        "js.ExponentialDecay(lr, 100, 0.96)",
    ),
    _row(
        "ExponentialDecay",
        "ExponentialDecay(lr, decay_steps=50, decay_rate=0.5, staircase=True)",
        "js.ExponentialDecay(lr, 50, 0.5, staircase=True)",
        EDGES,
    ),
    _row(
        "InverseTimeDecay",
        "InverseTimeDecay(lr, decay_steps=100, decay_rate=0.5)",
        "js.InverseTimeDecay(lr, 100, 0.5)",
    ),
    _row(
        "InverseTimeDecay",
        "InverseTimeDecay(lr, decay_steps=50, decay_rate=0.5, staircase=True)",
        "js.InverseTimeDecay(lr, 50, 0.5, staircase=True)",
        EDGES,
    ),
    _row(
        "PiecewiseConstantDecay",
        "PiecewiseConstantDecay(boundaries=[100, 200], values=[lr, 0.1 * lr, 0.01 * lr])",
        "js.PiecewiseConstant([101, 201], [lr, 0.1 * lr, 0.01 * lr])",
        "The step of a boundary still has the old value there, and the new one here.",
    ),
    _row(
        "PolynomialDecay",
        "PolynomialDecay(lr, decay_steps=200)",
        "js.Linear(lr, 0.0001, 200)",
        "If nothing is said, Keras ends at 0.0001, and not at 0.",
    ),
    _row(
        "PolynomialDecay",
        "PolynomialDecay(lr, decay_steps=256, end_learning_rate=0.01, power=0.9)",
        "js.Polynomial(lr, 0.01, 256, power=0.9)",
        "With a power that is not whole, a compiled training step of Keras is **NaN** at the end and after it for most "
        "lengths (10, 1000, 30000, ...; on JAX), and so is the model. Ours is the end value.",
    ),
    _row(
        "PolynomialDecay",
        "PolynomialDecay(lr, decay_steps=100, cycle=True)",
        "0.0001 + (lr - 0.0001) * js.join_schedules("
        "[1.0, js.repeat(js.Linear(99 / 100, 0.0, 99), 100) * js.every(js.PowerLaw(1.0, 1, 1.0), 100)], [1])",
        "A cycle of Keras ends *with* its last step: at steps 100, 200, ... the value is the end value, and cycle k begins "
        "one step later at a k-th of the height. For some lengths (7, 30, ...) its compiled training step is in the next "
        "cycle already at some of the ends. That is their rounding.",
    ),
]


def made(line: str) -> Any:
    import keras

    return eval(line, {**vars(keras.optimizers.schedules), "lr": LR})


def values(made: Any, steps: int) -> np.ndarray:
    return np.asarray(jax.jit(jax.vmap(made))(np.arange(steps, dtype=np.int32)), np.float64)


def read(made: Any) -> js.Schedule:
    from jaxsched.adapters.keras import from_keras

    return from_keras(made)
