"""The words for what a user gives: the numbers of a schedule, and the step.

A field of a schedule says by its annotation what it holds, and `Spec` says how that is checked and stored.
Most users never meet this file: in a schedule of your own, write `float` for a value and `int` for a length.
"""

import dataclasses
import types
from collections.abc import Sequence
from typing import Annotated, Any, Union, get_args, get_origin

import jax
import numpy as np
from jax.typing import ArrayLike

from jaxsched._numerics.doubles import Double


@dataclasses.dataclass(frozen=True)
class Spec:
    """How one numeric field becomes a leaf of the pytree.

    Args:
        integer: whether it counts steps (int32) or is a value (float32); int64 and float64 under `jax_enable_x64`.
        ndim: the rank it has in one schedule, 0 or 1; the axes before those are the axes of a stack.
        minimum: the least value allowed, or None.
        increasing: whether its entries must not decrease.
        or_schedule: whether a schedule may stand in its place, or in that of any of its entries.
        paired: whether it is held as a `Double`, two leaves.
        clock: whether an integer counts steps, so that it changes when the schedule is stretched.
    """

    integer: bool = False
    ndim: int = 0
    minimum: int | None = None
    increasing: bool = False
    or_schedule: bool = False
    paired: bool = False
    clock: bool = True


PIECES = "pieces"
"""Marks a schedule whose numbers have one axis more, inside all others: one entry for each piece of a join."""

Number = float | np.floating | np.integer | np.ndarray | jax.Array
Count = int | np.integer | np.ndarray | jax.Array

Step = ArrayLike
"""The 0-based index of the optimizer update: an integer or an array of integers (optax asks for a wider type)."""

Scalar = Annotated[Number, Spec()]
"""A value: absolute, never a ratio."""

Rate = Annotated[Number, Spec(minimum=0)]
"""A power, or a rate: not negative."""

Factor = Annotated[Number | Double, Spec(minimum=0, paired=True)]
"""A factor that is applied again and again: not negative, and held with the precision in which it is given."""

Growth = Annotated[Number | Double, Spec(minimum=1, paired=True)]
"""A factor that does not shrink."""

LENGTH = Spec(integer=True, minimum=0)
STEPS = Spec(integer=True, ndim=1, minimum=0)

Length = Annotated[Count, LENGTH]
"""A number of steps; 0 is legal."""

SomeSteps = Annotated[Count, Spec(integer=True, minimum=1)]
"""A number of steps, at least 1."""

Times = Annotated[Count, Spec(integer=True, minimum=0, clock=False)]
"""How often: a number of cycles, or of steps in a tick."""

AtLeastOnce = Annotated[Count, Spec(integer=True, minimum=1, clock=False)]
"""How often, and not never; or a whole factor."""

Offset = Annotated[Count, Spec(integer=True)]
"""A number of steps that may be negative."""

Values = Annotated[Sequence[Number] | np.ndarray | jax.Array, Spec(ndim=1)]
"""A table of values."""

Steps = Annotated[Sequence[Count] | np.ndarray | jax.Array, STEPS]
"""A table of steps in any order."""

Boundaries = Annotated[Sequence[Count] | np.ndarray | jax.Array, Spec(integer=True, ndim=1, minimum=0, increasing=True)]
"""The steps at which the next piece begins, in order."""


def spec_of(annotation: Any) -> tuple[Spec | None, bool]:
    """What an annotation says of a numeric field (None: it is not one), and whether the field may be None."""
    if get_origin(annotation) in (Union, types.UnionType):
        options = [option for option in get_args(annotation) if option is not types.NoneType]
        return (spec_of(options[0])[0], True) if len(options) == 1 else (None, False)
    if get_origin(annotation) is Annotated:
        return next((extra for extra in annotation.__metadata__ if isinstance(extra, Spec)), None), False
    return {float: Spec(), int: LENGTH}.get(annotation), False
