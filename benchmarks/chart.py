"""The picture of the first question: the speed of every curve as a fraction of the speed of filling memory."""

from collections.abc import Iterable
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from benchmarks.curves import CURVES
from benchmarks.measure import Row


OURS, OTHERS, TARGET, TEXT, PALE = "#3b6ea8", "#c9a36a", "#c4553b", "#222222", "#777777"
BAR = 0.27  # inches


def draw(rows: Iterable[Row], path: Path) -> None:
    """Draw the rows that are set against filling memory, the fastest at the top."""
    bars = sorted((row for row in rows if row.against == "fill"), key=lambda row: row.ratio)
    curves = {name for group in CURVES.values() for name in group}
    fig = Figure(figsize=(9, BAR * len(bars) + 1.2), facecolor="white", layout="constrained")
    axes = fig.add_subplot()
    for i, row in enumerate(bars):
        axes.barh(i, row.ratio, height=0.7, color=OURS if row.what in curves else OTHERS)
        axes.text(1.06, i, f"{row.measured:.2f}", transform=axes.get_yaxis_transform(), va="center", ha="right",
                  size=9, color=PALE)  # fmt: skip
        if row.at_least is not None:
            axes.plot([row.at_least] * 2, [i - 0.35, i + 0.35], color=TARGET, lw=2.5, solid_capstyle="butt")
    axes.set_yticks(range(len(bars)), [row.what for row in bars], family="monospace", size=9, color=TEXT)
    axes.set(xlim=(0, max(1, *(row.ratio for row in bars))), ylim=(-0.6, len(bars) - 0.4))
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(axis="x", color="#e2e2e2", lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelcolor=TEXT)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set(color=PALE, linewidth=0.8)
    axes.set_title("Speed of a table of values, relative to filling its memory", loc="left", color=TEXT, pad=10)
    axes.text(1.06, 1.005, "10⁹ values/s", transform=axes.transAxes, ha="right", size=9, color=PALE)
    handles = [Patch(color=OURS), Patch(color=OTHERS), Line2D([], [], color=TARGET, lw=2.5)]
    axes.legend(handles, ["jaxsched", "for comparison", "target"], loc="lower right", frameon=False, labelcolor=TEXT)
    fig.savefig(path, dpi=120, pil_kwargs={"optimize": True})
