# pyright: reportArgumentType=false, reportCallIssue=false
"""Tokens, samples, epochs and fractions become steps exactly, and are rounded up."""

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

import jaxsched as js
from jaxsched._units import steps_from, steps_from_epochs, steps_from_fraction


counts = st.integers(1, 10**7) | st.integers(1, 10**20)
amounts = st.integers(0, 10**20) | st.fractions(0, 10**9)


@given(amount=amounts, per_step=counts | st.fractions(Fraction(1, 1000), 1000))
def test_the_last_step_is_the_first_that_reaches_the_amount(amount: int | Fraction, per_step: int | Fraction):
    steps = steps_from(amount, per_step=per_step)
    assert type(steps) is int and (steps - 1) * per_step < amount <= steps * per_step


@given(a=amounts, b=amounts, per_step=counts)
def test_more_is_never_fewer_steps(a: int | Fraction, b: int | Fraction, per_step: int):
    assert steps_from(min(a, b), per_step=per_step) <= steps_from(max(a, b), per_step=per_step)


@given(st.data(), st.integers(1, 10**7))
def test_a_quotient_of_steps_is_that_many_steps(data: st.DataObject, total_steps: int):
    steps = data.draw(st.integers(0, total_steps))
    assert steps_from_fraction(steps / total_steps, total_steps=total_steps) == steps
    assert steps_from_epochs(steps / total_steps, samples=total_steps, batch_size=1) == steps


@given(st.integers(0, 10**6), st.integers(0, 6))
def test_a_decimal_is_read_as_it_is_written(numerator: int, digits: int):
    written = Fraction(numerator, 10**digits)
    assert steps_from(float(written), per_step=1) == math.ceil(written)
    assert steps_from(float(written), per_step=Fraction(1, 10**digits)) == numerator


def test_known_numbers_of_steps():
    assert steps_from(5e12, per_step=4_194_304) == steps_from(5 * 10**12, per_step=4_194_304) == 1_192_093
    assert steps_from(1e23, per_step=1) == 10**23 and steps_from(2**70 + 1, per_step=2) == 2**69 + 1
    assert steps_from_fraction(0.1, total_steps=30) == 3 and steps_from_fraction(0.07, total_steps=100) == 7
    assert steps_from_fraction(5 / 6, total_steps=6) == 5 and steps_from_fraction(1, total_steps=0) == 0
    assert steps_from_fraction(1e-12, total_steps=100) == 1 and steps_from_fraction(0.0, total_steps=100) == 0
    assert steps_from_epochs(90, samples=1_281_167, batch_size=1024) == 112_680
    assert steps_from_epochs(90, samples=1_281_167, batch_size=1024, drop_last=True) == 112_590
    assert steps_from_epochs(2.5, samples=10, batch_size=4) == 8  # 3 in each epoch
    assert steps_from_epochs(2.5, samples=10, batch_size=4, drop_last=True) == 5
    assert steps_from_epochs(1, samples=3, batch_size=4) == 1


@pytest.mark.parametrize(
    "tenth",
    [
        0.1,
        Fraction(1, 10),
        np.float64(0.1),
        np.float32(0.1),
        np.float16(0.1),
        np.array(0.1, np.float32),
        jnp.array(0.1),
    ],
    ids=repr,
)
def test_a_tenth_is_a_tenth_in_any_type(tenth: Any):
    steps = steps_from_fraction(tenth, total_steps=30)
    assert type(steps) is int and steps == 3


@pytest.mark.parametrize("make", [list, tuple, np.array, jnp.array, lambda x: [jnp.int32(n) for n in x]])
def test_an_array_is_the_loop(make: Callable[[list[int]], Any]):
    given = [0, 1, 7, 8, 9, 10**9]
    steps = steps_from(make(given), per_step=8)
    assert isinstance(steps, np.ndarray) and steps.dtype == np.int64
    assert steps.tolist() == [steps_from(amount, per_step=8) for amount in given]
    with pytest.raises(ValueError, match="read-only"):
        steps[0] = 1


