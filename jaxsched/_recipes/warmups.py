"""A warmup, and one curve after it.

Recipes are named compositions: a few lines each, in the words that people use. They take keyword arguments only.
`total_steps` is the length of the whole run, warmup included. The warmup begins at `init_value` at step 0 and reaches
`peak_value` *at* step `warmup_steps`; a warmup of 0 steps begins at the peak. Every argument that is a number may be
traced, or be an array for a stack.
"""

from jaxsched._combinators.clocks import shift
from jaxsched._curves.constant import Constant
from jaxsched._curves.decays import ExponentialDecay, StepDecay
from jaxsched._curves.piecewise import MultiStep, check_factor
from jaxsched._curves.shapes import WarmupShape
from jaxsched._curves.transitions import Cosine, Linear, Polynomial
from jaxsched._recipes.phases import First, rest, warmup_then
from jaxsched._schedule.recipe import recipe
from jaxsched._schedule.schedule import Schedule
from jaxsched.fields import Factor, Length, Lengths, Rate, TimeConstant, Value


@recipe
def warmup_cosine(
    *,
    peak_value: Value,
    warmup_steps: Length,
    total_steps: Length,
    init_value: Value = 0.0,
    end_value: Value = 0.0,
    exponent: Rate | None = None,
    warmup: WarmupShape = "linear",
    first: First = "zero",
) -> Schedule:
    """A warmup, then half a cosine to the end of the run.

    Args:
        peak_value: the value at step `warmup_steps`.
        warmup_steps: the length of the warmup; 0 for none.
        total_steps: the length of the run; `end_value` is reached at this step, and held.
        init_value: the value at step 0.
        end_value: the value from step `total_steps` onwards.
        exponent: as in `Cosine`.
        warmup: its shape: "constant", or a shape of `wsd`, run backwards.
        first: "zero" to begin at `init_value`, "one_over_n" to begin one step further up the warmup.

    Raises:
        ValueError: if the phases are longer than the run.

    >>> schedule = warmup_cosine(peak_value=1.0, warmup_steps=10, total_steps=110)
    >>> [round(float(schedule(t)), 3) for t in (0, 5, 10, 60, 110, 999)]
    [0.0, 0.5, 1.0, 0.5, 0.0, 0.0]

    optax `warmup_cosine_decay_schedule`; Keras `CosineDecay(warmup_target=...)`, whose `decay_steps` start after the
    warmup.
    """
    decay_steps = rest("warmup_cosine", total_steps, warmup_steps=warmup_steps)
    decay = Cosine(peak_value, end_value, decay_steps, exponent)
    return warmup_then("warmup_cosine", warmup, first, init_value, peak_value, warmup_steps, decay)


@recipe
def warmup_linear(
    *,
    peak_value: Value,
    warmup_steps: Length,
    total_steps: Length,
    init_value: Value = 0.0,
    end_value: Value = 0.0,
    warmup: WarmupShape = "linear",
    first: First = "zero",
) -> Schedule:
    """A warmup, then a line to the end of the run.

    Args:
        peak_value: the value at step `warmup_steps`.
        warmup_steps: the length of the warmup; 0 for none.
        total_steps: the length of the run; `end_value` is reached at this step, and held.
        init_value: the value at step 0.
        end_value: the value from step `total_steps` onwards.
        warmup: its shape: "constant", or a shape of `wsd`, run backwards.
        first: "zero" to begin at `init_value`, "one_over_n" to begin one step further up the warmup.

    Raises:
        ValueError: if the phases are longer than the run.

    >>> schedule = warmup_linear(peak_value=1.0, warmup_steps=10, total_steps=110)
    >>> [float(schedule(t)) for t in (0, 5, 10, 60, 110)]
    [0.0, 0.5, 1.0, 0.5, 0.0]

    Transformers `get_linear_schedule_with_warmup`.
    """
    decay_steps = rest("warmup_linear", total_steps, warmup_steps=warmup_steps)
    decay = Linear(peak_value, end_value, decay_steps)
    return warmup_then("warmup_linear", warmup, first, init_value, peak_value, warmup_steps, decay)


@recipe
def warmup_polynomial(
    *,
    peak_value: Value,
    warmup_steps: Length,
    total_steps: Length,
    power: Rate,
    init_value: Value = 0.0,
    end_value: Value = 0.0,
    warmup: WarmupShape = "linear",
    first: First = "zero",
) -> Schedule:
    """A warmup, then a power of what is left of the run.

    Args:
        peak_value: the value at step `warmup_steps`.
        warmup_steps: the length of the warmup; 0 for none.
        total_steps: the length of the run; `end_value` is reached at this step, and held.
        power: as in `Polynomial`; 1 is `warmup_linear`.
        init_value: the value at step 0.
        end_value: the value from step `total_steps` onwards.
        warmup: its shape: "constant", or a shape of `wsd`, run backwards.
        first: "zero" to begin at `init_value`, "one_over_n" to begin one step further up the warmup.

    Raises:
        ValueError: if the phases are longer than the run.

    >>> schedule = warmup_polynomial(peak_value=1.0, warmup_steps=10, total_steps=110, power=2.0)
    >>> [float(schedule(t)) for t in (0, 5, 10, 60, 110)]
    [0.0, 0.5, 1.0, 0.25, 0.0]

    Transformers `get_polynomial_decay_schedule_with_warmup`; fairseq `polynomial_decay`; composer
    `PolynomialWithWarmupScheduler`.
    """
    decay_steps = rest("warmup_polynomial", total_steps, warmup_steps=warmup_steps)
    decay = Polynomial(peak_value, end_value, decay_steps, power)
    return warmup_then("warmup_polynomial", warmup, first, init_value, peak_value, warmup_steps, decay)


