"""Recipes that go up and down, once or many times."""

from jaxsched._combinators.joins import join_schedules, running_sums, sequence
from jaxsched._curves.cooldowns import Geometric, check_ends
from jaxsched._curves.cyclic import CosineRestarts
from jaxsched._curves.shapes import Shape, WarmupShape, transition
from jaxsched._curves.transitions import Linear
from jaxsched._data.checks import entries
from jaxsched._recipes.phases import First, column, rest, warmup_then
from jaxsched._schedule.recipe import recipe
from jaxsched._schedule.schedule import Schedule
from jaxsched.fields import Cycles, Factor, Growth, Length, Lengths, Period, Value, Values


@recipe
def onecycle(
    *,
    peak_value: Value,
    warmup_steps: Length,
    total_steps: Length,
    init_value: Value | None = None,
    end_value: Value | None = None,
    three_phase: bool = False,
    ramp: Shape = "cosine",
) -> Schedule:
    """Up to the peak, and down to far below where it began.

    Args:
        peak_value: the value at step `warmup_steps`.
        warmup_steps: the length of the way up; usually 25% or 30% of the run.
        total_steps: the length of the run; `end_value` is reached at this step, and held.
        init_value: the value at step 0. None for a 25th of the peak.
        end_value: the value from step `total_steps` onwards. None for a 10,000th of `init_value`, as in PyTorch; fastai
            ends at a 100,000th of the peak.
        three_phase: whether it comes down to `init_value` first, in as many steps as it went up, and then to
            `end_value`.
        ramp: the shape of each way, as in `wsd`; usually "cosine" or "linear".

    Raises:
        ValueError: if the phases are longer than the run.

    >>> schedule = onecycle(peak_value=1.0, warmup_steps=30, total_steps=100)
    >>> [round(float(schedule(t)), 4) for t in (0, 15, 30, 65, 100)]
    [0.04, 0.52, 1.0, 0.5, 0.0]
    >>> triangle = onecycle(peak_value=1.0, warmup_steps=40, total_steps=100, three_phase=True, ramp="linear")
    >>> [round(float(triangle(t)), 4) for t in (0, 20, 40, 60, 80, 90, 100)]
    [0.04, 0.52, 1.0, 0.52, 0.04, 0.02, 0.0]

    Smith & Topin (2018), arXiv:1708.07120; PyTorch `OneCycleLR`, where each phase ends one step earlier; fastai
    `fit_one_cycle`; optax `cosine_onecycle_schedule` and `linear_onecycle_schedule`.
    """
    init_value = peak_value / 25 if init_value is None else init_value
    end_value = init_value / 10_000 if end_value is None else end_value
    rise = transition("onecycle", ramp, init_value, peak_value, warmup_steps, "ramp")
    if not three_phase:
        down = rest("onecycle", total_steps, warmup_steps=warmup_steps)
        return sequence([rise, transition("onecycle", ramp, peak_value, end_value, down, "ramp")], [warmup_steps])
    last = rest("onecycle", total_steps, times=2, warmup_steps=warmup_steps)
    fall = transition("onecycle", ramp, peak_value, init_value, warmup_steps, "ramp")
    tail = transition("onecycle", ramp, init_value, end_value, last, "ramp")
    return sequence([rise, fall, tail], [warmup_steps, warmup_steps])


@recipe
def sgdr(
    *,
    peak_value: Value,
    period_steps: Period,
    warmup_steps: Length = 0,
    growth: Growth | None = None,
    decay: Factor | None = None,
    cycles: Cycles | None = None,
    init_value: Value = 0.0,
    end_value: Value = 0.0,
    warmup: WarmupShape = "linear",
    first: First = "zero",
) -> Schedule:
    """A warmup, then half cosines with warm restarts.

    Args:
        peak_value: the value at step `warmup_steps`.
        period_steps: the length of the first cycle, in steps, warmup not included.
        warmup_steps: the length of the warmup before the first cycle; 0 for none.
        growth: how much longer each cycle is than the one before, as in `CosineRestarts`. None for 1.
        decay: how much lower each start is than the one before. None for 1.
        cycles: how many cycles there are. None for no end.
        init_value: the value at step 0, if there is a warmup.
        end_value: the value to which every cycle falls.
        warmup: its shape: "constant", or a shape of `wsd`, run backwards.
        first: "zero" to begin at `init_value`, "one_over_n" to begin one step further up the warmup.

    >>> schedule = sgdr(peak_value=1.0, period_steps=10, warmup_steps=5, growth=2)
    >>> [round(float(schedule(t)), 3) for t in (0, 5, 10, 14, 15, 25, 35)]
    [0.0, 1.0, 0.5, 0.024, 1.0, 0.5, 1.0]

    Loshchilov & Hutter (2017), arXiv:1608.03983; timm `CosineLRScheduler`, fairseq `cosine`.
    """
    waves = CosineRestarts(peak_value, end_value, period_steps, growth, decay, cycles)
    return warmup_then("sgdr", warmup, first, init_value, peak_value, warmup_steps, waves)


