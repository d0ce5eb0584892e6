"""Every example runs: those of the docstrings are found, and the pages show what their code prints, and what is there."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from urllib.parse import unquote

import jax
import pytest

import jaxsched
import jaxsched as js
from docs import api, elsewhere, gallery, runs
from jaxsched import fields, plotting, scoring, training
from tests.doctests import NEED_THEIRS
from tests.pages import BLOCK, PAGES, as_printed
from tests.test_gallery import load


ROOT = Path(__file__).parent.parent


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


@pytest.mark.parametrize("page", [page for page in PAGES if BLOCK.search(page.read_text())], ids=lambda page: page.stem)
def test_a_page_shows_what_its_code_prints(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    text = page.read_text(encoding="utf-8")
    with jax.numpy_dtype_promotion("standard"):
        assert as_printed(text) == text, "run `python -m tests.pages`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_only_what_exists(page: Path):
    text = page.read_text(encoding="utf-8")
    for name in set(re.findall(r"\bjs\.(\w+)", text)):
        assert hasattr(js, name), name
    for link, anchor in re.findall(
        r"\]\(([^)#\s]+)#?([^)]*)\)", re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    ):
        target = page.parent / unquote(link)
        assert link.startswith("https://") or target.exists(), link
        assert not anchor or link.startswith("https://") or anchor in anchors(target), f"{link}#{anchor}"


def anchors(page: Path) -> set[str]:
    """What the headings of a page are called in a link."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_pages_from_the_code_are_as_it_is():
    with jax.numpy_dtype_promotion("standard"):
        tables = {"gallery.md": gallery.page(), "runs.md": runs.page(), "elsewhere.md": elsewhere.page()}
        written = {**api.pages(), **gallery.pictures(), **tables}
    for path, text in written.items():
        assert (ROOT / "docs" / path).read_text(encoding="utf-8") == text, f"run `python -m docs.{path.split('.')[0]}`"
    folders = [*(ROOT / "docs" / "api").iterdir(), *(ROOT / "docs" / "pictures").iterdir()]
    assert {str(path.relative_to(ROOT / "docs")) for path in folders} <= written.keys()


def test_the_numbers_of_the_front_page_and_the_changelog():
    """Its other claims are tests of their own, to which it links."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    readme, changes = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CHANGELOG.md"))
    counts = {group: len(entries) for group, entries in gallery.ENTRIES.items()}
    combinators = counts.pop("Combinators") - 1  # without arithmetic
    schedules, recipes = sum(counts.values()), counts["Recipes"]
    published = sum(map(len, runs.GROUPS.values()))
    assert f"[{schedules} schedules, {combinators} combinators]" in readme and f"[{published} published runs]" in readme
    assert f"{schedules - recipes} curves, {recipes} recipes" in changes and f"{published} published runs" in changes
    digits = load(ROOT / "examples" / "sweep_digits.py")
    assert f"[{len(digits.all_configs()):,} networks]" in readme and len(digits.SHAPES) == 3


def test_the_version_is_that_of_the_changelog_and_of_the_citation():
    newest = re.search(r"^## (\S+) - (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest and newest[1] == js.__version__
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"version: {newest[1]}\n" in citation and f"date-released: {newest[2]}\n" in citation


def test_every_public_name_has_its_page():
    described = [name for names in api.PAGES.values() for name, _ in names]
    assert len(described) == len(set(described))
    for door in (js, plotting, scoring, training, *api.ADAPTERS):
        names = [name for name, _ in api.named(door)]
        assert names and set(names) <= {*described, "plotting", "scoring", "training"}, door
    words = [node for node in ast.parse(inspect.getsource(fields)).body if isinstance(node, ast.Assign)]
    assert len(api.field_words()) == len(words) > 10
