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

How a class becomes a pytree is in `_data`. *Calling*, in `calling`, is one compiled program per structure, whatever
the numbers; how those are kept is in `programs`.
"""

import abc
import functools
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.core import Tracer
from jax.typing import ArrayLike

from jaxsched._data.checks import as_step
from jaxsched._data.data import Data, with_fields
from jaxsched._numerics.counts import is_real, single
from jaxsched._numerics.doubles import Double
from jaxsched._numerics.floats import as_float, x64
from jaxsched._schedule.calling import call, opaque, outside
from jaxsched._schedule.queries import Queries
from jaxsched._typing import Number, Step


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
                return call(opaque(self), step)
        try:
            called = self.__dict__["_outside"]  # made by the first call outside of a program
        except KeyError:
            called = outside(self)
            if not x64():  # what is of 64 bits may be called without them later
                vars(self)["_outside"] = called
        return called(step)

    def __init_subclass__(cls, name: str | None = None) -> None:
        if cls.__bases__ != (Schedule,):
            raise TypeError(f"{cls.__name__}: every schedule class is final; derive from Schedule itself.")
        if hasattr(cls, "init") and hasattr(cls, "update"):
            raise TypeError(f"{cls.__name__}: with both `init` and `update`, optax would take it for a stateful one.")
        if taken := {"__init__", "__post_init__", "__call__"} & vars(cls).keys():
            raise TypeError(f"{cls.__name__}: Schedule itself defines {', '.join(taken)}; for checks, define `_check`.")
        cls.formula = _gated(cls.formula)  # pyright: ignore[reportAttributeAccessIssue]
        super().__init_subclass__(name=name)

    @staticmethod
    def _constant(value: Any) -> "Schedule":
        """What a bare number is, wherever a schedule is taken."""
        from jaxsched._curves.constant import Constant  # which is a schedule itself

        return Constant(value)

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

    def __pow__(self, other: "Schedule | ArrayLike") -> "Schedule":
        return _arithmetic("**", self, other)

    def __rpow__(self, other: ArrayLike) -> "Schedule":
        return _arithmetic("**", other, self)


def _gated(formula: Callable[[Any, jax.Array], Number]) -> Callable[[Any, jax.Array], Number]:
    """The formula, behind the gate through which real lengths come in.

    The low float of one is no number of its own, and has no gradient. In a class of the user's, who writes for numbers
    and not for doubles, a real length is one float; then the step and all lengths of the class are floats.
    """

    @functools.wraps(formula)
    def gated(self: Schedule, step: jax.Array) -> Number:
        held = {field: vars(self)[field.name] for field in self._fields if field.spec.may_be_real}
        plain = [field for field, length in held.items() if field.spec.plain and length is not None]
        in_floats = plain and is_real(step, *(held[field] for field in plain))
        changed: dict[str, Any] = {}
        for field, length in held.items():
            if isinstance(length, Double):
                changed[field.name] = Double(length.high, jax.lax.stop_gradient(length.low))
        if in_floats:
            step = as_float(step)
            for field in plain:
                changed[field.name] = as_float(single(changed.get(field.name, held[field])))
        return formula(with_fields(self, changed) if changed else self, step)

    return gated


def _arithmetic(symbol: str, left: Any, right: Any) -> Schedule:
    from jaxsched._schedule.arithmetic import arithmetic  # whose class is a schedule itself

    operands = Schedule | int | float | np.generic | np.ndarray | jax.Array | list | tuple
    if not (isinstance(left, operands) and isinstance(right, operands)):
        return NotImplemented
    return arithmetic(symbol, left, right)
