"""Joins, sequences, shifts and arithmetic."""

import copy
import math
import operator
import pickle
from collections.abc import Callable
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched._numerics.floats import raised


LAST = 2**31 - 1
UP, FLAT, DOWN = js.Linear(0.0, 1.0, 10), js.Constant(0.5), js.Linear(1.0, 0.0, 20)


def test_a_boundary_is_step_0_of_the_next_schedule():
    joined = js.join_schedules([UP, DOWN], [4])
    assert joined(3) == UP(3) and joined(4) == DOWN(0) and joined(5) == DOWN(1)


class Root(js.Schedule):
    """A formula that no negative step can be given to."""

    value: float

    def formula(self, step: jax.Array) -> jax.Array:
        return self.value * jnp.sqrt(step.astype(jnp.float32))


@pytest.mark.parametrize("boundary", [0, jnp.float32(0.0)])
def test_a_schedule_that_is_skipped_is_asked_for_no_negative_step(boundary: Any):
    joined: Any = js.join_schedules([Root(2.0), FLAT], jnp.stack([boundary]))
    assert joined(3) == 0.5
    assert np.isfinite(jax.grad(lambda value: js.join_schedules([Root(value), FLAT], jnp.stack([boundary]))(3))(2.0))


def test_a_sequence_is_a_join_at_the_running_sums():
    assert js.sequence([UP, FLAT, DOWN], [10, 5]) == js.join_schedules([UP, FLAT, DOWN], [10, 15])


def test_a_sequence_longer_than_an_int32_holds_at_the_last_step():
    joined = js.sequence([UP, FLAT, DOWN], [LAST, LAST])
    assert joined == js.join_schedules([UP, FLAT, DOWN], [LAST, LAST])
    traced = jax.jit(lambda d: js.sequence([UP, FLAT, DOWN], d))(np.array([LAST, LAST], np.int32))
    assert traced == joined


def test_a_schedule_of_no_duration_is_skipped():
    for joined in (js.sequence([UP, FLAT, DOWN], [0, 7]), js.sequence([FLAT, UP, DOWN], [7, 0])):
        assert (joined(np.arange(7, 30)) == DOWN(np.arange(23))).all()
        assert (joined(np.arange(7)) == 0.5).all()


def test_one_schedule_alone_can_be_joined():
    assert (js.join_schedules([UP], [])(np.arange(20)) == UP(np.arange(20))).all()
    assert (js.sequence([UP], ())(np.arange(20)) == UP(np.arange(20))).all()


def test_a_schedule_is_never_asked_for_a_step_outside_its_life():
    # 1/(10 - t) has a pole at 10, where it is over; 1/(1 + t) has one at -1, before it begins
    joined = js.join_schedules(
        [
            js.FromFunction(lambda t: 1 / (10.0 - t.astype(float))),
            js.FromFunction(lambda t: 1 / (1.0 + t.astype(float))),
        ],
        [10],
    )
    steps = np.arange(30)
    exact = np.where(steps < 10, 1 / np.where(steps < 10, 10 - steps, 1), 1 / np.maximum(steps - 9.0, 1))
    np.testing.assert_allclose(joined(steps), exact, rtol=1e-6)
    gradient = jax.vmap(jax.grad(lambda scale, t: (joined * scale)(t)), in_axes=(None, 0))(1.0, steps)
    np.testing.assert_allclose(gradient, exact, rtol=1e-6)


def test_traced_boundaries_out_of_order_take_the_last_that_is_passed():
    joined = jax.jit(lambda b: js.join_schedules([js.Constant(1.0), js.Constant(2.0), js.Constant(3.0)], b))
    assert joined(np.array([20, 10], np.int32))(np.array([5, 15, 25])).tolist() == [1, 3, 3]


def test_stacks_broadcast_through_joins_and_arithmetic():
    stacked = js.sequence([js.Linear(0.0, np.array([1.0, 2.0, 3.0]), 10), FLAT], [10])
    assert stacked.shape == (3,) and stacked(5).tolist() == [0.5, 1.0, 1.5]
    lengths = js.sequence([js.Linear(0.0, 1.0, 10), FLAT], [np.array([5, 10])])
    assert lengths.shape == (2,) and lengths(7).tolist() == [0.5, pytest.approx(0.7)]
    assert (FLAT * np.array([1.0, 2.0]))(0).tolist() == [0.5, 1.0]
    with pytest.raises(ValueError, match="the shapes must broadcast"):
        js.sequence([js.Constant(np.ones(3)), js.Constant(np.ones(2))], [10])


@pytest.mark.parametrize("steps", [0, 5, 100, LAST, -1, -5, -LAST])
def test_shift_moves_a_schedule_without_overflow(steps: int):
    t = np.array([0, 1, 4, 5, 6, 15, 100, 101, LAST - 1, LAST])
    inner = np.clip(t - steps, 0, LAST)
    assert (js.shift(UP, steps)(t) == UP(inner)).all()
    np.testing.assert_allclose(jax.jit(lambda s: js.shift(UP, s)(t))(steps), UP(inner), rtol=2**-22)


