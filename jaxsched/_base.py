"""A schedule is a pure function of an integer step, stored as data.

Because it is a function, it is an optax schedule. Because it is data (a frozen dataclass, registered as a pytree
whose numbers are leaves), it can be jitted, vmapped, differentiated, stacked, compared, printed and pickled. A
subclass is a bare declaration, and this module is everything behind it:

    class Sawtooth(Schedule):
        peak_value: float                      # a value: a float32 leaf
        period_steps: int                      # a length: an int32 leaf, not negative
        falling: bool = False                  # anything else is structure, and must be hashable

        def formula(self, step):               # scalars in, a scalar out; `step` is never negative
            ...

Three moments matter. *Construction* by a user checks and converts every field. *Unflattening* by JAX does neither,
for JAX puts tracers, None and `object()` where the numbers were. *Calling* is one jitted function for all schedules,
so its cache holds one executable per structure, whatever the numbers.
"""

import abc
import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import Annotated, Any, ClassVar, Self, TypeVar, dataclass_transform

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

from jaxsched._fields import Field, convert, describe, low_half, within
from jaxsched._leaves import as_step, checked_leaf, default_dtype, show
from jaxsched._numerics import finite, quotient
from jaxsched._queries import Queries
from jaxsched._typing import Leaf, Number, Pair, Step


S = TypeVar("S", bound="Schedule")

_INT32 = np.dtype(np.int32)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
class Schedule(Queries, abc.ABC):
    """A pure function of the step, stored as data. The one abstract class: every subclass is final."""

    _name: ClassVar[str]
    _fields: ClassVar[tuple[Field, ...]]
    _outside: Callable[[Any], jax.Array] | None  # made by the first call outside of a program

    __array_ufunc__ = None  # so that NumPy leaves `np.float64(2) * schedule` to `__rmul__`

    @abc.abstractmethod
    def formula(self, step: jax.Array) -> Number:
        """The value of one schedule at one step: every number in it is a scalar, and the step is not negative."""

    def __call__(self, step: Step) -> jax.Array:
        """The value at `step`, an integer or an array of them: float32, of shape `self.shape + step.shape`."""
        # as cheap as can be: 1 µs is a tenth of a call
        known = 0 <= step < 2**31 if type(step) is int else getattr(step, "dtype", None) is _INT32
        if not known or isinstance(step, Tracer):
            step = as_step(self._name, step)
            if isinstance(step, Tracer):
                return _call(self, step)
        try:
            outside = self._outside
        except AttributeError:
            outside = vars(self)["_outside"] = _outside(self)
        return outside(step) if outside else _call(self, jnp.asarray(step, default_dtype(integer=True)))

    def __getstate__(self) -> dict[str, object]:
        return {field.name: vars(self)[field.name] for field in self._fields}

    def __init_subclass__(cls, name: str | None = None) -> None:
        if cls.__bases__ != (Schedule,):
            raise TypeError(f"{cls.__name__}: every schedule class is final; derive from Schedule itself.")
        if hasattr(cls, "init") and hasattr(cls, "update"):
            raise TypeError(f"{cls.__name__}: with both `init` and `update`, optax would take it for a stateful one.")
        if taken := {"__init__", "__post_init__", "__call__"} & vars(cls).keys():
            raise TypeError(f"{cls.__name__}: Schedule itself defines {', '.join(taken)}; for checks, define `_check`.")
        cls._name = name or cls.__name__
        cls._fields = describe(dataclasses.dataclass(frozen=True, eq=False, repr=False)(cls), cls._name, Schedule)
        _register(cls)

    def __post_init__(self) -> None:
        for field in self._fields:
            object.__setattr__(self, field.name, convert(field, getattr(self, field.name), Schedule))
        self._check()
        vars(self).update(vars(broadcast_numbers(self)))

    def _check(self) -> None:
        """The rules between fields, for a class that has some."""

    # A stack of schedules is a schedule.

    @property
    def shape(self) -> tuple[int, ...]:
        """() for one schedule; for a stack, the leading axes of its leaves."""
        shapes: list[tuple[int, ...]] = []
        map_numbers(lambda x, field: shapes.append(np.shape(x)[: np.ndim(x) - field.leaf.ndim]), self)
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError:
            shown = ", ".join(str(shape) for shape in dict.fromkeys(shapes))
            raise ValueError(f"{self._name}: the fields of a stack must have one shape, got {shown}.") from None

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError(f"{self._name}: one schedule, of shape (), has no rows.")
        return self.shape[0]

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, index: Any) -> Self:
        if isinstance(index, int | np.integer) and not -len(self) <= index < len(self):
            raise IndexError(f"{self._name}: index {index} is out of range for a stack of shape {self.shape}.")
        index = index if isinstance(index, tuple) else (index,)
        traced = any(isinstance(i, jax.Array) for i in index)

        def row(x: Any, field: Field) -> object:
            return (jnp.asarray(x) if traced else x)[(*index, *(slice(None),) * field.leaf.ndim)]

        return map_numbers(row, broadcast_numbers(self))

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    # Equal numbers in an equal structure make an equal schedule.

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schedule):
            return NotImplemented
        (mine, structure), (theirs, their_structure) = jax.tree.flatten(self), jax.tree.flatten(other)
        return structure == their_structure and all(map(np.array_equal, mine, theirs))

    def __hash__(self) -> int:
        numbers, structure = jax.tree.flatten(self)
        return hash((structure, *((np.asarray(x, np.float64) + 0.0).tobytes() for x in numbers)))

    def __repr__(self) -> str:
        """Source that evaluates back to an equal schedule, as long as no field holds more than a thousand numbers."""
        shown = (f"{field.name}={show(getattr(self, field.name), field.leaf.ndim)}" for field in self._fields)
        return f"{self._name}({', '.join(shown)})"

    # Arithmetic with schedules and with numbers.

    def __add__(self, other: "Schedule | ArrayLike") -> "Schedule":
        return _arithmetic("+", self, other)

    def __radd__(self, other: ArrayLike) -> "Schedule":
        return _arithmetic("+", other, self)

    def __sub__(self, other: "Schedule | ArrayLike") -> "Schedule":
        return _arithmetic("-", self, other)

    def __rsub__(self, other: ArrayLike) -> "Schedule":
        return _arithmetic("-", other, self)

    def __mul__(self, other: "Schedule | ArrayLike") -> "Schedule":
        return _arithmetic("*", self, other)

    def __rmul__(self, other: ArrayLike) -> "Schedule":
        return _arithmetic("*", other, self)

    def __neg__(self) -> "Schedule":
        return _arithmetic("*", -1.0, self)

    def __truediv__(self, other: "Schedule | ArrayLike") -> "Schedule":
        return _arithmetic("/", self, other)

    def __rtruediv__(self, other: ArrayLike) -> "Schedule":
        return _arithmetic("/", other, self)


