"""Each class of `torch.optim.lr_scheduler`, by those of its attributes that stay the same while it steps."""

import operator
from bisect import bisect_right
from collections.abc import Callable
from functools import reduce
from typing import Any, Literal

from jaxsched._combinators.clocks import shift
from jaxsched._combinators.joins import join_schedules
from jaxsched._curves.constant import Constant
from jaxsched._curves.cyclic import CosineAnnealing, CosineRestarts, Triangular
from jaxsched._curves.decays import ExponentialDecay, HalfLife, StepDecay
from jaxsched._curves.piecewise import MultiStep, PiecewiseConstant
from jaxsched._curves.shapes import transition
from jaxsched._curves.transitions import Linear, Polynomial
from jaxsched._data.messages import brief
from jaxsched._feedback import ReduceOnPlateau
from jaxsched._recipes.cycles import onecycle
from jaxsched._schedule.schedule import Schedule


Of = Literal["lr", "momentum"]


class Refused(Exception):  # noqa: N818
    """Why something cannot be read as it is."""


class Value:
    """The value at a step. PyTorch saves the `__dict__` of such an object, so that the schedule is not in it."""

    __slots__ = ("__dict__", "schedule")

    def __init__(self, schedule: Schedule):
        self.schedule = schedule

    def __call__(self, step: int) -> float:
        return float(self.schedule(step))


def read(scheduler: Any, of: Of, group: int, base: float | None = None) -> Any:
    """By its attributes; `base` is the rate that it multiplies, by default that of the group."""
    name, own = name_of(scheduler), type(scheduler).__name__
    if own == "SWALR":
        hint = 'decay_from(schedule, start, anneal_epochs, swa_lr, "cosine")'
        raise Refused(f"a SWALR begins at the rate that another scheduler left; here that is `{hint}`")
    if name not in READERS:
        raise Refused(f"{own} is not of torch.optim.lr_scheduler, and may compute anything")
    if of == "momentum" and name not in MOMENTA:
        raise Refused(f"the momentum of a {name} is not read, only that of {' and '.join(MOMENTA)}")
    if base is None and hasattr(scheduler, "base_lrs"):
        base = float(scheduler.base_lrs[group])
    try:
        return (READERS if of == "lr" else MOMENTA)[name](scheduler, base, group)
    except ValueError as error:
        raise Refused(f"this {name} has no form here ({str(error).rstrip('.')})") from None


def name_of(scheduler: Any) -> str:
    """Its class, if that is PyTorch's own; another one may compute anything."""
    return type(scheduler).__name__ if type(scheduler).__module__ == "torch.optim.lr_scheduler" else ""


def position_of(scheduler: Any) -> int:
    """The step at which it is; a chain counts in its links."""
    return max(scheduler.last_epoch, 0) if hasattr(scheduler, "last_epoch") else position_of(scheduler._schedulers[0])


def _whole(scheduler: Any, name: str, value: Any, least: int = 1) -> int:
    """A count of steps; PyTorch never reaches one that is between two, or has a meaning of its own for one of 0."""
    if not float(value).is_integer() or value < least:
        rule = f"must be a whole number of steps, at least {least}"
        raise Refused(f"the `{name}` of this {type(scheduler).__name__} {rule}, got {brief(value)}")
    return int(value)


def _lambda(x: Any, base: float, group: int) -> Schedule:
    function = x.lr_lambdas[group]
    if name_of(x) != "LambdaLR" or not isinstance(function, Value):
        rule = "may compute anything; `rate * FromFunction(f)` takes one of jax.numpy"
        raise Refused(f"the function of a {type(x).__name__} {rule}, got {brief(function)}")
    return function.schedule if base == 1 else base * function.schedule


def _multi_step(x: Any, base: float, group: int) -> Schedule:
    milestones = [_whole(x, "milestones", milestone, 0) for milestone in sorted(x.milestones.elements())]
    return MultiStep(base, milestones, float(x.gamma))


