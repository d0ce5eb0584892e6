"""The metrics of each configuration."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import jax.numpy as jnp
import numpy as np

from jaxsched._data.messages import brief, check_known, did_you_mean
from jaxsched._sweep.pieces import Failure, Piece, finite_rows, joined
from jaxsched._sweep.plan import groups_of
from jaxsched._sweep.store import Store
from jaxsched._tables.configs import Configs
from jaxsched._tables.table import Table
from jaxsched._typing import Whole


if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Results(Table):
    """The metrics of each configuration: the columns of the configurations, and those of the metrics.

    Returned by `sweep`. `results["loss"]` is a column: of shape (n,) for a scalar metric, (n, ...) for an array.
    Slices, masks, lists of rows and sums (`a + b`) are Results again.

    Args:
        configs: the configurations, n rows.
        metrics: the metrics, by name, each with an axis of n rows in front.
        rows: which rows of the sweep these are; None for 0 .. n-1.
        failures: those that are missing, if any, each with its `rows` and the traceback, `error`.

    >>> results = Results(grid(rate=[0.1, 0.2], seed=[0, 1]), {"loss": np.array([1.0, 3.0, 4.0, np.nan])})
    >>> results.best("loss"), results.finite
    ({'rate': 0.1, 'seed': 0, 'loss': 1.0}, array([ True,  True,  True, False]))
    >>> results.group_by(over="seed")[0]
    {'rate': 0.1, 'loss': 2.0, 'loss_std': 1.4142135623730951, 'count': 2}
    """

    def __init__(
        self,
        configs: Configs,
        metrics: Mapping[str, np.ndarray],
        rows: np.ndarray | None = None,
        failures: Iterable[Failure] = (),
    ):
        self.configs = configs
        self.metrics = dict(metrics)
        self.rows = np.arange(len(configs)) if rows is None else rows
        self.failures = tuple(failures)
        lengths = {name: len(column) for name, column in {**self.metrics, "rows": self.rows}.items()}
        if set(lengths.values()) != {len(configs)}:
            raise ValueError(f"Results: each metric must have {len(configs)} rows, as `configs`, got {lengths}.")

    @classmethod
    def load(cls, store: str | os.PathLike) -> Self:
        """Read what a sweep has stored, also while it runs, or when it was stopped: the rows that are finished.

        Functions among the configurations come back as their names, schedules as their source.

        Args:
            store: the folder.

        Raises:
            FileNotFoundError: if nothing of a sweep is there.
            ValueError: if a file cannot be read, with its name.
        """
        folder = Store(store)
        manifest, configs = folder.manifest(), folder.configs()
        if manifest is None or configs is None:
            raise FileNotFoundError(f"Results: there is no sweep in {folder.folder}, or its first batch is not done.")
        return cls.of(configs, *folder.read(manifest.metrics), manifest.metrics)

    @classmethod
    def of(
        cls, configs: Configs, pieces: Sequence[Piece], failures: Iterable[Failure], metrics: Mapping[str, Any]
    ) -> Self:
        """The table of some pieces, whose metrics have these types and shapes."""
        nothing = {name: np.empty((0, *shape), jnp.dtype(dtype)) for name, (dtype, shape) in metrics.items()}
        whole = joined([Piece(np.empty(0, np.int64), nothing), *pieces])
        return cls(configs[whole.rows], whole.metrics, whole.rows, failures)

    @property
    def columns(self) -> Mapping[str, np.ndarray]:
        """The columns of the configurations, then those of the metrics, by name."""
        return {**self.configs.columns, **self.metrics}

    @property
    def finite(self) -> np.ndarray:
        """For each row, whether all of its metrics are finite: a mask."""
        return finite_rows(self.metrics, len(self))

    def _rows(self, indices: np.ndarray) -> Self:
        metrics = {name: column[indices] for name, column in self.metrics.items()}
        return type(self)(self.configs[indices], metrics, self.rows[indices], self.failures)

    def _joined(self, other: Any) -> Self:
        metrics = {name: np.concatenate([column, other.metrics[name]]) for name, column in self.metrics.items()}
        rows = np.concatenate([self.rows, other.rows])
        return type(self)(self.configs + other.configs, metrics, rows, self.failures + other.failures)

    def __repr__(self) -> str:
        marks = {"not finite": int((~self.finite).sum()), "failed": sum(len(f.rows) for f in self.failures)}
        notes = "".join(f", {count} {mark}" for mark, count in marks.items() if count)
        return f"Results({len(self)} rows{notes}: {', '.join(self.configs.columns)} -> {', '.join(self.metrics)})"

    def top(self, k: int, metric: str, mode: Literal["min", "max"] = "min") -> Self:
        """The k best rows by a scalar metric, best first; what is not finite comes last, and ties keep their order.

        Args:
            k: how many rows; all of them where there are fewer.
            metric: the name of a scalar metric; of a training in chunks, its end counts.
            mode: "min" if less is better, "max" if more is.

        Raises:
            KeyError: if there is no such metric.
            TypeError: if `k` is not an integer.
            ValueError: if `k` is negative, or the metric is not a scalar.
        """
        if isinstance(k, bool) or not isinstance(k, int | np.integer):
            hint = f"; the number comes first: top({brief(metric)}, {brief(k)})" if isinstance(k, str) else ""
            raise TypeError(f"Results: `k` must be a number of rows, got {brief(k)}{hint}.")
        if k < 0:
            raise ValueError(f"Results: `k` must not be negative, got {k}.")
        return self._rows(self._order(metric, mode)[:k])

    def best(self, metric: str, mode: Literal["min", "max"] = "min") -> dict[str, Any]:
        """The row with the best finite value of a scalar metric, as a dict of its columns.

        Args:
            metric: the name of a scalar metric; of a training in chunks, its end counts.
            mode: "min" if less is better, "max" if more is.

        Raises:
            KeyError: if there is no such metric.
            ValueError: if the metric is finite in no row, or not a scalar.
        """
        order = self._order(metric, mode)
        if not len(order) or not np.isfinite(self._scores(metric)[order[0]]):
            raise ValueError(f"Results: `{metric}` is finite in none of {len(self)} rows, so none is best.")
        return self[int(order[0])]

    def plot(
        self,
        metric: str,
        *columns: str,
        schedule: "Callable[..., Any] | str | None" = None,
        total_steps: Whole | None = None,
        mode: Literal["min", "max"] = "min",
        ax: "Axes | None" = None,
    ) -> "Axes":
        """Draw a scalar metric against a column or two, or the schedules that led to it; needs matplotlib.

        Scales are logarithmic where the numbers are spread so. What is not finite is left out, and the title says so.

        Args:
            metric: the name of a scalar metric.
            columns: one, for the metric of every row and the mean of those with the same entry. Two, for a map of the
                means; or of the rows as dots, where hardly two share their entries, as when they were drawn at random.
            schedule: in their place, for the schedule of every row, coloured by the metric: a function of a row's
                configuration, or the name of a column of schedules.
            total_steps: how many steps of these schedules are drawn; None for as many as it takes.
            mode: whether less is better: the best are bright, and of these schedules drawn last.
            ax: where to draw; None for a new figure.

        Raises:
            KeyError, TypeError: if there is no such metric or column.
            ValueError: if the metric is no real scalar or nowhere finite, or the columns are not one or two.
        """
        from jaxsched.plotting.outcomes import draw_results

        return draw_results(self, metric, *columns, schedule=schedule, total_steps=total_steps, mode=mode, ax=ax)

    def group_by(self, *columns: str, over: str | Sequence[str] = ()) -> "Results":
        """Mean and spread of every metric over the rows that agree in some columns: over seeds, say.

        Args:
            columns: the columns in which they agree; or
            over: those in which they do not: all others are the columns in which they agree.

        Returns:
            A row for each combination, in the order in which they first come. Each metric is its mean; beside it are
            `<metric>_std`, the standard deviation (with n - 1, so NaN for a single row), and `count`, the number of
            rows. A mean with a number that is not finite is not finite.

        Raises:
            ValueError: if both or none of `columns` and `over` are given, or `over` leaves no column.
            TypeError: if a column is unknown.
        """
        over = [over] if isinstance(over, str) else list(over)
        if bool(columns) == bool(over):
            raise ValueError("Results: group_by takes the columns that rows agree in, or `over`, got both or neither.")
        check_known("Results", "column of `configs`", [*columns, *over], self.configs.columns)
        names = columns or [name for name in self.configs.columns if name not in over]
        if not names:
            raise ValueError(f"Results: `over` must leave a column, got all of them: {over}.")
        keys = Configs({name: self.configs[name] for name in names})
        groups = [group.rows for group in groups_of(keys, names)]
        return Results(keys[[rows[0] for rows in groups]], self._statistics(groups))

    def _statistics(self, groups: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        counts = np.asarray([len(rows) for rows in groups], np.int64)
        found = {"count": counts}
        for name, column in self.metrics.items():
            exact = column.astype(np.complex128 if column.dtype.kind == "c" else np.float64)
            with np.errstate(invalid="ignore", divide="ignore"):  # of what is not finite
                means = [exact[rows].mean(axis=0) for rows in groups]
                sums = [(np.abs(exact[rows] - mean) ** 2).sum(axis=0) for rows, mean in zip(groups, means, strict=True)]
                spreads = [np.sqrt(np.divide(x, len(rows) - 1)) for x, rows in zip(sums, groups, strict=True)]
            shape = (len(groups), *column.shape[1:])
            found |= {name: np.reshape(means, shape), f"{name}_std": np.reshape(spreads, shape)}
        if len(found) != 1 + 2 * len(self.metrics):
            raise ValueError(f"Results: group_by adds `count` and `..._std` to the metrics, got {list(self.metrics)}.")
        return {name: found[name] for name in [*list(found)[1:], "count"]}

    def _order(self, metric: str, mode: str) -> np.ndarray:
        if mode not in ("min", "max"):
            raise ValueError(f'Results: `mode` must be "min" or "max", got {mode!r}.')
        scores = self._scores(metric)
        ranked = scores if mode == "min" else -scores
        return np.argsort(np.where(np.isfinite(ranked), ranked, np.inf), kind="stable")

    def _scores(self, metric: str) -> np.ndarray:
        """A scalar metric, in double precision; of a training in chunks, as it is at the end."""
        if metric not in self.metrics:
            near = did_you_mean(metric, self.metrics)
            raise KeyError(f"Results: no metric {metric!r}{near} The metrics are {', '.join(self.metrics)}.")
        column = self.metrics[metric]
        if "steps_done" in self.metrics and column.ndim == 2:
            column = column[:, -1]
        if column.ndim != 1 or column.dtype.kind == "c":
            came = f"{column.dtype.name}{list(column.shape[1:])} per row"
            raise ValueError(f"Results: `{metric}` must be a real scalar to rank rows by, got {came}.")
        return column.astype(np.float64)
