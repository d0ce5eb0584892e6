"""Recipes without a horizon, which the first transformers brought."""

from functools import partial

import jax.numpy as jnp
import numpy as np

from jaxsched._combinators.choices import decay_from
from jaxsched._combinators.clocks import shift
from jaxsched._combinators.joins import sequence
from jaxsched._curves.constant import Constant
from jaxsched._curves.decays import InverseSqrt, PowerLaw
from jaxsched._curves.shapes import Shape, WarmupShape
from jaxsched._curves.transitions import Linear
from jaxsched._data.checks import check_numbers, is_traced
from jaxsched._recipes.phases import First, as_plain, not_zero, ramp, rest, warmup_then, without
from jaxsched._schedule.recipe import recipe
from jaxsched._schedule.schedule import Schedule
from jaxsched.fields import Length, PositiveCount, PositiveLength, Rate, TimeConstant, Value


@partial(recipe, by_lengths=False)  # the peak depends on the length of the warmup
def noam(*, model_size: PositiveCount, warmup_steps: PositiveLength, scale: Value = 1.0) -> Schedule:
    """A linear warmup, then down with the square root of the step.

        η(t) = s d^-½ min(n^-½, n W^-³ᐟ²),    n = t + 1

    Args:
        model_size: d, the width of the model, at least 1.
        warmup_steps: W, at least 1: the peak, s / √(dW), is at step W - 1, because the paper counts from 1.
        scale: s.

    Raises:
        ValueError: if `model_size` or `warmup_steps` is 0; a traced one counts as 1.

    >>> schedule = noam(model_size=512, warmup_steps=4000)
    >>> [round(1e4 * float(schedule(t)), 3) for t in (0, 1999, 3999, 15999)]
    [0.002, 3.494, 6.988, 3.494]

    Vaswani et al. (2017), arXiv:1706.03762, eq. 3.
    """
    xp = jnp if is_traced(model_size) or is_traced(warmup_steps) else np
    width, length = (not_zero(given) for given in (model_size, warmup_steps))
    peak_value = scale / (xp.sqrt(as_plain(width).astype(float)) * xp.sqrt(as_plain(length).astype(float)))
    return shift(sequence([Linear(0.0, peak_value, length), InverseSqrt(peak_value, length)], [length]), -1)


@recipe
def inverse_sqrt(
    *,
    peak_value: Value,
    warmup_steps: Length,
    timescale: TimeConstant | None = None,
    cooldown_steps: Length | None = None,
    total_steps: Length | None = None,
    init_value: Value = 0.0,
    warmup: WarmupShape = "linear",
    first: First = "zero",
) -> Schedule:
    """A warmup, then down with the square root of the step, and at the end, if there is one, a line to 0.

        η(t) = η_p / √(1 + (t - W) / τ) · min((T - t) / C, 1)    after the warmup

    Args:
        peak_value: η_p, the value at step `warmup_steps`.
        warmup_steps: W, the length of the warmup; 0 for none.
        timescale: τ, in steps, not 0. None for `warmup_steps`, for which the decay is √(W / t).
        cooldown_steps: C, the length of the cooldown at the end of the run. None for no end.
        total_steps: T, the length of the run, warmup and cooldown included.
        init_value: the value at step 0.
        warmup: its shape: "constant", or a shape of `wsd`, run backwards.
        first: "zero" to begin at `init_value`, "one_over_n" to begin one step further up the warmup.

    Raises:
        TypeError: if only one of `cooldown_steps` and `total_steps` is given.
        ValueError: if the phases are longer than the run, or there is neither a warmup nor a `timescale`.

    >>> schedule = inverse_sqrt(peak_value=1.0, warmup_steps=100, cooldown_steps=200, total_steps=1000)
    >>> [round(float(schedule(t)), 3) for t in (0, 100, 400, 800, 900, 1000)]
    [0.0, 1.0, 0.5, 0.354, 0.167, 0.0]

    big_vision `rsqrt` with `cooldown_steps`; fairseq `inverse_sqrt`; Transformers `get_inverse_sqrt_schedule`; T5.
    """
    if (cooldown_steps is None) != (total_steps is None):
        raise TypeError("inverse_sqrt: `cooldown_steps` and `total_steps` belong together, got one without the other.")
    if timescale is None:
        rule = "must be more than 0, or `timescale` be given"
        check_numbers("inverse_sqrt", "warmup_steps", warmup_steps, lambda steps: steps > 0, rule)
        timescale = warmup_steps
    fall = InverseSqrt(peak_value, timescale)
    whole = warmup_then("inverse_sqrt", warmup, first, init_value, peak_value, warmup_steps, fall)
    if cooldown_steps is None:
        return whole
    rest("inverse_sqrt", total_steps, warmup_steps=warmup_steps, cooldown_steps=cooldown_steps)
    before = rest("inverse_sqrt", total_steps, cooldown_steps=cooldown_steps)
    return whole * sequence([Constant(1.0), Linear(1.0, 0.0, cooldown_steps)], [before])


@recipe
def power(
    *,
    peak_value: Value,
    warmup_steps: Length,
    timescale: TimeConstant,
    cooldown_steps: Length,
    total_steps: Length,
    power: Rate = 0.51,
    init_value: Value = 0.0,
    end_value: Value = 0.0,
    cooldown: Shape = "exponential",
) -> Schedule:
    """A warmup, then a power of the step, at most the peak, and a cooldown from wherever that has come to.

        η(t) = η_p min((t / τ)^-p, 1)    between warmup and cooldown

    The warmup is a line to the value that this has at its end.

    Args:
        peak_value: η_p, the largest value.
        warmup_steps: the length of the linear warmup; 0 for none.
        timescale: τ, the step from which the value falls. Where the rate is a · n^-p after n tokens, that is the step
            by which (a / η_p)^(1/p) tokens have been seen; it may lie within the warmup.
        cooldown_steps: the length of the cooldown.
        total_steps: the length of the run.
        power: p, not negative.
        init_value: the value at step 0.
        end_value: the value from step `total_steps` onwards.
        cooldown: its shape, as in `wsd`.

    Raises:
        ValueError: if the phases are longer than the run.

    >>> phases = {"warmup_steps": 10, "timescale": 100, "cooldown_steps": 100, "total_steps": 1000}
    >>> schedule = power(peak_value=1.0, power=0.5, **phases)
    >>> [round(float(schedule(t)), 3) for t in (0, 10, 100, 400, 900, 1000)]
    [0.0, 1.0, 1.0, 0.5, 0.333, 0.0]

    Shen et al. (2024), arXiv:2408.13359, eq. 7 and 8, with p = 0.51.
    """
    rest("power", total_steps, warmup_steps=warmup_steps, cooldown_steps=cooldown_steps)
    at = rest("power", total_steps, cooldown_steps=cooldown_steps)
    held, late = without(timescale, warmup_steps), without(warmup_steps, timescale)
    top = peak_value * (1 + as_plain(late) / as_plain(not_zero(timescale))) ** -power
    rise = ramp("power", "linear", "zero", init_value, top, warmup_steps)
    fall = PowerLaw(peak_value, timescale, power, late)
    whole = sequence([rise, Constant(peak_value), fall], [warmup_steps, held])
    return decay_from(whole, at, cooldown_steps, end_value, cooldown)
