"""A table of candidates, best first."""

from typing import Any

import numpy as np
import pytest

import jaxsched as js
from jaxsched.scoring import ConvexBound, MultiPowerLaw, rank


BOUND = ConvexBound()


def test_names_and_schedules_are_in_the_order_of_their_scores():
    candidates = {"constant": js.Constant(1.0), "linear": js.Linear(1.0, 0.0, 400), "cosine": js.Cosine(1.0, 0.0, 400)}
    ranked = rank(BOUND, candidates, 400)
    assert ranked["name"].tolist() == ["linear", "cosine", "constant"]
    assert ranked["schedule"].tolist() == [candidates[name] for name in ranked["name"]]
    np.testing.assert_allclose(ranked["score"], [0.1006299, 0.1033859, 0.1375448], rtol=2e-6)
    assert ranked.best("score")["schedule"] == candidates["linear"]
    assert list(ranked.columns) == ["name", "schedule", "score"]


def test_stacks_of_any_shapes_have_a_row_for_each_schedule():
    peaks = np.array([[1e-4, 2e-4, 3e-4], [4e-4, 5e-4, 6e-4]])
    stack, law = js.Cosine(peaks, 1e-5, 500), MultiPowerLaw.published("25M")
    ranked = rank(law, [js.Constant(3e-4), stack, 2e-4], 500)
    assert len(ranked) == 8 and (np.diff(ranked["score"]) >= 0).all()
    for row in ranked:
        assert row["score"] == pytest.approx(float(law.score(row["schedule"], 500)), rel=1e-6)
    rows = ranked["row"][ranked["name"] == 1]
    assert sorted(rows) == list(range(6))
    best = ranked[ranked["name"] == 1][0]
    assert best["schedule"] == stack[np.unravel_index(best["row"], (2, 3))]
    assert len(rank(law, stack, 500)) == 6


def test_whatever_scores_is_a_law():
    class ByEnd:
        def score(self, schedules: list[js.Schedule], total_steps: int) -> Any:
            return js.evaluate(schedules, np.array([total_steps - 1]))[:, 0]

    assert rank(ByEnd(), {"a": 2.0, "b": 1.0}, 10)["name"].tolist() == ["b", "a"]


def test_mistakes_are_named():
    with pytest.raises(TypeError, match=r"^rank: `law` must have a method `score`, such as ConvexBound\(\), got None"):
        rank(None, [1.0], 10)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"^rank: `candidates` must be a dict or a list of schedules, got 1\.0"):
        rank(BOUND, 1.0, 10)  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match=r"^rank: `candidates\['a'\]` must be a schedule or a number"):
        rank(BOUND, {"a": "cosine"}, 10)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match=r"^rank: at least one candidate is needed, got none"):
        rank(BOUND, {}, 10)
    with pytest.raises(ValueError, match=r"^rank: `total_steps` must be at least 1, got 0"):
        rank(BOUND, [1.0], 0)
    with pytest.raises(ValueError, match=r"^rank: `total_steps` must be one number, got an array of shape \(2,\)\.$"):
        rank(BOUND, [1.0, 2.0], np.array([10, 20]))  # pyright: ignore[reportArgumentType]
