"""Named compositions: a warmup, what comes after it, and the words that people use for them.

Each is a few lines that return a composition, and takes keyword arguments only. `total_steps` is the length of the
whole run, warmup included. The warmup begins at `init_value` at step 0 and reaches `peak_value` *at* step
`warmup_steps`; a warmup of 0 steps begins at the peak. Every argument may be traced, or be an array for a stack.
"""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, get_type_hints

import jax.numpy as jnp
import numpy as np

from jaxsched._base import Schedule
from jaxsched._combinators import sequence
from jaxsched._curves.constant import Constant
from jaxsched._curves.decays import ExponentialDecay
from jaxsched._curves.transitions import Cosine, Linear
from jaxsched._leaves import as_array, as_leaf, in_row, is_traced
from jaxsched._typing import LENGTH, Count, Factor, Length, Rate, Scalar, leaf_of


P = ParamSpec("P")


def recipe(make: Callable[P, Schedule]) -> Callable[P, Schedule]:
    """Check every number by its annotation, so that an error names the argument of the recipe and not of a curve."""
    leaves = {name: leaf_of(hint) for name, hint in get_type_hints(make, include_extras=True).items()}

    @functools.wraps(make)
    def checked(*args: P.args, **words: P.kwargs) -> Schedule:
        for name, given in words.items():
            leaf, optional = leaves.get(name, (None, False))
            if leaf is not None and not (optional and given is None):
                words[name] = as_array(make.__name__, name, given, leaf)
        return make(*args, **words)

    return checked


def _rest(owner: str, total_steps: Any, **phases: Any) -> Count:
    """What the phases leave of the run; where they are traced and longer than it, 0."""
    if any(map(is_traced, (total_steps, *phases.values()))):
        rest = jnp.maximum(as_leaf(total_steps, LENGTH), 0)
        for steps in phases.values():
            rest = jnp.maximum(rest - jnp.maximum(as_leaf(steps, LENGTH), 0), 0)
        return rest
    rest = np.asarray(total_steps, np.int64) - sum(np.asarray(steps, np.int64) for steps in phases.values())
    if np.any(rest < 0):
        row = tuple(np.argwhere(rest < 0)[0].tolist())
        given = {"total_steps": total_steps, **phases}
        came = ", ".join(f"{name}={np.broadcast_to(steps, rest.shape)[row]}" for name, steps in given.items())
        least = " + ".join(f"`{name}`" for name in phases)
        raise ValueError(f"{owner}: `total_steps` must be at least {least}, got {came}{in_row(row)}.")
    return rest


@recipe
def warmup_cosine(
    *,
    peak_value: Scalar,
    warmup_steps: Length,
    total_steps: Length,
    init_value: Scalar = 0.0,
    end_value: Scalar = 0.0,
    exponent: Rate = 1.0,
) -> Schedule:
    """A linear warmup, then half a cosine to the end of the run.

    Args:
        peak_value: the value at step `warmup_steps`.
        warmup_steps: the length of the warmup; 0 for none.
        total_steps: the length of the run; `end_value` is reached at this step, and held.
        init_value: the value at step 0.
        end_value: the value from step `total_steps` onwards.
        exponent: as in `Cosine`.

    Raises:
        ValueError: if the phases are longer than the run.

    >>> schedule = warmup_cosine(peak_value=1.0, warmup_steps=10, total_steps=110)
    >>> [round(float(schedule(t)), 3) for t in (0, 5, 10, 60, 110, 999)]
    [0.0, 0.5, 1.0, 0.5, 0.0, 0.0]

    optax `warmup_cosine_decay_schedule`; Keras `CosineDecay(warmup_target=...)`, whose `decay_steps` start after the
    warmup.
    """
    decay_steps = _rest("warmup_cosine", total_steps, warmup_steps=warmup_steps)
    decay = Cosine(peak_value, end_value, decay_steps, exponent)
    return sequence([Linear(init_value, peak_value, warmup_steps), decay], [warmup_steps])


