"""What every public name is for, how it is called, and an example: from the docstrings, in Markdown.

    python -m docs.api

Writes `api.md` and the pages in `api/` beside this file.
"""

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import jaxsched as js
from docs import gallery
from jaxsched import fields, plotting, scoring, training
from jaxsched.adapters import keras, optax, optuna, timm, torch, transformers


FOLDER = Path(__file__).parent

SCHEDULES = {
    group.lower(): [(entry.name, getattr(js, entry.name)) for entry in entries if hasattr(js, entry.name)]
    for group, entries in gallery.ENTRIES.items()
}


ADAPTERS = (torch, keras, transformers, timm, optax, optuna)


def named(door: ModuleType, names: str = "") -> list[tuple[str, Any]]:
    """Some names of a door, or all; with the door's own, if it is not the front door."""
    path = door.__name__.removeprefix("jaxsched").removeprefix(".")
    return [(f"{path}.{name}".removeprefix("."), getattr(door, name)) for name in names.split() or public(door)]


def public(door: ModuleType) -> list[str]:
    """What is there for users: what the door exports, or defines."""
    defined = (name for name, x in vars(door).items() if getattr(x, "__module__", "") == door.__name__)
    return getattr(door, "__all__", None) or [
        name for name in defined if name[0] != "_" and inspect.isroutine(vars(door)[name])
    ]


PAGES: Mapping[str, Sequence[tuple[str, Any]]] = {
    "schedule": named(js, "Schedule recipe Extrema dumps loads"),
    **SCHEDULES,
    "many": named(js, "stack build evaluate blocks Block"),
    "sweeps": named(js, "grid sample log_uniform Configs sweep Results resumable halving"),
    "scoring": named(scoring),
    "look": [*named(js, "lint Finding landmarks Landmark"), *named(plotting)],
    "units": named(js, "steps_from steps_from_epochs steps_from_fraction"),
    "training": [*named(training), *named(js, "ReduceOnPlateau GreedyPlateau PlateauState")],
    "adapters": [pair for door in ADAPTERS for pair in named(door)],
}


def signature(name: str, public: Any) -> str:
    """How it is called, without the annotations, on as many lines as it takes."""
    bare = gallery.bare(public)
    line = gallery.call(name, bare)
    if len(line) <= 110:
        return line
    return f"{name}(\n" + "".join(f"    {x},\n" for x in _arguments(bare)).replace("'", '"') + ")"


def _arguments(parameters: Sequence[inspect.Parameter]) -> Iterator[str]:
    starred = False
    for x in parameters:
        if x.kind is x.KEYWORD_ONLY and not starred:
            starred = True
            yield "*"
        starred = starred or x.kind is x.VAR_POSITIONAL
        yield str(x)


def markdown(doc: str) -> str:
    """A docstring: examples and formulas stand apart, and lists of arguments are lists."""
    return "\n\n".join(map(_paragraph, _paragraphs(doc)))


def _paragraphs(doc: str) -> Iterator[str]:
    """Between empty lines, except that what is indented belongs together."""
    held: list[str] = []
    for paragraph in re.split(r"\n\n+", doc):
        inside = paragraph.startswith("    ")
        if held and not (inside and held[-1].startswith("    ")):
            yield "\n\n".join(held)
            held = []
        held.append(paragraph)
    yield "\n\n".join(held)


def _paragraph(text: str) -> str:
    if text.startswith(">>> "):
        return f"```pycon\n{text}\n```"
    heading, _, rest = text.partition("\n")
    if heading in ("Args:", "Attributes:", "Returns:", "Raises:"):
        items = re.split(r"\n(?!    )", textwrap.dedent(rest))
        shown = (re.sub(r"^([\w*, ]+): ", r"`\1`: ", " ".join(item.split())) for item in items)
        whole = " ".join(rest.split())
        return f"**{heading[:-1]}**\n\n" + (whole if heading == "Returns:" else "\n".join(f"- {x}" for x in shown))
    return text


def entry(name: str, public: Any) -> str:
    """One name."""
    picture = gallery.FOLDER / "pictures" / f"{name}.svg"
    drawn = f"![{name}](../pictures/{picture.name})\n\n" if picture.exists() else ""
    lines = [
        f"## {name}\n\n```python\n{signature(name, public)}\n```\n\n{drawn}{markdown(inspect.getdoc(public) or '')}"
    ]
    if inspect.isclass(public) and not (name in js.__all__ and issubclass(public, js.Schedule) and name != "Schedule"):
        for method, function in vars(public).items():
            if inspect.isfunction(function) and method[0] != "_" and function.__doc__:
                lines.append(f"### {name}.{method}\n\n```python\n{signature(method, function)}\n```\n")
                lines.append(markdown(inspect.getdoc(function) or ""))
    return "\n\n".join(lines)


def pages() -> dict[str, str]:
    """The pages, by path."""
    found = {}
    contents = ["# Every name", "", "`python -m docs.api` writes these pages from the docstrings.", ""]
    for page, names in PAGES.items():
        written = "\n\n".join([f"# {page.capitalize()}", *(entry(name, public) for name, public in names)])
        found[f"api/{page}.md"] = written + "\n"
        links = ", ".join(f"[`{name}`](api/{page}.md#{_anchor(name)})" for name, _ in names)
        contents.append(f"- [{page.capitalize()}](api/{page}.md): {links}")
    found["api/fields.md"] = fields_page()
    contents.append(f"- [Fields](api/fields.md): {', '.join(f'`fields.{name}`' for name in field_words())}")
    tree = "\n".join(path.removesuffix(".md") for path in found)
    contents.append(f"\n```{{toctree}}\n:hidden:\n\n{tree}\n```")
    return {"api.md": "\n".join(contents) + "\n", **found}


def field_words() -> dict[str, str]:
    """The words for what the fields of a schedule hold, with the text that stands below each."""
    body = ast.parse(inspect.getsource(fields)).body
    return {
        ast.unparse(word.targets[0]): inspect.cleandoc(str(text.value.value))
        for word, text in itertools.pairwise(body)
        if isinstance(word, ast.Assign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
    }


def fields_page() -> str:
    rows = [f"| `{name}` | {' '.join(text.split())} |" for name, text in field_words().items()]
    return "\n".join(
        ["# Fields", "", markdown(inspect.getdoc(fields) or ""), "", "| word | what it holds |", "|---|---|", *rows, ""]
    )


def _anchor(name: str) -> str:
    return re.sub(r"[^\w-]", "", name.lower())


def write() -> None:
    (FOLDER / "api").mkdir(exist_ok=True)
    for path, text in pages().items():
        (FOLDER / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
    print("Wrote docs/api.md and docs/api/")
