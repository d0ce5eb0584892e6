"""A line of a neighbour beside ours for the same curve, and how close two curves must be.

The rows are in `tests/parity/rows/`, a file for each neighbour. The lines are text, for `docs/migration.md` shows them
as the tests run them.
"""

from dataclasses import dataclass

import jax
import numpy as np

import jaxsched as js


LR = 0.05
"""The rate of the optimizer, which is `lr` in the lines."""

STEPS = 300

WHOLE, REAL, SINGLE = 2e-7, 4e-7, 2e-6
"""How far from theirs, as a part of the peak: theirs in float64 and whole lengths, real lengths, theirs in float32."""


@dataclass(frozen=True)
class Row:
    """What one writes there, and what one writes here."""

    name: str
    """What it is called there, as the gallery calls it."""
    theirs: str
    ours: str
    differs: str = ""
    """What one has to know, and whose reason it is: Markdown, a sentence or two."""
    tolerance: float = WHOLE
    steps: int = STEPS
    reads: bool = True
    """Whether the adapter, given theirs, returns this very line."""


def ours(line: str) -> js.Schedule:
    """The schedule of a line of ours."""
    return eval(line, {"js": js, "np": np, "lr": LR})


def assert_close(schedule: js.Schedule, theirs: np.ndarray, tolerance: float = WHOLE) -> None:
    """Every step of a run: within a part of the peak, or 8 units in the last place."""
    with jax.numpy_dtype_promotion("standard"):
        mine = np.asarray(schedule(np.arange(len(theirs))), np.float64)
    ulps = 8 * np.spacing(np.abs(theirs).astype(np.float32)).astype(np.float64)
    allowed = np.maximum(tolerance * np.abs(theirs).max(), ulps)
    far = np.flatnonzero(~(np.abs(mine - theirs) <= allowed))
    assert not far.size, f"{schedule!r} at step {far[0]}: {mine[far[0]]!r}, theirs {theirs[far[0]]!r}; {far.size} steps"
