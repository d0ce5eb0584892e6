"""Where something is drawn, and on which scale."""

import math
from typing import TYPE_CHECKING

import numpy as np


if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize

GEOMETRIC = 20
"""Numbers that span less than this factor are drawn on a linear scale."""


def new_axes(ax: "Axes | None") -> "Axes":
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.figure(figsize=(7, 4), layout="constrained").add_subplot()


def is_geometric(numbers: np.ndarray) -> bool:
    """Whether they are spread by factors: over more than one order of magnitude, half of them in its lower half."""
    if numbers.dtype.kind not in "iuf" or not (numbers > 0).all():
        return False
    least, most = float(numbers.min()), float(numbers.max())
    return most >= GEOMETRIC * least and float(np.median(numbers)) < math.sqrt(
        math.sqrt(least * most) * (least + most) / 2
    )


def scale(numbers: np.ndarray) -> "Normalize":
    from matplotlib.colors import LogNorm, Normalize

    return (LogNorm if is_geometric(numbers) else Normalize)(numbers.min(), numbers.max())
