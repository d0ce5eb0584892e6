"""The plain formula of every curve: what a user would write in `jax.numpy`, without care for the last bits.

Each takes the numbers of one configuration, as a schedule or a dict holds them, and one step, a float32.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.curves import CURVES, RECIPES
from benchmarks.memory import into


def done(s: Any, t: jax.Array) -> jax.Array:
    return jnp.minimum(t, s.transition_steps) / s.transition_steps


def between(s: Any, part: jax.Array) -> jax.Array:
    return s.end_value + (s.init_value - s.end_value) * part


def linear(s: Any, t: jax.Array) -> jax.Array:
    return between(s, 1 - done(s, t))


def cosine(s: Any, t: jax.Array) -> jax.Array:
    return between(s, 0.5 * (1 + jnp.cos(jnp.pi * done(s, t))))


def after_warmup(s: Any, t: jax.Array, then: Callable[[jax.Array], jax.Array]) -> jax.Array:
    warm = s.init_value + (s.peak_value - s.init_value) * t / s.warmup_steps
    return jnp.where(t < s.warmup_steps, warm, then(t - s.warmup_steps))


def ramp(s: Any, steps: Any) -> Any:
    return SimpleNamespace(init_value=s.peak_value, end_value=s.end_value, transition_steps=steps)


def warmup_cosine(s: Any, t: jax.Array) -> jax.Array:
    return after_warmup(s, t, lambda t: cosine(ramp(s, s.total_steps - s.warmup_steps), t))


def wsd(s: Any, t: jax.Array) -> jax.Array:
    stable = s.total_steps - s.warmup_steps - s.cooldown_steps
    return after_warmup(s, t, lambda t: linear(ramp(s, s.cooldown_steps), jnp.maximum(t - stable, 0)))


def onecycle(s: Any, t: jax.Array) -> jax.Array:
    up = SimpleNamespace(init_value=s.init_value, end_value=s.peak_value, transition_steps=s.warmup_steps)
    down = ramp(s, s.total_steps - s.warmup_steps)
    return jnp.where(t < s.warmup_steps, cosine(up, t), cosine(down, t - s.warmup_steps))


def triangular(s: Any, t: jax.Array) -> jax.Array:
    since = t % (s.rise_steps + s.fall_steps)
    part = jnp.where(since < s.rise_steps, since / s.rise_steps, 1 - (since - s.rise_steps) / s.fall_steps)
    return s.init_value + (s.peak_value - s.init_value) * part


def growing_restarts(s: Any, t: jax.Array) -> jax.Array:
    cycle = jnp.floor(jnp.log(1 + t * (s.growth - 1) / s.period_steps) / jnp.log(s.growth))
    start = s.period_steps * (s.growth**cycle - 1) / (s.growth - 1)
    part = 0.5 * (1 + jnp.cos(jnp.pi * (t - start) / (s.period_steps * s.growth**cycle)))
    return s.end_value + (s.init_value * s.decay**cycle - s.end_value) * part


def piecewise_constant(s: Any, t: jax.Array) -> jax.Array:
    return s.values[jnp.sum(t >= s.boundaries)]


def restarts(s: Any, t: jax.Array) -> jax.Array:
    return between(s, 0.5 * (1 + jnp.cos(jnp.pi * (t % s.period_steps) / s.period_steps)))


def annealing(s: Any, t: jax.Array) -> jax.Array:
    return between(s, 0.5 * (1 + jnp.cos(jnp.pi * t / s.period_steps)))


def inverse_root(s: Any, t: jax.Array) -> jax.Array:
    fall = lambda q: 1 / jnp.sqrt(1 + s.bend * q) - 1  # noqa: E731
    return s.init_value + (s.end_value - s.init_value) * fall(done(s, t)) / fall(1.0)


def logarithmic(s: Any, t: jax.Array) -> jax.Array:
    left = jnp.maximum(s.transition_steps - t, 0)
    return between(s, jnp.log(1 + left / s.timescale) / jnp.log(1 + s.transition_steps / s.timescale))


PLAIN: dict[str, Callable[[Any, jax.Array], jax.Array]] = {
    "Linear": linear,
    "Cosine": cosine,
    "OneMinusSqrt": lambda s, t: between(s, 1 - jnp.sqrt(done(s, t))),
    "warmup_cosine": warmup_cosine,
    "wsd": wsd,
    "PiecewiseConstant": piecewise_constant,
    "ExponentialDecay": lambda s, t: s.init_value * s.decay_rate ** (t / s.transition_steps),
    "InverseSqrt": lambda s, t: s.peak_value / jnp.sqrt(1 + (t + s.shift) / s.timescale),
    "Geometric": lambda s, t: s.init_value * (s.end_value / s.init_value) ** done(s, t),
    "Tanh": lambda s, t: between(s, 0.5 * (1 - jnp.tanh(s.lower * (1 - done(s, t)) + s.upper * done(s, t)))),
    "onecycle": onecycle,
    "CosineRestarts": restarts,
    "Triangular": triangular,
    "Polynomial": lambda s, t: between(s, (1 - done(s, t)) ** s.power),
    "PowerLaw": lambda s, t: s.peak_value * (1 + (t + s.shift) / s.timescale) ** -s.power,
    "OneMinusSquare": lambda s, t: between(s, 1 - done(s, t) ** 2),
    "MirrorCosine": lambda s, t: between(s, 2 * (1 - done(s, t)) - 0.5 * (1 + jnp.cos(jnp.pi * done(s, t)))),
    "Rex": lambda s, t: between(s, (1 - done(s, t)) / (1 - s.bend + s.bend * (1 - done(s, t)))),
    "Exponential": lambda s, t: between(s, (s.decay_rate ** done(s, t) - s.decay_rate) / (1 - s.decay_rate)),
    "InverseRoot": inverse_root,
    "Logarithmic": logarithmic,
    "NaturalExponentialDecay": lambda s, t: s.init_value * jnp.exp(-s.decay_rate * t / s.step_size),
    "HalfLife": lambda s, t: s.init_value * 2.0 ** (-t / s.half_life),
    "StepDecay": lambda s, t: s.init_value * s.factor ** jnp.floor(t / s.step_size),
    "InverseTimeDecay": lambda s, t: s.init_value / (1 + s.decay_rate * t / s.transition_steps),
    "Logistic": lambda s, t: (
        s.init_value + (s.end_value - s.init_value) * jax.nn.sigmoid((t - s.midpoint) / s.timescale)
    ),
    "Gaussian": lambda s, t: s.init_value * jnp.exp(-0.5 * (t / s.timescale) ** 2),
    "CosineAnnealing": annealing,
    "CosineRestarts, growing": growing_restarts,
    "MultiStep": lambda s, t: s.init_value * s.factor ** jnp.sum(t >= s.boundaries).astype(jnp.float32),
    "PiecewiseInterpolate": lambda s, t: jnp.interp(t, s.boundaries, s.values),
}


def numbers_of(name: str) -> dict[str, jax.Array]:
    """What the plain formula of a benchmarked schedule needs: all numbers of its rows, as float32."""
    schedule = next(curves[name] for curves in CURVES.values() if name in curves)
    fields = RECIPES.get(name) or {field.name: getattr(schedule, field.name) for field in schedule._fields}
    totals = {key: getattr(x, "high", x) for key, x in fields.items()}
    return {key: jnp.asarray(x, jnp.float32) for key, x in totals.items() if isinstance(x, np.ndarray)}


def values(name: str, numbers: dict[str, jax.Array], steps: jax.Array) -> jax.Array:
    """The plain formula of one row at some steps."""
    return jax.vmap(lambda t: PLAIN[name](SimpleNamespace(**numbers), t))(steps.astype(jnp.float32))


def table(name: str) -> Callable[[jax.Array], jax.Array]:
    """The plain formula of all rows at the steps 0, 1, ..., in the memory of a table."""
    numbers = numbers_of(name)

    @into
    def write(memory: jax.Array, numbers: dict[str, jax.Array]) -> jax.Array:
        return jax.vmap(lambda row: values(name, row, jnp.arange(memory.shape[1])))(numbers)

    return lambda memory: write(memory, numbers)
