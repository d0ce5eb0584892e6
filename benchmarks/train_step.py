"""What does a schedule cost in a compiled training step?

A step of a small and of a middle-sized network, with `optax.adamw(1e-3)`, with `optax.adamw(schedule)`, and with
`scheduled(optax.adamw, learning_rate=schedule, weight_decay=schedule)`. Each call starts from the same parameters, so
that all do the same work. And what its compilation costs, with empty caches, against optax's `inject_hyperparams`.

    python -m benchmarks.train_step
"""

import itertools
import time
from collections.abc import Callable
from typing import Any

import jax
import optax

import jaxsched as js
from benchmarks.measure import Row, compare, quick, race, section
from jaxsched.training import scheduled


BATCH = 128
SIZES = {"small": (128, 512, 512, 10), "middle": (784, 2048, 2048, 2048, 10)}
ROUNDS = {"small": 5} if quick() else {"small": 1_000, "middle": 300}
COMPILATIONS = 2 if quick() else 15
KEY = jax.random.key(0)

COSINE = js.warmup_cosine(peak_value=1e-3, warmup_steps=100, total_steps=1_000)

OPTIMIZERS: dict[str, optax.GradientTransformation] = {
    "constant": optax.adamw(1e-3),
    "Cosine": optax.adamw(js.Cosine(1e-3, 0.0, 1_000)),
    "warmup_cosine": optax.adamw(COSINE),
    "optax's warmup_cosine_decay_schedule": optax.adamw(optax.warmup_cosine_decay_schedule(0.0, 1e-3, 100, 1_000)),
    "scheduled, warmup_cosine": scheduled(optax.adamw, learning_rate=COSINE),
    "scheduled, two schedules": scheduled(optax.adamw, learning_rate=COSINE, weight_decay=0.1 * COSINE),
    "optax's inject_hyperparams": optax.inject_hyperparams(optax.adamw)(learning_rate=COSINE),
}

INJECTED = {
    "scheduled, warmup_cosine": OPTIMIZERS["optax's inject_hyperparams"],
    "scheduled, two schedules": optax.inject_hyperparams(optax.adamw)(learning_rate=COSINE, weight_decay=0.1 * COSINE),
}
"""What is compiled beside ours."""


def loss(params: list[jax.Array], x: jax.Array, y: jax.Array) -> jax.Array:
    for weights in params[:-1]:
        x = jax.nn.relu(x @ weights)
    return optax.softmax_cross_entropy_with_integer_labels(x @ params[-1], y).mean()


def train_step(optimizer: optax.GradientTransformation, sizes: tuple[int, ...]) -> tuple[Any, tuple[Any, ...]]:
    """A step that is not compiled yet, and what it is called with."""

    @jax.jit
    def step(params: list[jax.Array], state: Any, x: jax.Array, y: jax.Array) -> Any:
        updates, state = optimizer.update(jax.grad(loss)(params, x, y), state, params)
        return optax.apply_updates(params, updates), state

    x = jax.random.normal(KEY, (BATCH, sizes[0]))
    y = jax.random.randint(KEY, (BATCH,), 0, sizes[-1])
    params = [
        jax.random.normal(jax.random.fold_in(KEY, i), shape) / shape[0] ** 0.5
        for i, shape in enumerate(itertools.pairwise(sizes))
    ]
    return step, (params, optimizer.init(params), x, y)


def called(step: Any, args: tuple[Any, ...]) -> Callable[[], object]:
    params, state = step(*args)
    return lambda: jax.block_until_ready(step(params, state, *args[2:]))


def run() -> list[Row]:
    rows = []
    for name, injected in INJECTED.items():
        both = {"ours": train_step(OPTIMIZERS[name], SIZES["small"]), "optax's": train_step(injected, SIZES["small"])}
        compiled = {
            whose: lambda step=step, args=args: step.lower(*args).compile() for whose, (step, args) in both.items()
        }
        seconds = race(compiled, COMPILATIONS, before=jax.clear_caches, clock=time.process_time)
        ours, theirs = (1e3 * x for x in seconds.values())
        rows.append(compare(f"compiled: {name}", ours, "inject_hyperparams", theirs, "CPU ms", at_most=1.5))
    for size, rounds in ROUNDS.items():
        steps = {name: called(*train_step(optimizer, SIZES[size])) for name, optimizer in OPTIMIZERS.items()}
        seconds = {name: 1e3 * x for name, x in race(steps, rounds).items()}
        constant = seconds.pop("constant")
        for name, x in seconds.items():
            bound = None if "optax" in name else 1.01
            rows.append(compare(f"{size}: {name}", x, "constant rate", constant, "ms", at_most=bound))
    return rows


if __name__ == "__main__":
    print(section(__doc__, run()))
