"""A training function for the rows of a group: traced once, checked, and told apart from others; without a device."""

import hashlib
import inspect
import re
import weakref
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal  # pyright: ignore[reportPrivateImportUsage]

from jaxsched._data.messages import brief_with_type, did_you_mean


@dataclass(frozen=True, eq=False)
class Program:
    """What JAX traced: from the numbers of one row, in the order of its columns, to its metrics."""

    jaxpr: ClosedJaxpr
    metrics: Mapping[str, jax.ShapeDtypeStruct]
    carried: int = 0
    """How many of its first inputs are a state, whose memory its first outputs take."""

    @cached_property
    def code(self) -> str:
        """A hash of what is computed: of the text of the program, which tells no data that it holds."""
        text = re.sub(r" at 0x[0-9a-f]+", "", str(self.jaxpr))  # the address of a function
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def data(self) -> str:
        """A hash of the arrays that the program holds."""
        seen = hashlib.sha256()
        for array in _constants(self.jaxpr):
            numbers = np.asarray(jax.random.key_data(array) if is_key(array) else array)
            seen.update(f"{numbers.dtype}{numbers.shape}".encode())
            seen.update(np.ascontiguousarray(numbers).tobytes())
        return seen.hexdigest()

    @property
    def size(self) -> int:
        """The bytes of all that is computed for a row, as if nothing were forgotten: by it, programs can be ordered."""
        return sum(_bytes(x.aval) for within in _all(self.jaxpr) for equation in within.eqns for x in equation.outvars)


def check_columns(
    train: Callable[..., Any], columns: Mapping[str, Any], function: str = "train", others: Collection[str] = ()
) -> None:
    """Raise unless the columns are what the function takes by name, beside `others`."""
    try:
        parameters = inspect.signature(train).parameters.values()
    except (TypeError, ValueError):  # of a builtin
        return
    by_name = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    by_name = [p for p in by_name if p.name not in others]
    known = [p.name for p in by_name]
    takes_any = any(p.kind == p.VAR_KEYWORD for p in parameters)
    if not takes_any and (unknown := [name for name in columns if name not in known]):
        near = did_you_mean(unknown[0], known)
        its = f" Its arguments are {', '.join(known)}." if known else " It takes none."
        raise TypeError(f"sweep: `{function}` has no argument for the column `{unknown[0]}`{near}{its}")
    if missing := [p.name for p in by_name if p.default is p.empty and p.name not in columns]:
        there = ", ".join(columns)
        near = did_you_mean(missing[0], columns)
        raise TypeError(
            f"sweep: `configs` has no column for the argument `{missing[0]}` of `{function}`{near} It has {there}."
        )


def row_of(train: Callable[..., Any], names: tuple[str, ...], static: Mapping[str, Any]) -> Any:
    """The function of one row, which is not kept alive by it, ready to be traced; JAX keeps its traces."""
    held = weakly(train)

    def train_row(*numbers: jax.Array) -> OrderedDict[str, jax.Array]:  # JAX would sort a dict
        metrics = held()(**dict(zip(names, numbers, strict=True)), **static)
        return OrderedDict(checked(metrics, {*names, *static}, "train"))

    return jax.jit(train_row)


def trace(row: Any, numbers: Mapping[str, np.ndarray], explain: Callable[[Exception], Exception]) -> Program:
    """Trace the function of one row for numbers of these types."""
    traced = traced_for(row, [jax.ShapeDtypeStruct((), column.dtype) for column in numbers.values()], explain)
    return Program(traced.jaxpr, {name: aval_of(x) for name, x in traced.out_info.items()})


def traced_for(function: Any, avals: Sequence[Any], explain: Callable[[Exception], Exception]) -> Any:
    """What JAX traces of a function for arguments of these types; an error is explained."""
    try:
        return function.trace(*avals)
    except Exception as error:
        if (explanation := explain(error)) is error:
            raise
        raise explanation from error


def aval_of(x: Any) -> jax.ShapeDtypeStruct:
    """Its shape and type."""
    return jax.ShapeDtypeStruct(x.shape, x.dtype)


