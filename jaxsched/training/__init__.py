"""Schedules in the training loop: an optax optimizer whose hyperparameters follow schedules, all on one clock.

    optimizer = scheduled(optax.adamw, learning_rate=js.warmup_cosine(...), weight_decay=0.1)
    state = optimizer.init(params)
    updates, state = optimizer.update(grads, state, params)       # in your jitted step
    values(state)                                                 # {"learning_rate": ..., "weight_decay": ...}

The plan is in the optimizer, that is, in your code. The clock, and what was done by hand or by feedback, are in the
state, that is, in your checkpoint. The functions that look at a state, or change it, find it in whatever holds it:
`optax.chain`, `optax.MultiSteps`, a tuple of your own. They work inside of `jit` and outside.
"""

from typing import Any

from jaxsched._combinators.steered import Steered
from jaxsched._public import publish
from jaxsched.training.finder import RangeTest as RangeTest, range_test as range_test
from jaxsched.training.optimizer import scheduled as scheduled
from jaxsched.training.resuming import resume as resume
from jaxsched.training.state import ScheduledState as ScheduledState, Table
from jaxsched.training.steering import (
    at_step as at_step,
    decay_now as decay_now,
    describe as describe,
    feedback as feedback,
    override as override,
    release as release,
    schedules as schedules,
    step as step,
    values as values,
)


__all__ = list(publish(__name__, globals(), (Steered, Table)))  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name == "Packed":  # what the state of a version before held of its plan; `pickle` asks for it
        raise ImportError("this state was written by an older version of jaxsched, whose states held the plan.")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
