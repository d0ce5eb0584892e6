"""What a class declares of its fields, and what becomes of what a user gives for one.

A number becomes a leaf by `Spec`, a schedule stays one, and anything else is structure: part of the treedef, which
JAX compares and hashes.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import numpy as np

from jaxsched._data.checks import NEGATIVE, PART_OF_RUN, as_array, as_leaf, as_pair, checked_leaf
from jaxsched._data.messages import brief, one_of
from jaxsched._numerics.doubles import Double
from jaxsched._typing import PIECES, TICKS, Number, Spec, Words, mark_of, options_of, spec_of


S = TypeVar("S")


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of a schedule class. `owner` is the name by which users know the class.

    `words` are the only ones that may be given, unless a function may be, too. `call` is how it is called, where users
    do so: the arguments that are needed, and all up to this one.
    """

    owner: str
    name: str
    holds: Literal["number", "operands", "schedule", "schedules", "pieces", "ticks", "flag", "word", "structure"]
    spec: Spec
    optional: bool
    default: Any  # as it was written, or MISSING
    words: tuple[Any, ...] = ()
    or_function: bool = False
    call: str = ""

    @property
    def static(self) -> bool:
        return self.holds in ("flag", "word", "structure")


@functools.cache
def within(field: Field, axes: int) -> Field:
    """The field of a schedule that lies within this many joins of pieces: each gives its numbers one axis more."""
    return dataclasses.replace(field, spec=dataclasses.replace(field.spec, ndim=field.spec.ndim + axes))


@functools.cache
def half(field: Field) -> Field:
    """The field of one of the floats of a pair."""
    return dataclasses.replace(field, spec=Spec(ndim=field.spec.ndim))


def describe(cls: type, owner: str, schedule: type, annotations: dict[str, Any]) -> tuple[Field, ...]:
    """The fields of a dataclass, from what was declared; `schedule` is the class of schedules."""
    kinds: dict[Any, Any] = {schedule: "schedule", tuple[schedule, ...]: "schedules", bool: "flag"}
    kinds |= {Annotated[schedule, PIECES]: "pieces", Annotated[schedule, TICKS]: "ticks"}
    kinds[Annotated[tuple[schedule | Number, ...], Spec(or_schedule=True)]] = "operands"

    fields = dataclasses.fields(cls)
    needed = sum(field.default is dataclasses.MISSING for field in fields)
    called = len(fields) > 1 and owner == cls.__name__ and "_source" not in vars(cls)  # it shows how it is written

    def described(i: int, field: dataclasses.Field[Any]) -> Field:
        spec, optional = spec_of(annotations[field.name])
        kind = options_of(annotations[field.name])[0][0] if optional else annotations[field.name]
        marked: Words | None = mark_of(kind, Words)
        words = marked.words if marked else get_args(kind) if get_origin(kind) is Literal else ()
        holds = kinds.get(kind, "number" if spec else "word" if words else "structure")
        shown = [field.name for field in fields[: max(needed, i + 1)]]
        more = ["..."] if len(shown) < len(fields) else []
        call = f"{owner}({', '.join(shown + more)})" if called and not field.kw_only else ""
        return Field(owner, field.name, holds, spec or Spec(), optional, field.default, words, marked is not None, call)

    return tuple(described(i, field) for i, field in enumerate(fields))


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
    if field.optional and given is None:
        return None
    match field.holds:
        case "number":
            return given if field.spec.or_schedule and isinstance(given, schedule) else as_number(field, given)
        case "operands":
            number = dataclasses.replace(field, holds="number")
            return tuple([convert(number, each, schedule) for each in given or ()])
        case "schedule" | "pieces" | "ticks":
            return as_schedule(field.owner, field.name, given, schedule)
        case "schedules":
            if given == () == field.default:
                return ()
            return as_schedules(field.owner, field.name, given, schedule)
        case "flag":
            if not isinstance(given, bool):
                raise TypeError(f"{field.owner}: `{field.name}` must be True or False, got {brief(given)}.")
            return given
        case "word" if not (field.or_function and callable(given) and not isinstance(given, schedule)):
            if not any(isinstance(given, type(word)) and given == word for word in field.words):
                raise ValueError(f"{field.owner}: `{field.name}` {one_of(field.words, given, field.or_function)}")
            return given
        case _:
            try:
                hash(given)
            except TypeError:
                rule = "is structure and must be hashable (numbers are declared with the words of jaxsched.fields)"
                raise TypeError(f"{field.owner}: `{field.name}` {rule}, got {brief(given)}.") from None
            return given


def as_number(field: Field, given: Any) -> Any:
    """A leaf, or a pair of them."""
    array = as_array(field.owner, field.name, given, field.spec)
    return as_pair(array) if field.spec.paired and not isinstance(array, Double) else as_leaf(array, field.spec)


def as_schedule(owner: str, name: str, given: Any, schedule: type[S]) -> S:
    """What was given, if it is a schedule, or a number, which is a constant."""
    if isinstance(given, schedule):
        return given
    if isinstance(given, int | float | np.generic) or hasattr(given, "__array__") or hasattr(given, "__jax_array__"):
        number = checked_leaf(owner, name, given, Spec())
        return schedule._constant(number)  # pyright: ignore[reportAttributeAccessIssue]
    hint = "FromFunction(...)" if callable(given) else "Constant(...)"
    raise TypeError(f"{owner}: `{name}` must be a schedule or a number, such as {hint}, got {brief(given)}.")


def as_schedules(owner: str, name: str, given: Any, schedule: type[S]) -> tuple[S, ...]:
    """A list of at least one schedule, as a tuple."""
    if not isinstance(given, Sequence) or isinstance(given, str | bytes) or not given:
        raise TypeError(f"{owner}: `{name}` must be a list of at least one schedule, got {brief(given)}.")
    return tuple(as_schedule(owner, f"{name}[{i}]", each, schedule) for i, each in enumerate(given))
