"""Every example runs: the docstrings, and each code block of the README."""

import doctest
import importlib
import re
from pathlib import Path

import jax
import optax
import pytest

import jaxsched as js
from jaxsched import training


ROOT = Path(__file__).parent.parent
MODULES = sorted(
    "jaxsched." + ".".join(path.relative_to(ROOT / "jaxsched").with_suffix("").parts)
    for path in (ROOT / "jaxsched").rglob("*.py")
    if path.stem not in ("__init__", "__main__")
)
BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name: str):
    module = importlib.import_module(name)
    names = {**vars(js), **vars(training), **vars(module), "jax": jax, "optax": optax}
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    with jax.numpy_dtype_promotion("standard"):
        assert doctest.testmod(module, extraglobs=names, optionflags=options).failed == 0


def test_readme_blocks_run_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert BLOCKS
    with jax.numpy_dtype_promotion("standard"):
        for block in BLOCKS:
            exec(compile(block, "README.md", "exec"), {"__name__": "__main__"})


def test_readme_names_only_what_exists():
    for name in set(re.findall(r"\bjs\.(\w+)", (ROOT / "README.md").read_text())):
        assert hasattr(js, name), name
