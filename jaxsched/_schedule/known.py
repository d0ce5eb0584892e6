"""What can be asked of a schedule only while its numbers are known: outside of a program."""

from typing import Any

import jax
import numpy as np

from jaxsched._data.checks import checked_leaf, is_traced
from jaxsched._data.messages import brief
from jaxsched._typing import COUNT, Whole


def check_concrete(owner: str, schedule: Any) -> None:
    """Raise if a number in it is traced."""
    if any(map(is_traced, jax.tree.leaves(schedule))):
        raise TypeError(f"{owner}: the numbers must be known, and not traced: call it outside of jax.jit.")


def as_horizon(owner: str, total_steps: Whole) -> int:
    """The length of one run, as an integer of Python."""
    last = checked_leaf(owner, "total_steps", total_steps, COUNT)
    if np.shape(last):
        raise TypeError(f"{owner}: `total_steps` must be one integer, got {brief(total_steps)}.")
    check_concrete(owner, last)
    return int(last)
