"""Every example runs: those of the docstrings are found, and each code block of the README is run."""

import ast
import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import jax
import pytest

import jaxsched
import jaxsched as js
from tests.doctests import NEED_THEIRS


ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


def test_every_example_in_a_docstring_is_found():
    """A class is found in the module that it names, and that is the door."""
    rooms = [
        jaxsched,
        *(
            importlib.import_module(m.name)
            for m in pkgutil.walk_packages(jaxsched.__path__, "jaxsched.")
            if f"{m.name.rpartition('.')[2]}.py" not in NEED_THEIRS
        ),
    ]
    found = [test.name for room in rooms for test in doctest.DocTestFinder().find(room) if test.examples]
    written = [
        node.name
        for path in (ROOT / "jaxsched").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ">>> " in (ast.get_docstring(node) or "")
    ]
    assert sorted(name.rsplit(".", 1)[1] for name in found) == sorted(written)
    assert len(written) >= 90


def test_readme_blocks_run_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert BLOCKS
    with jax.numpy_dtype_promotion("standard"):
        for block in BLOCKS:
            exec(compile(block, "README.md", "exec"), {"__name__": "__main__"})


def test_readme_names_only_what_exists():
    for name in set(re.findall(r"\bjs\.(\w+)", (ROOT / "README.md").read_text())):
        assert hasattr(js, name), name
