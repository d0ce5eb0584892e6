"""How a class becomes data: a frozen dataclass, registered as a pytree whose numbers are leaves.

Two moments matter. *Construction* by a user checks and converts every field. *Unflattening* by JAX does neither, for
JAX puts tracers, None and `object()` where the numbers were.

Whatever is data can be stacked: its numbers then have leading axes, and it has rows.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import as_exact, as_pair, as_real, checked_leaf, is_traced
from jaxsched._data.export import register_for_export
from jaxsched._data.fields import Field, convert, describe, half, within
from jaxsched._data.messages import common_shape, unknown_argument
from jaxsched._data.source import Show, call, short
from jaxsched._numerics.doubles import Double, is_pair
from jaxsched._numerics.floats import x64
from jaxsched._typing import declared, plain


D = TypeVar("D", bound="Data")


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
class Data:
    """A frozen dataclass that is a pytree. A subclass is a bare declaration; `abstract` ones declare no fields."""

    _name: ClassVar[str]
    _fields: ClassVar[tuple[Field, ...]]
    _part: ClassVar[type]  # the class of what may be held beside numbers and structure
    _of_the_house: ClassVar[bool]

    __array_ufunc__ = None  # so that NumPy leaves `np.float64(2) * schedule` to `__rmul__`

    def __init_subclass__(cls, name: str | None = None, abstract: bool = False, kw_only: bool = False) -> None:
        if abstract:
            cls._part = cls
            return
        cls._part = getattr(cls, "_part", Data)
        cls._name = name or cls.__name__
        cls._of_the_house = cls.__module__.split(".")[0] == "jaxsched"
        annotations = declared(cls)
        cls.__annotations__ = {name: plain(annotations[name]) for name in vars(cls).get("__annotations__", {})}
        made = dataclasses.dataclass(frozen=True, eq=False, repr=False, kw_only=kw_only)(cls)
        cls._fields = describe(made, cls._name, cls._part, annotations)
        _guard(cls)
        _register(cls)

    def __post_init__(self) -> None:
        for field in self._fields:
            object.__setattr__(self, field.name, convert(field, getattr(self, field.name), self._part))
        shape = self.shape
        self.check()
        vars(self).update(vars(broadcast_numbers(self, shape)))

    def check(self) -> None:
        """The rules between fields, for a class that has some; called when a user builds one, never by JAX."""

    # A stack is one object, of the same class.

    @property
    def shape(self) -> tuple[int, ...]:
        """() for a single one; for a stack, the leading axes of its leaves."""
        shapes: list[tuple[str, tuple[int, ...]]] = []
        map_numbers(lambda x, field: shapes.append((field.name, np.shape(x)[: np.ndim(x) - field.spec.ndim])), self)
        return common_shape(self._name, shapes)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"{self._name}: of shape (), it is not a stack and has no rows.")
        return self.shape[0]

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: Any) -> Self:
        if isinstance(index, int | np.integer) and not -len(self) <= index < len(self):
            raise IndexError(f"{self._name}: index {index} is out of range for a stack of shape {self.shape}.")
        index = index if isinstance(index, tuple) else (index,)
        traced = any(isinstance(i, jax.Array) for i in index)

        def row(x: Any, field: Field) -> object:
            return (jnp.asarray(x) if traced else x)[(*index, *(slice(None),) * field.spec.ndim)]

        return map_numbers(row, broadcast_numbers(self))

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    # Equal numbers in an equal structure make an equal object. A real 300.0 is equal to a whole 300.

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Data):
            return NotImplemented
        (mine, structure), (theirs, their_structure) = _exact_numbers(self), _exact_numbers(other)
        return structure == their_structure and all(map(np.array_equal, mine, theirs))

    def __hash__(self) -> int:
        numbers, structure = _exact_numbers(self)
        return hash((structure, *((np.asarray(x, np.float64) + 0.0).tobytes() for x in numbers)))

    def __repr__(self) -> str:
        """Source that evaluates back to an equal object, or if it would be long, what it says of it."""
        return short(self)

    def _source(self, show: Show) -> str:
        """How it is written."""
        return call(self, show)

    def __getstate__(self) -> dict[str, object]:
        return {field.name: vars(self)[field.name] for field in self._fields}


def _exact_numbers(data: Data) -> tuple[list[Any], Any]:
    """The numbers, each as one, and the structure without what kind they are."""

    def exact(x: Any) -> Any:
        known = isinstance(x, Double) and isinstance(x.high, np.ndarray | np.generic | jax.Array) and not is_traced(x)
        return as_exact(x) if known else x

    numbers, structure = jax.tree.flatten(data, is_leaf=is_pair)
    return list(map(exact, numbers)), structure


# A class becomes a pytree, and its numbers can be walked over.


def _guard(cls: type[Data]) -> None:
    """Let the constructor say which argument was meant by one that there is not."""
    construct, names = cls.__init__, [field.name for field in cls._fields]

    @functools.wraps(construct)
    def guarded(self: Data, *args: Any, **words: Any) -> None:
        for unknown in words.keys() - set(names):
            raise unknown_argument(cls._name, unknown, names)
        construct(self, *args, **words)

    cls.__init__ = guarded


def _register(cls: type[Data]) -> None:
    dynamic = tuple(field.name for field in cls._fields if not field.static)
    static = tuple(field.name for field in cls._fields if field.static)
    names, children_of, structure_of = dynamic + static, _getter(dynamic), _getter(static)

    def flatten(self: Data) -> tuple[tuple[object, ...], tuple[object, ...]]:
        return children_of(self), structure_of(self)

    def flatten_with_keys(self: Data) -> tuple[Iterable[tuple[object, object]], tuple[object, ...]]:
        children, structure = flatten(self)
        return tuple(zip(map(jax.tree_util.GetAttrKey, dynamic), children, strict=True)), structure

    def unflatten(structure: tuple[object, ...], children: Iterable[object]) -> Data:
        return _new(cls, zip(names, (*children, *structure), strict=True))

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)
    register_for_export(cls, cls._name, static, unflatten)


def _getter(names: tuple[str, ...]) -> Callable[[object], tuple[object, ...]]:
    """The fields of these names, as fast as Python can: every call of a compiled program asks for them."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda self: tuple([getattr(self, name) for name in names])


