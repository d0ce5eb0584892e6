"""Arithmetic with schedules and numbers."""

from collections.abc import Callable
from functools import reduce
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import checked_leaf
from jaxsched._data.messages import brief
from jaxsched._data.source import Show
from jaxsched._numerics.floats import finite, quotient, raised
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._typing import Number, Spec


OPERAND = Spec(or_schedule=True)


class Arithmetic(Schedule):
    """Schedules and numbers under one of + - * / **, from left to right, or the least or greatest of them.

        (a ∘ b ∘ c)(t) = (a(t) ∘ b(t)) ∘ c(t)

    Written with the operators, `minimum` and `maximum`. No step can make the value or its gradient infinite: a
    quotient is 0 where its denominator is less than 10⁻¹⁸ from 0, a power where it would be infinite or no real number,
    and what overflows is the largest float.

    Args:
        symbol: "+", "-", "*", "/", "**", "minimum" or "maximum".
        operands: schedules and numbers; a concrete number 0 cannot divide.

    >>> import jaxsched as js
    >>> 0.1 * js.Linear(1.0, 0.0, 10) + 1.0
    ((0.1 * Linear(init_value=1.0, end_value=0.0, transition_steps=10)) + 1.0)
    """

    symbol: str
    operands: Annotated[tuple[ScheduleLike, ...], OPERAND]

    def check(self) -> None:
        for divisor in self.operands[1:] if self.symbol == "/" else ():
            if isinstance(divisor, np.generic | np.ndarray) and not np.all(divisor):
                raise ValueError(f"Arithmetic: a schedule cannot be divided by zero, got {brief(divisor)}.")

    def formula(self, step: jax.Array) -> Number:
        values = (x.formula(step) if isinstance(x, Schedule) else x for x in self.operands)
        return reduce(_OPERATIONS[self.symbol], map(jnp.asarray, values))

    def _source(self, show: Show) -> str:
        operands = map(show, self.operands)
        if self.symbol == "**":
            operands = (f"({shown})" if shown.startswith("-") else shown for shown in operands)
        infix = not self.symbol.isalpha()
        return f"({f' {self.symbol} '.join(operands)})" if infix else f"{self.symbol}({', '.join(operands)})"


_OPERATIONS: dict[str, Callable[[jax.Array, jax.Array], jax.Array]] = {
    "+": lambda a, b: finite(a + b),
    "-": lambda a, b: finite(a - b),
    "*": lambda a, b: finite(a * b),
    "/": quotient,
    "**": raised,
    "minimum": jnp.minimum,
    "maximum": jnp.maximum,
}


def arithmetic(symbol: str, *operands: Any, owner: str | None = None) -> Schedule:
    """What is of the same kind on the left is continued: hundreds of schedules are one, and no tower of pairs.

    Not so powers, which Python writes from right to left. Errors name the `owner`, or the operator.
    """
    owner = owner or (symbol if symbol.isalpha() else f"the operator {symbol}")
    flat: list[Any] = []
    for i, x in enumerate(operands):
        if i == 0 and isinstance(x, Arithmetic) and x.symbol == symbol != "**":
            flat += x.operands
        else:
            flat.append(x if isinstance(x, Schedule) else checked_leaf(owner, f"operand {i}", x, OPERAND))
    try:
        return Arithmetic(symbol, tuple(flat))
    except ValueError as error:
        raise ValueError(str(error).replace("Arithmetic", owner, 1)) from None
