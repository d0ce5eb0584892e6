"""How far to look at a schedule of which nobody said how long the run is."""

import math
from typing import Any

import numpy as np

from jaxsched._combinators.choices import DecayFrom, Select, Splice
from jaxsched._combinators.clocks import Every, Repeat, Shift
from jaxsched._combinators.joins import Join, JoinAlike, pieces_of
from jaxsched._curves.constant import Constant
from jaxsched._curves.cyclic import CosineAnnealing, CosineRestarts, Triangular
from jaxsched._curves.decays import ExponentialDecay, InverseTimeDecay, Logistic, NaturalExponentialDecay
from jaxsched._curves.piecewise import MultiStep, PiecewiseConstant, PiecewiseInterpolate, Tabulated
from jaxsched._data.checks import as_exact
from jaxsched._numerics.floats import last_step
from jaxsched._schedule.arithmetic import Arithmetic
from jaxsched._schedule.known import numbers_of
from jaxsched._schedule.recipe import Recipe
from jaxsched._schedule.schedule import Schedule


UNKNOWN = 1000
"""For what has no length, such as a constant or a function."""

CYCLES, HALF_LIVES, AFTER = 3, 6, 1.25
"""So many cycles are shown, so many half-lives; and a quarter more of what ends in a constant."""

SHOWN = {"length": 1, "period": CYCLES, "time": HALF_LIVES}
"""How much of a number of steps, by its kind."""


def horizon(*schedules: Schedule) -> int:
    """The number of steps in which they show what they do; of a stack, in which every row does."""
    steps = max(map(_horizon, schedules))
    return min(math.ceil(steps), last_step()) if steps >= 1 else UNKNOWN


def _horizon(schedule: Schedule) -> float:
    held = {name: x for name, x in vars(schedule).items() if x is not None}
    match schedule:
        case Recipe():
            return _most(held["total_steps"]) if "total_steps" in held else _horizon(schedule._composition())
        case Join() | JoinAlike():
            last = pieces_of(schedule)[-1]
            begin = _most(schedule.boundaries)
            return AFTER * begin if isinstance(last, Constant) else begin + _horizon(last)
        case Arithmetic():
            return max((_horizon(x) for x in schedule.operands if isinstance(x, Schedule)), default=0)
        case Select():
            return max(map(_horizon, schedule.schedules))
        case Shift():
            return _horizon(schedule.schedule) + _most(schedule.steps)
        case Every():
            return _horizon(schedule.schedule) * max(_most(schedule.k), 1)
        case Splice():
            return _most(schedule.at) + _horizon(schedule.then)
        case DecayFrom():
            return _most(schedule.at) + _most(schedule.transition_steps)
        case Repeat():
            return _cycles(schedule.period_steps, schedule.growth, schedule.count)
        case CosineRestarts():
            return _cycles(schedule.period_steps, schedule.growth, schedule.cycles)
        case CosineAnnealing():  # its period is half a wave
            return 2 * CYCLES * _most(schedule.period_steps)
        case Triangular():
            return CYCLES * (_most(schedule.rise_steps) + _most(held.get("fall_steps", schedule.rise_steps)))
        case ExponentialDecay():
            return _half_lives(schedule.transition_steps, _logarithm(schedule.decay_rate))
        case NaturalExponentialDecay():
            return _half_lives(schedule.step_size, as_exact(schedule.decay_rate))
        case InverseTimeDecay():
            return _half_lives(schedule.transition_steps, as_exact(schedule.decay_rate) * math.log(2))
        case Logistic():
            return _most(schedule.midpoint) + HALF_LIVES * _most(schedule.timescale)
        case PiecewiseConstant() | MultiStep() | PiecewiseInterpolate():
            return AFTER * _most(schedule.boundaries)
        case Tabulated():
            return as_exact(schedule.values).shape[-1]
        case _:
            lengths = [SHOWN.get(field.spec.kind, 0) * _most(x) for field, x in numbers_of(schedule)]
            inner = [_horizon(x) for x in held.values() if isinstance(x, Schedule)]
            return max([*lengths, *inner], default=0)


def _most(steps: Any) -> float:
    return float(np.max(as_exact(steps), initial=0))


def _cycles(period: Any, growth: Any, count: Any) -> float:
    """The steps of the first cycles."""
    cycles = CYCLES if count is None else min(CYCLES, max(int(_most(count)), 1))
    each = 1.0 if growth is None else _most(growth)
    return _most(period) * sum(each**i for i in range(cycles))


def _logarithm(factor: Any) -> np.ndarray:
    return np.log(np.maximum(as_exact(factor).astype(float), 1e-30))


def _half_lives(steps: Any, rate: np.ndarray) -> float:
    """The steps of the first half-lives, or doublings, of what changes by so much, as a logarithm, in each `steps`."""
    rate = np.abs(rate.astype(float))
    return float(
        np.max(np.where(rate > 0, HALF_LIVES * math.log(2) * as_exact(steps) / np.where(rate > 0, rate, 1), 0))
    )