def test_operators_take_schedules_and_all_kinds_of_numbers():
    steps = np.arange(25)
    up, down = np.asarray(UP(steps)), np.asarray(DOWN(steps))
    for two in (2, 2.0, np.float64(2), np.float32(2), np.int64(2), jnp.float32(2), jnp.int32(2)):
        for ours, exact in (
            (UP + two, up + 2), (two + UP, 2 + up), (UP - two, up - 2), (two - UP, 2 - up),
            (UP * two, up * 2), (two * UP, 2 * up), (UP / two, up / 2), (two / (UP + two), 2 / (up + 2)),
        ):  # fmt: skip
            assert isinstance(ours, js.Schedule)
            np.testing.assert_allclose(ours(steps), exact, rtol=1e-6)
    np.testing.assert_array_equal((-UP)(steps), -up)
    for ours, exact in ((UP + DOWN, up + down), (UP - DOWN, up - down), (UP * DOWN, up * down)):
        np.testing.assert_allclose(ours(steps), exact, rtol=1e-6, atol=1e-7)
    summed = sum([UP, DOWN, FLAT])
    assert isinstance(summed, js.Schedule)
    np.testing.assert_allclose(summed(steps), up + down + 0.5, rtol=1e-6)


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "minimum": js.minimum,
    "maximum": js.maximum,
}


@pytest.mark.parametrize("symbol", OPERATIONS)
def test_many_operands_are_one_schedule_with_the_bits_of_one_after_another(symbol: str):
    operate, step = OPERATIONS[symbol], 7
    terms = [js.Linear(0.1 * i + 0.3, 1.7, 10 + i) for i in range(4)]
    schedules = [terms[0], 1.1, *terms[1:], 0.7]
    many = reduce(operate, schedules)
    names = {**vars(js)}
    assert len(jax.tree.leaves(many)) == 4 * 3 + 2 and repr(many).count("(") == 5
    assert eval(repr(many), names) == many and hash(eval(repr(many), names)) == hash(many)
    one_by_one: Any = schedules[0]
    for schedule in schedules[1:]:
        one_by_one = js.Constant(np.asarray(operate(js.Constant(one_by_one(step)), schedule)(step)))
    assert many(step) == one_by_one(step)


def test_a_power_is_finite_and_so_is_its_gradient():
    ramp = js.Linear(80.0, 0.5, 10) ** 7  # the noise of Karras et al. (2022)
    np.testing.assert_allclose(ramp(np.arange(11)), np.linspace(80, 0.5, 11) ** 7, rtol=1e-5)
    np.testing.assert_allclose((0.5 ** js.Linear(1.0, 3.0, 4))(np.arange(5)), 0.5 ** np.linspace(1, 3, 5), rtol=1e-6)
    numbers = np.array([-1e30, -2.0, -1.0, -1e-30, -0.0, 0.0, 1e-30, 0.5, 1.0, 2.0, 1e30], np.float32)
    powers = np.array([-1e3, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 1e3], np.float32)
    values, gradients = jax.vmap(jax.vmap(jax.value_and_grad(raised, (0, 1)), (None, 0)), (0, None))(numbers, powers)
    assert all(np.isfinite(x).all() for x in (values, *gradients))
    with np.errstate(all="ignore"):
        exact = numbers.astype(np.float64)[:, None] ** powers.astype(np.float64)
    normal = np.isfinite(exact) & (np.abs(numbers)[:, None] > 1e-18) | (np.abs(numbers) > 1e-18)[:, None] & ~np.isnan(
        exact
    )
    largest = float(np.finfo(np.float32).max)
    np.testing.assert_allclose(values[normal], np.clip(exact, -largest, largest)[normal], rtol=1e-6, atol=1e-37)
    assert raised(jnp.float32(-8.0), jnp.float32(1 / 3)) == 0 == raised(jnp.float32(0.0), jnp.float32(-1.0))
    assert jax.grad(raised)(0.0, 1.0) == 1 and jax.grad(raised)(-2.0, 3.0) == 12


def test_a_power_is_written_as_python_reads_it():
    for power in (UP**2**DOWN, (UP**2) ** DOWN, (-2.0) ** js.Constant(3.0), 2.0**UP, -(UP**2)):
        assert eval(repr(power), dict(vars(js))) == power


def test_a_bare_number_is_a_constant_wherever_a_schedule_is_taken():
    held = js.Constant(0.5)
    assert js.sequence([UP, 0.5], [10]) == js.sequence([UP, held], [10])
    assert js.join_schedules([0.5, UP], [10]) == js.join_schedules([held, UP], [10])
    assert js.select(1, [UP, 0.5]) == js.select(1, [UP, held]) and js.splice(0.5, 3, UP) == js.splice(held, 3, UP)
    assert js.decay_from(0.5, 3, 10) == js.decay_from(held, 3, 10) and js.every(0.5, 3) == js.every(held, 3)
    assert js.sequence([UP, np.array([0.5, 0.7])], [10]).shape == (2,)
    assert js.evaluate([UP, 0.5], 3).shape == (2, 3) and js.lint(0.5, 10) == []


