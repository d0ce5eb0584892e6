"""Where what is finished goes: into the memory of this process, or into a store that others may share."""

import dataclasses
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from jaxsched._sweep.chunks import Chunked
from jaxsched._sweep.flight import Flight, Stop
from jaxsched._sweep.manifest import Manifest, check_program
from jaxsched._sweep.pieces import Failure, Piece, joined
from jaxsched._sweep.plan import Part
from jaxsched._sweep.store import Store
from jaxsched._tables.configs import Configs


SECONDS_BETWEEN_STATES = 2.0
"""What a kill in mid-training may cost, at most, where a chunk does not take longer."""

PART_FOR_STATES = 0.02
"""Of the time, so much may go into states that are kept."""


class Keeper:
    """Keeps in memory what is finished.

    Attributes:
        sizes: rows on a device at a time, and rows in a part, which hold for the whole sweep; None until `settle`.
        unwritten: what was added, and may not be there yet.
    """

    def __init__(self):
        self.sizes: tuple[int, int] | None = None
        self.unwritten: list[Piece] = []
        self._kept: list[Piece] = []
        self._failures: list[Failure] = []

    def settle(self, batch_size: int, rows_per_part: int) -> None:
        """Settle the sizes, unless somebody was first."""
        self.sizes = batch_size, rows_per_part

    def done(self) -> set[int]:
        """The first rows of the parts that are finished."""
        return set()

    def has(self, part: Part) -> bool:
        """Whether somebody has finished a part."""
        return False

    def add(self, part: Part, pieces: Sequence[Piece], failures: Sequence[Failure]) -> None:
        """Keep a part, or what there is of it, with the reasons why there is not more."""
        self._kept += pieces
        self._failures += failures

    def resume(self, flight: Flight, rung: int) -> None:
        """Go on with a training in chunks from where somebody was."""

    def pause(self, flight: Flight, rung: int) -> None:
        """Keep where a training in chunks is, from time to time."""

    def rung(self, rung: int, part: Part, program: Chunked) -> Stop | None:
        """Where the rows of a part are at the end of a rung, if somebody has brought them there."""
        return None

    def add_rung(self, rung: int, part: Part, stop: Stop) -> None:
        """Keep where the rows of a part are at the end of a rung."""

    def forget(self, parts: Sequence[Part]) -> None:
        """Nobody needs any more where those rows were on their way that are finished."""

    def read(self) -> tuple[list[Piece], list[Failure]]:
        """Everything that is finished."""
        return self._kept, self._failures

    @contextmanager
    def opened(self) -> Iterator[None]:
        """While parts are added; at the end, all of them are kept."""
        yield


class StoreKeeper(Keeper):
    """Keeps in a store what is finished.

    Args:
        store: the folder.
        own: the sweep; its sizes are not known yet.
        configs: its configurations.
        accept_versions: whether it may have been begun with other versions of libraries.

    Raises:
        ValueError: if the store holds another sweep, or a file of it cannot be read.
    """

    def __init__(self, store: Store, own: Manifest, configs: Configs, accept_versions: bool):
        super().__init__()
        self._next_pause = 0.0
        self._store, self._own, self._configs, self._accept_versions = store, own, configs, accept_versions
        store.prepare()
        if (stored := store.manifest()) is not None:
            self._take(stored)
            self.read()  # what cannot be read is known before anything runs

    def settle(self, batch_size: int, rows_per_part: int) -> None:
        own = dataclasses.replace(self._own, batch_size=batch_size, rows_per_part=rows_per_part)
        self._take(self._store.begin(own))

    def _take(self, stored: Manifest) -> None:
        stored.check(self._own, self._configs, self._store.configs(), self._accept_versions)
        for group, own in self._own.programs.items():
            if own["code"] and not stored.programs[group]["code"]:
                check_program(group, self._store.program(group, own), own)
        self._store.write_configs(self._configs)
        self.sizes = stored.batch_size, stored.rows_per_part

    def done(self) -> set[int]:
        return self._store.parts()

    def has(self, part: Part) -> bool:
        return self._store.has(part.first)

    def add(self, part: Part, pieces: Sequence[Piece], failures: Sequence[Failure]) -> None:
        piece = joined(pieces) if pieces else None
        self._writer.wait()
        self.unwritten = list(pieces)
        if failures:
            self._writer.write(self._store.write_failed, part.first, self._configs, failures, piece)
        else:
            self._writer.write(self._store.write, part.first, self._configs, piece)

    def resume(self, flight: Flight, rung: int) -> None:
        if (stop := self._store.running(int(flight.rows[0]), rung, flight.program)) is not None:
            flight.take(stop)

    def rung(self, rung: int, part: Part, program: Chunked) -> Stop | None:
        return self._store.rung(part.first, rung, program)

    def add_rung(self, rung: int, part: Part, stop: Stop) -> None:
        self._writer.wait()
        self._writer.write(self._store.write_rung, part.first, rung, stop)

    def forget(self, parts: Sequence[Part]) -> None:
        self._writer.wait()
        done = self.done()
        finished = [part for part in parts if part.first in done]
        self._store.remove_running({int(row) for part in finished for row in part.rows})
        if len(finished) == len(parts):
            self._store.remove_rungs()

    def pause(self, flight: Flight, rung: int) -> None:
        now = time.perf_counter()
        if now < self._next_pause:
            return
        self._writer.wait()
        self._writer.write(self._store.write_running, int(flight.rows[0]), rung, flight.stop())
        took = time.perf_counter() - now
        self._next_pause = now + max(SECONDS_BETWEEN_STATES, took / PART_FOR_STATES)

    def read(self) -> tuple[list[Piece], list[Failure]]:
        return self._store.read(self._own.metrics)

    @contextmanager
    def opened(self) -> Iterator[None]:
        with self._store.writer() as self._writer:
            yield
