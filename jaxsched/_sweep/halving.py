"""Successive halving: many trainings begin, and the best of them go on."""

import os
import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from jaxsched._data.messages import brief
from jaxsched._sweep.climbing import Rule
from jaxsched._sweep.engine import Given
from jaxsched._sweep.kept import Device
from jaxsched._sweep.results import Results
from jaxsched._sweep.resumable import Resumable
from jaxsched._tables.configs import Configs


def halving(
    training: "Resumable",
    configs: Configs,
    *,
    metric: str,
    eta: int = 4,
    first: int | None = None,
    mode: Literal["min", "max"] = "min",
    batch_size: int | Literal["auto"] = "auto",
    static: "Sequence[str]" = (),
    devices: "Sequence[Device] | None" = None,
    store: str | os.PathLike | None = None,
    worker: tuple[int, int] | None = None,
    accept_versions: bool = False,
    progress: bool = True,
) -> Results:
    """Begin all trainings, and go on with the best: of the rows at each rung, one of `eta` is left.

    The rungs are at `first`, `first * eta`, `first * eta**2`, ... steps, and at the end. Those that are left go on from
    where they are, in the same program and in batches of the same shape, so that their bits are those of a sweep that
    goes all the way. Trainings are compared as they are at the rung, where one that still warms up, or whose rate has
    yet to fall, looks worse than it is: a later `first` takes more work, and misses less.

    The states of all rows are kept between rungs, in memory, and with a store on disk. There, rows are finished all at
    the same time, when it ends.

    Args:
        training: made by `resumable`.
        configs: n rows.
        metric: what is compared: a scalar of each chunk. What is not finite is worst; of equal rows, the first is left.
        eta: one of so many is left, at least 2.
        first: the first rung, in steps: a multiple of `every`. None for a fifth of the steps.
        mode: "min" if less is better, "max" if more is.
        batch_size: how many rows a device takes at a time, as in `sweep`.
        static: the columns of numbers that are structure as well.
        devices: those of this process to use; None for all of them.
        store: a folder to keep everything in, new or that of this very call; None to keep it in memory.
        worker: which of how many processes on one store this is, as in `sweep`.
        accept_versions: go on with a store that was begun with other versions of JAX, or on another kind of device.
        progress: whether to show a progress bar (needs tqdm).

    Returns:
        As of `sweep`, all rows: the metrics of chunks that a row did not go are NaN (so whole numbers are floats), and
        `steps_done` says how far it came.

    Raises:
        TypeError: if `training` is not made by `resumable`, or `eta` or `first` is no integer.
        ValueError: if there is no such metric, it is no real scalar, or a number is out of its range; and as of
            `sweep`. An error ends it, for rows are compared with all others. The exception has as its `results` how far
            each row has come.

    >>> def run(x, steps, rate):
    ...     x = jax.lax.fori_loop(0, steps, lambda _, x: x - rate * x, x)
    ...     return x, {"loss": x**2}
    >>> training = resumable(lambda rate: jnp.float32(1.0), run, steps=100, every=20)
    >>> results = halving(training, grid(rate=np.geomspace(1e-3, 1.0, 8)), metric="loss", progress=False)
    >>> results["steps_done"].tolist()
    [20, 20, 20, 20, 20, 20, 80, 100]

    Jamieson & Talwalkar (2016), arXiv:1502.07943; Li et al. (2018), arXiv:1603.06560.
    """
    if not isinstance(training, Resumable):
        raise TypeError(f"halving: `training` must be made by `resumable`, got {brief(training)}.")
    if mode not in ("min", "max"):
        raise ValueError(f'halving: `mode` must be "min" or "max", got {brief(mode)}.')
    rule = Rule(metric, mode, _integer("eta", eta, 2), _first(training, first))
    given = Given("halving", configs, batch_size, static, devices, store, worker, accept_versions)
    _warn_of_a_warmup(configs, rule.first)
    return given.run(training, progress, keep=False, scalars=[metric], rule=rule)


def _first(training: Resumable, first: Any) -> int:
    if first is None:
        return max(training.chunks // 5, 1) * training.every
    first = _integer("first", first, 1)
    if first % training.every or first > training.steps:
        rule = f"must be a multiple of `every`, {training.every}, and at most `steps`, {training.steps}"
        raise ValueError(f"halving: `first` {rule}, got {first}.")
    return first


def _integer(name: str, given: Any, least: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int | np.integer):
        raise TypeError(f"halving: `{name}` must be an integer, got {brief(given)}.")
    if given < least:
        raise ValueError(f"halving: `{name}` must be at least {least}, got {given}.")
    return int(given)


def _warn_of_a_warmup(configs: Configs, first: int) -> None:
    """Where a column says that a warmup goes on after the first rung."""
    for name, column in configs.columns.items():
        if "warmup" in name and column.dtype != object and (later := int((column > first).sum())):
            hint = "a training that still warms up looks worse than it is; pass a later `first`"
            message = f"halving: the first rung is at step {first}, before the end of `{name}` in {later} rows: {hint}."
            warnings.warn(message, stacklevel=3)
