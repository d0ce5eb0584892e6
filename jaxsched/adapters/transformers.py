"""Transformers: a name of `transformers.get_scheduler` and its keywords become a schedule.

The steps of the schedule are the updates of the optimizer, as there.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from jaxsched._combinators.clocks import shift
from jaxsched._combinators.joins import sequence
from jaxsched._curves.constant import Constant
from jaxsched._curves.cyclic import CosineAnnealing
from jaxsched._curves.transitions import Linear
from jaxsched._data.checks import PART_OF_RUN
from jaxsched._data.messages import brief, brief_with_type, one_of, unknown_argument
from jaxsched._feedback import GreedyPlateau, ReduceOnPlateau
from jaxsched._recipes.cycles import sgdr
from jaxsched._recipes.flat_tops import wsd
from jaxsched._recipes.open_ended import inverse_sqrt
from jaxsched._recipes.warmups import warmup_constant, warmup_cosine, warmup_linear, warmup_polynomial
from jaxsched._schedule.schedule import Schedule


def from_transformers(
    name: str,
    *,
    learning_rate: float,
    num_warmup_steps: float = 0,
    num_training_steps: int | None = None,
    **lr_scheduler_kwargs: Any,
) -> Any:
    """The schedule of `transformers.get_scheduler(name, ...)` with an optimizer of this learning rate.

    It is theirs at every step of the run. After it, a cosine of theirs rises again, and ours stays where it ends; with
    another `num_cycles` than half a wave, ours goes on as theirs.

    Args:
        name: a `SchedulerType`, or its value, such as "cosine".
        learning_rate: the rate of the optimizer, which is the peak.
        num_warmup_steps: as there, in steps: a part of the run, between 0 and 1, is an error.
        num_training_steps: the length of the run, warmup included. Only names without an end do without.
        lr_scheduler_kwargs: the keywords of this scheduler, there the `scheduler_specific_kwargs`.

    Returns:
        A schedule; a `ReduceOnPlateau` for "reduce_lr_on_plateau", and a `GreedyPlateau` for "greedy", whose scale is
        multiplied by the rate.

    Raises:
        TypeError: if an argument is unknown, missing, or no number.
        ValueError: if the name is unknown, a number out of its range, or something has no equal here.

    >>> from_transformers("cosine", learning_rate=2e-5, num_warmup_steps=100, num_training_steps=1000)
    warmup_cosine(peak_value=2e-05, warmup_steps=100, total_steps=1000)

    The fields of `TrainingArguments`, as the JSON of a training has them:

    >>> args = {"lr_scheduler_type": "cosine_with_min_lr", "learning_rate": 2e-5, "warmup_steps": 100}
    >>> args |= {"max_steps": 1000, "lr_scheduler_kwargs": {"min_lr_rate": 0.1}}
    >>> phases = {"num_warmup_steps": args["warmup_steps"], "num_training_steps": args["max_steps"]}
    >>> rate, others = args["learning_rate"], args["lr_scheduler_kwargs"]
    >>> from_transformers(args["lr_scheduler_type"], learning_rate=rate, **phases, **others)
    warmup_cosine(peak_value=2e-05, warmup_steps=100, total_steps=1000, end_value=2e-06)

    There, a `warmup_steps` below 1 is a part of the run, as `warmup_ratio` is in older versions, and the trainer takes
    `math.ceil(max_steps * warmup_steps)` steps; what is above 1 it rounds down. `steps_from_fraction` is the same but
    for an error of floats: 0.07 of 100 steps are 7 steps, and 8 there.

    Transformers `get_scheduler`, `SchedulerType`.
    """
    word = getattr(name, "value", name)
    if not isinstance(word, str) or word not in READERS:
        raise ValueError(f"{OWNER}: `name` {one_of(list(READERS), word)}")
    read = READERS[word]
    own = [each for each in inspect.signature(read).parameters.values() if each.kind is each.KEYWORD_ONLY]
    known = {"num_training_steps": None} | {each.name: each.default for each in own}
    for given in lr_scheduler_kwargs.keys() - known.keys():
        raise unknown_argument(f'{OWNER}("{word}")', given, ["learning_rate", "num_warmup_steps", *known])
    for given in known:
        if known[given] is inspect.Parameter.empty and given not in lr_scheduler_kwargs:
            raise TypeError(f'{OWNER}: `{given}` must be given for "{word}".')
    numbers = {"num_training_steps": num_training_steps, **lr_scheduler_kwargs}
    numbers = {given: x for given, x in numbers.items() if x is not None or known[given] is not None}
    _check(learning_rate=learning_rate, num_warmup_steps=num_warmup_steps, **numbers)
    try:
        return read(_Run(word, learning_rate, num_warmup_steps, num_training_steps), **lr_scheduler_kwargs)
    except (TypeError, ValueError) as error:
        if str(error).startswith(OWNER):
            raise
        raise type(error)(f"{OWNER}: {str(error).partition(': ')[2]}") from error


OWNER = "from_transformers"

# What numbers have to be. A word means the same wherever it is a keyword.
Rule = tuple[str, Callable[[Any], Any]]
POSITIVE: Rule = ("must be more than 0, and finite", lambda x: 0 < x < np.inf)
NOT_NEGATIVE: Rule = ("must not be negative, and must be finite", lambda x: 0 <= x < np.inf)
STEPS: Rule = (PART_OF_RUN, lambda x: x == 0 or 1 <= x < np.inf)
WHOLE: Rule = ("must be a whole number of steps, and not negative", lambda x: 0 <= x < np.inf and x == int(x))

RULES: dict[str, Rule] = {
    "num_training_steps": WHOLE,
    "reset_start": ("must be more than 0", lambda x: x > 0),
    **dict.fromkeys(("num_warmup_steps", "num_stable_steps", "num_decay_steps"), STEPS),
    **dict.fromkeys(("learning_rate", "num_cycles", "timescale", "power", "max_lr"), POSITIVE),
    **dict.fromkeys(("lr_end", "min_lr", "min_lr_rate", "min_lr_ratio"), NOT_NEGATIVE),
    **dict.fromkeys(("warmup_lr_rate", "eps", "patience"), NOT_NEGATIVE),
}


def _check(**given: Any) -> None:
    for name in given.keys() & RULES.keys():
        x, (rule, holds) = given[name], RULES[name]
        if not isinstance(x, int | float | np.integer | np.floating) or isinstance(x, bool):
            raise TypeError(f"{OWNER}: `{name}` must be a number, got {brief_with_type(x)}.")
        if not holds(x):
            raise _wrong(name, rule, x)


def _wrong(name: str, rule: str, *came: Any) -> ValueError:
    return ValueError(f"{OWNER}: `{name}` {rule}, got {' and '.join(map(brief, came))}.")


def _check_whole(where: str, **lengths: Any) -> None:
    """Raise where the curve after a length is so steep that the clock has to be exact."""
    for name, x in lengths.items():
        if x is not None and x != int(x):
            raise _wrong(name, f"must be a whole number {where}", x)


class _Run(NamedTuple):
    """What every scheduler is given."""

    name: str
    peak: Any
    warmup: Any
    steps: Any

    @property
    def rise(self) -> dict[str, Any]:
        return {"peak_value": self.peak, "warmup_steps": self.warmup}

    @property
    def total(self) -> Any:
        """The length of the run, for those that need it."""
        if self.steps is None:
            raise TypeError(f'{OWNER}: `num_training_steps` must be given for "{self.name}".')
        if self.steps < self.warmup:
            raise _wrong("num_training_steps", "must be at least `num_warmup_steps`", self.steps, self.warmup)
        return self.steps

    @property
    def fall(self) -> Any:
        """How long a cosine takes after the warmup: there, at least one step."""
        return max(self.total - self.warmup, 1)

    @property
    def base(self) -> Any:
        """The rate of those that do not look at a warmup."""
        if self.warmup:
            raise _wrong("num_warmup_steps", f'must be 0 for "{self.name}", which has no warmup', self.warmup)
        return self.peak


# A reader for each name. Its keywords and their defaults are theirs.


def _polynomial(run: _Run, *, lr_end: float = 1e-7, power: float = 1.0) -> Schedule:
    if run.total == run.warmup:
        raise _wrong("num_training_steps", "must be more than `num_warmup_steps`", run.total, run.warmup)
    if lr_end >= run.peak:
        raise _wrong("lr_end", "must be less than `learning_rate`", lr_end, run.peak)
    if power < 1:
        _check_whole("where `power` is less than 1", num_warmup_steps=run.warmup)
    return warmup_polynomial(**run.rise, total_steps=run.total, power=power, end_value=lr_end)


def _cosine(run: _Run, *, num_cycles: float = 0.5) -> Schedule:
    return _wave(run.peak, 0.0, 0.0, run.warmup, run.fall, num_cycles)


def _cosine_with_restarts(run: _Run, *, num_cycles: float = 1) -> Schedule:
    if num_cycles == 1:
        return _cosine(run)
    period = _period(run.warmup, run.fall, num_cycles, num_cycles)
    if num_cycles == int(num_cycles):
        return sgdr(**run.rise, period_steps=period, cycles=int(num_cycles))
    return sequence([sgdr(**run.rise, period_steps=period), Constant(0.0)], [run.warmup + run.fall])


def _cosine_with_min_lr(
    run: _Run, *, num_cycles: float = 0.5, min_lr: float | None = None, min_lr_rate: float | None = None
) -> Schedule:
    return _wave(run.peak, 0.0, _lowest(run, min_lr, min_lr_rate), run.warmup, run.fall, num_cycles)


def _cosine_warmup_with_min_lr(
    run: _Run,
    *,
    num_cycles: float = 0.5,
    min_lr: float | None = None,
    min_lr_rate: float | None = None,
    warmup_lr_rate: float | None = None,
) -> Schedule:
    """Each step is one further than in the others: the peak is at step W - 1, and the end at T - 1."""
    warmup, end_value = run.warmup, _lowest(run, min_lr, min_lr_rate)
    _check_whole(f'for "{run.name}"', num_warmup_steps=warmup)
    if warmup_lr_rate is not None and warmup < 2:
        raise _wrong("num_warmup_steps", "must be at least 2 where `warmup_lr_rate` is given", warmup)
    if warmup == 0:
        return shift(_wave(run.peak, 0.0, end_value, 0, run.fall, num_cycles), -1)
    init_value = run.peak * (1 / warmup if warmup_lr_rate is None else warmup_lr_rate)
    return _wave(run.peak, init_value, end_value, warmup - 1, run.fall, num_cycles)


def _wave(peak: Any, init_value: float, end_value: float, warmup: Any, fall: Any, num_cycles: float) -> Schedule:
    """A line up, and a cosine of so many waves in `fall` steps: half a wave stays down, as everywhere."""
    if num_cycles == 0.5:
        ends: dict[str, Any] = {"init_value": init_value if warmup else 0.0, "end_value": end_value}
        return warmup_cosine(peak_value=peak, warmup_steps=warmup, total_steps=warmup + fall, **ends)
    wave = CosineAnnealing(peak, end_value, _period(warmup, fall, 2 * num_cycles, num_cycles))
    return sequence([Linear(init_value, peak, warmup), wave], [warmup]) if warmup else wave


def _period(warmup: Any, steps: Any, cosines: float, num_cycles: float) -> float:
    _check_whole("where `num_cycles` is given", num_warmup_steps=warmup)
    if steps < cosines:
        raise _wrong("num_cycles", f"must be at most {num_cycles * steps / cosines:g}, a cosine a step", num_cycles)
    return steps / cosines


def _lowest(run: _Run, min_lr: Any, min_lr_rate: Any) -> float:
    if (min_lr is None) == (min_lr_rate is None):
        came = f"{min_lr} and {min_lr_rate}"
        raise TypeError(f'{OWNER}: one of `min_lr` and `min_lr_rate` must be given for "{run.name}", got {came}.')
    return run.peak * min_lr_rate if min_lr is None else min_lr


def _inverse_sqrt(run: _Run, *, timescale: float | None = None) -> Schedule:
    timescale = (run.warmup or 10_000) if timescale is None else timescale
    return inverse_sqrt(**run.rise, timescale=None if timescale == run.warmup else timescale)


WSD_SHAPES = {"linear": "linear", "cosine": "cosine", "1-sqrt": "one_minus_sqrt"}


def _warmup_stable_decay(
    run: _Run,
    *,
    num_decay_steps: float,
    num_stable_steps: float | None = None,
    warmup_type: str = "linear",
    decay_type: str = "cosine",
    min_lr_ratio: float = 0,
    num_cycles: float = 0.5,
) -> Schedule:
    """Where `num_stable_steps` is given, it decides, and not the length of the run."""
    for name, word in {"warmup_type": warmup_type, "decay_type": decay_type}.items():
        if word not in WSD_SHAPES:
            raise ValueError(f"{OWNER}: `{name}` {one_of(list(WSD_SHAPES), word)}")
    if num_cycles != 0.5 and decay_type != "cosine":
        raise _wrong("num_cycles", 'must be 0.5 where `decay_type` is not "cosine"', num_cycles)
    if decay_type == "1-sqrt" or num_cycles != 0.5:
        lengths = {"num_stable_steps": num_stable_steps, "num_decay_steps": num_decay_steps}
        _check_whole("for this decay", num_warmup_steps=run.warmup, **lengths)
    least = run.warmup + num_decay_steps
    total = run.total if num_stable_steps is None else least + num_stable_steps
    if total < least:
        raise _wrong("num_training_steps", "must be at least the warmup and the decay", total, least)
    low = min_lr_ratio * run.peak
    rise = {**run.rise, "init_value": low, "warmup": WSD_SHAPES[warmup_type]}
    if num_cycles == 0.5:
        fall: dict[str, Any] = {"cooldown_steps": num_decay_steps, "cooldown": WSD_SHAPES[decay_type]}
        return wsd(**rise, **fall, total_steps=total, end_value=low)
    wave = CosineAnnealing(run.peak, low, _period(run.warmup, num_decay_steps, 2 * num_cycles, num_cycles))
    return sequence([warmup_constant(**rise), wave, Constant(low)], [total - num_decay_steps, num_decay_steps])


def _reduce_lr_on_plateau(
    run: _Run,
    *,
    mode: Any = "min",
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    threshold_mode: Any = "rel",
    cooldown: int = 0,
    min_lr: float = 0,
    eps: float = 1e-8,
) -> ReduceOnPlateau:
    scales: dict[str, Any] = {"min_scale": _floor(run, min_lr), "eps": eps / run.base, "semantics": "torch"}
    return ReduceOnPlateau(mode, factor, patience, threshold, threshold_mode, cooldown, **scales)


def _greedy(
    run: _Run,
    *,
    mode: Any = "min",
    factor: float = 0.95,
    patience: int = 10,
    threshold: float = 1e-6,
    threshold_mode: Any = "abs",
    cooldown: int = 0,
    warmup: int = 0,
    min_lr: float = 1e-3,
    max_lr: float = 1.0,
    eps: float = 1e-8,
    verbose: bool = False,  # it prints, and changes nothing
    smooth: bool = False,
    window_size: int = 50,  # of what is smooth
    reset_start: float = 500,
) -> GreedyPlateau:
    if smooth:
        raise _wrong("smooth", "must be False: js.GreedyPlateau takes no means over a window that moves", smooth)
    if threshold_mode == "rel" and threshold:
        rule = 'must be "abs": a part of the metric itself is another rule than that of js.GreedyPlateau'
        raise _wrong("threshold_mode", rule, threshold_mode)
    if max_lr < run.base:
        raise _wrong("max_lr", "must be at least `learning_rate`", max_lr, run.base)
    soonest = reset_start * (patience + 1)  # at this metric it could reset first; with a floor of 0 it never does
    if min_lr and not (soonest == np.inf or (run.steps is not None and run.steps < soonest)):
        rule = f"must be math.inf, or `num_training_steps` less than {soonest}: js.GreedyPlateau does not reset"
        raise _wrong("reset_start", rule, reset_start)
    scales: dict[str, Any] = {"min_scale": _floor(run, min_lr), "max_scale": max_lr / run.base, "eps": eps / run.base}
    return GreedyPlateau(mode, factor, patience, threshold, threshold_mode, cooldown, warmup, **scales)


def _floor(run: _Run, min_lr: float) -> float:
    if min_lr > run.base:
        raise _wrong("min_lr", "must be at most `learning_rate`", min_lr, run.base)
    return min_lr / run.base


READERS: dict[str, Callable[..., Any]] = {
    "linear": lambda run: warmup_linear(**run.rise, total_steps=run.total),
    "cosine": _cosine,
    "cosine_with_restarts": _cosine_with_restarts,
    "polynomial": _polynomial,
    "constant": lambda run: Constant(run.base),
    "constant_with_warmup": lambda run: warmup_constant(**run.rise),
    "inverse_sqrt": _inverse_sqrt,
    "reduce_lr_on_plateau": _reduce_lr_on_plateau,
    "cosine_with_min_lr": _cosine_with_min_lr,
    "cosine_warmup_with_min_lr": _cosine_warmup_with_min_lr,
    "warmup_stable_decay": _warmup_stable_decay,
    "greedy": _greedy,
}
