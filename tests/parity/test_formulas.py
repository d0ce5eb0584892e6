"""Ours beside what trainers and libraries that are not installed compute, every step of a run and past its end."""

import numpy as np
import pytest

from tests.parity.row import assert_close, ours
from tests.parity.rows.formulas import ROWS, FormulaRow


@pytest.mark.usefixtures("standard_promotion")
@pytest.mark.parametrize("row", [pytest.param(row, id=f"{row.library} {row.name}") for row in ROWS])
def test_our_line_is_their_formula(row: FormulaRow):
    theirs = row.formula(np.arange(row.steps))
    assert theirs.dtype == np.float64 and theirs.shape == (row.steps,)
    assert_close(ours(row.ours), theirs, row.tolerance)


def test_every_row_says_what_it_is_and_where_its_formula_was_read():
    assert len({(row.library, row.theirs) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert row.library and row.formula is not FormulaRow.formula, row
        assert row.source or row.library == "The formulas of tutorials", row
        assert "|" not in row.theirs + row.ours + row.differs, "it would end the cell of a table"
