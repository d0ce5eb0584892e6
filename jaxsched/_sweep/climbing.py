"""Successive halving while it runs: rung after rung, the rows that are left go on, and the best of them are left then.

Whoever is left runs in batches of the same shape, with other rows beside it: so nothing is compiled again, and a row
has the same bits as in a sweep that goes all the way. A rung begins when all of the one before is there; what others
have done of it is read from the store.
"""

import contextlib
import math
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import jax.numpy as jnp
import numpy as np

from jaxsched._numerics.floats import default_dtype
from jaxsched._sweep import plan
from jaxsched._sweep.chunks import Chunked
from jaxsched._sweep.flight import Flight, Stop, joined
from jaxsched._sweep.pieces import Piece, joined as joined_pieces
from jaxsched._sweep.plan import Part
from jaxsched._sweep.results import Results
from jaxsched._sweep.running import Run


class Rule(NamedTuple):
    """Who is left after a rung.

    Attributes:
        metric: what is compared, as it is at the end of the rung.
        mode: whether less of it is better, or more.
        eta: one of so many is left, and the rungs grow by this factor.
        first: the length of the first rung, in steps.
    """

    metric: str
    mode: Literal["min", "max"]
    eta: int
    first: int

    def ends(self, steps: int) -> list[int]:
        """Where the rungs end, in steps."""
        ends = [self.first]
        while ends[-1] < steps:
            ends.append(min(ends[-1] * self.eta, steps))
        return ends

    def left_of(self, rows: int) -> int:
        """How many are left."""
        return math.ceil(rows / self.eta)

    def work(self, rows: int, steps: int) -> int:
        """What it takes, in rows and steps."""
        total, start = 0, 0
        for end in self.ends(steps):
            total, start, rows = total + rows * (end - start), end, self.left_of(rows)
        return total


class Over(Exception):  # noqa: N818
    """Nothing is left to do."""


class Climb(Run):
    """Successive halving while it runs; as a `Run`, with a rule."""

    come = "have begun"

    def __init__(self, rule: Rule, *given: Any):
        super().__init__(*given)
        self.rule = rule
        self.here: dict[int, Stop] = {}  # the rows that are left, by group
        self.stopped: list[Piece] = []  # the others
        real = default_dtype(integer=False)  # for what a row has not come to is not a number
        self.metrics = {
            name: (dtype if name == "steps_done" or jnp.issubdtype(dtype, jnp.inexact) else real, shape)
            for name, (dtype, shape) in self.metrics.items()
        }

    @property
    def total(self) -> int:
        every = self._program.every
        return self.rule.work(len(self.configs), self.chunks * every) // every

    def rows_done(self) -> int:
        """What is finished before: rungs tell when they are read."""
        parts, done = self._parts(), self.keeper.done()
        return self.total if parts and done >= {part.first for part in parts} else 0

    def results(self) -> Results:
        """What is finished; before that, how far each row has come."""
        if self.here:
            self.unfinished = [joined_pieces([*self.stopped, *map(self._became, self.here.values())])]
        return super().results()

    def all_parts(self, worker: int, workers: int) -> None:
        """Do one rung after another, and then write down what each row has become."""
        with contextlib.suppress(Over):
            self._all_rungs(worker, workers)
        self.keeper.forget(self._parts())

    def _all_rungs(self, worker: int, workers: int) -> None:
        self._check_not_over()
        left = {i: group.rows for i, group in enumerate(self.groups)}
        start = 0
        for rung, end in enumerate(self._ends()):
            here = self._rung(rung, end - start, left, worker, workers)
            best = self._best(here) if end < self.chunks else np.empty(0, int)
            left = {i: stop.rows[np.isin(stop.rows, best)] for i, stop in here.items()}
            self.stopped += [self._became(stop.of(np.setdiff1d(stop.rows, best))) for stop in here.values()]
            self.here = {i: stop.of(left[i]) for i, stop in here.items() if len(left[i])}
            start = end
        became = joined_pieces(self.stopped)
        for part in plan.in_order(self._parts(), worker, workers):
            if not self.keeper.has(part):
                self.keeper.add(part, [became.of(part.rows)], [])

    def _check_not_over(self) -> None:
        """Raise if others have done everything, and so have removed what was needed on the way."""
        if self.keeper.done() >= {part.first for part in self._parts()}:
            raise Over

    def _ends(self) -> list[int]:
        """Where the rungs end, in chunks."""
        every = self._program.every
        return [end // every for end in self.rule.ends(self.chunks * every)]

    @property
    def _program(self) -> Chunked:
        return next(iter(self.programs.values()))  # pyright: ignore[reportReturnType]

    def _rung(self, rung: int, chunks: int, left: Mapping[int, np.ndarray], *worker: int) -> dict[int, Stop]:
        """Where all rows that were left are at the end of a rung, by group."""
        assert self.keeper.sizes is not None
        pieces = [(i, rows) for i, all_rows in left.items() for rows in plan.pieces_of(all_rows, self.keeper.sizes[1])]
        parts = [Part(i, rows) for i, rows in pieces if len(rows)]
        found: dict[int, Stop] = {}
        for part in plan.in_order(parts, *worker):
            program: Any = self.programs[part.group]
            stop = self.keeper.rung(rung, part, program)
            if stop is None:
                self._check_not_over()
                stop = self._climbed(rung, chunks, part)
                self.keeper.add_rung(rung, part, stop)
            else:
                self.bar.update(len(part.rows) * chunks)
            found[part.first] = stop
        groups = {part.group: [found[other.first] for other in parts if other.group == part.group] for part in parts}
        later = {i: joined(stops) for i, stops in groups.items()}
        return {i: self.here[i].of(stop.rows).then(stop) if rung else stop for i, stop in later.items()}

    def _climbed(self, rung: int, chunks: int, part: Part) -> Stop:
        """A part, brought to the end of a rung, batch by batch."""
        program: Any = self.programs[part.group]
        stops = []
        for rows in plan.pieces_of(part.rows, self._batch_rows):
            early = None if rung else self._early(rows)
            start = self.here[part.group].of(rows) if rung else None
            flight = early if isinstance(early, Flight) else Flight(self.machine, program, rows, start)
            self.fly(flight, chunks, rung)
            stops.append(flight.stop())
        return joined(stops)

    def _best(self, here: Mapping[int, Stop]) -> np.ndarray:
        """The rows that are left; of equal ones, the first."""
        rows = np.concatenate([stop.rows for stop in here.values()])
        scores = np.concatenate([stop.metrics[self.rule.metric][:, -1].astype(np.float64) for stop in here.values()])
        scores = scores if self.rule.mode == "min" else -scores
        order = np.lexsort((rows, np.where(np.isfinite(scores), scores, np.inf)))
        return rows[order[: self.rule.left_of(len(rows))]]

    def _became(self, stop: Stop) -> Piece:
        """What rows have become that are stopped here, with nothing after the chunks that they went."""
        metrics = {"steps_done": np.full(len(stop.rows), stop.done * self._program.every, np.int32)}
        for name, came in stop.metrics.items():
            dtype, shape = self.metrics[name]
            metrics[name] = np.full((len(stop.rows), *shape), np.nan, dtype)
            metrics[name][:, : stop.done] = came
        return Piece(stop.rows, {name: metrics[name] for name in self.metrics})
