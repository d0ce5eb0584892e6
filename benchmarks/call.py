"""How long does one value take, outside of `jit`?

`schedule(step)` with a step that is a Python integer or an int32 array of JAX, until the value is there. Beside it are
the same schedule of optax, under a `jax.jit` that is already compiled and without one, and `step()` of PyTorch's
scheduler, which takes no step. Without `jit`, the constant of optax computes nothing: it returns the number that it was
given, and is left out.

    python -m benchmarks.call
"""

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import optax

import jaxsched as js
from benchmarks import others
from benchmarks.measure import Row, compare, race, section


ROUNDS, CALLS = 2_000, 5
WARMUP, TOTAL = 100, 1_000
STEPS = {"int": 300, "array": jnp.int32(300)}

SCHEDULES: dict[str, tuple[js.Schedule, optax.Schedule, Callable[[], object]]] = {
    "Constant": (js.Constant(0.1), optax.constant_schedule(0.1), others.torch_constant(0.1).step),
    "Cosine": (
        js.Cosine(0.1, 0.0, TOTAL),
        optax.cosine_decay_schedule(0.1, TOTAL),
        others.torch_cosine(0.1, TOTAL).step,
    ),
    "warmup_cosine": (
        js.warmup_cosine(peak_value=0.1, warmup_steps=WARMUP, total_steps=TOTAL),
        optax.warmup_cosine_decay_schedule(0.0, 0.1, WARMUP, TOTAL),
        others.torch_warmup_cosine(0.1, WARMUP, TOTAL).step,
    ),
}


def rows(name: str, kind: str) -> Iterator[Row]:
    ours, theirs, torch_step = SCHEDULES[name]
    step, jitted = STEPS[kind], jax.jit(theirs)
    contestants: dict[str, Callable[[], object]] = {
        "jaxsched": lambda: ours(step).block_until_ready(),
        "optax, jitted": lambda: jitted(step).block_until_ready(),
        "PyTorch": torch_step,
    }
    if name != "Constant":
        contestants["optax"] = lambda: jax.block_until_ready(theirs(step))
    seconds = race(contestants, ROUNDS, CALLS)
    own = 1e6 * seconds.pop("jaxsched")
    for other, times in seconds.items():
        target = {"optax, jitted": 1.3, "optax": 0.2}.get(other)
        yield compare(f"{name}, {kind}", own, other, 1e6 * times, "µs", at_most=target)


def run() -> list[Row]:
    return [row for name in SCHEDULES for kind in STEPS for row in rows(name, kind)]


if __name__ == "__main__":
    print(section(__doc__, run()))
