"""Questions about a schedule as a function: its sum, the step at which it crosses a value, its extremes.

Each is a loop over blocks of steps, as many as the question needs: one executable for every number of steps, in
memory that does not grow with it. It needs of a schedule only that it is a pytree, that calling it at steps of shape
(n,) gives values of shape `schedule.shape + (n,)`, and that `schedule[index]` is a schedule again.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Protocol, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from jaxsched._data.checks import checked_leaf
from jaxsched._data.export import exportable
from jaxsched._data.messages import common_shape
from jaxsched._numerics.floats import as_float, default_dtype, finite
from jaxsched._schedule.mapping import over
from jaxsched._schedule.programs import Program
from jaxsched._typing import COUNT, Number, Spec, Whole


class Curve(Protocol):
    """What is asked of a schedule here."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __call__(self, step: Any, /) -> jax.Array: ...
    def __getitem__(self, index: Any, /) -> Self: ...


@exportable
class Extrema(NamedTuple):
    """The lowest and the highest value of a schedule, and the first step at which each is attained."""

    lowest: jax.Array
    lowest_step: jax.Array
    highest: jax.Array
    highest_step: jax.Array


class Queries:
    """The questions, as methods of every schedule."""

    def integral(self: Curve, steps: Whole) -> jax.Array:
        """The sum of the values at the steps 0 .. n-1: what the first n updates take together.

            Σ η(t)    for 0 ≤ t < n

        The sum is compensated: as accurate as one value, over any number of steps. It is differentiable in the numbers
        of the schedule, forward and reverse; what overflows is the largest float.

        Args:
            steps: n, an integer or an array of integers; what is negative counts as 0.

        Returns:
            A float32 array of shape `self.shape + steps.shape`.

        Raises:
            TypeError: if `steps` are not integers.

        >>> Linear(1.0, 0.0, 4).integral([0, 1, 2, 100]).tolist()
        [0.0, 1.0, 1.75, 2.5]
        """
        n = checked_leaf("integral", "steps", steps, Spec("count"))
        return _integral(self[()], jnp.maximum(n, 0))

    def crossing(self: Curve, value: Number, total_steps: Whole) -> jax.Array:
        """The first step at which the schedule has reached a value, or has passed it, from either side.

            min {t: 0 ≤ t ≤ T, η(t) = v or sign(η(t) - v) ≠ sign(η(0) - v)}

        That is 0 where the schedule begins at the value, and -1 where it never comes to it. Values are compared as the
        float32 numbers they are.

        Args:
            value: v.
            total_steps: T, the last step that counts; a negative one that is traced counts as 0.

        Returns:
            An int32 array, of the shape to which those of the schedule, `value` and `total_steps` broadcast.

        Raises:
            TypeError: if `value` is not a real number, or `total_steps` not an integer.
            ValueError: if `total_steps` is negative, or the shapes do not broadcast.

        >>> [int(Linear(1.0, 0.0, 100).crossing(value, 1000)) for value in (1.0, 0.505, 0.0, -0.1)]
        [0, 50, 100, -1]
        """
        v = checked_leaf("crossing", "value", value, Spec())
        last = checked_leaf("crossing", "total_steps", total_steps, COUNT)
        shape = _common_shape("crossing", self, value=v, total_steps=last)
        return _crossing(self, jnp.asarray(v), jnp.maximum(last, 0), shape=shape)

    def extrema(self: Curve, total_steps: Whole) -> Extrema:
        """The lowest and the highest value at the steps 0 .. T, and the first step at which each is attained.

        The values, unlike the steps, are differentiable in the numbers of the schedule. A NaN, which only a function of
        your own can bring in, counts as lower than all and as higher than all.

        Args:
            total_steps: T, the last step that counts; a negative one that is traced counts as 0.

        Returns:
            `Extrema(lowest, lowest_step, highest, highest_step)`, arrays of the shape to which those of the schedule
            and `total_steps` broadcast.

        Raises:
            TypeError: if `total_steps` is not an integer.
            ValueError: if `total_steps` is negative, or the shapes do not broadcast.

        >>> [float(x) for x in warmup_cosine(peak_value=1.0, warmup_steps=10, total_steps=100).extrema(90)]
        [0.0, 0.0, 1.0, 10.0]
        """
        last = checked_leaf("extrema", "total_steps", total_steps, COUNT)
        shape = _common_shape("extrema", self, total_steps=last)
        return _extrema(self[()], _zero(), jnp.maximum(last, 0), shape=shape)


