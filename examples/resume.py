"""Save a training run in the middle, restore it, and go on: with the same bits, or with another schedule.

    pip install -e '.[loops]' && python examples/resume.py

The clock, and what was done by hand, are in the optimizer's state, and so they are saved with it. The schedule is in
the code: what is applied after a restart is what the code says then. A run that began with plain
`optax.adamw(schedule)` goes on as well, through `resume`.
"""

import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import jaxsched as js
from jaxsched.training import decay_now, release, resume, scheduled, values


HALF, BATCH = 150, 64

IMAGES, LABELS = load_digits(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(IMAGES.astype(np.float32) / 16, LABELS, random_state=0)
FIRST, SECOND = np.random.default_rng(0).integers(len(TRAIN_X), size=(2, HALF, BATCH))

SCHEDULE = js.warmup_cosine(peak_value=0.01, warmup_steps=30, total_steps=2 * HALF)
PLAIN, SCHEDULED = optax.adamw(SCHEDULE), scheduled(optax.adamw, learning_rate=SCHEDULE)
START = jnp.zeros((64, 10))


def loss(params: Any, x: Any, y: Any) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(x @ params, y).mean()


@partial(jax.jit, static_argnums=0)
def train(optimizer: optax.GradientTransformation, params: Any, state: Any, batches: Any) -> Any:
    def update(run: Any, batch: jax.Array) -> Any:
        params, state = run
        gradient = jax.grad(loss)(params, jnp.asarray(TRAIN_X)[batch], jnp.asarray(TRAIN_Y)[batch])
        updates, state = optimizer.update(gradient, state, params)
        return (optax.apply_updates(params, updates), state), None

    return jax.lax.scan(update, (params, state), batches)[0]


def through_disk(optimizer: optax.GradientTransformation, run: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder, ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(Path(folder) / "run", run)
        checkpointer.wait_until_finished()
        return checkpointer.restore(Path(folder) / "run", (START, optimizer.init(START)))


def report(what: str, whole: Any, parts: Any) -> None:
    equal = jax.tree.all(jax.tree.map(np.array_equal, whole, parts))
    print(f"{what}: held-out loss {loss(parts[0], TEST_X, TEST_Y):.4f}, equal to the run without a break: {equal}")


def main() -> None:
    params, state = train(SCHEDULED, START, SCHEDULED.init(START), FIRST)
    run = params, decay_now(state, HALF)  # what was steered is saved as well
    params, state = train(SCHEDULED, *run, SECOND)
    restored, again = train(SCHEDULED, *through_disk(SCHEDULED, run), SECOND)
    report("parameters and values, restored", (params, values(state)), (restored, values(again)))

    edited = js.wsd(peak_value=0.01, warmup_steps=30, cooldown_steps=100, total_steps=2 * HALF, cooldown="rex")
    optimizer = scheduled(optax.adamw, learning_rate=edited)
    restored, again = train(optimizer, *through_disk(optimizer, (run[0], release(run[1]))), SECOND[:1])
    rate = {"learning_rate": jax.jit(edited)(HALF)}
    report("values, after the schedule was edited", (restored, rate), (restored, values(again)))

    run = train(PLAIN, START, PLAIN.init(START), FIRST)
    params, state = train(PLAIN, *run, SECOND)
    restored, earlier = through_disk(PLAIN, run)
    restored, again = train(SCHEDULED, restored, resume(SCHEDULED.init(restored), earlier), SECOND)
    rate = {"learning_rate": jax.jit(SCHEDULE)(2 * HALF - 1)}  # plain optax does not keep its values
    report("parameters and values, resumed from plain optax", (params, rate), (restored, values(again)))


if __name__ == "__main__":
    main()