def test_a_sum_on_the_right_is_a_sum_of_its_own():
    tiny = js.Constant(1e-8)
    assert (1.0 + tiny + tiny) != (1.0 + (tiny + tiny))
    assert repr(1.0 + (tiny + tiny)) == "(1.0 + (Constant(value=1e-08) + Constant(value=1e-08)))"
    assert repr(1.0 + tiny + tiny) == "(1.0 + Constant(value=1e-08) + Constant(value=1e-08))"


def test_a_number_that_divides_is_not_zero_wherever_it_stands():
    for divide in (lambda: UP / 2.0 / 0.0, lambda: UP / DOWN / 0.0, lambda: 1.0 / UP / 0.0):
        with pytest.raises(ValueError, match=r"a schedule cannot be divided by zero, got 0\.0"):
            divide()


def test_a_sum_and_a_product_that_overflow_on_the_way_are_finite():
    largest = js.Constant(3e38)
    assert (largest + largest - largest)(0) < 1e38
    assert (largest + largest + -1.0 * largest)(0) < 1e38
    assert (largest * largest * 0.0)(0) == 0


@pytest.mark.thorough
def test_hundreds_of_schedules_can_be_summed_and_multiplied():
    terms = [js.Constant(0.25 * (i % 7)) for i in range(500)]
    total = sum(terms)
    assert isinstance(total, js.Schedule)
    assert total(3) == sum(float(term(0)) for term in terms) and len(jax.tree.leaves(total)) == 501
    assert eval(repr(total), {**vars(js)}) == total and pickle.loads(pickle.dumps(total)) == total
    assert hash(copy.deepcopy(total)) == hash(total) and js.stretch(total, 10, 20)(3) == total(3)
    assert js.maximum(*terms)(0) == 1.5 and js.minimum(*terms)(0) == 0
    product: Any = math.prod([js.Constant(1.0 + 0.5 * (i == 9)) for i in range(500)])
    assert product(3) == 1.5
    assert js.stack([total, total]).shape == (2,) and js.lint(total, 5) == []


def test_every_operand_of_a_sum_is_stretched_and_must_have_a_length():
    stretched = js.stretch(1.0 + UP + DOWN + 2.0, 20, 200)
    assert stretched == 1.0 + js.Linear(0.0, 1.0, 100) + js.Linear(1.0, 0.0, 200) + 2.0
    for other in (js.FromFunction(lambda t: 1.0), js.Tabulated([1.0, 2.0])):
        with pytest.raises(TypeError, match="a schedule without lengths cannot be stretched"):
            js.stretch(UP + DOWN + other, 20, 200)


def test_a_quotient_is_0_where_its_denominator_is():
    quotient = 1.0 / js.Linear(1.0, 0.0, 10)
    assert quotient(5) == 2 and (quotient(np.arange(10, 20)) == 0).all()
    gradient = jax.grad(lambda x: (x / js.Linear(1.0, 0.0, 10))(10))(1.0)
    assert gradient == 0


def test_a_quotient_of_any_size_is_finite_and_so_is_its_gradient():
    for b in (1e-38, 1e-30, 1e-19, 1.1e-18, 1e-10, -1e-18, -1e-30):
        value, gradients = jax.value_and_grad(lambda a, b: (a / js.Constant(b))(0), (0, 1))(2.0, b)
        assert np.isfinite(value) and np.isfinite(gradients).all()
        np.testing.assert_allclose(value, 2.0 / b if abs(b) > 1e-18 else 0.0, rtol=1e-6)


def test_operators_leave_what_they_do_not_know_to_python():
    for other in ("0.1", None, {}, object()):
        with pytest.raises(TypeError, match=r"unsupported operand|can't multiply sequence"):
            UP * other  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]


def test_a_function_may_return_any_kind_of_real_number():
    steps = np.arange(4)
    with jax.numpy_dtype_promotion("standard"):
        for fn in (
            lambda t: t // 2,
            lambda t: jnp.asarray(t, jnp.bfloat16),
            lambda t: 3,
            lambda t: 0.5,
            lambda t: np.float64(2),
        ):
            expected = [float(fn(t)) for t in steps]
            function = js.FromFunction(fn)
            for schedule in (function, function * 1.0, js.join_schedules([function, UP], [99]), js.shift(function, 0)):
                assert schedule(steps).dtype == np.float32 and schedule(steps).tolist() == expected


def test_bounds_that_are_traced_or_schedules_may_cross_and_the_upper_one_counts():
    assert jax.jit(lambda lowest: js.clip(UP, lowest, 0.0)(5))(1.0) == 0
    assert js.clip(UP, 1.0, js.Constant(0.0))(5) == 0
    assert js.clip(UP, np.float32(0.1), 0.1)(5) == np.float32(0.1)  # the same bound, in two precisions
