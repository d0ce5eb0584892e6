"""What does a sweep over schedules cost, against one over constant rates?

1,024 small networks are trained for 300 steps by `js.sweep`, each with a `warmup_cosine` of its own that is built
inside of `train`. Against them stand the same networks in a hand-written `jax.jit(jax.vmap(...))`, each with a constant
rate, and, measured on a sample, one `jax.jit` for each with a schedule of optax. Compilation is included everywhere.

    python -m benchmarks.sweep
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js
from benchmarks.measure import Row, compare, quick, race, section


ROUNDS, STEPS, SAMPLE = (1, 30, 1) if quick() else (5, 300, 4)
EXAMPLES, FEATURES, HIDDEN = 256, 8, 16
KEYS = jax.random.split(jax.random.key(0), 3)

X = jax.random.normal(KEYS[0], (EXAMPLES, FEATURES))
Y = jnp.sin(X.sum(axis=1))
PARAMS = [jax.random.normal(KEYS[1], (FEATURES, HIDDEN)) / 3, jax.random.normal(KEYS[2], (HIDDEN,)) / 4]

PEAKS, WARMUPS = np.geomspace(1e-4, 1e-1, 2 if quick() else 64), np.arange(16) * (STEPS // 20)
CONFIGS = js.grid(peak_value=PEAKS, warmup_steps=WARMUPS)


def loss(params: list[jax.Array]) -> jax.Array:
    first, second = params
    return jnp.mean((jnp.tanh(X @ first) @ second - Y) ** 2)


def train_with(rate: Any) -> jax.Array:
    optimizer = optax.adam(rate)

    def update(carry: Any, _: None) -> Any:
        params, state = carry
        updates, state = optimizer.update(jax.grad(loss)(params), state)
        return (optax.apply_updates(params, updates), state), None

    (params, _), _ = jax.lax.scan(update, (PARAMS, optimizer.init(PARAMS)), length=STEPS)
    return loss(params)


def train(peak_value: jax.Array, warmup_steps: jax.Array) -> dict[str, jax.Array]:
    schedule = js.warmup_cosine(peak_value=peak_value, warmup_steps=warmup_steps, total_steps=STEPS)
    return {"loss": train_with(schedule)}


def sweep() -> js.Results:
    return js.sweep(train, CONFIGS, progress=False)


def by_hand() -> np.ndarray:
    rates = jnp.asarray(CONFIGS.columns["peak_value"], jnp.float32)
    return np.asarray(jax.jit(jax.vmap(train_with))(rates))


def one_by_one() -> None:
    for row in CONFIGS[np.linspace(0, len(CONFIGS) - 1, SAMPLE).astype(int)]:
        schedule = optax.warmup_cosine_decay_schedule(0.0, row["peak_value"], row["warmup_steps"], STEPS)
        jax.jit(lambda schedule=schedule: train_with(schedule))().block_until_ready()


def run() -> list[Row]:
    contestants = {"js.sweep": sweep, "by hand": by_hand, "one jit each": one_by_one}
    seconds = race(contestants, ROUNDS, before=jax.clear_caches)
    all_of_them = seconds["one jit each"] * len(CONFIGS) / SAMPLE
    return [
        compare("js.sweep", seconds["js.sweep"], "jit and vmap, constant rates", seconds["by hand"], "s", at_most=1.05),
        compare("js.sweep", seconds["js.sweep"], "one jit for each configuration", all_of_them, "s"),
    ]


if __name__ == "__main__":
    print(section(__doc__, run()))
