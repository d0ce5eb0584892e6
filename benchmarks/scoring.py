"""What does it cost to score 10,000 schedules of 10,000 steps each?

Warmups and cosines, whose peak and warmup differ, by both laws: each is one program. Against them stands what only the
values cost, summed by `js.evaluate`, and for the bound its formula with cumulative sums in NumPy, schedule by schedule,
measured on a sample. Then: a list of four kinds of schedules beside a stack of one, as many in all. Then the memory by
which a fresh process grows, beside a table of the values.

    python -m benchmarks.scoring
"""

import subprocess
import sys
import threading
from pathlib import Path

import jax
import numpy as np

import jaxsched as js
from benchmarks.measure import Row, compare, quick, race, section
from jaxsched.scoring import ConvexBound, MultiPowerLaw


ROUNDS, COUNT, STEPS, SAMPLE = (1, 100, 1000, 10) if quick() else (5, 10_000, 10_000, 100)

LAWS = {"bound": ConvexBound(), "law": MultiPowerLaw.published("400M")}
PEAKS, WARMUPS = np.geomspace(1e-5, 1e-3, COUNT), np.arange(COUNT) * (STEPS // 4) // COUNT
SCHEDULES = js.warmup_cosine(peak_value=PEAKS, warmup_steps=WARMUPS, total_steps=STEPS)


def mixed() -> list[js.Schedule]:
    part = slice(COUNT // 4)
    words = {"peak_value": PEAKS[part], "warmup_steps": WARMUPS[part], "total_steps": STEPS}
    cooled = js.wsd(**words, cooldown_steps=STEPS // 5)
    return [js.warmup_cosine(**words), js.warmup_linear(**words), cooled, js.warmup_polynomial(**words, power=2.0)]


def summed() -> np.ndarray:
    return js.evaluate(SCHEDULES, STEPS, reduce=lambda rows: rows.sum(axis=1))


def by_numpy(rates: np.ndarray) -> float:
    """The bound as the paper's code has it."""
    squares, left, squares_left = rates**2, rates[::-1].cumsum()[::-1], (rates**2)[::-1].cumsum()[::-1]
    third = (rates[:-1] / left[1:] * squares_left[:-1] / left[:-1]).sum() / 2
    return 2 * np.sqrt(1 / (2 * left[0]) * (squares.sum() / (2 * left[0]) + third))


def one_by_one() -> None:
    for rates in js.evaluate(SCHEDULES[:SAMPLE], STEPS, out=np.empty, dtype=np.float32).astype(np.float64):
        by_numpy(rates)


def speed() -> list[Row]:
    kinds = mixed()
    seconds = race(
        {
            **{name: lambda law=law: law.score(SCHEDULES, STEPS).block_until_ready() for name, law in LAWS.items()},
            "mixed": lambda: LAWS["bound"].score(kinds, STEPS).block_until_ready(),
            "values": summed,
            "numpy": one_by_one,
        },
        ROUNDS,
    )
    many = seconds["numpy"] * COUNT / SAMPLE
    return [
        compare("the convex bound", seconds["bound"], "the values alone", seconds["values"], "s"),
        compare("the Multi-Power Law", seconds["law"], "the values alone", seconds["values"], "s"),
        compare("the convex bound", seconds["bound"], "NumPy, one by one", many, "s", at_most=1),
        compare("the bound of four kinds", seconds["mixed"], "of one", seconds["bound"], "s"),
    ]


def grown(name: str) -> float:
    """By how many MB this process grows, compilation and all. Only in a fresh process."""
    import psutil

    LAWS[name].score(SCHEDULES[:2], 10).block_until_ready()
    process, found = psutil.Process(), threading.Event()
    most = before = process.memory_info().rss

    def watch() -> None:
        nonlocal most
        while not found.wait(0.002):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    LAWS[name].score(SCHEDULES, STEPS).block_until_ready()
    found.set()
    watcher.join()
    return (most - before) / 2**20


def memory() -> list[Row]:
    table, found = np.asarray([COUNT * STEPS * 4 / 2**20]), []
    for name, label in (("bound", "memory of the bound"), ("law", "memory of the law")):
        code = f"from benchmarks.scoring import grown; print(grown({name!r}))"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent
        )
        measured = np.asarray([float(done.stdout)])
        found.append(compare(label, measured, "a table of the values", table, "MB", at_most=None if quick() else 0.3))
    return found


def run() -> list[Row]:
    on_processor = jax.devices()[0].platform == "cpu"  # whose memory is that of the process
    return [*speed(), *(memory() if on_processor else [])]


if __name__ == "__main__":
    print(section(__doc__, run()))
