"""The Multi-Power Law: the authors' numbers, its plain twin, and what it promises of any schedule."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.scoring import MultiPowerLaw
from tests.helpers import enable_x64
from tests.scoring.plain import LENGTHS, power_law, values


LAW = MultiPowerLaw.published("400M")
NUMBERS = (2.37474466, 0.65421216, 0.42878731, 523.42464371, 2.02462735, 0.59350493, 0.63472457)

WARMUP = js.Linear(0.0, 3e-4, 2159)
"""The authors' `np.linspace(0, peak, 2160)`."""


def warmed(*phases: js.Schedule, at: tuple[int, ...] = ()) -> js.Schedule:
    return js.join_schedules([WARMUP, *phases], [2160, *at])


RUNS = {
    "cosine": warmed(js.Cosine(3e-4, 3e-5, 24_000 - 2160)),
    "constant": warmed(js.Constant(3e-4)),
    "wsd": warmed(js.Constant(3e-4), js.Geometric(3e-4, 3e-5, 4000), at=(20_000,)),
    "wsdld": warmed(js.Constant(3e-4), js.Linear(3e-4, 3e-5, 4000), at=(20_000,)),
}

# `evaluate_mpl` of github.com/thu-yao-01-luo/MultiPowerLaw, with the schedules of its `src/lr_schedules.py`, in NumPy.
PREDICTED = {
    "cosine": {3000: 3.3542817, 13_040: 2.8683479, 23_936: 2.7571728},
    "constant": {3000: 3.3545299, 13_040: 2.9083380, 23_936: 2.8171762},
    "wsd": {3000: 3.3545299, 13_040: 2.9083380, 23_936: 2.7004518},
    "wsdld": {3000: 3.3545299, 13_040: 2.9083380, 23_936: 2.7012658},
}


@pytest.mark.parametrize("run", RUNS)
def test_it_predicts_what_the_code_of_its_authors_does(run: str):
    curve = LAW.curve(RUNS[run], list(PREDICTED[run]))
    np.testing.assert_allclose(curve, list(PREDICTED[run].values()), rtol=3e-7)


