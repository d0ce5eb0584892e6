"""Find a learning rate for a small network on handwritten digits: a range test over eight seeds, in one program.

    pip install -e '.[examples]' && python examples/range_test.py

Writes `range_test.png`.
"""

from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from sklearn.datasets import load_digits

from jaxsched.training import override, range_test, scheduled


STEPS, BATCH, HIDDEN = 300, 64, 32

IMAGES, LABELS = load_digits(return_X_y=True)
ORDER = np.random.default_rng(0).choice(len(LABELS), (STEPS, BATCH))
BATCHES = (IMAGES[ORDER].astype(np.float32) / 16, LABELS[ORDER])

OPTIMIZER = scheduled(optax.adamw, learning_rate=1.0)


def init(key: jax.Array) -> Any:
    first, second = jax.random.split(key)
    params = {
        "w1": jax.random.normal(first, (64, HIDDEN)) / 8,
        "w2": jax.random.normal(second, (HIDDEN, 10)) / HIDDEN**0.5,
    }
    return params, OPTIMIZER.init(params)


def loss(params: dict[str, jax.Array], images: jax.Array, labels: jax.Array) -> jax.Array:
    logits = jax.nn.relu(images @ params["w1"]) @ params["w2"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def train_step(carry: Any, batch: Any, rate: jax.Array) -> Any:
    params, state = carry
    value, grads = jax.value_and_grad(loss)(params, *batch)
    updates, state = OPTIMIZER.update(grads, override(state, learning_rate=rate), params)
    return (optax.apply_updates(params, updates), state), value


def main() -> None:
    keys = jax.random.split(jax.random.key(0), 8)
    found = range_test(train_step, init, jax.tree.map(jnp.asarray, BATCHES), keys, lowest=1e-5, highest=10.0)
    print(f"steepest: {found.steepest:.2g}, valley: {found.valley:.2g}")
    found.plot()
    plt.savefig("range_test.png", dpi=150)


if __name__ == "__main__":
    main()
