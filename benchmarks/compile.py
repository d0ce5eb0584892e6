"""How does compilation grow with the number of pieces, and of configurations?

The time to trace, lower and compile `schedule(steps)` for 1,000 steps with empty caches, and the number of equations
that are traced, those of inner functions included. Against 10 pieces, or against one configuration.

    python -m benchmarks.compile
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jaxsched as js
from benchmarks.measure import Row, compare, race, section


ROUNDS = 15
STEPS = jnp.arange(1_000)


def bounds(count: int) -> np.ndarray:
    return 10 * np.arange(1, count + 1)


PIECES: dict[str, Callable[[int], js.Schedule]] = {
    "PiecewiseConstant": lambda n: js.PiecewiseConstant(bounds(n - 1), np.linspace(1, 2, n)),
    "PiecewiseInterpolate": lambda n: js.PiecewiseInterpolate(bounds(n), np.linspace(1, 2, n)),
    "join_schedules of lines": lambda n: js.join_schedules(
        [js.Linear(1.0 + i, 0.0, 10) for i in range(n)], bounds(n - 1)
    ),
}


def configurations(n: int) -> js.Schedule:
    peaks = np.geomspace(1e-4, 1e-1, n)
    return js.warmup_cosine(peak_value=peaks, warmup_steps=np.arange(n), total_steps=2_000)


def fresh(schedule: js.Schedule) -> jax.stages.Traced:
    return jax.jit(lambda schedule, steps: schedule(steps)).trace(schedule, STEPS)


def equations(jaxpr: Any) -> int:
    inner = [getattr(x, "jaxpr", None) for equation in jaxpr.eqns for x in jax.tree.leaves(equation.params)]
    return len(jaxpr.eqns) + sum(equations(x) for x in inner if x is not None)


def rows(what: str, schedules: dict[str, js.Schedule], at_most: float | None = None) -> Iterator[Row]:
    """Everything against the first of them."""
    compiled = {size: lambda x=x: fresh(x).lower().compile() for size, x in schedules.items()}
    seconds = race(compiled, ROUNDS, before=jax.clear_caches)
    traced = {size: np.array([equations(fresh(x).jaxpr.jaxpr)]) for size, x in schedules.items()}
    first, *rest = schedules
    for size in rest:
        name = f"{what}, {size}"
        yield compare(name, 1e3 * seconds[size], first, 1e3 * seconds[first], "ms", at_most=at_most)
        yield compare(name, traced[size], first, traced[first], "equations", at_most=at_most)


def run() -> list[Row]:
    kinds = [(what, {f"{n:,} pieces": make(n) for n in (10, 100, 1_000)}, 1.5) for what, make in PIECES.items()]
    stacks = {"1 configuration": configurations(1), "1,000 configurations": configurations(1_000)}
    return [row for kind in [*kinds, ("warmup_cosine", stacks, None)] for row in rows(*kind)]


if __name__ == "__main__":
    print(section(__doc__, run()))
