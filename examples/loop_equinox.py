"""Train an Equinox network on handwritten digits, where each layer learns half as fast as the one after it.

    pip install -e '.[loops]' && python examples/loop_equinox.py

The factory makes an optimizer for each layer. All of them follow one schedule, on one clock.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import jaxsched as js
from jaxsched.training import scheduled, step, values


STEPS, BATCH, LAYERS = 300, 64, 4

IMAGES, LABELS = load_digits(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(IMAGES.astype(np.float32) / 16, LABELS, random_state=0)


def layer_of(params: Any) -> Any:
    """The number of its layer, for every parameter."""
    return eqx.tree_at(lambda model: model.layers, params, tuple(range(LAYERS)))


def by_depth(learning_rate: Any) -> optax.GradientTransformation:
    rates = {i: learning_rate * 0.5 ** (LAYERS - 1 - i) for i in range(LAYERS)}
    return optax.partition({i: optax.adamw(rate) for i, rate in rates.items()}, layer_of)


OPTIMIZER = scheduled(by_depth, learning_rate=js.warmup_cosine(peak_value=0.03, warmup_steps=30, total_steps=STEPS))


def loss(model: Any, x: Any, y: Any) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(jax.vmap(model)(x), y).mean()


@eqx.filter_jit
def train_step(model: eqx.nn.MLP, state: Any, x: Any, y: Any) -> tuple[eqx.nn.MLP, Any, jax.Array]:
    print("`train_step` is compiled")  # Python runs this only when JAX traces
    value, gradient = eqx.filter_value_and_grad(loss)(model, x, y)
    updates, state = OPTIMIZER.update(gradient, state, eqx.filter(model, eqx.is_inexact_array))
    return eqx.apply_updates(model, updates), state, value


def main() -> None:
    start = model = eqx.nn.MLP(64, 10, 32, depth=LAYERS - 1, key=jax.random.key(0))
    state = OPTIMIZER.init(eqx.filter(model, eqx.is_inexact_array))
    rng = np.random.default_rng(0)
    for i in range(STEPS):
        batch = rng.integers(len(TRAIN_X), size=BATCH)
        model, state, value = train_step(model, state, TRAIN_X[batch], TRAIN_Y[batch])
        if i % 50 == 49:
            rate = values(state)["learning_rate"]
            print(f"{step(state)} updates, loss {value:.3f}, learning rate of the last layer {rate:.2g}")
    moved = [jnp.abs(new.weight - old.weight).mean() for new, old in zip(model.layers, start.layers, strict=True)]
    print("the weights of each layer moved by", ", ".join(f"{distance:.3f}" for distance in moved), "on average")
    accuracy = jnp.mean(jax.vmap(model)(jnp.asarray(TEST_X)).argmax(axis=1) == TEST_Y)
    print(f"{accuracy:.1%} of {len(TEST_X)} held-out digits are right")


if __name__ == "__main__":
    main()
