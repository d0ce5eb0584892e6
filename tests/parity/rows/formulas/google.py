"""TensorFlow 1, JAX and t5x."""

from functools import partial
from typing import Any

import numpy as np

from tests.parity.row import LR, SINGLE
from tests.parity.rows.formulas.row import Formula, FormulaRow, Steps


TensorFlow = partial(
    FormulaRow,
    library="TensorFlow 1",
    source="tensorflow/python/keras/optimizer_v2/legacy_learning_rate_decay.py",
    steps=1100,
)
Jax = partial(FormulaRow, library="JAX", source="jax/example_libraries/optimizers.py", tolerance=SINGLE)
T5X = partial(FormulaRow, library="t5x", source="t5x/utils.py", steps=1100)


def of_jax(name: str, *args: Any) -> Formula:
    """These are installed with JAX, and run. They compute in float32."""

    def values(t: Steps) -> np.ndarray[Any, Any]:
        from jax.example_libraries import optimizers

        schedule = getattr(optimizers, name)(*args)
        return np.asarray([schedule(int(step)) for step in t], np.float64)

    return values


def t5x(t: Steps, decay: Any, offset: int = 0) -> np.ndarray[Any, Any]:
    return np.maximum(LR * np.minimum(1, np.maximum(t - offset, 0) / 100) * decay, 1e-8)


def rsqrt(t: Steps, offset: int = 0) -> np.ndarray[Any, Any]:
    return np.sqrt(100 / np.maximum(t - offset, 100))


OLD_VALUE = "The step of a boundary still has the old value there."
SCHEDULER = 'create_learning_rate_scheduler("constant * linear_warmup * rsqrt_normalized_decay", lr, warmup_steps=100'

ROWS = [
    TensorFlow(
        "natural_exp_decay",
        "tf.train.natural_exp_decay(lr, step, decay_steps=100, decay_rate=0.5)",
        "js.NaturalExponentialDecay(lr, 0.5, 100)",
        formula=lambda t: LR * np.exp(-0.5) ** (t / 100),
    ),
    TensorFlow(
        "inverse_time_decay",
        "tf.train.inverse_time_decay(lr, step, decay_steps=100, decay_rate=0.5, staircase=True)",
        "js.InverseTimeDecay(lr, 100, 0.5, staircase=True)",
        formula=lambda t: LR / (1 + 0.5 * (t // 100)),
    ),
    TensorFlow(
        "piecewise_constant",
        "tf.train.piecewise_constant(step, boundaries=[500, 800], values=[0.05, 0.02, 0.01])",
        "js.PiecewiseConstant([501, 801], [0.05, 0.02, 0.01])",
        f"{OLD_VALUE} The other decays have the names and the meaning of Keras.",
        formula=lambda t: np.asarray([0.05, 0.02, 0.01])[np.searchsorted([500, 800], t)],
    ),
    Jax(
        "exponential_decay",
        "optimizers.exponential_decay(lr, 100, 0.96)",
        "js.ExponentialDecay(lr, 100, 0.96)",
        formula=of_jax("exponential_decay", LR, 100, 0.96),
    ),
    Jax(
        "inverse_time_decay",
        "optimizers.inverse_time_decay(lr, 100, 0.5)",
        "js.InverseTimeDecay(lr, 100, 0.5)",
        formula=of_jax("inverse_time_decay", LR, 100, 0.5),
    ),
    Jax(
        "polynomial_decay",
        "optimizers.polynomial_decay(lr, 200, 0.001, power=2.0)",
        "js.Polynomial(lr, 0.001, 200, 2.0)",
        formula=of_jax("polynomial_decay", LR, 200, 0.001, 2.0),
    ),
    Jax(
        "piecewise_constant",
        "optimizers.piecewise_constant([100, 200], [0.05, 0.02, 0.01])",
        "js.PiecewiseConstant([101, 201], [0.05, 0.02, 0.01])",
        OLD_VALUE,
        formula=of_jax("piecewise_constant", [100, 200], [0.05, 0.02, 0.01]),
    ),
    T5X(
        "rsqrt_normalized_decay",
        f"{SCHEDULER})",
        "js.maximum(js.inverse_sqrt(peak_value=lr, warmup_steps=100), 1e-8)",
        "It is never below 1e-8, not even at step 0; you may do without `js.maximum`. With `rsqrt_decay` the peak is "
        "`lr / warmup_steps**0.5`.",
        formula=lambda t: t5x(t, rsqrt(t)),
    ),
    T5X(
        "min_learning_rate",
        f"{SCHEDULER}, min_learning_rate=0.02)",
        "js.maximum(js.inverse_sqrt(peak_value=lr, warmup_steps=100), 0.02)",
        formula=lambda t: np.maximum(t5x(t, rsqrt(t)), 0.02),
    ),
    T5X(
        "step_offset",
        f"{SCHEDULER}, step_offset=200)",
        "js.maximum(js.shift(js.inverse_sqrt(peak_value=lr, warmup_steps=100), 200), 1e-8)",
        formula=lambda t: t5x(t, rsqrt(t, 200), 200),
    ),
    T5X(
        "factors",
        'create_learning_rate_scheduler(factors="constant * linear_warmup * decay_every", base_learning_rate=lr, '
        "warmup_steps=100, steps_per_decay=300)",
        "js.maximum(js.warmup_constant(peak_value=lr, warmup_steps=100) * js.StepDecay(1.0, 300, 0.5), 1e-8)",
        "Each factor is a schedule here.",
        formula=lambda t: t5x(t, 0.5 ** (t // 300)),
    ),
]
