"""Lower the learning rate whenever the training loss has stopped improving, by eight rules at once, in one program.

    pip install -e '.[loops]' && python examples/plateau.py

The controller is data: it runs inside of `scan`, and its patience and factor are mapped over.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import jaxsched as js
from jaxsched.training import feedback, scheduled


EPOCHS, BATCH, RATE = 40, 16, 0.05

IMAGES, LABELS = load_digits(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(IMAGES.astype(np.float32) / 16, LABELS, random_state=0)
BATCHES = len(TRAIN_X) // BATCH  # in one epoch


def loss(params: Any, x: Any, y: Any) -> jax.Array:
    logits = jax.nn.relu(x @ params["w1"]) @ params["w2"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def train(patience: jax.Array, factor: jax.Array) -> dict[str, jax.Array]:
    # one metric is the mean loss of an epoch, so the patience is counted in epochs
    plateau = js.ReduceOnPlateau(patience=patience, factor=factor, accumulation_size=BATCHES)
    optimizer = scheduled(optax.adam, learning_rate=RATE, feedback={"learning_rate": plateau})
    first, second, order = jax.random.split(jax.random.key(0), 3)
    params = {"w1": jax.random.normal(first, (64, 32)) / 8, "w2": jax.random.normal(second, (32, 10)) / 6}

    def update(run: Any, batch: jax.Array) -> Any:
        params, state = run
        value, gradient = jax.value_and_grad(loss)(params, jnp.asarray(TRAIN_X)[batch], jnp.asarray(TRAIN_Y)[batch])
        updates, state = optimizer.update(gradient, state, params, value=value)
        return (optax.apply_updates(params, updates), state), None

    def epoch(run: Any, key: jax.Array) -> Any:
        shuffled = jax.random.permutation(key, len(TRAIN_X))[: BATCHES * BATCH]
        return jax.lax.scan(update, run, shuffled.reshape(BATCHES, BATCH))

    (params, state), _ = jax.lax.scan(epoch, (params, optimizer.init(params)), jax.random.split(order, EPOCHS))
    return {"scale": feedback(state)["learning_rate"].scale, "loss": loss(params, TEST_X, TEST_Y)}


def main() -> None:
    results = js.sweep(train, js.grid(patience=[0, 1, 3, EPOCHS], factor=[0.2, 0.5]), progress=False)
    print(f"patience  factor  scale after {EPOCHS} epochs  held-out loss")
    for patience, factor, scale, held_out in zip(*results.columns.values(), strict=True):
        print(f"{patience:8}  {factor:6}  {scale:21.3g}  {held_out:13.3f}")


if __name__ == "__main__":
    main()
