"""A new curve, recipe or shape is known wherever all of them are listed: the places are those of CONTRIBUTING.md."""

import re
from pathlib import Path

import pytest

import jaxsched as js
from benchmarks.curves import CURVES as RACED
from benchmarks.plain import PLAIN
from jaxsched._curves.shapes import SHAPES
from jaxsched._text.names import NAMES
from tests import catalogue, strategies, test_accuracy, truth
from tests.helpers import MAKE_ONE
from tests.test_gallery import ENTRIES


CURVES = {name for name in MAKE_ONE if isinstance(getattr(js, name), type)}


def named(*tables: object) -> set[str]:
    """What the rows of these are for: "Cosine, k-decay" is for "Cosine"."""
    return {str(name).split(",")[0] for table in tables for name in table}  # pyright: ignore[reportGeneralTypeIssues]


def drawn() -> set[str]:
    return set(re.findall(r"\bjs\.(\w+)", Path(strategies.__file__).read_text()))


PLACES = {
    "tests/catalogue.py": (MAKE_ONE, named(catalogue.ROWS), set()),
    "tests/test_accuracy.py": (
        CURVES,
        named(test_accuracy.CURVES, test_accuracy.STAIRS, test_accuracy.RATIONAL),
        {"FromFunction"},  # which is as exact as its function
    ),
    "tests/truth.py": (CURVES, named(truth.TRUTHS), {"FromFunction"}),
    "tests/strategies.py": (MAKE_ONE, drawn(), {"FromFunction"}),
    "benchmarks/curves.py": (CURVES, named(*RACED.values()), {"Constant", "FromFunction", "Tabulated"}),
    "benchmarks/plain.py": (named(*RACED.values()), named(PLAIN), set()),
    "docs/gallery.py": (MAKE_ONE, named(ENTRIES), set()),
    "jaxsched/_text/names.py": (MAKE_ONE, set(NAMES), set()),
    "tests/strategies.py: SHAPES": (set(SHAPES), set(strategies.SHAPES), {"geometric"}),  # in tri_stage and infinite
}
"""What should be in each place, what is there, and what need not be."""


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_forgotten_in(place: str):
    wanted, there, exempt = PLACES[place]
    assert sorted(wanted - there - exempt) == [], f"missing in {place}"
    assert sorted(exempt & there) == [], f"no exception any more in {place}"


def test_every_place_is_in_the_guide():
    guide = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
    for place in PLACES:
        assert place.split(":")[0] in guide
