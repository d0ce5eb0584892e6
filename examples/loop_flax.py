"""Train a Flax NNX network on handwritten digits at a constant rate, and decide during the run to cool it down.

    pip install -e '.[loops]' && python examples/loop_flax.py

NNX keeps the optimizer's state in variables. It is looked at, and changed, as any other state.
"""

from typing import Any

import jax
import numpy as np
import optax
from flax import nnx
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import jaxsched as js
from jaxsched.training import decay_now, scheduled, step, values


STABLE, COOLDOWN, BATCH = 250, 50, 64

IMAGES, LABELS = load_digits(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(IMAGES.astype(np.float32) / 16, LABELS, random_state=0)


class Network(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.first, self.second = nnx.Linear(64, 32, rngs=rngs), nnx.Linear(32, 10, rngs=rngs)

    def __call__(self, x: Any) -> jax.Array:
        return self.second(nnx.relu(self.first(x)))


def loss(model: Network, x: Any, y: Any) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()


@nnx.jit
def train_step(model: Network, optimizer: nnx.Optimizer, x: Any, y: Any) -> None:
    print("`train_step` is compiled")  # Python runs this only when JAX traces
    optimizer.update(model, nnx.grad(loss)(model, x, y))


def main() -> None:
    model = Network(nnx.Rngs(0))
    rate = js.warmup_constant(peak_value=0.01, warmup_steps=30)
    optimizer = nnx.Optimizer(model, scheduled(optax.adamw, learning_rate=rate, weight_decay=0.01), wrt=nnx.Param)
    rng = np.random.default_rng(0)
    for i in range(STABLE + COOLDOWN):
        if i == STABLE:
            optimizer.opt_state = decay_now(optimizer.opt_state, COOLDOWN)
        batch = rng.integers(len(TRAIN_X), size=BATCH)
        train_step(model, optimizer, TRAIN_X[batch], TRAIN_Y[batch])
        if i % 25 == 24:
            state = optimizer.opt_state
            applied, held_out = values(state)["learning_rate"], loss(model, TEST_X, TEST_Y)
            print(f"{step(state)} updates, held-out loss {held_out:.3f}, learning rate {applied:.4f}")
    accuracy = np.mean(model(TEST_X).argmax(axis=1) == TEST_Y)
    print(f"{accuracy:.1%} of {len(TEST_X)} held-out digits are right")


if __name__ == "__main__":
    main()
