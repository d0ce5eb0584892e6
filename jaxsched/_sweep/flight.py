"""A batch of a training in chunks, on its way: its state, and the metrics of the chunks that are done."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._sweep.chunks import Chunked
from jaxsched._sweep.machine import Machine
from jaxsched._sweep.plan import filled
from jaxsched._sweep.program import is_key


class Stop(NamedTuple):
    """Some rows where they are, on the host.

    Attributes:
        rows: which rows of the configurations, n.
        state: the bytes of each leaf of their state, n rows each. NumPy does not know the types of all.
        keys: for each leaf, the kind of random keys that it is made of, or "".
        metrics: of the chunks that they went since they began, each with axes (n, chunks, ...).
    """

    rows: np.ndarray
    state: Sequence[np.ndarray]
    keys: Sequence[str]
    metrics: Mapping[str, np.ndarray]

    @property
    def done(self) -> int:
        """How many chunks that were."""
        return next(iter(self.metrics.values())).shape[1]

    def of(self, rows: np.ndarray) -> "Stop":
        """Some of these rows, in that order."""
        order = np.argsort(self.rows)
        at = order[np.searchsorted(self.rows, rows, sorter=order)]
        metrics = {name: metric[at] for name, metric in self.metrics.items()}
        return Stop(self.rows[at], [leaf[at] for leaf in self.state], self.keys, metrics)

    def then(self, later: "Stop") -> "Stop":
        """The same rows later, with the metrics of both ways."""
        both = {name: np.concatenate([x, later.metrics[name]], axis=1) for name, x in self.metrics.items()}
        return Stop(self.rows, later.state, later.keys, both)

    def to_bytes(self) -> bytes:
        """The bytes of an npz."""
        arrays: dict[str, Any] = {"rows": self.rows, "keys": np.asarray(self.keys, str), "done": self.done}
        arrays |= {f"state/{i}": leaf for i, leaf in enumerate(self.state)}
        arrays |= {f"metrics/{name}": _raw(metric) for name, metric in self.metrics.items()}
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, program: Chunked) -> "Stop":
        """Read what `to_bytes` wrote; an error if it is something else, or of another training."""
        with np.load(io.BytesIO(data)) as held:
            rows, keys, done = held["rows"], held["keys"].tolist(), int(held["done"])
            metrics = {
                name: held[f"metrics/{name}"].view(metric.dtype).reshape(len(rows), done, *metric.shape)
                for name, metric in program.run.metrics.items()
            }
            state = [held[f"state/{i}"] for i in range(len(keys))]
        for raw, key, aval in zip(state, keys, program.state, strict=True):
            _typed(raw, key, aval)
        return cls(rows, state, keys, metrics)


def joined(stops: Sequence[Stop]) -> Stop:
    """At least one, as one; all went as far."""
    one = stops[0]
    state = [np.concatenate(leaves) for leaves in zip(*(stop.state for stop in stops), strict=True)]
    metrics = {name: np.concatenate([stop.metrics[name] for stop in stops]) for name in one.metrics}
    return Stop(np.concatenate([stop.rows for stop in stops]), state, one.keys, metrics)


class Flight:
    """A batch of rows on its way.

    Args:
        machine: what runs it.
        program: the programs of its group.
        rows: which rows of the configurations.
        start: where they are; None if they have not begun.
    """

    def __init__(self, machine: Machine, program: Chunked, rows: np.ndarray, start: Stop | None = None):
        self.machine, self.program, self.rows = machine, program, rows
        self._state: list[Any] = []  # on the devices, or still on the host
        self._metrics: list[dict[str, np.ndarray]] = []
        if start is not None:
            self._begin_at(start)

    @property
    def done(self) -> int:
        """How many chunks are done."""
        return len(self._metrics)

    def take(self, stop: Stop) -> None:
        """Be where these rows were stopped before, if that is further on this way."""
        if np.array_equal(stop.rows, self.rows) and stop.done > self.done:
            self._begin_at(stop)
            self._metrics = [{name: x[:, i] for name, x in stop.metrics.items()} for i in range(stop.done)]

    def go_on(self) -> dict[str, np.ndarray]:
        """One chunk further; its metrics."""
        numbers = self.machine.batch_of(self.rows)
        state = self._state or self.machine.compiled(self.program.init)(*numbers)
        self._state = []  # its memory is given away
        run = self.program.run
        values = self.machine.compiled(run)(*state, *numbers)
        named = zip(run.metrics, values[run.carried :], strict=True)
        metrics = {name: np.asarray(value)[: len(self.rows)] for name, value in named}
        self._state = list(values[: run.carried])
        self._metrics.append(metrics)
        return metrics

    def stop(self) -> Stop:
        """Where it is; it may go on."""
        keys = [str(jax.random.key_impl(leaf)) if is_key(leaf) else "" for leaf in self._state]
        state = [_raw(leaf[: len(self.rows)]) for leaf in self._state]
        return Stop(self.rows, state, keys, self.metrics())

    def metrics(self) -> dict[str, np.ndarray]:
        """Those of the chunks that are done, which is one at least."""
        return {name: np.stack([x[name] for x in self._metrics], axis=1) for name in self.program.run.metrics}

    def _begin_at(self, stop: Stop) -> None:
        every_row = filled(np.arange(len(self.rows)), self.machine.rows * len(self.machine.devices))
        held = zip(stop.state, stop.keys, self.program.state, strict=True)
        self._state = [_typed(raw[every_row], key, aval) for raw, key, aval in held]


def _raw(array: Any) -> np.ndarray:
    """The bytes of each row."""
    array = np.ascontiguousarray(jax.random.key_data(array) if is_key(array) else array)
    return array.reshape(len(array), math.prod(array.shape[1:])).view(np.uint8)


def _typed(raw: np.ndarray, key: str, aval: Any) -> Any:
    """Rows of the type and the shape that they had."""
    if key:
        bits = jnp.asarray(raw.view(np.uint32).reshape(len(raw), *aval.shape, -1))
        return jax.random.wrap_key_data(bits, impl=key)
    return raw.view(aval.dtype).reshape(len(raw), *aval.shape)
