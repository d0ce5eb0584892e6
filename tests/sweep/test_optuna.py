"""Optuna chooses, and one program trains: many trials at a time, whoever is killed when."""

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optuna
import pytest
from optuna.storages.journal import JournalFileBackend

import jaxsched as js
from jaxsched._sweep.kept import kept_of
from jaxsched.adapters.optuna import AGAIN, MARK, NOT_FINITE, optimize
from tests.sweep import digits


pytestmark = [
    pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning"),
    pytest.mark.filterwarnings("ignore:Argument ``constant_liar``"),
]

optuna.logging.set_verbosity(optuna.logging.ERROR)
TrialState = optuna.trial.TrialState
COMPLETE, FAIL, RUNNING, WAITING = TrialState.COMPLETE, TrialState.FAIL, TrialState.RUNNING, TrialState.WAITING

SPACE = {
    "x": optuna.distributions.FloatDistribution(-5.0, 5.0),
    "y": optuna.distributions.IntDistribution(0, 10),
}

PROCESSES = multiprocessing.get_context("spawn")


def train(x: jax.Array, y: jax.Array) -> dict[str, jax.Array]:
    """Best at x = 1 and y = 3; not finite for the largest x."""
    y = y.astype(jnp.float32)
    return {"loss": jnp.where(x > 4.5, jnp.nan, (x - 1) ** 2 + (y - 3) ** 2), "far": y}


def study(path: Path | None = None, **words: Any) -> Any:
    if path is not None:
        backend = JournalFileBackend(str(path))
        words |= {"storage": optuna.storages.JournalStorage(backend), "study_name": "one", "load_if_exists": True}
    return optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0, constant_liar=True), **words)


def states(of: Any) -> dict[Any, int]:
    found = [trial.state for trial in of.get_trials(deepcopy=False)]
    return {state: found.count(state) for state in set(found)}


def test_trials_are_asked_for_trained_in_one_program_and_told():
    one = study()
    optimize(one, train, SPACE, metric="loss", trials=100, batch_size=16, progress=False)
    assert sum(states(one).values()) == 100 and states(one)[COMPLETE] > 80
    assert one.best_params["y"] == 3 and abs(one.best_params["x"] - 1) < 0.5
    for trial in one.trials:
        assert (trial.state == FAIL) == (trial.params["x"] > 4.5)
    assert len(kept_of(train).executables) == 1
    optimize(one, train, SPACE, metric="loss", trials=100, batch_size=16, progress=False)
    assert len(one.trials) == 100


def test_each_objective_has_a_metric():
    two = study(directions=["minimize", "maximize"])
    optimize(two, train, SPACE, metric=["loss", "far"], trials=8, batch_size=8, progress=False)
    assert all(len(trial.values) == 2 for trial in two.trials if trial.state == COMPLETE)


def test_a_training_in_chunks_is_told_as_it_is_at_the_end():
    def run(state: jax.Array, steps: int, x: jax.Array, y: jax.Array) -> Any:
        return 0.5 * state, {"loss": state**2 + (y.astype(jnp.float32) - 3) ** 2}

    training = js.resumable(lambda x, y: x - 1, run, steps=9, every=3)
    one = study()
    optimize(one, training, SPACE, metric="loss", trials=16, batch_size=16, progress=False)
    for trial in one.trials:
        assert trial.value == pytest.approx(((trial.params["x"] - 1) / 4) ** 2 + (trial.params["y"] - 3) ** 2, rel=1e-5)


def test_what_an_error_ends_is_asked_for_again():
    one = study()
    with pytest.raises(ZeroDivisionError):
        optimize(one, lambda x, y: {"loss": 1 / 0}, SPACE, metric="loss", trials=8, batch_size=8, progress=False)
    assert states(one) == {FAIL: 8, WAITING: 8}
    tried = [trial.params for trial in one.trials[:8]]
    optimize(one, train, SPACE, metric="loss", trials=8, batch_size=8, progress=False)
    assert [trial.params for trial in one.trials[8:]] == tried and RUNNING not in states(one)


def killed(path: Path, what: Any, space: Any, sizes: dict[str, Any], after: int) -> None:
    one = study(path)
    tell, told = one.tell, []

    def counted(*args: Any, **words: Any) -> Any:
        if len(told) == after:
            os.kill(os.getpid(), signal.SIGKILL)
        told.append(tell(*args, **words))

    one.tell = counted
    optimize(one, what, space, metric="loss", **sizes, progress=False)


