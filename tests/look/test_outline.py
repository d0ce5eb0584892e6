# pyright: reportArgumentType=false
"""The outline of a schedule is what a plain loop over all of its values finds, and what it costs to compile."""

import gc
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

import jaxsched as js
from jaxsched._look.outline import JUMP, SEEN, Outline, largest, outline, some_rows, values_at
from jaxsched._schedule.calling import call, call_packed
from tests import strategies
from tests.catalogue import ROWS
from tests.helpers import compilations, examples, tiers


BLOCK = 2**16
"""So many steps of a single schedule are looked at at a time."""

STACK = js.wsd(
    peak_value=np.array([[0.1, 0.2, -0.3], [1.0, 0.0, 5.0]]),
    warmup_steps=np.array([0, 100, 7]),
    cooldown_steps=100,
    total_steps=1000,
)


def all_values(schedule: js.Schedule, total_steps: int) -> np.ndarray:
    return values_at(schedule, np.arange(total_steps + 1))


def check(schedule: js.Schedule, total_steps: int, columns: int) -> Outline:
    """Against all values, column by column."""
    seen, values = outline(schedule, total_steps, columns), all_values(schedule, total_steps)
    assert len(seen.begins) == len(seen.ends) == min(columns, total_steps + 1)
    assert seen.begins[0] == 0 and seen.ends[-1] == total_steps
    np.testing.assert_array_equal(seen.begins[1:], seen.ends[:-1] + 1)
    widths = seen.ends - seen.begins + 1
    assert widths.min() >= 1 and np.ptp(widths) <= 1
    np.testing.assert_array_equal(seen.first, values[..., seen.begins])
    np.testing.assert_array_equal(seen.last, values[..., seen.ends])
    parts = [values[..., begin : end + 1] for begin, end in zip(seen.begins, seen.ends, strict=True)]
    lowest, highest = (np.stack([fn.reduce(part, axis=-1) for part in parts], axis=-1) for fn in (np.fmin, np.fmax))
    np.testing.assert_array_equal(seen.lowest, lowest)
    np.testing.assert_array_equal(seen.highest, highest)
    check_path(seen)
    return seen


def check_path(seen: Outline) -> None:
    """It stays in each column, goes forward, begins and ends as the column does, and is at both of its extremes."""
    steps, values = seen.path()
    points = 1 if (seen.begins == seen.ends).all() else 4
    columns = values.reshape(*seen.first.shape, points)
    at = np.broadcast_to(steps, values.shape).reshape(columns.shape)
    assert (at >= seen.begins[:, None]).all() and (at <= seen.ends[:, None]).all()
    assert (np.diff(at, axis=-1) >= 0).all()
    np.testing.assert_array_equal(columns[..., 0], seen.first)
    np.testing.assert_array_equal(columns[..., -1], seen.last)
    np.testing.assert_array_equal(np.fmin.reduce(columns, axis=-1), seen.lowest)
    np.testing.assert_array_equal(np.fmax.reduce(columns, axis=-1), seen.highest)


# What is in a column.


@examples(6, 50)
@given(
    schedule=strategies.schedules(growth=True),
    total_steps=st.sampled_from([0, 1, 2, "columns - 1", "columns", "columns + 1", 65535, 65536, 65537, 200_000]),
    columns=st.sampled_from([1, 2, 7, 160, 1024]),
)
def test_the_outline_of_any_composition_is_that_of_all_its_values(schedule: Any, total_steps: Any, columns: int):
    lengths = {"columns - 1": columns - 1, "columns": columns, "columns + 1": columns + 1}
    check(schedule, lengths.get(total_steps, total_steps), columns)


