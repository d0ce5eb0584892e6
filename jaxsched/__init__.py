"""Schedules for JAX, stored as data: thousands of configurations are one compiled program."""

from jaxsched._base import Schedule as Schedule
from jaxsched._combinators import join_schedules as join_schedules, sequence as sequence, shift as shift
from jaxsched._configs import Configs as Configs, build as build, grid as grid, stack as stack
from jaxsched._curves.constant import Constant as Constant, FromFunction as FromFunction
from jaxsched._curves.cyclic import CosineAnnealing as CosineAnnealing
from jaxsched._curves.decays import (
    ExponentialDecay as ExponentialDecay,
    InverseTimeDecay as InverseTimeDecay,
    NaturalExponentialDecay as NaturalExponentialDecay,
    StepDecay as StepDecay,
)
from jaxsched._curves.piecewise import MultiStep as MultiStep, PiecewiseConstant as PiecewiseConstant
from jaxsched._curves.transitions import Cosine as Cosine, Linear as Linear, Polynomial as Polynomial
from jaxsched._evaluate import evaluate as evaluate
from jaxsched._recipes import (
    warmup_constant as warmup_constant,
    warmup_cosine as warmup_cosine,
    warmup_exponential as warmup_exponential,
    warmup_linear as warmup_linear,
    wsd as wsd,
)
from jaxsched._sweep import Results as Results, sweep as sweep
