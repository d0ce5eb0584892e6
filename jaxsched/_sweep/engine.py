"""A sweep: one training function, mapped over the rows of a table of configurations, compiled once.

    def train(peak_value, warmup_steps):                 # a pure function of scalars
        schedule = js.warmup_cosine(peak_value=peak_value, warmup_steps=warmup_steps, total_steps=1000)
        ...
        return {"loss": loss, "curve": curve}            # arrays by name

    results = js.sweep(train, js.grid(peak_value=[...], warmup_steps=[...]), store="runs/first")
    results.best("loss")

Columns of numbers are traced, so the schedule is built inside the compiled program from numbers that it does not know
yet. Any other column is structure: rows are grouped by it, and each group is one program. `plan` says which rows run
together, `program` traces, `machine` compiles and runs, `keeping` and `store` keep; here it is put together.
"""

import inspect
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import jax
import numpy as np

from jaxsched._data.checks import check_batch_size
from jaxsched._data.messages import brief
from jaxsched._sweep import plan
from jaxsched._sweep.climbing import Climb, Rule
from jaxsched._sweep.keeping import Keeper, StoreKeeper
from jaxsched._sweep.kept import Device
from jaxsched._sweep.machine import Machine, check_devices
from jaxsched._sweep.manifest import FORMAT, Manifest, hash_of, hashes_of, versions_of
from jaxsched._sweep.program import check_columns, check_scalars
from jaxsched._sweep.results import Results
from jaxsched._sweep.resumable import Resumable
from jaxsched._sweep.running import Run, traced
from jaxsched._sweep.store import OWN_COLUMNS, Store
from jaxsched._tables.arrow import as_arrow
from jaxsched._tables.configs import Configs, check_configs
from jaxsched._tables.progress import progress_bar


def sweep(
    train: "Callable | Resumable",
    configs: Configs,
    *,
    batch_size: int | Literal["auto"] = "auto",
    static: Sequence[str] = (),
    devices: Sequence[Device] | None = None,
    store: str | os.PathLike | None = None,
    on_error: Literal["raise", "keep"] = "raise",
    worker: tuple[int, int] | None = None,
    accept_versions: bool = False,
    progress: bool = True,
) -> Results:
    """Run a training function for every configuration, many at a time, in one compiled program.

    The program is kept as long as the function: another sweep of it compiles nothing, unless a name that the function
    reads from outside has another value. What is changed in place, an array say, is not seen, as under `jax.jit`.

    With a store, what is finished survives: the same call goes on where it was stopped or killed, and gives the same
    table. The same script may be started many times on one folder, on one machine or on many, with the same file system
    (POSIX; an object store is none). Each process does its own share, in whole batches, then whatever is missing, and
    returns the table. If one dies, the others do its rows.

    Args:
        train: a pure function from the values of one row, by column name, to a dict of arrays. Columns of numbers
            arrive traced, as scalars (int32, float32 or bool); others as they are. Or a training in chunks, made by
            `resumable`.
        configs: n rows. Rows that differ in a column that is not numbers are compiled separately.
        batch_size: how many rows a device takes at a time. A row has the same bits whatever runs beside it, and on
            however many devices, as long as this is the same (and, on a GPU, operations are: where a function uses
            convolutions, say, set XLA_FLAGS=--xla_gpu_deterministic_ops=true); so short batches are filled up.
            "auto": 64 on a processor and 1,024 elsewhere; or fewer, where there are fewer for each process, or where
            only so many fit into 80% of the free memory (which on a processor needs psutil to be known).
        static: the columns of numbers that are structure as well: a width, a number of steps.
        devices: those of this process to use; None for all of them.
        store: a folder to keep everything in, new or that of this very sweep; None to keep it in memory.
        on_error: "raise" what goes wrong; "keep" it in `failures` of the results, and go on with other rows. With a
            store, the next call tries these rows again. A loss that is NaN is no error.
        worker: which of how many processes on one store this is, from 0: it does its share first. Otherwise it is as
            `jax.distributed` or SLURM (SLURM_PROCID, SLURM_NTASKS) say. The results do not depend on it, but through
            a `batch_size` that is "auto".
        accept_versions: go on with a store that was begun with other versions of JAX, or on another kind of device.
        progress: whether to show a progress bar (needs tqdm).

    Returns:
        The configurations and their metrics, in the order of `configs`, without rows that failed.

    Raises:
        TypeError: if `train` does not take the columns, needs the value of a traced number, or does not return a dict
            of arrays; if an entry is not hashable, or cannot be stored.
        ValueError: if there are no rows, `batch_size` is not positive, an integer does not fit into int32, a metric
            has the name of a column, two groups return different metrics, or the store holds something else, or what
            cannot be read.

        What is finished when an error or Ctrl-C ends the sweep is in the store, and on the exception, as `results`.

    >>> def train(peak_value, steps):
    ...     schedule = Linear(peak_value, 0.0, steps)
    ...     return {"sum": schedule(jax.numpy.arange(100)).sum()}
    >>> results = sweep(train, grid(peak_value=[0.1, 0.2], steps=[10, 100]), progress=False)
    >>> results.best("sum", mode="max")["steps"]
    100
    """
    check_training("sweep", train)
    if on_error not in ("raise", "keep"):
        raise ValueError(f'sweep: `on_error` must be "raise" or "keep", got {brief(on_error)}.')
    given = Given("sweep", configs, batch_size, static, devices, store, worker, accept_versions)
    return given.run(train, progress, on_error == "keep")


