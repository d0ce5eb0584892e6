"""The pages that people read: their code runs, and what they show is what it prints.

Code is in blocks of Python; all of a page run in one namespace. A block of text that follows one shows what it prints.

    python -m tests.pages            # writes what the code prints into the pages
"""

import contextlib
import io
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any


ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n^```text\n(?P<shown>.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def code_of(page: str) -> str:
    """All code of a page."""
    return "\n".join(block["code"] for block in BLOCK.finditer(page))


def as_printed(page: str) -> str:
    """A page with what its code prints, wherever it shows that; run in the folder in which this is called."""
    names: dict[str, Any] = {"__name__": "__main__"}

    def run(block: re.Match[str]) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block["code"], "page", "exec"), names)
        code = f"```python\n{block['code']}```\n"
        return code if block["shown"] is None else f"{code}\n```text\n{printed.getvalue()}```\n"

    return BLOCK.sub(run, page)


def main(paths: list[str]) -> None:
    for path in map(Path.absolute, map(Path, paths)) if paths else PAGES:
        text = path.read_text(encoding="utf-8")
        if BLOCK.search(text):
            with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
                path.write_text(as_printed(text), encoding="utf-8")
            print(f"Wrote {os.path.relpath(path)}")


if __name__ == "__main__":
    main(sys.argv[1:])
