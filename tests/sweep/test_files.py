"""Files that are there as a whole or not at all, whoever is killed when."""

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jaxsched._sweep import files
from jaxsched._sweep.files import STALE_SECONDS, remove_stale, sync_folder, write_once, write_over


HOST = socket.gethostname()

SCRIPT = """
import importlib.util, itertools, os, pathlib, signal, sys

path, folder, call, old = *map(pathlib.Path, sys.argv[1:3]), *sys.argv[3:]
spec = importlib.util.spec_from_file_location("files", path)  # without JAX, a fork takes a millisecond
files = importlib.util.module_from_spec(spec)
spec.loader.exec_module(files)
target, writing = folder / "rows" / "x", folder / "writing"

def die_before(which):
    calls = itertools.count(1)
    def counted(call):
        def counting(*args, **options):
            if next(calls) == which:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **options)
        return counting
    write = os.write
    os.write = lambda handle, data: write(handle, data[:2])  # as a disk may do that is nearly full
    for name in ("open", "write", "fsync", "close", "link", "unlink", "replace"):
        setattr(os, name, counted(getattr(os, name)))

def state():
    return target.read_text() if target.exists() else "absent", len(os.listdir(writing))

for which in itertools.count(1):
    target.unlink(missing_ok=True)
    if old:
        target.write_text(old)
    if (child := os.fork()) == 0:
        die_before(which)
        getattr(files, call)(target, b"whole", writing)
        os._exit(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    then = state()
    files.remove_stale(writing)
    getattr(files, call)(target, b"whole", writing)
    print(killed, *then, *state())
    if not killed:
        break
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("rows", "writing"):
        (tmp_path / name).mkdir()
    return tmp_path


def left(folder: Path) -> list[str]:
    return sorted(os.listdir(folder / "writing"))


def patched(monkeypatch: pytest.MonkeyPatch, **calls: Any) -> None:
    """Other system calls, for this module only."""
    monkeypatch.setattr(files, "os", SimpleNamespace(**{**vars(os), **calls}))


@pytest.mark.parametrize(
    "call, old, states", [("write_once", "", {"absent", "whole"}), ("write_over", "old", {"old", "whole"})]
)
def test_a_kill_before_any_system_call_leaves_a_whole_file_or_none(call: str, old: str, states: set[str], folder: Path):
    script = [sys.executable, "-c", SCRIPT, files.__file__, str(folder), call, old]
    done = subprocess.run(script, capture_output=True, text=True, check=True, timeout=60)
    *killed, last = [line.split() for line in done.stdout.splitlines()]
    assert {then for _, then, *_ in killed} == states  # some kills come before the file is there, and some after
    assert {count for _, _, count, *_ in killed} == {"0", "1"}
    assert all(line[3:] == ["whole", "0"] for line in killed)
    assert last == ["False", "whole", "0", "whole", "0"] and len(killed) >= 8


def test_the_bytes_are_on_the_disk_before_the_file_has_its_name(folder: Path, monkeypatch: pytest.MonkeyPatch):
    seen, opened = [], {}

    def open_(path: Any, *args: Any) -> int:
        handle = os.open(path, *args)
        opened[handle] = Path(path)
        return handle

    def fsync(handle: int) -> None:
        seen.append(("fsync", opened[handle].parent.name if opened[handle].is_file() else opened[handle].name))
        os.fsync(handle)

    def link(source: Path, target: Path) -> None:
        seen.append(("link", target.name))
        os.link(source, target)

    patched(monkeypatch, open=open_, fsync=fsync, link=link)
    assert write_once(folder / "rows" / "x", b"1", folder / "writing")
    assert seen == [("fsync", "writing"), ("link", "x"), ("fsync", "rows")]


def test_of_two_writers_the_first_wins(folder: Path):
    target = folder / "rows" / "x"
    assert write_once(target, b"first", folder / "writing")
    assert not write_once(target, b"second", folder / "writing")
    assert target.read_bytes() == b"first" and left(folder) == []


def test_of_many_writers_at_once_one_wins(folder: Path):
    target, won, start = folder / "rows" / "x", [], threading.Barrier(8)

    def write(data: bytes) -> None:
        start.wait()
        if write_once(target, data, folder / "writing"):
            won.append(data)

    threads = [threading.Thread(target=write, args=(bytes([i]) * 1000,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [target.read_bytes()] == won and left(folder) == []


def test_write_over_replaces_what_is_there(folder: Path):
    for data in (b"first", b"second", b""):
        write_over(folder / "rows" / "x", data, folder / "writing")
        assert (folder / "rows" / "x").read_bytes() == data and left(folder) == []


@pytest.mark.parametrize("write", [write_once, write_over])
@pytest.mark.parametrize("call", ["open", "write", "fsync"])
def test_what_cannot_be_written_is_an_error_and_leaves_nothing(
    write: Any, call: str, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    patched(monkeypatch, **{call: full})
    with pytest.raises(OSError, match="No space left"):
        write(folder / "rows" / "x", b"1", folder / "writing")
    assert left(folder) == [] and os.listdir(folder / "rows") == []


def test_an_error_of_the_disk_names_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    patched(monkeypatch, write=full)
    with pytest.raises(OSError, match="rows/x") as raised:
        write_once(folder / "rows" / "x", b"1", folder / "writing")
    assert raised.value.errno == errno.ENOSPC


def test_a_folder_that_is_not_there_is_an_error(folder: Path):
    with pytest.raises(FileNotFoundError):
        write_once(folder / "nowhere" / "x", b"1", folder / "writing")
    with pytest.raises(FileNotFoundError):
        write_once(folder / "rows" / "x", b"1", folder / "nowhere")
    with pytest.raises(FileNotFoundError):
        sync_folder(folder / "nowhere")
    assert left(folder) == []


def test_a_writer_whose_file_was_taken_for_abandoned_writes_again(folder: Path, monkeypatch: pytest.MonkeyPatch):
    tries = []

    def link(source: Path, target: Path) -> None:
        tries.append(source.name)
        if len(tries) < 3:
            source.unlink()
        os.link(source, target)

    patched(monkeypatch, link=link)
    assert write_once(folder / "rows" / "x", b"1", folder / "writing")
    assert len(set(tries)) == 3 and (folder / "rows" / "x").read_bytes() == b"1" and left(folder) == []


@pytest.fixture
def dead() -> int:
    """The number of a process that is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def begun(folder: Path, name: str, age: float = 0) -> str:
    path = folder / "writing" / name
    path.write_bytes(b"1")
    os.utime(path, (time.time() - age, time.time() - age))
    return name