def test_an_array_is_the_loop_over_epochs_and_fractions():
    epochs, fractions = [0, 0.5, 2.5], np.array([[0, 0.07], [0.1, 1]], np.float32)
    assert steps_from_epochs(epochs, samples=100, batch_size=32).tolist() == [0, 2, 10]
    looped = [[steps_from_fraction(x, total_steps=100) for x in row] for row in fractions]
    assert steps_from_fraction(fractions, total_steps=100).tolist() == looped == [[0, 7], [10, 100]]
    assert steps_from(range(3), per_step=2).tolist() == [0, 1, 1]
    assert steps_from([10**12, 0.5, Fraction(9, 2)], per_step=1).tolist() == [10**12, 1, 5]
    assert steps_from([], per_step=2).shape == (0,) and steps_from(np.zeros((2, 0)), per_step=2).shape == (2, 0)


def test_every_argument_may_be_an_array():
    assert steps_from(1000, per_step=[256, 512]).tolist() == [4, 2]
    assert steps_from([[1000], [2000]], per_step=[256, 512]).tolist() == [[4, 2], [8, 4]]
    assert steps_from_epochs([1, 2], samples=[10, 11], batch_size=5).tolist() == [2, 6]
    assert steps_from_fraction(0.5, total_steps=np.array([10, 11])).tolist() == [5, 6]


def test_a_run_planned_in_tokens_is_evaluated_by_step():
    per_step = 1024 * 4096
    points = [10e9, 4.5e12, 5e12]
    warmup_end, cooldown_start, end = (int(n) for n in steps_from(points, per_step=per_step))
    schedule = js.wsd(peak_value=1.0, warmup_steps=warmup_end, cooldown_steps=end - cooldown_start, total_steps=end)
    for step, tokens in zip((warmup_end, cooldown_start, end), points, strict=True):
        assert (step - 1) * per_step < tokens <= step * per_step
    at_peak = schedule(np.array([warmup_end - 1, warmup_end, cooldown_start, cooldown_start + 1])) == 1.0
    assert at_peak.tolist() == [False, True, True, False]
    assert schedule(0) == 0.0 and schedule(end - 1) > 0.0 and schedule(end) == schedule(2**31 - 1) == 0.0


def test_phases_that_are_subtracted_fill_the_run():
    for total_steps in range(50):
        warmup_end, cooldown_start = steps_from_fraction([0.1, 0.9], total_steps=total_steps)
        cooldown_steps = total_steps - cooldown_start
        schedule = js.wsd(
            peak_value=1.0, warmup_steps=warmup_end, cooldown_steps=cooldown_steps, total_steps=total_steps
        )
        assert schedule(total_steps) == 0.0 and 0 <= cooldown_steps <= total_steps / 10


def test_a_stack_of_budgets_is_a_stack_of_schedules():
    total_steps = steps_from([1e9, 2e9], per_step=2**20)
    stacked = js.warmup_cosine(peak_value=1.0, warmup_steps=100, total_steps=total_steps)
    assert stacked.shape == (2,) and stacked(954).tolist() == [0.0, float(stacked[1](954))]


def epochs(value: Any = 1, samples: Any = 100, batch_size: Any = 10, **words: Any) -> Any:
    return steps_from_epochs(value, samples=samples, batch_size=batch_size, **words)


BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: steps_from(5, per_step=0), ValueError, "steps_from: `per_step` must be a positive number, got 0."),
    (lambda: steps_from(5, per_step=-0.5), ValueError, "steps_from: `per_step` must be a positive number, got -0.5."),
    (lambda: steps_from(5, per_step=True), TypeError, "steps_from: `per_step` must be a real number, got True (bool)."),
    (lambda: steps_from(5, per_step=math.inf), ValueError, "steps_from: `per_step` must be finite, got inf."),
    (lambda: steps_from(-1, per_step=2), ValueError, "steps_from: `amount` must not be negative, got -1."),
    (lambda: steps_from(Fraction(-1, 3), per_step=2), ValueError, "steps_from: `amount` must not be negative, got -1/3."),
    (lambda: steps_from([1, [2, -3]][1], per_step=2), ValueError, "steps_from: `amount` must not be negative, got -3 at index 1."),
    (lambda: steps_from(np.array([[0, 1], [2, -3]]), per_step=2), ValueError, "steps_from: `amount` must not be negative, got -3 at index (1, 1)."),
    (lambda: steps_from(math.nan, per_step=2), ValueError, "steps_from: `amount` must be finite, got nan."),
    (lambda: steps_from([1.0, np.float32("inf")], per_step=2), ValueError, "steps_from: `amount` must be finite, got inf at index 1."),
    (lambda: steps_from("5e12", per_step=2), TypeError, "steps_from: `amount` must be a real number, got '5e12' (str; YAML takes 3e-4 for text, and 3.0e-4 for a number)."),
    (lambda: steps_from(["5", 6], per_step=2), TypeError, "steps_from: `amount` must be a real number, got '5' (str) at index 0."),
    (lambda: steps_from(None, per_step=2), TypeError, "steps_from: `amount` must be a real number, got None (NoneType)."),
    (lambda: steps_from(True, per_step=2), TypeError, "steps_from: `amount` must be a real number, got True (bool)."),
    (lambda: steps_from(np.array([True]), per_step=2), TypeError, "steps_from: `amount` must be a real number, got True (bool) at index 0."),
    (lambda: steps_from(1j, per_step=2), TypeError, "steps_from: `amount` must be a real number, got 1j (complex)."),
    (lambda: steps_from({"a": 1}, per_step=2), TypeError, "steps_from: `amount` must be a real number, got {'a': 1} (dict)."),
    (lambda: steps_from(js.Constant([1.0]), per_step=2), TypeError, "steps_from: `amount` must be a real number, got Constant(value=[1.0]) (Constant)."),
    (lambda: steps_from([[1, 2], [3]], per_step=2), TypeError, "steps_from: `amount` must not be ragged, got [[1, 2], [3]]."),
    (lambda: steps_from([1, 2], per_step=[1, 2, 3]), ValueError, "steps_from: the shapes of `amount`, `per_step` must broadcast, got (2,), (3,)."),
    (lambda: steps_from([1, 10**30], per_step=1), ValueError, "steps_from: the steps in an array must be at most 9223372036854775807, got 1000000000000000000000000000000."),
    (lambda: jax.jit(lambda x: steps_from(x, per_step=2))(4), TypeError, "steps_from: `amount` must be known on the host: convert before JAX traces, and pass the steps in, got "),
    (lambda: jax.jit(lambda x: steps_from([1, x], per_step=2))(4), TypeError, "steps_from: `amount` must be known on the host: convert before JAX traces, and pass the steps in, got "),
    (lambda: jax.vmap(lambda x: steps_from(4, per_step=x))(jnp.arange(3)), TypeError, "steps_from: `per_step` must be known on the host: convert before JAX traces, and pass the steps in, got "),
    (lambda: epochs(-0.5), ValueError, "steps_from_epochs: `epochs` must not be negative, got -0.5."),
    (lambda: epochs(samples=0), ValueError, "steps_from_epochs: `samples` must be a positive integer, got 0."),
    (lambda: epochs(samples=10.5), ValueError, "steps_from_epochs: `samples` must be a positive integer, got 10.5."),
    (lambda: epochs(batch_size=-8), ValueError, "steps_from_epochs: `batch_size` must be a positive integer, got -8."),
    (lambda: epochs(batch_size="8"), TypeError, "steps_from_epochs: `batch_size` must be a real number, got '8' (str)."),
    (lambda: epochs(drop_last=1), TypeError, "steps_from_epochs: `drop_last` must be True or False, got 1."),
    (lambda: epochs(batch_size=128, drop_last=True), ValueError, "steps_from_epochs: `samples` must be at least `batch_size` with `drop_last`, got samples=100, batch_size=128."),
    (lambda: epochs(batch_size=[10, 128], drop_last=True), ValueError, "steps_from_epochs: `samples` must be at least `batch_size` with `drop_last`, got samples=100, batch_size=128."),
    (lambda: steps_from_fraction(10, total_steps=100), ValueError, "steps_from_fraction: `fraction` must be between 0 and 1, got 10."),
    (lambda: steps_from_fraction(-0.1, total_steps=100), ValueError, "steps_from_fraction: `fraction` must be between 0 and 1, got -0.1."),
    (lambda: steps_from_fraction(0.1, total_steps=-1), ValueError, "steps_from_fraction: `total_steps` must be an integer and not negative, got -1."),
    (lambda: steps_from_fraction(0.1, total_steps=99.5), ValueError, "steps_from_fraction: `total_steps` must be an integer and not negative, got 99.5."),
]  # fmt: skip


@pytest.mark.parametrize("call, error, message", BAD, ids=[message[:70] for _, _, message in BAD])
def test_bad_amounts_are_named(call: Callable[[], Any], error: type[Exception], message: str):
    with pytest.raises(error, match=re.escape(message)) as raised:
        call()
    assert type(raised.value) is error
