"""The arguments of the constructors of optax: how they are checked, and what is known of them."""

import functools
import inspect
import itertools
import operator
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ParamSpec

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._combinators.clocks import shift
from jaxsched._data.checks import as_array, as_exact, as_leaf, is_jax_real, is_traced
from jaxsched._data.messages import brief_with_type
from jaxsched._numerics.counts import not_negative, single
from jaxsched._numerics.floats import as_float, default_dtype
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import LENGTH, Amount, Number, Spec, declared, plain, spec_of
from jaxsched.fields import Offset


P = ParamSpec("P")

Steps = Offset
"""A number of steps, of which 0 or less has a meaning of its own in optax."""

Time = Annotated[Amount, Spec("time")]
"""The same of a time constant, which may be a part of a step."""

Divisor = Annotated[Number, Spec(minimum=0, positive=True)]
"""More than 0."""


def constructor(make: Callable[P, Schedule]) -> Callable[P, Schedule]:
    """A function whose arguments are checked as they are annotated; its errors name it, and what the user typed."""
    name, signature, annotations = make.__name__, inspect.signature(make), declared(make)
    specs = {key: spec_of(annotations[key]) for key in signature.parameters}

    @functools.wraps(make)
    def checked(*args: P.args, **words: P.kwargs) -> Schedule:
        try:
            given = signature.bind(*args, **words)
            given.apply_defaults()
            for key, (spec, optional) in specs.items():
                if spec and spec.ndim == 0 and not (optional and given.arguments[key] is None):
                    given.arguments[key] = number(name, key, given.arguments[key], spec)
            return make(*given.args, **given.kwargs)
        except (TypeError, ValueError) as error:
            if str(error).startswith(f"{name}: "):
                raise
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{name}: {error}") from error

    shown = [each.replace(annotation=plain(annotations[key])) for key, each in signature.parameters.items()]
    vars(checked)["__signature__"] = signature.replace(parameters=shown)
    return checked


def number(owner: str, name: str, given: Any, spec: Spec) -> Any:
    """The number, checked; a known one in the precision in which it came, so that what is computed is short, too."""
    array = as_array(owner, name, given, spec)
    if isinstance(array, jax.Array) or is_jax_real(array):
        return as_leaf(array, spec)
    array = as_exact(array)
    if spec.kind == "length":  # which is not a part of the run
        as_array(owner, name, np.maximum(array, 0), LENGTH)
    return array


def is_known(x: Any, value: Any) -> bool:
    """Whether it is one number that is known, and is this one."""
    if is_traced(x) or is_traced(value):
        return False
    x, value = as_exact(x), as_exact(value)
    return x.ndim == value.ndim == 0 and bool(x == value)


def at_most_zero(steps: Any) -> bool:
    """Whether it is one number that is known, and at most 0."""
    return not is_traced(steps) and as_exact(steps).ndim == 0 and bool(as_exact(steps) <= 0)


def begun(schedule: Schedule, begin: Any) -> Schedule:
    """From a step on; a negative one counts as 0."""
    if is_traced(begin):
        return shift(schedule, not_negative(begin))
    begin = np.maximum(as_exact(begin), 0)
    return shift(schedule, begin) if begin.any() else schedule


def part_of(part: Any, steps: Any) -> Any:
    """A part of the steps, rounded down as in optax, which computes it in float64; what is traced, in a float."""
    if is_traced(part) or is_traced(steps):
        return jnp.floor(as_float(part) * as_float(single(steps))).astype(default_dtype(integer=True))
    return np.floor(np.asarray(part) * as_exact(steps)).astype(np.int64)


def running_products(
    owner: str, init_value: Any, boundaries_and_scales: Mapping[Any, Any] | None
) -> tuple[list[Any], list[Any]]:
    """The boundaries in order, and the value that begins with each, the first one before all of them."""
    if not isinstance(boundaries_and_scales, Mapping | None):
        came = brief_with_type(boundaries_and_scales)
        raise TypeError(f"{owner}: `boundaries_and_scales` must be a dict of scales by boundary, got {came}.")
    pairs = sorted((boundaries_and_scales or {}).items(), key=operator.itemgetter(0))
    scales = [number(owner, f"boundaries_and_scales[{at}]", scale, Spec(minimum=0)) for at, scale in pairs]
    return [at for at, _ in pairs], list(itertools.accumulate(scales, operator.mul, initial=init_value))