def test_what_a_dead_process_of_this_host_began_is_removed(folder: Path, dead: int):
    begun(folder, f"{HOST}@{dead}@0@00000000.parquet")
    remove_stale(folder / "writing")
    assert left(folder) == []


def test_what_a_living_process_of_this_host_began_stays_for_an_hour(folder: Path):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        new = begun(folder, f"{HOST}@{process.pid}@0@x", STALE_SECONDS - 60)
        begun(folder, f"{HOST}@{process.pid}@1@x", STALE_SECONDS + 60)
        remove_stale(folder / "writing")
        assert left(folder) == [new]
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("name", ["elsewhere@1@0@x", f"{HOST}.org@{{dead}}@0@x", "x", f"{HOST}@x", f"{HOST}@-1@0@x"])
def test_what_another_host_or_somebody_began_stays_for_an_hour(name: str, folder: Path, dead: int):
    new = begun(folder, name.format(dead=dead), STALE_SECONDS - 60)
    begun(folder, new + "y", STALE_SECONDS + 60)
    remove_stale(folder / "writing")
    assert left(folder) == [new]


def test_what_an_earlier_process_of_the_same_number_began_is_removed(folder: Path):
    begun(folder, f"{HOST}@{os.getpid()}@99999999@x")
    remove_stale(folder / "writing")
    assert left(folder) == []


def test_what_this_process_is_writing_stays(folder: Path, monkeypatch: pytest.MonkeyPatch):
    seen = []

    def link(source: Path, target: Path) -> None:
        remove_stale(folder / "writing")
        seen.extend(left(folder))
        os.link(source, target)

    patched(monkeypatch, link=link)
    assert write_once(folder / "rows" / "x", b"1", folder / "writing")
    assert len(seen) == 1 and seen[0].startswith(f"{HOST}@{os.getpid()}@")


def test_two_who_remove_the_same_at_once_do_not_mind(folder: Path, dead: int, monkeypatch: pytest.MonkeyPatch):
    for i in range(20):
        begun(folder, f"{HOST}@{dead}@{i}@x")

    def kill(pid: int, sign: int) -> None:
        for path in (folder / "writing").iterdir():  # another one is faster
            path.unlink()
        os.kill(pid, sign)

    patched(monkeypatch, kill=kill)
    remove_stale(folder / "writing")
    assert left(folder) == []
