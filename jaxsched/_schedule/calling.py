"""The routes of a call: one compiled program per structure, whatever the numbers.

- In a program, where the step is traced: `call`, which is inlined, with numbers that are `opaque`.
- Outside of one, a schedule: `call_packed`, with all numbers in one array on the device, which `outside` keeps.
- Outside of one, a stack, or numbers that are no NumPy numbers of 32 bits: `call`, with a list of them.

All end in `values_at`, and so do the tables of `evaluate`.
"""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from jaxsched._data.checks import checked_leaf
from jaxsched._data.data import Data, broadcast_numbers, map_numbers, narrowed
from jaxsched._data.messages import brief
from jaxsched._numerics.floats import default_dtype
from jaxsched._schedule.programs import Kind, Program
from jaxsched._typing import Spec


def _value(schedule: Data, step: Any) -> jax.Array:
    return values_at(schedule, jnp.maximum(jnp.asarray(step, default_dtype(integer=True)), 0))


def _unpacked(packed: jax.Array, kinds: tuple[Kind, ...]) -> list[jax.Array]:
    """The leaves in one array of 32 bits for each of their numbers."""
    ends = np.cumsum([math.prod(kind.shape) for kind in kinds])
    bits = zip(jnp.split(packed, ends[:-1]), kinds, strict=True)
    return [jax.lax.bitcast_convert_type(x, kind.dtype).reshape(kind.shape) for x, kind in bits]


call, call_packed = Program(_value, inline=True), Program(_value, unpack=_unpacked)


def opaque(schedule: Data) -> Data:
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


def outside(schedule: Data) -> Callable[[Any], jax.Array]:
    """The call of one schedule outside of any program, where every array that is handed over costs time.

    One array holds all numbers. The call must not hold the schedule itself, which would then be freed late.
    """
    leaves = jax.tree.leaves(schedule)
    packable = all(isinstance(leaf, np.ndarray | np.generic) and leaf.itemsize == 4 for leaf in leaves)
    if schedule.shape or not leaves or not packable:
        program, leaves = call.of(schedule)
        if all(isinstance(leaf, np.ndarray | np.generic) for leaf in leaves):
            with jax.ensure_compile_time_eval():
                leaves = jax.device_put(leaves)
        return partial(program, leaves)
    program, _ = call_packed.of(schedule)
    with jax.ensure_compile_time_eval():
        packed = jax.device_put(np.concatenate([leaf.ravel().view(np.int32) for leaf in leaves]))  # compiles nothing
    return partial(program, packed)


def values_at(schedule: Data, steps: jax.Array) -> jax.Array:
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


def _values_at(schedule: Data, steps: jax.Array) -> jax.Array:
    def value(schedule: Any, step: jax.Array) -> jax.Array:
        result = schedule.formula(step)
        if not isinstance(result, int | float | np.generic | np.ndarray | jax.Array) or np.shape(result):
            raise TypeError(f"{schedule._name}: the value must be a real scalar, got {brief(result)}.")
        return jnp.asarray(checked_leaf(schedule._name, "value", jnp.asarray(result), Spec()))

    checked = map_numbers(lambda x, field: checked_leaf(field.owner, field.name, x, field.spec), schedule)
    shape = checked.shape
    for _ in steps.shape:
        value = jax.vmap(value, in_axes=(None, 0))
    for _ in shape:
        value = jax.vmap(value, in_axes=(0, None))
    return value(broadcast_numbers(checked, shape), steps)
