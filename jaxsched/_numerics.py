"""Formulas that stay exact, finite and differentiable in float32, where the obvious ones do not.

Steps stay integers as long as they can: `T - t` is exact, and `(T - t) / T` is then rounded once. Never `1 - t/T`:
XLA turns `t/T` into `t * (1/T)` and fuses the subtraction, so that it ends on a tiny number of either sign, and a
power of that is NaN. Ends are selected, not computed. Wherever a branch of `where` could be infinite, its argument
is replaced before (the double `where`), because the gradient of a branch not taken is still multiplied by 0.

Every function here takes and returns scalars or arrays alike, and has a plain NumPy twin in the tests.
"""

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._leaves import default_dtype, last_step
from jaxsched._typing import Count, Number


GROWTH_LIMIT = 60.0
"""Exponential growth stops at e^60 ≈ 10^26 times its start, so that a gradient, 2^31 times larger, is finite too."""


def as_float(x: jax.Array) -> jax.Array:
    return x.astype(default_dtype(integer=False))


# Parts of a length.


def steps_left(step: jax.Array, length: Count) -> jax.Array:
    """max(length - step, 0), exactly; a negative length counts as 0."""
    length = jnp.maximum(length, 0)
    return length - jnp.minimum(step, length)


def fractions(left: jax.Array, length: Count) -> tuple[jax.Array, jax.Array]:
    """The part of a length that is left and the part that is done: exact at both ends; 0 and 1 for a length of 0."""
    length = jnp.maximum(length, 0)
    scale = as_float(jnp.maximum(length, 1))
    part_left = jnp.minimum(as_float(left) / scale, 1)
    part_done = jnp.minimum(as_float(length - left) / scale, 1)
    return part_left, jnp.where(left == 0, 1, part_done)


def periods(step: jax.Array, length: Count) -> jax.Array:
    """step / length; a length of 0 counts as infinitely short, so that 2^31 of it have passed at every step."""
    ratio = as_float(step) / as_float(jnp.maximum(length, 1))
    return jnp.where(length > 0, ratio, float(last_step()))


def whole_periods(step: jax.Array, length: Count) -> jax.Array:
    """⌊step / length⌋, by integers: exact at every multiple. A length of 0 as in `periods`."""
    return jnp.where(length > 0, step // jnp.maximum(length, 1), last_step())


def since(step: jax.Array, start: Count) -> jax.Array:
    """step - start, held at 0 before the start, and at the last step where a negative start would overflow it."""
    start = jnp.maximum(start, -last_step())
    late = jnp.maximum(step - jnp.maximum(start, 0), 0)
    return late + jnp.minimum(jnp.maximum(-start, 0), last_step() - late)


# Shapes: functions of a fraction of a length.


def between(init: Number, end: Number, part_init: jax.Array, part_end: jax.Array) -> jax.Array:
    """init · part_init + end · part_end, for parts that add up to 1.

    Computed as a distance from the end nearer to 0, which keeps relative accuracy on the way to (or from) 0 and
    makes the curve constant where both ends are the same.
    """
    falling = jnp.abs(end) <= jnp.abs(init)
    value = jnp.where(falling, end + (init - end) * part_init, init + (end - init) * part_end)
    return jnp.where(part_end == 0, init, jnp.where(part_init == 0, end, value))


def sin2(x: jax.Array) -> jax.Array:
    """sin²(πx/2) for x in [0, 1]: with the fraction left it is ½(1 + cos π(1-x)), without the cancellation near 0.

    In float32 a minimax polynomial for sin(πx/2)/x in x² (relative error 5·10⁻⁹): faster than XLA's `sin`, and exact
    enough that rounding is all that is left.
    """
    if x.dtype == np.float64:
        return jnp.sin(0.5 * np.pi * x) ** 2
    coefficients = (0.000151485130451, -0.00467376661205, 0.0796896789478, -0.6459637106, 1.57079631845)
    return (x * jnp.polyval(jnp.asarray(coefficients, x.dtype), x * x, unroll=len(coefficients))) ** 2


def power(x: jax.Array, exponent: Number) -> jax.Array:
    """x^exponent for x in [0, 1]; 0 at x = 0, whatever the exponent. A negative exponent counts as 0."""
    positive = jnp.where(x > 0, x, 1)
    return jnp.where(x > 0, positive ** jnp.maximum(exponent, 0), 0)


def power_complement(x: jax.Array, exponent: Number) -> jax.Array:
    """1 - (1 - x)^exponent, as `power`, without the cancellation near x = 0; 1 at x = 1."""
    below_one = jnp.where(x < 1, x, 0)
    return jnp.where(x < 1, -jnp.expm1(jnp.maximum(exponent, 0) * jnp.log1p(-below_one)), 1)


# Growth and decay.


def saturating_exp(x: Number) -> jax.Array:
    """e^x, held from x = 60 onwards."""
    return jnp.exp(jnp.where(x < GROWTH_LIMIT, x, GROWTH_LIMIT))


def rate_power(rate: Number, residual: Number, count: jax.Array) -> jax.Array:
    """(rate + residual)^count for a rate and a count of at least 0, held from e^60 onwards; 0^0 is 1.

    `residual` is what float32 could not hold of the rate. It matters: 0.999999 as float32 is 12% off after 10⁷ steps.
    """
    count = as_float(count)
    positive = jnp.where(rate > 0, rate, 1)
    exponent = jax.lax.stop_gradient(count * jnp.log(positive))
    small = exponent < GROWTH_LIMIT
    count = jnp.where(small, count, 0)
    correction = jax.lax.stop_gradient(jnp.exp(count * (residual / positive)))
    grown = jnp.where(small, positive**count * correction, float(np.exp(GROWTH_LIMIT)))
    return jnp.where(rate > 0, grown, as_float(count == 0))


# Tables.


def boundaries_passed(step: jax.Array, boundaries: jax.Array) -> jax.Array:
    """How many of the sorted boundaries lie at or before the step: one comparison each, or a binary search."""
    few = boundaries.shape[0] <= 64
    return jnp.searchsorted(boundaries, step, side="right", method="compare_all" if few else "scan")
