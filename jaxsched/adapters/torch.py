"""PyTorch: a scheduler of `torch.optim.lr_scheduler` becomes a schedule, and a schedule such a scheduler."""

import copy
import types
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from jaxsched._curves.piecewise import Tabulated
from jaxsched._data.messages import brief, one_of
from jaxsched._schedule.known import as_one
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched.adapters.groups import read_groups
from jaxsched.adapters.torch_classes import Of, Refused, Value, name_of, position_of, read


def from_torch(scheduler: Any, of: Of | None = None, *, group: int | None = None, steps: int | None = None) -> Any:
    """The schedule of a scheduler of PyTorch, from its first step on, or the controller of a `ReduceLROnPlateau`.

        scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=1000)
        from_torch(scheduler, "lr")  # onecycle(peak_value=0.1, warmup_steps=299, total_steps=999)

    What it prints is the line to keep. A step of it is a call of `scheduler.step()`: where that is called once per
    epoch, `every(schedule, updates_per_epoch)` is the schedule of the updates. A scheduler in mid-run is read from its
    start, too, and a warning says at which step it is.

    A `ReduceLROnPlateau` becomes a `ReduceOnPlateau`, which is no schedule: its scale multiplies one. So the type of
    what is returned is left open.

    Args:
        scheduler: of `torch.optim.lr_scheduler`.
        of: "lr" or "momentum", the first of two betas. `OneCycleLR` and `CyclicLR` move both by default, and have to
            be asked for each. None where only the rate moves.
        group: the index of the parameter group. None where all groups have the same schedule.
        steps: where no schedule is equal, as for a function that may compute anything: the number of steps that are
            kept as a table, whose last value holds. None: that is refused.

    Raises:
        TypeError: if it is no scheduler; a `state_dict` names no class.
        ValueError: if it cannot be read as it is: the message says what to do.

    PyTorch `torch.optim.lr_scheduler`.
    """
    if isinstance(scheduler, Mapping):
        rule = "must be a scheduler, for a state_dict does not name its class: load it into one"
        raise TypeError(f"from_torch: `scheduler` {rule}, got a dict with {brief([*scheduler])}.")
    if not (hasattr(scheduler, "optimizer") and hasattr(scheduler, "get_last_lr")):
        raise TypeError(f"from_torch: `scheduler` must be of torch.optim.lr_scheduler, got {brief(scheduler)}.")
    if of not in (None, "lr", "momentum"):
        raise ValueError(f"from_torch: `of` {one_of(('lr', 'momentum'), of)}")
    if steps is not None and (not isinstance(steps, int | np.integer) or steps < 1):
        raise ValueError(f"from_torch: `steps` must be an integer, at least 1, got {brief(steps)}.")
    _check_what_moves(scheduler, of)
    count = len(scheduler.get_last_lr())
    found = read_groups("from_torch", count, group, lambda i: _read(scheduler, of or "lr", i, steps))
    if at := position_of(scheduler):
        where = f"is at step {at}, and its schedule counts from 0; `training.at_step(state, {at})` goes on from there"
        warnings.warn(f"from_torch: `scheduler` {where}.", stacklevel=2)
    return found


def to_torch(schedule: ScheduleLike, optimizer: Any) -> Any:
    """A scheduler of PyTorch, a `LambdaLR`, that sets the rate of every parameter group to the value of a schedule.

        scheduler = to_torch(wsd(peak_value=0.1, warmup_steps=100, cooldown_steps=200, total_steps=1000), optimizer)

    Its `state_dict` holds the step, and not the schedule, which stays in the code.

    Args:
        schedule: one schedule.
        optimizer: of PyTorch. The rate that it has is replaced, and so is its `initial_lr`.

    Raises:
        TypeError: if it is not one schedule with known numbers.

    PyTorch `torch.optim.lr_scheduler.LambdaLR`.
    """
    from torch.optim.lr_scheduler import LambdaLR  # pyright: ignore[reportMissingImports]

    schedule = as_one("to_torch", "schedule", schedule)
    for group in optimizer.param_groups:
        group["initial_lr"] = 1.0
    return LambdaLR(optimizer, Value(schedule))


def _all_within(scheduler: Any) -> Iterator[Any]:
    yield scheduler
    for each in getattr(scheduler, "_schedulers", ()):
        yield from _all_within(each)


def _check_what_moves(scheduler: Any, of: Of | None) -> None:
    name, moved = type(scheduler).__name__, any(getattr(x, "cycle_momentum", False) for x in _all_within(scheduler))
    if moved and of is None:
        rule = f'must be "lr" or "momentum": this {name} moves both (cycle_momentum=True), and each is a schedule'
        raise ValueError(f"from_torch: `of` {rule}, got None.")
    if of == "momentum" and not moved:
        raise ValueError(f'from_torch: `of` must be "lr": this {name} does not move the momentum, got "momentum".')


def _read(scheduler: Any, of: Of, group: int, steps: int | None) -> Any:
    try:
        found = read(scheduler, of, group)
        if isinstance(found, Schedule) and of == "lr":
            _check_rate(scheduler, found, group)
        return found
    except Refused as reason:
        if name_of(scheduler) == "ReduceLROnPlateau":
            raise ValueError(f"from_torch: {reason}.") from None
        if steps is None:
            hint = "pass `steps` for a table of so many values, or write it as a schedule"
            raise ValueError(f"from_torch: {reason}: {hint}.") from None
        return _table(scheduler, of, group, steps)


def _check_rate(scheduler: Any, schedule: Schedule, group: int) -> None:
    """Most schedulers multiply the rate that is there, so that another one spoils what follows."""
    at = position_of(scheduler)
    held = float(scheduler.get_last_lr()[group] if at else scheduler.optimizer.param_groups[group]["lr"])
    first, now = float(schedule(0)), float(schedule(at))
    if abs(held - now) > 1e-4 * max(abs(held), abs(now)) + 1e-6 * abs(first):
        why = "another scheduler of the same optimizer, an older `initial_lr`, or a change by hand"
        raise Refused(f"the rate is {held} at step {at}, where this {type(scheduler).__name__} makes {now} ({why})")


def _table(scheduler: Any, of: Of, group: int, steps: int) -> Schedule:
    """What a copy of it does with an optimizer that has no parameters."""
    if position_of(scheduler):
        raise ValueError("from_torch: a table begins at the first step: `scheduler` must be one that was not stepped.")
    groups = [{key: x for key, x in held.items() if key != "params"} for held in scheduler.optimizer.param_groups]
    stepped = types.SimpleNamespace(_wrapped_by_lr_sched=True)  # or PyTorch warns that the optimizer does not step
    optimizer = types.SimpleNamespace(
        param_groups=copy.deepcopy(groups), defaults=scheduler.optimizer.defaults, step=stepped, _opt_called=True
    )
    replica = copy.deepcopy(scheduler, {id(scheduler.optimizer): optimizer})
    used = []
    for _ in range(steps):
        held = optimizer.param_groups[group]
        used.append(float(held["lr"] if of == "lr" else held["betas"][0] if "betas" in held else held["momentum"]))
        replica.step()
    values = np.asarray(used)
    return Tabulated(np.where(np.abs(values) < np.finfo(np.float32).smallest_subnormal, 0.0, values))
