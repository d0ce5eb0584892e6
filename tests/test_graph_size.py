"""A thousand pieces are traced and compiled as ten are; unlike pieces cost a constant each."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from tests.helpers import tiers


def boundaries(n: int) -> list[int]:
    return [10 * i for i in range(1, n + 1)]


MANY: dict[str, Callable[[int], js.Schedule]] = {
    "PiecewiseConstant": lambda n: js.PiecewiseConstant(boundaries(n - 1), np.linspace(1, 2, n)),
    "PiecewiseInterpolate": lambda n: js.PiecewiseInterpolate(boundaries(n), np.linspace(1, 2, n)),
    "MultiStep": lambda n: js.MultiStep(1.0, boundaries(n), 0.999),
    "Tabulated": lambda n: js.Tabulated(np.linspace(1, 2, n)),
    "CosineRestarts": lambda n: js.CosineRestarts(1.0, 0.0, 10, cycles=n),
    "CosineRestarts, growing": lambda n: js.CosineRestarts(1.0, 0.0, 10, growth=2, cycles=n),
    "repeat": lambda n: js.repeat(js.Linear(1.0, 0.0, 10), 10, count=n),
    "join_schedules of lines": lambda n: js.join_schedules(
        [js.Linear(1.0 * i, 0.0, 10) for i in range(n)], boundaries(n - 1)
    ),
    "join_schedules of joins": lambda n: js.join_schedules(
        [js.sequence([js.Linear(0.0, 1.0 * i, 3), js.Cosine(1.0 * i, 0.0, 7)], [3]) for i in range(n)],
        boundaries(n - 1),
    ),
    "wsd_s": lambda n: js.wsd_s(peak_value=1.0, warmup_steps=5, cooldown_steps=[5] * n, period_steps=[20] * n),
}


def equations(jaxpr: Any) -> int:
    """How many there are, those of inner functions included."""
    count = 0
    for equation in jaxpr.eqns:
        inner = [getattr(x, "jaxpr", None) for x in equation.params.values()]
        count += 1 + sum(equations(x) for x in inner if x is not None)
    return count


def size(schedule: js.Schedule) -> int:
    traced = jax.make_jaxpr(lambda schedule, step: schedule(step))(schedule, jnp.int32(3))
    return equations(traced.jaxpr)


@pytest.mark.parametrize("name", MANY)
def test_the_graph_does_not_grow_with_the_number_of_pieces(name: str):
    assert size(MANY[name](1000)) == size(MANY[name](20))
    # a short table is looked up by comparisons, not by a search and a gather
    assert size(MANY[name](1000)) <= 2 * size(MANY[name](3))


@pytest.mark.parametrize("name", tiers(list(MANY), ("MultiStep", "join_schedules of lines")))
def test_a_thousand_pieces_have_the_values_that_they_have_one_by_one(name: str):
    schedule, steps = MANY[name](100), np.arange(0, 1100, 7)
    np.testing.assert_allclose(schedule(steps), [schedule(int(t)) for t in steps], rtol=1e-6)


def test_unlike_pieces_cost_a_constant_each():
    def alternating(n: int) -> js.Schedule:
        kinds = [js.Linear(1.0, 0.0, 10), js.Cosine(1.0, 0.0, 10), js.HalfLife(1.0, 10)]
        return js.join_schedules([kinds[i % 3] for i in range(n)], boundaries(n - 1))

    sizes = [size(alternating(n)) for n in (9, 12, 15, 30)]
    assert sizes[1] - sizes[0] == sizes[2] - sizes[1] == (sizes[3] - sizes[2]) / 5


def test_no_piece_is_asked_for_a_step_outside_its_life():
    asked = []

    def spy(step: jax.Array) -> jax.Array:
        def ask(t: Any) -> Any:
            asked.append(int(t))
            return np.float32(t)

        return jax.pure_callback(ask, jax.ShapeDtypeStruct((), np.float32), step, vmap_method="sequential")

    joined = js.join_schedules([js.Constant(1.0), js.FromFunction(spy), js.Constant(2.0)], [100, 150])
    for step in (0, 99, 100, 120, 149, 150, 1000, 2**31 - 1):
        jax.block_until_ready(joined(step))
    assert set(asked) == {0, 20, 49}
