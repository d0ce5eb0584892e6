"""Lengths by gradient: how long should a warmup be? As long as in a curve that is given, or as trains best.

    pip install -e '.[loops]' && python examples/fit_lengths.py

A length that is a float of JAX is real: half a step more is a little more, and has a gradient.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits

import jaxsched as js


TOTAL, BATCH = 60, 64
IMAGES, LABELS = load_digits(return_X_y=True)
X, Y = jnp.asarray(IMAGES / 16, jnp.float32), jnp.asarray(LABELS)


def schedule(logs: dict[str, jax.Array]) -> js.Schedule:
    """Both numbers are positive, and so they are fitted as logarithms."""
    return js.warmup_cosine(**jax.tree.map(jnp.exp, logs), total_steps=TOTAL)


def fitted(loss: Callable[[Any], jax.Array], start: dict[str, float], rate: float, updates: int) -> Any:
    logs = jax.tree.map(jnp.log, start)
    optimizer = optax.adam(js.Cosine(rate, 0.0, updates))

    @jax.jit
    def update(run: Any, _: Any) -> Any:
        logs, state = run
        value, gradient = jax.value_and_grad(loss)(logs)
        change, state = optimizer.update(gradient, state)
        return (optax.apply_updates(logs, change), state), value

    (logs, _), losses = jax.lax.scan(update, (logs, optimizer.init(logs)), None, updates)
    found = {name: round(float(jnp.exp(log)), 3) for name, log in logs.items()}
    print(f"from {start} to {found}: loss {losses[0]:.3g} at first, {losses[-1]:.3g} in the end")
    return logs


# A curve that somebody logged: which schedule was it?

LOGGED = js.warmup_cosine(peak_value=0.3, warmup_steps=17, total_steps=TOTAL)(np.arange(TOTAL))


def distance(logs: Any) -> jax.Array:
    return jnp.mean((schedule(logs)(jnp.arange(TOTAL)) - LOGGED) ** 2)


# A training, from the first step to the last: which schedule ends lowest?


def network_loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    logits = jnp.tanh(x @ params["w1"]) @ params["w2"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def loss_after_training(logs: Any) -> jax.Array:
    optimizer = optax.sgd(schedule(logs), momentum=0.9)
    first, second, order = jax.random.split(jax.random.key(0), 3)
    params = {"w1": jax.random.normal(first, (64, 32)) / 8, "w2": jax.random.normal(second, (32, 10)) / 6}

    def update(run: Any, batch: jax.Array) -> Any:
        params, state = run
        change, state = optimizer.update(jax.grad(network_loss)(params, X[batch], Y[batch]), state)
        return (optax.apply_updates(params, change), state), None

    batches = jax.random.randint(order, (TOTAL, BATCH), 0, len(X))
    (params, _), _ = jax.lax.scan(update, (params, optimizer.init(params)), batches)
    return network_loss(params, X, Y)


if __name__ == "__main__":
    fitted(distance, {"peak_value": 0.1, "warmup_steps": 5.0}, rate=0.1, updates=300)
    fitted(loss_after_training, {"peak_value": 0.02, "warmup_steps": 30.0}, rate=0.1, updates=40)
