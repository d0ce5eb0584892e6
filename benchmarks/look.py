"""How long until one sees a schedule, or reads it from a text?

A picture is drawn as far as its pixels. Of a million steps, against handing all of their values to matplotlib; a fan of
4,096 schedules, against its lines one by one; what a notebook shows of a schedule whose kind it has not shown yet,
against the first value of that schedule; a text, against `eval`, which would run whatever it says.

    python -m benchmarks.look
"""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

import jaxsched as js
from benchmarks.measure import Row, compare, quick, race, section
from jaxsched.plotting import plot


MILLION = 1_000_000 // (100 if quick() else 1)
FAN = 64 if quick() else 4096
ROUNDS = 1 if quick() else 5

RUN = js.sgdr(peak_value=1.0, warmup_steps=1000, period_steps=MILLION // 10, growth=1.5)
CURVES = js.warmup_cosine(peak_value=np.geomspace(1e-4, 1.0, FAN), warmup_steps=100, total_steps=1000)
TEXT = js.dumps(js.wsd(peak_value=3e-4, warmup_steps=500, total_steps=10_000, cooldown_steps=2000) * 0.5)


def drawn(draw: Callable[[Any], object]) -> Callable[[], None]:
    """A function that draws it into new axes, as far as the pixels."""

    def run() -> None:
        figure, ax = plt.subplots()
        draw(ax)
        figure.canvas.draw()
        plt.close(figure)

    return run


def all_values(ax: Any) -> None:
    ax.plot(np.asarray(RUN(np.arange(MILLION + 1))))


def one_by_one(ax: Any) -> None:
    for row in np.asarray(js.evaluate(CURVES, 1001)):
        ax.plot(row)


def run() -> list[Row]:
    mpl.use("agg")
    pictures = {
        "a million steps": drawn(lambda ax: plot(RUN, MILLION, ax=ax)),
        "all values": drawn(all_values),
        "a fan": drawn(lambda ax: plot(CURVES, 1000, ax=ax)),
        "one by one": drawn(one_by_one),
    }
    seconds = race(pictures, ROUNDS)
    fresh = itertools.count()

    def new_kind() -> js.Schedule:
        """Of a structure that has not been compiled: another number of pieces."""
        pieces = [js.Linear(1.0, 0.0, 10), js.HalfLife(1.0, 20)] * (2 + next(fresh))
        return js.join_schedules(pieces, 10 * np.arange(1, len(pieces)))

    firsts = race(
        {"html": lambda: new_kind()._repr_html_(), "value": lambda: jax.block_until_ready(new_kind()(3))}, 2 * ROUNDS
    )
    texts = race({"loads": lambda: js.loads(TEXT), "eval": lambda: eval(TEXT, dict(vars(js)))}, ROUNDS, calls=100)
    second = np.ones(ROUNDS)
    return [
        compare("plot, a million steps", seconds["a million steps"], "one second", second, "s", at_most=1),
        compare("plot, a million steps", seconds["a million steps"], "all values", seconds["all values"], "s"),
        compare("plot, 4,096 schedules", seconds["a fan"], "their lines one by one", seconds["one by one"], "s"),
        compare("picture in a notebook", firsts["html"], "the first value", firsts["value"], "s"),
        compare("loads", 1e6 * texts["loads"], "eval", 1e6 * texts["eval"], "µs"),
    ]


if __name__ == "__main__":
    print(section(__doc__, run()))
