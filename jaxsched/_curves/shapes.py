"""The shapes of a ramp by name: "cosine" is a `Cosine`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import jax

from jaxsched._curves.cooldowns import (
    Exponential,
    Geometric,
    InverseRoot,
    Logarithmic,
    MirrorCosine,
    OneMinusSqrt,
    OneMinusSquare,
    Rex,
    check_ends,
)
from jaxsched._curves.transitions import Cosine, Linear
from jaxsched._data.fields import as_schedule
from jaxsched._numerics.floats import where
from jaxsched._numerics.ways import one_minus_sqrt, parts, sin2, way
from jaxsched._schedule.schedule import Schedule, traceable
from jaxsched._typing import Words


SHAPES: dict[str, Callable[[Any, Any, Any], Schedule]] = {
    "linear": Linear,
    "cosine": Cosine,
    "mirror_cosine": MirrorCosine,
    "one_minus_sqrt": OneMinusSqrt,
    "one_minus_square": OneMinusSquare,
    "exponential": Exponential,
    "geometric": Geometric,
    "inverse_root": InverseRoot,
    "rex": Rex,
    "logarithmic": Logarithmic,
}

NUMBERS = {name: i for i, name in enumerate(SHAPES, start=1)}
"""What stands for each in the state of a training. The numbers are for ever, so a new shape goes to the end."""


IN_STEPS = {"logarithmic"}
"""Those that count in single steps, so that a longer one is another curve, and not the same in another time."""


CHOOSABLE = ("linear", "cosine", "one_minus_sqrt")
"""Those that a number may choose while a program runs. A program holds them all, and so they are few."""


if TYPE_CHECKING:
    Ramp = Callable[[Any, Any, Any], Schedule]
    Shape = (
        Literal[
            "linear",
            "cosine",
            "mirror_cosine",
            "one_minus_sqrt",
            "one_minus_square",
            "exponential",
            "geometric",
            "inverse_root",
            "rex",
            "logarithmic",
        ]
        | Ramp
    )
    WarmupShape = Literal["constant"] | Shape
else:
    Shape = Annotated[str, Words(tuple(SHAPES))]
    """The shape of a ramp: a name, or a function from (init_value, end_value, transition_steps) to a schedule."""

    WarmupShape = Annotated[str, Words(("constant", *SHAPES))]
    """The same run backwards, or no ramp at all."""


def transition(
    owner: str, shape: Shape, init_value: Any, end_value: Any, transition_steps: Any, name: str = "cooldown"
) -> Schedule:
    """A transition of the given shape, which the user gave by `name`."""
    if callable(shape):
        with traceable(owner, name):
            ramp = shape(init_value, end_value, transition_steps)
        return as_schedule(owner, f"{name}(...)", ramp, Schedule)
    if shape == "geometric":
        check_ends(owner, f"the values at both ends of a geometric `{name}`", init_value, end_value)
    return SHAPES[shape](init_value, end_value, transition_steps)


def chosen_transition(
    number: jax.Array, init_value: jax.Array, end_value: jax.Array, left: jax.Array, done: jax.Array
) -> jax.Array:
    """The value on a transition whose shape is one of `CHOOSABLE`, of which so much is left and done: not both 0."""
    inverse = 1 / (left + done)
    linear = parts(left * inverse, done * inverse)
    part_init, part_end = linear.first, linear.second
    others = sin2(linear)[:2], one_minus_sqrt(linear)
    for name, (first, second) in zip(CHOOSABLE[1:], others, strict=True):
        part_init = where(number == NUMBERS[name], first, part_init)
        part_end = where(number == NUMBERS[name], second, part_end)
    path = way(init_value, end_value)
    gone, to_go = (where(path.first_is_far, *x) for x in ((part_init, part_end), (done, left)))
    return path.at(gone, to_go == 0)
