"""What the recipes share: a warmup, and what the phases leave of the run."""

from typing import Any, Literal

import numpy as np

from jaxsched._combinators.clocks import reverse, shift
from jaxsched._combinators.joins import sequence
from jaxsched._curves.constant import Constant
from jaxsched._curves.shapes import WarmupShape, transition
from jaxsched._data.checks import as_exact, derived_length, is_jax_real, is_traced
from jaxsched._data.messages import in_row
from jaxsched._numerics.counts import divisor, is_real, not_negative, single
from jaxsched._numerics.doubles import double
from jaxsched._numerics.floats import as_float
from jaxsched._schedule.schedule import Schedule


First = Literal["zero", "one_over_n"]
"""Whether a warmup of n steps begins at its `init_value`, or one step further."""

SYMMETRIC = ("linear", "cosine", "mirror_cosine", "geometric")
"""Shapes that are the same forwards and backwards."""


def column(x: Any) -> Any:
    """A number, or a stack of them, as a table of one entry."""
    return x[..., None]


def rest(owner: str, total_steps: Any, of: str = "total_steps", times: int = 1, **phases: Any) -> Any:
    """What the phases leave of the run, or `of` what else; where they are traced and longer than it, 0.

    Each phase comes `times` times.
    """
    given = {of: total_steps, **phases}
    if not any(map(is_traced, given.values())):
        total, *parts = np.broadcast_arrays(*map(_exactly, given.values()))
        short = times * sum(parts) > total + 2.0**-46 * total
        if np.any(short):
            row = tuple(np.argwhere(short)[0].tolist())
            came = ", ".join(f"{name}={x[row]}" for name, x in zip(given, (total, *parts), strict=True))
            least = " + ".join(f"{f'{times} * ' if times > 1 else ''}`{name}`" for name in phases)
            raise ValueError(f"{owner}: `{of}` must be at least {least}, got {came}{in_row(row)}.")
    return without(total_steps, *(times * [*phases.values()]))


def without(steps: Any, *others: Any) -> Any:
    """steps - others, not below 0: a length, whole or real."""
    lengths = (steps, *others)
    if any(map(is_traced, lengths)):
        left = not_negative(steps)
        for other in others:
            left = double(left) - not_negative(other) if is_real(left, other) else left - not_negative(other)
            left = not_negative(left)
        return left
    total, *parts = map(_exactly, lengths)
    left = np.maximum(total - sum(parts), 0)
    return derived_length(left, total, any(map(is_jax_real, lengths))) if is_real(*lengths) else left


def _exactly(length: Any) -> np.ndarray:
    """In 64 bits, in which a sum of lengths does not overflow."""
    return as_exact(length).astype(np.float64 if is_real(length) else np.int64)


def not_zero(length: Any) -> Any:
    """The length. Where it is traced it can be 0, and counts as 1 if it is whole, or as a small part of a step."""
    return divisor(length) if is_traced(length) else length


def as_plain(length: Any) -> Any:
    """A length as a number to compute a value with."""
    return as_float(single(length)) if is_traced(length) else as_exact(length)


def warmup_then(
    owner: str, warmup: WarmupShape, first: First, init_value: Any, peak_value: Any, warmup_steps: Any, then: Schedule
) -> Schedule:
    """A warmup, which is a cooldown run backwards, and what comes after it."""
    return sequence([ramp(owner, warmup, first, init_value, peak_value, warmup_steps), then], [warmup_steps])


def ramp(
    owner: str, warmup: WarmupShape, first: First, init_value: Any, peak_value: Any, warmup_steps: Any
) -> Schedule:
    """The warmup itself."""
    if warmup == "constant":
        return Constant(init_value)
    if warmup in SYMMETRIC:
        rising = transition(owner, warmup, init_value, peak_value, warmup_steps, "warmup")
    else:
        rising = reverse(transition(owner, warmup, peak_value, init_value, warmup_steps, "warmup"), warmup_steps)
    return rising if first == "zero" else shift(rising, -1)
