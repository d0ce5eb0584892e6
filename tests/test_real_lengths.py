"""Lengths that are no whole number of steps: their values, their kinds, and the gradients through them.

That every schedule of the catalogue is right with real lengths is in `test_random.py`.
"""

import math
import pickle
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, strategies as st

import jaxsched as js
from jaxsched._combinators.stretching import grown
from jaxsched._numerics.counts import as_boundary
from jaxsched._numerics.doubles import Double, is_pair
from jaxsched.fields import Count, Period, TimeConstant
from jaxsched.training import decay_now, scheduled, schedules, step, values
from tests import strategies
from tests.catalogue import FEW, ROWS, ROWS_WITH_A_FORMULA
from tests.helpers import enable_x64, examples, float_leaves, made_real, tiers, with_lengths


T = np.arange(3000)


# What people write, in one line, against its definition.


def cycles(t: np.ndarray, period: Fraction) -> tuple[np.ndarray, np.ndarray]:
    """The index of the cycle and the part of it that is done, by fractions: floats are wrong at whole multiples."""
    index = np.array([int(step) // period for step in t])
    return index, np.array([float(int(step) / period - i) for step, i in zip(t, index, strict=True)])


def growing(t: np.ndarray, period: int, growth: Fraction) -> np.ndarray:
    """The part of the cycle that is done."""
    start, length, done = Fraction(0), Fraction(period), []
    for now in t.tolist():
        while now >= start + length:
            start, length = start + length, length * growth
        done.append(float((now - start) / length))
    return np.array(done)


K, THIRDS = 100, cycles(T, Fraction(600))[0]
PUBLISHED: dict[str, tuple[js.Schedule, np.ndarray]] = {
    "FixMatch, η cos(7πt / 16K)": (
        js.CosineAnnealing(0.03, -0.03, 16 * K / 7),
        0.03 * np.cos(7 * np.pi * T / (16 * K)),
    ),
    "7 hard restarts in 900 steps": (
        js.sgdr(peak_value=1.0, period_steps=900 / 7, cycles=7),
        np.where(T < 900, np.cos(np.pi / 2 * cycles(T, Fraction(900, 7))[1]) ** 2, 0.0),
    ),
    "1.5 waves in 1,000 steps": (
        js.CosineAnnealing(1.0, 0.0, 1000 / (2 * 1.5)),
        0.5 * (1 + np.cos(np.pi * 1.5 * 2 * T / 1000)),
    ),
    "a triangle of 7 steps": (js.Triangular(0.0, 1.0, 3.5), 1 - np.abs(T % 7 / 3.5 - 1)),
    "EfficientNet, every 2.4 epochs of 13 steps": (
        js.StepDecay(0.016, 2.4 * 13, 0.97),
        0.016 * 0.97 ** cycles(T, Fraction(24 * 13, 10))[0],
    ),
    "cycles that grow by a half": (
        js.repeat(js.Linear(1.0, 0.0, 10), 10, growth=1.5),
        1 - growing(T, 10, Fraction(3, 2)),
    ),
    "scheduled sampling, k / (k + e^(t/k))": (
        js.Logistic(1.0, 0.0, 50 * math.log(50), 50),
        50 / (50 + np.exp(T / 50)),
    ),
    "Karras et al., the noise": (
        js.Linear(80.0 ** (1 / 7), 0.002 ** (1 / 7), 17) ** 7,
        (80 ** (1 / 7) + np.minimum(T / 17, 1) * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7,
    ),
    "EDM, an EMA with a half-life in samples": (
        0.5 ** (256 / js.Linear(2560.0, 500_000.0, 1000)),
        0.5 ** (256 / (2560 + np.minimum(T / 1000, 1) * (500_000 - 2560))),
    ),
}


@pytest.mark.parametrize("schedule, exact", PUBLISHED.values(), ids=PUBLISHED.keys())
def test_what_is_published_is_one_line(schedule: js.Schedule, exact: np.ndarray):
    scale = np.abs(exact).max()
    np.testing.assert_allclose(schedule(T) / scale, exact / scale, atol=1e-6)


@pytest.mark.parametrize("period", [Fraction(1600, 7), Fraction(1000, 3), Fraction(12, 5), Fraction(15, 2)])
def test_whole_multiples_of_a_period_are_hit(period: Fraction):
    t = np.unique(np.concatenate([T, (np.arange(1, 3000) * period.numerator) % 2**24 // 7 * 7]))
    index, done = cycles(t, period)
    for stairs in (js.StepDecay(1.0, float(period), 0.9999), js.every(js.Tabulated(0.9999**T), float(period))):
        exact = 0.9999 ** (np.minimum(index, 2999) if stairs != js.StepDecay(1.0, float(period), 0.9999) else index)
        np.testing.assert_allclose(stairs(t), exact, rtol=1e-6, atol=1e-37)
    np.testing.assert_allclose(js.CosineRestarts(1.0, 0.0, float(period))(t), np.cos(np.pi / 2 * done) ** 2, atol=1e-6)


@pytest.mark.parametrize("boundary", [0.0, 1.5, 40.25, 9e6 + 0.25, 2.0**24 + 0.5, 2.0**30 + 0.75, 2.0**31 - 1.5])
def test_a_real_boundary_lies_between_two_steps(boundary: float):
    pair = Double(np.float32(boundary), np.float32(boundary - float(np.float32(boundary))))
    assert int(as_boundary(jnp.int32(0), pair)) == math.ceil(boundary)
    if boundary:
        at = np.array([math.ceil(boundary) - 1, math.ceil(boundary)])
        assert js.PiecewiseConstant([boundary], [1.0, 0.5])(at).tolist() == [1.0, 0.5]
        assert js.join_schedules([1.0, 0.5], [boundary])(at).tolist() == [1.0, 0.5]
        assert js.MultiStep(1.0, [boundary], 0.5)(at).tolist() == [1.0, 0.5]


def test_the_clock_behind_a_real_boundary_counts_from_there():
    steps = js.join_schedules([1.0, js.FromFunction(lambda t: t)], [29.5])
    assert steps(np.array([29, 30, 31, 130])).tolist() == [1.0, 0.5, 1.5, 100.5]
    table = js.join_schedules([1.0, js.Tabulated([0.3, 0.2, 0.1])], [29.5])
    assert table(np.array([29, 30, 31, 32])).tolist() == [1.0, np.float32(0.3), np.float32(0.2), np.float32(0.1)]
    assert js.join_schedules([js.FromFunction(lambda t: t), 0.0], [29.5])(29) == 29


def test_pieces_before_a_real_boundary_stay_exact():
    whole, joined = js.Cosine(0.3, 0.01, 77), js.join_schedules([js.Cosine(0.3, 0.01, 77), 0.01], [100.5])
    assert np.array_equal(whole(T[:101]), joined(T[:101]))


# A number is of one kind or of the other.


@pytest.mark.parametrize("given", [300, 300.0, 3e2, np.float64(300), np.float32(300), np.int64(300), 0.3 * 1000])
def test_a_whole_number_is_an_integer_however_it_is_written(given: Any):
    held: Any = js.Linear(1.0, 0.0, given).transition_steps
    assert held == 300 and type(held) is np.int32


def test_whole_numbers_share_one_program():
    from jaxsched._schedule.calling import call_packed

    before = len(call_packed.programs())
    for length in (1e4, 10_000, np.float64(123.0), 0.07 * 100):
        js.Linear(0.123, 0.0, length)(3)
    assert len(call_packed.programs()) <= before + 1


@pytest.mark.parametrize("given", [7.5, np.float32(7.5), jnp.float32(7.5), jnp.float32(8.0), jnp.bfloat16(8.0)])
def test_any_other_number_and_every_float_of_jax_is_pair(given: Any):
    assert is_pair(js.Linear(1.0, 0.0, given).transition_steps)
    assert is_pair(jax.jit(lambda x: js.Linear(1.0, 0.0, x))(given).transition_steps)


def test_what_is_derived_from_a_float_of_jax_is_real_too():
    def derived(warmup_steps: Any) -> Any:
        return js.wsd(peak_value=1.0, warmup_steps=warmup_steps, cooldown_steps=20, total_steps=100)

    assert jax.tree.structure(derived(jnp.float32(40.0))) == jax.tree.structure(jax.jit(derived)(jnp.float32(40.0)))


def test_a_real_300_is_equal_to_a_whole_one():
    whole, real = js.Linear(1.0, 0.0, 300), js.Linear(1.0, 0.0, jnp.float32(300.0))
    assert whole == real and hash(whole) == hash(real) and js.Linear(1.0, 0.0, 300.5) not in (whole, real)
    assert jax.tree.structure(whole) != jax.tree.structure(real)
    np.testing.assert_allclose(whole(T), real(T), atol=1e-6)


def test_a_table_a_stack_and_a_column_are_of_one_kind():
    lengths: Any
    stack: Any
    build: Any = js.build
    assert is_pair(js.PiecewiseConstant([10, 20.5], [1.0, 0.5, 0.1]).boundaries)
    lengths = [10, 20.5, 30]
    stack = js.stack([js.Linear(1.0, 0.0, each) for each in lengths])
    assert stack == js.Linear(1.0, 0.0, lengths) == build(lambda n: js.Linear(1.0, 0.0, n), js.grid(n=lengths))
    assert is_pair(stack.transition_steps) and stack[0] == js.Linear(1.0, 0.0, 10)
    assert not is_pair(js.Linear(1.0, 0.0, np.array([10.0, 30.0])).transition_steps)
    many = js.grid(n=np.linspace(10, 310, 301), peak=[1.0, 0.5])
    assert not is_pair(build(lambda n, peak: js.Linear(peak, 0.0, n), many).transition_steps)
    np.testing.assert_allclose(stack(T), [js.Linear(1.0, 0.0, each)(T) for each in lengths], atol=1e-6)


def test_no_row_of_a_table_changes_because_of_another():
    whole, real = js.Cosine(0.3, 0.01, 77), js.Cosine(0.3, 0.01, 77.5)
    table = js.evaluate([whole, real], 100)
    assert np.array_equal(table, [js.evaluate(whole, 100), js.evaluate(real, 100)])


def test_many_pieces_of_both_kinds_are_one_schedule():
    pieces = [js.Linear(1.0, 0.5, 10 + i / 2) for i in range(12)]
    joined = js.sequence(pieces, [10] * 11)
    assert len(jax.tree.leaves(joined)) == 5
    exact = [float(pieces[min(t // 10, 11)](t - 10 * min(t // 10, 11))) for t in range(130)]
    np.testing.assert_allclose(joined(np.arange(130)), exact, atol=1e-6)


class Sawtooth(js.Schedule):
    """A user's own, who writes for numbers."""

    peak_value: float
    period_steps: int | float

    def formula(self, step: jax.Array) -> jax.Array:
        assert not is_pair(self.period_steps) and jnp.asarray(self.period_steps).dtype == step.dtype
        return self.peak_value * (step % self.period_steps) / self.period_steps


def test_a_class_of_the_users_is_given_floats():
    t = np.arange(20)
    np.testing.assert_allclose(Sawtooth(1.0, 2.5)(t), t % 2.5 / 2.5, atol=1e-6)
    with jax.numpy_dtype_promotion("standard"):
        np.testing.assert_allclose(Sawtooth(1.0, 5)(t), t % 5 / 5, atol=1e-6)
    shifted = js.shift(Sawtooth(1.0, 5), 0.5)
    np.testing.assert_allclose(shifted(t), np.maximum(t - 0.5, 0) % 5 / 5, atol=1e-6)


@pytest.mark.parametrize("name", ["warmup_cosine", "wsd", "CosineRestarts, growing by half", "repeat, growing"])
def test_is_printed_pickled_and_replaced(name: str):
    one = made_real(ROWS[name].build())
    assert eval(repr(one), dict(vars(js))) == one and pickle.loads(pickle.dumps(one)) == one
    assert jax.tree.map(lambda x: x, one) == one


class Wobble(js.Schedule):
    """All kinds of fields."""

    ramp: int | float
    wave: Period
    decay: TimeConstant
    times: Count
    end: int | float | None = None

    def formula(self, step: jax.Array) -> Any:
        return sum(jnp.asarray(x, jnp.float32) for x in (self.ramp, self.wave, self.decay, self.times))


def test_a_class_of_the_users_says_how_its_fields_are_stretched():
    assert js.stretch(Wobble(5, 5, 5, 5), 100, 50) == Wobble(3, 2.5, 2.5, 5)
    assert js.stretch(Wobble(5.5, 5, 5, 5, 7.5), 100, 50) == Wobble(2.75, 2.5, 2.5, 5, 3.75)
    assert Wobble(5, 5, 2.5, 5)(0) == 17.5
    with pytest.raises(ValueError, match="Wobble: `decay` must be more than 0, got 0"):
        Wobble(5, 5, 0, 5)
    with pytest.raises(TypeError, match="Wobble: `times` must be an integer"):
        Wobble(5, 5, 1, 2.5)  # pyright: ignore[reportArgumentType]


def test_with_64_bits_nothing_is_lost():
    with enable_x64(True):
        period = 1600 / 7
        t = np.array([0, 1600, 16 * 10**9, 16 * 10**9 + 100])
        np.testing.assert_allclose(js.CosineRestarts(1.0, 0.0, period)(t)[:3], 1.0, rtol=1e-12)
        assert js.Linear(1.0, 0.0, 1e4).transition_steps == 10**4
        np.testing.assert_allclose(js.Linear(1.0, 0.0, 7.5)(3), 0.6, rtol=1e-15)
    built = js.Linear(1.0, 0.0, 7.5)
    assert built(3) == np.float32(0.6)


@pytest.mark.parametrize("name", tiers(ROWS_WITH_A_FORMULA[::7], FEW[:1]))
def test_traces_leave_nothing_behind_and_every_transformation_agrees(name: str):
    schedule, at = made_real(ROWS[name].build()), jnp.arange(60)
    with jax.check_tracer_leaks():
        traced = jax.jit(lambda s, t: s(t))(schedule, at)
    scanned = jax.lax.scan(lambda carry, t: (carry, schedule(t)), 0, at)[1]
    mapped = jax.jit(jax.vmap(lambda s, t: s(t), (None, 0)))(schedule, at)
    scale = float(np.abs(traced).max())
    for other in (schedule(at), scanned, mapped):
        np.testing.assert_allclose(other, traced, atol=1e-6 * scale)


@examples(3, 25)
@given(schedule=strategies.schedules(growth=False), at=st.lists(strategies.steps, min_size=4, max_size=4))
def test_whatever_is_made_real_stays_finite(schedule: js.Schedule, at: list[int]):
    real = made_real(schedule)
    assert np.isfinite(real(np.array(at, np.int32))).all()


# Gradients through lengths, against differences from both sides.


def unit(t: Any, length: Any) -> Any:
    return np.clip(1 - t / length, 0, 1)


def wave(left: Any) -> Any:
    return np.sin(np.pi / 2 * left) ** 2


GRADIENTS: dict[str, tuple[Callable[[Any], js.Schedule], Callable[[Any, np.ndarray], Any]]] = {
    "Linear": (lambda x: js.Linear(1.0, 0.1, x), lambda x, t: 0.1 + 0.9 * unit(t, x)),
    "Cosine": (lambda x: js.Cosine(1.0, 0.0, x), lambda x, t: wave(unit(t, x))),
    "Cosine, rising": (lambda x: js.Cosine(0.1, 1.0, x), lambda x, t: 1 - 0.9 * wave(unit(t, x))),
    "Polynomial": (lambda x: js.Polynomial(1.0, 0.0, x, 2.0), lambda x, t: unit(t, x) ** 2),
    "OneMinusSqrt": (lambda x: js.OneMinusSqrt(1.0, 0.0, x), lambda x, t: 1 - np.sqrt(1 - unit(t, x))),
    "Rex": (lambda x: js.Rex(1.0, 0.0, x), lambda x, t: unit(t, x) / (0.5 + 0.5 * unit(t, x))),
    "MirrorCosine": (lambda x: js.MirrorCosine(1.0, 0.0, x), lambda x, t: 2 * unit(t, x) - wave(unit(t, x))),
    "Exponential": (lambda x: js.Exponential(1.0, 0.0, x), lambda x, t: 2 * 0.5 ** (1 - unit(t, x)) - 1),
    "Geometric": (lambda x: js.Geometric(1.0, 0.01, x), lambda x, t: 0.01 ** (1 - unit(t, x))),
    "Tanh": (lambda x: js.Tanh(1.0, 0.0, x), lambda x, t: (1 - np.tanh(3 - 10 * unit(t, x))) / 2),
    "HalfLife": (lambda x: js.HalfLife(1.0, x), lambda x, t: 0.5 ** (t / x)),
    "InverseSqrt, its shift": (lambda x: js.InverseSqrt(1.0, 10, x), lambda x, t: 1 / np.sqrt(1 + (t + x) / 10)),
    "PowerLaw": (lambda x: js.PowerLaw(1.0, x, 0.7), lambda x, t: (1 + t / x) ** -0.7),
    "Gaussian": (lambda x: js.Gaussian(1.0, x), lambda x, t: np.exp(-((t / x) ** 2) / 2)),
    "Logistic, its midpoint": (lambda x: js.Logistic(1.0, 0.0, x, 3.5), lambda x, t: 1 / (1 + np.exp((t - x) / 3.5))),
    "CosineAnnealing": (lambda x: js.CosineAnnealing(1.0, 0.0, x), lambda x, t: (1 + np.cos(np.pi * t / x)) / 2),
    "CosineRestarts": (lambda x: js.CosineRestarts(1.0, 0.0, x), lambda x, t: np.cos(np.pi / 2 * (t % x) / x) ** 2),
    "Triangular": (lambda x: js.Triangular(0.0, 1.0, x), lambda x, t: 1 - np.abs((t % (2 * x)) / x - 1)),
    "PiecewiseInterpolate": (
        lambda x: js.PiecewiseInterpolate(jnp.stack([x, jnp.float32(60)]), [1.0, 0.0]),
        lambda x, t: np.interp(t, [x, 60], [1, 0]),
    ),
    "shift": (lambda x: js.shift(js.Cosine(1.0, 0.0, 99), x), lambda x, t: wave(unit(np.maximum(t - x, 0), 99))),
    "reverse": (lambda x: js.reverse(js.Cosine(1.0, 0.0, 99), x), lambda x, t: wave(unit(np.maximum(x - t, 0), 99))),
    "join_schedules": (
        lambda x: js.join_schedules([js.Linear(0.0, 1.0, 50), js.Cosine(1.0, 0.0, 100)], [x]),
        lambda x, t: np.where(t < x, np.minimum(t / 50, 1), wave(unit(t - x, 100))),
    ),
    "decay_from": (
        lambda x: js.decay_from(js.Linear(1.0, 0.0, 100), x, 20),
        lambda x, t: np.where(t < x, 1 - t / 100, (1 - x / 100) * unit(t - x, 20)),
    ),
    "splice": (
        lambda x: js.splice(js.Linear(1.0, 0.0, 100), x, js.Cosine(1.0, 0.0, 50)),
        lambda x, t: np.where(t < x, 1 - t / 100, (1 - x / 100) * wave(unit(np.maximum(t - x, 0), 50))),
    ),
    "warmup_cosine": (
        lambda x: js.warmup_cosine(peak_value=1.0, warmup_steps=x, total_steps=100),
        lambda x, t: np.where(t < x, t / x, wave(np.clip((100 - t) / (100 - x), 0, 1))),
    ),
    "wsd, its end": (
        lambda x: js.wsd(peak_value=1.0, warmup_steps=5, cooldown_steps=10, total_steps=x),
        lambda x, t: np.clip(np.minimum(t / 5, (x - t) / 10), 0, 1),
    ),
    "onecycle": (
        lambda x: js.onecycle(peak_value=1.0, warmup_steps=x, total_steps=100, init_value=0.0, end_value=0.0),
        lambda x, t: np.where(t < x, 1 - wave(unit(t, x)), wave(np.clip((100 - t) / (100 - x), 0, 1))),
    ),
}


@pytest.mark.parametrize("curve", tiers(GRADIENTS, ("warmup_cosine", "Triangular")))
def test_a_gradient_lies_between_the_differences_to_the_left_and_to_the_right(curve: Any):
    (make, exact), steps, h = curve, np.arange(130), 1e-5

    def value(length: jax.Array, step: jax.Array) -> jax.Array:
        return make(length)(step)

    reverse, forward = (jax.jit(jax.vmap(d(value), (None, 0))) for d in (jax.grad, jax.jacfwd))
    for length in np.array([40.0, 40.3, 21.5, 30.0], np.float32):  # 40 and 20 meet at half of the way
        found, x, t = np.asarray(reverse(length, steps)), float(length), steps.astype(float)
        np.testing.assert_allclose(forward(length, steps), found, atol=1e-6)
        sides = np.sort([(exact(x, t) - exact(x - h, t)) / h, (exact(x + h, t) - exact(x, t)) / h], axis=0)
        smooth = np.abs(sides).max(axis=0) < 10  # elsewhere it jumps, and the gradient is only finite
        off = np.maximum(sides[0] - found, found - sides[1])
        assert np.isfinite(found).all() and (off[smooth] < 2e-6).all(), steps[smooth & (off >= 2e-6)]


@pytest.mark.parametrize("name", tiers(ROWS_WITH_A_FORMULA, FEW[-1:]))
def test_every_gradient_is_finite_also_for_lengths_of_0(name: str):
    @jax.jit
    def gradients(schedule: js.Schedule, at: jax.Array) -> Any:
        floats, rebuild = float_leaves(schedule)
        return jax.vmap(lambda step: jax.grad(lambda floats: rebuild(floats)(step))(floats))(at)

    row, at = ROWS[name].build(), jnp.array([0, 1, 7, 100, 2**24, 2**31 - 1])
    for schedule in (made_real(row), with_lengths(row, lambda x: 0.0 * x)):
        assert all(np.isfinite(x).all() for x in gradients(schedule, at))


TRACED: dict[str, Callable[[Any], js.Schedule]] = {
    "Linear": lambda x: js.Linear(1.0, 0.0, x),
    "warmup_cosine": lambda x: js.warmup_cosine(peak_value=1.0, warmup_steps=x, total_steps=100),
    "wsd": lambda x: js.wsd(
        peak_value=1.0, warmup_steps=10, cooldown_steps=x, total_steps=100, cooldown="geometric", end_value=0.1
    ),
    "wsd_s": lambda x: js.wsd_s(peak_value=1.0, warmup_steps=x, cooldown_steps=[5, 5], period_steps=[50, 50]),
    "noam": lambda x: js.noam(model_size=64, warmup_steps=x),
    "inverse_sqrt": lambda x: js.inverse_sqrt(peak_value=1.0, warmup_steps=x),
    "power": lambda x: js.power(peak_value=1.0, warmup_steps=x, timescale=x, cooldown_steps=10, total_steps=100),
    "HalfLife": lambda x: js.HalfLife(1.0, x),
    "PowerLaw": lambda x: js.PowerLaw(1.0, x, 0.5, x),
    "Logistic": lambda x: js.Logistic(1.0, 0.0, x, x),
    "Gaussian": lambda x: js.Gaussian(1.0, x),
    "ExponentialDecay": lambda x: js.ExponentialDecay(1.0, x, 0.5, staircase=True),
    "CosineRestarts": lambda x: js.CosineRestarts(1.0, 0.0, x, growth=1.5),
    "CosineAnnealing": lambda x: js.CosineAnnealing(1.0, 0.0, x),
    "Triangular": lambda x: js.Triangular(0.0, 1.0, x),
    "every": lambda x: js.every(js.Linear(1.0, 0.0, 10), x),
    "repeat": lambda x: js.repeat(js.Linear(1.0, 0.0, 10), x, growth=1.5, count=3),
    "repeat, its growth": lambda x: js.repeat(js.Linear(1.0, 0.0, 10), 10, growth=x),
    "shift": lambda x: js.shift(js.HalfLife(1.0, 5), x),
    "reverse": lambda x: js.reverse(js.HalfLife(1.0, 5), x),
    "splice": lambda x: js.splice(js.HalfLife(1.0, 5), x, js.Linear(1.0, 0.0, x)),
    "decay_from": lambda x: js.decay_from(js.HalfLife(1.0, 5), x, x),
    "PiecewiseConstant": lambda x: js.PiecewiseConstant(jnp.stack([x, x]), [1.0, 2.0, 3.0]),
    "PiecewiseInterpolate": lambda x: js.PiecewiseInterpolate(jnp.stack([x, x + 1]), [1.0, 2.0]),
    "MultiStep": lambda x: js.MultiStep(1.0, jnp.stack([x, x / 2]), 0.5),
    "stretch": lambda x: js.stretch(js.wsd(peak_value=1.0, warmup_steps=9, cooldown_steps=5, total_steps=99), 99, x),
}


@pytest.mark.parametrize("make", tiers(TRACED, ("warmup_cosine", "CosineRestarts")))
def test_whatever_a_traced_length_comes_to_values_and_gradients_are_finite(make: Callable[[Any], js.Schedule]):
    steps = jnp.array([0, 1, 2, 100, 2**24 + 1, 2**31 - 1])
    value_and_gradient = jax.jit(jax.vmap(jax.value_and_grad(lambda x, t: make(x)(t)), (None, 0)))
    for x in np.array([0.0, -5.0, 1e-8, 0.5, 1e9, 2.0**31, 3e9, 1e30], np.float32):
        assert all(np.isfinite(each).all() for each in value_and_gradient(x, steps)), x


@pytest.mark.thorough
def test_the_gradients_of_optax_agree_where_its_formulas_are_right():
    def of(make: Callable[[Any], Any]) -> Any:
        return jax.vmap(lambda t: jax.grad(lambda x: make(x)(t))(jnp.float32(40.3)))(jnp.arange(1, 40))

    with jax.numpy_dtype_promotion("standard"):
        theirs = of(lambda x: optax.linear_schedule(1.0, 0.1, x)), of(lambda x: optax.cosine_decay_schedule(1.0, x))
        theirs += (of(lambda x: optax.exponential_decay(1.0, x, 0.3)),)
    ours = of(lambda x: js.Linear(1.0, 0.1, x)), of(lambda x: js.Cosine(1.0, 0.0, x))
    ours += (of(lambda x: js.ExponentialDecay(1.0, x, 0.3)),)
    for mine, yours in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, yours, atol=1e-6)


@pytest.mark.thorough
def test_a_gradient_goes_through_a_training():
    def final_loss(peak_value: Any, warmup_steps: Any) -> jax.Array:
        rate = js.warmup_linear(peak_value=peak_value, warmup_steps=warmup_steps, total_steps=20)
        optimizer = scheduled(optax.sgd, learning_rate=rate)
        loss = lambda x: jnp.sum((x - 1.0) ** 2)  # noqa: E731

        def one(carry: Any, _: Any) -> Any:
            x, state = carry
            updates, state = optimizer.update(jax.grad(loss)(x), state)
            return (optax.apply_updates(x, updates), state), None

        x = jnp.zeros(2)
        return loss(jax.lax.scan(one, (x, optimizer.init(x)), None, 12)[0][0])

    at = jnp.float32(0.05), jnp.float32(5.3)
    gradient = jax.jit(jax.grad(final_loss, (0, 1)))(*at)
    for i, h in enumerate((1e-3, 1e-2)):
        up, down = ([x + sign * h * (j == i) for j, x in enumerate(at)] for sign in (1, -1))
        difference = (final_loss(*up) - final_loss(*down)) / (2 * h)
        assert float(gradient[i]) == pytest.approx(float(difference), rel=1e-2)


# What else takes schedules takes real lengths.


def test_questions_and_lint_work_on_real_lengths():
    schedule = js.wsd(peak_value=0.3, warmup_steps=10.5, cooldown_steps=20.5, total_steps=100.5)
    table = np.asarray(schedule(np.arange(200)), np.float64)
    assert schedule.integral(200) == pytest.approx(table.sum(), rel=1e-6)
    assert schedule.crossing(0.15, 100) == np.argmax(table >= 0.15)
    assert schedule.extrema(100).highest_step == 11
    assert js.lint(schedule, 101) == []
    cut = js.sequence([js.Linear(0.0, 0.3, 10.5), js.Cosine(0.5, 0.0, 1000.5)], [10.5])
    assert [finding.kind for finding in js.lint(cut, 500)] == ["discontinuity", "end not reached"]


def test_a_cooldown_of_a_run_may_last_a_real_number_of_steps():
    optimizer = scheduled(optax.sgd, learning_rate=0.1, momentum=0.9)
    params = jnp.ones(2)
    state: Any = optimizer.init(params)
    for _ in range(3):
        _, state = optimizer.update(params, state)
    cooled = decay_now(state, 7.5)
    exact = js.decay_from(js.Constant(0.1), 3, 7.5)
    np.testing.assert_allclose(
        schedules(optimizer, cooled)["learning_rate"](np.arange(20)), exact(np.arange(20)), atol=1e-8
    )
    for t in range(3, 14):
        _, cooled = jax.jit(optimizer.update)(params, cooled)
        assert float(values(cooled)["learning_rate"]) == pytest.approx(float(exact(t)), abs=1e-8)
    again = decay_now(cooled, 10)  # a whole length again
    assert int(step(again)) == 14 and jax.tree.structure(again) == jax.tree.structure(state)


# Another horizon.


STRETCHED = [name for name, row in ROWS.items() if "Tabulated" not in repr(row.build()) and "FromFunction" not in name]
STRETCHED = [
    name for name in STRETCHED if "first" not in ROWS[name].arguments
]  # that is one step, whatever the horizon


@pytest.mark.parametrize("name", tiers(STRETCHED, FEW))
@pytest.mark.parametrize("r", tiers({"7/2": Fraction(7, 2), "3": Fraction(3), "1/10": Fraction(1, 10)}, ("7/2",)))
def test_a_stretched_schedule_is_the_same_curve_in_another_time(name: str, r: Fraction):
    """With boundaries that stay whole: every length a multiple of 20."""
    schedule, total = multiplied(ROWS[name].build(), 20), 20 * 128
    new = js.stretch(schedule, total, int(total * r))
    t = np.arange(0, total, r.denominator if r < 1 else 2)
    before, after = np.asarray(schedule(t), np.float64), np.asarray(new((t * r.numerator) // r.denominator), np.float64)
    jumps = np.abs(np.asarray(schedule(t + 1), np.float64) - before) + np.abs(before - schedule(np.maximum(t - 1, 0)))
    smooth = jumps < 0.05 * np.abs(before).max()
    assert smooth.mean() > 0.5
    np.testing.assert_allclose(after[smooth], before[smooth], atol=1e-6 * float(np.abs(before).max()))


def multiplied(schedule: js.Schedule, by: int) -> js.Schedule:
    return grown(schedule, jnp.int32(1), jnp.int32(by))


@pytest.mark.parametrize("steps", [1716614, 1716614.5, -1716614, -1716614.5, -2_000_000_000.5])
def test_a_shift_that_is_stretched_beyond_what_can_be_counted_can_still_be_written_down(steps: float):
    stretched = js.stretch(js.shift(js.Linear(0.0, 1.0, 10), steps), 1, 1251)
    assert eval(js.dumps(stretched), dict(vars(js))) == stretched
    assert stretched(0) == (0.0 if steps > 0 else 1.0)


def test_time_constants_and_periods_are_stretched_exactly():
    for r, end in ((1000, 0.1 * math.exp(-1)), (500, 0.1 * math.exp(-1)), (100, 0.1 * math.exp(-1))):
        assert js.stretch(js.NaturalExponentialDecay(0.1, 1e-3), 1000, r)(r) == pytest.approx(end, rel=1e-6)
    assert js.stretch(js.CosineAnnealing(1.0, 0.0, 5), 100, 50) == js.CosineAnnealing(1.0, 0.0, 2.5)
    assert js.stretch(js.CosineRestarts(1.0, 0.0, 5, cycles=3), 100, 50) == js.CosineRestarts(1.0, 0.0, 2.5, cycles=3)
    assert js.stretch(js.StepDecay(1.0, 5, 0.1), 100, 50) == js.StepDecay(1.0, 2.5, 0.1)
    assert js.stretch(js.every(js.Linear(1.0, 0.0, 5), 3), 100, 50) == js.every(js.Linear(1.0, 0.0, 5), 1.5)
    assert js.stretch(js.Linear(1.0, 0.0, 5), 100, 50) == js.Linear(1.0, 0.0, 3)
    assert js.stretch(js.Linear(1.0, 0.0, 5.5), 100, 50) == js.Linear(1.0, 0.0, 2.75)
    assert js.stretch(js.HalfLife(1.0, 10), 100, 50) == js.HalfLife(1.0, 5)
    joined = js.stretch(js.sequence([js.Linear(0.0, 1.0, 10), js.HalfLife(1.0, 10)], [10]), 100, 55)
    assert joined == js.sequence([js.Linear(0.0, 1.0, 6), js.HalfLife(1.0, 5.5)], [6])
    many = js.stretch(js.join_schedules([js.HalfLife(1.0, 10)] * 5, [5, 10, 25, 50]), 100, 55)
    assert many == js.join_schedules([js.HalfLife(1.0, 5.5)] * 5, [3, 6, 14, 28])


def test_what_is_longer_than_all_steps_there_are_holds_at_the_last():
    last = 2**31 - 1
    assert js.stretch(js.HalfLife(1.0, last - 1), 10, 1000) == js.HalfLife(1.0, last)
    assert js.stretch(js.Linear(1.0, 0.0, last - 1), 10, 1000) == js.Linear(1.0, 0.0, last)
    with pytest.raises(ValueError, match="must be at least `warmup_steps` \\+ `cooldown_steps`, got total_steps=100"):
        js.wsd(peak_value=1.0, warmup_steps=2 * 10**9, cooldown_steps=2 * 10**9, total_steps=100)


def test_a_traced_horizon_makes_real_what_is_scaled_exactly():
    schedule = js.warmup_exponential(peak_value=1.0, warmup_steps=10, transition_steps=10, decay_rate=0.5)
    traced = jax.jit(lambda new: js.stretch(schedule, 100, new))(50)
    assert is_pair(traced.transition_steps) and not is_pair(traced.warmup_steps)
    np.testing.assert_allclose(traced(T), js.stretch(schedule, 100, 50)(T), rtol=1e-6)
