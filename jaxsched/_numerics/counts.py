"""Steps, lengths, cycles and tables, in integers: exact, at every step an int32 can count."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxsched._numerics.doubles import (
    Pair,
    choose,
    count_of_pair,
    exp2_exactly,
    exponent_of,
    inverse,
    log2,
    negative,
    pair,
    pair_of_count,
    plus,
    reciprocal,
    rounded,
    times,
    total,
    two_sum,
)
from jaxsched._numerics.dtypes import default_dtype, last_step, x64


def as_float(x: jax.Array) -> jax.Array:
    return x.astype(default_dtype(integer=False))


def since(step: jax.Array, start: ArrayLike) -> jax.Array:
    """step - start, held at 0 before the start, and at the last step where a negative start would overflow it."""
    start = jnp.maximum(start, -last_step())
    late = jnp.maximum(step - jnp.maximum(start, 0), 0)
    return late + jnp.minimum(jnp.maximum(-start, 0), last_step() - late)


def scaled_count(count: jax.Array, by: jax.Array, over: jax.Array) -> jax.Array:
    """count · by / over, rounded to the nearest integer, halves up; the last step if it is larger.

    A guess in pairs is off by less than 1; what is left, in integers that may wrap around, says by how much.
    """
    over = jnp.maximum(over, 1)
    guess = rounded(times(times(pair_of_count(count), pair_of_count(by)), inverse(over)))
    whole = count_of_pair(guess)
    left = count * by - whole * over
    up, down = (left > 0) & (left >= over - left), (left < 0) & (-left > over + left)
    return jnp.where(whole == last_step(), whole, whole + up.astype(whole.dtype) - down.astype(whole.dtype))


def counted(step: jax.Array, length: ArrayLike) -> jax.Array:
    """The step; the last one where a length of 0 is counted in, which is infinitely short: 2^31 of it have passed."""
    return jnp.where(jnp.asarray(length) <= 0, last_step(), step)


def periods(step: jax.Array, length: ArrayLike, whole: bool = False) -> Pair:
    """How many lengths have passed: step / length, or if `whole` ⌊step / length⌋, by integers."""
    count, length = counted(step, length), jnp.maximum(length, 1)
    if whole:
        return pair_of_count(divided(count, length)[0])
    return times(pair_of_count(count), inverse(length))


def divided(count: jax.Array, by: ArrayLike) -> tuple[jax.Array, jax.Array]:
    """The whole quotient and the rest of two integers, `by` at least 1: machines divide floats faster.

    A quotient of floats is never too large, so what is left says what it lacks: at most 1. Where it could be more than
    a float counts, the number is divided by a multiple first.
    """
    by = jnp.asarray(by)
    enough = 16 if x64() else 13  # bits of a divisor whose quotients are right to 1, whatever a machine's are off by
    more_bits = jnp.maximum(enough - exponent_of(by.astype(jnp.float32)), 0).astype(by.dtype)
    multiple = by << more_bits
    quotient = _small_quotient(count, multiple)
    rest = count - quotient * multiple
    lacks = jnp.where(more_bits == 0, 0, _small_quotient(rest, by))
    quotient, rest = (quotient << more_bits) + lacks, rest - lacks * by
    one_more = rest >= by
    return quotient + one_more.astype(count.dtype), rest - jnp.where(one_more, by, 0)


def _small_quotient(count: jax.Array, by: jax.Array) -> jax.Array:
    """⌊count / by⌋ or 1 less, in the last bits of a sum: a conversion would be checked for NaN and overflow.

    Two conversions and a product may add 1½ eps to the true quotient, and a division that is off by k ulp k + ½. It is
    made smaller by 8 eps, so that up to k = 6 it is never too large. Then it lacks at most 16 eps, which is less than 1
    for a quotient below 1 / (16 eps): 2¹⁹ in float32, 2⁴⁸ in float64.
    """
    dtype, eps = count.dtype, np.finfo(default_dtype(integer=False)).eps
    inverse, base = float(1 - 8 * eps) / as_float(by), as_float(jnp.asarray(1.5 / eps))
    bits = jax.lax.bitcast_convert_type(as_float(count - (by >> 1)) * inverse + base, dtype)
    return bits - jax.lax.bitcast_convert_type(base, dtype)


# Tables.


FEW = 8
"""In a table of so many entries, comparisons find one faster than a search and a gather do, on every device."""


def lookup(step: jax.Array, boundaries: jax.Array) -> Callable[[jax.Array], jax.Array]:
    """Of a table with one entry more than there are boundaries: the entry for the step, after the last one passed."""
    count = boundaries.shape[0]
    if count > FEW:
        piece = boundaries_passed(step, boundaries)
        return lambda table: table[piece]
    passed = [boundaries[i] <= step for i in range(count)]

    def pick(table: jax.Array) -> jax.Array:
        value = table[0]
        for i in range(count):
            value = jnp.where(passed[i], table[i + 1], value)
        return value

    return pick


def boundaries_passed(step: jax.Array, boundaries: jax.Array) -> jax.Array:
    """How many of the sorted boundaries lie at or before the step."""
    if boundaries.shape[0] > FEW:
        return jnp.searchsorted(boundaries, step, side="right", method="scan")
    passed = jnp.zeros_like(step)
    for i in range(boundaries.shape[0]):
        passed = passed + (boundaries[i] <= step).astype(step.dtype)
    return passed


# Cycles.


def equal_cycle(step: jax.Array, period: ArrayLike, last: ArrayLike | None = None) -> tuple[jax.Array, jax.Array]:
    """How many periods have passed, and the steps since; a period of 0 counts as 1. The `last` one, if any, runs on."""
    period = jnp.maximum(period, 1)
    passed, since = divided(step, period)
    if last is None:
        return passed, since
    passed = jnp.minimum(passed, last)
    return passed, step - passed * period


def growing_cycle(
    step: jax.Array, period: ArrayLike, growth: Pair, last: ArrayLike | None = None
) -> tuple[jax.Array, Pair, Pair]:
    """The index of the cycle, the steps since its start, and its length, where each is `growth` times the one before.

    Cycle i begins at T (gⁱ - 1) / (g - 1) and lasts T gⁱ; a growth below 1 counts as 1. Logarithms in float32 guess
    the index, and a comparison with the start of that cycle corrects it. A start is whole where rounding is all that
    keeps it from that. The `last` cycle, if any, runs on.
    """
    growth = Pair(jnp.minimum(growth.high, float(last_step())), growth.low)  # the second cycle is endless then
    grows = growth.high - 1 + growth.low > 1e-6
    whole = (growth.high == jnp.round(growth.high)) & (growth.low == 0)
    growth = choose(grows, growth, pair(2.0))
    excess = two_sum(growth.high - 1, growth.low)
    first, now, rate = pair_of_count(jnp.maximum(period, 1)), pair_of_count(step), log2(growth)

    def start_and_length(index: jax.Array) -> tuple[Pair, Pair]:
        length = exp2_exactly(first, times(rate, pair(index)))
        length = choose(whole, rounded(length), length)
        start = times(plus(length, negative(first)), reciprocal(excess))
        off_a_step = jnp.abs(total(plus(start, negative(rounded(start)))))
        return choose(off_a_step < 1e-6 + 2.0**-34 * start.high, rounded(start), start), length

    periods_passed = total(periods(step, period))
    guess = jnp.floor(jnp.log1p(periods_passed * excess.high) / jnp.log1p(excess.high))
    start, length = start_and_length(guess)
    since = plus(now, negative(start))
    late, early = plus(since, negative(length)).high >= 0, since.high < 0
    index = jax.lax.stop_gradient(guess + as_float(late) - as_float(early))
    index = index if last is None else jnp.minimum(index, as_float(jnp.asarray(last)))
    start, length = start_and_length(index)
    passed, rest = equal_cycle(step, period, last)
    since = choose(grows, plus(now, negative(start)), pair_of_count(rest))
    return jnp.where(grows, index.astype(step.dtype), passed), since, choose(grows, length, first)
