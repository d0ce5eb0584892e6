"""What a text may call: every curve, combinator and recipe."""

from collections.abc import Callable

from jaxsched._combinators.choices import clip, decay_from, maximum, minimum, select, splice
from jaxsched._combinators.clocks import every, repeat, reverse, shift
from jaxsched._combinators.joins import join_schedules, sequence
from jaxsched._combinators.stretching import stretch
from jaxsched._curves.constant import Constant, FromFunction
from jaxsched._curves.cooldowns import (
    Exponential,
    Geometric,
    InverseRoot,
    Logarithmic,
    MirrorCosine,
    OneMinusSqrt,
    OneMinusSquare,
    Rex,
    Tanh,
)
from jaxsched._curves.cyclic import CosineAnnealing, CosineRestarts, Triangular
from jaxsched._curves.decays import (
    ExponentialDecay,
    Gaussian,
    HalfLife,
    InverseSqrt,
    InverseTimeDecay,
    Logistic,
    NaturalExponentialDecay,
    PowerLaw,
    StepDecay,
)
from jaxsched._curves.piecewise import MultiStep, PiecewiseConstant, PiecewiseInterpolate, Tabulated
from jaxsched._curves.transitions import Cosine, Linear, Polynomial
from jaxsched._recipes.cycles import exponential_range_test, onecycle, sgdr, slanted_triangular, warmup_restarts
from jaxsched._recipes.flat_tops import infinite, trapezoid, tri_stage, wsd, wsd_s
from jaxsched._recipes.open_ended import inverse_sqrt, noam, power
from jaxsched._recipes.warmups import (
    warmup_constant,
    warmup_cosine,
    warmup_exponential,
    warmup_linear,
    warmup_multistep,
    warmup_polynomial,
    warmup_step,
)
from jaxsched._schedule.schedule import Schedule


_MAKERS: list[Callable[..., Schedule]] = [
    *(Constant, Linear, Cosine, Polynomial),
    *(OneMinusSqrt, OneMinusSquare, MirrorCosine, Rex, Exponential, Geometric, Tanh, InverseRoot, Logarithmic),
    *(ExponentialDecay, NaturalExponentialDecay, HalfLife, StepDecay, InverseTimeDecay),
    *(InverseSqrt, PowerLaw, Logistic, Gaussian),
    *(CosineAnnealing, CosineRestarts, Triangular),
    *(PiecewiseConstant, MultiStep, PiecewiseInterpolate, Tabulated, FromFunction),
    *(join_schedules, sequence, minimum, maximum, clip, shift, every, repeat, reverse, stretch),
    *(select, splice, decay_from),
    *(warmup_constant, warmup_linear, warmup_cosine, warmup_exponential, warmup_polynomial),
    *(warmup_step, warmup_multistep),
    *(wsd, trapezoid, wsd_s, tri_stage, infinite),
    *(onecycle, sgdr, warmup_restarts, slanted_triangular, exponential_range_test, inverse_sqrt, noam, power),
]

NAMES = {make.__name__: make for make in _MAKERS}
"""What a text may call."""
