"""Recipes that stay at the peak for a while, and then come down."""

from typing import Any

import numpy as np

from jaxsched._combinators.joins import join_schedules, running_sums, sequence
from jaxsched._curves.constant import Constant
from jaxsched._curves.shapes import Shape, WarmupShape, transition
from jaxsched._data.checks import entries
from jaxsched._numerics.floats import default_dtype
from jaxsched._recipes.phases import First, column, ramp, rest, warmup_then
from jaxsched._schedule.recipe import recipe
from jaxsched._schedule.schedule import Schedule
from jaxsched.fields import Length, Lengths, Value


def _trapezoid(
    owner: str,
    init_value: Any,
    peak_value: Any,
    end_value: Any,
    warmup_steps: Any,
    cooldown_steps: Any,
    total_steps: Any,
    warmup: WarmupShape = "linear",
    cooldown: Shape = "linear",
    first: First = "zero",
) -> Schedule:
    """A rise, the peak, and a fall: what `wsd`, `trapezoid` and `tri_stage` are."""
    stable_steps = rest(owner, total_steps, warmup_steps=warmup_steps, cooldown_steps=cooldown_steps)
    rise = ramp(owner, warmup, first, init_value, peak_value, warmup_steps)
    fall = transition(owner, cooldown, peak_value, end_value, cooldown_steps)
    return sequence([rise, Constant(peak_value), fall], [warmup_steps, stable_steps])


@recipe
def wsd(
    *,
    peak_value: Value,
    warmup_steps: Length,
    cooldown_steps: Length,
    total_steps: Length,
    init_value: Value = 0.0,
    end_value: Value = 0.0,
    warmup: WarmupShape = "linear",
    cooldown: Shape = "linear",
    first: First = "zero",
) -> Schedule:
    """Warmup, stable, decay: a warmup, the peak, and a cooldown to the end of the run.

    Args:
        peak_value: the value from step `warmup_steps` to step `total_steps - cooldown_steps`.
        warmup_steps: the length of the warmup; 0 for none.
        cooldown_steps: the length of the cooldown; 0 drops to `end_value` at `total_steps`.
        total_steps: the length of the run; `end_value` is reached at this step, and held.
        init_value: the value at step 0.
        end_value: the value from step `total_steps` onwards; not 0 for a geometric cooldown.
        warmup: its shape: "constant", or a shape of a cooldown, run backwards.
        first: "zero" to begin at `init_value`, "one_over_n" to begin one step further up the warmup.
        cooldown: its shape: "linear", "cosine", "mirror_cosine", "one_minus_sqrt", "one_minus_square", "exponential",
            "geometric", "inverse_root", "rex" or "logarithmic", the class of that name; or a function of
            (init_value, end_value, transition_steps) that returns a schedule.

    Raises:
        ValueError: if the phases are longer than the run, or a shape is unknown.

    >>> schedule = wsd(peak_value=1.0, warmup_steps=10, cooldown_steps=20, total_steps=100)
    >>> [float(schedule(t)) for t in (0, 5, 10, 80, 90, 100)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]

    Hu et al. (2024), MiniCPM, arXiv:2404.06395; Hägele et al. (2024), arXiv:2405.18392, with `one_minus_sqrt`;
    Transformers `get_wsd_schedule`, timm `WSDLRScheduler`, Megatron.
    """
    values, lengths = (init_value, peak_value, end_value), (warmup_steps, cooldown_steps, total_steps)
    return _trapezoid("wsd", *values, *lengths, warmup, cooldown, first)


@recipe
def trapezoid(*, peak_value: Value, warmup_steps: Length, cooldown_steps: Length, total_steps: Length) -> Schedule:
    """From 0 to the peak in a line, along it, and back to 0 in a line: the simplest `wsd`.

    Args:
        peak_value: the value from step `warmup_steps` to step `total_steps - cooldown_steps`.
        warmup_steps: the length of the rise; 0 for none.
        cooldown_steps: the length of the fall; 0 drops to 0 at `total_steps`.
        total_steps: the length of the run.

    Raises:
        ValueError: if the phases are longer than the run.

    >>> schedule = trapezoid(peak_value=1.0, warmup_steps=10, cooldown_steps=20, total_steps=100)
    >>> [float(schedule(t)) for t in (0, 5, 10, 80, 90, 100)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.0]

    Xing et al. (2018), arXiv:1802.08770; the speedruns of modded-nanogpt and nanochat.
    """
    return _trapezoid("trapezoid", 0.0, peak_value, 0.0, warmup_steps, cooldown_steps, total_steps)


