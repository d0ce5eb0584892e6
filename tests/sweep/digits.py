"""A small network on handwritten digits, for those who look for a schedule."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits

import jaxsched as js


STEPS, BATCH, HIDDEN, TEST = 100, 64, 32, 450

IMAGES, LABELS = load_digits(return_X_y=True)
ORDER = np.random.default_rng(0).permutation(len(LABELS))
X, Y = (IMAGES[ORDER] / 16).astype(np.float32), LABELS[ORDER].astype(np.int32)


def loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    logits = jax.nn.relu(x @ params["w"]) @ params["out"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def train(peak_value: jax.Array, warmup_steps: jax.Array) -> dict[str, jax.Array]:
    schedule = js.warmup_cosine(peak_value=peak_value, warmup_steps=warmup_steps, total_steps=STEPS)
    adam = optax.adam(schedule)
    one, two, order = jax.random.split(jax.random.key(0), 3)
    params = {"w": jax.random.normal(one, (64, HIDDEN)) / 8, "out": jax.random.normal(two, (HIDDEN, 10)) / HIDDEN**0.5}
    batches = jax.random.randint(order, (STEPS, BATCH), TEST, len(Y))

    def update(state: Any, batch: jax.Array) -> Any:
        params, moments = state
        gradient = jax.grad(loss)(params, jnp.asarray(X)[batch], jnp.asarray(Y)[batch])
        updates, moments = adam.update(gradient, moments)
        return (optax.apply_updates(params, updates), moments), None

    (params, _), _ = jax.lax.scan(update, (params, adam.init(params)), batches)
    return {"loss": loss(params, jnp.asarray(X[:TEST]), jnp.asarray(Y[:TEST]))}
