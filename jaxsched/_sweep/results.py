"""The metrics of each configuration."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, overload

import numpy as np

from jaxsched._tables.configs import Configs


class Results:
    """The metrics of each configuration: the columns of the configurations, and those of the metrics.

    Returned by `sweep`. `results["loss"]` is a column: of shape (n,) for a scalar metric, (n, ...) for an array.
    """

    def __init__(self, configs: Configs, metrics: Mapping[str, np.ndarray]):
        self.configs = configs
        self.metrics = dict(metrics)

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """The columns of the configurations, then those of the metrics, by name."""
        return {**self.configs.columns, **self.metrics}

    def __len__(self) -> int:
        return len(self.configs)

    @overload
    def __getitem__(self, index: str) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: int | np.integer) -> dict[str, Any]: ...
    def __getitem__(self, index: Any) -> "np.ndarray | dict[str, Any]":
        """A column by its name, or one row, as a dict of its columns."""
        if isinstance(index, int | np.integer):
            metrics = {name: column[index] for name, column in self.metrics.items()}
            return self.configs[index] | {name: x.item() if x.ndim == 0 else x for name, x in metrics.items()}
        if index not in self.columns:
            raise KeyError(f"Results: no column {index!r}; there are {list(self.columns)}.")
        return self.columns[index]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"Results({len(self)} rows: {', '.join(self.configs.columns)} -> {', '.join(self.metrics)})"

    def top(self, k: int, metric: str, mode: Literal["min", "max"] = "min") -> "Results":
        """The k best rows by a scalar metric, best first; NaN is worse than any number, and ties keep their order.

        Args:
            k: how many rows; all of them where there are fewer.
            metric: the name of a scalar metric.
            mode: "min" if less is better, "max" if more is.

        Raises:
            KeyError: if there is no such metric.
            ValueError: if `k` is negative, or the metric is not a scalar.
        """
        if k < 0:
            raise ValueError(f"Results: `k` must not be negative, got {k}.")
        order = self._order(metric, mode)[:k]
        return Results(self.configs[order], {name: column[order] for name, column in self.metrics.items()})

    def best(self, metric: str, mode: Literal["min", "max"] = "min") -> dict[str, Any]:
        """The row with the best scalar metric, NaN apart, as a dict of its columns.

        Args:
            metric: the name of a scalar metric.
            mode: "min" if less is better, "max" if more is.

        Raises:
            KeyError: if there is no such metric.
            ValueError: if the metric is NaN in every row, or not a scalar.
        """
        i = int(self._order(metric, mode)[0])
        if np.isnan(self.metrics[metric][i]):
            raise ValueError(f"Results: `{metric}` is NaN in every row, so none is best.")
        return self[i]

    def to_pandas(self) -> Any:
        """A pandas DataFrame with a column for each; an array metric becomes a column of arrays. Needs pandas."""
        import pandas as pd

        return pd.DataFrame({name: list(c) if c.ndim > 1 else c for name, c in self.columns.items()})

    def _order(self, metric: str, mode: str) -> np.ndarray:
        if mode not in ("min", "max"):
            raise ValueError(f'Results: `mode` must be "min" or "max", got {mode!r}.')
        if metric not in self.metrics:
            raise KeyError(f"Results: no metric {metric!r}; there are {list(self.metrics)}.")
        column = self.metrics[metric].astype(np.float64)
        if column.ndim != 1:
            raise ValueError(
                f"Results: `{metric}` must be a scalar to rank rows by, got shape {column.shape[1:]} per row."
            )
        return np.argsort(column if mode == "min" else -column, kind="stable")