def extrema_between(schedule: Curve, first: int, last: int) -> Extrema:
    """The same, of one schedule over the steps first .. last."""
    return _extrema(schedule, _zero() + first, _zero() + last, shape=())


def _common_shape(owner: str, schedule: Curve, **numbers: np.ndarray | jax.Array) -> tuple[int, ...]:
    return common_shape(owner, [("schedule", schedule.shape), *((name, np.shape(x)) for name, x in numbers.items())])


# Blocks of steps.


def _block(size: int) -> int:
    """How many steps at a time, where each has `size` values: a power of two, so that no block passes the last step."""
    return 2 ** min(max(20 - size.bit_length(), 4), 12)


def _steps_of(block: jax.Array | int, length: int) -> jax.Array:
    return block * length + jnp.arange(length, dtype=default_dtype(integer=True))


def _zero() -> jax.Array:
    return jnp.zeros((), default_dtype(integer=True))


# Sums.


@Program
def _integral(schedule: Curve, steps: jax.Array) -> jax.Array:
    leaves, structure = jax.tree.flatten(schedule)
    real = [jnp.issubdtype(jnp.result_type(x), np.floating) for x in leaves]

    def of_row(leaves: list[jax.Array]) -> jax.Array:
        floats, rebuild = ravel_pytree([as_float(x) for x, is_real in zip(leaves, real, strict=True) if is_real])
        others = [x for x, is_real in zip(leaves, real, strict=True) if not is_real]

        def value(floats: jax.Array, others: list[jax.Array], step: jax.Array) -> jax.Array:
            numbers, counts = iter(rebuild(floats)), iter(others)
            return structure.unflatten([next(numbers if is_real else counts) for is_real in real])(step)

        return _sums(_as_jaxpr(value, floats, others, _zero()), math.prod(schedule.shape), floats, others, steps)

    return over(schedule.shape, of_row)(leaves)


