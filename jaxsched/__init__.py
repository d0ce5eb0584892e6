"""Schedules for JAX, stored as data: thousands of configurations are one compiled program.

    import jaxsched as js

A schedule is a function of the step, so it goes wherever optax takes one:

    schedule = js.warmup_cosine(peak_value=3e-4, warmup_steps=100, total_steps=1000)
    optimizer = optax.adamw(schedule)

It is data, too: it prints as it was written, has `schedule.peak_value`, and any number in it may be traced, or be an
array, which makes a stack of schedules.

Where to look:

- recipes, named as people name them: `warmup_cosine`, `wsd`, `onecycle`, `sgdr`, `inverse_sqrt`, ...; and `recipe`,
  which makes one of your function.
- curves: `Constant`, `Linear`, `Cosine`, `Polynomial`, `ExponentialDecay`, `HalfLife`, `CosineRestarts`, `MultiStep`,
  `Tabulated`, ...; `FromFunction` for any function, and `Schedule`, of which you derive a class of your own, with the
  fields of `jaxsched.fields`.
- compositions: `join_schedules` and `sequence` one after another; `+ - * / **`, `minimum`, `clip`; `shift`, `every`,
  `repeat`, `reverse`, `stretch` on another clock; `splice`, `decay_from`, `select`.
- many at once: `grid`, `sample`, `build`, `stack`; `evaluate` and `blocks` for their values; `sweep` and `Results` to
  train, `resumable` and `halving` where that takes long.
- without a training: `jaxsched.scoring`, laws that predict from a schedule how a run will end.
- questions: `schedule.integral`, `.crossing`, `.extrema`, `lint`, `landmarks`; `schedule.plot`, `jaxsched.plotting`.
- as text: `dumps`, and `loads`, which reads what you would type, too.
- lengths: `steps_from`, `steps_from_epochs`, `steps_from_fraction`.
- in the loop: `ReduceOnPlateau`, `GreedyPlateau`, and `jaxsched.training`, an optax optimizer on one clock.

A step counts from 0; lengths are in steps; values are absolute. `help(js.wsd)`, `help(js.Schedule)` go on from here.
"""

from jaxsched._combinators.choices import (
    DecayFrom,
    Select,
    Splice,
    clip as clip,
    decay_from as decay_from,
    maximum as maximum,
    minimum as minimum,
    select as select,
    splice as splice,
)
from jaxsched._combinators.clocks import (
    Every,
    Repeat,
    Reverse,
    Shift,
    every as every,
    repeat as repeat,
    reverse as reverse,
    shift as shift,
)
from jaxsched._combinators.joins import Join, JoinAlike, join_schedules as join_schedules, sequence as sequence
from jaxsched._combinators.stretching import stretch as stretch
from jaxsched._curves.constant import Constant as Constant, FromFunction as FromFunction
from jaxsched._curves.cooldowns import (
    Exponential as Exponential,
    Geometric as Geometric,
    InverseRoot as InverseRoot,
    Logarithmic as Logarithmic,
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
from jaxsched._feedback import (
    GreedyPlateau as GreedyPlateau,
    PlateauState as PlateauState,
    ReduceOnPlateau as ReduceOnPlateau,
)
from jaxsched._lint import Finding as Finding, lint as lint
from jaxsched._look.landmarks import Landmark as Landmark, landmarks as landmarks
from jaxsched._numerics.doubles import Double
from jaxsched._public import publish
from jaxsched._recipes.cycles import (
    exponential_range_test as exponential_range_test,
    onecycle as onecycle,
    sgdr as sgdr,
    slanted_triangular as slanted_triangular,
    warmup_restarts as warmup_restarts,
)
from jaxsched._recipes.flat_tops import (
    infinite as infinite,
    trapezoid as trapezoid,
    tri_stage as tri_stage,
    wsd as wsd,
    wsd_s as wsd_s,
)
from jaxsched._recipes.open_ended import inverse_sqrt as inverse_sqrt, noam as noam, power as power
from jaxsched._recipes.warmups import (
    warmup_constant as warmup_constant,
    warmup_cosine as warmup_cosine,
    warmup_exponential as warmup_exponential,
    warmup_linear as warmup_linear,
    warmup_multistep as warmup_multistep,
    warmup_polynomial as warmup_polynomial,
    warmup_step as warmup_step,
)
from jaxsched._schedule.arithmetic import Arithmetic
from jaxsched._schedule.queries import Extrema as Extrema
from jaxsched._schedule.recipe import recipe as recipe
from jaxsched._schedule.schedule import Schedule as Schedule
from jaxsched._sweep.engine import sweep as sweep
from jaxsched._sweep.halving import halving as halving
from jaxsched._sweep.results import Results as Results
from jaxsched._sweep.resumable import resumable as resumable
from jaxsched._tables.blocks import Block as Block, blocks as blocks
from jaxsched._tables.configs import Configs as Configs, grid as grid
from jaxsched._tables.evaluate import evaluate as evaluate
from jaxsched._tables.sampling import log_uniform as log_uniform, sample as sample
from jaxsched._tables.stacking import build as build, stack as stack
from jaxsched._text.reading import loads as loads
from jaxsched._text.writing import dumps as dumps
from jaxsched._units import (
    steps_from as steps_from,
    steps_from_epochs as steps_from_epochs,
    steps_from_fraction as steps_from_fraction,
)


__version__ = "0.1.0"

# What functions and operators make: pickles name these, users do not.
_inner = (Arithmetic, DecayFrom, Every, Join, JoinAlike, Double, Repeat, Reverse, Select, Shift, Splice)
__all__ = list(publish(__name__, globals(), _inner))  # pyright: ignore[reportUnsupportedDunderAll]


def __dir__() -> list[str]:
    return [*__all__, "__version__", "fields"]
