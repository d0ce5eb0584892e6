"""The page to play with: one HTML file, with the recipes' arguments as their signatures have them.

    python -m docs.play

Writes `play.html` beside this file, from the parts in `play/`.
"""

import inspect
import json
import re
from pathlib import Path

import jaxsched as js


FOLDER = Path(__file__).parent


def recipes() -> list[str]:
    """Those that have a formula in JavaScript."""
    text = (FOLDER / "play" / "formulas.js").read_text(encoding="utf-8")
    return re.findall(r"^  (\w+): \(p\)", text.partition("const RECIPES")[2], re.MULTILINE)


def arguments() -> str:
    """Of each recipe, the names of its arguments, with their defaults."""
    found = []
    for name in recipes():
        given = inspect.signature(getattr(js, name)).parameters.values()
        pairs = [[x.name] if x.default is x.empty else [x.name, x.default] for x in given]
        found.append(f"  {json.dumps(name)}: {json.dumps(pairs)}")
    return "{\n" + ",\n".join(found) + "\n}"


def page() -> str:
    """The whole file."""
    text, style, formulas, script = (
        (FOLDER / "play" / name).read_text(encoding="utf-8")
        for name in ("template.html", "style.css", "formulas.js", "page.js")
    )
    parts = {"style": style, "arguments": arguments(), "formulas": formulas, "page": script}
    return re.sub(r"{{(\w+)}}", lambda found: parts[found[1]], text)


def write() -> None:
    (FOLDER / "play.html").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
    print("Wrote docs/play.html")