@pytest.mark.parametrize("columns", [1, 3, 64, 160, 1024])
@pytest.mark.parametrize("total_steps", [0, 1, 2, 63, 64, 65, 159, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_all_lengths_fall_into_columns(total_steps: int, columns: int):
    check(js.CosineRestarts(1.0, 0.1, 77, decay=0.99), total_steps, columns)


@pytest.mark.parametrize("total_steps", [0, 159, 160, 161, 2**17 - 1, 2**17, 2**17 + 1])  # a block of 6 rows is 2**17
def test_a_stack_has_the_outline_of_each_row(total_steps: int):
    seen = check(STACK, total_steps, 160)
    assert seen.first.shape == (2, 3, min(160, total_steps + 1)) and not seen.jumps.size
    one = outline(STACK[1, 2], total_steps, 160)
    np.testing.assert_allclose(seen.highest[1, 2], one.highest, rtol=1e-6)


@pytest.mark.parametrize("rows", tiers({str(n): n for n in (1, 2, 15, 16, 17, 1000, 70_000)}, ("1", "17", "1000")))
def test_any_number_of_rows_is_looked_at_in_blocks_that_fit(rows: int):
    stack = js.Linear(np.linspace(0.0, 1.0, rows), 0.5, np.arange(rows) % 100)
    total_steps = 100 if rows > 1000 else 2 * BLOCK // rows + 1
    seen = check(stack, total_steps, 7)
    assert seen.first.shape == (rows, 7)


def test_an_empty_stack_has_an_empty_outline():
    seen = outline(STACK[:0], 1000, 160)
    assert seen.first.shape == seen.highest.shape == (0, 3, 160) and seen.path()[1].shape == (0, 3, 640)


def test_the_values_are_those_of_the_schedule():
    steps = np.array([0, 5, 2**31 - 1, 3, 999, 1000])
    for name in ("Linear", "FromFunction", "PiecewiseConstant"):
        schedule = ROWS[name].build()
        np.testing.assert_allclose(values_at(schedule, steps), np.asarray(schedule(steps), float), rtol=1e-6)
    np.testing.assert_allclose(values_at(STACK, steps), np.asarray(STACK(steps), float), rtol=1e-6)
    assert values_at(STACK, np.empty(0, int)).shape == (2, 3, 0)


def test_the_values_are_those_of_evaluate():
    table = js.evaluate(STACK, 500)
    np.testing.assert_allclose(all_values(STACK, 499), np.asarray(table, float), rtol=1e-6)


def test_some_rows_are_of_all_the_stack():
    many = js.Constant(np.arange(600.0).reshape(20, 30))
    np.testing.assert_array_equal(some_rows(many, 1000)(0), np.arange(600.0))
    few = np.asarray(some_rows(many, 64)(0))
    assert len(few) == 64 and few[0] == 0 and few[-1] == 599 and (np.diff(few) >= 9).all()
    np.testing.assert_array_equal(some_rows(js.Constant([3.0, 7.0]), 1)(0), [3.0])


# What is no number.


def nothing(t: jax.Array) -> jax.Array:
    return jnp.full(t.shape, np.nan, np.float32)


def gaps(t: jax.Array) -> jax.Array:
    """Gaps longer and shorter than a column, at the first and the last step, and across the border of blocks."""
    missing = (t < 3) | (t % 1000 > 700) | (abs(t - BLOCK) < 9) | (t == 2 * BLOCK)
    return jnp.where(missing, np.nan, jnp.sin(t.astype(np.float32)))


def infinities(t: jax.Array) -> jax.Array:
    return jnp.select([t % 1000 == 5, t % 1000 == 6, t % 5000 > 4000], [np.inf, -np.inf, np.inf], t.astype(np.float32))


@pytest.mark.parametrize("fn", [nothing, gaps, infinities])
@pytest.mark.parametrize("total_steps", [0, 5, 6, 1000, 2 * BLOCK])
def test_what_is_no_number_is_passed_over(fn: Callable[..., Any], total_steps: int):
    seen = check(js.FromFunction(fn), total_steps, 160)
    assert fn is not nothing or (np.isnan(seen.highest).all() and not seen.jumps.size)


def test_a_row_of_no_numbers_leaves_the_others_alone():
    stack = js.Constant([1.0, 2.0]) * js.FromFunction(gaps)
    assert np.isnan(check(stack, 2 * BLOCK, 999).lowest).any()


def test_what_is_never_a_number_is_furthest_from_0_nowhere():
    schedule = js.FromFunction(nothing)
    step, most = largest(schedule, outline(schedule, 100, 7))
    assert step == 0 and np.isnan(most)


def test_an_infinity_is_no_jump_and_hides_none():
    jumps = js.FromFunction(lambda t: jnp.where(t == 100, np.inf, jnp.where(t < 500, 1.0, 2.0)))
    assert outline(jumps, 1000, 160).jumps.tolist() == [500]
    back = js.FromFunction(lambda t: jnp.where(t % 2 == 0, np.inf, -np.inf))
    assert outline(back, 1000, 160).jumps.tolist() == []


def test_the_largest_difference_of_floats_is_a_jump():
    assert outline(js.PiecewiseConstant([50], [-3e38, 3e38]), 100, 10).jumps.tolist() == [50]


def test_the_step_that_is_furthest_from_0_is_the_first_such():
    bump = js.PiecewiseConstant([10, 2 * BLOCK, 2 * BLOCK + 5, 3 * BLOCK], [0.1, 0.2, -0.7, 0.7, 0.0])
    assert largest(bump, outline(bump, 4 * BLOCK, 160)) == (2 * BLOCK, pytest.approx(-0.7))
    assert largest(bump, outline(bump, 20, 4)) == (10, pytest.approx(0.2))
    assert largest(bump, outline(bump, 9, 4)) == (0, pytest.approx(0.1))


# Jumps.


def jumps_in(values: np.ndarray) -> np.ndarray:
    """The twin, of all values at once."""
    change = np.abs(np.diff(values))
    before, after = np.append(0, change[:-1]), np.append(change[1:], 0)
    sizes = np.maximum(np.abs(values[:-1]), np.abs(values[1:]))
    return np.flatnonzero((change > JUMP * np.maximum(before, after)) & (change > SEEN * sizes)) + 1


BORDERS = [1, 2, 3, 1000, BLOCK - 2, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 2, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 1]


@pytest.mark.parametrize("at", BORDERS)
@pytest.mark.parametrize("after", [0, 1, 2, 3, 70_000])
def test_a_jump_is_found_at_any_step(at: int, after: int):
    """Also at the last step, and across the border of two blocks."""
    for schedule in (js.PiecewiseConstant([at], [0.5, 0.3]), js.PiecewiseConstant([at], [0.0, 1e-30])):
        assert outline(schedule, at + after, 160).jumps.tolist() == [at]
        assert outline(schedule, at - 1, 160).jumps.tolist() == []


@pytest.mark.parametrize("total_steps", [1, 2, 3, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 2, 200_000])
def test_jumps_in_noise_are_those_of_a_loop_over_all_values(total_steps: int):
    noise = js.FromFunction(lambda t: jnp.sin(t.astype(np.float32) ** 2 % 1e3) ** 7)
    found = outline(noise, total_steps, 160).jumps
    np.testing.assert_array_equal(found, jumps_in(all_values(noise, total_steps)))
    assert len(found) > 1000 or total_steps < 1000


def test_jumps_too_small_to_see_are_none():
    assert outline(js.PiecewiseConstant([50], [1.0, 1.0099]), 100, 10).jumps.tolist() == []
    assert outline(js.PiecewiseConstant([50], [1.0, 1.0103]), 100, 10).jumps.tolist() == [50]
    assert outline(js.PiecewiseConstant([50, 70], [1.0, 1e-8, 2e-8]), 100, 10).jumps.tolist() == [50]


def test_jumps_that_follow_each_other_within_a_step_are_a_curve():
    assert outline(js.Tabulated([0.0, 1.0, 0.0, 1.0, 0.0, 1.0]), 100, 10).jumps.tolist() == []
    assert outline(js.Linear(0.0, 1.0, 4), 100, 10).jumps.tolist() == []


JUMPING = {
    "ExponentialDecay, staircase",
    "NaturalExponentialDecay, staircase",
    "InverseTimeDecay, staircase",
    "StepDecay",
    "PiecewiseConstant",
    "MultiStep",
    "sequence",
    "shift, earlier",
    "PiecewiseInterpolate",
    "Tabulated",
    "CosineRestarts",
    "CosineRestarts, growing, lower, three times",
    "CosineRestarts, growing by half",
    "join_schedules, of alike pieces",
    "every",
    "repeat",
    "repeat, growing",
    "warmup_step",
    "warmup_multistep",
    "wsd_s",
    "sgdr",
}
FEW = ("Linear", "Cosine", "ExponentialDecay", "InverseTimeDecay", "CosineAnnealing", "arithmetic", "wsd", "Triangular")


@pytest.mark.parametrize("name", tiers([name for name in ROWS if name not in JUMPING], FEW))
def test_a_smooth_curve_has_no_jumps(name: str):
    schedule = ROWS[name].build()
    assert outline(schedule, 3_000_000, 160).jumps.tolist() == []
    assert outline(schedule, 90, 160).jumps.tolist() == []


@pytest.mark.parametrize("name", tiers(sorted(JUMPING), ("StepDecay", "sgdr", "every")))
def test_others_jump_early_and_where_their_values_do(name: str):
    schedule = ROWS[name].build()
    found, values = outline(schedule, 100, 160).jumps, all_values(schedule, 100)
    assert found.size and found.tolist() == jumps_in(values).tolist()


@pytest.mark.parametrize(
    "schedule",
    [
        js.Linear(1.0, 0.0, 3_000_000),
        js.Cosine(1.0, 0.0, 3_000_000),
        js.warmup_cosine(peak_value=0.3, warmup_steps=10_000, total_steps=3_000_000),
        js.HalfLife(1e-3, 100_000),
        js.warmup_constant(peak_value=1e-4, warmup_steps=2_000_000),
    ],
    ids=lambda schedule: schedule._name,
)
def test_a_long_smooth_curve_has_no_jumps_although_floats_are_coarse(schedule: js.Schedule):
    assert outline(schedule, 3_000_000, 160).jumps.tolist() == []


# What it costs.


def compiled() -> int:
    return compilations(call) + compilations(call_packed)


def test_a_structure_is_compiled_once_whatever_the_length_and_the_numbers():
    @js.recipe
    def of_this_test(*, peak_value: float, warmup_steps: int) -> js.Schedule:
        return js.warmup_constant(peak_value=peak_value, warmup_steps=warmup_steps)

    schedule = of_this_test(peak_value=1.0, warmup_steps=10)
    gc.collect()  # programs go with the functions in them
    before = compiled()
    for total_steps in (0, 1, BLOCK - 1, BLOCK, 200_000):
        outline(schedule, total_steps, 160)
        outline(of_this_test(peak_value=2.0, warmup_steps=total_steps), total_steps, 7)
        js.landmarks(schedule, total_steps)
    assert compiled() == before + 1

    stack = of_this_test(peak_value=np.arange(5.0), warmup_steps=10)
    for total_steps in (0, 1, 1000, 200_000):
        outline(stack, total_steps, 160)
    assert compiled() == before + 2
