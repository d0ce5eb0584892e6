"""Finite, always: every schedule and many compositions, with numbers that no one would choose.

For each structure, one program evaluates a stack of thousands of schedules, whose numbers are drawn from the ends of
float32 and int32 and a few ordinary ones. Numbers take their places without a check, as traced ones do.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched._data.data import map_numbers
from jaxsched._data.fields import Field
from tests.catalogue import ROWS


LAST = 2**31 - 1
STEPS = np.array([0, 1, 2, 6, 7, 8, 1000, 2**24 + 1, 2**30, LAST - 1, LAST])

FLOATS = np.array([0, 1e-45, 1e-38, 1e-19, 1e-4, 0.5, 0.9, 1, 1.5, 10, 1e19, 2e19, 3e38], np.float32)
COUNTS = np.array([0, 0, 1, 2, 3, 5, 7, 100, 2**24 + 1, 2**30, LAST - 1, LAST], np.int32)


def extreme(schedule: js.Schedule, count: int, rng: np.random.Generator) -> js.Schedule:
    """A stack of so many schedules of this structure, each with numbers of its own."""

    def drawn(x: Any, field: Field) -> np.ndarray:
        shape, least = (count, *np.shape(x)), field.spec.minimum
        if field.spec.integer:
            values = rng.choice(COUNTS, shape) * (
                1 if least is not None else rng.choice([-1, 1], shape).astype(np.int32)
            )
            return np.maximum(values, least or -LAST)
        values = rng.choice(FLOATS, shape)
        if least is None:
            return values * rng.choice(np.array([-1, 1], np.float32), shape)
        return np.maximum(values, np.float32(least))

    def without_low_halves(path: Any, x: np.ndarray) -> np.ndarray:
        return x * 0 if path[-1] == jax.tree_util.GetAttrKey("low") else x

    return jax.tree.map_with_path(without_low_halves, map_numbers(drawn, schedule))


def not_finite(schedule: js.Schedule, count: int, seed: int) -> tuple[int, str]:
    """How many of so many draws are not finite at some step, and the first of them."""
    stack = extreme(schedule, count, np.random.default_rng(seed))
    values = np.asarray(jax.jit(lambda s, t: s(t))(stack, STEPS))
    bad = ~np.isfinite(values)
    if not bad.any():
        return 0, ""
    row, step = np.argwhere(bad)[0]
    return int(bad.any(axis=1).sum()), f"{stack[int(row)]!r} is {values[row, step]} at step {STEPS[step]}"


COMBINED: list[Callable[[js.Schedule, js.Schedule], js.Schedule]] = [
    lambda a, b: js.sequence([a, b, a], [7, 7]),
    lambda a, _: js.sequence([a] * 5, [7] * 4),
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / b,
    lambda a, b: js.minimum(a, b, 1.0),
    lambda a, b: js.clip(a, b, 1.0),
    lambda a, b: js.select(0, [a, b]),
    lambda a, b: js.splice(a, 7, b),
    lambda a, _: js.decay_from(a, 7, 7, 0.5, "cosine"),
    lambda a, _: js.decay_from(a, 7, 7, 0.5, "geometric"),
    lambda a, _: js.decay_from(a, 7, 7, 0.5, "rex"),
    lambda a, _: js.shift(a, 7),
    lambda a, _: js.every(a, 7),
    lambda a, _: js.reverse(a, 7),
    lambda a, _: js.repeat(a, 7, decay=0.5, count=7),
    lambda a, _: js.repeat(js.Linear(1.0, 0.0, 7) * js.HalfLife(1.0, 7), 7, growth=7) + a,
    lambda a, b: js.Triangular(1.0, 0.5, 7, scale=a) * b,
]


def composition(rng: np.random.Generator, parts: int) -> js.Schedule:
    """One schedule of so many parts, from the rows of the catalogue."""
    if parts == 1:
        return ROWS[str(rng.choice(list(ROWS)))].build()
    left = int(rng.integers(1, parts))
    combine = COMBINED[rng.integers(len(COMBINED))]
    return combine(composition(rng, left), composition(rng, parts - left))


@pytest.mark.thorough
@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if jax.tree.leaves(row.build())])
def test_a_schedule_of_extreme_numbers_is_finite(name: str, seed: int):
    assert not_finite(ROWS[name].build(), 500, seed) == (0, "")


@pytest.mark.thorough
@pytest.mark.parametrize("number", range(60))
def test_a_composition_of_extreme_numbers_is_finite(number: int, seed: int):
    rng = np.random.default_rng([seed, number])
    assert not_finite(composition(rng, 2 + number % 3), 500, seed) == (0, "")


@pytest.mark.parametrize(
    "schedule",
    [
        js.Triangular(0.0, 3e19, 5, scale=2e19),
        js.Triangular(3e38, -3e38, 5, scale=-3e38),
        js.InverseTimeDecay(1.0, 1, 1e30, staircase=True),
        js.InverseTimeDecay(2e19, 5, 3e38),
        js.InverseRoot(3e38, -3e38, 10),
        js.PowerLaw(1.0, 10, 3e38),
        js.Polynomial(-1.0, 0.5, 10, 3e38),
        js.Cosine(1.0, 0.5, 10, k_decay=3e38),
        js.Cosine(1.0, 0.5, 10, exponent=3e38),
        js.Tanh(1.0, 0.5, 10, lower=-3e38, upper=3e38),
        js.ExponentialDecay(1.0, 10, 3e38),
        js.NaturalExponentialDecay(1.0, 3e38),
        js.StepDecay(1.0, 10, 3e38),
        js.Geometric(3e38, 0.9, 10),
        js.CosineRestarts(1.0, 0.0, 10, growth=3e38, decay=3e38),
    ],
    ids=repr,
)
def test_extreme_numbers_that_were_not_finite_are(schedule: js.Schedule):
    assert np.isfinite(schedule(STEPS)).all()


def test_an_inverse_time_decay_is_its_formula_for_any_rate():
    for init, rate in ((1.0, 1e18), (1.0, 1e26), (2e19, 3e38), (3e38, 3e38), (1e-20, 1e30)):
        values = js.InverseTimeDecay(init, 5, rate)(STEPS)
        exact = np.float32(init) / (1 + np.float64(np.float32(rate)) * STEPS / 5)
        np.testing.assert_allclose(values, exact, rtol=3e-7, atol=1e-37)


def test_a_factor_of_any_size_is_applied_as_it_is():
    steps = np.array([0, 1, 10, 33, 60])
    for init, factor in ((1e-30, 3e38), (1e-10, 2.5e38), (1e30, 1.5e-38)):
        exact = init * np.float64(np.float32(factor)) ** (steps / 100)
        np.testing.assert_allclose(js.ExponentialDecay(init, 100, np.float32(factor))(steps), exact, rtol=1e-6)
