"""The example: six configurations of six libraries, and ours is the curve of each."""

import runpy
from pathlib import Path

import pytest

from tests.parity.row import SINGLE, assert_close


EXAMPLE = Path(__file__).parents[2] / "examples" / "migrate.py"


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.usefixtures("standard_promotion")
def test_six_configurations_are_the_curves_that_they_were():
    for needed in ("keras", "timm", "torch", "transformers", "yaml", "matplotlib"):
        pytest.importorskip(needed, reason=f"{needed} is not installed")
    cases = runpy.run_path(str(EXAMPLE))["CASES"]
    assert len(cases) == 6
    for case in cases.values():
        theirs, schedule = case()
        assert_close(schedule, theirs, SINGLE)
