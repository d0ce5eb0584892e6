"""Tables. At a boundary the next piece has begun: piece i owns the steps [b_i, b_(i+1)).

The graph is the same for ten entries and for ten thousand.
"""

from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import entries
from jaxsched._numerics.counts import as_boundary, begun, differences, lookup, not_negative, since, steps_left, whole
from jaxsched._numerics.doubles import Double
from jaxsched._numerics.exponentials import log2_of_factor, repeated
from jaxsched._numerics.floats import default_dtype, where
from jaxsched._numerics.ways import line, one_minus_cos, symmetric
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import Number
from jaxsched.fields import Boundaries, Factor, Lengths, Value, Values


class PiecewiseConstant(Schedule):
    """A value for each piece.

        η(t) = v_i,    i = #{j: b_j ≤ t}

    Args:
        boundaries: b, n steps in increasing order; a piece between equal ones is skipped.
        values: v, n + 1 values.

    Raises:
        ValueError: if the boundaries are out of order, or there is not one value more than boundaries.

    >>> [float(PiecewiseConstant([10, 20], [1.0, 0.5, 0.25])(t)) for t in (0, 9, 10, 20, 99)]
    [1.0, 1.0, 0.5, 0.25, 0.25]

    Keras `PiecewiseConstantDecay`, where the step of a boundary still has the old value; JAX's `piecewise_constant`.
    """

    boundaries: Boundaries
    values: Values

    def check(self) -> None:
        pieces, boundaries = entries(self.values), entries(self.boundaries)
        if pieces != boundaries + 1:
            raise ValueError(
                f"PiecewiseConstant: `values` must have one entry more than `boundaries`, "
                f"got {pieces} values for {boundaries} boundaries."
            )

    def formula(self, step: jax.Array) -> Number:
        return lookup(step, self.boundaries)(jnp.asarray(self.values))


class MultiStep(Schedule):
    """A factor at each boundary.

        η(t) = η_0 f^#{j: b_j ≤ t}

    Args:
        init_value: η_0, the value before the first boundary.
        boundaries: b, steps in any order; one that is repeated applies the factor again.
        factor: f, not negative; in double precision where it is given so, as in `ExponentialDecay`.

    Raises:
        ValueError: if there are as many factors as boundaries, and nothing else is stacked: those are not the rows of a
            stack. A factor for each boundary is a `PiecewiseConstant`, and a stack is made by `stack` or `build`.

    >>> [float(MultiStep(1.0, [20, 10, 20], 0.5)(t)) for t in (9, 10, 19, 20)]
    [1.0, 0.5, 0.5, 0.125]

    PyTorch `MultiStepLR`.
    """

    init_value: Value
    boundaries: Lengths
    factor: Factor

    def check(self) -> None:
        factor = self.factor.high if isinstance(self.factor, Double) else self.factor
        check_factor("MultiStep", self.boundaries, factor, self.init_value)

    def formula(self, step: jax.Array) -> Number:
        boundaries = jnp.sort(as_boundary(step, self.boundaries))
        passed = jnp.arange(len(boundaries) + 1, dtype=default_dtype(integer=True))
        return lookup(step, boundaries)(repeated(self.init_value, log2_of_factor(self.factor), passed))


def check_factor(owner: str, boundaries: Any, factor: Any, *others: Any) -> None:
    """Raise where there is a factor for each boundary, and nothing else says that those are the rows of a stack."""
    count = entries(boundaries)
    if np.shape(factor) == np.shape(boundaries) == (count,) and count > 1 and not any(map(np.ndim, others)):
        raise ValueError(
            f"{owner}: `factor` must be one number for all boundaries, got {count} for {count} boundaries: "
            "for one each, use PiecewiseConstant; for a stack, stack or build."
        )


class PiecewiseInterpolate(Schedule):
    """From value to value, in lines or in half cosines.

        η(t) = v_i + (v_(i+1) - v_i) w,    w = q or sin²(πq/2),    q = (t - b_i) / (b_(i+1) - b_i)

    Before the first boundary the value is the first one, after the last boundary the last.

    Args:
        boundaries: b, n steps in increasing order; at two that are equal, the value jumps.
        values: v, n values: the value *at* each boundary.
        interpolation: "linear" or "cosine".

    Raises:
        ValueError: if the boundaries are out of order, there is not one value for each and at least one, or
            `interpolation` is neither.

    >>> [float(PiecewiseInterpolate([10, 20, 40], [0.0, 1.0, 0.5])(t)) for t in (0, 10, 15, 20, 30, 40, 99)]
    [0.0, 0.0, 0.5, 1.0, 0.75, 0.5, 0.5]

    optax `piecewise_interpolate_schedule`, which has factors for values; ignite `PiecewiseLinear`.
    """

    boundaries: Boundaries
    values: Values
    interpolation: Literal["linear", "cosine"] = "linear"

    def check(self) -> None:
        values, boundaries = entries(self.values), entries(self.boundaries)
        if values != boundaries or not values:
            raise ValueError(
                f"PiecewiseInterpolate: `values` must have one entry for each of `boundaries`, and at least one, "
                f"got {values} values for {boundaries} boundaries."
            )

    def formula(self, step: jax.Array) -> Number:
        boundaries, values = not_negative(self.boundaries), jnp.asarray(self.values)
        pick = lookup(step, boundaries[1:])
        init, end = pick(values), pick(jnp.append(values[1:], values[-1]))
        length = pick(differences(boundaries))
        left = steps_left(since(step, jax.tree.map(pick, boundaries)), length)
        if self.interpolation == "cosine":
            value = symmetric(one_minus_cos, init, end, left, length)
        else:
            value = line(init, end, left, length)
        return where(begun(step, boundaries[0]), value, values[0])


class Tabulated(Schedule):
    """A value for each step: any curve that was computed elsewhere.

        η(t) = v_min(⌊t⌋, n-1)

    Args:
        values: v, n values, one for each step; the last one holds.

    Raises:
        ValueError: if there is no value.

    >>> [float(Tabulated([0.5, 1.0, 0.25])(t)) for t in (0, 1, 2, 3)]
    [0.5, 1.0, 0.25, 0.25]

    The NumPy tables of DINO, `lr_schedule[it]`.
    """

    values: Values

    def check(self) -> None:
        if not entries(self.values):
            raise ValueError("Tabulated: `values` must have at least one entry, got none.")

    def formula(self, step: jax.Array) -> Number:
        values = jnp.asarray(self.values)
        return values[jnp.minimum(whole(step), values.shape[0] - 1)]
