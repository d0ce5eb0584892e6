"""Pictures; they need matplotlib."""

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jaxsched.training.finder import RangeTest


def draw_range_test(found: "RangeTest", ax: "Axes | None" = None) -> "Axes":
    """The losses of a `range_test` over its rates, with both suggestions.

    Args:
        found: what it returned.
        ax: where to draw; by default, a new figure.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.figure(figsize=(7, 4), layout="constrained").add_subplot()
    smoothed = found.smoothed
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
