"""The schedules of published runs, and the line that makes each: from the tests that check their values.

    python -m docs.runs

Writes `runs.md` beside this file.
"""

from pathlib import Path

from tests.recipes import test_published_recipes as published


FOLDER = Path(__file__).parent

GROUPS = {
    "Language": published.LANGUAGE,
    "Speech": published.SPEECH,
    "Vision": published.VISION,
    "Elsewhere": published.ELSEWHERE,
}


def page() -> str:
    count = sum(map(len, GROUPS.values()))
    lines = [
        "# Published runs",
        "",
        f"{count} schedules that somebody has trained with, each with its source. What a source leaves open is in",
        "[the test](../tests/recipes/test_published_recipes.py) that compares their values where phases meet,",
        "at the peak, at the end, and between. A line is read by `js.loads`, or by Python, with `js.` there.",
        "Its steps are those of the run, at the batch size that it had. `python -m docs.runs` writes this page.",
    ]
    for group, rows in GROUPS.items():
        lines += ["", f"## {group}"]
        for name, row in rows.items():
            lines += ["", f"**{name}** ({row.source})", "", f"    {row.make()!r}"]
    return "\n".join(lines) + "\n"


def write() -> None:
    (FOLDER / "runs.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
    print("Wrote docs/runs.md")
