"""A progress bar for work that takes long."""

import contextlib
from collections.abc import Iterator
from typing import Any, Protocol


class Bar(Protocol):
    """What a bar does: of tqdm, or none."""

    def update(self, n: Any, /) -> object:
        """So many more units are done."""

    def set_postfix_str(self, s: str, /) -> object:
        """Say something behind the numbers."""


class _Silent:
    def update(self, n: Any, /) -> None:
        return None

    def set_postfix_str(self, s: str, /) -> None:
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
    with tqdm(total=total, unit=unit, unit_scale=total >= 10**6, **options) as bar:
        yield bar
