"""Train a network on handwritten digits in a plain optax loop, and hold its learning rate by hand for a while.

    pip install -e '.[loops]' && python examples/loop_optax.py

What is done by hand is data in the optimizer's state: the run is not compiled again.
"""

from typing import Any

import jax
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import jaxsched as js
from jaxsched.training import describe, override, release, scheduled, step, values


STEPS, BATCH = 300, 64

IMAGES, LABELS = load_digits(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(IMAGES.astype(np.float32) / 16, LABELS, random_state=0)

RATE = js.warmup_cosine(peak_value=0.01, warmup_steps=30, total_steps=STEPS)
ADAMW = scheduled(optax.adamw, learning_rate=RATE, weight_decay=js.Cosine(0.04, 0.4, STEPS))
OPTIMIZER = optax.chain(optax.clip_by_global_norm(1.0), ADAMW)


def logits(params: Any, x: Any) -> jax.Array:
    return jax.nn.relu(x @ params["w1"]) @ params["w2"]


def loss(params: Any, x: Any, y: Any) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(logits(params, x), y).mean()


@jax.jit
def train_step(params: Any, state: Any, x: Any, y: Any) -> tuple[Any, Any]:
    print("`train_step` is compiled")  # Python runs this only when JAX traces
    updates, state = OPTIMIZER.update(jax.grad(loss)(params, x, y), state, params)
    return optax.apply_updates(params, updates), state


def main() -> None:
    first, second = jax.random.split(jax.random.key(0))
    params = {"w1": jax.random.normal(first, (64, 32)) / 8, "w2": jax.random.normal(second, (32, 10)) / 6}
    state = OPTIMIZER.init(params)
    rng = np.random.default_rng(0)
    for i in range(STEPS):
        if i == 150:
            state = override(state, learning_rate=1e-3)  # whatever the schedule says
            print(describe(ADAMW, state))
        if i == 200:
            state = release(state)  # to where the schedule is by now
        batch = rng.integers(len(TRAIN_X), size=BATCH)
        params, state = train_step(params, state, TRAIN_X[batch], TRAIN_Y[batch])
        if i % 25 == 24:
            applied = ", ".join(f"{name} {value:.2g}" for name, value in values(state).items())
            print(f"{step(state)} updates, held-out loss {loss(params, TEST_X, TEST_Y):.3f}, {applied}")
    accuracy = np.mean(logits(params, TEST_X).argmax(axis=1) == TEST_Y)
    print(f"{accuracy:.1%} of {len(TEST_X)} held-out digits are right")


if __name__ == "__main__":
    main()
