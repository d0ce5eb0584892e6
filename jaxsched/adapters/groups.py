"""The groups of parameters of an optimizer, which may have a schedule each."""

from collections.abc import Callable
from typing import Any

import numpy as np

from jaxsched._data.messages import brief


def read_groups(owner: str, count: int, group: int | None, read: Callable[[int], Any]) -> Any:
    """What is read of a group, or of all of them where that is the same.

    Raises:
        ValueError: if there is no such group, or the groups differ and none is given.
    """
    if group is not None and (not isinstance(group, int | np.integer) or group not in range(count)):
        raise ValueError(f"{owner}: `group` must be one of 0 .. {count - 1}, got {brief(group)}.")
    found = [read(i) for i in (range(count) if group is None else [group])]
    if differ := next((i for i, other in enumerate(found) if other != found[0]), None):
        came = f"{brief(found[0])} in group 0 and {brief(found[differ])} in group {differ}"
        raise ValueError(f"{owner}: `group` must be given where the parameter groups differ, got {came}.")
    return found[0]
