"""What both laws have in common: any schedule, in the memory of a block."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.scoring import ConvexBound, MultiPowerLaw
from tests.catalogue import ROWS, Row
from tests.helpers import tiers
from tests.scoring.plain import convex_bound, power_law, values


STEPS = 300
BOUND = ConvexBound()
NUMBERS = (2.0, 0.5, 0.5, 3.0, 2.0, 0.6, 0.6)
LAW = MultiPowerLaw(*NUMBERS)


@pytest.mark.parametrize("row", tiers(ROWS, always=("Cosine", "wsd", "Tabulated", "FromFunction")))
def test_every_schedule_is_scored_as_its_values_are(row: Row):
    schedule = row.build()
    rates = values(schedule, STEPS)
    if rates.min() < 0 or not rates.any():
        with pytest.raises(ValueError, match=r"^score: a schedule must be somewhere more than 0, and nowhere negative"):
            BOUND.score(schedule, STEPS)
        return
    assert float(BOUND.score(schedule, STEPS)) == pytest.approx(convex_bound(rates), rel=2e-6)
    expected = power_law(NUMBERS, rates)
    unit = np.abs(expected) + NUMBERS[3] * rates.max()  # of the terms, which may cancel
    assert float(LAW.score(schedule, STEPS)) == pytest.approx(expected, abs=2e-6 * unit)


@pytest.mark.parametrize("law", [BOUND, LAW], ids=lambda law: type(law).__name__)
@pytest.mark.parametrize("gradient", [False, True])
def test_the_memory_is_that_of_a_block(law: ConvexBound | MultiPowerLaw, gradient: bool):
    count = steps = 4096

    def score(peaks: jax.Array) -> jax.Array:
        return law.score(js.Cosine(peaks, 0.1, steps), steps).sum()

    program: Any = jax.jit(jax.grad(score) if gradient else score).lower(jnp.ones(count)).compile()
    table = 4 * count * steps
    assert program.memory_analysis().temp_size_in_bytes < table / 2


def test_new_numbers_do_not_compile_again():
    traced = 0

    @jax.jit
    def score(schedule: js.Schedule) -> jax.Array:
        nonlocal traced
        traced += 1
        return BOUND.score(schedule, 100) + LAW.score(schedule, 100)

    scores = {float(score(js.Cosine(peak, 0.0, 100))) for peak in (0.1, 0.2, 0.4)}
    assert traced == 1 and len(scores) == 3
