"""Sweeps that are killed, stopped, or out of space: no row is lost, and none comes twice."""

import errno
import itertools
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pyarrow.parquet as pq
import pytest
import tqdm.auto

import jaxsched as js
from jaxsched._sweep import files
from jaxsched._sweep.manifest import FORMAT, Manifest
from jaxsched._sweep.pieces import Piece
from jaxsched._sweep.store import Store
from tests.helpers import bits, tiers


PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])  # so that a process starts in no time

CONFIGS = js.grid(rate=[0.1, 0.2, 0.4, 0.8], steps=range(12))
CONFIGS.to_arrow()  # which imports pandas, once for all processes

ALONE = (0, 1)

ONE_OF_MANY = (0, 6)
"""There are no others, so it does everything, but in more parts."""


def train(rate: jax.Array, steps: jax.Array) -> dict[str, jax.Array]:
    """Some milliseconds of descent, and a loss that is not finite in some rows."""
    schedule = js.Linear(rate, 0.0, 20_000)
    x = jax.lax.fori_loop(0, 20_000, lambda i, x: x - schedule(i) * jnp.sin(x), 1.0 + rate)
    return {"loss": jnp.where(steps == 3, jnp.nan, x), "curve": x * jnp.arange(3, dtype=np.float32), "twice": 2 * steps}


def swept(store: Path | None, worker: tuple[int, int] = ALONE, **options: Any) -> js.Results:
    return js.sweep(train, CONFIGS, batch_size=2, store=store, worker=worker, **{"progress": False, **options})


@pytest.fixture(scope="module")
def expected() -> js.Results:
    return swept(None)


def check_whole(store: Path, expected: js.Results) -> None:
    assert bits(js.Results.load(store)) == bits(expected)
    rows = np.concatenate([pq.read_table(path)["row"] for path in sorted((store / "rows").iterdir())])
    assert rows.tolist() == list(range(len(CONFIGS)))
    assert not os.listdir(store / "writing") and not os.listdir(store / "failed")


def check_part(results: js.Results, expected: js.Results) -> None:
    """Each row once, and as it should be."""
    assert len(set(results.rows)) == len(results) and bits(results) == bits(expected[results.rows])


def send_before(which: int, how: int) -> None:
    """Send a signal to this process, before the n-th of the calls that change a disk."""
    calls = itertools.count(1)

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any, **options: Any) -> Any:
            if next(calls) == which:
                os.kill(os.getpid(), how)
            return call(*args, **options)

        return counting

    for name in ("mkdir", "open", "write", "fsync", "close", "link", "unlink", "replace"):
        setattr(os, name, counted(getattr(os, name)))


def run(store: Path, expected: dict[str, Any], worker: tuple[int, int] = ALONE, die_before: int = 0) -> None:
    """A process that does a sweep; its exit code says whether the table is as expected."""
    send_before(die_before, signal.SIGKILL)
    assert bits(swept(store, worker=worker)) == expected


def at_once(target: Callable[..., None], *args: Any, **options: Any) -> None:
    target(*args, **options)
    os._exit(0)  # JAX takes half a second to end


def started(*call: Any, **options: Any) -> ForkServerProcess:
    process = PROCESSES.Process(target=at_once, args=call, kwargs=options, daemon=True)
    process.start()
    return process


def ended(process: ForkServerProcess) -> int | None:
    process.join(120)
    return process.exitcode


def write_store(store: Path, die_before: int) -> None:
    """A whole store, without a sweep."""
    send_before(die_before, signal.SIGKILL)
    metrics = {"loss": ["float32", []]}
    manifest = Manifest(FORMAT, {}, 4, "", {}, metrics, batch_size=1, rows_per_part=2, devices=1)
    folder, configs = Store(store), js.Configs({"a": [1, 2, 3, 4], "b": ["w", "x", "y", "z"]})
    folder.prepare()
    folder.begin(manifest)
    folder.write_configs(configs)
    for rows in (np.arange(2), np.arange(2, 4)):
        folder.write(int(rows[0]), configs, Piece(rows, {"loss": rows.astype(np.float32)}))


