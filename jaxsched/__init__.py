"""Schedules for JAX, stored as data: thousands of configurations are one compiled program."""

from jaxsched._base import Schedule as Schedule
from jaxsched._blocks import Block as Block, blocks as blocks
from jaxsched._clocks import (
    every as every,
    repeat as repeat,
    reverse as reverse,
    shift as shift,
    stretch as stretch,
)
from jaxsched._combinators import (
    clip as clip,
    decay_from as decay_from,
    maximum as maximum,
    minimum as minimum,
    select as select,
    splice as splice,
)
from jaxsched._configs import Configs as Configs, build as build, grid as grid, stack as stack
from jaxsched._curves.constant import Constant as Constant, FromFunction as FromFunction
from jaxsched._curves.cooldowns import (
    Exponential as Exponential,
    Geometric as Geometric,
    InverseRoot as InverseRoot,
    MirrorCosine as MirrorCosine,
    OneMinusSqrt as OneMinusSqrt,
    OneMinusSquare as OneMinusSquare,
    Rex as Rex,
    Tanh as Tanh,
)
from jaxsched._curves.cyclic import (
    CosineAnnealing as CosineAnnealing,
    CosineRestarts as CosineRestarts,
    Triangular as Triangular,
)
from jaxsched._curves.decays import (
    ExponentialDecay as ExponentialDecay,
    Gaussian as Gaussian,
    HalfLife as HalfLife,
    InverseSqrt as InverseSqrt,
    InverseTimeDecay as InverseTimeDecay,
    Logistic as Logistic,
    NaturalExponentialDecay as NaturalExponentialDecay,
    PowerLaw as PowerLaw,
    StepDecay as StepDecay,
)
from jaxsched._curves.piecewise import (
    MultiStep as MultiStep,
    PiecewiseConstant as PiecewiseConstant,
    PiecewiseInterpolate as PiecewiseInterpolate,
    Tabulated as Tabulated,
)
from jaxsched._curves.transitions import Cosine as Cosine, Linear as Linear, Polynomial as Polynomial
from jaxsched._evaluate import evaluate as evaluate
from jaxsched._joins import join_schedules as join_schedules, sequence as sequence
from jaxsched._lint import Finding as Finding, lint as lint
from jaxsched._plateau import (
    GreedyPlateau as GreedyPlateau,
    PlateauState as PlateauState,
    ReduceOnPlateau as ReduceOnPlateau,
)
from jaxsched._queries import Extrema as Extrema
from jaxsched._recipes.cycles import (
    exponential_range_test as exponential_range_test,
    onecycle as onecycle,
    sgdr as sgdr,
    slanted_triangular as slanted_triangular,
)
from jaxsched._recipes.plateaus import (
    infinite as infinite,
    trapezoid as trapezoid,
    tri_stage as tri_stage,
    wsd as wsd,
    wsd_s as wsd_s,
)
from jaxsched._recipes.transformers import inverse_sqrt as inverse_sqrt, noam as noam, power as power
from jaxsched._recipes.warmups import (
    warmup_constant as warmup_constant,
    warmup_cosine as warmup_cosine,
    warmup_exponential as warmup_exponential,
    warmup_linear as warmup_linear,
    warmup_multistep as warmup_multistep,
    warmup_step as warmup_step,
)
from jaxsched._sweep import Results as Results, sweep as sweep
from jaxsched._units import (
    steps_from as steps_from,
    steps_from_epochs as steps_from_epochs,
    steps_from_fraction as steps_from_fraction,
)
