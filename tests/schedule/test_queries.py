# pyright: reportArgumentType=false
"""Sums, crossings and extremes: against plain loops over the values, in float64."""

import gc
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched._schedule import queries
from tests.helpers import compilations, enable_x64, tiers


integral, crossing, extrema = js.Schedule.integral, js.Schedule.crossing, js.Schedule.extrema


LAST = 2**31 - 1
WARM = js.warmup_cosine(peak_value=0.3, warmup_steps=100, total_steps=9000, end_value=0.01)
STACK = js.Linear(np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.5, 5.0]), np.array([10, 20, 5000]))
GRID = js.Cosine(np.array([[1.0, 2.0, 3.0], [0.1, 0.2, -0.3]]), 0.0, np.array([10, 6000, 0]))
SCHEDULES = {"one": WARM, "stack": STACK, "grid": GRID, "table": js.PiecewiseConstant([5, 5000], [0.1, 0.3, 0.2])}
schedules = pytest.mark.parametrize("schedule", tiers(SCHEDULES, list(SCHEDULES)[:2]))


def values_of(schedule: js.Schedule, steps: int) -> np.ndarray:
    return np.asarray(schedule(np.arange(steps)), np.float64)


def sums(schedule: js.Schedule, steps: Any) -> np.ndarray:
    """The twin of `integral`."""
    each = [values_of(schedule, max(int(n), 0)).sum(axis=-1) for n in np.ravel(steps)]
    return np.stack(each, axis=-1).reshape(schedule.shape + np.shape(steps))


def first_passed(values: np.ndarray, value: float) -> int:
    """The twin of `crossing`, for one row of values."""
    sides = np.sign(values - np.float32(value))
    passed = (sides == 0) | (sides != sides[0])
    return int(passed.argmax()) if passed.any() else -1


# Sums.


@schedules
@pytest.mark.parametrize("steps", [0, 1, 2, 100, 4095, 4096, 4097, 10_000, -7, np.array([[0, 7], [9000, 5000]])])
def test_the_integral_is_the_sum_of_the_values(schedule: js.Schedule, steps: Any):
    result = integral(schedule, steps)
    assert result.shape == schedule.shape + np.shape(steps) and result.dtype == np.float32
    np.testing.assert_allclose(result, sums(schedule, steps), rtol=1e-6, atol=1e-6)


def test_the_integral_takes_all_kinds_of_integers():
    for n in (7, np.int8(7), np.uint64(7), jnp.uint8(7), jnp.asarray(7), np.array(7, np.int16)):
        assert integral(WARM, n) == integral(WARM, 7)
    assert integral(WARM, [7, 8]).shape == (2,) and integral(STACK, []).shape == (3, 0)
    assert integral(STACK[:0], [7, 8]).shape == (0, 2)


@pytest.mark.parametrize("value", [0.001, 0.1, 0.3])
def test_the_integral_is_as_accurate_as_a_value_over_many_steps(value: float):
    many = np.array([10**7, 10**8, 123_456_789])
    np.testing.assert_allclose(integral(js.Constant(value), many), float(np.float32(value)) * many, rtol=2e-7)
    constant = js.Constant(value)
    inside = jax.jit(lambda n: integral(constant, n))(many)  # where XLA knows the value, and could reassociate
    np.testing.assert_allclose(inside, float(np.float32(value)) * many, rtol=2e-7)


def test_the_integral_of_a_curve_is_accurate_over_many_steps():
    line = js.Linear(0.0, 0.001, 10**7)
    np.testing.assert_allclose(integral(line, 10**7), 0.001 * (10**7 - 1) / 2, rtol=2e-7)
    cosine = js.Cosine(1.0, 0.0, 10**7)
    np.testing.assert_allclose(integral(cosine, 10**7 + 1), (10**7 + 1) / 2, rtol=2e-7)
    there_and_back = js.Linear(1.0, -1.0, 10**6)
    assert abs(integral(there_and_back, 10**6 + 1)) < 0.01


def test_an_integral_that_overflows_is_the_largest_float():
    assert integral(js.Constant(1e38), 10**6) == np.finfo(np.float32).max
    assert integral(js.Constant(-1e38), 10**6) == np.finfo(np.float32).min


