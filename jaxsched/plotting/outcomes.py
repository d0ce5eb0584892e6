"""Pictures of what schedules led to: the results of a sweep, the losses of a range test."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from jaxsched._data.messages import check_known
from jaxsched._schedule.schedule import ScheduleLike
from jaxsched._sweep.results import Results
from jaxsched._typing import Whole
from jaxsched.plotting.curves import plot
from jaxsched.plotting.scales import is_geometric, new_axes, scale
from jaxsched.training.finder import RangeTest


if TYPE_CHECKING:
    from matplotlib.axes import Axes

BRIGHT_IS_BEST = {"min": "viridis_r", "max": "viridis"}

TICKS = 6
"""So many entries are written along a map."""


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
    known = np.isfinite(scores)
    if not known.any():
        raise ValueError(f"Results.plot: `{metric}` is finite in none of {len(results)} rows.")
    shown, scores, ax = results[known], scores[known], new_axes(ax)
    if schedule is not None:
        order = np.argsort(-scores if mode == "min" else scores, kind="stable")  # the best is drawn last
        curves = [row[schedule] if isinstance(schedule, str) else schedule(**row) for row in shown.configs[order]]
        plot(curves, total_steps, ax=ax, color_by=scores[order], cmap=BRIGHT_IS_BEST[mode])
        ax.figure.axes[-1].set_ylabel(metric)
    elif len(columns) == 1:
        _draw_points(ax, shown, metric, scores, columns[0])
    else:
        _draw_map(ax, shown, metric, scores, columns, mode)
    if missing := len(results) - len(shown):
        ax.set_title(f"{missing} of {len(results)} rows are not finite")
    return ax


def draw_range_test(found: RangeTest, ax: "Axes | None" = None) -> "Axes":
    """What `RangeTest.plot` does."""
    ax, smoothed = new_axes(ax), found.smoothed
    ax.plot(found.rates, found.losses.T, color="0.8", linewidth=0.5)
    ax.plot(found.rates, smoothed.T, color="C0", linewidth=1, alpha=0.7)
    for name, color in (("steepest", "C1"), ("valley", "C2")):
        rate = getattr(found, name)
        ax.axvline(rate, color=color, linestyle="--", label=f"{name}: {rate:.2g}")
    lowest, first = smoothed.min(), smoothed[:, 0].max()
    ax.set_ylim(lowest - 0.1 * (first - lowest), first + 0.5 * (first - lowest))
    ax.set(xscale="log", xlabel="learning rate", ylabel="training loss")
    ax.legend()
    return ax


def _draw_points(ax: "Axes", shown: Results, metric: str, scores: np.ndarray, column: str) -> None:
    """The metric of every row, and its mean for each entry of the column."""
    entries = shown[column]
    entries = entries if entries.dtype.kind in "iuf" else np.asarray([str(x) for x in entries])
    distinct, which, counts = np.unique(entries, return_inverse=True, return_counts=True)
    means = np.bincount(which, scores) / counts
    if counts.max() > 1:
        ax.plot(entries, scores, ".", color="0.7", label="rows")
    ax.plot(distinct, means, "o-" if distinct.dtype.kind in "iuf" else "o", color="C0", label="mean")
    if counts.max() > 1:
        ax.legend()
    ax.set(xlabel=column, ylabel=metric, yscale="log" if is_geometric(scores) else "linear")
    if is_geometric(entries):
        ax.set_xscale("log")


def _draw_map(ax: "Axes", shown: Results, metric: str, scores: np.ndarray, columns: Sequence[str], mode: str) -> None:
    """The mean of the metric for each pair of entries; or the rows as dots, where hardly a pair comes twice."""
    from matplotlib.cm import ScalarMappable

    axes = [
        np.unique(shown[name].astype(str) if shown[name].dtype == object else shown[name], return_inverse=True)
        for name in columns
    ]
    (x, x_of), (y, y_of) = axes
    norm = scale(scores)
    colors = ScalarMappable(norm, BRIGHT_IS_BEST[mode])
    if x.dtype.kind in "iuf" and y.dtype.kind in "iuf" and len(x) * len(y) > 2 * len(shown):
        ax.scatter(x[x_of], y[y_of], c=colors.to_rgba(scores), s=16)
        ax.set(xscale="log" if is_geometric(x) else "linear", yscale="log" if is_geometric(y) else "linear")
    else:
        cells = np.ravel_multi_index((y_of, x_of), (len(y), len(x)))
        counts = np.bincount(cells, minlength=len(x) * len(y))
        means = np.bincount(cells, scores, len(counts)) / np.where(counts, counts, np.nan)
        ax.imshow(means.reshape(len(y), len(x)), origin="lower", aspect="auto", cmap=colors.cmap, norm=norm)
        for axis, entries in ((ax.xaxis, x), (ax.yaxis, y)):
            ticks = np.unique(np.linspace(0, len(entries) - 1, min(len(entries), TICKS)).astype(int))
            texts = entries[ticks] if entries.dtype.kind not in "iuf" else [f"{entry:.3g}" for entry in entries[ticks]]
            axis.set_ticks(ticks, texts)
    ax.set(xlabel=columns[0], ylabel=columns[1])
    ax.figure.colorbar(colors, ax=ax, label=metric)
