"""The page of migration shows what the tests compare, and nothing else."""

import pytest

from tests.parity.page import INTRODUCTIONS, PAGE, page
from tests.parity.test_rows import NEIGHBOURS


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.parity.page"


def test_every_neighbour_is_on_the_page():
    assert list(INTRODUCTIONS) == list(NEIGHBOURS)


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_each_line_is_there_once(name: str):
    rows = NEIGHBOURS[name].ROWS
    assert rows and len({(row.theirs, row.ours) for row in rows}) == len(rows)
    for row in rows:
        assert "|" not in row.theirs + row.ours + row.differs, "it would end the cell of a table"
