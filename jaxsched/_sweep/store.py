"""The folder in which a sweep is kept.

    manifest.json       what the sweep is
    configs.parquet     its configurations
    rows/00000000.parquet, rows/00000256.parquet, ...
                        parts: `row`, the columns, the metrics, `finite`; named by the first row
    running/            the states of trainings in chunks that are on their way, by the first row of their batch
    rungs/              of `halving`: where the rows of a part are at the end of a rung
    failed/             tracebacks, and the rows of a part that has failed in others
    later/              hashes of programs that could be traced only later
    writing/            what is not finished

A part is written once, by whoever is first, and never again. `rows/` can be read by anything that reads Parquet, also
while the sweep runs.
"""

import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax.numpy as jnp

from jaxsched._sweep.chunks import Chunked
from jaxsched._sweep.files import Writer, remove_stale, sync_folder, write_once, write_over
from jaxsched._sweep.flight import Stop
from jaxsched._sweep.manifest import Manifest
from jaxsched._sweep.pieces import Failure, Piece, finite_rows
from jaxsched._tables.arrow import as_arrow, from_arrow, needs_pyarrow
from jaxsched._tables.configs import Configs


OWN_COLUMNS = ("row", "finite")

FOLDERS = ("rows", "failed", "later", "running", "rungs", "writing")


