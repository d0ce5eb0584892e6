"""What a class declares of its fields, and what becomes of what a user gives for one.

A number becomes a leaf by `Spec`, a schedule stays one, and anything else is structure: part of the treedef, which
JAX compares and hashes.
"""

import dataclasses
import functools
from typing import Annotated, Any, Literal, TypeVar, get_type_hints

import jax
import numpy as np

from jaxsched._data.checks import NEGATIVE, PART_OF_RUN, as_array, as_leaf, as_pair, checked_leaf
from jaxsched._numerics.doubles import Double
from jaxsched._typing import PIECES, TICKS, Number, Spec, spec_of


S = TypeVar("S")


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of a schedule class. `owner` is the name by which users know the class.

    `call` is how it is called, where users do so: the arguments that are needed, and all up to this one.
    """

    owner: str
    name: str
    holds: Literal["number", "operands", "schedule", "schedules", "pieces", "ticks", "flag", "structure"]
    spec: Spec
    optional: bool
    call: str = ""

    @property
    def static(self) -> bool:
        return self.holds in ("flag", "structure")


@functools.cache
def within(field: Field, axes: int) -> Field:
    """The field of a schedule that lies within this many joins of pieces: each gives its numbers one axis more."""
    return dataclasses.replace(field, spec=dataclasses.replace(field.spec, ndim=field.spec.ndim + axes))


@functools.cache
def half(field: Field) -> Field:
    """The field of one of the floats of a pair."""
    return dataclasses.replace(field, spec=Spec(ndim=field.spec.ndim))


def describe(cls: type, owner: str, schedule: type) -> tuple[Field, ...]:
    """The fields of a dataclass, from their annotations; `schedule` is the class of schedules."""
    hints = get_type_hints(cls, include_extras=True)
    kinds: dict[Any, Any] = {schedule: "schedule", tuple[schedule, ...]: "schedules", bool: "flag"}
    kinds |= {Annotated[schedule, PIECES]: "pieces", Annotated[schedule, TICKS]: "ticks"}
    kinds[Annotated[tuple[schedule | Number, ...], Spec(or_schedule=True)]] = "operands"

    declared = dataclasses.fields(cls)
    needed = sum(field.default is dataclasses.MISSING for field in declared)
    called = len(declared) > 1 and owner == cls.__name__ and "__repr__" not in vars(cls)  # it shows how it is written

    def field(i: int, name: str) -> Field:
        spec, optional = spec_of(hints[name])
        holds = kinds.get(hints[name], "number" if spec else "structure")
        shown = [field.name for field in declared[: max(needed, i + 1)]]
        more = ["..."] if len(shown) < len(declared) else []
        return Field(
            owner, name, holds, spec or Spec(), optional, f"{owner}({', '.join(shown + more)})" if called else ""
        )

    return tuple(field(i, each.name) for i, each in enumerate(declared))


def convert(field: Field, given: Any, schedule: type) -> object:
    """What an instance holds for what a user gives. One of a wrong kind or sign may stand in the place of another."""
    try:
        return _converted(field, given, schedule)
    except (TypeError, ValueError) as error:
        misplaced = type(error) is TypeError or any(rule in str(error) for rule in (NEGATIVE, PART_OF_RUN))
        if not (misplaced and field.call):
            raise
        raise type(error)(f"{error} The arguments are {field.call}.") from None


def _converted(field: Field, given: Any, schedule: type) -> object:
    match field.holds:
        case "number":
            if (given is None and field.optional) or (field.spec.or_schedule and isinstance(given, schedule)):
                return given
            return as_number(field, given)
        case "operands":
            number = dataclasses.replace(field, holds="number")
            return tuple(convert(number, each, schedule) for each in given)
        case "schedule" | "pieces" | "ticks":
            return as_schedule(field.owner, field.name, given, schedule)
        case "schedules":
            return as_schedules(field.owner, field.name, given, schedule)
        case "flag":
            if not isinstance(given, bool):
                raise TypeError(f"{field.owner}: `{field.name}` must be True or False, got {given!r}.")
            return given
        case "structure":
            try:
                hash(given)
            except TypeError:
                rule = "is structure and must be hashable"
                raise TypeError(f"{field.owner}: `{field.name}` {rule}, got {given!r}.") from None
            return given


def as_number(field: Field, given: Any) -> Any:
    """A leaf, or a pair of them."""
    array = as_array(field.owner, field.name, given, field.spec)
    return as_pair(array) if field.spec.paired and not isinstance(array, Double) else as_leaf(array, field.spec)


def as_schedule(owner: str, name: str, given: Any, schedule: type[S]) -> S:
    """What was given, if it is a schedule, or a number, which is a constant."""
    if isinstance(given, schedule):
        return given
    if isinstance(given, int | float | np.generic | np.ndarray | jax.Array):
        return schedule._constant(  # pyright: ignore[reportAttributeAccessIssue]
            checked_leaf(owner, name, given, Spec())
        )
    hint = "FromFunction" if callable(given) else "Constant"
    raise TypeError(f"{owner}: `{name}` must be a schedule or a number, such as {hint}(...), got {given!r}.")


def as_schedules(owner: str, name: str, given: Any, schedule: type[S]) -> tuple[S, ...]:
    """A list of at least one schedule, as a tuple."""
    if not isinstance(given, list | tuple) or not given:
        raise TypeError(f"{owner}: `{name}` must be a list of at least one schedule, got {given!r}.")
    return tuple(as_schedule(owner, f"{name}[{i}]", each, schedule) for i, each in enumerate(given))