def explained(
    make: Callable[..., Any],
    values: Mapping[str, Any],
    static: Mapping[str, Any],
    error: Exception,
    state: Sequence[jax.ShapeDtypeStruct] = (),
    function: str = "train",
) -> Exception:
    """An error of a trace; if it is because of numbers whose values were needed, one that names these.

    All numbers of the row are given, then all but one. The function to trace is made of the names of those that are
    traced and of what is given.
    """

    def fails(traced: list[str]) -> bool:
        given = {**static, **{name: value for name, value in values.items() if name not in traced}}
        names = tuple(traced)
        try:
            row = (jax.ShapeDtypeStruct((), jnp.result_type(values[name])) for name in names)
            make(names, given).trace(*state, *row)
        except Exception:
            return True
        return False

    may_be = isinstance(error, TypeError | IndexError)  # as those of JAX are, and those of Python that a tracer meets
    needed = [] if not may_be or fails([]) else [name for name in values if fails([name])]
    if not needed:
        return error
    columns = " and ".join(f"`{name}`" for name in needed)
    typed = ", ".join(f'"{name}"' for name in needed)
    return TypeError(
        f"sweep: `{function}` needs the value of {columns} while it is traced, for a shape, a loop or a branch. Pass "
        f"static=({typed},), which compiles once for each value, or choose by jnp.where. JAX says: "
        f"{str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__}"
    )


def check_alike(programs: Sequence[tuple[str, Program]]) -> None:
    """Raise unless all groups, each with what it shares, have the same metrics."""
    (first, one), *others = programs
    for group, other in others:
        if one.metrics == other.metrics:
            continue
        for name in [*one.metrics, *other.metrics]:
            here, there = (_described(program.metrics.get(name)) for program in (one, other))
            if here != there:
                rule = "`train` must return the same metrics for every row"
                raise ValueError(f"sweep: {rule}, got `{name}`: {here} for {first}, and {there} for {group}.")


def check_scalars(owner: str, metrics: Mapping[str, jax.ShapeDtypeStruct], names: Sequence[str]) -> None:
    """Raise unless there are metrics of these names, each of which is one real number."""
    for name in names:
        if name not in metrics:
            near = did_you_mean(name, metrics)
            raise ValueError(f"{owner}: there is no metric `{name}`{near} The metrics are {', '.join(metrics)}.")
        if not is_real_scalar(metrics[name]):
            raise ValueError(f"{owner}: the metric `{name}` must be a real scalar, got {_described(metrics[name])}.")


def is_real_scalar(metric: jax.ShapeDtypeStruct) -> bool:
    return metric.shape == () and metric.dtype.kind != "c"


def _described(metric: jax.ShapeDtypeStruct | None) -> str:
    return "none" if metric is None else f"{metric.dtype.name}{list(metric.shape)}"


def checked(metrics: Any, columns: set[str], function: str) -> Iterator[tuple[str, jax.Array]]:
    """The metrics as arrays, by name."""
    if not isinstance(metrics, Mapping) or not all(isinstance(name, str) for name in metrics):
        raise TypeError(f"sweep: `{function}` must return a dict of arrays by name, got {type(metrics).__name__}.")
    if not metrics:
        raise ValueError(f"sweep: `{function}` must return at least one metric, got none.")
    if clash := sorted(columns & metrics.keys()):
        raise ValueError(f"sweep: a metric must not have the name of a column, got {clash}.")
    for name, metric in metrics.items():
        try:
            if metric is None:
                raise TypeError("None")
            array = jnp.asarray(metric)
        except (TypeError, ValueError):
            hint = "; leave it out where there is none" if metric is None else ""
            raise TypeError(
                f"sweep: the metric `{name}` must be an array, got {brief_with_type(metric)}{hint}."
            ) from None
        if is_key(array):
            raise TypeError(
                f"sweep: the metric `{name}` must be an array of numbers, got a key; see jax.random.key_data."
            )
        yield name, array


def weakly(train: Any) -> Callable[[], Any]:
    """A function that gives this one, which is not kept alive by it."""
    try:
        return weakref.WeakMethod(train) if inspect.ismethod(train) else weakref.ref(train)
    except TypeError:
        return lambda: train


def is_key(array: Any) -> bool:
    """Whether it is made of random keys."""
    return jnp.issubdtype(array.dtype, jax.dtypes.prng_key)


def _constants(program: ClosedJaxpr) -> Iterator[Any]:
    """The arrays that a program holds."""
    for within in _all(program):
        yield from getattr(within, "consts", ())
        literals = (x.val for equation in within.eqns for x in equation.invars if isinstance(x, Literal))
        yield from (x for x in literals if np.ndim(x))  # the text shows scalars


def _all(program: ClosedJaxpr | Jaxpr) -> Iterator[ClosedJaxpr | Jaxpr]:
    """A program and those within it, at any depth."""
    yield program
    for equation in program.eqns:
        for parameter in equation.params.values():
            for x in parameter if isinstance(parameter, tuple | list) else (parameter,):
                if isinstance(x, ClosedJaxpr | Jaxpr):
                    yield from _all(x)


def _bytes(aval: Any) -> int:
    return int(np.prod(aval.shape)) * aval.dtype.itemsize if hasattr(aval, "shape") else 0
