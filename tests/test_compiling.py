"""No schedule takes long to compile, on any version: a compiler that runs away is caught here, by name.

The limit is that of a test. What each row takes on each version is measured by `python -m benchmarks.compile`.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from tests.catalogue import ROWS, Row
from tests.helpers import float_leaves, tiers


STEPS = jnp.arange(100)

STAIRS = ("StepDecay", "MultiStep", "ExponentialDecay, staircase", "CosineRestarts, growing, lower, three times")
"""Those with the largest graphs."""

rows = pytest.mark.parametrize("row", tiers(ROWS, STAIRS[:2]))
limit = pytest.mark.timeout(60)


def stack_of(row: Row) -> js.Schedule:
    schedule = row.build()
    return js.stack([schedule] * 3) if jax.tree.leaves(schedule) else schedule


@limit
@rows
def test_a_stack_compiles_where_what_follows_is_a_call(row: Row):
    """As in a clip or a minimum, at which LLVM looks back along every path."""
    jax.jit(lambda s, t: jnp.minimum(jnp.abs(s(t)), 1)).lower(stack_of(row), STEPS).compile()


@limit
@rows
def test_a_gradient_compiles(row: Row):
    floats, rebuild = float_leaves(row.build())

    def gradients(floats: list[Any], steps: jax.Array) -> Any:
        return jax.vmap(jax.grad(lambda floats, t: rebuild(floats)(t)), (None, 0))(floats, steps)

    if floats:
        jax.jit(gradients).lower(floats, STEPS).compile()


@limit
@pytest.mark.parametrize("name", tiers(list(ROWS), STAIRS[:1]))
def test_queries_compile(name: str):
    schedule = ROWS[name].build()
    schedule.integral(100)
    schedule.crossing(0.1, 100)
    schedule.extrema(100)


@limit
@pytest.mark.parametrize(
    "schedule",
    [
        js.splice(js.reverse(js.ExponentialDecay(0.3, 20, 0.7), 7), 7, js.StepDecay(0.3, 41, 0.1)),
        js.sequence([js.StepDecay(0.3, 41, 0.5) * js.CosineAnnealing(0.3, 0.01, 33)] * 5, [7] * 4),
        js.minimum(js.repeat(js.Linear(1.0, 0.0, 7), 7, growth=7), js.CosineRestarts(1.0, 0.0, 7, decay=0.5), 0.7),
    ],
    ids=["splice", "sequence", "minimum"],
)
def test_stairs_and_growing_cycles_compile_within_others(schedule: js.Schedule):
    jax.jit(lambda s, t: s(t)).lower(js.stack([schedule, schedule]), STEPS).compile()


QUERIES = """
import jaxsched as js
schedule = js.warmup_cosine(peak_value=0.3, warmup_steps=10, total_steps=100)
print(float(schedule.integral(100)), int(schedule.crossing(0.15, 100)), *map(float, schedule.extrema(90)))
"""


@pytest.mark.thorough
def test_a_program_from_the_persistent_cache_gives_the_same_as_one_that_is_compiled(tmp_path: Path):
    """On jax 0.6.0, queries did not."""
    cache = {"JAX_COMPILATION_CACHE_DIR": str(tmp_path), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    cache["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"

    def asked() -> list[float]:
        command = [sys.executable, "-c", QUERIES]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **cache})
        return [float(x) for x in done.stdout.split()]

    first, second = asked(), asked()
    values = np.asarray(js.warmup_cosine(peak_value=0.3, warmup_steps=10, total_steps=100)(np.arange(101)), np.float64)
    expected = [values[:100].sum(), 5, 0, 0, values.max(), 10]
    np.testing.assert_allclose(first, expected, rtol=1e-6)
    assert second == first and list(tmp_path.iterdir())
