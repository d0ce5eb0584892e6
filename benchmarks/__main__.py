"""Measure how fast things are: everything, which writes README.md and chart.png beside this file, or what is named."""

import argparse
import datetime
import importlib
import os
import platform
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import jax

from benchmarks.measure import Row, section


FOLDER = Path(__file__).parent
NAMES = ("table", "call", "train_step", "compile", "sweep", "chunks", "scoring", "oracle", "look", "import_time")


def processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def machine() -> str:
    """The processor, the devices, the versions and the date, in a sentence."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    devices = " and ".join(sorted({device.device_kind for device in jax.devices()}))
    versions = [f"{name} {version(name)}" for name in ("jax", "optax", "torch", "numpy") if find_spec(name)]
    versions.append(f"Python {platform.python_version()}")
    return f"{processor()}, {cores} cores, with JAX on {devices}; {', '.join(versions)}; {datetime.date.today()}"


def report(sections: list[str], minutes: float) -> str:
    """The text of README.md."""
    introduction = f"""# Benchmarks

What should be fast, beside what it is compared with. All that is compared runs by turns, so that the noise of a machine
meets all alike. Shown are medians over rounds, and the median of the ratios within each round. Compilation is not
counted unless it is said.

    pip install -e '.[bench]' && python -m benchmarks

What needs no more than a device is measured on any other one by `python -m benchmarks.device`, which writes a page of
its own, and `python -m benchmarks.tpu` compiles every schedule for a TPU that need not be there. How long compilation
takes on each version of JAX is [a page of its own](versions.md). `python -m benchmarks.polynomials` makes the
coefficients of the polynomials in `jaxsched/_numerics`, and `plain.py` holds the plain formula of every curve.

This page was written by it in {minutes:.0f} minutes. {machine()}.

![The speed of every curve, as a fraction of the speed of filling memory](chart.png)"""
    return "\n\n".join([introduction, *sections]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(NAMES)}: only print its table")
    names = parser.parse_args().names
    if unknown := [name for name in names if name not in NAMES]:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(NAMES)}")

    start = time.perf_counter()
    rows: dict[str, list[Row]] = {}
    sections = []
    for name in names or NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        rows[name] = module.run()
        sections.append(section(module.__doc__, rows[name]))
        print(sections[-1], end="\n\n", flush=True)
    if not names:
        from benchmarks.chart import draw

        draw(rows["table"], FOLDER / "chart.png")
        text = report(sections, (time.perf_counter() - start) / 60)
        (FOLDER / "README.md").write_text(text, encoding="utf-8")
        print("Wrote README.md and chart.png")


if __name__ == "__main__":
    main()
