"""The shapes of a ramp by name."""

from collections.abc import Callable
from typing import Any

from jaxsched._curves.cooldowns import (
    Exponential,
    Geometric,
    InverseRoot,
    MirrorCosine,
    OneMinusSqrt,
    OneMinusSquare,
    Rex,
)
from jaxsched._curves.transitions import Cosine, Linear
from jaxsched._data.fields import as_schedule
from jaxsched._schedule.schedule import Schedule


Shape = str | Callable[[Any, Any, Any], Schedule]
"""The shape of a ramp: the name of one of `SHAPES`, or a function of (init_value, end_value, transition_steps)."""

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
}


def transition(
    owner: str, shape: Shape, init_value: Any, end_value: Any, transition_steps: Any, name: str = "cooldown"
) -> Schedule:
    """A transition of the given shape, which the user gave by `name`."""
    if callable(shape):
        return as_schedule(owner, f"{name}(...)", shape(init_value, end_value, transition_steps), Schedule)
    if shape not in SHAPES:
        known = ", ".join(map(repr, SHAPES))
        raise ValueError(f"{owner}: `{name}` must be one of {known}, or a function, got {shape!r}.")
    return SHAPES[shape](init_value, end_value, transition_steps)
