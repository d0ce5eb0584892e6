"""The contract holds for any composition that hypothesis can think of."""

import pickle

import jax
import numpy as np
from hypothesis import given, strategies as st

import jaxsched as js
from jaxsched._data.checks import PART_OF_RUN
from tests import strategies
from tests.helpers import examples, float_leaves


@examples(2, 25)
@given(schedule=strategies.schedules(growth=True), steps=st.lists(strategies.steps, min_size=8, max_size=8))
def test_any_schedule_keeps_the_contract(schedule: js.Schedule, steps: list[int]):
    at = np.array(steps, np.int32)
    values = schedule(at)
    assert values.shape == (8,) and values.dtype == np.float32
    assert np.isfinite(values).all()

    try:
        again = eval(repr(schedule), dict(vars(js)))
    except ValueError as error:  # `stretch` came to a length of less than a step, which nobody may write
        assert PART_OF_RUN in str(error)
    else:
        assert again == schedule and hash(again) == hash(schedule)
    assert pickle.loads(pickle.dumps(schedule)) == schedule

    # mapped, the same up to rounding; relative to the largest, because sums may cancel
    largest = float(np.abs(values).max())
    both = js.stack([schedule, schedule])
    np.testing.assert_allclose(both(at)[1], values, rtol=1e-5, atol=1e-5 * largest)
    np.testing.assert_allclose(
        jax.jit(lambda s, t: jax.vmap(s)(t))(schedule, at), values, rtol=1e-5, atol=1e-5 * largest
    )


@examples(2, 15)
@given(schedule=strategies.schedules(growth=False), step=strategies.steps)
def test_any_schedule_has_finite_gradients(schedule: js.Schedule, step: int):
    @jax.jit
    def gradient(schedule: js.Schedule, step: jax.Array) -> list[jax.Array]:
        floats, rebuild = float_leaves(schedule)
        return jax.grad(lambda floats: rebuild(floats)(step))(floats)

    for x in gradient(schedule, np.int32(step)):
        assert np.isfinite(x).all()
