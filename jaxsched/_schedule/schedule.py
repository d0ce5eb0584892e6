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
import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jax.core import Tracer

from jaxsched._data.checks import as_step
from jaxsched._data.data import Data, with_fields
from jaxsched._data.fields import Field
from jaxsched._numerics.counts import is_real, single
from jaxsched._numerics.doubles import Double
from jaxsched._numerics.floats import as_float, x64
from jaxsched._schedule.calling import call, opaque, outside
from jaxsched._schedule.queries import Queries
from jaxsched._typing import Number, Step, Whole


if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INT32 = np.dtype(np.int32)


class Schedule(Data, Queries, abc.ABC, abstract=True):
    """A pure function of the step, stored as data: call it, combine it, trace it, stack it, compare it, print it.

    A schedule of your own is a class with typed fields and a formula:

        class Sawtooth(js.Schedule):
            peak_value: float                      # a value
            period_steps: int                      # a number of steps, 0 or more
            falling: bool = False                  # structure: another one is another program

            def formula(self, step):
                part = step % jnp.maximum(self.period_steps, 1) / jnp.maximum(self.period_steps, 1)
                return self.peak_value * (1 - part if self.falling else part)

    In `formula` every number is a scalar that may be traced, and the step is one and not negative: write `jnp.where`
    for `if`. `jaxsched.fields` has more kinds of fields, each with its rule; rules between fields go into `check`.

    What every schedule can do, with s a schedule:

        s(step)                    its value; step is an integer or an array of them, and a negative one counts as 0
        s + 1, 2 * s, s / t, s**p  arithmetic with schedules and numbers
        s.integral(n)              the sum of its values; s.crossing(value, n), s.extrema(n): when and where
        s.shape, s[i], len(s)      of a stack: numbers that are arrays make one, and so does `stack`
        dataclasses.replace(s, peak_value=0.2), s == t, repr(s), pickle.dumps(s), jax.tree.map(f, s)
        s.expand()                 what a recipe such as `wsd` is made of
        s.plot(n)                  a picture of the steps 0 .. n; a notebook shows one by itself
    """

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

    def __init_subclass__(cls, name: str | None = None, abstract: bool = False, kw_only: bool = False) -> None:
        if abstract:
            return
        if len(cls.__bases__) > 1 or hasattr(cls.__base__, "_fields"):
            raise TypeError(f"{cls.__name__}: every schedule class is final; derive from Schedule itself.")
        if hasattr(cls, "init") and hasattr(cls, "update"):
            raise TypeError(f"{cls.__name__}: with both `init` and `update`, optax would take it for a stateful one.")
        if taken := [field for field in vars(cls).get("__annotations__", {}) if hasattr(Schedule, field)]:
            raise TypeError(f"{cls.__name__}: `{taken[0]}` is a part of every schedule, and cannot be a field.")
        if taken := {"__init__", "__post_init__", "__call__"} & vars(cls).keys():
            raise TypeError(f"{cls.__name__}: Schedule itself defines {', '.join(taken)}; for checks, define `check`.")
        super().__init_subclass__(name=name, kw_only=kw_only)
        cls.formula = _gated(cls.formula, cls._of_the_house or "formula" not in vars(cls))  # pyright: ignore[reportAttributeAccessIssue]

    @staticmethod
    def _constant(value: Any) -> "Schedule":
        """What a bare number is, wherever a schedule is taken."""
        from jaxsched._curves.constant import Constant  # which is a schedule itself

        return Constant(value)

    def expand(self) -> "Schedule":
        """The same curve, with what it is made of in the place of every recipe in it.

        Bit for bit the same values: a recipe computes them from the same numbers.
        """
        from jaxsched._schedule.recipe import expanded  # whose class is a schedule itself

        return expanded(self)

    def plot(self, total_steps: Whole | None = None, **options: Any) -> "Axes":
        """Draw it over the steps 0 .. `total_steps`; see `jaxsched.plotting.plot`, which takes the same options."""
        from jaxsched.plotting import plot

        return plot(self, total_steps, **options)

    def _repr_html_(self) -> str | None:
        """The picture in a notebook."""
        from jaxsched._look.svg import html

        return html(self)

    # Arithmetic with schedules and with numbers.

    def __add__(self, other: "ScheduleLike") -> "Schedule":
        return _arithmetic("+", self, other)

    def __radd__(self, other: Number) -> "Schedule":
        return _arithmetic("+", other, self)

    def __sub__(self, other: "ScheduleLike") -> "Schedule":
        return _arithmetic("-", self, other)

    def __rsub__(self, other: Number) -> "Schedule":
        return _arithmetic("-", other, self)

    def __mul__(self, other: "ScheduleLike") -> "Schedule":
        return _arithmetic("*", self, other)

    def __rmul__(self, other: Number) -> "Schedule":
        return _arithmetic("*", other, self)

    def __neg__(self) -> "Schedule":
        return _arithmetic("*", -1.0, self)

    def __truediv__(self, other: "ScheduleLike") -> "Schedule":
        return _arithmetic("/", self, other)

    def __rtruediv__(self, other: Number) -> "Schedule":
        return _arithmetic("/", other, self)

    def __pow__(self, other: "ScheduleLike") -> "Schedule":
        return _arithmetic("**", self, other)

    def __rpow__(self, other: Number) -> "Schedule":
        return _arithmetic("**", other, self)


ScheduleLike = Schedule | Number
"""A schedule, or a number, which is a constant."""


def _gated(formula: Callable[[Any, jax.Array], Number], of_the_house: bool) -> Callable[[Any, jax.Array], Number]:
    """The formula, behind the gate through which doubles come in.

    The low float of a real length is no number of its own, and has no gradient. In a class of the user's, who writes
    for numbers and not for doubles, a double is one float; and once one length is real, the step and all lengths are
    floats.
    """

    @functools.wraps(formula)
    def gated(self: Schedule, step: jax.Array) -> Number:
        held: dict[Field, Any] = {field: vars(self)[field.name] for field in self._fields if field.holds == "number"}
        lengths = {field: x for field, x in held.items() if field.spec.may_be_real and x is not None}
        if of_the_house:
            pairs = {field.name: x for field, x in lengths.items() if isinstance(x, Double)}
            changed = {name: Double(x.high, jax.lax.stop_gradient(x.low)) for name, x in pairs.items()}
            return formula(with_fields(self, changed) if changed else self, step)
        changed = {field.name: single(x) for field, x in held.items() if isinstance(x, Double)}
        if lengths and is_real(step, *lengths.values()):
            step = as_float(step)
            changed |= {field.name: as_float(single(x)) for field, x in lengths.items()}
        with traceable(self._name, "formula"):
            return formula(with_fields(self, changed) if changed else self, step)

    return gated


@contextlib.contextmanager
def traceable(owner: str, name: str) -> Iterator[None]:
    """Say what to write instead, where a function of the user's asks a traced number for its value."""
    try:
        yield
    except (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError) as error:
        error.add_note(f"{owner}: `{name}` must be traceable: use jnp.where for `if`, and jnp for math and numpy.")
        raise


def _arithmetic(symbol: str, left: Any, right: Any) -> Schedule:
    from jaxsched._schedule.arithmetic import arithmetic  # whose class is a schedule itself

    operands = Schedule | int | float | np.generic | np.ndarray | jax.Array | list | tuple
    if not (isinstance(left, operands) and isinstance(right, operands)):
        return NotImplemented
    return arithmetic(symbol, left, right)
