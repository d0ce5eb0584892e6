"""A sweep while it runs: its first batch, which settles the sizes, and then part after part."""

import math
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from jaxsched._sweep import plan
from jaxsched._sweep.chunks import Chunked
from jaxsched._sweep.flight import Flight
from jaxsched._sweep.keeping import Keeper
from jaxsched._sweep.machine import Machine
from jaxsched._sweep.pieces import Failure, Piece
from jaxsched._sweep.plan import Group, Part
from jaxsched._sweep.program import Program, check_alike, is_real_scalar
from jaxsched._sweep.results import Results
from jaxsched._tables.configs import Configs
from jaxsched._tables.progress import SILENT, Bar


Programs = Mapping[int, Program] | Mapping[int, Chunked]
"""By the place of a group: functions for all, or trainings in chunks."""


def traced(machine: Machine, groups: Sequence[Group], keep: bool) -> tuple[dict[int, Any], dict[int, str]]:
    """The program of each group, by its place, and the traceback of each that cannot be traced, if those are kept."""
    programs, failures = {}, {}
    for i, group in enumerate(groups):
        try:
            programs[i] = machine.trace(group)
        except Exception:
            if not keep or len(failures) == len(groups) - 1:
                raise
            failures[i] = traceback.format_exc()
    check_alike([(groups[i].label, program) for i, program in programs.items()])
    return programs, failures