@recipe
def warmup_constant(
    *,
    peak_value: Value,
    warmup_steps: Length,
    init_value: Value = 0.0,
    warmup: WarmupShape = "linear",
    first: First = "zero",
) -> Schedule:
    """A warmup, then the peak for ever.

    Args:
        peak_value: the value from step `warmup_steps` onwards.
        warmup_steps: the length of the warmup; 0 for none.
        init_value: the value at step 0.
        warmup: its shape: "constant", or a shape of `wsd`, run backwards.
        first: "zero" to begin at `init_value`, "one_over_n" to begin one step further up the warmup.

    >>> schedule = warmup_constant(peak_value=1.0, warmup_steps=10)
    >>> [float(schedule(t)) for t in (0, 5, 10, 999)]
    [0.0, 0.5, 1.0, 1.0]

    optax `warmup_constant_schedule`, which stays at `init_value` where there is no warmup.
    """
    peak = Constant(peak_value)
    return warmup_then("warmup_constant", warmup, first, init_value, peak_value, warmup_steps, peak)


@recipe
def warmup_exponential(
    *,
    peak_value: Value,
    warmup_steps: Length,
    transition_steps: TimeConstant,
    decay_rate: Factor,
    init_value: Value = 0.0,
    staircase: bool = False,
    end_value: Value | None = None,
    warmup: WarmupShape = "linear",
    first: First = "zero",
) -> Schedule:
    """A warmup, then an exponential decay without an end.

    Args:
        peak_value: the value at step `warmup_steps`.
        warmup_steps: the length of the warmup; 0 for none.
        transition_steps: the steps in which the value is multiplied by `decay_rate` once.
        decay_rate: the factor; in double precision where it is given so, as in `ExponentialDecay`.
        init_value: the value at step 0.
        staircase: whether the value falls only at whole multiples of `transition_steps` after the warmup.
        end_value: a bound, as in `ExponentialDecay`; None for no bound.
        warmup: its shape: "constant", or a shape of `wsd`, run backwards.
        first: "zero" to begin at `init_value`, "one_over_n" to begin one step further up the warmup.

    >>> schedule = warmup_exponential(peak_value=1.0, warmup_steps=10, transition_steps=100, decay_rate=0.25)
    >>> [float(schedule(t)) for t in (0, 5, 10, 60, 110)]
    [0.0, 0.5, 1.0, 0.5, 0.25]

    optax `warmup_exponential_decay_schedule`.
    """
    decay = ExponentialDecay(peak_value, transition_steps, decay_rate, staircase, end_value)
    return warmup_then("warmup_exponential", warmup, first, init_value, peak_value, warmup_steps, decay)


@recipe
def warmup_step(
    *,
    peak_value: Value,
    warmup_steps: Length,
    step_size: TimeConstant,
    factor: Factor,
    init_value: Value = 0.0,
    warmup: WarmupShape = "linear",
    first: First = "zero",
) -> Schedule:
    """A warmup, then a factor every `step_size` steps, counted from the start of the run.

    Args:
        peak_value: the value at step `warmup_steps`, before the first drop.
        warmup_steps: the length of the warmup; 0 for none.
        step_size: the steps between drops; the first is at this step of the run, warmup included.
        factor: the factor at each drop; in double precision where it is given so, as in `ExponentialDecay`.
        init_value: the value at step 0.
        warmup: its shape: "constant", or a shape of `wsd`, run backwards.
        first: "zero" to begin at `init_value`, "one_over_n" to begin one step further up the warmup.

    >>> schedule = warmup_step(peak_value=1.0, warmup_steps=10, step_size=30, factor=0.5)
    >>> [float(schedule(t)) for t in (0, 5, 10, 29, 30, 60)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.25]

    Goyal et al. (2017), arXiv:1706.02677; the references of torchvision.
    """
    stairs = shift(StepDecay(peak_value, step_size, factor), -warmup_steps)
    return warmup_then("warmup_step", warmup, first, init_value, peak_value, warmup_steps, stairs)


@recipe
def warmup_multistep(
    *,
    peak_value: Value,
    warmup_steps: Length,
    boundaries: Lengths,
    factor: Factor,
    init_value: Value = 0.0,
    warmup: WarmupShape = "linear",
    first: First = "zero",
) -> Schedule:
    """A warmup, then a factor at each boundary, counted from the start of the run.

    Args:
        peak_value: the value at step `warmup_steps`, before the first drop.
        warmup_steps: the length of the warmup; 0 for none.
        boundaries: the steps of the run, warmup included, at which the factor is applied; in any order.
        factor: the factor at each; in double precision where it is given so, as in `ExponentialDecay`.
        init_value: the value at step 0.
        warmup: its shape: "constant", or a shape of `wsd`, run backwards.
        first: "zero" to begin at `init_value`, "one_over_n" to begin one step further up the warmup.

    Raises:
        ValueError: if there are as many factors as boundaries, as in `MultiStep`.

    >>> schedule = warmup_multistep(peak_value=1.0, warmup_steps=10, boundaries=[80, 90], factor=0.5)
    >>> [float(schedule(t)) for t in (0, 5, 10, 79, 80, 90)]
    [0.0, 0.5, 1.0, 1.0, 0.5, 0.25]

    composer `MultiStepWithWarmupScheduler`; DeepSeek LLM, arXiv:2401.02954, with the factor √0.1.
    """
    check_factor("warmup_multistep", boundaries, factor, peak_value)
    stairs = shift(MultiStep(peak_value, boundaries, factor), -warmup_steps)
    return warmup_then("warmup_multistep", warmup, first, init_value, peak_value, warmup_steps, stairs)
