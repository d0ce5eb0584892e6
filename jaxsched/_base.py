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

How a class becomes a pytree is in `_data`. *Calling* is one jitted function for all schedules, so its cache holds one
executable per structure, whatever the numbers.
"""

import abc
import math
from collections.abc import Callable
from functools import cache, partial
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

from jaxsched._data import Data, broadcast_numbers, map_numbers
from jaxsched._leaves import as_step, checked_leaf, default_dtype, show
from jaxsched._numerics import finite, quotient
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
            outside = vars(self)["_outside"] = _outside(self)
        return outside(step) if outside else _call(self, jnp.asarray(step, default_dtype(integer=True)))

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


# Calling: one jitted function for all schedules.


@partial(jax.jit, inline=True)
def _call(schedule: Schedule, step: jax.Array) -> jax.Array:
    return values_at(schedule, jnp.maximum(step, 0))


def _opaque(schedule: Schedule) -> Schedule:
    """The same numbers, none of which the compiler sees.

    It would round a division by one that it knows otherwise: as a product with the reciprocal. So a schedule has the
    same bits, whether a program holds its numbers or is given them.
    """
    leaves, structure = jax.tree.flatten(schedule)
    known = [i for i, leaf in enumerate(leaves) if not isinstance(leaf, Tracer)]
    hidden = jax.lax.optimization_barrier([leaves[i] for i in known]) if known else []
    for i, leaf in zip(known, hidden, strict=True):
        leaves[i] = leaf
    return jax.tree.unflatten(structure, leaves)


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
