"""The convex bound: the paper's numbers, its plain twin, and what it promises of any schedule."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

import jaxsched as js
from jaxsched.scoring import ConvexBound
from tests.helpers import enable_x64, examples
from tests.scoring.plain import LENGTHS, convex_bound, convex_terms, values


BOUND = ConvexBound()


def by_name(total_steps: int) -> dict[str, js.Schedule]:
    cooled: dict[str, Any] = {"peak_value": 1.0, "warmup_steps": 0, "total_steps": total_steps}
    cooled["cooldown_steps"] = total_steps // 5
    return {
        "linear": js.Linear(1.0, 0.0, total_steps),
        "cosine": js.Cosine(1.0, 0.0, total_steps),
        "wsd, 1 - sqrt": js.wsd(**cooled, cooldown="one_minus_sqrt"),
        "wsd, linear": js.wsd(**cooled),
        "1 / sqrt": js.InverseSqrt(1.0, 1),
        "constant": js.Constant(1.0),
    }


# `compute_optimal_base` of github.com/fabian-sp/lr-scheduling, with `steps=T + 1`, `T=T`, G = D = 1, run in NumPy.
PUBLISHED = {
    200: [
        (0.0696058, 0.1429515),
        (0.0678015, 0.1467555),
        (0.0376396, 0.1528065),
        (0.0355457, 0.1558606),
        (0.2240982, 0.1661375),
        (0.0269719, 0.1853784),
    ],
    400: [
        (0.0495631, 0.1006299),
        (0.0482419, 0.1033859),
        (0.0268461, 0.1072881),
        (0.0253737, 0.1093230),
        (0.2120856, 0.1222643),
        (0.0181759, 0.1375448),
    ],
    4000: [
        (0.0157929, 0.0316519),
        (0.0153402, 0.0325859),
        (0.0085692, 0.0336577),
        (0.0081183, 0.0342115),
        (0.1836676, 0.0435435),
        (0.0050325, 0.0496768),
    ],
}


@pytest.mark.parametrize("total_steps", PUBLISHED)
def test_the_numbers_of_the_paper_are_reproduced(total_steps: int):
    schedules = list(by_name(total_steps).values())
    rates, bounds = BOUND.best_base_rate(schedules, total_steps), BOUND.score(schedules, total_steps)
    published = np.array(PUBLISHED[total_steps])
    np.testing.assert_allclose(np.stack([rates, bounds], axis=1), published, rtol=2e-6, atol=5e-8)


def test_with_a_tuned_rate_a_longer_cooldown_is_better_up_to_the_whole_run():
    lengths = np.arange(2, 401)  # a cooldown of one step has no value between
    scores = np.asarray(
        BOUND.score(js.wsd(peak_value=1.0, warmup_steps=0, cooldown_steps=lengths, total_steps=400), 400)
    )
    assert (np.diff(scores[:390]) < 0).all() and scores[-1] == pytest.approx(0.1006299, rel=1e-5)


def test_the_best_cooldown_is_longer_the_higher_the_rate():
    """`compute_rate` of the authors' code, at a half of, at, and at twice the rate that is best for a fifth."""
    lengths = np.arange(1, 401)
    schedules = js.wsd(peak_value=1.0, warmup_steps=0, cooldown_steps=lengths, total_steps=400)
    best = [
        lengths[np.argmin(BOUND.score(schedules, 400, base_rate=0.0253737 * factor))] for factor in (0.25, 0.5, 1, 2)
    ]
    np.testing.assert_allclose(np.array(best) / 400, [0.036, 0.137, 0.424, 0.998], atol=0.02)


