"""The devices of this process: a batch on all of them at once, as many rows at a time as their memory holds."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np

from jaxsched._data.messages import brief
from jaxsched._sweep.chunks import Chunked
from jaxsched._sweep.kept import Device, kept_of
from jaxsched._sweep.plan import Group, filled
from jaxsched._sweep.program import Program, explained, row_of, trace
from jaxsched._sweep.resumable import Resumable


MOST_ROWS = {"cpu": 64}
"""How many rows a device takes at a time, at most: a processor gains nothing by more."""

MOST_ROWS_OTHERWISE = 1024

PART_OF_MEMORY = 0.8


class Machine:
    """Some devices that run batches of one number of rows each.

    Args:
        train: the training function.
        numbers: the columns that are traced.
        devices: those of this process that are used.
    """

    def __init__(
        self, train: Callable[..., Any] | Resumable, numbers: Mapping[str, np.ndarray], devices: Sequence[Device]
    ):
        self.train, self.numbers, self.devices = train, numbers, tuple(devices)
        self.kept = kept_of(train)
        self.rows = 0
        """How many rows a device takes at a time; set before the first batch."""

    @property
    def most_rows(self) -> int:
        return MOST_ROWS.get(self.devices[0].platform, MOST_ROWS_OTHERWISE)

    def trace(self, group: Group) -> Program | Chunked:
        """The program of a group, on no device."""
        first = {name: column[group.rows[0]] for name, column in self.numbers.items()}
        if isinstance(self.train, Resumable):
            return self.kept.chunks(self.train, first, group.static)
        row = self.kept.row(self.train, tuple(self.numbers), group.static)
        explain = partial(explained, partial(row_of, self.train), first, group.static)
        return self.kept.program(trace(row, self.numbers, explain))

    def fit(self, program: Program, rows: int) -> None:
        """Take so many rows at a time, or as many as the memory of a device holds, if these are fewer."""
        self.rows = rows
        while (compiled := self._compiled_or_none(program)) is None:
            self.halve()
        needed, free = predicted_bytes(compiled), free_bytes(self.devices)
        if needed and free and needed > PART_OF_MEMORY * free:
            self.rows = max(1, int(self.rows * PART_OF_MEMORY * free / needed))

    def halve(self) -> None:
        """Take half as many rows at a time."""
        self.rows //= 2

    def can_halve(self, error: Exception) -> bool:
        """Whether this error says that there are too many rows for the memory, and fewer can be tried."""
        return "RESOURCE_EXHAUSTED" in str(error) and self.rows > 1

    def has(self, program: Program) -> bool:
        """Whether a program is compiled for so many rows."""
        return (program, self.rows, self.devices) in self.kept.executables

    def compiled(self, program: Program) -> Any:
        """The program for so many rows, compiled."""
        return self.kept.executable(program, self.rows, self.devices)

    def _compiled_or_none(self, program: Program) -> Any | None:
        """The compiled program; None if even its compiler, which tries parts of it, runs out of memory."""
        try:
            return self.compiled(program)
        except jax.errors.JaxRuntimeError as error:
            if not self.can_halve(error):
                raise
            return None

    def batch_of(self, rows: np.ndarray) -> list[np.ndarray]:
        """The numbers of some rows, filled up to a batch."""
        batch = filled(rows, self.rows * len(self.devices))
        return [column[batch] for column in self.numbers.values()]

    def run(self, program: Program, rows: np.ndarray) -> tuple[dict[str, np.ndarray], float]:
        """The metrics of some rows, and the seconds that the devices took."""
        train_batch = self.compiled(program)
        start = time.perf_counter()
        values = jax.block_until_ready(train_batch(*self.batch_of(rows)))
        seconds = time.perf_counter() - start
        metrics = zip(program.metrics, values, strict=True)
        return {name: np.asarray(value)[: len(rows)] for name, value in metrics}, seconds


def check_devices(devices: Sequence[Device] | None) -> tuple[Device, ...]:
    """The devices to use: those that are given, or all of this process."""
    if devices is None:
        return tuple(jax.local_devices())
    given = tuple(devices) if isinstance(devices, Sequence) else ()
    if not given or not all(isinstance(device, jax.Device) for device in given):
        raise TypeError(f"sweep: `devices` must be a list of devices, such as jax.devices()[:2], got {brief(devices)}.")
    if len(set(given)) < len(given):
        raise ValueError(f"sweep: `devices` must not have a device twice, got {brief(devices)}.")
    if any(device.process_index != jax.process_index() for device in given):
        raise ValueError(f"sweep: `devices` must belong to this process, got {brief(devices)}.")
    return given


def predicted_bytes(compiled: Any) -> int | None:
    """How much a device needs for one batch, if its compiler tells."""
    try:
        memory = compiled.memory_analysis()
    except (NotImplementedError, jax.errors.JaxRuntimeError):
        memory = None
    if memory is None:
        return None
    held = memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes
    return memory.temp_size_in_bytes + held


def free_bytes(devices: Sequence[Device]) -> int | None:
    """The free memory of a device: of the processor, an equal part of what the machine has; None if nobody tells."""
    if devices[0].platform == "cpu":
        try:
            import psutil
        except ImportError:
            return None
        return psutil.virtual_memory().available // len(devices)
    free = [
        stats["bytes_limit"] - stats["bytes_in_use"]
        for stats in (device.memory_stats() for device in devices)
        if stats and "bytes_limit" in stats
    ]
    return min(free, default=None)
