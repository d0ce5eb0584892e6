"""The constants of the Multi-Power Law are found again, and those of the published runs are."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched.scoring import MultiPowerLaw, fit
from tests.helpers import enable_x64
from tests.scoring.test_power_law import RUNS, warmed


TWO_STAGES = {last: warmed(js.PiecewiseConstant([8000 - 2160], [3e-4, last])) for last in (3e-5, 9e-5, 18e-5)}

# Every eighth row of `loss_curve_repo/csv_400` of github.com/thu-yao-01-luo/MultiPowerLaw (MIT licence), whose code
# fits to these three runs: cosine_24000, constant_24000, wsdcon_9.
FITTED_TO: list[tuple[js.Schedule, np.ndarray, str]] = [
    (
        RUNS["cosine"],
        2160 + 1024 * np.arange(22),
        "3.5563 3.3155 3.1934 3.1153 3.0591 3.0157 2.9803 2.9499 2.9234 2.9001 2.8774"
        " 2.8581 2.8393 2.8221 2.8062 2.7921 2.7788 2.7677 2.7585 2.7508 2.7450 2.7406",
    ),
    (
        RUNS["constant"],
        2176 + 1024 * np.arange(22),
        "3.5581 3.3178 3.1991 3.1220 3.0684 3.0275 2.9975 2.9705 2.9491 2.9323 2.9148"
        " 2.9008 2.8885 2.8786 2.8671 2.8592 2.8497 2.8429 2.8362 2.8292 2.8240 2.8180",
    ),
    (
        TWO_STAGES[9e-5],
        np.array([*(2176 + 1024 * np.arange(6)), *(8256 + 1024 * np.arange(8))]),
        "3.5581 3.3178 3.1991 3.1220 3.0684 3.0275 2.9393 2.8998 2.8818 2.8689 2.8583 2.8491 2.8409 2.8332",
    ),
]

# The last row of each run that its code tests with: the schedule, the step and the loss.
HELD_OUT = [
    (RUNS["constant"], 71_936, 2.7157),
    (warmed(js.Cosine(3e-4, 3e-5, 72_000 - 2160)), 71_936, 2.6154),
    (RUNS["wsd"], 23_936, 2.7222),
    (RUNS["wsdld"], 23_936, 2.7251),
    (TWO_STAGES[3e-5], 15_936, 2.8402),
    (TWO_STAGES[18e-5], 15_936, 2.8506),
]


def three_runs(peak: float, total_steps: int) -> list[js.Schedule]:
    """Those of the paper: a constant one, a cosine, and one that falls to another constant."""
    stages = js.PiecewiseConstant([total_steps // 2], [peak, peak / 3])
    return [js.Constant(peak), js.Cosine(peak, peak / 10, total_steps), stages]


@pytest.mark.parametrize(
    ("numbers", "peak"),
    [((2.0, 0.5, 0.5, 300.0, 2.0, 0.6, 0.6), 3e-4), ((0.5, 1.0, 0.9, 2.0, 5.0, 1.0, 0.3), 0.1)],
)
def test_the_constants_of_synthetic_curves_are_found_again(numbers: tuple[float, ...], peak: float):
    with enable_x64(True):
        law, steps = MultiPowerLaw(*numbers), np.arange(29, 600, 30)
        runs = three_runs(peak, 600)
        found = fit(runs, steps, [law.curve(run, steps) for run in runs], starts=4)
        for name, number in zip(("L0", "A", "alpha", "B", "C", "beta", "gamma"), numbers, strict=True):
            assert float(getattr(found.law, name)) == pytest.approx(number, rel=0.01), name
        assert found.r2 > 1 - 1e-9 and found.worst_error < 1e-6 and found.huber < 1e-12
        unseen = js.wsd(peak_value=peak, warmup_steps=0, cooldown_steps=300, total_steps=1200, end_value=peak / 20)
        assert float(found.law.score(unseen, 1200)) == pytest.approx(float(law.score(unseen, 1200)), rel=1e-4)


def test_in_float32_and_with_noise_it_predicts_what_it_has_not_seen():
    law, steps = MultiPowerLaw(2.0, 0.5, 0.5, 300.0, 2.0, 0.6, 0.6), np.arange(19, 600, 20)
    runs, random = three_runs(3e-4, 600), np.random.default_rng(0)
    losses = [np.asarray(law.curve(run, steps)) * np.exp(random.normal(0, 2e-3, len(steps))) for run in runs]
    losses[1][7] *= 1.2  # an outlier counts no more than its sign
    found = fit(runs, steps, losses, starts=4)
    unseen = [js.Linear(3e-4, 3e-5, 600), js.wsd(peak_value=3e-4, warmup_steps=0, cooldown_steps=200, total_steps=600)]
    np.testing.assert_allclose(found.law.score(unseen, 600), law.score(unseen, 600), rtol=2e-3)
    assert 0.15 < found.worst_error < 0.2


@pytest.mark.thorough
def test_the_published_runs_are_fitted_better_than_by_the_published_constants():
    runs, steps, texts = zip(*FITTED_TO, strict=True)
    losses = [np.array([float(x) for x in text.split()]) for text in texts]
    found, published = fit(runs, steps, losses, starts=4), MultiPowerLaw.published("400M")

    def errors(law: MultiPowerLaw) -> np.ndarray:
        predicted = [np.asarray(law.curve(run, at)) for run, at in zip(runs, steps, strict=True)]
        return np.concatenate([np.abs(p - true) / true for p, true in zip(predicted, losses, strict=True)])

    assert errors(found.law).max() == pytest.approx(found.worst_error, rel=1e-2)
    assert errors(found.law).mean() < errors(published).mean() / 2
    assert found.r2 > 0.9995 and found.worst_error < 0.004
    for run, step, loss in HELD_OUT:
        assert float(found.law.curve(run, step)) == pytest.approx(loss, rel=0.015)
        assert float(published.curve(run, step)) == pytest.approx(loss, rel=0.01)


def test_runs_may_be_a_stack_and_have_steps_of_their_own():
    law = MultiPowerLaw(2.0, 0.5, 0.5, 3.0, 2.0, 0.6, 0.6)
    stack = js.Cosine(0.03, np.array([0.03, 0.003]), 100)
    steps = [np.arange(5, 100, 10), np.arange(3, 80, 20)]
    found = fit(stack, steps, [law.curve(run, at) for run, at in zip(stack, steps, strict=True)], starts=2)
    assert found.worst_error < 1e-3


def test_mistakes_are_named():
    runs, steps = [js.Constant(0.1), js.Linear(0.1, 0.0, 50)], np.arange(4, 50, 5)
    losses = [np.linspace(2.0, 1.0, 10)] * 2

    def wrong(error: type[Exception], message: str, **changed: Any) -> None:
        given: dict[str, Any] = {"schedules": runs, "steps": steps, "losses": losses, **changed}
        with pytest.raises(error, match=message):
            fit(**given)

    wrong(ValueError, r"^fit: `losses` must have one entry for each of 2 schedules, got 1\.$", losses=[np.ones(10)])
    wrong(ValueError, r"^fit: `steps` must have one entry for each of 2 schedules, got 3\.$", steps=[steps] * 3)
    wrong(
        ValueError, r"^fit: `losses\[1\]` must have one loss for each step, got 9 for", losses=[np.ones(10), np.ones(9)]
    )
    wrong(ValueError, r"^fit: `losses\[0\]` must be more than 0, got 0\.0", losses=[np.zeros(10), np.ones(10)])
    wrong(ValueError, r"^fit: seven constants need at least 7 losses, got 4\.$", steps=[3, 9], losses=[[1.0, 0.9]] * 2)
    wrong(ValueError, r"^fit: `starts` must be a positive integer, got 0\.$", starts=0)
    wrong(ValueError, r"^fit: `delta` must be more than 0, got 0\.0\.$", delta=0.0)
    wrong(TypeError, r"^fit: `schedules\[0\]` must be a schedule", schedules=["cosine", "linear"])
    late = [js.Constant(0.1), js.Linear(0.0, 0.1, 50)]
    first = r"^fit: `schedules\[1\]` must be nowhere negative, and somewhere more than 0 up to the first of its steps"
    wrong(ValueError, first, schedules=late, steps=np.arange(10))
    one = r"^fit: `schedules` must change their rate in at least one run: C, β and γ are of such changes"
    wrong(ValueError, one, schedules=[js.Constant(0.1), js.Constant(0.2)])
    wrong(ValueError, one, schedules=[js.Constant(0.1), js.PiecewiseConstant([50], [0.1, 0.05])])
    wrong(
        ValueError, r"^fit: `losses` must not all be equal, got 1\.0 for each of 20 steps\.$", losses=[np.ones(10)] * 2
    )
    stacks = [js.Constant(np.ones(2)), js.Constant(1.0)]
    wrong(ValueError, r"^fit: `schedules\[0\]` must be one schedule, got a stack of shape \(2,\)\.$", schedules=stacks)
    with pytest.raises(TypeError, match=r"^fit: `losses\[0\]` must be known when a program is compiled"):
        jax.jit(lambda losses: fit(runs, steps, [losses, losses]).law)(jnp.ones(10))
