"""The range test: one program for all seeds, and suggestions that lie where the loss falls."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.training import RangeTest, range_test
from jaxsched.training.finder import SMOOTHING


STEPS, CURVATURE = 200, jnp.array([1.0, 4.0])
BATCHES = {"noise": np.random.default_rng(0).normal(0, 0.1, (STEPS, 2)).astype(np.float32)}
KEYS = jax.random.split(jax.random.key(1), 5)


def train_step(x: jax.Array, batch: dict[str, jax.Array], rate: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Gradient descent on a bowl that it leaves at rates beyond 2 / 4."""
    loss, slope = jax.value_and_grad(lambda x: jnp.sum(CURVATURE * (x + batch["noise"]) ** 2) / 2)(x)
    return x - rate * slope, loss


def init(key: jax.Array) -> jax.Array:
    return 3 + jax.random.normal(key, (2,))


@pytest.fixture(scope="module")
def found() -> RangeTest:
    return range_test(train_step, init, BATCHES, KEYS, lowest=1e-4, highest=1e4)


def test_the_rates_grow_by_one_factor_from_the_lowest_to_the_highest(found: RangeTest):
    assert found.rates[0] == np.float32(1e-4) and found.rates[-1] == np.float32(1e4)
    np.testing.assert_allclose(np.diff(np.log(found.rates)), np.log(1e8) / (STEPS - 1), rtol=1e-3)


def test_it_equals_a_loop_by_hand_for_every_seed(found: RangeTest):
    assert found.losses.shape == (5, STEPS)
    step = jax.jit(train_step)
    for key, losses in zip(KEYS, found.losses, strict=True):
        x, seen = init(key), []
        for i in range(100):
            x, loss = step(x, {"noise": BATCHES["noise"][i]}, found.rates[i])
            seen.append(float(loss))
        np.testing.assert_allclose(losses[:100], seen, rtol=1e-4)
    alone = range_test(train_step, init, BATCHES, KEYS[2], lowest=1e-4, highest=1e4)
    np.testing.assert_allclose(alone.losses[0, :100], found.losses[2, :100], rtol=1e-4)


def test_the_suggestions_lie_where_the_loss_falls_though_it_explodes_later(found: RangeTest):
    assert not np.isfinite(found.losses).all(), "it must explode, to be a test"
    assert np.isfinite(found.smoothed).all()
    lowest = found.rates[np.argmin(found.smoothed, axis=1)].max()
    for suggested in (found.steepest, found.valley):
        assert 1e-3 < suggested < min(lowest, 0.5)


def test_they_are_those_of_a_curve_that_is_known():
    rates = np.geomspace(1e-6, 1.0, 601)
    falls = np.interp(np.log10(rates), [-6, -4, -2, -1.5, 0], [2.0, 2.0, 1.0, 0.2, 9.0])
    found = RangeTest(rates, np.stack([falls, falls + 1.0]))
    assert 10**-2 < found.steepest < 10**-1.5
    a_tenth, nine_tenths = -4 + 0.1 * 1.8 * 2, -2 + (0.9 * 1.8 - 1.0) / 0.8 * 0.5
    assert abs(np.log10(found.valley) - (a_tenth + nine_tenths) / 2) < SMOOTHING * 6, "within the window, of 6 decades"
    noisy = RangeTest(rates, falls + 0.01 * np.random.default_rng(0).normal(size=(3, 601)))
    assert 10**-2.2 < noisy.steepest < 10**-1.5 and 10**-4 < noisy.valley < 10**-2


def test_a_loss_that_never_falls_gives_no_suggestion():
    found = RangeTest(np.geomspace(1e-6, 1.0, 100), np.linspace(1.0, 2.0, 100)[None])
    with pytest.raises(ValueError, match="RangeTest: the loss falls for no seed"):
        _ = found.valley
    with pytest.raises(ValueError, match="RangeTest: the loss falls for no seed"):
        _ = found.steepest
    mixed = RangeTest(found.rates, np.stack([found.losses[0], found.losses[0, ::-1]]))
    assert 1e-6 < mixed.valley < 1


def test_the_plot_shows_both(found: RangeTest):
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    matplotlib.use("agg")
    ax = found.plot()
    marked: dict[Any, Any] = {
        x.get_label(): np.asarray(x.get_xdata())[0] for x in ax.lines if x.get_linestyle() == "--"
    }
    assert sorted(marked.values()) == sorted([found.steepest, found.valley])
    assert {str(label).partition(":")[0] for label in marked} == {"steepest", "valley"}
    assert ax.get_xscale() == "log" and found.plot(ax) is ax


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"lowest": 0.0}, ValueError, "range_test: the rates must be 0 < `lowest` < `highest`, got 0.0 and 10.0."),
        (
            {"lowest": 2.0, "highest": 1.0},
            ValueError,
            "range_test: the rates must be 0 < `lowest` < `highest`, got 2.0 and 1.0.",
        ),
        ({"highest": np.inf}, ValueError, "range_test: `highest` must be finite in float32, got inf."),
        (
            {"batches": jnp.zeros((1, 2))},
            ValueError,
            "range_test: `batches` must have one first axis, of at least 2 steps, got [1, 2].",
        ),
        (
            {"batches": (jnp.zeros((3, 2)), jnp.zeros(4))},
            ValueError,
            "range_test: `batches` must have one first axis, of at least 2 steps, got [3, 2], [4].",
        ),
        (
            {"batches": ()},
            ValueError,
            "range_test: `batches` must have one first axis, of at least 2 steps, got no array.",
        ),
        (
            {"batches": jnp.float32(1.0)},
            ValueError,
            "range_test: `batches` must have one first axis, of at least 2 steps, got [].",
        ),
        (
            {"train_step": lambda x, batch, rate: x},
            TypeError,
            "range_test: `train_step` must return what is carried on, and a scalar loss, got",
        ),
        (
            {"train_step": lambda x, batch, rate: (x, x)},
            TypeError,
            "range_test: `train_step` must return what is carried on, and a scalar loss, got",
        ),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], error: type[Exception], message: str):
    given: dict[str, Any] = {"train_step": train_step, "init": init, "batches": BATCHES, "keys": KEYS}
    with pytest.raises(error) as raised:
        range_test(**given | change)
    assert str(raised.value).startswith(message)


def test_it_is_the_schedule_of_that_name(found: RangeTest):
    schedule = js.exponential_range_test(init_value=1e-4, end_value=1e4, total_steps=STEPS - 1)
    np.testing.assert_array_equal(found.rates, schedule(np.arange(STEPS)))
