"""Files that are there as a whole or not at all, whoever writes them, and whoever is killed when.

A file is written under another name, brought to the disk, and then given its own name by a hard link, which fails if
there is such a file already: of two who write the same, the first one wins. What was begun and never finished carries
the host and the process that began it, and is removed once that cannot finish any more.
"""

import contextlib
import os
import socket
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any


STALE_SECONDS = 3600
"""After so long, what another host began is taken for abandoned. Whoever is slower than this writes again."""

_writing: set[str] = set()


def write_once(path: Path, data: bytes, writing: Path) -> bool:
    """Write a file, unless it is there already.

    Args:
        path: the file.
        data: its bytes.
        writing: a folder on the same file system, for what is not finished.

    Returns:
        Whether it was not there.

    Raises:
        OSError: if it cannot be written, with its name; nothing is left of it then.
    """
    while True:
        with _written(path, data, writing) as begun:
            try:
                os.link(begun, path)
            except FileExistsError:
                return False
            except FileNotFoundError:
                if path.parent.is_dir() and writing.is_dir():
                    continue  # it was taken for abandoned
                raise
        sync_folder(path.parent)
        return True


def write_over(path: Path, data: bytes, writing: Path) -> None:
    """Write a file, or another one in its place."""
    with _written(path, data, writing) as begun:
        os.replace(begun, path)


def remove_stale(writing: Path) -> None:
    """Remove what was begun by a process that is gone, or so long ago that nobody can be at it."""
    for begun in list(writing.iterdir()):
        host, pid = [*begun.name.split("@"), ""][:2]
        if host == socket.gethostname() and pid.isdigit():
            stale = begun.name not in _writing if int(pid) == os.getpid() else not is_alive(int(pid))
        else:
            stale = False
        try:
            if stale or time.time() - begun.stat().st_mtime > STALE_SECONDS:
                begun.unlink()
        except FileNotFoundError:  # finished, or removed by another one
            continue


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Writer:
    """A thread that writes one thing after another."""

    def __init__(self, thread: ThreadPoolExecutor):
        self._thread = thread
        self._last: Future[None] | None = None

    def write(self, *call: Any) -> None:
        """Call a function with arguments, once the one before is done; raise what that raised."""
        self.wait()
        self._last = self._thread.submit(*call)

    def wait(self) -> None:
        """Until everything is written; raise what could not be."""
        if self._last is not None:
            last, self._last = self._last, None
            last.result()


@contextlib.contextmanager
def _written(path: Path, data: bytes, writing: Path) -> Iterator[Path]:
    """The bytes under a name that nobody else has, for as long as they need one."""
    begun = writing / f"{socket.gethostname()}@{os.getpid()}@{uuid.uuid4().hex}@{path.name}"
    _writing.add(begun.name)
    try:
        _write(begun, data)
        yield begun
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        _writing.discard(begun.name)
        begun.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