# Calling: one jitted function for all schedules.


@partial(jax.jit, inline=True)
def _call(schedule: Schedule, step: jax.Array) -> jax.Array:
    return values_at(schedule, jnp.maximum(step, 0))


def _outside(schedule: Schedule) -> Callable[[Any], jax.Array] | None:
    """The call of one schedule outside of any program, where every array that is handed over costs time.

    One array holds all numbers. It must not hold the schedule itself, which would then be freed late.
    """
    leaves, structure = jax.tree.flatten(schedule)
    packable = all(isinstance(leaf, np.ndarray | np.generic) and leaf.itemsize == 4 for leaf in leaves)
    if schedule.shape or not leaves or not packable:
        return None
    kinds = tuple((leaf.dtype, leaf.shape) for leaf in leaves)
    with jax.ensure_compile_time_eval():
        packed = jnp.asarray(np.concatenate([leaf.ravel().view(np.int32) for leaf in leaves]))
    return partial(_call_packed(structure, kinds), packed)


@cache
def _call_packed(structure: Any, kinds: tuple[tuple[np.dtype[Any], tuple[int, ...]], ...]) -> Callable[..., jax.Array]:
    ends = np.cumsum([math.prod(shape) for _, shape in kinds])

    @jax.jit
    def call(packed: jax.Array, step: jax.Array) -> jax.Array:
        bits = zip(jnp.split(packed, ends[:-1]), kinds, strict=True)
        leaves = [jax.lax.bitcast_convert_type(x, dtype).reshape(shape) for x, (dtype, shape) in bits]
        return _call(jax.tree.unflatten(structure, leaves), jnp.asarray(step, default_dtype(integer=True)))

    return call


def values_at(schedule: Schedule, steps: jax.Array) -> jax.Array:
    """The values of a stack at steps of which none is negative, inside a program."""

    def value(schedule: Schedule, step: jax.Array) -> jax.Array:
        result = schedule.formula(step)
        if not isinstance(result, int | float | np.generic | np.ndarray | jax.Array) or np.shape(result):
            raise TypeError(f"{schedule._name}: the value must be a real scalar, got {result!r}.")
        return jnp.asarray(checked_leaf(schedule._name, "value", jnp.asarray(result), Leaf()))

    schedule = broadcast_numbers(
        map_numbers(lambda x, field: checked_leaf(field.owner, field.name, x, field.leaf), schedule)
    )
    for _ in steps.shape:
        value = jax.vmap(value, in_axes=(None, 0))
    for _ in schedule.shape:
        value = jax.vmap(value, in_axes=(0, None))
    return value(schedule, steps)


