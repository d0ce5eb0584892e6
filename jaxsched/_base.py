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

How a class becomes a pytree is in `_data`. *Calling* is one compiled program per structure, whatever the numbers; how
those are kept is in `_programs`.
"""

import abc
import math
from collections.abc import Callable, Iterator
from functools import partial, reduce
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

from jaxsched._data import Data, broadcast_numbers, map_numbers, narrowed
from jaxsched._leaves import as_step, checked_leaf, default_dtype, show, x64
from jaxsched._numerics import finite, quotient
from jaxsched._programs import Kind, Program
from jaxsched._queries import Queries
from jaxsched._typing import Leaf, Number, Step


_INT32 = np.dtype(np.int32)


class Schedule(Data, Queries, abc.ABC, abstract=True):
    """A pure function of the step, stored as data. The one abstract class: every subclass is final."""

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
                return _call(_opaque(self), step)
        try:
            outside = self.__dict__["_outside"]  # made by the first call outside of a program
        except KeyError:
            outside = _outside(self)
            if not x64():  # what is of 64 bits may be called without them later
                vars(self)["_outside"] = outside
        return outside(step)

    def __init_subclass__(cls, name: str | None = None) -> None:
        if cls.__bases__ != (Schedule,):
            raise TypeError(f"{cls.__name__}: every schedule class is final; derive from Schedule itself.")
        if hasattr(cls, "init") and hasattr(cls, "update"):
            raise TypeError(f"{cls.__name__}: with both `init` and `update`, optax would take it for a stateful one.")
        if taken := {"__init__", "__post_init__", "__call__"} & vars(cls).keys():
            raise TypeError(f"{cls.__name__}: Schedule itself defines {', '.join(taken)}; for checks, define `_check`.")
        super().__init_subclass__(name=name)

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


# Calling: one program per structure.


def _value(schedule: Schedule, step: Any) -> jax.Array:
    return values_at(schedule, jnp.maximum(jnp.asarray(step, default_dtype(integer=True)), 0))


def _unpacked(packed: jax.Array, kinds: tuple[Kind, ...]) -> list[jax.Array]:
    """The leaves in one array of 32 bits for each of their numbers."""
    ends = np.cumsum([math.prod(kind.shape) for kind in kinds])
    bits = zip(jnp.split(packed, ends[:-1]), kinds, strict=True)
    return [jax.lax.bitcast_convert_type(x, kind.dtype).reshape(kind.shape) for x, kind in bits]


_call, _call_packed = Program(_value, inline=True), Program(_value, unpack=_unpacked)


def _opaque(schedule: Schedule) -> Schedule:
    """The same numbers, none of which the compiler sees.

    It would round a division by one that it knows otherwise: as a product with the reciprocal. So a schedule has the
    same bits, whether a program holds its numbers or is given them.

    That holds for steps of one shape. For another shape the compiler may fuse other products with sums, which changes
    the last bit of a value; a difference of close values shows it, and so does what `splice` divides by one.
    """
    leaves, structure = jax.tree.flatten(narrowed(schedule))
    known = [i for i, leaf in enumerate(leaves) if not isinstance(leaf, Tracer)]
    hidden = jax.lax.optimization_barrier([leaves[i] for i in known]) if known else []
    for i, leaf in zip(known, hidden, strict=True):
        leaves[i] = leaf
    return jax.tree.unflatten(structure, leaves)


def _outside(schedule: Schedule) -> Callable[[Any], jax.Array]:
    """The call of one schedule outside of any program, where every array that is handed over costs time.

    One array holds all numbers. The call must not hold the schedule itself, which would then be freed late.
    """
    leaves = jax.tree.leaves(schedule)
    packable = all(isinstance(leaf, np.ndarray | np.generic) and leaf.itemsize == 4 for leaf in leaves)
    if schedule.shape or not leaves or not packable:
        program, leaves = _call.of(schedule)
        if all(isinstance(leaf, np.ndarray | np.generic) for leaf in leaves):
            with jax.ensure_compile_time_eval():
                leaves = jax.device_put(leaves)
        return partial(program, leaves)
    program, _ = _call_packed.of(schedule)
    with jax.ensure_compile_time_eval():
        packed = jax.device_put(np.concatenate([leaf.ravel().view(np.int32) for leaf in leaves]))  # compiles nothing
    return partial(program, packed)


def values_at(schedule: Schedule, steps: jax.Array) -> jax.Array:
    """The values of a stack at steps of which none is negative, inside a program.

    On a mesh of explicit axes they lie as the rows and the steps do; how a table that is looked up lies is left to XLA.
    """
    rows, columns = _spread((len(schedule.shape), jax.tree.leaves(schedule)), (steps.ndim, [steps]))
    if any((*rows, *columns)):
        spec = jax.sharding.PartitionSpec(*rows, *columns)
        spread = jax.sharding.auto_axes(_values_at, out_sharding=spec)
        return spread(schedule, steps)  # pyright: ignore[reportCallIssue]
    return _values_at(schedule, steps)


def _spread(*arrays: tuple[int, list[Any]]) -> Iterator[tuple[Any, ...]]:
    """Over which explicit axes of the mesh that is set the first axes of arrays lie, from the first that do."""
    is_set = hasattr(jax, "set_mesh") and not jax.sharding.get_abstract_mesh().empty
    for ndim, alike in arrays:
        specs = (tuple(jax.typeof(x).sharding.spec)[:ndim] for x in alike if is_set)
        yield next((spec for spec in specs if any(spec)), (None,) * ndim)


def _values_at(schedule: Schedule, steps: jax.Array) -> jax.Array:
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


class Arithmetic(Schedule):
    """Schedules and numbers under one of + - * /, from left to right, or the least or greatest of them.

        (a ∘ b ∘ c)(t) = (a(t) ∘ b(t)) ∘ c(t)

    Written with the operators, `minimum` and `maximum`. No step can make the value or its gradient infinite: a
    quotient is 0 where its denominator is less than 10⁻¹⁸ from 0, and what overflows is the largest float.

    Args:
        symbol: "+", "-", "*", "/", "minimum" or "maximum".
        operands: schedules and numbers; a concrete number 0 cannot divide.

    >>> import jaxsched as js
    >>> 0.1 * js.Linear(1.0, 0.0, 10) + 1.0
    ((0.1 * Linear(init_value=1.0, end_value=0.0, transition_steps=10)) + 1.0)
    """

    symbol: str
    operands: Annotated[tuple[Schedule | Number, ...], Leaf(or_schedule=True)]

    def _check(self) -> None:
        for divisor in self.operands[1:] if self.symbol == "/" else ():
            if isinstance(divisor, np.generic | np.ndarray) and not np.all(divisor):
                raise ValueError(f"Arithmetic: a schedule cannot be divided by zero, got {show(divisor)}.")

    def formula(self, step: jax.Array) -> Number:
        values = (x.formula(step) if isinstance(x, Schedule) else x for x in self.operands)
        return reduce(_OPERATIONS[self.symbol], map(jnp.asarray, values))

    def __repr__(self) -> str:
        operands = map(show, self.operands)
        infix = len(self.symbol) == 1
        return f"({f' {self.symbol} '.join(operands)})" if infix else f"{self.symbol}({', '.join(operands)})"


_OPERATIONS: dict[str, Callable[[jax.Array, jax.Array], jax.Array]] = {
    "+": lambda a, b: finite(a + b),
    "-": lambda a, b: finite(a - b),
    "*": lambda a, b: finite(a * b),
    "/": quotient,
    "minimum": jnp.minimum,
    "maximum": jnp.maximum,
}


def arithmetic(symbol: str, first: Any, *others: Any) -> Schedule:
    """What is of the same kind on the left is continued: hundreds of schedules are one, and no tower of pairs."""
    continued = isinstance(first, Arithmetic) and first.symbol == symbol
    return Arithmetic(symbol, (*(first.operands if continued else (first,)), *others))


def _arithmetic(symbol: str, left: Any, right: Any) -> Schedule:
    operands = Schedule | int | float | np.generic | np.ndarray | jax.Array | list | tuple
    if not (isinstance(left, operands) and isinstance(right, operands)):
        return NotImplemented
    return arithmetic(symbol, left, right)
