"""How steps fall into cycles, of one length or of lengths that grow.

A logarithm in floats is wrong at the restarts, where a value jumps: it is only a guess, and integers or doubles decide.
"""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from jaxsched._numerics.counts import divided
from jaxsched._numerics.doubles import Double, choose, double
from jaxsched._numerics.exponentials import exp2_in_doubles, log2, times_log2
from jaxsched._numerics.floats import as_float, inverse, last_step, nearest, where


LEAST_EXCESS = 1e-5
"""A growth beyond 1 by less than this counts as 1: there could be more cycles than the guess counts."""


def equal_cycle(step: jax.Array, period: ArrayLike, last: ArrayLike | None = None) -> tuple[jax.Array, jax.Array]:
    """How many periods have passed, and the steps since; a period of 0 counts as 1. The `last` one, if any, runs on."""
    period = jnp.maximum(period, 1)
    passed, rest = divided(step, period)
    if last is None:
        return passed, rest
    passed = jnp.minimum(passed, last)
    return passed, step - passed * period


def whole_growing_cycle(
    step: jax.Array, period: ArrayLike, growth: ArrayLike, last: ArrayLike | None = None
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The index of the cycle, the steps since its start, and its length, each `growth` times the one before: integers.

    With a growth of 2 or more there are at most 31 cycles (63 of 64 bits), so the index has five bits or six. The
    highest is tried first: 16 cycles last T (1 + g + ... + g¹⁵), and are passed, or not. Where they are, the next 8
    last g¹⁶ times as long as the first 8 would. The `last` cycle, if any, runs on.
    """
    period, growth = jnp.maximum(period, 1), jnp.asarray(growth)
    lengths, factors = [period], [growth]  # of 1, 2, 4, ... cycles, and how much longer as many more are
    for _ in range(5 if last_step() > 2**31 else 4):
        lengths.append(_product(lengths[-1], _held(1 + factors[-1])))
        factors.append(_product(factors[-1], factors[-1]))

    index, start, factor = jnp.zeros_like(step), jnp.zeros_like(step), jnp.ones_like(step)
    for bit in reversed(range(len(lengths))):
        life = _product(lengths[bit], factor)
        passed = (life <= step - start) & (life < last_step())
        if last is not None:
            passed = passed & (index + 2**bit <= last)
        start = where(passed, start + life, start)
        factor = where(passed, _product(factor, factors[bit]), factor)
        index = where(passed, index + 2**bit, index)

    equal_index, rest = equal_cycle(step, period, last)
    grows = growth > 1
    index, since = where(grows, index, equal_index), where(grows, step - start, rest)
    return index, since, where(grows, _product(period, factor), period)


def _product(a: jax.Array, b: jax.Array) -> jax.Array:
    """The product of two counts; the last step if it is larger."""
    return where(as_float(a) * as_float(b) < 0.99 * last_step(), a * b, last_step())


def _held(x: jax.Array) -> jax.Array:
    """A sum of two counts, at most the last step."""
    return where(x < 0, last_step(), x)


def growing_cycle(step: jax.Array, period: ArrayLike, growth: Double) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The index of the cycle, and the parts of it that are done and left, where each is `growth` times the one before.

    Cycle i lasts T gⁱ and begins at T (gⁱ - 1) / (g - 1). So on the scale 1 + t (g - 1) / T it begins at gⁱ and ends at
    gⁱ⁺¹, and divided by gⁱ, every cycle is the one from 1 to g.

    The index is guessed in floats, from a logarithm whose error is at most a part in 2^21. That counts up to 2^20
    cycles, and with a growth of 1.00001 or more there are no more than 10⁶. So the guess is off by less than a half;
    made smaller by as much, it is the cycle or the one before; and what is left of the cycle, in doubles, decides.

    A growth of less than 1.00001 counts as 1. Where it is whole, so are the steps that are done and left.
    """
    period = jnp.maximum(period, 1)
    growth = Double(jnp.minimum(growth.high, float(last_step())), growth.low)  # the second cycle is endless then
    grows = (growth - 1.0).total >= LEAST_EXCESS
    growth = choose(grows, growth, double(2.0))
    excess, is_whole = growth - 1.0, (growth.high == nearest(growth.high)) & (growth.low == 0)

    passed = double(step) * (excess / double(period))
    rate = log2(growth)
    guess = jnp.floor(times_log2(1 + passed.total, passed.total, (1 - 2.0**-21) * inverse(rate.total)).total)
    index = jax.lax.stop_gradient(jnp.maximum(guess, 0))
    shrunk = exp2_in_doubles(-rate * index)
    at = (1.0 + passed) * shrunk

    length = as_float(period) / shrunk.high
    done, left = ((way.total * (length / excess.total)) for way in (at - 1.0, growth - at))
    done, left = (where(is_whole & (x < 2**20), nearest(x), x) for x in (done, left))
    rounding = where(is_whole, 0, 1e-6 + 2.0**-34 * as_float(step))  # all that keeps the next start from the step
    is_next = left <= rounding
    next_length, next_done = growth.high * length, jnp.maximum(-left, 0)
    done, left = where(is_next, next_done, done), where(is_next, next_length - next_done, left)
    length, index = where(is_next, next_length, length), index + as_float(is_next)

    equal_index, rest = equal_cycle(step, period)
    length = where(grows, length, as_float(period))
    done = where(grows, jnp.maximum(done, 0), as_float(rest)) / length
    left = where(grows, left, as_float(period - rest)) / length
    return where(grows, index.astype(step.dtype), equal_index), done, left