def test_the_integral_can_be_traced_and_mapped():
    n = np.array([3, 4000, 9001], np.int32)
    np.testing.assert_allclose(jax.jit(integral)(WARM, n), sums(WARM, n), rtol=1e-6)
    np.testing.assert_allclose(jax.vmap(lambda n: integral(WARM, n))(n), sums(WARM, n), rtol=1e-6)
    rows = [sums(row, steps) for row, steps in zip(STACK, n, strict=True)]
    np.testing.assert_allclose(jax.jit(jax.vmap(integral))(STACK, n), rows, rtol=1e-6)
    assert jax.jit(integral)(WARM, -5) == 0


@pytest.mark.thorough
def test_the_gradient_of_the_integral_is_the_integral_of_the_gradient():
    def by_integral(rate: Any) -> jax.Array:
        return integral(js.InverseTimeDecay(1.0, 100, rate), 4500)

    def by_sum(rate: Any) -> jax.Array:
        return js.InverseTimeDecay(1.0, 100, rate)(np.arange(4500)).sum()

    exact = jax.grad(by_sum)(0.7)
    np.testing.assert_allclose(jax.jit(jax.grad(by_integral))(0.7), exact, rtol=1e-5)
    np.testing.assert_allclose(jax.jacfwd(by_integral)(0.7), exact, rtol=1e-5)
    np.testing.assert_allclose(jax.vmap(jax.grad(by_integral))(np.array([0.7, 0.7])), [exact, exact], rtol=1e-5)
    for twice in (jax.hessian(by_integral), jax.grad(jax.grad(by_integral))):
        np.testing.assert_allclose(twice(0.7), jax.grad(jax.grad(by_sum))(0.7), rtol=1e-5)


def test_the_gradient_of_the_integral_of_a_stack_is_that_of_its_rows():
    n, boundaries = np.array([5, 4500]), np.array([[3, 10], [2, 4000]])
    by_integral = jax.jacrev(lambda values: integral(js.PiecewiseConstant(boundaries, values), n))
    by_sum = [[3, 2, 0], [3, 7, 4490]], [[2, 3, 0], [2, 3998, 500]]
    gradient = by_integral(np.ones((2, 3), np.float32))
    assert gradient.shape == (2, 2, 2, 3)
    np.testing.assert_array_equal(gradient[0, :, 0], by_sum[0])
    np.testing.assert_array_equal(gradient[1, :, 1], by_sum[1])
    assert not gradient[0, :, 1].any() and not gradient[1, :, 0].any()


# Crossings.


@schedules
@pytest.mark.parametrize("value", [0.3, 0.29, 0.1, 0.05, 0.0, -0.1, 2.5, 9.0])
def test_a_crossing_is_the_first_step_at_or_beyond_the_value(schedule: js.Schedule, value: float):
    steps = crossing(schedule, value, 9999)
    rows = values_of(schedule, 10_000).reshape(-1, 10_000)
    assert steps.shape == schedule.shape and steps.dtype == np.int32
    assert np.ravel(steps).tolist() == [first_passed(row, value) for row in rows]


def test_a_crossing_counts_up_to_the_last_step_and_is_minus_1_where_there_is_none():
    line = js.Linear(1.0, 0.0, 100)
    assert crossing(line, 0.0, 100) == 100 and crossing(line, 0.0, 99) == -1
    assert crossing(line, 1.0, 0) == 0 and crossing(line, 0.5, 0) == -1
    assert crossing(line, -0.001, 10**6) == -1
    assert crossing(js.Linear(0.0, 1.0, 2**30), 2.0**-10, LAST) == 2**20


def test_a_crossing_broadcasts_rows_values_and_lengths():
    assert crossing(js.Linear(1.0, 0.0, 100), [1.0, 0.505, 0.0, -0.1], 1000).tolist() == [0, 50, 100, -1]
    assert crossing(STACK, [1.0, 1.25, 4.0], [0, 9, 5000]).tolist() == [0, -1, 2500]
    assert crossing(STACK, [[1.0], [0.5]], 5000).tolist() == [[0, 14, -1], [5, 20, -1]]
    assert crossing(STACK, 1.0, [[5000], [9]]).tolist() == [[0, 14, -1], [0, -1, -1]]
    with pytest.raises(ValueError, match=r"crossing: the shapes must broadcast"):
        crossing(STACK, [1.0, 2.0], 5)