@recipe
def warmup_linear(
    *,
    peak_value: Scalar,
    warmup_steps: Length,
    total_steps: Length,
    init_value: Scalar = 0.0,
    end_value: Scalar = 0.0,
) -> Schedule:
    """A linear warmup, then a line to the end of the run.

    Args:
        peak_value: the value at step `warmup_steps`.
        warmup_steps: the length of the warmup; 0 for none.
        total_steps: the length of the run; `end_value` is reached at this step, and held.
        init_value: the value at step 0.
        end_value: the value from step `total_steps` onwards.

    Raises:
        ValueError: if the phases are longer than the run.

    >>> schedule = warmup_linear(peak_value=1.0, warmup_steps=10, total_steps=110)
    >>> [float(schedule(t)) for t in (0, 5, 10, 60, 110)]
    [0.0, 0.5, 1.0, 0.5, 0.0]

    Transformers `get_linear_schedule_with_warmup`.
    """
    decay_steps = _rest("warmup_linear", total_steps, warmup_steps=warmup_steps)
    decay = Linear(peak_value, end_value, decay_steps)
    return sequence([Linear(init_value, peak_value, warmup_steps), decay], [warmup_steps])


@recipe
def warmup_constant(*, peak_value: Scalar, warmup_steps: Length, init_value: Scalar = 0.0) -> Schedule:
    """A linear warmup, then the peak for ever.

    Args:
        peak_value: the value from step `warmup_steps` onwards.
        warmup_steps: the length of the warmup; 0 for none.
        init_value: the value at step 0.

    >>> schedule = warmup_constant(peak_value=1.0, warmup_steps=10)
    >>> [float(schedule(t)) for t in (0, 5, 10, 999)]
    [0.0, 0.5, 1.0, 1.0]

    optax `warmup_constant_schedule`, which stays at `init_value` where there is no warmup.
    """
    return Linear(init_value, peak_value, warmup_steps)


@recipe
def warmup_exponential(
    *,
    peak_value: Scalar,
    warmup_steps: Length,
    transition_steps: Length,
    decay_rate: Factor,
    init_value: Scalar = 0.0,
    staircase: bool = False,
    end_value: Scalar | None = None,
) -> Schedule:
    """A linear warmup, then an exponential decay without an end.

    Args:
        peak_value: the value at step `warmup_steps`.
        warmup_steps: the length of the warmup; 0 for none.
        transition_steps: the steps in which the value is multiplied by `decay_rate` once.
        decay_rate: the factor; in double precision where it is given so, as in `ExponentialDecay`.
        init_value: the value at step 0.
        staircase: whether the value falls only at whole multiples of `transition_steps` after the warmup.
        end_value: a bound, as in `ExponentialDecay`; None for no bound.

    >>> schedule = warmup_exponential(peak_value=1.0, warmup_steps=10, transition_steps=100, decay_rate=0.25)
    >>> [float(schedule(t)) for t in (0, 5, 10, 60, 110)]
    [0.0, 0.5, 1.0, 0.5, 0.25]

    optax `warmup_exponential_decay_schedule`.
    """
    decay = ExponentialDecay(peak_value, transition_steps, decay_rate, staircase, end_value)
    return sequence([Linear(init_value, peak_value, warmup_steps), decay], [warmup_steps])


@recipe
def wsd(
    *,
    peak_value: Scalar,
    warmup_steps: Length,
    cooldown_steps: Length,
    total_steps: Length,
    init_value: Scalar = 0.0,
    end_value: Scalar = 0.0,
) -> Schedule:
    """Warmup, stable, decay: a linear warmup, the peak, and a linear cooldown to the end of the run.

    Args:
        peak_value: the value from step `warmup_steps` to step `total_steps - cooldown_steps`.
        warmup_steps: the length of the warmup; 0 for none.
        cooldown_steps: the length of the cooldown; 0 drops to `end_value` at `total_steps`.
        total_steps: the length of the run; `end_value` is reached at this step, and held.
        init_value: the value at step 0.
        end_value: the value from step `total_steps` onwards.

    Raises:
        ValueError: if the phases are longer than the run.

    >>> schedule = wsd(peak_value=1.0, warmup_steps=10, cooldown_steps=20, total_steps=100)
    >>> [float(schedule(t)) for t in (0, 5, 10, 80, 90, 100)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]

    Hu et al. (2024), MiniCPM, arXiv:2404.06395; the trapezoid of Hägele et al. (2024), arXiv:2405.18392.
    """
    stable_steps = _rest("wsd", total_steps, warmup_steps=warmup_steps, cooldown_steps=cooldown_steps)
    warmup, cooldown = Linear(init_value, peak_value, warmup_steps), Linear(peak_value, end_value, cooldown_steps)
    return sequence([warmup, Constant(peak_value), cooldown], [warmup_steps, stable_steps])
