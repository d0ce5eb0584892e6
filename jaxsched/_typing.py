"""What numbers are to a schedule: the declaration behind each word of `jaxsched.fields`, and the types of arguments.

A type checker is told all that may be given: numbers of Python, NumPy and JAX, arrays for a stack, tracers. At run
time an annotation is what a file or a shell can hold, `float` or `int | float`, for tools that read it.
"""

import collections.abc
import dataclasses
import functools
import inspect
import operator
import types
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints

import jax
import numpy as np
from jax.typing import ArrayLike


if TYPE_CHECKING:

    class HasArray(Protocol):
        """A column of pandas, a CPU tensor of PyTorch."""

        def __array__(self, *args: Any, **kwargs: Any) -> Any: ...

    class HasJaxArray(Protocol):
        """A variable of Flax NNX."""

        def __jax_array__(self) -> jax.Array: ...

    Number = float | np.floating | np.integer | np.ndarray | jax.Array
    Whole = int | np.integer | np.ndarray | jax.Array
    Amount = Number
    Numbers = Sequence[Number] | np.ndarray | jax.Array | HasArray | HasJaxArray
    Amounts = Numbers
    Step = ArrayLike | HasJaxArray
else:
    Number = float
    Whole = int
    Amount = int | float
    Numbers = tuple[float, ...]
    Amounts = tuple[int | float, ...]
    Step = int


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
        unit: what a count counts, for messages.
    """

    kind: Kind = "value"
    ndim: int = 0
    minimum: int | None = None
    positive: bool = False
    increasing: bool = False
    or_schedule: bool = False
    paired: bool = False
    unit: str = ""

    @property
    def integer(self) -> bool:
        """Whether it is an integer, wherever it is whole."""
        return self.kind != "value"

    @property
    def may_be_real(self) -> bool:
        """Whether it is an integer where it is whole, and a `Double` where it is not."""
        return self.kind not in ("value", "count")

    @property
    def noun(self) -> str:
        """What it must be, for messages."""
        one = {"count": f"a whole number of {self.unit}" if self.unit else "an integer", "value": "a real number"}
        one["ratio"] = one["value"]
        noun = one.get(self.kind, "a number of steps")
        noun = f"a schedule or {noun}" if self.or_schedule else noun
        return f"a sequence, each entry {noun}" if self.ndim else noun


@dataclasses.dataclass(frozen=True)
class Words:
    """Marks an argument that is one of these words, or a function."""

    words: tuple[str, ...]


PIECES = "pieces"
"""Marks a schedule whose numbers have one axis more, inside all others: one entry for each piece of a join."""

TICKS = "ticks"
"""Marks a schedule on a clock of its own, which does not change when the steps do."""

VALUE = Spec()
COUNT = Spec("count", minimum=0)
LENGTH = Spec("length", minimum=0)
LENGTHS = Spec("length", ndim=1, minimum=0)


# What a class or a function declares, and what its tools are shown.


def declared(owner: Any) -> dict[str, Any]:
    """The annotations of a class or a function, with all that is declared in them."""
    return get_type_hints(owner, include_extras=True)


def plain(annotation: Any) -> Any:
    """The annotation without declarations: what is shown, and what tools read."""
    if get_origin(annotation) is Annotated:
        return plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return functools.reduce(operator.or_, map(plain, get_args(annotation)))
    return annotation


def options_of(annotation: Any) -> tuple[list[Any], bool]:
    """What may be given but None, and whether None may be."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return [annotation], False
    options = [option for option in get_args(annotation) if option is not types.NoneType]
    return options, len(options) < len(get_args(annotation))


def mark_of(annotation: Any, kind: type) -> Any:
    """What marks an annotation, of this kind, or None."""
    marks = annotation.__metadata__ if get_origin(annotation) is Annotated else ()
    return next((mark for mark in marks if isinstance(mark, kind)), None)


def spec_of(annotation: Any) -> tuple[Spec | None, bool]:
    """What an annotation says of a numeric field (None: it is not one), and whether the field may be None."""
    options, optional = options_of(annotation)
    if set(options) == {int, float} or options == [int]:
        return LENGTH, optional
    if options == [float]:
        return VALUE, optional
    return mark_of(options[0], Spec) if len(options) == 1 else None, optional


# What somebody else's function declares.

NUMERIC = (float, int, complex, bool, np.ndarray, np.generic, jax.Array)


def parameters_of(function: Any) -> list[inspect.Parameter]:
    """The parameters of a function, with annotations that were strings as what they stand for."""
    try:
        signature = inspect.signature(function, eval_str=True)
    except Exception:  # what an annotation names may be there for type checkers only
        signature = inspect.signature(function)
    return list(signature.parameters.values())


def asked(parameter: inspect.Parameter) -> Literal["a float", "a number", "anything", "no number"]:
    """What a parameter may be, as far as its default and its annotation tell.

    `float | jax.Array` asks for a float, and an `ArrayLike` for any number; a schedule of optax, or None, may be given
    beside either.
    """
    if isinstance(parameter.default, float):
        return "a float"
    if parameter.annotation in (parameter.empty, Any) or isinstance(parameter.annotation, str):
        return "anything"
    kinds, _ = options_of(parameter.annotation)
    numbers = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, NUMERIC)]
    if any(kind not in numbers and get_origin(kind) is not collections.abc.Callable for kind in kinds):
        return "no number"
    if not any(issubclass(kind, float | jax.Array) for kind in numbers):
        return "no number"
    return "a number" if int in numbers else "a float"