def test_a_crossing_can_be_traced_mapped_and_sits_in_a_gradient():
    line = js.Linear(1.0, 0.0, 100)
    assert jax.jit(crossing)(line, 0.505, 1000) == 50
    assert jax.jit(crossing)(line, 0.5, -1) == -1
    assert jax.vmap(crossing, in_axes=(0, None, None))(STACK, 1.0, 100).tolist() == [0, 14, -1]

    def product(peak: Any) -> jax.Array:
        return peak * crossing(js.Linear(peak, 0.0, 100), 0.5 * peak, 1000).astype(np.float32)

    assert jax.grad(product)(0.3) == jax.jacfwd(product)(0.3) == 50


def test_a_crossing_stops_where_it_is_found():
    blocks: list[int] = []

    def look(steps: np.ndarray) -> np.ndarray:
        blocks.append(np.size(steps))
        return 1.0 - np.asarray(steps, np.float32)

    def value(t: jax.Array) -> jax.Array:
        return jax.pure_callback(look, jax.ShapeDtypeStruct((), np.float32), t, vmap_method="broadcast_all")

    assert crossing(js.FromFunction(value), -10_000.0, LAST) == 10_001
    assert sum(blocks) <= 3 * 4096 + 1


# Extremes.


@schedules
@pytest.mark.parametrize("total", [0, 1, 20, 4095, 4096, 9999])
def test_the_extrema_are_those_of_the_values_and_where_they_are_first(schedule: js.Schedule, total: int):
    found = extrema(schedule, total)
    values = values_of(schedule, total + 1)
    np.testing.assert_array_equal(found.lowest, values.min(axis=-1))
    np.testing.assert_array_equal(found.highest, values.max(axis=-1))
    np.testing.assert_array_equal(found.lowest_step, values.argmin(axis=-1))
    np.testing.assert_array_equal(found.highest_step, values.argmax(axis=-1))
    assert found.lowest.dtype == found.highest.dtype == np.float32 and found.lowest_step.dtype == np.int32
    assert {x.shape for x in found} == {schedule.shape}


def test_the_extrema_broadcast_rows_and_lengths():
    found = extrema(STACK, [[3], [30]])
    assert found.lowest_step.tolist() == [[3, 3, 0], [10, 20, 0]]
    assert found.highest_step.tolist() == [[0, 0, 3], [0, 0, 30]]
    np.testing.assert_allclose(found.lowest, [[0.7, 1.775, 3.0], [0.0, 0.5, 3.0]], rtol=1e-6)
    each = extrema(WARM, np.array([50, 100, 9000]))
    assert each.highest_step.tolist() == [50, 100, 100] and each.lowest_step.tolist() == [0, 0, 0]
    narrow = extrema(STACK[:1], [5, 7])
    assert narrow.lowest_step.tolist() == [5, 7]
    assert extrema(STACK[:0], 5).lowest.shape == (0,)
    with pytest.raises(
        ValueError,
        match=r"extrema: the shapes must broadcast, as those of a stack do, got \(3,\) of `schedule`, \(2,\) of `total_steps`",
    ):
        extrema(STACK, [1, 2])


def test_the_extrema_reach_the_last_step_that_there_is():
    found = queries.extrema_between(js.StepDecay(1.0, LAST, 0.5), LAST - 5000, LAST)
    assert (found.lowest_step, found.highest_step) == (LAST, LAST - 5000)


@pytest.mark.thorough
def test_the_extrema_can_be_traced_mapped_and_differentiated():
    assert jax.jit(extrema)(WARM, 5000).highest_step == 100
    assert jax.jit(extrema)(WARM, -5).highest_step == 0
    mapped = jax.vmap(extrema)(STACK, np.array([3, 30, 5000], np.int32))
    assert mapped.lowest_step.tolist() == [3, 20, 0] and mapped.highest_step.tolist() == [0, 0, 5000]
    for derivative in (jax.grad, jax.jacfwd):
        assert derivative(lambda x: extrema(js.Linear(0.0, x, 100), 500).highest)(0.7) == 1
        found = derivative(lambda scale: extrema(STACK * scale, 500).lowest.sum())(0.7)
        np.testing.assert_allclose(found, 0.0 + 0.5 + 3.0, rtol=1e-6)


