"""Constant pieces. At a boundary the next piece has begun: piece i owns the steps [b_i, b_(i+1))."""

import jax
import jax.numpy as jnp

from jaxsched._base import Schedule
from jaxsched._leaves import entries
from jaxsched._numerics import as_float, boundaries_passed, finite, repeated
from jaxsched._typing import Boundaries, Factor, Number, Scalar, Steps, Values


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

    def _check(self) -> None:
        pieces, boundaries = entries(self.values), entries(self.boundaries)
        if pieces != boundaries + 1:
            raise ValueError(
                f"PiecewiseConstant: `values` must have one entry more than `boundaries`, "
                f"got {pieces} values for {boundaries} boundaries."
            )

    def formula(self, step: jax.Array) -> Number:
        return jnp.asarray(self.values)[boundaries_passed(step, jnp.asarray(self.boundaries))]


class MultiStep(Schedule):
    """A factor at each boundary.

        η(t) = η_0 f^#{j: b_j ≤ t}

    Args:
        init_value: η_0, the value before the first boundary.
        boundaries: b, steps in any order; one that is repeated applies the factor again.
        factor: f, not negative; in double precision where it is given so, as in `ExponentialDecay`.

    >>> [float(MultiStep(1.0, [20, 10, 20], 0.5)(t)) for t in (9, 10, 19, 20)]
    [1.0, 0.5, 0.5, 0.125]

    PyTorch `MultiStepLR`.
    """

    init_value: Scalar
    boundaries: Steps
    factor: Factor

    def formula(self, step: jax.Array) -> Number:
        passed = boundaries_passed(step, jnp.sort(jnp.asarray(self.boundaries)))
        return finite(self.init_value * repeated(self.factor, as_float(passed)))
