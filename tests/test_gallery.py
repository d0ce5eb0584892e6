"""The gallery shows every schedule there is."""

import importlib.util
from functools import partial
from pathlib import Path
from types import ModuleType

import jax
import numpy as np
import pytest

import jaxsched as js
from docs import gallery
from tests.helpers import MAKE_ONE


EXAMPLES = Path(__file__).parent.parent / "examples"


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ENTRIES = {entry.name: entry for entries in gallery.ENTRIES.values() for entry in entries}


def test_every_exported_schedule_is_shown_once():
    names = [entry.name for entries in gallery.ENTRIES.values() for entry in entries]
    assert sorted(names) == sorted(MAKE_ONE | {"+ - * / **"})


def test_every_entry_makes_what_it_is_named_for():
    for name, entry in ENTRIES.items():
        assert name == "+ - * / **" or (isinstance(entry.make, partial) and entry.make.func is getattr(js, name))


@pytest.mark.thorough
@pytest.mark.parametrize("name", ENTRIES)
def test_every_curve_is_finite_and_fits_the_picture(name: str):
    entry = ENTRIES[name]
    assert not (entry.option and entry.given)
    for schedule in (entry.schedule(), *entry.dashed()):
        with jax.numpy_dtype_promotion("standard"):
            values = js.evaluate(schedule, gallery.STEPS + 1)
        assert np.isfinite(values).all() and np.min(values) >= 0 and np.max(values) <= 1.3


def test_the_picture_of_a_notebook_is_what_the_script_writes():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    look = load(EXAMPLES / "look.py")
    assert (EXAMPLES / "look.svg").read_text(encoding="utf-8") == look.svg(), "run `python examples/look.py`"
