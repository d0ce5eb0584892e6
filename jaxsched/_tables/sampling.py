"""Configurations that are drawn: from distributions, at random or from points that fill the space evenly."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from jaxsched._data.messages import brief
from jaxsched._tables.configs import Configs, as_column


def sample(n: int, /, *, rng: Any = 0, **columns: Any) -> Configs:
    """Configurations drawn from distributions.

    Every column is drawn by the inverse of its distribution function, from points in the unit cube.

    Args:
        n: how many rows.
        rng: where the points come from: a seed, a `numpy.random.Generator`, or, for points that fill the space evenly,
            an engine of `scipy.stats.qmc` of as many dimensions as there are columns. A generator and an engine go on
            where they are; a seed gives the same rows again.
        columns: what each column is drawn from, by name: `log_uniform(low, high)`, any distribution of `scipy.stats`
            with its parameters, or a sequence, all entries of which are equally likely.

    Raises:
        ValueError: if `n` is negative, there is no column, an engine has another number of dimensions, or a number that
            is drawn is not finite.
        TypeError: if a column is neither a distribution nor a sequence.

    >>> from scipy.stats import qmc, randint
    >>> configs = sample(100, peak_value=log_uniform(1e-4, 1e-1), warmup_steps=randint(0, 500), shape=["cosine", "wsd"])
    >>> len(configs), configs["warmup_steps"].dtype, sorted(set(configs["shape"]))
    (100, dtype('int64'), ['cosine', 'wsd'])
    >>> even = sample(8, a=log_uniform(1, 256), b=log_uniform(1, 256), rng=qmc.Sobol(2, rng=0))
    >>> np.sort(np.log2(even["a"]).astype(int))  # one in each eighth
    array([0, 1, 2, 3, 4, 5, 6, 7])
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise ValueError(f"sample: the number of rows must be an integer and not negative, got {brief(n)}.")
    if not columns:
        raise ValueError("sample: at least one column is needed, got none.")
    points = _points(int(n), len(columns), rng)
    return Configs({name: _drawn(name, of, u) for (name, of), u in zip(columns.items(), points.T, strict=True)})


def log_uniform(low: float, high: float) -> Any:
    """A number between two bounds whose logarithm is uniform: every factor of ten is as likely as any other.

    Args:
        low: the lower bound, positive.
        high: the upper bound, more than `low`.

    Returns:
        `scipy.stats.loguniform(low, high)`, for `sample`.

    Raises:
        ValueError: if `low` is not positive, or `high` is not more than `low`.

    >>> sample(3, rate=log_uniform(1e-4, 1e-1))["rate"].round(6)
    array([0.008145, 0.000645, 0.000133])
    """
    from scipy.stats import loguniform

    if not 0 < low < high < np.inf:
        raise ValueError(f"log_uniform: the bounds must be positive and in order, got {brief(low)} and {brief(high)}.")
    return loguniform(low, high)


def _points(n: int, dimensions: int, rng: Any) -> np.ndarray:
    """Points in the unit cube, of shape (n, dimensions)."""
    if not hasattr(rng, "d"):
        return np.random.default_rng(rng).random((n, dimensions))
    if rng.d != dimensions:
        raise ValueError(f"sample: `rng` must have a dimension for each of the {dimensions} columns, got {rng.d}.")
    return np.asarray(rng.random(n))


def _drawn(name: str, of: Any, u: np.ndarray) -> np.ndarray:
    inverse = getattr(of, "icdf", getattr(of, "ppf", None))
    if callable(inverse):
        values = np.asarray(inverse(u))
        if not np.isfinite(values).all():
            rule = "must be finite at every point (the first point of a sequence that is not scrambled is 0)"
            raise ValueError(f"sample: `{name}` {rule}, got {values[~np.isfinite(values)][0]}.")
        discrete = hasattr(of, "pmf") and bool((np.asarray(of.pmf(values)) > 0).all())
        return values.astype(np.int64) if discrete else values
    if isinstance(of, str | bytes) or not isinstance(of, Iterable):
        rule = "must be a distribution, such as log_uniform(1e-4, 1e-1), or a sequence to draw from"
        raise TypeError(f"sample: `{name}` {rule}, got {brief(of)}.")
    choices = as_column("sample", name, of)
    if not len(choices) and len(u):
        raise ValueError(f"sample: `{name}` must have at least one entry to draw from, got none.")
    return choices[(u * len(choices)).astype(int)]
