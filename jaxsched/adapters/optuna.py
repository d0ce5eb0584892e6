"""Optuna: its samplers ask for many trials at a time, and one program runs them.

The study may be in any storage, and may be continued by another process. An SQLite file takes about a quarter of a
second for each trial, a journal file a tenth of that: `optuna.storages.JournalStorage` with a `JournalFileBackend`.
"""

import math
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from jaxsched._data.messages import brief
from jaxsched._sweep.engine import Given, check_training
from jaxsched._sweep.files import is_alive
from jaxsched._sweep.kept import Device
from jaxsched._sweep.machine import check_devices
from jaxsched._sweep.resumable import Resumable
from jaxsched._tables.configs import Configs
from jaxsched._tables.progress import progress_bar


MARK = "jaxsched"
"""The attribute of a trial that says which process runs it."""

NOT_FINITE = "jaxsched: not finite"
"""The attribute of one that failed for that."""

AGAIN = "jaxsched: again"
"""The attribute of one that is asked for again, after a kill: the number that it had."""


def optimize(
    study: Any,
    train: Callable[..., Mapping[str, Any]] | Resumable,
    space: Mapping[str, Any],
    *,
    metric: str | Sequence[str],
    trials: int,
    batch_size: int = 64,
    static: Sequence[str] = (),
    devices: Sequence[Device] | None = None,
    progress: bool = True,
) -> None:
    """Let a study of Optuna choose, and train what it chooses, many at a time, in one compiled program.

    A trial of which the metric is not finite fails. Trials that a killed process of this machine has left running, or
    that an error or Ctrl-C has ended, fail as well, and are asked for again. Those of a process that is alive are left
    to it: several may work on one study.

    Args:
        study: of `optuna.create_study`, with any sampler and storage.
        train: a training function, or one in chunks, as in `sweep`.
        space: the distributions of Optuna, by column name.
        metric: the scalar that is told, of a training in chunks as it is at the end; a list of them, one for each
            objective of the study.
        trials: how many trials the study shall have, those of an earlier call included.
        batch_size: how many are asked for and trained at a time. A sampler learns only between batches.
        static: as in `sweep`: what is categorical, or a text, is structure anyway, and each combination a program.
        devices: those of this process to use; None for all of them.
        progress: whether to show a progress bar (needs tqdm).

    Raises:
        TypeError: if the study is none, or `space` has something else than distributions.
        ValueError: if a count is not positive, there is not one metric for each objective, or a metric is missing or no
            real scalar; and as of `sweep`.

    >>> import optuna
    >>> study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    >>> space = {"peak_value": optuna.distributions.FloatDistribution(1e-4, 1.0, log=True)}
    >>> def train(peak_value):
    ...     return {"loss": jnp.log10(peak_value / 0.01) ** 2}
    >>> optimize(study, train, space, metric="loss", trials=64, batch_size=32, progress=False)
    >>> 0.005 < study.best_params["peak_value"] < 0.02
    True

    Optuna `Study.ask` and `Study.tell`.
    """
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import TrialState

    if not isinstance(study, Study):
        raise TypeError(f"optimize: `study` must be of optuna.create_study, got {brief(study)}.")
    check_training("optimize", train)
    if not isinstance(space, Mapping) or not space:
        raise TypeError(f"optimize: `space` must be a dict of distributions of Optuna, got {brief(space)}.")
    for name, distribution in space.items():
        if not isinstance(distribution, BaseDistribution):
            raise TypeError(f"optimize: `space[{name!r}]` must be a distribution of Optuna, got {brief(distribution)}.")
    metrics = [metric] if isinstance(metric, str) else list(metric)
    if len(metrics) != len(study.directions):
        rule = "must have one name for each objective of the study"
        raise ValueError(f"optimize: `metric` {rule}, {len(study.directions)}, got {brief(metrics)}.")
    for name, count in {"trials": trials, "batch_size": batch_size}.items():
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise ValueError(f"optimize: `{name}` must be an integer, at least 1, got {brief(count)}.")

    used = check_devices(devices)
    rows = math.ceil(batch_size / len(used))
    _take_over(study)
    with progress_bar("optimize", trials, "trial", progress, initial=min(_finished(study), trials)) as bar:
        while (count := min(batch_size, trials - _finished(study))) > 0:
            asked: list[Any] = []
            try:
                for _ in range(count):
                    asked.append(study.ask(dict(space)))
                    asked[-1].set_user_attr(MARK, f"{socket.gethostname()}@{os.getpid()}")
                configs = Configs({name: [trial.params[name] for trial in asked] for name in space})
                given = Given("optimize", configs, rows, static, used, None, None, False)
                results = given.run(train, progress=False, keep=False, scalars=metrics)
                for row in results:
                    values = [float(row[name][-1] if isinstance(train, Resumable) else row[name]) for name in metrics]
                    if np.isfinite(values).all():
                        study.tell(asked[0], values)
                    else:
                        asked[0].set_user_attr(NOT_FINITE, True)
                        study.tell(asked[0], state=TrialState.FAIL)
                    del asked[0]
                    bar.update(1)
            except BaseException:
                for trial in asked:
                    _ask_again(study, trial.number, trial.params)
                raise


def _finished(study: Any) -> int:
    """How many trials have come to an end; those that a kill has ended are asked for again."""
    from optuna.trial import TrialState

    ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))
    return sum(trial.state != TrialState.FAIL or trial.user_attrs.get(NOT_FINITE, False) for trial in ended)


def _take_over(study: Any) -> None:
    """What a process on this machine was at when it ended is to be asked for again."""
    from optuna.trial import TrialState

    trials = study.get_trials(deepcopy=False)
    again = {trial.user_attrs.get(AGAIN) for trial in trials}
    for trial in trials:
        host, _, pid = trial.user_attrs.get(MARK, "").partition("@")
        is_running = trial.state == TrialState.RUNNING
        if is_running and host == socket.gethostname() and pid.isdigit() and not is_alive(int(pid)):
            _ask_again(study, trial.number, {} if trial.number in again else trial.params)


def _ask_again(study: Any, number: int, params: Mapping[str, Any]) -> None:
    """End a trial, which is asked for again if it has parameters. A kill between both loses none."""
    from optuna.trial import TrialState

    if params:
        study.enqueue_trial(dict(params), user_attrs={AGAIN: number})
    study.tell(number, state=TrialState.FAIL)