# A class becomes a pytree, and its numbers can be walked over.


def _register(cls: type[Schedule]) -> None:
    dynamic = tuple(field.name for field in cls._fields if not field.static)
    static = tuple(field.name for field in cls._fields if field.static)

    def flatten(self: Schedule) -> tuple[tuple[object, ...], tuple[object, ...]]:
        held = vars(self)
        return tuple([held[name] for name in dynamic]), tuple([held[name] for name in static])

    def flatten_with_keys(self: Schedule) -> tuple[Iterable[tuple[object, object]], tuple[object, ...]]:
        children, structure = flatten(self)
        return tuple(zip(map(jax.tree_util.GetAttrKey, dynamic), children, strict=True)), structure

    def unflatten(structure: tuple[object, ...], children: Iterable[object]) -> Schedule:
        return _new(cls, zip(dynamic + static, (*children, *structure), strict=True))

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)


def _new(cls: type[S], fields: Iterable[tuple[str, object]]) -> S:
    self = object.__new__(cls)
    vars(self).update(fields)
    return self


def map_numbers(fn: Callable[[Any, Field], object], schedule: S, axes: int = 0) -> S:
    """The same schedule with `fn(number, field)` for every number in it, those of inner schedules included.

    `axes` is how many axes of pieces the numbers have; the leaf of the field that `fn` sees counts them.
    """

    def mapped(field: Field, held: Any) -> object:
        if isinstance(held, Schedule):
            return map_numbers(fn, held, axes + (field.holds == "pieces"))
        if field.holds == "schedules":
            return tuple(map_numbers(fn, inner, axes) for inner in held)
        if field.static or held is None:
            return held
        field = within(field, axes) if axes else field
        if isinstance(held, Pair):
            return Pair(fn(held.high, field), fn(held.low, low_half(field)))
        return fn(held, field)

    return _new(type(schedule), ((field.name, mapped(field, vars(schedule)[field.name])) for field in schedule._fields))


def broadcast_numbers(schedule: S, shape: tuple[int, ...] | None = None) -> S:
    """The same stack with every number in it stacked, to the shape of the stack or to a larger one."""
    shape = schedule.shape if shape is None else shape
    if not shape:
        return schedule

    def broadcast(x: Any, field: Field) -> object:
        full = shape + np.shape(x)[np.ndim(x) - field.leaf.ndim :]
        if np.shape(x) == full:
            return x
        return jnp.broadcast_to(x, full) if isinstance(x, jax.Array) else np.broadcast_to(x, full)

    return map_numbers(broadcast, schedule)


class Arithmetic(Schedule):
    """Two schedules, or a schedule and a number, under one of + - * /, or the lesser or greater of the two.

        (a ∘ b)(t) = a(t) ∘ b(t)

    Written with the operators, `minimum` and `maximum`. No step can make the value or its gradient infinite: a
    quotient is 0 where its denominator is less than 10⁻¹⁸ from 0, and what overflows is the largest float.

    Args:
        symbol: "+", "-", "*", "/", "minimum" or "maximum".
        left: a schedule or a number.
        right: a schedule or a number; a concrete number 0 cannot divide.

    >>> import jaxsched as js
    >>> 0.1 * js.Linear(1.0, 0.0, 10) + 1.0
    ((0.1 * Linear(init_value=1.0, end_value=0.0, transition_steps=10)) + 1.0)
    """

    symbol: str
    left: Annotated[Schedule | Number, Leaf(or_schedule=True)]
    right: Annotated[Schedule | Number, Leaf(or_schedule=True)]

    def _check(self) -> None:
        if self.symbol == "/" and isinstance(self.right, np.generic | np.ndarray) and not np.all(self.right):
            raise ValueError(f"Arithmetic: a schedule cannot be divided by zero, got {show(self.right)}.")

    def formula(self, step: jax.Array) -> Number:
        a, b = (x.formula(step) if isinstance(x, Schedule) else jnp.asarray(x) for x in (self.left, self.right))
        match self.symbol:
            case "+":
                return finite(a + b)
            case "-":
                return finite(a - b)
            case "*":
                return finite(a * b)
            case "/":
                return quotient(a, b)
            case "minimum":
                return jnp.minimum(a, b)
            case _:
                return jnp.maximum(a, b)

    def __repr__(self) -> str:
        left, right = show(self.left), show(self.right)
        infix = len(self.symbol) == 1
        return f"({left} {self.symbol} {right})" if infix else f"{self.symbol}({left}, {right})"


def _arithmetic(symbol: str, left: Any, right: Any) -> Schedule:
    operands = Schedule | int | float | np.generic | np.ndarray | jax.Array | list | tuple
    if not (isinstance(left, operands) and isinstance(right, operands)):
        return NotImplemented
    return Arithmetic(symbol, left, right)