def _polynomial(x: Any, base: float, group: int) -> Schedule:
    length = _whole(x, "total_iters", x.total_iters)
    return Polynomial(base, 0.0, length, float(x.power)) if x.power else Constant(base)  # 0⁰ is 1: it never falls


def _cosine(x: Any, base: float, group: int) -> Schedule:
    if x.T_max <= 0:
        raise Refused(f"the `T_max` of this CosineAnnealingLR must be positive, got {brief(x.T_max)}")
    return CosineAnnealing(base, float(x.eta_min), x.T_max)


def _warm_restarts(x: Any, base: float, group: int) -> Schedule:
    return CosineRestarts(base, float(x.eta_min), x.T_0, None if x.T_mult == 1 else x.T_mult)


RAMPS = {"cos": "cosine", "linear": "linear"}


def _one_cycle(x: Any, base: Any, group: int) -> Schedule:
    """Its phases end a step earlier than one would write them: at pct·T - 1, and at T - 1."""
    phases = _phases(x, group, "lr")
    (init, peak, warmup), (_, end, total) = phases[0], phases[-1]
    if warmup <= 0 or len(phases) < len(x._schedule_phases):
        return _joined(phases, RAMPS[x._anneal_func_type])
    ends = {"init_value": init, "end_value": end, "ramp": RAMPS[x._anneal_func_type], "three_phase": len(phases) == 3}
    usual: dict[str, Any] = {"init_value": peak / 25, "end_value": init / 1e4}  # which need not be written
    words: dict[str, Any] = {name: value for name, value in ends.items() if value != usual.get(name)}
    return onecycle(peak_value=peak, warmup_steps=warmup, total_steps=total, **words)


def _one_cycle_momentum(x: Any, base: Any, group: int) -> Schedule:
    return _joined(_phases(x, group, "momentum"), RAMPS[x._anneal_func_type])


def _phases(x: Any, group: int, of: Of) -> list[tuple[float, float, float]]:
    """First value, last value and last step of each; the last one is the first that reaches the end of the run."""
    held, phases = x.optimizer.param_groups[group], []
    for phase in x._schedule_phases:
        phases.append((float(held[phase[f"start_{of}"]]), float(held[phase[f"end_{of}"]]), float(phase["end_step"])))
        if phase["end_step"] >= x.total_steps - 1:
            break
    return phases


def _joined(phases: list[tuple[float, float, float]], ramp: Any) -> Schedule:
    """One after another; some may be over, or have begun, before the first step."""
    pieces, boundaries, start = [], [], 0.0
    for init, end, until in phases:
        if until >= 0:
            piece = transition("from_torch", ramp, init, end, until - start)
            pieces.append(shift(piece, start) if start < 0 else piece)
            boundaries.append(until)
        start = until
    return join_schedules(pieces, boundaries[:-1]) if len(pieces) > 1 else pieces[0]


def _cyclic(x: Any, base: float, group: int) -> Schedule:
    return _triangular(x, base, x.max_lrs[group])


def _cyclic_momentum(x: Any, base: float, group: int) -> Schedule:
    """It falls while the rate rises."""
    return _triangular(x, x.max_momentums[group], x.base_momentums[group])


def _triangular(x: Any, init: Any, peak: Any) -> Schedule:
    if x._scale_fn_custom is not None:
        raise Refused("the `scale_fn` of a CyclicLR may compute anything")
    digits = 12 - len(f"{x.total_size:.0f}")  # without what rounding leaves, for it keeps only the sum and the quotient
    rise, fall = (round(x.total_size * part, digits) for part in (x.step_ratio, 1 - x.step_ratio))
    scales: dict[str, dict[str, Any]] = {
        "triangular": {},
        "triangular2": {"scale": HalfLife(1.0, 1)},
        "exp_range": {"scale": ExponentialDecay(1.0, 1, float(x.gamma)), "scale_by": "step"},
    }
    return Triangular(float(init), float(peak), rise, None if fall == rise else fall, **scales[x.mode])


