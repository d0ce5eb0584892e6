"""Any schedule of the catalogue with numbers drawn at random, at random steps: as exact as is promised."""

from typing import Any

import jax
import numpy as np
import pytest
from mpmath import mpf

import jaxsched as js
from jaxsched._data.checks import as_pair
from jaxsched._data.data import map_numbers
from jaxsched._data.fields import Field
from jaxsched._numerics.doubles import is_pair
from tests.catalogue import ROWS, ROWS_WITH_A_FORMULA, STRUCTURES
from tests.helpers import made_real, tiers
from tests.truth import LAST, truth


PAIRS = 100_000
SCHEDULES, STEPS = 60, 20

INTERVALS = {"lower": (-7.0, -1.0), "upper": (1.0, 5.0), "bend": (0.01, 0.99), "decay_rate": (0.01, 0.99)}
COUNTS = {"index": 2, "cycles": 9, "count": 9, "growth": 4, "k": 100}


def drawn(schedule: js.Schedule, count: int, rng: np.random.Generator) -> js.Schedule:
    """A stack of schedules of this structure, each with numbers of its own: values from 10⁻³ to 10, any lengths."""

    def numbers(x: Any, field: Field) -> np.ndarray:
        shape, least = (count, *np.shape(x)), field.spec.minimum
        if field.spec.integer:
            if field.name in COUNTS:
                return rng.integers(least or 0, COUNTS[field.name], shape, np.int32)
            lengths = np.minimum(np.exp(rng.uniform(0, np.log(LAST), shape)), LAST).astype(np.int32)
            return np.sort(lengths) if field.spec.increasing else lengths
        if field.name in INTERVALS:
            values = rng.uniform(*INTERVALS[field.name], shape)
        elif field.name == "growth":
            values = rng.uniform(1.1, 4, shape)
        else:
            values = np.exp(rng.uniform(np.log(0.001), np.log(10), shape))
        return values.astype(np.float32)

    def with_low_half(held: Any) -> Any:
        return as_pair(held.high * (1 + rng.uniform(-1, 1, held.high.shape) * 2.0**-25)) if is_pair(held) else held

    return jax.tree.map(with_low_half, map_numbers(numbers, schedule), is_leaf=is_pair)


@pytest.mark.parametrize("name", tiers(ROWS_WITH_A_FORMULA, STRUCTURES))
def test_with_real_lengths_it_is_within_a_millionth_of_its_range(name: str, seed: int):
    schedule = made_real(ROWS[name].build())
    steps = [*range(0, 100, 3), *np.geomspace(100, 2**24, 20).astype(int).tolist()]
    exact = [truth(schedule, t) for t in steps]
    largest = max(abs(each.value) for each in exact)
    for t, each, value in zip(steps, exact, np.asarray(schedule(np.array(steps))), strict=True):
        off = abs(mpf(float(value)) - each.value)
        assert off <= largest / 10**6, f"{schedule!r} at step {t}: {value}, and not {each.value}"


@pytest.mark.thorough
@pytest.mark.parametrize("name", ROWS_WITH_A_FORMULA)
def test_a_schedule_is_within_its_bound_of_the_truth(name: str, seed: int):
    assert SCHEDULES * STEPS * len(ROWS_WITH_A_FORMULA) >= PAIRS
    rng = np.random.default_rng([seed, len(name)])
    stack = drawn(ROWS[name].build(), SCHEDULES, rng)
    steps = np.exp(rng.uniform(0, np.log(LAST), STEPS)).astype(np.int64)
    for schedule, values in zip(stack, np.asarray(stack(steps)), strict=True):
        for t, value in zip(steps.tolist(), values, strict=True):
            exact = truth(schedule, t)
            off = abs(mpf(float(value)) - exact.value)
            assert off <= exact.allowed, f"{schedule!r} at step {t}: {value}, and not {exact.value}"
