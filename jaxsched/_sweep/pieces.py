"""What comes out of a sweep, piece by piece: the metrics of some rows, or why there are none."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np


class Piece(NamedTuple):
    """The metrics of some rows of the configurations."""

    rows: np.ndarray
    metrics: Mapping[str, np.ndarray]

    def of(self, rows: np.ndarray) -> "Piece":
        """Some of its rows, which are in order."""
        at = np.searchsorted(self.rows, rows)
        return Piece(rows, {name: metric[at] for name, metric in self.metrics.items()})

    def without(self, rows: Collection[int]) -> "Piece":
        """The rest of it."""
        rest = ~np.isin(self.rows, list(rows))
        return Piece(self.rows[rest], {name: metric[rest] for name, metric in self.metrics.items()})


class Failure(NamedTuple):
    """Rows of the configurations that could not be trained, and the traceback that says why."""

    rows: tuple[int, ...]
    error: str


def joined(pieces: Sequence[Piece]) -> Piece:
    """At least one piece, as one, in the order of the rows."""
    rows = np.concatenate([piece.rows for piece in pieces])
    order = np.argsort(rows)
    names = pieces[0].metrics
    return Piece(rows[order], {name: np.concatenate([p.metrics[name] for p in pieces])[order] for name in names})


def finite_rows(metrics: Mapping[str, np.ndarray], count: int) -> np.ndarray:
    """For each row, whether all of its numbers are finite."""
    finite = np.ones(count, bool)
    for metric in metrics.values():
        if jnp.issubdtype(metric.dtype, np.inexact):
            finite &= np.isfinite(metric).reshape(count, -1).all(axis=1)
    return finite
