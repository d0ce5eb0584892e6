"""What other libraries call a schedule, by library: from the column "elsewhere" of the gallery.

    python -m docs.elsewhere

Writes `elsewhere.md` beside this file.
"""

import re
from pathlib import Path

from docs import gallery


FOLDER = Path(__file__).parent

ITEM = re.compile(r"(?P<libraries>[^`,]+) `(?P<name>[^`]+)`")

BEGINNING = """\
# What is it called elsewhere?

Find the name that you know, and take the one beside it. Each was compared, with the library installed or its formula,
by [a test](../tests/parity/test_elsewhere.py); [migration](migration.md) has their lines beside ours, and what differs.
`python -m docs.elsewhere` writes this page.
"""


def items(text: str) -> list[tuple[str, str]]:
    """The libraries in a text of the gallery, and what each calls it.

    The text is a list, with commas: the name of a library, or of several with "and" between them, and then the name
    that they have for the schedule, in backticks.
    """
    found = [ITEM.fullmatch(item) for item in text.split(", ")] if text else []
    assert None not in found, f"not a list of names: {text}"
    return [(library, item["name"]) for item in found if item for library in item["libraries"].split(" and ")]


def page() -> str:
    """The tables, a library with many names first."""
    ours: dict[str, dict[str, list[str]]] = {}
    for entry in (entry for entries in gallery.ENTRIES.values() for entry in entries):
        for library, name in items(entry.elsewhere):
            ours.setdefault(library, {}).setdefault(name, []).append(entry.name)
    lines = [BEGINNING]
    for library in sorted(ours, key=lambda library: (-len(ours[library]), library.lower())):
        lines += [f"## {library}", "", "| there | here |", "|---|---|"]
        lines += [f"| `{name}` | {', '.join(map(link, ours[library][name]))} |" for name in sorted(ours[library])]
        lines.append("")
    return "\n".join(lines)


def link(name: str) -> str:
    if not name.isidentifier():
        return f"`{name}`"
    return f"[`{name}`](gallery.md#{name.lower()})"


def write() -> None:
    (FOLDER / "elsewhere.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
    print("Wrote docs/elsewhere.md")
