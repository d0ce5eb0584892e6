"""Keras: a schedule of `keras.optimizers.schedules` becomes ours, and ours one of Keras.

A schedule is read by its class and its config. Step 0 is the first update in both. An optimizer of Keras counts
batches, also where it accumulates gradients over several of them.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from jaxsched._combinators.clocks import every, repeat
from jaxsched._combinators.joins import join_schedules
from jaxsched._curves.constant import Constant
from jaxsched._curves.cyclic import CosineRestarts
from jaxsched._curves.decays import ExponentialDecay, InverseTimeDecay, PowerLaw
from jaxsched._curves.piecewise import PiecewiseConstant
from jaxsched._curves.transitions import Cosine, Linear, Polynomial
from jaxsched._data.messages import brief, brief_with_type
from jaxsched._recipes.warmups import warmup_cosine
from jaxsched._schedule.known import as_one
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._text.reading import loads
from jaxsched._text.writing import dumps


def from_keras(schedule: Any) -> Schedule:
    """The schedule of Keras as ours.

    Args:
        schedule: an object of `keras.optimizers.schedules`; or what `keras.optimizers.schedules.serialize` writes, a
            dict with "class_name" and "config", also from JSON. An optimizer of Keras stands for its schedule, as an
            object or as `keras.optimizers.serialize` writes it.

    Raises:
        TypeError: if it is none of these, or has arguments that its class has not.
        ValueError: if its class or its numbers cannot be read; the message says what to do.

    >>> config = {"initial_learning_rate": 0.1, "decay_steps": 1000, "alpha": 0.01}
    >>> from_keras({"class_name": "CosineDecay", "config": config})
    Cosine(init_value=0.1, end_value=0.001, transition_steps=1000)

    keras/src/optimizers/schedules/learning_rate_schedule.py, Keras 3.15.
    """
    module, name, config = _described(schedule)
    if module == "jaxsched.adapters.keras_schedule":
        return loads(config["schedule"])
    built_in = module.startswith("keras.")
    if built_in and "schedules" not in module and "learning_rate" in config:  # an optimizer
        return from_keras(config["learning_rate"])
    if not built_in or name not in READERS:
        what = name if built_in else f"{name}, which is no class of Keras,"
        hint = "for a table of its values, use js.Tabulated([float(schedule(t)) for t in range(total_steps)])"
        raise ValueError(f"from_keras: {what} cannot be read: there are {', '.join(READERS)}; {hint}.")
    arguments = {key: _plain(x) for key, x in config.items() if key != "name"}
    try:
        inspect.signature(READERS[name]).bind(**arguments)
    except TypeError as error:
        raise TypeError(f"from_keras: {name}: {error}.") from None
    _check(name, arguments)
    return READERS[name](**arguments)


def to_keras(schedule: ScheduleLike) -> Any:
    """A schedule of Keras with the values of ours, for the `learning_rate` of an optimizer.

        model.compile(keras.optimizers.Adam(to_keras(schedule)), ...)

    A model is saved with it, as text. Keras loads only what it knows: where a program loads such a model, it has to
    import `jaxsched.adapters.keras_schedule` first.

    Args:
        schedule: one schedule.

    Raises:
        TypeError: if it is not a single schedule, its numbers are traced, or it holds a function.
        ValueError: if it is of a class of your own, which its text could not name, or a table of many thousand values.

    Keras runs on JAX or PyTorch; on TensorFlow only where the model is compiled with `run_eagerly=True`.
    """
    from jaxsched.adapters.keras_schedule import KerasSchedule

    schedule = as_one("to_keras", "schedule", schedule)
    try:
        return KerasSchedule(dumps(schedule))
    except (TypeError, ValueError) as error:
        rule = "must be one that a text can hold, for Keras saves it with the model"
        raise type(error)(f"to_keras: `schedule` {rule}, got {brief(schedule)}. {error}") from None


def _described(schedule: Any) -> tuple[str, str, Mapping[str, Any]]:
    """Where its class is, what that is called, and its config."""
    if isinstance(schedule, Mapping):
        if not {"class_name", "config"} <= schedule.keys():
            hint = "a config alone names no class: pass what `keras.optimizers.schedules.serialize` writes"
            rule = 'must have "class_name" and "config"'
            raise TypeError(f"from_keras: `schedule` {rule}, got {brief(dict(schedule))}; {hint}.")
        own = schedule.get("registered_name")  # of a class that somebody registered
        module = schedule.get("module") or ("" if own else "keras.optimizers.schedules")
        return module, own or schedule["class_name"], schedule["config"]
    if isinstance(schedule, type) or not hasattr(schedule, "get_config"):
        rule = "must be an object of keras.optimizers.schedules, or what `serialize` writes"
        raise TypeError(f"from_keras: `schedule` {rule}, got {brief(schedule)}.")
    return type(schedule).__module__, type(schedule).__name__, schedule.get_config()


def _plain(x: Any) -> Any:
    """A number, or a list of them, of Python; Keras writes an array as a dict."""
    if isinstance(x, Mapping) and x.get("class_name") in ("__numpy__", "__tensor__"):
        return x["config"]["value"]
    if isinstance(x, list | tuple):
        return [_plain(each) for each in x]
    return x if x is None or isinstance(x, str | int | float | Mapping) else np.asarray(x).tolist()


TABLES, FLAGS = ("boundaries", "values"), ("staircase", "cycle")

LEAST = {
    **{"decay_steps": 1, "first_decay_steps": 1, "warmup_steps": 0},
    **{"t_mul": 1, "m_mul": 0, "decay_rate": 0, "power": 0},
}
"""What is less is refused: Keras refuses it, too, or makes NaN of it, or it was a fraction and no number of steps."""


def _check(name: str, arguments: dict[str, Any]) -> None:
    for argument, x in arguments.items():
        if argument == "warmup_target" and x is None:
            continue
        table = argument in TABLES
        if isinstance(x, list) != table or not all(isinstance(number, int | float) for number in (x if table else [x])):
            noun = "a list of numbers" if table else "true or false" if argument in FLAGS else "a number"
            raise TypeError(f"from_keras: `{argument}` of {name} must be {noun}, got {brief_with_type(x)}.")
        if argument in LEAST and not x >= LEAST[argument]:
            rule = f"must be at least {LEAST[argument]}"
            raise ValueError(f"from_keras: `{argument}` of {name} {rule}, got {brief(x)}.")
        if argument == "initial_learning_rate" and isinstance(x, int):
            reason = f"of an integer, Keras makes integers of the other numbers, too: write {float(x)} there"
            raise ValueError(f"from_keras: `{argument}` of {name} must be a float, got {brief(x)}; {reason}.")


# Each with the arguments of Keras.


def _cosine(
    initial_learning_rate: float,
    decay_steps: float,
    alpha: float = 0.0,
    warmup_target: float | None = None,
    warmup_steps: float = 0,
) -> Schedule:
    """Without a target, Keras leaves out the warmup, whatever its steps."""
    if warmup_target is None:
        return Cosine(initial_learning_rate, alpha * initial_learning_rate, decay_steps)
    return warmup_cosine(
        peak_value=warmup_target,
        warmup_steps=warmup_steps,
        total_steps=warmup_steps + decay_steps,
        init_value=initial_learning_rate,
        end_value=alpha * warmup_target,
    )


def _restarts(
    initial_learning_rate: float, first_decay_steps: float, t_mul: float = 2.0, m_mul: float = 1.0, alpha: float = 0.0
) -> Schedule:
    """Keras multiplies what is above the least value, ours the whole peak."""
    peak, least, growth = initial_learning_rate, alpha * initial_learning_rate, None if t_mul == 1 else t_mul
    if m_mul == 1:
        return CosineRestarts(peak, least, first_decay_steps, growth)
    above = CosineRestarts((1 - alpha) * peak, 0.0, first_decay_steps, growth, m_mul)
    return least + above if least else above


def _exponential(
    initial_learning_rate: float, decay_steps: float, decay_rate: float, staircase: bool = False
) -> Schedule:
    return ExponentialDecay(initial_learning_rate, decay_steps, decay_rate, bool(staircase))


def _inverse_time(
    initial_learning_rate: float, decay_steps: float, decay_rate: float, staircase: bool = False
) -> Schedule:
    return InverseTimeDecay(initial_learning_rate, decay_steps, decay_rate, bool(staircase))


def _piecewise(boundaries: list[float], values: list[float]) -> Schedule:
    """The step of a boundary still has the old value, and a part of a step is cut off."""
    if not boundaries or sorted(boundaries) != boundaries:
        rule = "must be in increasing order, and at least one, as Keras needs them"
        raise ValueError(f"from_keras: `boundaries` of PiecewiseConstantDecay {rule}, got {brief(boundaries)}.")
    return PiecewiseConstant([max(int(boundary) + 1, 0) for boundary in boundaries], values)


def _polynomial(
    initial_learning_rate: float,
    decay_steps: float,
    end_learning_rate: float = 0.0001,
    power: float = 1.0,
    cycle: bool = False,
) -> Schedule:
    first, last, steps = initial_learning_rate, end_learning_rate, decay_steps
    if power == 0:
        return Constant(first)
    if not cycle or steps == 1:
        return _power(first, last, steps, power)
    if steps != int(steps):
        rule, hint = "must be whole where it cycles", "round it, or use js.Tabulated of its values"
        raise ValueError(f"from_keras: `decay_steps` of PolynomialDecay {rule}, got {brief(steps)}: {hint}.")
    # Cycle k = 1, 2, ... has the steps (k - 1) s < t ≤ k s, and in it (1 - t / ks)^p = ((ks - t) / s)^p k^-p.
    steps = int(steps)
    teeth = repeat(_power(((steps - 1) / steps) ** power, 0.0, steps - 1, power), steps)
    lower = every(PowerLaw(1.0, 1, power), steps)
    above = (first - last) * join_schedules([1.0, teeth * lower], [1])
    return last + above if last else above


def _power(first: float, last: float, steps: float, power: float) -> Schedule:
    return Linear(first, last, steps) if power == 1 else Polynomial(first, last, steps, power)


READERS: dict[str, Callable[..., Schedule]] = {
    "CosineDecay": _cosine,
    "CosineDecayRestarts": _restarts,
    "ExponentialDecay": _exponential,
    "InverseTimeDecay": _inverse_time,
    "PiecewiseConstantDecay": _piecewise,
    "PolynomialDecay": _polynomial,
}
