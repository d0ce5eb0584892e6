"""How exact and how fast is everything on the device that is here?

In at most 8 minutes, and written to a page of its own, device-<name>.md: the errors of the curves, a training step, a
sweep, and tables of values against the speed of memory.

    pip install -e '.[test]' && python -m benchmarks.device
"""

import argparse
import importlib
import os
import re
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

import jax

from benchmarks.__main__ import FOLDER, machine
from benchmarks.measure import Row, quick, section


MINUTES = 8

PARTS: dict[str, Callable[[ModuleType], Iterable[Row]]] = {
    "accuracy": lambda module: module.run(),
    "train_step": lambda module: module.run(),
    "sweep": lambda module: module.run(),
    "table": lambda module: module.beside_memory(module.Memory()),
}


def part(name: str, until: float) -> str:
    """What was measured until the time was over or something failed, as a section."""
    doc, rows, end = name, [], ""
    try:
        module = importlib.import_module(f"benchmarks.{name}")
        doc = module.__doc__
        for row in PARTS[name](module):
            rows.append(row)
            if time.perf_counter() > until:
                end = "\n\nHere the time was over."
                break
    except Exception:
        end = f"\n\n**It failed.**\n\n```\n{traceback.format_exc(limit=-4).strip()}\n```"
    return section(doc, rows) + end


def page(sections: list[str], minutes: float) -> str:
    name = jax.devices()[0].device_kind
    introduction = f"""# On {name}

`python -m benchmarks.device` wrote this page in {minutes:.1f} minutes. {machine()}."""
    if quick():
        introduction += "\n\nSizes and rounds were too small for the figures to mean anything."
    return "\n\n".join([introduction, *sections]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.device", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only see that everything runs: small sizes, few rounds")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the page is written")
    given = parser.parse_args()
    if given.quick:
        os.environ["BENCHMARKS_QUICK"] = "1"

    start = time.perf_counter()
    name = re.sub(r"[^a-z0-9]+", "-", jax.devices()[0].device_kind.lower())
    path, sections = given.folder / f"device-{name}.md", []
    for each in PARTS:
        sections.append(part(each, until=start + 60 * MINUTES))
        print(sections[-1], end="\n\n", flush=True)
        path.write_text(page(sections, (time.perf_counter() - start) / 60), encoding="utf-8")
    print(f"Wrote {path}")


if __name__ == "__main__":
    main()
