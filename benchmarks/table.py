"""How fast is a table of values, against filling the same memory?

Every curve for 1,000 configurations and 100,000 steps, each hyperparameter different in every row, by
`js.evaluate(stack, steps, out=table)` into the memory of the last table. The limit is to fill that memory with one
number per row. What is slower than 0.6 of that should be as fast as its plain formula in `jax.numpy`, float32, vmapped
over the same rows. `jnp.power` is one without vmap, and NumPy's is a vectorized cosine in float32. One `jax.jit` for
each configuration, compilation included, and PyTorch's `step()` are measured on a sample.

On an accelerator there are up to 20,000 configurations, and the bytes that are written are also set against those that
a copy reads and writes.

    python -m benchmarks.table
"""

from collections.abc import Callable, Iterator, Mapping

import jax
import jax.numpy as jnp
import numpy as np

import jaxsched as js
from benchmarks.curves import CONFIGS, CURVES, END, LENGTH, ON_ACCELERATOR, PEAK, POWER, STEPS
from benchmarks.measure import Row, compare, quick, race, section
from benchmarks.memory import copy, fill
from benchmarks.plain import table as plain_table


ROUNDS = 2 if quick() else 9
TABLES = 20 if ON_ACCELERATOR else 1  # one after another, so that a launch does not count
FEW, VERY_FEW = 200, 5  # configurations for NumPy (for PyTorch, steps), and for one compilation each

SCHEDULES = {name: schedule for curves in CURVES.values() for name, schedule in curves.items()}


class Memory:
    """The memory of a table, which every contestant writes again."""

    def __init__(self) -> None:
        self.table = jnp.empty((CONFIGS, STEPS), jnp.float32)

    def written(self, write: Callable[[jax.Array], jax.Array]) -> Callable[[], None]:
        def contestant() -> None:
            for _ in range(TABLES):
                self.table = write(self.table)
            self.table.block_until_ready()

        return contestant

    def curve(self, name: str) -> Callable[[], None]:
        return self.written(lambda table: js.evaluate(SCHEDULES[name], STEPS, out=table))

    def fill(self) -> Callable[[], None]:
        per_row = jnp.asarray(PEAK, jnp.float32)
        return self.written(lambda table: fill(table, per_row))


def speeds(
    contestants: Mapping[str, Callable[[], object]], fill: Callable[[], object], values: Mapping[str, int] | None = None
) -> dict[str, np.ndarray]:
    """In G values/s, of contestants that compute whole tables or, where it is said, so many values.

    The memory is filled before each timing, so that all find it in the state in which the same program left it.
    """
    counts = dict.fromkeys(contestants, TABLES * CONFIGS * STEPS) | dict(values or {})
    seconds = race(contestants, ROUNDS, before=fill)
    return {name: counts[name] / 1e9 / x for name, x in seconds.items()}


def beside_memory(memory: Memory) -> Iterator[Row]:
    """Every curve against filling memory and, on an accelerator, copying it."""
    limits = {"fill": memory.fill()}
    if ON_ACCELERATOR:
        source = jnp.ones((CONFIGS, STEPS), jnp.float32)
        limits["copy"] = memory.written(lambda table: copy(table, source))
    for target, curves in CURVES.items():
        for name in list(curves)[: 1 if quick() else None]:
            plain = memory.written(plain_table(name))
            speed = speeds({name: memory.curve(name), "plain": plain, **limits}, memory.fill())
            yield (row := compare(name, speed[name], "fill", speed["fill"], "G values/s", at_least=target))
            least = 1 if row.ratio < 0.6 else None
            yield compare(name, speed[name], "its plain formula", speed["plain"], "G values/s", at_least=least)
            if ON_ACCELERATOR:
                least = 0.85 if target in (0.6, 0.4) else None
                yield compare(name, 4 * speed[name], "copy", 8 * speed["copy"], "GB/s", at_least=least)


def beside_others(memory: Memory) -> Iterator[Row]:
    """The plain formulas against filling memory, and the curves against them."""
    from benchmarks import others  # which needs PyTorch

    peak, power = jnp.asarray(PEAK, jnp.float32), jnp.asarray(POWER, jnp.float32)
    few, very_few, scheduler = slice(FEW), slice(VERY_FEW), others.torch_cosine(0.1, STEPS)
    contestants = {
        "fill": memory.fill(),
        **{name: memory.curve(name) for name in ("Cosine", "Polynomial", "PowerLaw")},
        "jnp.power": memory.written(lambda table: others.jnp_power(table, power)),
        "optax, vmapped": memory.written(lambda table: others.optax_vmapped(table, peak)),
        "NumPy": lambda: others.numpy_cosine(PEAK[few], END[few], LENGTH[few], STEPS),
        "optax, one jit each": lambda: others.optax_jitted(PEAK[very_few], LENGTH[very_few], STEPS),
        "PyTorch": lambda: [scheduler.step() for _ in range(FEW)],
    }
    values = {"NumPy": FEW * STEPS, "optax, one jit each": VERY_FEW * STEPS, "PyTorch": FEW}
    speed = speeds(contestants, memory.fill(), values)

    def row(name: str, other: str, at_least: float | None = None) -> Row:
        return compare(name, speed[name], other, speed[other], "G values/s", at_least=at_least)

    yield from (row(name, "fill") for name in ("NumPy", "optax, vmapped", "jnp.power"))
    yield row("Polynomial", "jnp.power", 3)
    yield row("PowerLaw", "jnp.power", 3)
    yield row("Cosine", "NumPy")
    yield row("Cosine", "optax, vmapped", 8)
    yield row("Cosine", "optax, one jit each", 2000)
    yield row("Cosine", "PyTorch")


def beside_numpy_memory() -> Iterator[Row]:
    """NumPy's memory: an array that has been written before, or a new one, which the system has to provide."""
    array = np.ones((CONFIGS, STEPS), np.float32)
    for name in ("Linear", "Cosine"):
        schedule = SCHEDULES[name]
        pairs: dict[tuple[str, str, float], tuple[Callable[[], object], Callable[[], object]]] = {
            (f"{name}, into a NumPy array", "ndarray.fill", 0.5): (
                lambda schedule=schedule: js.evaluate(schedule, STEPS, out=array),
                lambda: array.fill(0.5),
            ),
            (f"{name}, as a new NumPy array", "numpy.full", 0.8): (
                lambda schedule=schedule: js.evaluate(schedule, STEPS, out=np.empty),
                lambda: np.full(array.shape, 0.5, array.dtype),
            ),
        }
        for (what, against, least), (ours, theirs) in pairs.items():
            speed = speeds({what: ours, against: theirs}, lambda: array.fill(0.5))
            yield compare(what, speed[what], against, speed[against], "G values/s", at_least=least)


def run() -> list[Row]:
    memory = Memory()
    rows = [*beside_memory(memory), *beside_others(memory)]
    return rows if ON_ACCELERATOR else [*rows, *beside_numpy_memory()]


if __name__ == "__main__":
    print(section(__doc__, run()))