def shapes(total_steps: int) -> dict[str, js.Schedule]:
    return {
        "constant": js.Constant(3e-4),
        "linear to 0": js.Linear(3e-4, 0.0, total_steps - 1),
        "zeros at the end": js.Linear(3e-4, 0.0, total_steps // 2),
        "zeros between": js.PiecewiseConstant([total_steps // 3, total_steps // 2], [3e-4, 0.0, 1e-4]),
        "warmup": js.warmup_cosine(peak_value=3e-4, warmup_steps=total_steps // 10, total_steps=total_steps),
        "restarts": js.CosineRestarts(3e-4, 3e-5, total_steps // 4),
        "steep": js.Polynomial(3e-4, 0.0, total_steps, 6.0),
        "another unit": js.Cosine(1e3, 1.0, total_steps),
    }


@pytest.mark.parametrize("name", shapes(100))
@pytest.mark.parametrize("total_steps", LENGTHS)
def test_it_is_its_double_sum(name: str, total_steps: int):
    schedule = shapes(total_steps)[name]
    rates = values(schedule, total_steps)
    if not rates.any():
        return
    expected = power_law(NUMBERS, rates)
    unit = np.abs(expected) + NUMBERS[3] * rates.max()  # of the terms, which may cancel
    np.testing.assert_allclose(float(LAW.score(schedule, total_steps)), expected, rtol=0, atol=1e-6 * unit)


def test_the_curve_is_the_score_of_every_shorter_run():
    schedule, steps = js.Cosine(3e-4, 3e-5, 500), np.array([[0, 1, 99], [100, 498, 499]])
    curve = LAW.curve(schedule, steps)
    scores = [[float(LAW.score(schedule, int(step) + 1)) for step in row] for row in steps]
    np.testing.assert_allclose(curve, scores, rtol=1e-6)
    stack = js.Cosine(np.array([1e-4, 3e-4, 5e-4]), 3e-5, 500)
    curves = LAW.curve(stack, steps)
    assert curves.shape == (3, 2, 3)
    np.testing.assert_allclose(curves[1], curve, rtol=1e-6)


def test_a_fall_of_the_rate_gains_b_for_each_unit_in_the_end():
    law, cooled = dataclasses.replace(LAW, A=0.0), js.PiecewiseConstant([1000], [3e-4, 3e-5])
    gains = float(law.L0) - np.asarray(law.curve(cooled, [999, 1000, 1100, 2000, 10**6]))
    most = NUMBERS[3] * (3e-4 - 3e-5)
    assert gains[0] == 0 and (np.diff(gains) > 0).all()
    assert gains[1] < 0.05 * most and 0.97 * most < gains[-1] < most


def test_a_list_and_a_stack_are_scored_as_each_is():
    steps = np.array([200, 400])
    stack = js.Cosine(3e-4, 3e-5, steps)
    scores = LAW.score([stack, js.Linear(3e-4, 1e-5, steps), js.Constant(np.array([1e-4, 2e-4]))], steps)
    assert scores.shape == (3, 2)
    assert float(scores[0, 1]) == pytest.approx(float(LAW.score(stack[1], 400)), rel=1e-6)
    assert float(scores[2, 0]) == pytest.approx(float(LAW.score(1e-4, 200)), rel=1e-6)


def test_jit_and_vmap_are_the_same():
    def score(law: MultiPowerLaw, peak: jax.Array) -> jax.Array:
        return law.score(js.Cosine(peak, 3e-5, 500), 500)

    peaks = jnp.array([1e-4, 2e-4, 3e-4])
    plain = np.array([score(LAW, peak) for peak in peaks])
    np.testing.assert_allclose(jax.jit(jax.vmap(score, in_axes=(None, 0)))(LAW, peaks), plain, rtol=1e-6)
    laws = dataclasses.replace(LAW, L0=np.array([0.0, 1.0]))
    several = jax.vmap(score, in_axes=(0, None))(laws, peaks[0])
    assert float(several[1] - several[0]) == pytest.approx(1.0, rel=1e-6)


def test_gradients_agree_with_central_differences():
    """In the numbers of a schedule, in units of their size, and in the logarithms of the constants."""

    def score(parts: jax.Array, logs: jax.Array) -> jax.Array:
        peak, warmup, end = parts * jnp.array([3e-4, 40.5, 3e-5])
        schedule = js.warmup_cosine(peak_value=peak, warmup_steps=warmup, total_steps=400, end_value=end)
        return MultiPowerLaw(*jnp.exp(logs)).score(schedule, 400)

    with enable_x64(True):
        at = jnp.ones(3), jnp.log(jnp.array(NUMBERS))
        gradients = jax.grad(score, argnums=(0, 1))(*at)
        for which in (0, 1):
            for i, exact in enumerate(gradients[which]):
                low, high = (
                    score(*(x.at[i].add(move) if j == which else x for j, x in enumerate(at))) for move in (-1e-5, 1e-5)
                )
                assert float(exact) == pytest.approx(float((high - low) / 2e-5), rel=1e-6, abs=1e-9)


def test_a_gradient_is_finite_where_values_are_zero():
    schedule = js.PiecewiseInterpolate([0, 10, 20, 30], [0.0, 3e-4, 1e-4, 0.0])
    gradient = jax.grad(lambda schedule: LAW.score(schedule, 40), allow_int=True)(schedule)
    assert np.isfinite(gradient.values).all()


def test_in_a_program_a_schedule_that_goes_nowhere_is_infinite():
    score = jax.jit(lambda value: LAW.score(js.Constant(value), 10))
    assert np.isfinite(score(3e-4)) and np.isposinf(score(0.0)) and np.isnan(score(-1.0))


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"^score: a schedule must be .* got a score of inf\.$"):
        LAW.score(0.0, 10)
    with pytest.raises(ValueError, match=r"^curve: `steps` must not be negative, got -1 in row 0"):
        LAW.curve(1.0, [-1, 3])
    with pytest.raises(TypeError, match=r"^curve: `steps` must be an integer"):
        LAW.curve(1.0, 0.5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"^curve: `steps` must be known when a program is compiled"):
        jax.jit(lambda steps: LAW.curve(1.0, steps))(jnp.arange(3))
    with pytest.raises(ValueError, match=r"^MultiPowerLaw: `C` must be more than 0, got 0\.0\.$"):
        dataclasses.replace(LAW, C=0.0)
    with pytest.raises(ValueError, match=r"^MultiPowerLaw: `B` must not be negative, got -1\.0\."):
        dataclasses.replace(LAW, B=-1.0)
    with pytest.raises(ValueError, match=r'^published: `model` must be "25M", "100M" or "400M", got \'1B\''):
        MultiPowerLaw.published("1B")
