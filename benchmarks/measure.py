"""How things are timed, and how what was measured is shown."""

import inspect
import os
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Row:
    """One thing beside another: medians of what was measured, their ratio, and the bound it should keep, if any."""

    what: str
    measured: float
    against: str
    other: float
    unit: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None

    def target(self) -> str:
        """The bound, and whether it is met."""
        if self.at_least is not None:
            bound, met = f"≥ {self.at_least:,}", self.ratio >= self.at_least
        elif self.at_most is not None:
            bound, met = f"≤ {self.at_most:,}", self.ratio <= self.at_most
        else:
            return ""
        return f"{bound}, {'met' if met else '**not met**'}"


def quick() -> bool:
    """Whether only to see that everything runs: small sizes, few rounds."""
    return bool(os.environ.get("BENCHMARKS_QUICK"))


def race(
    contestants: Mapping[str, Callable[[], object]],
    rounds: int,
    calls: int = 1,
    before: Callable[[], object] = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, np.ndarray]:
    """The seconds that one call of each contestant takes, in every round.

    Machines are noisy, so all run in every round, in an order that is drawn anew, and are compared within rounds.

    Args:
        contestants: functions by name, each of which returns when its work is done. One call comes first and is not
            timed, so that what can be compiled is.
        rounds: how often each is timed.
        calls: over how many calls.
        before: called before each timing, and not timed.
        clock: `time.process_time` for the seconds of all processors, which other programs change less.
    """
    for contestant in contestants.values():
        contestant()
    order, shuffle = list(contestants), random.Random(0).shuffle
    seconds = {name: np.empty(rounds) for name in contestants}
    for i in range(rounds):
        shuffle(order)
        for name in order:
            before()
            seconds[name][i] = _seconds(contestants[name], calls, clock)
    return seconds


def _seconds(contestant: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    start = clock()
    for _ in range(calls):
        _result = contestant()  # kept until the time is taken: to free its memory is not part of it
    return (clock() - start) / calls


def compare(
    what: str,
    measured: np.ndarray,
    against: str,
    others: np.ndarray,
    unit: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Row:
    """One thing beside another, of which something was measured in every round."""
    ratio = float(np.median(measured / others))
    return Row(what, float(np.median(measured)), against, float(np.median(others)), unit, ratio, at_least, at_most)


def section(doc: str | None, rows: Iterable[Row]) -> str:
    """A benchmark in Markdown: the docstring of its module, of which the first line is the question, and its table."""
    lines = [f"## {inspect.cleandoc(doc or '')}", "", "| what | measured | against | measured | ratio | target |"]
    lines += ["|---|---:|---|---:|---:|---|"]
    for row in rows:
        measured, other = (f"{_number(x)} {row.unit}".rstrip() for x in (row.measured, row.other))
        ratio = f"{row.ratio:.3f}" if row.ratio < 10 else f"{row.ratio:,.0f}"
        lines.append(f"| {row.what} | {measured} | {row.against} | {other} | {ratio} | {row.target()} |")
    return "\n".join(lines)


def _number(x: float) -> str:
    """With three digits, or all of those before the point."""
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"
