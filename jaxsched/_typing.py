"""The words for what a user gives: the numbers of a schedule, and the step.

A field of a schedule says by its annotation what it holds, and `Spec` says how that is checked and stored.
Most users never meet this file: in a schedule of your own, write `float` for a value, `int` or `int | float` for a
length, and see `jaxsched.fields` for more.
"""

import dataclasses
import types
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import jax
import numpy as np
from jax.typing import ArrayLike

from jaxsched._numerics.doubles import Double


Kind = Literal["value", "count", "ratio", "length", "period", "time"]
"""What a number is:

- a value: a float, absolute;
- a count: how often, an integer that has nothing to do with the horizon;
- a ratio: a factor of lengths, whole or real;
- a length: steps, whole or real; a phase, a boundary. Stretched, a whole one goes to the nearest whole step;
- a period: steps after which something begins again, whole or real. Stretched, it is scaled exactly;
- a time: a time constant, a real number by nature. Stretched, it is scaled exactly.
"""


@dataclasses.dataclass(frozen=True)
class Spec:
    """How one numeric field becomes a leaf of the pytree.

    Args:
        kind: a value is a float32 leaf, a count an int32 leaf (64 bits under `jax_enable_x64`). What is counted in
            steps is an int32 leaf where it is whole, and a `Double` where it is real.
        ndim: the rank it has in one schedule, 0 or 1; the axes before those are the axes of a stack.
        minimum: the least value allowed, or None.
        positive: whether a 0 that is known is not allowed either.
        increasing: whether its entries must not decrease.
        or_schedule: whether a schedule may stand in its place, or in that of any of its entries.
        paired: whether it is held as a `Double`, two leaves.
        plain: whether a formula is given a real one as a float, for those who do not know doubles.
    """

    kind: Kind = "value"
    ndim: int = 0
    minimum: int | None = None
    positive: bool = False
    increasing: bool = False
    or_schedule: bool = False
    paired: bool = False
    plain: bool = False

    @property
    def integer(self) -> bool:
        """Whether it is an integer, wherever it is whole."""
        return self.kind != "value"

    @property
    def may_be_real(self) -> bool:
        """Whether it is an integer where it is whole, and a `Double` where it is not."""
        return self.kind not in ("value", "count")


PIECES = "pieces"
"""Marks a schedule whose numbers have one axis more, inside all others: one entry for each piece of a join."""

TICKS = "ticks"
"""Marks a schedule on a clock of its own, which does not change when the steps do."""

Number = float | np.floating | np.integer | np.ndarray | jax.Array
Count = int | np.integer | np.ndarray | jax.Array
Amount = Number | Double

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

COUNT = Spec("count", minimum=0)
LENGTH = Spec("length", minimum=0)
LENGTHS = Spec("length", ndim=1, minimum=0)
PLAIN_LENGTH = Spec("length", minimum=0, plain=True)

Length = Annotated[Amount, LENGTH]
"""A number of steps, whole or real; 0 is legal."""

SomeSteps = Annotated[Amount, Spec("length", minimum=0, positive=True)]
"""A number of steps, and not 0."""

Offset = Annotated[Amount, Spec("length")]
"""A number of steps that may be negative."""

Period = Annotated[Amount, Spec("period", minimum=0)]
"""The steps after which something begins again; 0 is legal."""

Time = Annotated[Amount, Spec("time", minimum=0)]
"""A time constant, or a time, in steps; 0 is legal."""

TimeConstant = Annotated[Amount, Spec("time", minimum=0, positive=True)]
"""A time constant, in steps. One of 0 would be infinitely fast: a mistake where it is known, and defined where not."""

Times = Annotated[Count, COUNT]
"""How often: a number of cycles."""

AtLeastOnce = Annotated[Count, Spec("count", minimum=1)]
"""How often, and not never."""

Ratio = Annotated[Amount, Spec("ratio", minimum=1)]
"""A factor of lengths that does not shrink."""

Values = Annotated[Sequence[Number] | np.ndarray | jax.Array, Spec(ndim=1)]
"""A table of values."""

Lengths = Annotated[Sequence[Amount] | np.ndarray | jax.Array | Double, LENGTHS]
"""A table of lengths, or of steps in any order."""

Boundaries = Annotated[
    Sequence[Amount] | np.ndarray | jax.Array | Double, Spec("length", ndim=1, minimum=0, increasing=True)
]
"""The steps at which the next piece begins, in order."""


def spec_of(annotation: Any) -> tuple[Spec | None, bool]:
    """What an annotation says of a numeric field (None: it is not one), and whether the field may be None."""
    if get_origin(annotation) in (Union, types.UnionType):
        options = [option for option in get_args(annotation) if option is not types.NoneType]
        optional = len(options) < len(get_args(annotation))
        if set(options) == {int, float}:
            return spec_of(int)[0], optional
        return (spec_of(options[0])[0], optional) if len(options) == 1 else (None, False)
    if get_origin(annotation) is Annotated:
        return next((extra for extra in annotation.__metadata__ if isinstance(extra, Spec)), None), False
    return {float: Spec(), int: PLAIN_LENGTH}.get(annotation), False