class Store:
    """A folder of one sweep."""

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        self._pa = needs_pyarrow("sweep")
        self._pieces: dict[int, Piece] = {}  # parts that were read, which never change

    def prepare(self) -> None:
        """Make the folders, and remove what nobody will finish."""
        for name in FOLDERS:
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        sync_folder(self.folder)
        remove_stale(self._writing)
        done = self.parts()
        for path in self._failed.iterdir():
            if path.stem.isdigit() and int(path.stem) in done:  # somebody was killed before doing so
                path.unlink(missing_ok=True)

    def manifest(self) -> Manifest | None:
        """What the sweep is, or None if nothing of it is there."""
        path = self.folder / "manifest.json"
        if not path.exists():
            if parts := self.parts():
                raise ValueError(f"sweep: {path} is missing, but there are {len(parts)} parts in {self._rows}.")
            return None
        with _readable(path):
            return Manifest.from_json(path.read_bytes())

    def begin(self, manifest: Manifest) -> Manifest:
        """Store what the sweep is, unless somebody has done so; what is stored now."""
        write_once(self.folder / "manifest.json", manifest.to_json(), self._writing)
        stored = self.manifest()
        return manifest if stored is None else stored

    def program(self, group: str, own: Mapping[str, str]) -> Mapping[str, str]:
        """The hashes of a group that could not be traced when the sweep began: the first ones that were stored."""
        path = self.folder / "later" / f"{hashlib.sha256(group.encode()).hexdigest()}.json"
        write_once(path, json.dumps(dict(own)).encode(), self._writing)
        with _readable(path):
            held = json.loads(path.read_bytes())
            return {name: held[name] for name in own}

    def configs(self) -> Configs | None:
        """The configurations, or None if they are not there yet."""
        path = self.folder / "configs.parquet"
        return Configs(self._read_table(path)) if path.exists() else None

    def write_configs(self, configs: Configs) -> None:
        """Store the configurations, unless they are there."""
        if not (path := self.folder / "configs.parquet").exists():
            write_once(path, self._parquet(configs.to_arrow()), self._writing)

    def parts(self) -> set[int]:
        """The first rows of the parts that are finished."""
        found = list(self._rows.glob("*.parquet"))
        if strange := [path for path in found if not path.stem.isdigit()]:
            raise ValueError(f"sweep: {strange[0]} is no part of a sweep.")
        return {int(path.stem) for path in found}

    def has(self, first: int) -> bool:
        """Whether the part of this first row is finished."""
        return (self._rows / _name(first)).exists()

    def write(self, first: int, configs: Configs, piece: Piece) -> None:
        """Store a part, unless it is there."""
        write_once(self._rows / _name(first), self._parquet(self._table(configs, piece)), self._writing)
        for ending in ("json", "parquet"):
            (self._failed / _name(first, ending)).unlink(missing_ok=True)
        self.remove_running({*piece.rows.tolist()})

    def write_failed(self, first: int, configs: Configs, failures: Sequence[Failure], piece: Piece | None) -> None:
        """Store why a part is not finished, and those of its rows that are."""
        if piece is None:
            (self._failed / _name(first)).unlink(missing_ok=True)
        else:
            write_over(self._failed / _name(first), self._parquet(self._table(configs, piece)), self._writing)
        held = [failure._asdict() for failure in failures]
        write_over(self._failed / _name(first, "json"), json.dumps(held, indent=2).encode(), self._writing)

    def write_running(self, first: int, rung: int, stop: Stop) -> None:
        """Store how far a batch is, by its first row."""
        write_over(self._running / _name(first, f"{rung}.npz"), stop.to_bytes(), self._writing)

    def running(self, first: int, rung: int, program: Chunked) -> Stop | None:
        """Where somebody stopped a batch, by its first row."""
        return self._stop(self._running / _name(first, f"{rung}.npz"), program)

    def write_rung(self, first: int, rung: int, stop: Stop) -> None:
        """Store where the rows of a part are at the end of a rung, unless that is there."""
        write_once(self._rungs / _name(first, f"{rung}.npz"), stop.to_bytes(), self._writing)
        self.remove_running({*stop.rows.tolist()})

    def rung(self, first: int, rung: int, program: Chunked) -> Stop | None:
        """Where the rows of a part are at the end of a rung."""
        return self._stop(self._rungs / _name(first, f"{rung}.npz"), program)

    def remove_rungs(self) -> None:
        """Remove all of them."""
        for path in self._rungs.glob("*.npz"):
            path.unlink(missing_ok=True)

    def _stop(self, path: Path, program: Chunked) -> Stop | None:
        try:
            return Stop.from_bytes(path.read_bytes(), program)
        except FileNotFoundError:
            return None
        except Exception as error:  # a damaged zip may raise any
            hint = "If it is damaged, remove it, and its rows begin anew"
            raise ValueError(f"sweep: {path} cannot be read: {error} {hint}.") from error

    def remove_running(self, rows: set[int]) -> None:
        """Remove how far batches were that begin with one of these rows."""
        for path in self._running.glob("*.npz"):
            if int(path.name.split(".")[0]) in rows:
                path.unlink(missing_ok=True)

    def read(self, metrics: Mapping[str, Any]) -> tuple[list[Piece], list[Failure]]:
        """Everything that is there; a part that cannot be read is an error."""
        done = self.parts()
        for first in sorted(done - self._pieces.keys()):
            path = self._rows / _name(first)
            piece = self._read(path, metrics)
            if piece.rows[:1].tolist() != [first]:
                raise ValueError(f"sweep: {path} is no part of this sweep: its rows are others.")
            self._pieces[first] = piece
        pieces, failures = [self._pieces[first] for first in sorted(done)], []
        for path in sorted(self._failed.glob("*.json")):
            if int(path.stem) not in done:
                failures += (found := self._read_failures(path))
                if (rest := path.with_suffix(".parquet")).exists():
                    pieces.append(self._read(rest, metrics).without({row for failure in found for row in failure.rows}))
        return pieces, failures

    @contextmanager
    def writer(self) -> Iterator[Writer]:
        """Writes in a thread beside the computation; all of it is written in the end, however that comes."""
        with ThreadPoolExecutor(1) as thread:
            writer = Writer(thread)
            yield writer
            writer.wait()

    @property
    def _rows(self) -> Path:
        return self.folder / "rows"

    @property
    def _rungs(self) -> Path:
        return self.folder / "rungs"

    @property
    def _running(self) -> Path:
        return self.folder / "running"

    @property
    def _failed(self) -> Path:
        return self.folder / "failed"

    @property
    def _writing(self) -> Path:
        return self.folder / "writing"

    def _table(self, configs: Configs, piece: Piece) -> Any:
        columns = {"row": piece.rows, **configs[piece.rows].columns, **piece.metrics}
        columns["finite"] = finite_rows(piece.metrics, len(piece.rows))
        return self._pa.table({name: as_arrow("sweep", name, column) for name, column in columns.items()})

    def _parquet(self, table: Any) -> bytes:
        import pyarrow.parquet as pq

        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
        return buffer.getvalue()

    def _read(self, path: Path, metrics: Mapping[str, Any]) -> Piece:
        table = self._read_table(path)
        if lacking := [name for name in ("row", *metrics) if name not in table.column_names]:
            raise ValueError(f"sweep: {path} is no part of this sweep: it has no column `{lacking[0]}`.")
        held = {
            name: from_arrow(table[name], tuple(shape), jnp.dtype(dtype)) for name, (dtype, shape) in metrics.items()
        }
        return Piece(table["row"].to_numpy(), held)

    def _read_failures(self, path: Path) -> list[Failure]:
        try:
            with _readable(path, " It may be removed."):
                return [Failure(tuple(held["rows"]), held["error"]) for held in json.loads(path.read_bytes())]
        except FileNotFoundError:  # somebody has just tried again, and it went well
            return []

    def _read_table(self, path: Path) -> Any:
        import pyarrow.parquet as pq

        try:
            return pq.ParquetFile(path, page_checksum_verification=True).read()
        except (self._pa.ArrowException, OSError) as error:
            hint = "remove it, and its rows are computed again"
            raise ValueError(f"sweep: {path} cannot be read: {error} If it is damaged, {hint}.") from error


@contextmanager
def _readable(path: Path, hint: str = "") -> Iterator[None]:
    """What is wrong with JSON that is not ours is an error that names the file."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"sweep: {path} cannot be read: {error}.{hint}") from error


def _name(first: int, ending: str = "parquet") -> str:
    return f"{first:08}.{ending}"