def kill(path: Path, what: Any, space: Any, sizes: dict[str, Any], after: int) -> list[Any]:
    """The trials that a process leaves that is killed after it has told of so many."""
    process = PROCESSES.Process(target=killed, args=(path, what, space, sizes, after))
    process.start()
    process.join(300)
    assert process.exitcode == -signal.SIGKILL
    return [trial for trial in study(path).trials if trial.state == RUNNING]


def ended(one: Any) -> list[Any]:
    return [trial for trial in one.trials if trial.state == COMPLETE or trial.user_attrs.get(NOT_FINITE)]


def test_what_a_kill_has_left_fails_and_is_asked_for_again(tmp_path: Path):
    path = tmp_path / "journal"
    sizes: dict[str, Any] = {"trials": 60, "batch_size": 20}
    left = kill(path, train, SPACE, sizes, after=29)
    assert len(left) == 11
    mine = study(path).ask(SPACE)  # of a process that is alive
    mine.set_user_attr(MARK, f"elsewhere@{os.getpid()}")

    one = study(path)
    optimize(one, train, SPACE, metric="loss", **sizes, progress=False)
    assert states(one)[RUNNING] == 1
    tried = [trial.params for trial in ended(one)]
    assert all(trial.params in tried for trial in left) and len(tried) == 60


def test_a_kill_between_asking_again_and_giving_up_does_not_ask_twice(tmp_path: Path):
    path = tmp_path / "journal"
    sizes: dict[str, Any] = {"trials": 20, "batch_size": 20}
    left = kill(path, train, SPACE, sizes, after=15)
    again = study(path)
    again.enqueue_trial(left[0].params, user_attrs={AGAIN: left[0].number})
    optimize(again, train, SPACE, metric="loss", **sizes, progress=False)
    assert len(ended(again)) == 20 == len({str(trial.params) for trial in ended(again)})


@pytest.mark.timeout(600)
def test_256_trials_on_digits_that_are_killed_and_go_on(tmp_path: Path, thorough: bool, seed: int):
    """With TPE, in batches of 64, and a journal."""
    rng, path = np.random.default_rng(seed), tmp_path / "journal"
    sizes: dict[str, Any] = {"trials": 256, "batch_size": 64}
    space = {
        "peak_value": optuna.distributions.FloatDistribution(1e-4, 1.0, log=True),
        "warmup_steps": optuna.distributions.IntDistribution(0, 60),
    }
    for told in rng.integers(0, 100, 3 if thorough else 1):
        left = kill(path, digits.train, space, sizes, after=int(told))
        assert left
    one = study(path)
    with jax.numpy_dtype_promotion("standard"):
        optimize(one, digits.train, space, metric="loss", **sizes, progress=False)
    assert len(ended(one)) == 256 and RUNNING not in states(one)
    assert one.best_value < 0.15 and 0.003 < one.best_params["peak_value"] < 0.3
    numbers = {trial.number for trial in one.trials if trial.state == FAIL and not trial.user_attrs.get(NOT_FINITE)}
    assert numbers == {trial.user_attrs[AGAIN] for trial in one.trials if AGAIN in trial.user_attrs}


@pytest.mark.parametrize(
    "words, message",
    [
        ({"study": None}, "`study` must be of optuna.create_study, got None"),
        ({"space": {"x": (0.0, 1.0)}}, r"`space\['x'\]` must be a distribution of Optuna"),
        ({"metric": ["loss", "far"]}, "`metric` must have one name for each objective of the study, 1, got"),
        ({"trials": 0}, "`trials` must be an integer, at least 1, got 0"),
        ({"metric": "lost"}, "optimize: there is no metric `lost`; did you mean `loss`"),
        ({"space": {}}, "`space` must be a dict of distributions"),
    ],
)
def test_mistakes_are_named(words: dict[str, Any], message: str):
    given: dict[str, Any] = {"study": study(), "space": SPACE, "metric": "loss", "trials": 5, **words}
    with pytest.raises((TypeError, ValueError), match=message):
        optimize(given.pop("study"), train, given.pop("space"), **given)
