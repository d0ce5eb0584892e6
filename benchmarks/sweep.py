"""What does a sweep cost, beside what one would write by hand?

1,024 small networks are trained for 300 steps by `js.sweep`, each with a `warmup_cosine` of its own that is built
inside of `train`. Against them stand the same function in a hand-written `jax.jit(jax.vmap(...))`, compiled in every
round or kept; the same networks, each with a constant rate; and, measured on a sample, one `jax.jit` for each with a
schedule of optax. Times are CPU seconds. Then: a sweep with a store beside one without, where a batch takes about a
second; and the memory by which a fresh process grows in a batch, beside what was predicted for it.

    python -m benchmarks.sweep
"""

import functools
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js
from benchmarks.measure import Row, compare, quick, race, section
from jaxsched._sweep import plan
from jaxsched._sweep.machine import Machine, predicted_bytes


ROUNDS, STEPS, SAMPLE = (1, 30, 1) if quick() else (5, 300, 4)
EXAMPLES, FEATURES, HIDDEN = 256, 8, 16
KEYS = jax.random.split(jax.random.key(0), 3)

X = jax.random.normal(KEYS[0], (EXAMPLES, FEATURES))
Y = jnp.sin(X.sum(axis=1))
PARAMS = [jax.random.normal(KEYS[1], (FEATURES, HIDDEN)) / 3, jax.random.normal(KEYS[2], (HIDDEN,)) / 4]