def test_a_kill_before_any_system_call_leaves_a_store_that_can_be_read(tmp_path: Path):
    which = 0
    while True:
        store = tmp_path / str(which := which + 1)
        code = ended(started(write_store, store, which))
        found = js.Results.load(store).rows.tolist() if (store / "configs.parquet").exists() else []
        assert found in ([], [0, 1], [0, 1, 2, 3])
        if code == 0:
            break
        assert code == -signal.SIGKILL
        assert ended(started(write_store, store, 0)) == 0
        assert js.Results.load(store)["loss"].tolist() == [0, 1, 2, 3] and not os.listdir(store / "writing")
    assert which > 40


def kill_and_go_on(store: Path, expected: js.Results, which: int) -> bool:
    code = ended(started(run, store, bits(expected), die_before=which))
    assert code in (0, -signal.SIGKILL)
    if code and (store / "configs.parquet").exists():
        check_part(js.Results.load(store), expected)
    assert ended(started(run, store, bits(expected))) == 0
    check_whole(store, expected)
    return code != 0


@pytest.mark.parametrize("which", [1, 12, 21, 31, 57])
def test_a_sweep_that_was_killed_goes_on(which: int, expected: js.Results, tmp_path: Path):
    assert kill_and_go_on(tmp_path, expected, which)


@pytest.mark.thorough
@pytest.mark.parametrize("first", range(1, 7))
def test_a_sweep_that_was_killed_before_any_system_call_goes_on(first: int, expected: js.Results, tmp_path: Path):
    which = first
    while kill_and_go_on(tmp_path / str(which), expected, which):
        which += 6
    assert which > 40


def test_a_sweep_that_is_killed_again_and_again_gets_done(
    expected: js.Results, tmp_path: Path, thorough: bool, seed: int
):
    rng = np.random.default_rng(seed)
    start = time.monotonic()
    assert ended(started(run, tmp_path / "0", bits(expected), ONE_OF_MANY)) == 0
    seconds, store = time.monotonic() - start, tmp_path / "1"
    for i in range(20 if thorough else 3):
        process = started(run, store, bits(expected), ONE_OF_MANY)
        process.join(rng.uniform(0, seconds))
        process.kill()
        if ended(process) != -signal.SIGKILL:  # too late
            assert process.exitcode == 0
            store = tmp_path / str(i + 2)
    assert ended(started(run, store, bits(expected), ONE_OF_MANY)) == 0
    check_whole(store, expected)


@pytest.mark.parametrize(
    "dying", tiers({"none": {}, "one": {1: 40}, "two": {0: 15, 2: 36}, "early": {0: 4, 1: 8}}, ("two",))
)
def test_what_a_worker_leaves_the_others_do(dying: dict[int, int], expected: js.Results, tmp_path: Path):
    workers = [started(run, tmp_path, bits(expected), (i, 3), dying.get(i, 0)) for i in range(3)]
    codes = [ended(worker) for worker in workers]
    assert all(codes[i] == 0 for i in range(3) if i not in dying)
    assert all(code in (0, -signal.SIGKILL) for code in codes)
    swept(tmp_path)  # removes what they left
    check_whole(tmp_path, expected)


@pytest.mark.thorough
def test_workers_may_be_killed_at_any_time(expected: js.Results, tmp_path: Path, seed: int):
    rng = np.random.default_rng(seed)
    for i in range(6):
        workers = [started(run, tmp_path / str(i), bits(expected), (j, 3)) for j in range(3)]
        for j in rng.permutation(3)[:2]:
            time.sleep(rng.uniform(0, 0.8))
            workers[j].kill()
            workers[j] = started(run, tmp_path / str(i), bits(expected), (int(j), 3)) if rng.integers(2) else workers[j]
        assert {ended(worker) for worker in workers} <= {0, -signal.SIGKILL}
        assert 0 in [worker.exitcode for worker in workers]
        swept(tmp_path / str(i))
        check_whole(tmp_path / str(i), expected)