def test_what_is_not_a_number_is_the_lowest_and_the_highest():
    found = extrema(js.FromFunction(lambda t: jnp.where(t == 5, np.nan, t.astype(np.float32))), 10)
    assert np.isnan(found.lowest) and np.isnan(found.highest) and found.lowest_step == found.highest_step == 5
    assert extrema(js.FromFunction(lambda t: t.astype(np.float32) + np.inf), 10).lowest == np.inf


# All of them.


@schedules
def test_other_numbers_do_not_compile_again(schedule: js.Schedule):
    other = jax.tree.map(lambda x: x * x.dtype.type(2), schedule)
    gc.collect()  # programs that other tests left go now, and not in the middle
    for n in (1, 5, 9000):
        for query, jitted in ((integral, queries._integral), (extrema, queries._extrema)):
            query(schedule, n)
            before = compilations(jitted)
            for numbers, steps in ((other, n + 4096), (other, np.int16(n)), (schedule, jnp.asarray(0))):
                query(numbers, steps)
            assert compilations(jitted) == before
        crossing(schedule, 0.1, n)
        before = compilations(queries._crossing)
        crossing(other, 0.2, n + 4096)
        crossing(schedule, np.float64(0), 0)
        assert compilations(queries._crossing) == before


def test_a_stack_whose_numbers_were_replaced_by_scalars_is_still_one():
    replaced = jax.tree.map(lambda x: x, STACK)
    object.__setattr__(replaced, "end_value", np.float32(0.0))
    same = js.Linear(STACK.init_value, 0.0, STACK.transition_steps)
    np.testing.assert_array_equal(integral(replaced, 50), integral(same, 50))
    np.testing.assert_array_equal(extrema(replaced, 50), extrema(same, 50))
    np.testing.assert_array_equal(crossing(replaced, 0.5, 50), crossing(same, 0.5, 50))


def test_a_leaf_of_another_precision_is_taken_as_it_is():
    line = js.Linear(1.0, 0.0, 10)
    object.__setattr__(line, "end_value", jnp.bfloat16(0.5))
    assert integral(line, 5) == 4.5 and extrema(line, 10).lowest == 0.5 and crossing(line, 0.5, 10) == 10


def test_in_float64_they_are_float64():
    with enable_x64(True):
        line = js.Linear(1.0, 0.0, 10**6)
        total = integral(line, 10**6)
        assert total.dtype == np.float64 and total == pytest.approx((10**6 + 1) / 2, rel=1e-14)
        assert jax.grad(lambda x: integral(js.Linear(x, 0.0, 10), 5))(1.0) == pytest.approx(4.0, rel=1e-14)
        assert crossing(line, 0.5, 10**6) == 500_000 and extrema(line, 10**6).lowest_step == 10**6
        assert crossing(js.StepDecay(1.0, 2**40, 0.5), 0.5, 1000).dtype == np.int64


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: integral(WARM, 5.0), TypeError, "integral: `steps` must be an integer, got 5.0."),
        (lambda: integral(WARM, True), TypeError, "integral: `steps` must be an integer, got True."),
        (lambda: integral(WARM, 2**31), ValueError, "integral: `steps` must be at most 2147483647"),
        (lambda: crossing(WARM, "1", 5), TypeError, "crossing: `value` must be a real number, got '1'"),
        (lambda: crossing(WARM, np.nan, 5), ValueError, "crossing: `value` must be finite in float32, got nan."),
        (lambda: crossing(WARM, 1.0, 5.0), TypeError, "crossing: `total_steps` must be an integer"),
        (lambda: crossing(WARM, 1.0, -5), ValueError, "crossing: `total_steps` must not be negative, got -5."),
        (lambda: extrema(WARM, -5), ValueError, "extrema: `total_steps` must not be negative, got -5."),
        (
            lambda: extrema(STACK, [1, -5, 1]),
            ValueError,
            "extrema: `total_steps` must not be negative, got -5 in row 1.",
        ),
        (lambda: extrema(WARM, None), TypeError, "extrema: `total_steps` must be an integer, got None"),
    ],
)
def test_bad_arguments_are_named(call: Any, error: type[Exception], message: str):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value).startswith(message)