class Run:
    """A sweep while it runs.

    Args:
        configs: the configurations.
        groups: them, by what is structure.
        programs: the program of each group.
        failures: the traceback of each group that has none.
        machine: what runs them.
        keeper: what keeps the results.
        keep: whether to go on after an error.

    Attributes:
        bar: shows the progress.
        at_a_time: the metrics of a training, or of one chunk of it.
    """

    come = "are finished"
    """What the rows are that an error has as its `results`."""

    def __init__(
        self,
        configs: Configs,
        groups: Sequence[Group],
        programs: Programs,
        failures: Mapping[int, str],
        machine: Machine,
        keeper: Keeper,
        keep: bool,
    ):
        self.configs, self.groups, self.programs, self.failures = configs, groups, programs, failures
        self.machine, self.keeper, self.keep = machine, keeper, keep
        self.bar: Bar = SILENT
        one = next(iter(programs.values()))
        self.metrics = {name: (x.dtype, x.shape) for name, x in one.metrics.items()}
        self.chunks = one.chunks if isinstance(one, Chunked) else 1
        self.unfinished: list[Piece] = []  # of the part at which it is
        self.early: Piece | Flight | None = None  # the first batch, until its part is there
        self.at_a_time = one.run.metrics if isinstance(one, Chunked) else one.metrics
        self.shown = [name for name, x in self.at_a_time.items() if is_real_scalar(x)]
        self.least, self.most = math.inf, -math.inf  # of the first of these

    def settle(self, batch_size: Any, worker: int, workers: int) -> None:
        """Settle how many rows run and are stored together, by a first batch if nobody has."""
        if self.keeper.sizes is None:
            if batch_size == "auto":
                largest = max(self.programs.values(), key=lambda program: program.size)
                rows = plan.rows_per_device(self.groups, len(self.machine.devices), workers, self.machine.most_rows)
                self.bar.set_postfix_str("compiling")
                self.machine.fit(largest.run if isinstance(largest, Chunked) else largest, rows)
                self.bar.set_postfix_str("running")
            else:
                self.machine.rows = batch_size
            seconds = self._first_batch(worker, workers, may_shrink=batch_size == "auto")
            rows = plan.rows_per_part(seconds, self._batch_rows, len(self.configs), workers)
            self.keeper.settle(self.machine.rows, rows)
        assert self.keeper.sizes is not None
        if self.machine.rows != self.keeper.sizes[0]:
            self.machine.rows, self.early, self.unfinished = self.keeper.sizes[0], None, []

    def all_parts(self, worker: int, workers: int) -> None:
        """Do one part after another, until all of them are there."""
        parts = self._parts()
        done = self.keeper.done()
        for part in plan.in_order(parts, worker, workers):
            if part.first not in done:
                self._part(part)
        self.keeper.forget(parts)

    @property
    def total(self) -> int:
        """What the bar counts: rows, or chunks of rows."""
        return len(self.configs) * self.chunks

    def rows_done(self) -> int:
        """How many rows are finished before the sweep begins; of trainings in chunks, how many chunks of rows."""
        done = self.keeper.done()
        return self.chunks * sum(len(part.rows) for part in self._parts() if part.first in done)

    def results(self) -> Results:
        """What is finished."""
        pieces, failures = self.keeper.read()
        done = {int(row) for piece in pieces for row in piece.rows}
        own = {int(piece.rows[0]): piece for piece in (*self.keeper.unwritten, *self.unfinished)}
        rest = [piece.without(done) for piece in own.values()]
        return Results.of(self.configs, [*pieces, *rest], failures, self.metrics)

    def tell(self, error: BaseException) -> None:
        """Put onto an exception what is finished."""
        try:
            error.results = results = self.results()  # pyright: ignore[reportAttributeAccessIssue]
        except Exception as another:  # the first one matters
            error.add_note(f"sweep: what is finished could not be read: {another}")
            return
        done = f"{len(results)} of {len(self.configs)} rows {self.come}"
        error.add_note(f"sweep: {done}; they are on this exception, as `.results`.")

    def _parts(self) -> list[Part]:
        return plan.parts_of(self.groups, self.keeper.sizes[1]) if self.keeper.sizes else []

    @property
    def _batch_rows(self) -> int:
        return self.machine.rows * len(self.machine.devices)

    def _first_batch(self, worker: int, workers: int, may_shrink: bool) -> float:
        """The seconds of a first batch, which is not run again. If it fails and that is kept, its part will tell."""
        while True:
            traced = [group for i, group in enumerate(self.groups) if i in self.programs]
            batches = plan.parts_of(traced, self._batch_rows)
            batch = batches[plan.share(len(batches), worker, workers).start]
            group = list(self.programs)[batch.group]
            try:
                early, seconds = self._begin(group, batch.rows)
            except Exception as error:
                if may_shrink and self.machine.can_halve(error):
                    self.machine.halve()
                    continue
                if not self.keep:
                    raise
                return math.inf
            self.early = early
            self.unfinished = [early] if isinstance(early, Piece) else []
            return seconds

    def _begin(self, group: int, rows: np.ndarray) -> tuple[Piece | Flight, float]:
        """A batch, or the first chunk of one, and the seconds that a whole one takes."""
        if isinstance(program := self.programs[group], Program):
            metrics, seconds = self._run(program, rows)
            return Piece(rows, metrics), seconds
        flight = Flight(self.machine, program, rows)
        with self._noted(rows):
            self._compile(program.init, program.run)
            start = time.perf_counter()
            flight.go_on()
        return flight, (time.perf_counter() - start) * program.chunks

    def _part(self, part: Part) -> None:
        self.unfinished, failures, shown = [], [], 0
        if part.group in self.failures:
            failures = [Failure(tuple(part.rows.tolist()), self.failures[part.group])]
            self.bar.update(len(part.rows) * self.chunks)
        for rows in () if failures else plan.pieces_of(part.rows, self._batch_rows):
            if self.keeper.has(part):  # another worker was faster
                self.bar.update(len(part.rows) * self.chunks - shown)
                return
            try:
                self._batch(part.group, rows)
            except Exception:
                if not self.keep:
                    raise
                failures.append(Failure(tuple(rows.tolist()), traceback.format_exc()))
            shown += len(rows) * self.chunks
        self.keeper.add(part, self.unfinished, failures)
        self.unfinished = []

    def _batch(self, group: int, rows: np.ndarray) -> None:
        """A batch, unless it was the first one, which is there or has begun."""
        early, program = self._early(rows), self.programs[group]
        if isinstance(program, Chunked):
            flight = early if isinstance(early, Flight) else Flight(self.machine, program, rows)
            self.fly(flight, self.chunks)
            steps = np.full(len(rows), program.chunks * program.every, np.int32)
            self.unfinished.append(Piece(rows, {**flight.metrics(), "steps_done": steps}))
        else:
            piece = early if isinstance(early, Piece) else Piece(rows, self._run(program, rows)[0])
            self.unfinished.append(piece)
            self._show(len(rows), piece.metrics)

    def _early(self, rows: np.ndarray) -> Piece | Flight | None:
        """The first batch, if it has these rows."""
        if self.early is None or not np.array_equal(self.early.rows, rows):
            return None
        early, self.early = self.early, None
        return early

    def fly(self, flight: Flight, chunks: int, rung: int = 0) -> None:
        """So many chunks of a batch, from where somebody was, with its state in the store from time to time."""
        self.keeper.resume(flight, rung)
        self.bar.update(flight.done * len(flight.rows))
        with self._noted(flight.rows):
            self._compile(flight.program.init, flight.program.run)
            while flight.done < chunks:
                metrics = flight.go_on()
                self._show(len(flight.rows), metrics)
                if flight.done < chunks:
                    self.keeper.pause(flight, rung)

    def _run(self, program: Program, rows: np.ndarray) -> tuple[dict[str, np.ndarray], float]:
        with self._noted(rows):
            self._compile(program)
            return self.machine.run(program, rows)

    def _compile(self, *programs: Program) -> None:
        for program in programs:
            if not self.machine.has(program):
                self.bar.set_postfix_str("compiling")
                self.machine.compiled(program)
                self.bar.set_postfix_str("running")

    @contextmanager
    def _noted(self, rows: np.ndarray) -> Iterator[None]:
        """An error says in which rows it was."""
        try:
            yield
        except Exception as error:
            error.add_note(f"sweep: in rows {rows[0]} to {rows[-1]}; the first is {self.configs[rows[0]]}.")
            if self.machine.can_halve(error):
                error.add_note(f"sweep: less memory is needed with a `batch_size` of less than {self.machine.rows}.")
            raise

    def _show(self, rows: int, metrics: Mapping[str, np.ndarray]) -> None:
        """Show how many rows are done, and how far the first metric that is one number reaches until now."""
        if self.shown:
            column = metrics[self.shown[0]].astype(np.float64)
            finite = column[np.isfinite(column)]
            self.least, self.most = finite.min(initial=self.least), finite.max(initial=self.most)
            if self.least <= self.most:
                self.bar.set_postfix_str(f"{self.shown[0]} {self.least:.4g} to {self.most:.4g}", refresh=False)
        self.bar.update(rows)
