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
from jaxsched._typing import Count, Number, Pair


GROWTH_LIMIT = 60.0
"""Exponential growth stops at e^60 ≈ 10^26 times its start, so that its gradient, 2^31 times larger, is finite too."""


def as_float(x: jax.Array) -> jax.Array:
    return x.astype(default_dtype(integer=False))


def finite(x: Number) -> jax.Array:
    """x, or the largest float of its sign where it overflowed."""
    largest = float(np.finfo(default_dtype(integer=False)).max)
    return jnp.clip(x, -largest, largest)


def quotient(a: Number, b: Number) -> jax.Array:
    """a / b; 0 where b is less than 10⁻¹⁸ from 0, so that the gradient -a / b² is finite too."""
    divides = jnp.abs(b) > 1e-18
    return jnp.where(divides, finite(a / jnp.where(divides, b, 1)), 0)


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


def periods(step: jax.Array, length: Count, whole: bool = False) -> jax.Array:
    """How many lengths have passed: step / length, or if `whole` ⌊step / length⌋ by integers, exact at every multiple.

    A length of 0 counts as infinitely short: 2^31 of it have passed at every step.
    """
    positive = jnp.maximum(length, 1)
    passed = as_float(step // positive) if whole else as_float(step) / as_float(positive)
    return jnp.where(length > 0, passed, float(last_step()))


def since(step: jax.Array, start: Count) -> jax.Array:
    """step - start, held at 0 before the start, and at the last step where a negative start would overflow it."""
    start = jnp.maximum(start, -last_step())
    late = jnp.maximum(step - jnp.maximum(start, 0), 0)
    return late + jnp.minimum(jnp.maximum(-start, 0), last_step() - late)


# Shapes: functions of a fraction of a length.


def between(init: Number, end: Number, part_init: jax.Array, part_end: jax.Array) -> jax.Array:
    """init · part_init + end · part_end, for parts that add up to 1.

    Computed as a distance from the end nearer to 0, which keeps relative accuracy on the way to (or from) 0 and
    makes the curve constant where both ends are the same; and in halves, so that no distance overflows.
    """
    a, b = init / 2, end / 2
    value = 2 * jnp.where(jnp.abs(b) <= jnp.abs(a), b + (a - b) * part_init, a + (b - a) * part_end)
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


def powers(part: jax.Array, other: jax.Array, exponent: Number) -> tuple[jax.Array, jax.Array]:
    """part^exponent and 1 - part^exponent, where `other` is 1 - part; a negative exponent counts as 0.

    0 and 1 at part = 0, whatever the exponent. The second is -expm1(exponent log part), never the difference of two
    numbers that are close, and takes the logarithm of whichever of `part` and `other` is far from 1.
    """
    exponent = jnp.maximum(exponent, 0)
    positive = jnp.where(part > 0, part, 1)
    log = jnp.where(other < 0.5, jnp.log1p(-jnp.minimum(other, 0.5)), jnp.log(positive))
    return jnp.where(part > 0, positive**exponent, 0), jnp.where(part > 0, -jnp.expm1(exponent * log), 1)


# Growth and decay.


def saturating_exp(x: Number) -> jax.Array:
    """e^x, held from x = 60 onwards."""
    return jnp.exp(jnp.where(x < GROWTH_LIMIT, x, GROWTH_LIMIT))


def repeated(factor: Number | Pair, count: Number) -> jax.Array:
    """factor^count for a factor and a count of at least 0, held from e^60 onwards; 0^0 is 1.

    (high + low)^n = high^n (1 + low/high)^n, and the second power is e^(n low/high) to far beyond float32.
    """
    high, low = factor if isinstance(factor, Pair) else (factor, jnp.zeros_like(factor))
    positive = jnp.where(high > 0, high, 1)
    small = jax.lax.stop_gradient(count * jnp.log(positive)) < GROWTH_LIMIT
    count = jnp.where(small, count, 0)
    correction = jax.lax.stop_gradient(jnp.exp(count * (low / positive)))
    power = jnp.where(small, positive**count * correction, float(np.exp(GROWTH_LIMIT)))
    return jnp.where(high > 0, power, as_float(count == 0))


# Tables.


def boundaries_passed(step: jax.Array, boundaries: jax.Array) -> jax.Array:
    """How many of the sorted boundaries lie at or before the step: one comparison each, or a binary search."""
    few = boundaries.shape[0] <= 64
    return jnp.searchsorted(boundaries, step, side="right", method="compare_all" if few else "scan")
