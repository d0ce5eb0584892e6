"""A progress bar for work that takes long."""

import contextlib
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(owner: str, total: int, unit: str, shown: bool) -> Iterator[Callable[[int], object]]:
    """A progress bar over `total` units, as a function that advances it."""
    if not shown:
        yield lambda units: None
        return
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        error.add_note(f"{owner}: progress=True needs tqdm: pip install 'jaxsched[sweep]', or pass progress=False.")
        raise
    with tqdm(total=total, unit=unit, unit_scale=total >= 10**6) as bar:
        yield bar.update
