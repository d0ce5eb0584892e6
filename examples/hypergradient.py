"""Tune a schedule by gradient descent: the gradient goes through the whole training, to its values and its warmup.

    pip install -e '.[loops]' && python examples/hypergradient.py

Networks learn from one part of the digits, the schedule from a second. It is judged on a third, by other networks.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import jaxsched as js


STEPS, BATCH, TUNINGS = 100, 64, 25
START = {"warmup_steps": jnp.float32(10), "values": jnp.full(4, 0.003)}

IMAGES, LABELS = load_digits(return_X_y=True)
REST_X, TEST_X, REST_Y, TEST_Y = train_test_split(IMAGES.astype(np.float32) / 16, LABELS, test_size=450, random_state=0)
TRAIN_X, TUNE_X, TRAIN_Y, TUNE_Y = train_test_split(REST_X, REST_Y, test_size=450, random_state=0)


def loss(params: Any, x: Any, y: Any) -> jax.Array:
    logits = jax.nn.relu(x @ params["w1"]) @ params["w2"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def train(schedule: js.Schedule, seed: jax.Array) -> Any:
    """A network; the seed makes its initial weights and its batches."""
    optimizer = optax.sgd(schedule, momentum=0.9)
    first, second, order = jax.random.split(jax.random.key(seed), 3)
    params = {"w1": jax.random.normal(first, (64, 32)) / 8, "w2": jax.random.normal(second, (32, 10)) / 6}

    def update(run: Any, batch: jax.Array) -> Any:
        params, state = run
        gradient = jax.grad(loss)(params, jnp.asarray(TRAIN_X)[batch], jnp.asarray(TRAIN_Y)[batch])
        updates, state = optimizer.update(gradient, state)
        return (optax.apply_updates(params, updates), state), None

    batches = jax.random.randint(order, (STEPS, BATCH), 0, len(TRAIN_X))
    return jax.lax.scan(update, (params, optimizer.init(params)), batches)[0][0]


def schedule_of(logs: Any) -> js.Schedule:
    """Values and warmup are positive, and so they are tuned as logarithms. A length that is a float has a gradient."""
    numbers = jax.tree.map(jnp.exp, logs)
    return js.PiecewiseInterpolate([0, numbers["warmup_steps"], 50, STEPS], numbers["values"])


@jax.jit
@jax.value_and_grad
def mean_loss(logs: Any, seeds: jax.Array, x: Any, y: Any) -> jax.Array:
    schedule = schedule_of(logs)
    return jax.vmap(lambda seed: loss(train(schedule, seed), x, y))(seeds).mean()


def main() -> None:
    tuned, others = jnp.arange(4), jnp.arange(4, 16).reshape(3, 4)
    start = jax.tree.map(jnp.log, START)
    logs: Any = start
    optimizer = optax.adam(js.Linear(0.4, 0.0, TUNINGS))
    state = optimizer.init(logs)
    for i in range(TUNINGS):
        value, gradient = mean_loss(logs, tuned, TUNE_X, TUNE_Y)
        if i % 6 == 0:
            warmup, values = jnp.exp(logs["warmup_steps"]), np.exp(logs["values"]).round(3)
            print(f"schedule {i:2}: mean loss {value:.3f}, warmup of {warmup:.1f} steps, values {values}")
        updates, state = optimizer.update(gradient, state)
        logs = optax.apply_updates(logs, updates)
    for seeds in others:
        before, after = (mean_loss(x, seeds, TEST_X, TEST_Y)[0] for x in (start, logs))
        print(f"mean test loss of the networks {seeds}: {before:.3f} at first, {after:.3f} tuned")


if __name__ == "__main__":
    main()