def check_training(owner: str, train: Any) -> None:
    """Raise unless it is something that a sweep can run."""
    if not callable(train) and not isinstance(train, Resumable):
        raise TypeError(
            f"{owner}: `train` must be a function of the columns of a row, or of `resumable`, got {brief(train)}."
        )


class Given:
    """What is given to a sweep beside the training, checked.

    Args:
        owner: whose arguments they are.
        others: these arguments, in the order of `sweep`.
    """

    def __init__(
        self,
        owner: str,
        configs: Configs,
        batch_size: Any,
        static: Any,
        devices: Any,
        store: Any,
        worker: Any,
        accept_versions: bool,
    ):
        self.owner, self.configs, self.store, self.accept_versions = owner, configs, store, accept_versions
        check_configs(owner, configs)
        if not isinstance(store, str | os.PathLike | None):
            raise TypeError(f"{owner}: `store` must be the path of a folder, got {brief(store)}.")
        self.static = _check_static(static)
        self.batch_size = int(batch_size) if isinstance(batch_size, np.integer) else batch_size
        check_batch_size(owner, self.batch_size, otherwise="auto")
        self.worker, self.workers = _check_worker(worker, store is not None)
        self.devices = check_devices(devices)

    def run(
        self, train: Any, progress: bool, keep: bool, scalars: Sequence[str] = (), rule: Rule | None = None
    ) -> Results:
        """All of it, or with a rule what that leaves; `scalars` are metrics that must be one real number each."""
        configs, groups = self.configs, plan.groups_of(self.configs, self.static)
        if isinstance(train, Resumable):
            check_columns(train.init, configs.columns, "init")
            check_columns(train.run, configs.columns, "run", others=list(inspect.signature(train.run).parameters)[:2])
        else:
            check_columns(train, configs.columns)
        machine = Machine(train, plan.numbers_of(configs, self.static), self.devices)
        programs, failures = traced(machine, groups, keep)
        keeper = Keeper()
        of_run = (configs, groups, programs, failures, machine, keeper, keep)
        run = Climb(rule, *of_run) if rule else Run(*of_run)
        check_scalars(self.owner, run.at_a_time, scalars)
        if self.store is not None:
            own = _manifest(configs, groups, programs, machine, run.metrics, rule)
            run.keeper = keeper = StoreKeeper(Store(self.store), own, configs, self.accept_versions)
        if keeper.sizes and self.batch_size not in ("auto", keeper.sizes[0]):
            come = f'got {self.batch_size}; pass that or "auto", or another `store`'
            raise ValueError(f"{self.owner}: the store has `batch_size` {keeper.sizes[0]}, {come}.")

        name = f"{self.owner} {self.worker + 1}/{self.workers}" if self.workers > 1 else self.owner
        line = self.worker if sys.stderr.isatty() else 0  # one for each of those who share a terminal
        options = {"initial": run.rows_done(), "position": line, "desc": name}
        unit = "row" if run.chunks == 1 else "chunk"
        with progress_bar(self.owner, run.total, unit, progress, **options) as run.bar:
            try:
                with keeper.opened():
                    run.settle(self.batch_size, self.worker, self.workers)
                    run.all_parts(self.worker, self.workers)
            except BaseException as error:
                run.tell(error)
                raise
        return run.results()


def _manifest(
    configs: Configs,
    groups: Sequence[plan.Group],
    programs: Mapping[int, Any],
    machine: Machine,
    metrics: Mapping[str, tuple[Any, tuple[int, ...]]],
    rule: Rule | None,
) -> Manifest:
    configs.to_arrow()  # what cannot be stored is known before anything runs
    for name, (dtype, shape) in metrics.items():
        as_arrow("sweep", name, np.empty((0, *shape), dtype))
    if clash := [name for name in OWN_COLUMNS if name in configs.columns or name in metrics]:
        raise ValueError(f"sweep: `{clash[0]}` is a column of the store, so nothing else may have this name.")
    return Manifest(
        format=FORMAT,
        versions=versions_of(machine.devices[0]),
        rows=len(configs),
        configs=hash_of(configs),
        programs=hashes_of(groups, programs),
        metrics={name: [dtype.name, list(shape)] for name, (dtype, shape) in metrics.items()},
        batch_size=0,
        rows_per_part=0,
        devices=len(machine.devices),
        halving={} if rule is None else rule._asdict(),
    )


def _check_static(static: Any) -> tuple[str, ...]:
    if not isinstance(static, Iterable) or isinstance(static, str):
        hint = f"; write ({static!r},)" if isinstance(static, str) else ""
        raise TypeError(f"sweep: `static` must be a list of columns, got {brief(static)}{hint}.")
    return tuple(static)


def _check_worker(worker: Any, stored: bool) -> tuple[int, int]:
    """Which of how many processes this is."""
    if jax.process_count() > 1 and not stored:
        raise ValueError("sweep: processes of jax.distributed share their work through a store; pass `store`.")
    if worker is None and jax.process_count() > 1:
        return jax.process_index(), jax.process_count()
    if worker is None:
        index, count = os.environ.get("SLURM_PROCID", ""), os.environ.get("SLURM_NTASKS", "")
        known = stored and index.isdigit() and count.isdigit() and int(index) < int(count)
        return (int(index), int(count)) if known else (0, 1)
    if (
        not isinstance(worker, tuple | list)
        or len(worker) != 2
        or not all(isinstance(x, int) for x in worker)
        or not 0 <= worker[0] < worker[1]
    ):
        raise ValueError(f"sweep: `worker` must be (index, count) with an index from 0, got {brief(worker)}.")
    if worker[1] > 1 and not stored:
        raise ValueError(f"sweep: workers share their work through a store; pass `store`, got worker={worker}.")
    return worker[0], worker[1]
