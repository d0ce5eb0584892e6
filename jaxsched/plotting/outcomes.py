"""Pictures of what schedules led to: the results of a sweep, the losses of a range test."""

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from jaxsched._data.fields import as_schedule
from jaxsched._data.messages import brief, check_known, cut, one_of
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._sweep.results import Results
from jaxsched._text.reading import loads
from jaxsched._typing import Whole
from jaxsched.plotting.curves import FEW, plot
from jaxsched.plotting.scales import is_geometric, new_axes, scale
from jaxsched.training.finder import RangeTest


if TYPE_CHECKING:
    from matplotlib.axes import Axes

BRIGHT_IS_BEST = {"min": "viridis_r", "max": "viridis"}

TICKS = 6
"""So many numbers are written along a map; words, all."""

WORD, LINE = 24, 70
"""So many characters of a word are written, and so many of all words side by side."""


def draw_results(
    results: Results,
    metric: str,
    *columns: str,
    schedule: Callable[..., ScheduleLike] | str | None = None,
    total_steps: Whole | None = None,
    mode: Literal["min", "max"] = "min",
    ax: "Axes | None" = None,
) -> "Axes":
    """What `Results.plot` does, which says how."""
    scores = results._scores(metric)
    given = [*columns, *([schedule] if isinstance(schedule, str) else [])]
    check_known("Results.plot", "column", given, results.columns)
    if (schedule is None) == (not columns) or len(columns) > 2:
        raise ValueError(
            f"Results.plot: give one or two columns, or `schedule`, got {len(columns)} columns"
            f"{'' if schedule is None else ' and `schedule`'}."
        )
    if mode not in BRIGHT_IS_BEST:
        raise ValueError(f"Results.plot: `mode` {one_of(list(BRIGHT_IS_BEST), mode)}")
    known = np.isfinite(scores)
    for name in columns:
        if (entries := results[name]).ndim > 1:
            raise ValueError(f"Results.plot: `{name}` must have one entry in each row, got shape {entries.shape[1:]}.")
        known &= np.isfinite(entries) if entries.dtype.kind == "f" else True
    if not known.any():
        raise ValueError(f"Results.plot: `{metric}` is finite in none of {len(results)} rows.")
    shown, scores = results[known], scores[known]
    if schedule is not None:
        order = np.argsort(-scores if mode == "min" else scores, kind="stable")  # the best is drawn last
        curves = _schedules_of(shown[order], schedule)
        ax = plot(curves, total_steps, ax=ax, color_by=scores[order], cmap=BRIGHT_IS_BEST[mode])
        ax.figure.axes[-1].set_ylabel(metric)
    elif len(columns) == 1:
        ax = new_axes(ax)
        _draw_points(ax, shown, metric, scores, columns[0])
    else:
        ax = new_axes(ax)
        _draw_map(ax, shown, metric, scores, columns, mode)
    if missing := len(results) - len(shown):
        ax.set_title(f"{missing} of {len(results)} rows are not finite")
    return ax


def draw_range_test(found: RangeTest, ax: "Axes | None" = None) -> "Axes":
    """What `RangeTest.plot` does."""
    smoothed, suggested = found.smoothed, {}
    with contextlib.suppress(ValueError):  # where the loss never falls, that is what the picture shows
        suggested = {"steepest": found.steepest, "valley": found.valley}
    ax = new_axes(ax)
    ax.plot(found.rates, found.losses.T, color="0.8", linewidth=0.5)
    ax.plot(found.rates, smoothed.T, color="C0", linewidth=1, alpha=0.7)
    for (name, rate), color in zip(suggested.items(), ("C1", "C2"), strict=False):
        ax.axvline(rate, color=color, linestyle="--", label=f"{name}: {rate:.2g}")
    lowest, first = smoothed.min(), smoothed[:, 0].max()
    if suggested:
        ax.set_ylim(lowest - 0.1 * (first - lowest), first + 0.5 * (first - lowest))
        ax.legend()
    ax.set(xscale="log", xlabel="learning rate", ylabel="training loss")
    return ax


# What is given.


