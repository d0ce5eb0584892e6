"""A sweep while it runs: its first batch, which settles the sizes, and then part after part."""

import math
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxsched._sweep import plan
from jaxsched._sweep.keeping import Keeper
from jaxsched._sweep.machine import Machine
from jaxsched._sweep.pieces import Failure, Piece
from jaxsched._sweep.plan import Group, Part
from jaxsched._sweep.program import Program, check_alike
from jaxsched._sweep.results import Results
from jaxsched._tables.configs import Configs
from jaxsched._tables.progress import SILENT, Bar


def traced(machine: Machine, groups: Sequence[Group], keep: bool) -> tuple[dict[int, Program], dict[int, str]]:
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
    """

    def __init__(
        self,
        configs: Configs,
        groups: Sequence[Group],
        programs: Mapping[int, Program],
        failures: Mapping[int, str],
        machine: Machine,
        keeper: Keeper,
        keep: bool,
    ):
        self.configs, self.groups, self.programs, self.failures = configs, groups, programs, failures
        self.machine, self.keeper, self.keep = machine, keeper, keep
        self.bar: Bar = SILENT
        self.metrics = {name: (x.dtype, x.shape) for name, x in next(iter(programs.values())).metrics.items()}
        self.unfinished: list[Piece] = []  # of the part at which it is
        self.early: Piece | None = None  # the first batch, until its part is there
        self.shown = [name for name, (kind, shape) in self.metrics.items() if shape == () and kind.kind != "c"]
        self.least, self.most = math.inf, -math.inf  # of the first of these

    def settle(self, batch_size: Any, worker: int, workers: int) -> None:
        """Settle how many rows run and are stored together, by a first batch if nobody has."""
        if self.keeper.sizes is None:
            if batch_size == "auto":
                largest = max(self.programs.values(), key=lambda program: program.size)
                rows = plan.rows_per_device(self.groups, len(self.machine.devices), self.machine.most_rows)
                self.bar.set_postfix_str("compiling")
                self.machine.fit(largest, rows)
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

    def rows_done(self) -> int:
        """How many rows are finished before the sweep begins."""
        done = self.keeper.done()
        return sum(len(part.rows) for part in self._parts() if part.first in done)

    def results(self) -> Results:
        """What is finished."""
        pieces, failures = self.keeper.read()
        done = {int(row) for piece in pieces for row in piece.rows}
        own = {int(piece.rows[0]): piece for piece in (*self.keeper.unwritten, *self.unfinished)}
        rest = [piece for first, piece in own.items() if first not in done]
        return Results.of(self.configs, [*pieces, *rest], failures, self.metrics)

    def tell(self, error: BaseException) -> None:
        """Put onto an exception what is finished."""
        try:
            error.results = results = self.results()  # pyright: ignore[reportAttributeAccessIssue]
        except Exception as another:  # the first one matters
            error.add_note(f"sweep: what is finished could not be read: {another}")
            return
        done = f"{len(results)} of {len(self.configs)} rows are finished"
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
            try:
                metrics, seconds = self._run(list(self.programs)[batch.group], batch.rows)
            except Exception as error:
                if may_shrink and self.machine.can_halve(error):
                    self.machine.halve()
                    continue
                if not self.keep:
                    raise
                return math.inf
            self.early = Piece(batch.rows, metrics)
            self.unfinished = [self.early]
            return seconds

    def _part(self, part: Part) -> None:
        self.unfinished, failures, shown = [], [], 0
        if part.group in self.failures:
            failures = [Failure(tuple(part.rows.tolist()), self.failures[part.group])]
            self.bar.update(len(part.rows))
        for rows in () if failures else plan.pieces_of(part.rows, self._batch_rows):
            if self.keeper.has(part):  # another worker was faster
                self.bar.update(len(part.rows) - shown)
                return
            try:
                self.unfinished.append(Piece(rows, self._early(rows) or self._run(part.group, rows)[0]))
            except Exception:
                if not self.keep:
                    raise
                failures.append(Failure(tuple(rows.tolist()), traceback.format_exc()))
            self._show(len(rows), self.unfinished[-1:])
            shown += len(rows)
        self.keeper.add(part, self.unfinished, failures)
        self.unfinished = []

    def _early(self, rows: np.ndarray) -> Mapping[str, np.ndarray] | None:
        """The metrics of these rows, if they were the first batch."""
        if self.early is None or not np.array_equal(self.early.rows, rows):
            return None
        metrics, self.early = self.early.metrics, None
        return metrics

    def _run(self, group: int, rows: np.ndarray) -> tuple[dict[str, np.ndarray], float]:
        program = self.programs[group]
        try:
            if not self.machine.has(program):
                self.bar.set_postfix_str("compiling")
                self.machine.compiled(program)
                self.bar.set_postfix_str("running")
            return self.machine.run(program, rows)
        except Exception as error:
            error.add_note(f"sweep: in rows {rows[0]} to {rows[-1]}; the first is {self.configs[rows[0]]}.")
            if self.machine.can_halve(error):
                error.add_note(f"sweep: less memory is needed with a `batch_size` of less than {self.machine.rows}.")
            raise

    def _show(self, rows: int, pieces: Sequence[Piece]) -> None:
        """Show how many rows are done, and how far the first metric that is one number reaches until now."""
        for piece in pieces if self.shown else ():
            column = piece.metrics[self.shown[0]].astype(np.float64)
            finite = column[np.isfinite(column)]
            self.least, self.most = finite.min(initial=self.least), finite.max(initial=self.most)
            if self.least <= self.most:
                self.bar.set_postfix_str(f"{self.shown[0]} {self.least:.4g} to {self.most:.4g}", refresh=False)
        self.bar.update(rows)
