"""The recipes: where they peak, where they end, and what their phases may be."""

import jax
import numpy as np
import pytest

import jaxsched as js


RECIPES = {
    "warmup_cosine": js.warmup_cosine,
    "warmup_linear": js.warmup_linear,
    "wsd": lambda **words: js.wsd(**words, cooldown_steps=words["total_steps"] - words["warmup_steps"]),
}
recipes = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)


@recipes
@pytest.mark.parametrize(
    "warmup, total", [(0, 0), (0, 1), (1, 1), (0, 50), (1, 50), (49, 50), (50, 50), (7, 2**31 - 1)]
)
def test_peaks_at_the_end_of_the_warmup_and_ends_at_the_end_of_the_run(recipe, warmup: int, total: int):
    schedule = recipe(peak_value=0.3, warmup_steps=warmup, total_steps=total, init_value=0.1, end_value=0.01)
    assert schedule(total) == schedule(2**31 - 1) == np.float32(0.01)
    if warmup < total:
        assert schedule(warmup) == np.float32(0.3)
    if warmup:
        assert schedule(0) == np.float32(0.1)
    if total == 50:
        values = schedule(np.arange(80))
        assert (np.diff(values[: min(warmup + 1, total)]) >= 0).all() and (np.diff(values[warmup:]) <= 0).all()


@recipes
def test_phases_longer_than_the_run_are_an_error_if_known_and_cut_if_traced(recipe):
    with pytest.raises(ValueError, match="`total_steps` must be at least"):
        js.warmup_cosine(peak_value=0.3, warmup_steps=60, total_steps=50)
    with pytest.raises(ValueError, match=r"got total_steps=50, warmup_steps=60 in row 1"):
        js.warmup_linear(peak_value=0.3, warmup_steps=np.array([50, 60]), total_steps=50)
    with pytest.raises(ValueError, match="`warmup_steps` \\+ `cooldown_steps`"):
        js.wsd(peak_value=0.3, warmup_steps=30, cooldown_steps=30, total_steps=50)
    values = jax.jit(lambda n: js.warmup_cosine(peak_value=0.3, warmup_steps=n, total_steps=50)(np.arange(100)))(60)
    assert np.isfinite(values).all() and (values[60:] == 0).all()


def test_the_stable_phase_of_wsd_is_exactly_the_peak():
    values = js.wsd(peak_value=0.3, warmup_steps=7, cooldown_steps=11, total_steps=100)(np.arange(101))
    assert (values[7:90] == np.float32(0.3)).all() and values[90] < np.float32(0.3) and values[100] == 0


def test_a_constant_after_its_warmup_and_a_decay_without_an_end():
    assert js.warmup_constant(peak_value=0.3, warmup_steps=0)(0) == np.float32(0.3)
    decay = js.warmup_exponential(
        peak_value=1.0, warmup_steps=5, transition_steps=10, decay_rate=0.5, staircase=True, end_value=0.2
    )
    assert decay(np.array([0, 5, 14, 15, 25, 35, 99])).tolist() == [
        0,
        1,
        1,
        0.5,
        0.25,
        pytest.approx(0.2),
        pytest.approx(0.2),
    ]


def test_without_a_cooldown_an_inverse_square_root_is_whole_up_to_the_end_of_the_run():
    words = {"peak_value": 0.3, "warmup_steps": 20}
    cut, whole = js.inverse_sqrt(**words, cooldown_steps=0, total_steps=100), js.inverse_sqrt(**words)
    assert (cut(np.arange(100)) == whole(np.arange(100))).all() and cut(100) == 0


def test_a_traced_length_of_0_counts_as_1_in_noam():
    make = jax.jit(lambda size, steps: js.noam(model_size=size, warmup_steps=steps)(np.arange(9)))
    np.testing.assert_array_equal(make(0, 5), make(1, 5))
    np.testing.assert_array_equal(make(5, 0), make(5, 1))
