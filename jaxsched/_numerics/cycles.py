"""How steps fall into cycles, of one length or of lengths that grow.

A logarithm in floats is wrong at the restarts, where a value jumps: it is only a guess, and integers or doubles decide.
"""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from jaxsched._numerics.counts import difference, divided, divisor, is_real, not_negative, single, steps_left
from jaxsched._numerics.doubles import Double, Number, choose, double
from jaxsched._numerics.exponentials import exp2_in_doubles, log2, times_log2
from jaxsched._numerics.floats import as_float, inverse, last_step, nearest, where


LEAST_EXCESS = 1e-5
"""A growth beyond 1 by less than this counts as 1: there could be more cycles than the guess counts."""


def equal_cycle(step: jax.Array, period: Number, last: ArrayLike | None = None) -> tuple[jax.Array, jax.Array]:
    """How many periods have passed, and the steps since. The `last` one, if any, runs on.

    A whole period of 0 counts as 1.
    """
    period = divisor(period, like=step)
    passed, rest = divided(step, period)
    if last is None:
        return passed, rest
    passed = jnp.minimum(passed, last)
    return passed, difference(step, passed * period)


def triangle_cycle(step: jax.Array, rise: Number, fall: Number) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """The index of the cycle, the steps since its start, the rise and the fall: all whole, or the last three floats."""
    if is_real(step, rise, fall):
        cycle, since = equal_cycle(step, double(rise) + fall)
        return cycle, since, as_float(single(rise)), as_float(single(fall))
    rise, fall = single(rise), single(fall)
    once = fall > last_step() - rise  # a cycle that would be longer than all steps there are is the only one
    cycle, since = equal_cycle(step, rise + where(once, 0, fall))
    return where(once, 0, cycle), where(once, step, since), rise, fall


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


def growing_clock(
    step: jax.Array, period: Number, growth: Double, last: ArrayLike | None = None
) -> tuple[jax.Array, jax.Array]:
    """The index of the cycle, and the steps since its start on a clock that is slower by as much as it is longer.

    The `last` cycle, if any, runs on.
    """
    cycle, done, _ = growing_cycle(step, period, growth, last)
    return cycle, done * as_float(single(period))


def growing_cycle(
    step: jax.Array, period: Number, growth: Double, last_index: ArrayLike | None = None
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The index of the cycle, and the parts of it that are done and left, where each is `growth` times the one before.

    Cycle i lasts T gⁱ and begins at T (gⁱ - 1) / (g - 1). So on the scale 1 + t (g - 1) / T it begins at gⁱ and ends at
    gⁱ⁺¹, and divided by gⁱ, every cycle is the one from 1 to g.

    The index is guessed in floats, from a logarithm whose error is at most a part in 2^21. That counts up to 2^20
    cycles, and with a growth of 1.00001 or more there are no more than 10⁶. So the guess is off by less than a half;
    made smaller by as much, it is the cycle or the one before; and what is left of the cycle, in doubles, decides.

    A growth of less than 1.00001 counts as 1. The `last` cycle, if any, runs on, so that more than all
    of it is done. Where all is whole, so are the steps that are done and left.
    """
    is_exact = not is_real(step, period)
    period = divisor(period)
    growth = Double(jnp.minimum(growth.high, float(last_step())), growth.low)  # the second cycle is endless then
    grows = (growth - 1.0).total >= LEAST_EXCESS
    growth = choose(grows, growth, double(2.0))
    excess, is_whole = growth - 1.0, is_exact & (growth.high == nearest(growth.high)) & (growth.low == 0)

    passed = double(step) * (excess / double(period))
    rate = log2(growth)
    guess = jnp.floor(times_log2(1 + passed.total, passed.total, (1 - 2.0**-21) * inverse(rate.total)).total)
    index = jax.lax.stop_gradient(jnp.maximum(guess, 0))
    last = None if last_index is None else as_float(last_index)
    index = index if last is None else jnp.minimum(index, last)
    shrunk = exp2_in_doubles(-rate * index)
    at = (1.0 + passed) * shrunk

    first_length = as_float(single(period))
    length = first_length / shrunk.high
    done, left = ((way.total * (length / excess.total)) for way in (at - 1.0, growth - at))
    done, left = (where(is_whole & (x < 2**20), nearest(x), x) for x in (done, left))
    rounding = where(is_whole, 0, 1e-6 + 2.0**-34 * as_float(step))  # all that keeps the next start from the step
    is_next = left <= rounding if last is None else (left <= rounding) & (index < last)
    next_length, next_done = growth.high * length, jnp.maximum(-left, 0)
    done, left = where(is_next, next_done, done), where(is_next, next_length - next_done, left)
    length, index = where(is_next, next_length, length), index + as_float(is_next)

    equal_index, rest = equal_cycle(step, period, last_index)
    length = where(grows, length, first_length)
    done = where(grows, not_negative(done), as_float(rest)) / length
    left = where(grows, left, as_float(steps_left(rest, period))) / length
    return where(grows, index.astype(equal_index.dtype), equal_index), done, left
