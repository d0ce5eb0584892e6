"""From tokens, samples, epochs and fractions of a run to integer steps: on the host, once, and exactly.

One rule: round up. Step n is the first by which at least that much has been seen, and what is more than nothing is at
least one step. Roundings add up over the lengths of phases, so convert the points at which phases begin and end, and
subtract. Nothing is rounded before that: all arithmetic is on fractions, and steps may be beyond int32.

A float stands for the fraction that was meant: the quotient with a denominator of at most 10⁷ that rounds to it, or
else the decimal that it prints as. So 0.1 is 1/10, 5/6 is 5/6, and 5e12 is an integer. Multiplied as floats, 0.07 of
100 steps would be 8 steps.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, overload

import jax
import numpy as np

from jaxsched._data.checks import is_traced
from jaxsched._data.messages import brief, brief_with_type


Amount = int | float | Fraction | np.floating | np.integer
Amounts = Sequence[Any] | np.ndarray | jax.Array

Rule = tuple[str, Callable[[Fraction], bool]]
"""What must hold of a number, in words and as a function."""

NOT_NEGATIVE: Rule = ("must not be negative", lambda x: x >= 0)
POSITIVE: Rule = ("must be a positive number", lambda x: x > 0)
COUNT: Rule = ("must be a positive integer", lambda x: x > 0 and x.denominator == 1)
STEPS: Rule = ("must be an integer and not negative", lambda x: x >= 0 and x.denominator == 1)
PART: Rule = ("must be between 0 and 1", lambda x: 0 <= x <= 1)


@overload
def steps_from(amount: Amount, *, per_step: Amount) -> int: ...
@overload
def steps_from(amount: Amount | Amounts, *, per_step: Amount | Amounts) -> np.ndarray | Any: ...
def steps_from(amount: Any, *, per_step: Any) -> int | np.ndarray:
    """The steps in which an amount of tokens, samples or anything counted is seen.

        n = ⌈a / s⌉,    so that    (n - 1) s < a ≤ n s

    Args:
        amount: a, not negative: a number, or a list or an array of them.
        per_step: s, how many of them one update of the optimizer sees, over all devices and accumulated
            micro-batches: tokens per batch, or the global batch size. It broadcasts against `amount`.

    Returns:
        n, rounded up: the first step by which at least `amount` has been seen. An int, or a read-only array of int64.
        (To stay within a budget instead, write `amount // per_step`.)

    Raises:
        ValueError: if an amount is negative or not finite, or `per_step` is not positive.
        TypeError: if something is not a real number, or is traced.

    >>> steps_from(5e12, per_step=4_194_304)
    1192093

    Convert the points at which phases begin and end, and subtract:

    >>> warmup_end, cooldown_start, end = steps_from([10e9, 4.5e12, 5e12], per_step=4_194_304)
    >>> schedule = wsd(
    ...     peak_value=1.0, warmup_steps=warmup_end, cooldown_steps=end - cooldown_start, total_steps=end
    ... )
    >>> [float(schedule(t)) for t in (0, warmup_end, cooldown_start, end)]
    [0.0, 1.0, 1.0, 0.0]
    """
    amounts, each = _read("steps_from", amount=(amount, NOT_NEGATIVE), per_step=(per_step, POSITIVE))
    return _round_up("steps_from", amounts / each)


@overload
def steps_from_epochs(epochs: Amount, *, samples: Amount, batch_size: Amount, drop_last: bool = False) -> int: ...
@overload
def steps_from_epochs(
    epochs: Amount | Amounts, *, samples: Amount | Amounts, batch_size: Amount | Amounts, drop_last: bool = False
) -> np.ndarray | Any: ...
def steps_from_epochs(epochs: Any, *, samples: Any, batch_size: Any, drop_last: bool = False) -> int | np.ndarray:
    """The steps in which the data are seen `epochs` times.

        n = ⌈e k⌉,    k = ⌈N / B⌉, or ⌊N / B⌋ with `drop_last`

    Args:
        epochs: e, not negative, and not necessarily whole: a number, or a list or an array of them.
        samples: N, the size of the data set.
        batch_size: B, how many samples one update of the optimizer sees, over all devices and accumulated
            micro-batches. It broadcasts against `epochs`, and so does `samples`.
        drop_last: whether an epoch ends without the batch that would not be full.

    Returns:
        n, rounded up: the first step by which at least `epochs` are over. An int, or a read-only array of int64.

    Raises:
        ValueError: if `epochs` is negative or not finite, the others are not positive integers, or `drop_last`
            leaves an epoch without a step.
        TypeError: if something is not a real number, or is traced.

    >>> steps_from_epochs(90, samples=1_281_167, batch_size=1024)
    112680
    >>> steps_from_epochs([0.5, 90], samples=1_281_167, batch_size=1024, drop_last=True)
    array([   626, 112590])

    PyTorch `DataLoader`, whose `len` is k. Where batches run on over the end of an epoch, the amount is e N:
    `steps_from(90 * 1_281_167, per_step=1024)`.
    """
    owner = "steps_from_epochs"
    if not isinstance(drop_last, bool):
        raise TypeError(f"{owner}: `drop_last` must be True or False, got {brief(drop_last)}.")
    times, data, batch = _read(
        owner, epochs=(epochs, NOT_NEGATIVE), samples=(samples, COUNT), batch_size=(batch_size, COUNT)
    )
    steps_per_epoch = np.floor(data / batch) if drop_last else np.ceil(data / batch)
    if np.any(empty := steps_per_epoch == 0):
        came = f"samples={data[empty].flat[0]}, batch_size={batch[empty].flat[0]}"
        raise ValueError(f"{owner}: `samples` must be at least `batch_size` with `drop_last`, got {came}.")
    return _round_up(owner, times * steps_per_epoch)


@overload
def steps_from_fraction(fraction: Amount, *, total_steps: Amount) -> int: ...
@overload
def steps_from_fraction(fraction: Amount | Amounts, *, total_steps: Amount | Amounts) -> np.ndarray | Any: ...
def steps_from_fraction(fraction: Any, *, total_steps: Any) -> int | np.ndarray:
    """The steps in which a part of the run is over.

        n = ⌈f T⌉

    Args:
        fraction: f, from 0 to 1: a number, or a list or an array of them.
        total_steps: T, the length of the run. It broadcasts against `fraction`.

    Returns:
        n, rounded up: the first step by which at least that part is over. An int, or a read-only array of int64.

    Raises:
        ValueError: if a fraction is not between 0 and 1, or `total_steps` is negative or not an integer.
        TypeError: if something is not a real number, or is traced.

    >>> steps_from_fraction([0.1, 0.5, 1], total_steps=15)
    array([ 2,  8, 15])
    >>> steps_from_fraction(0.07, total_steps=100)
    7

    A cooldown over the last tenth begins at `steps_from_fraction(0.9, total_steps=15)`, and lasts for the steps that
    are left: 1. Transformers rounds `warmup_ratio` up too, but after a product of floats: to 8 in the second example.
    """
    parts, total = _read("steps_from_fraction", fraction=(fraction, PART), total_steps=(total_steps, STEPS))
    return _round_up("steps_from_fraction", parts * total)


def _round_up(owner: str, exact: Any) -> int | np.ndarray:
    steps = np.ceil(exact)  # of fractions: Python integers
    if np.ndim(steps) == 0:
        return int(steps)
    largest = np.iinfo(np.int64).max
    if steps.size and steps.max() > largest:
        raise ValueError(f"{owner}: the steps in an array must be at most {largest}, got {steps.max()}.")
    steps = steps.astype(np.int64)
    steps.flags.writeable = False
    return steps


def _read(owner: str, **arguments: tuple[object, Rule]) -> Sequence[np.ndarray]:
    """The arguments as arrays of fractions, of one shape."""
    exact = [_fractions(owner, name, given, rule) for name, (given, rule) in arguments.items()]
    try:
        return np.broadcast_arrays(*exact)
    except ValueError:
        names = ", ".join(f"`{name}`" for name in arguments)
        shapes = ", ".join(str(array.shape) for array in exact)
        raise ValueError(f"{owner}: the shapes of {names} must broadcast, got {shapes}.") from None


def _fractions(owner: str, name: str, given: object, rule: Rule) -> np.ndarray:
    try:
        entries = _as_objects(given)
    except ValueError:
        raise TypeError(f"{owner}: `{name}` must not be ragged, got {brief(given)}.") from None
    exact = np.empty(entries.shape, object)
    for index in np.ndindex(entries.shape):
        at = f" at index {index[0] if len(index) == 1 else index}" if index else ""
        exact[index] = _checked(f"{owner}: `{name}`", entries[index], at, rule)
    return exact


def _checked(argument: str, entry: Any, at: str, rule: Rule) -> Fraction:
    words, holds = rule
    if is_traced(entry):
        host = "must be known on the host: convert before JAX traces, and pass the steps in"
        raise TypeError(f"{argument} {host}, got {brief(entry)}{at}.")
    if isinstance(entry, bool) or not isinstance(entry, Amount):
        raise TypeError(f"{argument} must be a real number, got {brief_with_type(entry)}{at}.")
    if isinstance(entry, float | np.floating) and not np.isfinite(entry):
        raise ValueError(f"{argument} must be finite, got {entry}{at}.")
    exact = _fraction(entry)
    if not holds(exact):
        raise ValueError(f"{argument} {words}, got {entry}{at}.")
    return exact


def _as_objects(given: object) -> np.ndarray:
    """A number, an array, or a (nested) list of them as an array of objects, each as it came."""
    if isinstance(given, list | tuple | range):
        return np.stack([_as_objects(entry) for entry in given]) if given else np.empty(0, object)
    if is_traced(given) or not isinstance(given, np.ndarray | np.generic | jax.Array):
        entries = np.empty((), object)
        entries[()] = given
        return entries
    array = np.asarray(given)
    entries = np.empty(array.shape, object)
    for index in np.ndindex(array.shape):
        entries[index] = array[index]
    return entries


def _fraction(number: Amount) -> Fraction:
    """The fraction that a number stands for; a float in its own precision."""
    if isinstance(number, int | Fraction):
        return Fraction(number)
    if isinstance(number, np.integer):
        return Fraction(int(number))
    decimal = Fraction(str(number))
    quotient = decimal.limit_denominator(10**7)
    return quotient if float(quotient) == number else decimal
