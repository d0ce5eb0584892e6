"""Each line of the page of migration: ours is the curve of theirs, and what the adapter makes of theirs is our line."""

import importlib
from types import ModuleType

import pytest

from tests.parity.row import Row, assert_close, ours


NEEDS = {"torch": "torch", "keras": "keras", "transformers": "transformers", "timm": "timm", "optax": "optax"}
"""What has to be installed to compare each of the files of rows."""

NEIGHBOURS = {name: importlib.import_module(f"tests.parity.rows.{name}") for name in NEEDS}

CASES = [
    pytest.param(name, module, row, id=f"{name}: {row.theirs}")
    for name, module in NEIGHBOURS.items()
    for row in module.ROWS
]


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.usefixtures("standard_promotion")
@pytest.mark.parametrize("name, neighbour, row", CASES)
def test_our_line_is_their_curve_and_what_the_adapter_makes_of_it(name: str, neighbour: ModuleType, row: Row):
    pytest.importorskip(NEEDS[name], reason=f"{NEEDS[name]} is not installed")
    assert_close(ours(row.ours), neighbour.values(neighbour.made(row.theirs), row.steps), row.tolerance)
    if row.reads:
        assert repr(neighbour.read(neighbour.made(row.theirs))) == repr(ours(row.ours))
