"""timm: a scheduler of `timm.scheduler` becomes a schedule.

A scheduler is read by its class and its attributes. Its steps are epochs, or updates where `t_in_epochs` is False.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np

from jaxsched._combinators.clocks import every
from jaxsched._data.messages import brief
from jaxsched._schedule.schedule import Schedule
from jaxsched.adapters.groups import read_groups
from jaxsched.adapters.timm_classes import READERS


def from_timm(scheduler: Any, *, group: int | None = None, updates_per_epoch: int = 1) -> Any:
    """The schedule of a scheduler of timm.

        scheduler = CosineLRScheduler(optimizer, t_initial=300, warmup_t=5, warmup_prefix=True)
        from_timm(scheduler, updates_per_epoch=1251)
        # every(schedule=warmup_cosine(peak_value=0.05, warmup_steps=5, total_steps=305), k=1251)

    Args:
        scheduler: of `timm.scheduler`. A `PlateauLRScheduler` becomes a `ReduceOnPlateau`, which multiplies a schedule.
        group: the index of the parameter group. None where all groups have the same schedule.
        updates_per_epoch: how many updates there are in an epoch, for a scheduler that moves once in one, as it does by
            default (`t_in_epochs=True`). With 1, the steps of the schedule are those of the scheduler.

    Raises:
        TypeError: if it is no scheduler of timm.
        ValueError: if it cannot be read as it is: the message says what to do.

    timm `timm.scheduler`.
    """
    if not (hasattr(scheduler, "optimizer") and hasattr(scheduler, "param_group_field")):
        raise TypeError(f"from_timm: `scheduler` must be one of timm.scheduler itself, got {brief(scheduler)}.")
    if not isinstance(updates_per_epoch, int | np.integer) or updates_per_epoch < 1:
        came = brief(updates_per_epoch)
        raise ValueError(f"from_timm: `updates_per_epoch` must be a whole number, at least 1, got {came}.")
    count = len(scheduler.optimizer.param_groups)
    found = read_groups("from_timm", count, group, lambda i: _read(scheduler, i))
    if updates_per_epoch == 1:
        return found
    if not (isinstance(found, Schedule) and scheduler.t_in_epochs):
        rule = "must be 1 where the scheduler counts updates (t_in_epochs=False), or metrics"
        raise ValueError(f"from_timm: `updates_per_epoch` {rule}, got {updates_per_epoch}.")
    return every(found, updates_per_epoch)


def _read(scheduler: Any, group: int) -> Any:
    name = type(scheduler).__name__
    if not type(scheduler).__module__.startswith("timm.scheduler.") or name not in READERS:
        rule = f"must be one of {', '.join(READERS)}: another may compute anything; write it as a class of js.Schedule"
        raise ValueError(f"from_timm: `scheduler` {rule}, got a {name}.")
    try:
        return READERS[name](_as_seen_by(scheduler, group))
    except (TypeError, ValueError) as reason:
        raise ValueError(f"from_timm: this {name} cannot be read: {reason}") from None


def _as_seen_by(scheduler: Any, group: int) -> Any:
    """Its attributes, with the values of a parameter group: timm multiplies what it sets by the `lr_scale` of that."""
    if scheduler.noise_range_t is not None:
        raise ValueError("its noise is random: make it with noise_range_t=None, and multiply the schedule by your own.")
    scale = float(scheduler.optimizer.param_groups[group].get("lr_scale", 1.0))
    x = SimpleNamespace(**vars(scheduler), group=group, base=scale * float(scheduler.base_values[group]))
    for name in ("lr_min", "warmup_lr_init"):
        if hasattr(x, name):
            setattr(x, name, scale * float(getattr(x, name)))
    x.warmup = {"warmup_steps": x.warmup_t, "init_value": x.warmup_lr_init if x.warmup_t else 0.0}
    x.warmup_end = x.warmup_lr_init + scale * x.warmup_t * x.warmup_steps[group] if x.warmup_t else x.base
    if x.warmup_t < 0:
        raise ValueError(f"`warmup_t` must not be negative, got {brief(x.warmup_t)}.")
    return x
