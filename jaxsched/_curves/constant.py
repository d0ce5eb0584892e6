"""The two that have no shape of their own: one value for ever, and any function of the step."""

from collections.abc import Callable
from typing import Any

import jax

from jaxsched._data.checks import checked_leaf
from jaxsched._data.messages import brief
from jaxsched._schedule.schedule import Schedule, traceable
from jaxsched._typing import Number, Spec
from jaxsched.fields import Value


class Constant(Schedule):
    """One value at every step.

        η(t) = η_0

    Args:
        value: η_0.

    >>> [float(Constant(0.5)(t)) for t in (0, 1000)]
    [0.5, 0.5]

    optax `constant_schedule`; PyTorch's plain `lr`.
    """

    value: Value

    def formula(self, step: jax.Array) -> Number:
        return self.value


class FromFunction(Schedule):
    """Any traceable function of the step.

        η(t) = f(t)

    The function is structure, not data: two functions are two executables, and equal only if they are the same
    object. Numbers that should be swept belong outside of it, as in `peak_value * FromFunction(f)`. The promises of
    a schedule (finite at every step, finite gradients) are as good as the function.

    Args:
        fn: f, from a scalar int32 step to a real scalar, written with `jnp`: no `if`, `float` or `int` of the step.
            Behind a real boundary the step is a float32: 0.5, 1.5, ..., of which none is even.

    Raises:
        TypeError: if `fn` is not callable or not hashable; when called, if `fn` does not return a real scalar.

    >>> half_every_ten = 0.1 * FromFunction(lambda t: 0.5 ** (t // 10))
    >>> [round(float(half_every_ten(t)), 4) for t in (0, 9, 10, 20)]
    [0.1, 0.1, 0.05, 0.025]

    PyTorch `LambdaLR`, where the function is a factor of the initial rate, as here.
    """

    fn: Callable[[jax.Array], Any]

    def check(self) -> None:
        if not callable(self.fn):
            raise TypeError(f"FromFunction: `fn` must be a function of the step, got {brief(self.fn)}.")

    def formula(self, step: jax.Array) -> Number:
        with traceable("FromFunction", "fn"):
            return checked_leaf("FromFunction", "fn(step)", self.fn(step), Spec())
