"""Schedules in the training loop: an optax optimizer whose hyperparameters follow schedules, all on one clock.

    optimizer = scheduled(optax.adamw, learning_rate=js.warmup_cosine(...), weight_decay=0.1)
    state = optimizer.init(params)
    updates, state = optimizer.update(grads, state, params)       # in your jitted step
    values(state)                                                 # {"learning_rate": ..., "weight_decay": ...}

The clock, the schedules and the values are in the state, as data: what is changed there is not compiled again. The
functions that look at a state, or change it, find it in whatever holds it: `optax.chain`, `optax.MultiSteps`, a tuple
of your own. They work inside of `jit` and outside.
"""

from jaxsched._public import publish
from jaxsched.training.finder import RangeTest as RangeTest, range_test as range_test
from jaxsched.training.optimizer import ScheduledState as ScheduledState, scheduled as scheduled
from jaxsched.training.resuming import resume as resume
from jaxsched.training.steered import Packed, Steered
from jaxsched.training.steering import (
    at_step as at_step,
    decay_now as decay_now,
    feedback as feedback,
    override as override,
    release as release,
    replace as replace,
    schedules as schedules,
    step as step,
    values as values,
)


__all__ = list(publish(__name__, globals(), (Packed, Steered)))  # pyright: ignore[reportUnsupportedDunderAll]
