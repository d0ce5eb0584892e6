"""A row of which theirs is a formula, and the two ramps that most formulas are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.parity.row import Row


Steps = np.ndarray[Any, Any]
"""0, 1, 2, ..."""

Formula = Callable[[Steps], np.ndarray[Any, Any]]
"""The value at each step, in float64."""


@dataclass(frozen=True)
class FormulaRow(Row):
    """A row of which theirs is a formula."""

    reads: bool = False
    library: str = ""
    formula: Formula = np.asarray
    source: str = ""
    """Where the formula was read: the file of the repository."""


def line(t: Steps, first: float, last: float, steps: float) -> np.ndarray[Any, Any]:
    return first + (last - first) * np.clip(t / steps, 0, 1)


def half_cosine(t: Steps, first: float, last: float, steps: float) -> np.ndarray[Any, Any]:
    return last + (first - last) * (1 + np.cos(np.pi * np.clip(t / steps, 0, 1))) / 2


def phases(t: Steps, *parts: tuple[float, Any], then: Any) -> np.ndarray[Any, Any]:
    """What comes before each of these steps, and after the last one."""
    return np.select([t < end for end, _ in parts], [np.broadcast_to(x, t.shape) for _, x in parts], then)