PEAKS, WARMUPS = np.geomspace(1e-4, 1e-1, 2 if quick() else 64), np.arange(16) * (STEPS // 20)
CONFIGS = js.grid(peak_value=PEAKS, warmup_steps=WARMUPS)


def loss(params: list[jax.Array]) -> jax.Array:
    first, second = params
    return jnp.mean((jnp.tanh(X @ first) @ second - Y) ** 2)


def train_with(rate: Any, steps: int = STEPS) -> jax.Array:
    optimizer = optax.adam(rate)

    def update(carry: Any, _: None) -> Any:
        params, state = carry
        updates, state = optimizer.update(jax.grad(loss)(params), state)
        return (optax.apply_updates(params, updates), state), None

    (params, _), _ = jax.lax.scan(update, (PARAMS, optimizer.init(PARAMS)), length=steps)
    return loss(params)


def train(peak_value: jax.Array, warmup_steps: jax.Array, steps: int = STEPS) -> dict[str, jax.Array]:
    schedule = js.warmup_cosine(peak_value=peak_value, warmup_steps=warmup_steps, total_steps=steps)
    return {"loss": train_with(schedule, steps)}


def anew() -> Callable[..., dict[str, jax.Array]]:
    """The same function, of which nothing is compiled."""
    return functools.partial(train)


def sweep(train: Callable[..., Any]) -> js.Results:
    return js.sweep(train, CONFIGS, batch_size=64, devices=jax.devices()[:1], progress=False)


def by_hand(batched: Callable[..., Any]) -> list[np.ndarray]:
    """Batches of 64, as the sweep has them."""
    peaks, warmups = CONFIGS["peak_value"].astype(np.float32), CONFIGS["warmup_steps"].astype(np.int32)
    starts = range(0, len(CONFIGS), 64)
    return [np.asarray(batched(peaks[i : i + 64], warmups[i : i + 64])["loss"]) for i in starts]


def constant_rates() -> np.ndarray:
    rates = jnp.asarray(CONFIGS["peak_value"], jnp.float32)
    return np.asarray(jax.jit(jax.vmap(train_with))(rates))


def one_by_one() -> None:
    for row in CONFIGS[np.linspace(0, len(CONFIGS) - 1, SAMPLE).astype(int)]:
        schedule = optax.warmup_cosine_decay_schedule(0.0, row["peak_value"], row["warmup_steps"], STEPS)
        jax.jit(lambda schedule=schedule: train_with(schedule))().block_until_ready()


def cold() -> list[Row]:
    contestants = {
        "js.sweep": lambda: sweep(anew()),
        "by hand": lambda: by_hand(jax.jit(jax.vmap(anew()))),
        "constant": constant_rates,
        "one jit each": one_by_one,
    }
    seconds = race(contestants, ROUNDS, before=jax.clear_caches, clock=time.process_time)
    all_of_them = seconds["one jit each"] * len(CONFIGS) / SAMPLE
    ours = seconds["js.sweep"]
    return [
        compare("js.sweep", ours, "jit and vmap by hand", seconds["by hand"], "CPU s", at_most=1.05),
        compare("js.sweep", ours, "jit and vmap, constant rates", seconds["constant"], "CPU s"),
        compare("js.sweep", ours, "one jit for each configuration", all_of_them, "CPU s"),
    ]


def again() -> list[Row]:
    kept, batched = anew(), jax.jit(jax.vmap(anew()))
    contestants = {"js.sweep": lambda: sweep(kept), "by hand": lambda: by_hand(batched)}
    seconds = race(contestants, 2 * ROUNDS, clock=time.process_time)
    return [
        compare("js.sweep again", seconds["js.sweep"], "the jit that was kept", seconds["by hand"], "CPU s"),
        compare("js.sweep again", seconds["js.sweep"], "that, and 0.1 s", seconds["by hand"] + 0.1, "CPU s", at_most=1),
    ]


def stored() -> list[Row]:
    """Batches of about a second: 64 networks, many more steps."""
    steps = 30 if quick() else 1500
    rows = CONFIGS[: 64 if quick() else 256]

    def long(peak_value: jax.Array, warmup_steps: jax.Array) -> dict[str, jax.Array]:
        return train(peak_value, warmup_steps, steps)

    def sweep(store: str | None) -> None:
        js.sweep(long, rows, batch_size=64, store=store, progress=False)

    def with_store() -> None:
        with tempfile.TemporaryDirectory() as folder:
            sweep(folder)

    seconds = race({"store": with_store, "none": lambda: sweep(None)}, ROUNDS, clock=time.process_time)
    return [compare("with a store", seconds["store"], "without", seconds["none"], "CPU s", at_most=1.05)]


def curves(a: jax.Array) -> dict[str, jax.Array]:
    """A network of 2 MB for each row, and its gradient."""
    weights = jnp.sin(a * jnp.arange(512 * 1024, dtype=jnp.float32)).reshape(512, 1024)

    def step(weights: jax.Array, _: None) -> tuple[jax.Array, None]:
        return weights - 0.1 * jax.grad(lambda w: jnp.mean(jnp.tanh(w @ w.T)))(weights), None

    return {"x": jax.lax.scan(step, weights, length=2)[0].sum()}


def grown(rows: int) -> tuple[float, float]:
    """By how many MB this process grows in one batch, and how many were predicted. Only in a fresh process."""
    import resource

    def most() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10

    configs = js.grid(a=np.linspace(0, 1, rows))
    machine = Machine(curves, plan.numbers_of(configs), jax.devices()[:1])
    machine.rows = rows
    (group,) = plan.groups_of(configs)
    program: Any = machine.trace(group)
    predicted = (predicted_bytes(machine.compiled(program)) or 0) / 2**20
    before = most()
    machine.run(program, group.rows)
    return most() - before, predicted


def memory() -> list[Row]:
    found = []
    for rows in (4,) if quick() else (64, 256):
        code = f"from benchmarks.sweep import grown; print(*grown({rows}))"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent
        )
        measured, predicted = (np.asarray([float(x)]) for x in done.stdout.split())
        found.append(compare(f"peak of {rows} rows", measured, "predicted", predicted, "MB", at_most=1.5))
    return found


def run() -> list[Row]:
    on_processor = jax.devices()[0].platform == "cpu"  # whose memory is that of the process
    return [*cold(), *again(), *stored(), *(memory() if on_processor else [])]


if __name__ == "__main__":
    print(section(__doc__, run()))
