"""What does a training in chunks cost, beside one in one go, and what does halving save?

Networks on handwritten digits, 300 steps, each with a `warmup_cosine` of its own. First 256 of them in four batches: in
ten chunks, beside a function that computes the same in one go; with a store and without; in CPU seconds, and nothing is
compiled. Then 192, peak × warmup, from three seeds: what `js.halving` with η = 4 takes, how good its best is beside the
best of all, and how many of all are better. A single network is noisy; those that are missed are close. At last, how
many programs there are.

    pip install -e '.[bench]' && python -m benchmarks.chunks
"""

import tempfile
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits

import jaxsched as js
from benchmarks.measure import Row, compare, quick, race, section
from jaxsched._sweep.kept import kept_of


STEPS, CHUNKS, ROUNDS, SEEDS = (50, 10, 1, 1) if quick() else (300, 10, 10, 3)
BATCH, HIDDEN, TEST = 64, 32, 450

IMAGES, LABELS = load_digits(return_X_y=True)
ORDER = np.random.default_rng(0).permutation(len(LABELS))
X, Y = (IMAGES[ORDER] / 16).astype(np.float32), LABELS[ORDER].astype(np.int32)

PEAKS = np.geomspace(1e-4, 1.0, 2 if quick() else 24)
WARMUPS = np.array([0, 5, 10, 15, 20, 30, 40, 60]) * STEPS // 300
CONFIGS = js.grid(peak_value=PEAKS, warmup_steps=WARMUPS)
OPTIONS: dict[str, Any] = {"devices": jax.devices()[:1], "progress": False}


def optimizer(peak_value: Any, warmup_steps: Any, seed: Any) -> optax.GradientTransformation:
    return optax.adam(js.warmup_cosine(peak_value=peak_value, warmup_steps=warmup_steps, total_steps=STEPS))


def init(seed: Any, **row: Any) -> Any:
    one, two, order = jax.random.split(jax.random.key(seed), 3)
    params = {"w": jax.random.normal(one, (64, HIDDEN)) / 8, "out": jax.random.normal(two, (HIDDEN, 10)) / HIDDEN**0.5}
    return params, optimizer(seed=seed, **row).init(params), order


def loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    logits = jax.nn.relu(x @ params["w"]) @ params["out"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def go_on(state: Any, steps: int, **row: Any) -> Any:
    adam = optimizer(**row)

    def update(state: Any, _: None) -> Any:
        params, moments, order = state
        order, key = jax.random.split(order)
        batch = jax.random.randint(key, (BATCH,), TEST, len(Y))
        gradient = jax.grad(loss)(params, jnp.asarray(X)[batch], jnp.asarray(Y)[batch])
        updates, moments = adam.update(gradient, moments)
        return (optax.apply_updates(params, updates), moments, order), None

    state, _ = jax.lax.scan(update, state, length=steps)
    return state, {"loss": loss(state[0], jnp.asarray(X[:TEST]), jnp.asarray(Y[:TEST]))}


def one_go(**row: Any) -> Any:
    return jax.lax.scan(lambda state, _: go_on(state, STEPS // CHUNKS, **row), init(**row), length=CHUNKS)[1]


def in_chunks() -> Any:
    return js.resumable(init, go_on, steps=STEPS, every=STEPS // CHUNKS)


def cost() -> list[Row]:
    rows = 16 if quick() else 256
    configs = js.grid(peak_value=np.geomspace(1e-4, 1.0, rows), warmup_steps=[20], seed=[0])
    training = in_chunks()

    def sweep(train: Any, store: str | None = None) -> None:
        js.sweep(train, configs, batch_size=rows // 4, store=store, **OPTIONS)

    def stored() -> None:
        with tempfile.TemporaryDirectory() as folder:
            sweep(training, folder)

    contestants = {"chunks": lambda: sweep(training), "one go": lambda: sweep(one_go), "stored": stored}
    seconds = race(contestants, ROUNDS, clock=time.process_time)
    return [
        compare("ten chunks", seconds["chunks"], "one go", seconds["one go"], "CPU s", at_most=1.05),
        compare("ten chunks, with a store", seconds["stored"], "one go", seconds["one go"], "CPU s"),
    ]


def saved() -> list[Row]:
    rows = []
    for seed in range(SEEDS):
        configs = CONFIGS * js.Configs({"seed": [seed]})
        training = in_chunks()
        whole = js.sweep(training, configs, batch_size=16, **OPTIONS)
        losses = whole["loss"][:, -1]
        programs = len(kept_of(training).executables)
        for first in (STEPS // 5, 3 * STEPS // 10):
            halved = js.halving(training, configs, metric="loss", first=first, batch_size=16, **OPTIONS)
            best = halved.best("loss")["loss"][-1]
            what = f"seed {seed}, first rung at {first}"
            bound = 0.4 if first == STEPS // 5 else None
            rows += [
                row(f"{what}: steps", halved["steps_done"].sum(), "of all", whole["steps_done"].sum(), bound),
                row(f"{what}: best loss", best, "of all", np.nanmin(losses)),
                row(f"{what}: better ones missed", (losses < best).sum(), "networks", len(configs)),
            ]
        rows.append(row("programs after all", len(kept_of(training).executables), "before halving", programs, 1))
    return rows


def row(what: str, measured: float, against: str, other: float, at_most: float | None = None) -> Row:
    return Row(what, float(measured), against, float(other), "", float(measured / other), at_most=at_most)


def run() -> list[Row]:
    return [*cost(), *saved()]


if __name__ == "__main__":
    print(section(__doc__, run()))