def _as_jaxpr(fn: Callable[..., jax.Array], *args: Any) -> Callable[..., jax.Array]:
    """The same function, without what it closes over.

    JAX holds on to what can still be differentiated: it would hold on to the functions in a schedule.
    """
    from jax.extend.core import jaxpr_as_fun  # which would make the import of the library longer

    traced = jaxpr_as_fun(jax.make_jaxpr(fn)(*args))
    return lambda *args: traced(*jax.tree.leaves(args))[0]


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _sums(term: Callable[..., jax.Array], size: int, floats: jax.Array, others: Any, steps: jax.Array) -> jax.Array:
    """The sums of `term(floats, others, t)` over t < n, for each n in `steps`; `size` is the number of terms a step.

    Pairwise within a block of steps, and exact (a two-sum) from block to block. In the last block `cumsum` is near
    enough; as it sums in an order of its own, it must not be what adds up.
    """
    length = _block(size)
    like = jax.eval_shape(term, floats, others, _zero())

    def add(block: jax.Array | int, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        high, low, sums = carry
        terms = jax.vmap(term, in_axes=(None, None, 0))(floats, others, _steps_of(block, length))
        parts, block_sum = jnp.cumsum(terms, axis=0), _pairwise_sum(terms)
        inside = steps - block * length
        ends_here = ((inside > 0) & (inside <= length)).reshape(steps.shape + (1,) * like.ndim)
        sums = jnp.where(ends_here, finite(high + (low + parts[jnp.clip(inside - 1, 0, length - 1)])), sums)
        total = finite(high + block_sum)
        rest = total - high
        return total, low + ((high - (total - rest)) + (block_sum - rest)), sums

    zeros = jnp.zeros(like.shape, like.dtype)
    start = (zeros, zeros, jnp.zeros(steps.shape + like.shape, like.dtype))
    blocks = -(-jnp.max(steps, initial=0) // length)
    return jax.lax.fori_loop(_zero(), blocks, add, start)[-1]


def _pairwise_sum(terms: jax.Array) -> jax.Array:
    while len(terms) > 1:
        terms = terms[: len(terms) // 2] + terms[len(terms) // 2 :]
    return terms[0]


@_sums.defjvp
def _(term: Callable[..., jax.Array], size: int, primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    """The gradient of a sum is the sum of the gradients: a sum like any other, and no need to walk back."""
    floats, others, steps = primals
    gradient = _sums(jax.jacrev(term), size * floats.size, floats, others, steps)
    return _sums(term, size, floats, others, steps), gradient @ tangents[0]


# Searches.


@Program
def _crossing(schedule: Curve, value: jax.Array, last: jax.Array, *, shape: tuple[int, ...]) -> jax.Array:
    schedule, value = jax.lax.stop_gradient((schedule, value))
    length = _block(math.prod(shape))
    first = schedule(0)
    above, below = (jnp.broadcast_to(x, shape)[..., None] for x in (first > value, first < value))
    value, lasts = (jnp.broadcast_to(x, shape)[..., None] for x in (value, last))

    def goes_on(carry: tuple[jax.Array, jax.Array]) -> jax.Array:
        block, found = carry
        return jnp.any((found < 0) & (block <= last // length))

    def look(carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        block, found = carry
        steps = _steps_of(block, length)
        values = jnp.broadcast_to(schedule(steps), (*shape, length))
        passed = (values == value) | (above & (values < value)) | (below & (values > value))
        passed &= jnp.broadcast_to(steps, values.shape) <= lasts
        here = (found < 0) & passed.any(axis=-1)
        return block + 1, jnp.where(here, steps[passed.argmax(axis=-1)], found)

    return jax.lax.while_loop(goes_on, look, (_zero(), jnp.full(shape, -1, _zero().dtype)))[1]


@Program
def _extrema(schedule: Curve, first: jax.Array, last: jax.Array, *, shape: tuple[int, ...]) -> Extrema:
    frozen = jax.lax.stop_gradient(schedule)
    length = _block(math.prod(shape))

    def lesser(values: jax.Array, steps: jax.Array, best: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        steps = jnp.broadcast_to(steps, values.shape)
        asked = (first <= steps) & (steps <= jnp.broadcast_to(last, shape)[..., None])
        values = jnp.where(asked, jnp.where(jnp.isnan(values), -np.inf, values), np.inf)
        least = values.min(axis=-1)
        step = jnp.where(values == least[..., None], steps, steps[..., -1:])  # XLA does not vectorise `argmin`
        step = step.min(axis=-1)
        return jnp.where(least < best[0], least, best[0]), jnp.where(least < best[0], step, best[1])

    def look(block: jax.Array | int, best: tuple[Any, Any]) -> tuple[Any, Any]:
        steps = _steps_of(block, length)
        values = jnp.broadcast_to(frozen(steps), (*shape, length))
        return lesser(values, steps, best[0]), lesser(-values, steps, best[1])

    def at(schedule: Curve, steps: jax.Array) -> jax.Array:
        return schedule(steps)

    none = jnp.full(shape, np.inf, default_dtype(integer=False)), jnp.broadcast_to(first, shape)
    blocks = first // length, jnp.max(last, initial=0) // length + 1
    (_, lowest_step), (_, highest_step) = jax.lax.fori_loop(*blocks, look, (none, none))
    values = over(shape, at)(_broadcast(schedule, shape), jnp.stack([lowest_step, highest_step], axis=-1))
    return Extrema(values[..., 0], lowest_step, values[..., 1], highest_step)


def _broadcast(schedule: Curve, shape: tuple[int, ...]) -> Curve:
    """The same stack, repeated along the axes that it lacks or that have one row."""
    schedule = schedule[(None,) * (len(shape) - len(schedule.shape))]
    return schedule[tuple(np.broadcast_to(rows, shape) for rows in np.ix_(*map(np.arange, schedule.shape)))]