def _schedules_of(rows: Results, schedule: Callable[..., ScheduleLike] | str) -> list[Schedule]:
    """The schedule of each row, by a function or in a column; where that was stored, it is text."""
    if isinstance(schedule, str):
        given = list(rows[schedule])
        try:
            given = [loads(x) if isinstance(x, str) else x for x in given]
        except ValueError as error:
            raise ValueError(f"Results.plot: the column `{schedule}` must hold schedules. {error}") from None
    elif callable(schedule):
        given = [schedule(**row) for row in rows.configs]
    else:
        rule = "must be a function of a row, or the name of a column"
        raise TypeError(f"Results.plot: `schedule` {rule}, got {brief(schedule)}.")
    curves = [as_schedule("Results.plot", "schedule", each, Schedule) for each in given]
    if stacks := [curve.shape for curve in curves if curve.shape]:
        raise ValueError(f"Results.plot: `schedule` must be one for each row, got a stack of shape {stacks[0]}.")
    return curves


class _Places(NamedTuple):
    """Where the entries of a column are along an axis: at themselves, if they are numbers; or one beside the other."""

    are_numbers: bool
    at: np.ndarray
    which: np.ndarray
    texts: list[str]

    def write(self, axis: Any, chosen: np.ndarray, at: np.ndarray) -> None:
        """The texts of some entries along an axis; at an angle, if they would run into each other."""
        texts = [self.texts[i] for i in chosen]
        long = axis.axis_name == "x" and sum(map(len, texts)) > LINE
        look = {"rotation": 30 if len(texts) <= FEW else 60, "ha": "right", "rotation_mode": "anchor"} if long else {}
        axis.set_ticks(at[chosen], texts, **look)
        axis.axes.set(**{f"{axis.axis_name}lim": (-0.5, len(at) - 0.5)})


def _places(entries: np.ndarray) -> _Places:
    are_numbers = entries.dtype.kind in "iuf"
    words = entries if are_numbers else np.asarray([f"{getattr(x, '__name__', '')} {x}" for x in entries])
    distinct, first, which = np.unique(words, return_index=True, return_inverse=True)
    at = distinct if are_numbers else np.arange(len(distinct))
    return _Places(are_numbers, at, which, [_text(x) for x in entries[first]])


def _text(entry: Any) -> str:
    return f"{entry:.3g}" if isinstance(entry, np.floating) else cut(getattr(entry, "__name__", str(entry)), WORD)


# What is drawn.


def _draw_points(ax: "Axes", shown: Results, metric: str, scores: np.ndarray, column: str) -> None:
    """The metric of every row, and its mean for each entry of the column."""
    places = _places(shown[column])
    counts = np.bincount(places.which)
    means = np.bincount(places.which, scores) / counts
    if counts.max() > 1:
        ax.plot(places.at[places.which], scores, ".", color="0.7", label="rows")
    ax.plot(places.at, means, "o-" if places.are_numbers else "o", color="C0", label="mean")
    if counts.max() > 1:
        ax.legend()
    ax.set(xlabel=column, ylabel=metric, yscale="log" if is_geometric(scores) else "linear")
    if not places.are_numbers:
        places.write(ax.xaxis, np.arange(len(places.at)), places.at)
    elif is_geometric(shown[column]):
        ax.set_xscale("log")


def _draw_map(ax: "Axes", shown: Results, metric: str, scores: np.ndarray, columns: Sequence[str], mode: str) -> None:
    """The mean of the metric for each pair of entries; or the rows as dots, where hardly a pair comes twice."""
    from matplotlib.cm import ScalarMappable

    x, y = (_places(shown[name]) for name in columns)
    norm = scale(scores)
    colors = ScalarMappable(norm, BRIGHT_IS_BEST[mode])
    if len(x.at) * len(y.at) > 2 * len(shown):
        ax.scatter(x.at[x.which], y.at[y.which], c=colors.to_rgba(scores), s=16)
        for axis, places in ((ax.xaxis, x), (ax.yaxis, y)):
            if not places.are_numbers:
                places.write(axis, np.arange(len(places.at)), places.at)
            elif is_geometric(places.at):
                ax.set(**{f"{axis.axis_name}scale": "log"})
    else:
        cell_of = np.ravel_multi_index((y.which, x.which), (len(y.at), len(x.at)))
        counts = np.bincount(cell_of, minlength=len(x.at) * len(y.at))
        means = np.bincount(cell_of, scores, len(counts)) / np.where(counts, counts, np.nan)
        ax.imshow(means.reshape(len(y.at), -1), origin="lower", aspect="auto", cmap=colors.cmap, norm=norm)
        for axis, places in ((ax.xaxis, x), (ax.yaxis, y)):
            cells = np.arange(len(places.at))
            places.write(axis, cells[:: -(-len(cells) // TICKS) if places.are_numbers else 1], cells)
    ax.set(xlabel=columns[0], ylabel=columns[1])
    ax.figure.colorbar(colors, ax=ax, label=metric)
