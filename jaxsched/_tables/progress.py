"""A progress bar for work that takes long."""

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any, Protocol


class Bar(Protocol):
    """What a bar does: of tqdm, or none."""

    def update(self, n: Any, /) -> object:
        """So many more units are done."""

    def set_postfix_str(self, s: str, refresh: bool = True) -> object:
        """Say something behind the numbers, at once or with the next update."""


class _Silent:
    def update(self, n: Any, /) -> None:
        return None

    def set_postfix_str(self, s: str, refresh: bool = True) -> None:
        return None


SILENT = _Silent()


@contextlib.contextmanager
def progress_bar(owner: str, total: int, unit: str, shown: bool, **options: Any) -> Iterator[Bar]:
    """A progress bar over `total` units; `owner` stands in front of it, and in errors."""
    if not shown:
        yield SILENT
        return
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        error.add_note(f"{owner}: progress=True needs tqdm: pip install 'jaxsched[sweep]', or pass progress=False.")
        raise
    with tqdm(total=total, unit=unit, unit_scale=total >= 10**6, **options) as bar, _ticking(bar):
        yield bar


@contextlib.contextmanager
def _ticking(bar: Any) -> Iterator[None]:
    """The time goes on while nothing else does: in a terminal every second, in a log every minute."""
    done, seconds = threading.Event(), 1 if sys.stderr.isatty() else 60

    def tick() -> None:
        while not done.wait(seconds):
            bar.refresh()

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