def shapes(total_steps: int) -> dict[str, js.Schedule]:
    return {
        **by_name(total_steps),
        "warmup": js.warmup_cosine(peak_value=3e-4, warmup_steps=total_steps // 10, total_steps=total_steps),
        "to a floor": js.Cosine(1.0, 1e-4, total_steps),
        "zeros at the end": js.Linear(1.0, 0.0, total_steps // 2),
        "zeros between": js.PiecewiseConstant([total_steps // 3, total_steps // 2], [1.0, 0.0, 0.5]),
        "steep": js.Polynomial(1.0, 0.0, total_steps, 6.0),
        "restarts": js.CosineRestarts(1.0, 0.0, total_steps // 4),
    }


@pytest.mark.parametrize("name", shapes(10))
@pytest.mark.parametrize("total_steps", LENGTHS)
def test_it_is_its_double_sum(name: str, total_steps: int):
    """The sums lose no more than a few ulp, over any number of steps: what counts is the error of 10⁻⁶."""
    schedule = shapes(total_steps)[name]
    rates = values(schedule, total_steps)
    if not rates.any():
        return
    np.testing.assert_allclose(BOUND.terms(schedule, total_steps), convex_terms(rates), rtol=1e-6)
    assert float(BOUND.score(schedule, total_steps)) == pytest.approx(convex_bound(rates), rel=1e-6)


def test_it_is_as_accurate_after_a_million_steps():
    """A constant has harmonic numbers for its sum: the paper's `test_rates.py`."""
    steps = 10**6
    falling, rising = BOUND.terms(js.Constant(0.5), steps)
    harmonic = (1 / np.arange(1, steps)).sum()
    assert float(falling) == pytest.approx(1 / steps, rel=1e-6)
    assert float(rising) == pytest.approx(0.25 * (1 + harmonic), rel=1e-6)


def test_values_of_zero_at_the_end_change_nothing():
    schedule = js.Linear(1.0, 0.0, 300)
    scores = BOUND.score(schedule, np.array([300, 301, 400, 5000]))
    np.testing.assert_allclose(scores, scores[0], rtol=1e-6)


@given(
    st.lists(st.floats(0.0009765625, 1.0, width=32), min_size=2, max_size=40),
    st.floats(0.0009765625, 1024.0, width=32),
)
@examples(20, 100)
def test_at_the_best_rate_it_is_the_same_for_every_multiple_and_the_least_of_all(table: list[float], factor: float):
    steps = len(table)
    schedule = js.Tabulated([*table, *np.ones(40 - steps)])  # of one size, for one program
    score, rate = (float(x) for x in (BOUND.score(schedule, steps), BOUND.best_base_rate(schedule, steps)))
    assert score == pytest.approx(convex_bound(np.array(table)), rel=1e-5)
    assert float(BOUND.score(factor * schedule, steps)) == pytest.approx(score, rel=1e-5)
    assert float(BOUND.score(schedule, steps, base_rate=rate)) == pytest.approx(score, rel=1e-5)
    assert float(BOUND.score(schedule, steps, base_rate=1.5 * rate)) > score


def test_distance_and_norm_scale_it():
    schedule, other = js.Cosine(1.0, 0.0, 400), ConvexBound(distance=3.0, gradient_norm=5.0)
    assert float(other.score(schedule, 400)) == pytest.approx(15 * 0.1033859, rel=1e-5)
    assert float(other.best_base_rate(schedule, 400)) == pytest.approx(0.6 * 0.0482419, rel=1e-5)
    np.testing.assert_allclose(other.terms(schedule, 400), convex_terms(values(schedule, 400), 3.0, 5.0), rtol=1e-6)


def test_a_stack_has_its_shape_and_a_list_its_order():
    peaks, steps = np.array([[1.0], [2.0]]), np.array([100, 200, 300])
    stack = js.warmup_linear(peak_value=peaks, warmup_steps=10, total_steps=steps)
    scores = BOUND.score(stack, steps)
    assert scores.shape == stack.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            assert float(scores[i, j]) == pytest.approx(float(BOUND.score(stack[i, j], int(steps[j]))), rel=1e-6)

    mixed = [
        js.Linear(1.0, 0.0, 100),
        js.Constant(0.5),
        js.Linear(1.0, 0.1, 200),
        js.FromFunction(lambda t: 1 / (1 + t)),
    ]
    each = [float(BOUND.score(schedule, 100)) for schedule in mixed]
    np.testing.assert_allclose(BOUND.score(mixed, 100), each, rtol=1e-6)
    pairs = BOUND.score([stack[:, 0], js.Constant(np.array([1.0, 2.0]))], np.array([100, 50]))
    assert pairs.shape == (2, 2)
    assert float(pairs[1, 1]) == pytest.approx(float(BOUND.score(2.0, 50)), rel=1e-6)


def test_jit_and_vmap_are_the_same():
    def score(peak: jax.Array, warmup: jax.Array) -> jax.Array:
        return BOUND.score(js.warmup_cosine(peak_value=peak, warmup_steps=warmup, total_steps=500), 500)

    peaks, warmups = jnp.array([0.1, 0.2, 0.4]), jnp.array([0, 50, 100])
    plain = np.array([score(*pair) for pair in zip(peaks, warmups, strict=True)])
    np.testing.assert_allclose(jax.jit(jax.vmap(score))(peaks, warmups), plain, rtol=1e-6)
    of_list = jax.jit(lambda peak: BOUND.score([js.Constant(peak), js.Linear(peak, 0.0, 400)], 400))
    np.testing.assert_allclose(of_list(0.5), [0.1375448, 0.1006299], rtol=1e-6)
    laws = ConvexBound(distance=np.array([1.0, 2.0]))
    doubled = jax.vmap(lambda law: law.score(js.Constant(1.0), 400))(laws)
    np.testing.assert_allclose(doubled, [0.1375448, 2 * 0.1375448], rtol=1e-6)


@pytest.mark.parametrize("end", [0.0, 0.01])
def test_gradients_agree_with_central_differences(end: float):
    def score(numbers: jax.Array) -> jax.Array:
        peak, warmup, power = numbers
        schedule = js.warmup_polynomial(
            peak_value=peak, warmup_steps=warmup, total_steps=400, power=power, end_value=end
        )
        return BOUND.score(schedule, 400)

    with enable_x64(True):
        at = jnp.array([0.7, 20.5, 1.3])
        steps = 1e-5 * jnp.eye(3)
        differences = jnp.stack([(score(at + step) - score(at - step)) / 2e-5 for step in steps])
        np.testing.assert_allclose(jax.grad(score)(at), differences, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(jax.jacfwd(score)(at), differences, rtol=1e-6, atol=1e-9)


def test_a_gradient_is_finite_where_values_are_zero():
    schedule = js.PiecewiseInterpolate([0, 10, 20, 30], [0.0, 1.0, 0.5, 0.0])
    gradient = jax.grad(lambda schedule: BOUND.score(schedule, 40), allow_int=True)(schedule)
    assert np.isfinite(gradient.values).all()


def test_in_a_program_a_schedule_that_goes_nowhere_is_not_a_number():
    score = jax.jit(lambda value: BOUND.score(js.Constant(value), 10))
    assert np.isfinite(score(0.5)) and np.isnan(score(0.0)) and np.isnan(score(-1.0))


def test_mistakes_are_named():
    nowhere = r"^score: a schedule must be somewhere more than 0, and nowhere negative, got a score of nan"
    with pytest.raises(ValueError, match=rf"{nowhere}\.$"):
        BOUND.score(js.Constant(0.0), 10)
    with pytest.raises(ValueError, match=rf"{nowhere} in row 1\.$"):
        BOUND.score(js.Linear(1.0, np.array([0.0, -1.0]), 10), 20)
    with pytest.raises(ValueError, match=r"^score: `total_steps` must be at least 1, got 0\.$"):
        BOUND.score(1.0, 0)
    with pytest.raises(TypeError, match=r"^terms: `total_steps` must be an integer, got 10\.5\.$"):
        BOUND.terms(1.0, 10.5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"^score: `total_steps` must be known when a program is compiled"):
        jax.jit(lambda steps: BOUND.score(1.0, steps))(10)
    with pytest.raises(TypeError, match=r"^score: `schedules` must be a schedule or a number"):
        BOUND.score("cosine", 10)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"^score: the shapes must broadcast"):
        BOUND.score(js.Constant(np.ones(2)), np.array([1, 2, 3]))
    with pytest.raises(ValueError, match=r"^score: a law must be one, .* got a stack of shape \(2,\)\.$"):
        ConvexBound(distance=np.ones(2)).score(1.0, 10)
    with pytest.raises(ValueError, match=r"^ConvexBound: `gradient_norm` must be more than 0, got -1\.0\.$"):
        ConvexBound(gradient_norm=-1.0)
    with pytest.raises(TypeError, match=r"^score: `base_rate` must be a real number, got 'best'"):
        BOUND.score(1.0, 10, base_rate="best")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"^score: `base_rate` must be more than 0, got 0\.0\.$"):
        BOUND.score(1.0, 10, base_rate=0.0)
