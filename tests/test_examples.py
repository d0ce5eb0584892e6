"""The examples run, and what they print is what they are there to show."""

import re
import runpy
import subprocess
import sys
import time
from pathlib import Path

import jax
import pytest


EXAMPLES = Path(__file__).parent.parent / "examples"


def printed(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What an example prints."""
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out


def numbers(pattern: str, text: str) -> list[tuple[float, ...]]:
    return [tuple(map(float, found.groups())) for found in re.finditer(pattern, text)]


@pytest.fixture(autouse=True)
def as_a_user_runs_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    monkeypatch.chdir(tmp_path)
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "needs"), [("loop_optax", "optax"), ("loop_flax", "flax"), ("loop_equinox", "equinox")]
)
def test_the_loops_learn_and_compile_once(name: str, needs: str, capsys: pytest.CaptureFixture[str]):
    pytest.importorskip(needs, reason=f"{needs} is not installed")
    text = printed(name, capsys)
    assert text.count("is compiled") == 1
    ((accuracy,),) = numbers(r"(\d+\.\d)% of", text)
    assert accuracy > 93


@pytest.mark.thorough
def test_a_cooldown_is_better_than_the_stable_run_that_it_left(capsys: pytest.CaptureFixture[str]):
    text = printed("branches", capsys)
    assert text.count("is compiled") == 1
    losses = numbers(r"loss ([\d.]+) stable, ([\d.]+) cooled", text)
    assert len(losses) == 9 and all(cooled < stable for stable, cooled in losses)


@pytest.mark.thorough
def test_a_tuned_schedule_beats_its_start_on_what_it_has_not_seen(capsys: pytest.CaptureFixture[str]):
    losses = numbers(r"([\d.]+) at first, ([\d.]+) tuned", printed("hypergradient", capsys))
    assert len(losses) == 3 and all(tuned < 0.5 * start for start, tuned in losses)


@pytest.mark.thorough
def test_a_peak_and_a_warmup_are_fitted_by_gradient(capsys: pytest.CaptureFixture[str]):
    found = r"to {'peak_value': ([\d.]+), 'warmup_steps': ([\d.]+)}: loss ([\d.e-]+) at first, ([\d.e-]+) in the end"
    logged, trained = numbers(found, printed("fit_lengths", capsys))
    assert logged[:2] == (0.3, 17.0) and logged[3] < 1e-9
    assert trained[3] < 0.5 * trained[2]


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_an_annealed_entropy_coefficient_is_better_than_a_constant_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr(sys, "argv", ["sweep_reinforcement.py", "--store", "runs"])
    text = printed("sweep_reinforcement", capsys)
    kinds = re.findall(r"(True|False) +(True|False) +[\d.]+ +[\d.]+ +[\d.]+ +([\d.]+) +[\d.]+\n", text)
    again = {(entropy, clip): float(mean) for entropy, clip, mean in kinds}
    assert len(again) == 4 and again["True", "False"] > again["False", "False"] + 0.1
    assert Path("sweep_reinforcement.png").stat().st_size > 10_000


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_halving_of_language_models_goes_on_after_a_kill(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    monkeypatch.setenv("MPLBACKEND", "agg")
    process = subprocess.Popen([sys.executable, str(EXAMPLES / "halving_text.py")])
    while not (states := [*Path().glob("text/running/*.npz"), *Path().glob("text/rungs/*.npz")]):
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert states and not list(Path("text/rows").iterdir())
    text = printed("halving_text", capsys)
    ((models, part),) = numbers(r"(\d+) models, (\d+)% of the steps", text)
    ((best,),) = numbers(r"best: loss ([\d.]+) with", text)
    assert (models, part) == (256, 36) and best < 2.2
    assert not list(Path("text/running").iterdir()) and Path("halving.png").stat().st_size > 10_000


@pytest.mark.thorough
def test_plateaus_in_a_scan_reduce_each_in_its_own_way(capsys: pytest.CaptureFixture[str]):
    rows = numbers(r"(\d+) +([\d.]+) +([\d.e-]+) +([\d.]+)\n", printed("plateau", capsys))
    patience, factor, scale, _ = zip(*rows, strict=True)
    assert len(rows) == 8 and len(set(scale)) > 3
    assert scale[-2:] == (1.0, 1.0) and max(patience) == 40 and set(factor) == {0.2, 0.5}


@pytest.mark.thorough
def test_what_is_restored_is_equal(capsys: pytest.CaptureFixture[str]):
    pytest.importorskip("orbax.checkpoint", reason="Orbax is not installed")
    text = printed("resume", capsys)
    assert text.count("True") == 3 and "False" not in text


@pytest.mark.thorough
def test_a_range_test_finds_a_rate_and_draws_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    monkeypatch.setenv("MPLBACKEND", "agg")
    ((steepest, valley),) = numbers(r"steepest: ([\d.]+), valley: ([\d.]+)\n", printed("range_test", capsys))
    assert 1e-4 < valley < steepest < 0.1
    assert Path("range_test.png").stat().st_size > 10_000


@pytest.mark.thorough
def test_what_is_tuned_on_a_law_scores_no_worse_than_every_recipe_and_trains_as_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    monkeypatch.setenv("MPLBACKEND", "agg")
    text = printed("score_and_tune", capsys)
    rows = re.findall(r"^(\S.*?) +([\d.]+) +([\d.]+) +([\d.]+)$", text, re.MULTILINE)
    law, bound, trained = ({name: float(numbers[i]) for name, *numbers in rows} for i in range(3))
    recipes = [name for name in law if not name.startswith("tuned")]
    assert len(recipes) == 7 and len(law) == 10
    assert max(law["tuned knots"], law["tuned wsd"]) <= min(law[name] for name in recipes)
    assert bound["tuned on the bound"] <= min(bound[name] for name in recipes)
    assert trained["tuned knots"] < 1.02 * min(trained[name] for name in recipes)
    assert Path("score_and_tune.png").stat().st_size > 10_000