@recipe
def warmup_restarts(
    *,
    peak_values: Values,
    warmup_steps: Lengths,
    period_steps: Lengths,
    init_value: Value = 0.0,
    end_value: Value = 0.0,
) -> Schedule:
    """A warmup and half a cosine, again and again: `warmup_cosine` in each of several periods of any length.

    Args:
        peak_values: n values: the peak of each period.
        warmup_steps: n lengths, one for each period; 0 for none.
        period_steps: n lengths: how long each period is, warmup included. After the last one, `end_value` holds.
        init_value: the value at the beginning of each period.
        end_value: the value to which each period falls.

    Raises:
        ValueError: if there is not one peak and one warmup for each period, and at least one, or a period is shorter
            than its warmup.

    >>> schedule = warmup_restarts(peak_values=[1.0, 0.5], warmup_steps=[5, 5], period_steps=[15, 25])
    >>> [round(float(schedule(t)), 3) for t in (0, 5, 10, 14, 15, 20, 30, 40)]
    [0.0, 1.0, 0.5, 0.024, 0.0, 0.5, 0.25, 0.0]

    optax `sgdr_schedule`; the warmups of `CosineAnnealingWarmupRestarts` (katsura-jp), whose cycles grow by a factor
    after the warmup: `period_steps=[w + int(n * g**i) for i in range(cycles)]`.
    """
    peaks, warmups, periods = (entries(x) for x in (peak_values, warmup_steps, period_steps))
    if not peaks == warmups == periods > 0:
        rule = "`peak_values`, `warmup_steps` and `period_steps` must have one entry for each period, and at least one"
        raise ValueError(f"warmup_restarts: {rule}, got {peaks}, {warmups} and {periods} entries.")
    falls = rest("warmup_restarts", period_steps, "period_steps", warmup_steps=warmup_steps)
    rises = transition("warmup_restarts", "linear", column(init_value), peak_values, warmup_steps)
    waves = transition("warmup_restarts", "cosine", peak_values, column(end_value), falls)
    each = sequence([rises, waves], column(warmup_steps))
    return join_schedules(each, running_sums(period_steps)[..., :-1])


@recipe
def slanted_triangular(
    *, peak_value: Value, warmup_steps: Length, total_steps: Length, init_value: Value | None = None
) -> Schedule:
    """A short line up and a long line down, back to where it began.

    Args:
        peak_value: the value at step `warmup_steps`.
        warmup_steps: the length of the way up; usually 10% of the run.
        total_steps: the length of the run.
        init_value: the value at step 0 and from step `total_steps` onwards. None for a 32nd of the peak.

    Raises:
        ValueError: if the way up is longer than the run.

    >>> schedule = slanted_triangular(peak_value=1.0, warmup_steps=10, total_steps=100)
    >>> [float(schedule(t)) for t in (0, 10, 55, 100)]
    [0.03125, 1.0, 0.515625, 0.03125]

    Howard & Ruder (2018), ULMFiT, arXiv:1801.06146.
    """
    down = rest("slanted_triangular", total_steps, warmup_steps=warmup_steps)
    init_value = peak_value / 32 if init_value is None else init_value
    return sequence(
        [Linear(init_value, peak_value, warmup_steps), Linear(peak_value, init_value, down)], [warmup_steps]
    )


@recipe
def exponential_range_test(*, init_value: Value, end_value: Value, total_steps: Length) -> Schedule:
    """From a tiny value to a huge one by the same factor at each step: to see where training is fastest, and breaks.

        η(t) = η_0^(1-q) η_T^q,    q = min(t / T, 1)

    Args:
        init_value: η_0, the value at step 0, not 0.
        end_value: η_T, the value from step T onwards, of the same sign.
        total_steps: T, the length of the test, in steps.

    Raises:
        ValueError: if one of the values is 0, or their signs differ.

    >>> ramp = exponential_range_test(init_value=1e-6, end_value=1.0, total_steps=100)
    >>> [round(float(ramp(t)), 6) for t in (0, 50, 100)]
    [1e-06, 0.001, 1.0]

    fastai, after Smith (2015), arXiv:1506.01186; the finders of Lightning and ignite.
    """
    check_ends("exponential_range_test", "`init_value` and `end_value`", init_value, end_value)
    return Geometric(init_value, end_value, total_steps)
