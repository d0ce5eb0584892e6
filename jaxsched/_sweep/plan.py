"""Which rows run together, in which shape, and who does them: a function of the configurations, without a device.

Rows that share what is structure are a group, which is one program. A group is cut into parts, which are what is stored
at a time, and a part into batches. Every batch has the same number of rows on each device: one that is short is filled
up with copies of its last row. In one shape, a row has the same bits whatever runs beside it; so a sweep that is
continued, by whomever, gives the same table.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from jaxsched._data.messages import brief, check_known
from jaxsched._numerics.floats import default_dtype, last_step
from jaxsched._tables.configs import Configs


SECONDS_PER_PART = 5.0
"""What a kill may cost, at most, where a batch does not take longer."""

ROWS_PER_PART = 4096

PARTS_PER_WORKER = 4
"""At least so many, so that those who are done early have something to take over."""


class Group(NamedTuple):
    """The rows that share what is structure, and what they share, by column."""

    static: Mapping[str, Any]
    rows: np.ndarray

    @property
    def label(self) -> str:
        """What they share, for messages."""
        return ", ".join(f"{name}={brief(entry)}" for name, entry in self.static.items()) or "all rows"


class Part(NamedTuple):
    """Rows of one group that are stored together, under the number of the first one."""

    group: int
    rows: np.ndarray

    @property
    def first(self) -> int:
        return int(self.rows[0])


def groups_of(configs: Configs, static: Sequence[str] = ()) -> list[Group]:
    """The groups, in the order of their first rows; `static` names the columns of numbers that are structure."""
    check_known("sweep", "column", static, configs.columns)
    names = [name for name, column in configs.columns.items() if column.dtype == object or name in static]
    columns = [configs[name].tolist() for name in names]
    rows: dict[tuple[Any, ...], list[int]] = {}
    for i, key in enumerate(zip(*columns, strict=True) if names else [()] * len(configs)):
        try:
            rows.setdefault((key, *map(type, key)), []).append(i)  # 1 is not True
        except TypeError:
            rule = "entries that are not numbers must be hashable"
            raise TypeError(f"sweep: {rule}, got {brief(key)} in row {i}.") from None
    return [Group(dict(zip(names, key, strict=True)), np.asarray(indices)) for (key, *_), indices in rows.items()]


def numbers_of(configs: Configs, static: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """The columns that are traced, in the types in which they are."""
    names = [name for name, column in configs.columns.items() if column.dtype != object and name not in static]
    return {name: _as_numbers(name, configs[name]) for name in names}


def parts_of(groups: Sequence[Group], rows_per_part: int) -> list[Part]:
    """All parts, group after group."""
    return [Part(i, rows) for i, group in enumerate(groups) for rows in pieces_of(group.rows, rows_per_part)]


def pieces_of(rows: np.ndarray, count: int) -> list[np.ndarray]:
    """So many rows at a time; the last may be fewer."""
    return [rows[first : first + count] for first in range(0, len(rows), count)]


def filled(rows: np.ndarray, count: int) -> np.ndarray:
    """So many rows: a short batch is filled up with copies of its last row."""
    return np.pad(rows, (0, count - len(rows)), mode="edge")


def rows_per_device(groups: Sequence[Group], devices: int, workers: int, most: int) -> int:
    """How many rows a device takes at a time: as many as there are, up to a bound, with a batch for each worker."""
    counts = [len(group.rows) for group in groups]
    return min(math.ceil(max(counts) / devices), math.ceil(sum(counts) / workers / devices), most)


def rows_per_part(seconds: float, batch_rows: int, total: int, workers: int) -> int:
    """How many rows are stored together, whole batches, by the time that the first batch took."""
    by_time = SECONDS_PER_PART / max(seconds, 1e-6)
    by_rows = min(ROWS_PER_PART, total / (workers * PARTS_PER_WORKER)) / batch_rows
    return batch_rows * max(1, int(min(by_time, by_rows)))


def share(total: int, worker: int, workers: int) -> range:
    """What a worker does first, of so many."""
    return range(worker * total // workers, (worker + 1) * total // workers)


def in_order(parts: Sequence[Part], worker: int, workers: int) -> Iterator[Part]:
    """The parts in the order of a worker: its own share, and then the others, in an order that few workers have."""
    own = share(len(parts), worker, workers)
    others = [i for i in range(len(parts)) if i not in own]
    np.random.default_rng(worker).shuffle(others)
    return (parts[i] for i in [*own, *others])


def _as_numbers(name: str, column: np.ndarray) -> np.ndarray:
    if column.dtype == np.bool_:
        return column
    is_integer = column.dtype == np.int64
    if is_integer and (beyond := (column > last_step()) | (column < -last_step())).any():
        raise ValueError(f"sweep: `{name}` must fit into int32, got {column[beyond][0]}.")
    return column.astype(default_dtype(is_integer))
