"""What several test files need."""

import inspect
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Any

import hypothesis
import jax
import jax.experimental
import jax.extend.core
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched._data.checks import as_pair
from jaxsched._data.data import map_numbers
from jaxsched._data.fields import Field
from jaxsched._schedule.programs import Program


# a context manager, which older versions of JAX keep elsewhere
enable_x64: Any = vars(jax if hasattr(jax, "enable_x64") else jax.experimental)["enable_x64"]


def makes_a_schedule(public: object) -> bool:
    """Whether it is a class of schedules, or a function that returns one."""
    if inspect.isclass(public):
        return issubclass(public, js.Schedule) and public is not js.Schedule
    return inspect.isfunction(public) and inspect.signature(public).return_annotation is js.Schedule


MAKE_ONE = {name for name in js.__all__ if makes_a_schedule(getattr(js, name))} - {"build", "stack", "loads"}
"""The public names that make a schedule; two others make a stack, and one reads a text."""


def tiers(cases: Mapping[str, Any] | Iterable[str], always: Container[str]) -> list[Any]:
    """The cases of a test: those of these names run always, and the others with `--thorough` only."""
    named = cases if isinstance(cases, Mapping) else {name: name for name in cases}
    marks = {name: () if name in always else pytest.mark.thorough for name in named}
    return [pytest.param(case, id=name, marks=marks[name]) for name, case in named.items()]


def examples(few: int, many: int) -> hypothesis.settings:
    """How many examples hypothesis draws of what takes a compilation each; many with `--thorough`."""
    fresh = not hypothesis.settings().derandomize
    return hypothesis.settings(max_examples=many if fresh else few)


def assert_equal(a: Any, b: Any) -> None:
    """Two trees of one structure, with the same arrays."""
    assert jax.tree.structure(a) == jax.tree.structure(b)
    jax.tree.map(np.testing.assert_array_equal, a, b)


def bits(table: js.Results) -> dict[str, Any]:
    """All that is in a table, by column; NaN too has bits."""
    columns = {**table.columns, "rows": table.rows}
    return {name: (x.dtype, x.shape, x.tolist() if x.dtype == object else x.tobytes()) for name, x in columns.items()}


def compilations(jitted: Any) -> int:
    """How many executables a jitted function holds, or all programs of a kind."""
    if isinstance(jitted, Program):
        return sum(map(compilations, jitted.programs()))
    return jitted._cache_size()


def forget(program: Program) -> None:
    """Drop all programs of a kind."""
    program._kept.clear()


def float_leaves(schedule: js.Schedule) -> tuple[list[Any], Any]:
    """The float leaves of a schedule, and a function from others in their place to a schedule."""
    leaves, structure = jax.tree.flatten(schedule)
    where = [i for i, leaf in enumerate(leaves) if jnp.issubdtype(leaf.dtype, np.floating)]

    def rebuild(floats: list[Any]) -> js.Schedule:
        others = list(leaves)
        for i, x in zip(where, floats, strict=True):
            others[i] = x
        return jax.tree.unflatten(structure, others)

    return [leaves[i] for i in where], rebuild


def with_lengths(schedule: js.Schedule, change: Callable[[np.ndarray], np.ndarray]) -> js.Schedule:
    """The same with other lengths in the place of whole ones, all of them real."""

    def changed(x: Any, field: Field) -> Any:
        return as_pair(change(np.asarray(x))) if field.spec.may_be_real and field.spec.kind != "ratio" else x

    return map_numbers(changed, schedule)


def made_real(schedule: js.Schedule) -> js.Schedule:
    """The same with all its whole lengths a part of a step longer."""
    return with_lengths(schedule, lambda x: x + 0.2718281828459045)


def with_other_quotients(
    fn: Callable[..., Any], divide: Callable[[jax.Array, jax.Array], jax.Array]
) -> Callable[..., Any]:
    """The function on a machine that divides floats in another way."""

    def evaluate(jaxpr: Any, consts: Sequence[Any], arguments: Sequence[Any]) -> list[Any]:
        known = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *arguments], strict=True))
        for equation in jaxpr.eqns:
            given = [x.val if isinstance(x, jax.extend.core.Literal) else known[x] for x in equation.invars]
            if equation.primitive.name in ("jit", "pjit"):
                inner = equation.params["jaxpr"]
                results = evaluate(inner.jaxpr, inner.consts, given)
            elif equation.primitive.name == "div" and jnp.issubdtype(equation.outvars[0].aval.dtype, np.floating):
                results = [divide(*given)]
            else:
                results = equation.primitive.bind(*given, **equation.params)
                results = results if equation.primitive.multiple_results else [results]
            known.update(zip(equation.outvars, results, strict=True))
        return [known[x] for x in jaxpr.outvars]

    def other(*arguments: Any) -> Any:
        closed, shape = jax.make_jaxpr(fn, return_shape=True)(*arguments)
        results = evaluate(closed.jaxpr, closed.consts, jax.tree.leaves(arguments))
        return jax.tree.unflatten(jax.tree.structure(shape), results)

    return other


def next_floats(x: jax.Array, ulps: Any) -> jax.Array:
    """The numbers so many units in the last place further from 0; 0 itself is exact on every machine."""
    bits = jax.lax.bitcast_convert_type(x, np.int64 if x.dtype == np.float64 else np.int32)
    return jnp.where(x == 0, x, jax.lax.bitcast_convert_type(bits + ulps, x.dtype))
