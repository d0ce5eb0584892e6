"""Cool down one stable run from where it is, in three lengths at once: what they share is trained only once.

    pip install -e '.[loops]' && python examples/branches.py

A cooldown is data in the optimizer's state: it begins at any step, its length is mapped over, and the program is one.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import jaxsched as js
from jaxsched.training import decay_now, scheduled, step


BATCH, LENGTHS = 16, np.array([25, 50, 100])

IMAGES, LABELS = load_digits(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(IMAGES.astype(np.float32) / 16, LABELS, random_state=0)

OPTIMIZER = scheduled(optax.adam, learning_rate=js.warmup_constant(peak_value=0.02, warmup_steps=20))


def loss(params: Any, x: Any, y: Any) -> jax.Array:
    logits = jax.nn.relu(x @ params["w1"]) @ params["w2"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


@jax.jit
def train(params: Any, state: Any, batches: Any) -> Any:
    """Train on these batches; also the held-out loss after each of them."""

    def update(run: Any, batch: jax.Array) -> Any:
        params, state = run
        gradient = jax.grad(loss)(params, jnp.asarray(TRAIN_X)[batch], jnp.asarray(TRAIN_Y)[batch])
        updates, state = OPTIMIZER.update(gradient, state)
        params = optax.apply_updates(params, updates)
        return (params, state), loss(params, TEST_X, TEST_Y)

    return jax.lax.scan(update, (params, state), batches)


@jax.jit
def branches(params: Any, state: Any, batches: Any) -> jax.Array:
    """The held-out loss of each branch, at the end; a shorter one stays where it is, at a rate of 0."""
    print("`branches` is compiled")  # Python runs this only when JAX traces
    _, losses = jax.vmap(lambda length: train(params, decay_now(state, length), batches))(LENGTHS)
    return losses[:, -1]


def main() -> None:
    first, second = jax.random.split(jax.random.key(0))
    params = {"w1": jax.random.normal(first, (64, 32)) / 8, "w2": jax.random.normal(second, (32, 10)) / 6}
    segments = np.random.default_rng(0).integers(len(TRAIN_X), size=(4, 100, BATCH))
    run, _ = train(params, OPTIMIZER.init(params), segments[0])
    for batches in segments[1:]:
        at, cooled = step(run[1]), branches(*run, batches)
        run, stable = train(*run, batches)
        for length, held_out in zip(LENGTHS, cooled, strict=True):
            print(f"at {at} + {length:3}: held-out loss {stable[length - 1]:.3f} stable, {held_out:.3f} cooled down")


if __name__ == "__main__":
    main()
