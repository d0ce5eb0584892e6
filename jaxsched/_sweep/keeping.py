"""Where what is finished goes: into the memory of this process, or into a store that others may share."""

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from jaxsched._sweep.manifest import Manifest, check_program
from jaxsched._sweep.pieces import Failure, Piece, joined
from jaxsched._sweep.plan import Part
from jaxsched._sweep.store import Store
from jaxsched._tables.configs import Configs


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

    def read(self) -> tuple[list[Piece], list[Failure]]:
        return self._store.read(self._own.metrics)

    @contextmanager
    def opened(self) -> Iterator[None]:
        with self._store.writer() as self._writer:
            yield
