"""Values of stacks at many steps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import _evaluate
from tests.helpers import compilations


STACK = js.Cosine(np.geomspace(0.001, 1.0, 5), 0.0, np.array([10, 20, 30, 0, 1]))


def plain(schedules: js.Schedule, steps: jax.Array) -> jax.Array:
    """The twin: one schedule at one step, mapped over both."""
    return jax.vmap(lambda schedule: jax.vmap(schedule)(steps))(schedules)


def test_agrees_with_its_twin():
    steps = jnp.arange(40)
    np.testing.assert_array_equal(js.evaluate(STACK, steps), plain(STACK, steps))
    np.testing.assert_array_equal(js.evaluate(STACK, 40), plain(STACK, steps))


@pytest.mark.parametrize("steps", [np.int64(7), np.arange(7), np.zeros((2, 3), int), np.array(3), 0, np.arange(0)])
def test_has_the_shape_of_the_stack_then_that_of_the_steps(steps):
    shape = np.shape(steps) if isinstance(steps, np.ndarray) else (int(steps),)
    for schedule in (STACK, STACK[0], js.stack([STACK, STACK])):
        values = js.evaluate(schedule, steps)
        assert values.shape == schedule.shape + shape and values.dtype == np.float32


def test_an_empty_stack_has_no_values():
    assert js.evaluate(STACK[:0], 7).shape == (0, 7)


def test_fills_a_numpy_array():
    out = np.zeros((5, 40), np.float32)
    assert js.evaluate(STACK, 40, out=out) is out
    np.testing.assert_array_equal(out, js.evaluate(STACK, 40))
    wide = np.zeros((5, 80), np.float32)
    js.evaluate(STACK, 40, out=wide[:, ::2])
    np.testing.assert_array_equal(wide[:, ::2], out)
    assert (wide[:, 1::2] == 0).all()


def test_uses_the_memory_of_an_earlier_result_again():
    first = js.evaluate(STACK, 40)
    pointer = first.unsafe_buffer_pointer()
    again = js.evaluate(js.Cosine(1.0, 0.0, np.arange(5)), 40, out=first)
    assert first.is_deleted() and again.unsafe_buffer_pointer() == pointer
    np.testing.assert_array_equal(again, js.evaluate(js.Cosine(1.0, 0.0, np.arange(5)), 40))


def test_other_numbers_do_not_compile_again():
    js.evaluate(STACK, 40, out=js.evaluate(STACK, 40))
    before = compilations(_evaluate._into)
    for i in range(10):
        other = js.Cosine(np.full(5, 0.1 * i), 0.0, np.full(5, i))
        js.evaluate(other, 40, out=js.evaluate(STACK, 40))
    assert compilations(_evaluate._into) == before


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        (
            {"schedules": 0.1, "steps": 5},
            TypeError,
            "evaluate: `schedules` must be a schedule, a stack or a list, got 0.1",
        ),
        ({"steps": -1}, ValueError, "evaluate: `steps` must not be negative, got -1"),
        ({"steps": 5.0}, TypeError, "evaluate: `step` must be an integer or an array of integers, got 5.0"),
        ({"steps": [1, 2]}, TypeError, "evaluate: `step` must be an integer or an array of integers"),
        ({"steps": np.arange(3.0)}, TypeError, "evaluate: `step` must be an integer or an array of integers"),
        ({"steps": 5, "out": [0.0] * 5}, TypeError, "`out` must be an array, or a function that makes one"),
        (
            {"steps": 5, "out": np.zeros((5, 4), np.float32)},
            ValueError,
            r"must be float32 of shape \(5, 5\), got float32 of",
        ),
        ({"steps": 5, "out": np.zeros((5, 5))}, ValueError, r"must be float32 of shape \(5, 5\), got float64"),
    ],
)
def test_bad_arguments_are_named(arguments, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        js.evaluate(**{"schedules": STACK, **arguments})
