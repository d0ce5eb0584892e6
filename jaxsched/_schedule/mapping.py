"""From a function of one row to one of all rows of a stack."""

from collections.abc import Callable
from typing import Any

import jax
from jax.core import Tracer


def over(shape: tuple[int, ...], fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function for a stack of that shape."""
    mapped = fn
    for _ in shape:
        mapped = jax.vmap(mapped)
    return (lambda *args: mapped(*_sharded_alike(len(shape), args))) if shape else fn


def _sharded_alike(ndim: int, args: Any) -> Any:
    """The same arrays, their axes of a stack sharded alike: on a mesh of explicit axes, `vmap` asks for that."""

    def axes(x: Any) -> tuple[Any, ...]:
        return tuple(jax.typeof(x).sharding.spec)[:ndim]

    sharded = [x for x in jax.tree.leaves(args) if any(axes(x))]
    if not sharded:
        return args
    first, wanted = sharded[0], axes(sharded[0])
    mesh = jax.typeof(first).sharding.mesh if isinstance(first, Tracer) else first.sharding.mesh

    def follow(x: Any) -> Any:
        if any(axes(x)):
            return x
        spec = jax.sharding.PartitionSpec(*wanted, *jax.typeof(x).sharding.spec[ndim:])
        return jax.device_put(x, jax.sharding.NamedSharding(mesh, spec))

    return jax.tree.map(follow, args)
