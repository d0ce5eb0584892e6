"""Each name in the column "elsewhere" of the gallery stands in a row that the tests compare."""

import re

import pytest

from docs.elsewhere import items
from jaxsched._curves.shapes import SHAPES
from tests.parity.row import Row
from tests.parity.rows import formulas
from tests.parity.test_rows import NEIGHBOURS
from tests.test_gallery import ENTRIES


WORDS = {make.__name__: word for word, make in SHAPES.items() if isinstance(make, type)}
"""The word for each class that is the shape of a ramp."""


def rows() -> dict[str, list[Row]]:
    """Those of each library."""
    found: dict[str, list[Row]] = {module.LIBRARY: list(module.ROWS) for module in NEIGHBOURS.values()}
    for row in formulas.ROWS:
        found.setdefault(row.library, []).append(row)
    return found


def stands(word: str, line: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line))


def is_of(entry: str, row: Row) -> bool:
    """Whether our line is that schedule, or has it as a shape."""
    if entry == "+ - * / **":
        return any(f" {operator} js." in row.ours for operator in "+-*/")
    return stands(f"js.{entry}", row.ours) or (entry in WORDS and f'"{WORDS[entry]}"' in row.ours)


CASES = [(entry, library, name) for entry in ENTRIES for library, name in items(ENTRIES[entry].elsewhere)]


@pytest.mark.parametrize("entry, library, name", [pytest.param(*case, id=" ".join(case)) for case in CASES])
def test_what_others_call_it_was_compared_with_it(entry: str, library: str, name: str):
    named = [row for row in rows().get(library, []) if name == row.name or stands(name, row.theirs)]
    assert named, f"no row of {library} has {name}"
    assert any(is_of(entry, row) for row in named), f"no line for {name} of {library} has js.{entry}"