@recipe
def wsd_s(
    *,
    peak_value: Value,
    warmup_steps: Length,
    cooldown_steps: Lengths,
    period_steps: Lengths,
    init_value: Value = 0.0,
    end_value: Value = 0.0,
    warmup: WarmupShape = "linear",
    cooldown: Shape = "linear",
    first: First = "zero",
) -> Schedule:
    """WSD, simplified: one run with a cooldown at the end of each of several periods, after which the peak resumes.

    Args:
        peak_value: the value while it is stable.
        warmup_steps: the length of the warmup, part of the first period; 0 for none.
        cooldown_steps: n lengths, one for each period.
        period_steps: n lengths: each period ends with its cooldown. After the last one, `end_value` holds.
        init_value: the value at step 0.
        end_value: the value at the end of each period.
        warmup: its shape: "constant", or a shape of `wsd`, run backwards.
        first: "zero" to begin at `init_value`, "one_over_n" to begin one step further up the warmup.
        cooldown: the shape of each cooldown, as in `wsd`.

    Raises:
        ValueError: if there is not one cooldown for each period, and at least one, or a period is shorter than its
            phases.

    >>> schedule = wsd_s(peak_value=1.0, warmup_steps=10, cooldown_steps=[10, 20], period_steps=[50, 100])
    >>> [float(schedule(t)) for t in (0, 10, 40, 45, 50, 130, 140, 150)]
    [0.0, 1.0, 1.0, 0.5, 1.0, 1.0, 0.5, 0.0]

    Wen et al. (2024), arXiv:2410.05192; OLMo-core `WSDS`.
    """
    periods, cooldowns = entries(period_steps), entries(cooldown_steps)
    if periods != cooldowns or not periods:
        rule = "`cooldown_steps` must have one entry for each of `period_steps`, and at least one"
        raise ValueError(f"wsd_s: {rule}, got {cooldowns} cooldowns for {periods} periods.")
    warmups = column(warmup_steps) * (np.arange(periods) == 0).astype(default_dtype(integer=True))
    lasting = rest("wsd_s", period_steps, "period_steps", warmup_steps=warmups)
    stable = rest("wsd_s", period_steps, "period_steps", warmup_steps=warmups, cooldown_steps=cooldown_steps)
    tails = transition("wsd_s", cooldown, column(peak_value), column(end_value), cooldown_steps)
    each = sequence([Constant(column(peak_value)), tails], column(stable))
    stretches = join_schedules(each, running_sums(lasting)[..., :-1])
    return warmup_then("wsd_s", warmup, first, init_value, peak_value, warmup_steps, stretches)


@recipe
def tri_stage(
    *,
    peak_value: Value,
    warmup_steps: Length,
    cooldown_steps: Length,
    total_steps: Length,
    init_value: Value,
    end_value: Value,
) -> Schedule:
    """A linear warmup, the peak, and a geometric decay to the end of the run: `wsd` with that tail.

    Args:
        peak_value: the value from step `warmup_steps` to step `total_steps - cooldown_steps`.
        warmup_steps: the length of the warmup; 0 for none.
        cooldown_steps: the length of the decay.
        total_steps: the length of the run; `end_value` is reached at this step, and held.
        init_value: the value at step 0; fairseq begins at 1% of the peak.
        end_value: the value from step `total_steps` onwards, not 0, and of the sign of the peak; fairseq ends at 1%.

    Raises:
        ValueError: if the phases are longer than the run, or `end_value` cannot be reached by a factor.

    >>> schedule = tri_stage(
    ...     peak_value=1.0, warmup_steps=10, cooldown_steps=50, total_steps=100, init_value=0.01, end_value=0.01
    ... )
    >>> [round(float(schedule(t)), 3) for t in (0, 10, 50, 75, 100)]
    [0.01, 1.0, 1.0, 0.1, 0.01]

    Park et al. (2019), SpecAugment, arXiv:1904.08779; fairseq `tri_stage`.
    """
    values, lengths = (init_value, peak_value, end_value), (warmup_steps, cooldown_steps, total_steps)
    return _trapezoid("tri_stage", *values, *lengths, cooldown="geometric")


@recipe
def infinite(
    *,
    peak_value: Value,
    constant_value: Value,
    end_value: Value,
    warmup_steps: Length,
    decay_steps: Length,
    cooldown_steps: Length,
    total_steps: Length,
    init_value: Value = 0.0,
    decay: Shape = "cosine",
    cooldown: Shape = "geometric",
) -> Schedule:
    """Warmup, decay to a constant rate that can go on for ever, and a cooldown when it is time.

    Args:
        peak_value: the value at step `warmup_steps`.
        constant_value: the value while it is stable.
        end_value: the value from step `total_steps` onwards; not 0 for a geometric cooldown.
        warmup_steps: the length of the linear warmup; 0 for none.
        decay_steps: the length of the decay from the peak to `constant_value`.
        cooldown_steps: the length of the cooldown.
        total_steps: the length of the run.
        init_value: the value at step 0.
        decay: its shape: "cosine", "inverse_root", or another of `wsd`.
        cooldown: its shape, as in `wsd`.

    Raises:
        ValueError: if the phases are longer than the run, or a shape is unknown.

    >>> schedule = infinite(
    ...     peak_value=1.0, constant_value=0.5, end_value=0.005, warmup_steps=10, decay_steps=40, cooldown_steps=20,
    ...     total_steps=100,
    ... )
    >>> [round(float(schedule(t)), 3) for t in (0, 10, 30, 50, 80, 90, 100)]
    [0.0, 1.0, 0.75, 0.5, 0.5, 0.05, 0.005]

    Ibrahim et al. (2024), arXiv:2403.08763; Singh et al. (2025), arXiv:2503.02844. To decide the cooldown while it
    trains, leave it out of here and use `decay_from`.
    """
    stable_steps = rest(
        "infinite", total_steps, warmup_steps=warmup_steps, decay_steps=decay_steps, cooldown_steps=cooldown_steps
    )
    rise = ramp("infinite", "linear", "zero", init_value, peak_value, warmup_steps)
    fall = transition("infinite", decay, peak_value, constant_value, decay_steps, "decay")
    tail = transition("infinite", cooldown, constant_value, end_value, cooldown_steps)
    return sequence([rise, fall, Constant(constant_value), tail], [warmup_steps, decay_steps, stable_steps])
