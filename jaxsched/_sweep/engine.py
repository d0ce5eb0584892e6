"""A sweep: one training function, mapped over the rows of a table of configurations, compiled once.

    def train(peak_value, warmup_steps):                 # a pure function of scalars
        schedule = js.warmup_cosine(peak_value=peak_value, warmup_steps=warmup_steps, total_steps=1000)
        ...
        return {"loss": loss, "curve": curve}            # arrays by name

    results = js.sweep(train, js.grid(peak_value=[...], warmup_steps=[...]), batch_size=256)
    results.best("loss")

Columns of numbers are traced, so the schedule is built inside the compiled program from numbers that it does not
know yet. Any other column is structure: rows are grouped by it, and each group is one program. Rows run in batches;
the last, short batch is filled up with copies of its last row, so that it has the shape of the others and is not
compiled again. Results have the rows of the configurations, in their order, whatever the batches and the groups.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import check_batch_size
from jaxsched._data.messages import brief
from jaxsched._numerics.floats import default_dtype, last_step
from jaxsched._sweep.results import Results
from jaxsched._tables.configs import Configs
from jaxsched._tables.progress import progress_bar


def sweep(
    train: Callable[..., Mapping[str, Any]],
    configs: Configs,
    *,
    batch_size: int | None = None,
    progress: bool = True,
) -> Results:
    """Run a training function for every configuration, many at a time, in one compiled program.

    Args:
        train: a pure function from the values of one row, by column name, to a dict of arrays. Columns of numbers
            arrive traced, as scalars (int32, float32 or bool); others as they are.
        configs: n rows. Rows that differ in a column that is not numbers are compiled separately.
        batch_size: how many rows run at a time, which bounds the memory; None for all.
        progress: whether to show a progress bar (needs tqdm).

    Returns:
        The configurations and their metrics, in the order of `configs`.

    Raises:
        TypeError: if `train` does not return a dict of arrays.
        ValueError: if there are no rows, `batch_size` is not positive, an integer does not fit into int32, a metric
            has the name of a column, or two groups return different metrics.

    >>> def train(peak_value, steps):
    ...     schedule = Linear(peak_value, 0.0, steps)
    ...     return {"sum": schedule(jax.numpy.arange(100)).sum()}
    >>> results = sweep(train, grid(peak_value=[0.1, 0.2], steps=[10, 100]), progress=False)
    >>> results.best("sum", mode="max")["steps"]
    100
    """
    if not isinstance(configs, Configs):
        raise TypeError(f"sweep: `configs` must be Configs, such as grid(...), got {type(configs).__name__}.")
    if len(configs) == 0:
        raise ValueError("sweep: `configs` must have at least one row, got none.")
    check_batch_size("sweep", batch_size)
    numbers = {name: _as_numbers(name, column) for name, column in configs.columns.items() if column.dtype != object}

    metrics: dict[str, np.ndarray] = {}
    with progress_bar("sweep", len(configs), "config", progress) as advance:
        for static, rows in _groups(configs):
            size = min(batch_size or len(rows), len(rows))
            train_batch = _compile(train, static, size, configs)
            for start in range(0, len(rows), size):
                batch = rows[start : start + size]
                filled = np.pad(batch, (0, size - len(batch)), mode="edge")
                values = train_batch({name: column[filled] for name, column in numbers.items()})
                _write(metrics, batch, values, len(configs))
                advance(len(batch))
    return Results(configs, metrics)


def _compile(
    train: Callable[..., Any], static: Mapping[str, Any], size: int, configs: Configs
) -> Callable[..., dict[str, jax.Array]]:
    names: list[str] = []  # in the order of `train`; JAX would sort a dict

    def train_row(row: Mapping[str, jax.Array]) -> tuple[jax.Array, ...]:
        metrics = train(**row, **static)
        if not isinstance(metrics, Mapping) or not all(isinstance(name, str) for name in metrics):
            raise TypeError(f"sweep: `train` must return a dict of arrays by name, got {type(metrics).__name__}.")
        if clash := configs.columns.keys() & metrics.keys():
            raise ValueError(f"sweep: a metric must not have the name of a column, got {sorted(clash)}.")
        names[:] = metrics
        return tuple(jnp.asarray(metric) for metric in metrics.values())

    train_batch = jax.jit(jax.vmap(train_row, axis_size=size))

    def run(rows: Mapping[str, jax.Array]) -> dict[str, jax.Array]:
        values = train_batch(rows)
        return dict(zip(names, values, strict=True))

    return run


def _write(metrics: dict[str, np.ndarray], rows: np.ndarray, values: dict[str, jax.Array], total: int) -> None:
    """Put the values of a batch into the rows of the metrics, which the first batch creates."""
    if not metrics:
        metrics |= {name: np.empty((total, *v.shape[1:]), v.dtype) for name, v in values.items()}
    kinds, known = ({n: (v.dtype, v.shape[1:]) for n, v in table.items()} for table in (values, metrics))
    if kinds != known:
        raise ValueError(f"sweep: `train` must return the same metrics for every row, got {kinds} after {known}.")
    for name, value in values.items():
        metrics[name][rows] = np.asarray(value)[: len(rows)]


def _groups(configs: Configs) -> list[tuple[dict[str, Any], np.ndarray]]:
    """The rows that share what is not numbers: that part of them, and their indices."""
    static = {name: column for name, column in configs.columns.items() if column.dtype == object}
    rows: dict[tuple[Any, ...], list[int]] = {}
    for i, key in enumerate(zip(*static.values(), strict=True) if static else [()] * len(configs)):
        try:
            rows.setdefault(key, []).append(i)
        except TypeError:
            raise TypeError(
                f"sweep: entries that are not numbers must be hashable, got {brief(key)} in row {i}."
            ) from None
    return [(dict(zip(static, key, strict=True)), np.asarray(indices)) for key, indices in rows.items()]


def _as_numbers(name: str, column: np.ndarray) -> np.ndarray:
    if column.dtype == np.bool_:
        return column
    is_integer = column.dtype == np.int64
    if is_integer and (np.abs(column) > last_step()).any():
        raise ValueError(f"sweep: `{name}` must fit into int32, got {column[np.abs(column).argmax()]}.")
    return column.astype(default_dtype(is_integer))