@pytest.mark.parametrize("which", [1, 2, 3, 4, 6])  # the manifest, the configurations, four parts
def test_a_full_disk_ends_the_sweep_and_loses_nothing(
    which: int, expected: js.Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    calls = itertools.count(1)

    def write(handle: int, data: memoryview) -> int:
        if next(calls) >= which:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(handle, data)

    monkeypatch.setattr(files, "os", SimpleNamespace(**{**vars(os), "write": write}))
    with pytest.raises(OSError, match="No space left") as raised:
        swept(tmp_path)
    results: js.Results = vars(raised.value)["results"]
    check_part(results, expected)
    assert len(results) == {1: 4, 2: 4, 3: 24, 4: 36, 6: 48}[which]  # what was computed meanwhile, too
    assert f"{len(results)} of 48 rows are finished" in str(vars(raised.value)["__notes__"])
    assert not os.listdir(tmp_path / "writing")
    monkeypatch.undo()
    assert bits(swept(tmp_path)) == bits(expected)
    check_whole(tmp_path, expected)


def run_with_little_space(store: Path, expected: js.Results, size: int) -> None:
    """A file that is longer than so many bytes cannot be written as a whole."""
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        swept(store)
    except OSError as error:
        assert error.errno == errno.EFBIG
        check_part(error.results, expected)  # pyright: ignore[reportAttributeAccessIssue]
    else:
        raise AssertionError
    assert os.listdir(store / "rows") == os.listdir(store / "writing") == []
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert bits(swept(store)) == bits(expected)


def test_a_file_that_the_system_cuts_short_is_not_kept(expected: js.Results, tmp_path: Path):
    swept(tmp_path / "before")
    size = min(path.stat().st_size for path in (tmp_path / "before" / "rows").iterdir()) - 1
    assert size > (tmp_path / "before" / "configs.parquet").stat().st_size
    assert ended(started(run_with_little_space, tmp_path / "store", expected, size)) == 0
    check_whole(tmp_path / "store", expected)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("which", [1, 5, 12])
def test_what_is_finished_when_somebody_interrupts_is_on_the_exception(
    which: int, stored: bool, expected: js.Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    calls = itertools.count(1)

    class Stopping(tqdm.auto.tqdm):
        def update(self, n: float | None = 1) -> bool | None:
            if next(calls) == which:
                raise KeyboardInterrupt
            return super().update(n)

    monkeypatch.setattr(tqdm.auto, "tqdm", Stopping)
    store = tmp_path / "store" if stored else None
    with pytest.raises(KeyboardInterrupt) as raised:
        swept(store, progress=True)
    results: js.Results = vars(raised.value)["results"]
    check_part(results, expected)
    assert results.rows.tolist() == list(range(4 * which))  # a batch is two rows on each of two devices
    assert bits(swept(store, progress=True)) == bits(expected)


def run_interrupted(store: Path, expected: js.Results, which: int) -> None:
    """Ctrl-C, while a file is written beside the computation."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever is inherited: in the background, to ignore it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    send_before(which, signal.SIGINT)
    try:
        swept(store)
    except KeyboardInterrupt as error:
        results = error.results  # pyright: ignore[reportAttributeAccessIssue]
        check_part(results, expected)
        assert set(js.Results.load(store).rows if (store / "configs.parquet").exists() else ()) <= set(results.rows)
        os._exit(signal.SIGINT)


@pytest.mark.parametrize("which", tiers({str(i): i for i in range(12, 63, 3)}, ("12", "33", "57")))
def test_an_interrupt_while_a_file_is_written_loses_nothing(which: int, expected: js.Results, tmp_path: Path):
    assert ended(started(run_interrupted, tmp_path, expected, which)) == signal.SIGINT
    assert bits(swept(tmp_path)) == bits(expected)
    check_whole(tmp_path, expected)