def _new(cls: type[D], fields: Iterable[tuple[str, object]]) -> D:
    self = object.__new__(cls)
    self.__dict__.update(fields)
    return self


def with_fields(data: D, changed: Mapping[str, object]) -> D:
    """The same data with other fields, which are not checked."""
    return _new(type(data), {**{field.name: vars(data)[field.name] for field in data._fields}, **changed}.items())


def map_numbers(fn: Callable[[Any, Field], object], data: D, axes: int = 0) -> D:
    """The same data with `fn(number, field)` for every number in it, those of inner schedules included.

    `axes` is how many axes of pieces the numbers have; the leaf of the field that `fn` sees counts them.
    """

    def mapped(field: Field, held: Any) -> object:
        if isinstance(held, Data):
            return map_numbers(fn, held, axes + (field.holds == "pieces"))
        if field.static or held is None:
            return held
        if type(held) is tuple:
            return tuple([mapped(field, inner) for inner in held])
        field = within(field, axes) if axes else field
        if isinstance(held, Double):
            return Double(*(fn(x, half(field)) for x in (held.high, held.low)))
        return fn(held, field)

    return _new(type(data), ((field.name, mapped(field, vars(data)[field.name])) for field in data._fields))


def map_structure(fn: Callable[[Any], object], data: D) -> D:
    """The same data with `fn(x)` for all that is structure in it, of inner schedules too."""

    def mapped(field: Field, held: Any) -> object:
        if field.static:
            return fn(held)
        if type(held) is tuple:
            return tuple([mapped(field, inner) for inner in held])
        return map_structure(fn, held) if isinstance(held, Data) else held

    return _new(type(data), [(field.name, mapped(field, vars(data)[field.name])) for field in data._fields])


def broadcast_numbers(data: D, shape: tuple[int, ...] | None = None) -> D:
    """The same stack with every number in it stacked, to the shape of the stack or to a larger one."""
    shape = data.shape if shape is None else shape
    if not shape:
        return data

    def broadcast(x: Any, field: Field) -> object:
        full = shape + np.shape(x)[np.ndim(x) - field.spec.ndim :]
        if np.shape(x) == full:
            return x
        return jnp.broadcast_to(x, full) if isinstance(x, jax.Array) else np.broadcast_to(x, full)

    return map_numbers(broadcast, data)


def of_one_kind(rows: Sequence[D]) -> list[D]:
    """The same data; a length that is real in one of them is real in all, if they differ in nothing else."""
    flat = [jax.tree.flatten(row, is_leaf=is_pair) for row in rows]
    if len({structure for _, structure in flat}) > 1:
        return list(rows)
    columns = list(zip(*(leaves for leaves, _ in flat), strict=True))
    for i, column in enumerate(columns):
        if len(set(map(is_pair, column))) > 1:
            columns[i] = tuple(map(as_real, column))
    return [jax.tree.unflatten(flat[0][1], [column[i] for column in columns]) for i in range(len(rows))]


def narrowed(data: D) -> D:
    """The same data in the types of here and now: what was built under `jax_enable_x64`, where that is off.

    JAX would cut off the bits that do not fit, without a word.
    """
    if x64() or not any(getattr(x, "itemsize", 0) == 8 for x in jax.tree.leaves(data)):
        return data

    def narrow(old: Any, new: Any) -> Any:
        known = isinstance(old, Double) and not is_traced(old.high)
        return as_pair(np.asarray(old.high, np.float64) + old.low) if known else new

    checked = map_numbers(lambda x, field: checked_leaf(field.owner, field.name, x, field.spec), data)
    return jax.tree.map(narrow, data, checked, is_leaf=is_pair)
