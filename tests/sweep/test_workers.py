"""Many processes on one store: who does what first, and how each learns which one it is."""

import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched._sweep.machine import Machine


CONFIGS = js.grid(a=np.arange(32.0))


def double(a: jax.Array) -> dict[str, jax.Array]:
    return {"x": 2 * a}


def rows_run(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The first row of each batch that is run from now on."""
    seen, run = [], Machine.run

    def spy(self: Machine, program: object, rows: np.ndarray) -> object:
        seen.append(int(rows[0]))
        return run(self, program, rows)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(Machine, "run", spy)
    return seen


def begun(store: Path) -> None:
    """A store of which the first batch of four rows is done, and in which a part is a batch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jaxsched._sweep.plan.ROWS_PER_PART", 4)
        run = Machine.run

        def once(self: Machine, program: object, rows: np.ndarray) -> object:
            patch.setattr(Machine, "run", stop)
            return run(self, program, rows)  # pyright: ignore[reportArgumentType]

        def stop(*arguments: object) -> object:
            raise KeyboardInterrupt

        patch.setattr(Machine, "run", once)
        with pytest.raises(KeyboardInterrupt):
            js.sweep(double, CONFIGS, batch_size=2, store=store, progress=False)


@pytest.mark.parametrize("how", ["argument", "SLURM"])
def test_a_worker_does_its_share_first_and_then_what_is_missing(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    begun(tmp_path)
    seen = rows_run(monkeypatch)
    if how == "SLURM":
        monkeypatch.setenv("SLURM_PROCID", "1")
        monkeypatch.setenv("SLURM_NTASKS", "4")
    worker = (1, 4) if how == "argument" else None
    results = js.sweep(double, CONFIGS, store=tmp_path, worker=worker, progress=False)
    assert seen[:2] == [8, 12] and sorted(seen) == list(range(4, 32, 4)) and seen[2:] != sorted(seen[2:])
    assert results["x"].tolist() == (2 * np.arange(32)).tolist() == js.Results.load(tmp_path)["x"].tolist()


def test_a_part_that_another_worker_finishes_meanwhile_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    begun(tmp_path)
    run, seen = Machine.run, []

    def faster(self: Machine, program: object, rows: np.ndarray) -> object:
        if not seen:
            seen.append(int(rows[0]))
            js.sweep(double, CONFIGS, store=tmp_path, worker=(1, 2), progress=False)  # does everything
        return run(self, program, rows)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(Machine, "run", faster)
    parts = {path.name: path.stat().st_ino for path in (tmp_path / "rows").iterdir()}
    results = js.sweep(double, CONFIGS, store=tmp_path, worker=(0, 2), progress=False)
    assert len(seen) == 1 and results == js.Results.load(tmp_path) and len(results) == 32
    assert all((tmp_path / "rows" / name).stat().st_ino == inode for name, inode in parts.items()), "none was rewritten"


def test_slurm_means_nothing_where_there_is_no_store(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SLURM_PROCID", "1")
    monkeypatch.setenv("SLURM_NTASKS", "4")
    assert len(js.sweep(double, CONFIGS, progress=False)) == 32


DISTRIBUTED = """
import sys
import jax
address, index, store = sys.argv[1:]
jax.distributed.initialize(address, 2, int(index))
import jaxsched as js

def train(a):
    return {"x": 2 * a}

configs = js.grid(a=[float(i) for i in range(32)])
try:
    js.sweep(train, configs, progress=False)
except ValueError as error:
    print(error)
try:
    js.sweep(train, configs, devices=jax.devices(), store=store, progress=False)
except ValueError as error:
    print(str(error)[:52])
results = js.sweep(train, configs, batch_size=4, store=store, progress=False)
print(len(jax.devices()) > len(jax.local_devices()), results["x"].tolist() == [2 * i for i in range(32)])
"""


def test_processes_of_jax_distributed_use_their_own_devices_and_share_a_store(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        address = f"localhost:{free.getsockname()[1]}"
    commands = [[sys.executable, "-c", DISTRIBUTED, address, str(i), str(tmp_path)] for i in range(2)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    for worker in workers:
        said, _ = worker.communicate(timeout=120)
        assert said.splitlines() == [
            "sweep: processes of jax.distributed share their work through a store; pass `store`.",
            "sweep: `devices` must belong to this process, got [C",
            "True True",
        ]
    assert len(js.Results.load(tmp_path)) == 32
