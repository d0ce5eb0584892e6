"""What does a schedule cost in a compiled training step?

A step of a small network with `optax.adamw(schedule)`, against the same step with `optax.adamw(1e-3)`. Each call starts
from the same parameters, so that all do the same work.

    python -m benchmarks.train_step
"""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import optax

import jaxsched as js
from benchmarks.measure import Row, compare, race, section


ROUNDS = 2_000
BATCH, SIZES = 128, (128, 512, 512, 10)
KEY = jax.random.key(0)

X = jax.random.normal(KEY, (BATCH, SIZES[0]))
Y = jax.random.randint(KEY, (BATCH,), 0, SIZES[-1])
PARAMS = [
    jax.random.normal(jax.random.fold_in(KEY, i), shape) / shape[0] ** 0.5
    for i, shape in enumerate(itertools.pairwise(SIZES))
]

RATES: dict[str, float | optax.Schedule] = {
    "constant rate": 1e-3,
    "Cosine": js.Cosine(1e-3, 0.0, 1_000),
    "warmup_cosine": js.warmup_cosine(peak_value=1e-3, warmup_steps=100, total_steps=1_000),
    "optax's warmup_cosine_decay_schedule": optax.warmup_cosine_decay_schedule(0.0, 1e-3, 100, 1_000),
}


def loss(params: list[jax.Array], x: jax.Array, y: jax.Array) -> jax.Array:
    for weights in params[:-1]:
        x = jax.nn.relu(x @ weights)
    return optax.softmax_cross_entropy_with_integer_labels(x @ params[-1], y).mean()


def train_step(rate: Any) -> Callable[[], object]:
    optimizer = optax.adamw(rate)

    @jax.jit
    def step(params: list[jax.Array], state: optax.OptState, x: jax.Array, y: jax.Array) -> Any:
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        return optax.apply_updates(params, updates), state

    params, state = step(PARAMS, optimizer.init(PARAMS), X, Y)
    return lambda: jax.block_until_ready(step(params, state, X, Y))


def run() -> list[Row]:
    seconds = {name: 1e3 * x for name, x in race({n: train_step(rate) for n, rate in RATES.items()}, ROUNDS).items()}
    constant = seconds.pop("constant rate")
    return [
        compare(name, x, "constant rate", constant, "ms", at_most=None if "optax" in name else 1.01)
        for name, x in seconds.items()
    ]


if __name__ == "__main__":
    print(section(__doc__, run()))