def _sequential(x: Any, base: Any, group: int) -> Schedule:
    boundaries = [_whole(x, "milestones", milestone, 0) for milestone in x._milestones]
    for each in x._schedulers:
        if hasattr(each, "_schedulers"):
            why = "which PyTorch steps once too often or cannot begin"
            raise Refused(f"this SequentialLR has a {type(each).__name__} in it, {why}")
    schedule = join_schedules([read(each, "lr", group) for each in x._schedulers], boundaries)
    piece = bisect_right(boundaries, x.last_epoch)
    if position_of(x._schedulers[piece]) != x.last_epoch - [0, *boundaries][piece]:
        raise Refused(f"the schedulers in this SequentialLR are not at its step {x.last_epoch}")
    return schedule


FACTORS = "StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR", "PolynomialLR", "ChainedScheduler"
"""Those that multiply the rate that is there, whatever it is, so that a chain of them is a product."""


def _chained(x: Any, base: float | None, group: int) -> Schedule:
    first, *others = x._schedulers
    for each in x._schedulers:
        if name_of(each) not in FACTORS and not _falls_once_the_others_are_1(each, x._schedulers):
            raise Refused(f"this ChainedScheduler is no product, for a {type(each).__name__} in it does not multiply")
        if position_of(each) != position_of(first):
            raise Refused("the schedulers in this ChainedScheduler are not at the same step")
    factors = [read(each, "lr", group, 1.0) for each in others]
    return reduce(operator.mul, factors, read(first, "lr", group, base))


def _falls_once_the_others_are_1(x: Any, links: Any) -> bool:
    """A cosine multiplies, but where it begins to rise: there it adds a part of the rate of the group."""
    if name_of(x) != "CosineAnnealingLR" or x.eta_min != 0:
        return False
    warmups = [each for each in links if name_of(each) in ("ConstantLR", "LinearLR")]
    over = all(getattr(each, "end_factor", 1) == 1 and each.total_iters <= x.T_max for each in warmups)
    return over and len(warmups) == len(links) - 1


def _plateau(x: Any, base: Any, group: int) -> ReduceOnPlateau:
    """What is a rate there, is a part of the first rate here."""
    rate = float(x.optimizer.param_groups[group]["lr"])
    if x.last_epoch or rate <= 0:
        raise Refused(f"a ReduceLROnPlateau is read before its first metric: it does not keep the first rate of {rate}")
    return ReduceOnPlateau(
        mode=x.mode,
        factor=x.factor,
        patience=x.patience,
        threshold=x.threshold,
        threshold_mode=x.threshold_mode,
        cooldown=x.cooldown,
        min_scale=min(float(x.min_lrs[group]) / rate, 1.0),  # above the rate, it never reduces
        eps=x.eps / rate,
        semantics="torch",
    )


READERS: dict[str, Callable[[Any, Any, int], Any]] = {
    "LambdaLR": _lambda,
    "MultiplicativeLR": _lambda,
    "StepLR": lambda x, base, _: StepDecay(base, _whole(x, "step_size", x.step_size), float(x.gamma)),
    "MultiStepLR": _multi_step,
    "ConstantLR": lambda x, base, _: PiecewiseConstant(
        [_whole(x, "total_iters", x.total_iters)], [base * x.factor, base]
    ),
    "LinearLR": lambda x, base, _: Linear(
        base * x.start_factor, base * x.end_factor, _whole(x, "total_iters", x.total_iters)
    ),
    "ExponentialLR": lambda x, base, _: ExponentialDecay(base, 1, float(x.gamma)),
    "PolynomialLR": _polynomial,
    "CosineAnnealingLR": _cosine,
    "CosineAnnealingWarmRestarts": _warm_restarts,
    "OneCycleLR": _one_cycle,
    "CyclicLR": _cyclic,
    "SequentialLR": _sequential,
    "ChainedScheduler": _chained,
    "ReduceLROnPlateau": _plateau,
}

MOMENTA: dict[str, Callable[[Any, Any, int], Schedule]] = {
    "OneCycleLR": _one_cycle_momentum,
    "CyclicLR": _cyclic_momentum,
}
