"""The careful formulas agree with their plain twins, and are exact where they promise it."""

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given, strategies as st

import jaxsched as js
from benchmarks import polynomials
from jaxsched._data.checks import as_pair
from jaxsched._numerics import counts, doubles, exponentials, floats, ways
from jaxsched._numerics.doubles import Double
from tests.helpers import enable_x64, next_floats, tiers, with_other_quotients


LAST = 2**31 - 1
ULP = 2.0**-23


@pytest.mark.parametrize("dtype, bound", [(np.float32, 4 * ULP), (np.float64, 4 * 2.0**-52)])
def test_one_minus_cos_is_accurate_down_to_the_smallest_fractions(dtype: type, bound: float):
    x = np.concatenate([np.linspace(0, 0.5, 100_001), np.geomspace(1e-9, 0.5, 10_001)]).astype(dtype)
    with enable_x64(dtype is np.float64):
        ours = jax.jit(ways.one_minus_cos)(ways.WAVE * x)
        small, large, *_ = jax.jit(lambda x: ways.sin2(ways.parts(x, 1 - x)))(x)
        other_large, other_small, *_ = jax.jit(lambda x: ways.sin2(ways.parts(1 - x, x)))(x)
    exact = np.sin(np.pi / 2 * x.astype(np.longdouble)) ** 2
    assert small.dtype == large.dtype == dtype
    np.testing.assert_allclose(np.asarray(ours) / 2, exact.astype(np.float64), rtol=bound)
    np.testing.assert_allclose(small, exact.astype(np.float64), rtol=bound)
    np.testing.assert_allclose(large, (1 - exact).astype(np.float64), rtol=bound)
    np.testing.assert_allclose([small, large], [other_small, other_large], rtol=2.01 * np.finfo(dtype).eps)
    assert np.asarray(ours).max() <= 1  # so that two halves meet


@given(length=st.integers(0, LAST), done=st.floats(0, 1))
def test_fractions_are_exact_at_both_ends_and_add_up(length: int, done: float):
    left = round(length * done)
    part_left, part_done, smaller, left_is_smaller = jax.jit(ways.fractions)(np.int32(left), np.int32(length))
    if length == 0:
        assert (part_left, part_done) == (0, 1)
        return
    np.testing.assert_allclose(part_left, left / length, rtol=2 * ULP)
    np.testing.assert_allclose(part_done, (length - left) / length, rtol=2 * ULP)
    assert (part_left == 0) == (left == 0) and (part_done == 0) == (left == length)
    assert part_left <= 1 and part_done <= 1
    assert smaller == min(part_left, part_done) and bool(left_is_smaller) == (left <= length - left)


values = st.floats(-10, 10, width=32, allow_subnormal=False)
line = jax.jit(ways.line)
half_cosine = jax.jit(lambda *arguments: ways.symmetric(ways.one_minus_cos, *arguments))


@pytest.mark.parametrize(
    "curve, part, bound",
    [(line, lambda u: u, 2), (half_cosine, lambda u: np.sin(np.pi / 2 * u) ** 2, 8)],
    ids=["line", "half_cosine"],
)
@given(init=values, end=values, length=st.integers(0, LAST), done=st.floats(0, 1))
def test_a_way_from_one_end_to_the_other_is_its_formula_and_exact_at_both(
    curve: Any, part: Callable[[float], float], bound: int, init: float, end: float, length: int, done: float
):
    left = round(length * done)
    ours = float(curve(np.float32(init), np.float32(end), np.int32(left), np.int32(length)))
    if left in (0, length):
        assert ours == (end if left == 0 else init)
        return
    exact = end + (init - end) * part(left / length)
    np.testing.assert_allclose(ours, exact, rtol=bound * ULP, atol=bound * ULP * min(abs(init), abs(end)) + 1e-37)


@given(count=st.integers(0, LAST), by=st.integers(1, LAST) | st.integers(1, 5000))
def test_a_quotient_of_integers_is_exact_though_it_is_one_of_floats(count: int, by: int):
    for near in (count, count // by * by, max(count // by * by - 1, 0)):
        quotient, rest = jax.jit(counts.divided)(np.int32(near), np.int32(by))
        assert (int(quotient), int(rest)) == divmod(near, by)


def test_a_quotient_of_64_bits_is_exact():
    rng = np.random.default_rng(0)
    all_counts = np.concatenate([rng.integers(0, 2**63 - 1, 1000), np.arange(100), 2**63 - 1 - np.arange(100)])
    with enable_x64(True):
        for by in (1, 2, 3, 1000, 16383, 16385, 2**31, 2**40 + 3, 2**63 - 1):
            quotient, rest = jax.jit(counts.divided)(all_counts, np.int64(by))
            assert (quotient == all_counts // by).all() and (rest == all_counts % by).all()


DIVISIONS: dict[str, Callable[[Any], Callable[..., jax.Array]]] = {
    "quotient": lambda off: lambda x, y: next_floats(x / y, off),
    "reciprocal": lambda off: lambda x, y: x * next_floats(1 / y, off),
}


def counts_and_divisors(bits: int) -> tuple[np.ndarray, np.ndarray]:
    """The limits, the powers of 2 and what is beside them, drawn numbers; and all_counts at both sides of a multiple."""
    rng, last = np.random.default_rng(0), 2 ** (bits - 1) - 1
    powers = [2**k + i for k in range(bits - 1) for i in (-1, 0, 1)]
    drawn = rng.integers(1, last, 30).tolist() + (2 ** rng.uniform(0, bits - 1.01, 70)).astype(int).tolist()
    divisors = np.array(
        sorted({x for x in (1, 2047, 2049, last // 2, last - 1, last, *powers, *drawn) if 0 < x <= last})
    )
    all_counts = np.array([0, 1, 2**24 - 1, 2**24, 2**24 + 1, last // 2, last - 1, last, *drawn])
    count, by = (x.ravel() for x in np.meshgrid(all_counts, divisors))
    multiple = count // by * by
    return np.concatenate([count, multiple, np.maximum(multiple - 1, 0)]), np.tile(by, 3)


@pytest.mark.parametrize("bits, dtype", [(32, np.int32), (64, np.int64)])
@pytest.mark.parametrize("kind", tiers(list(DIVISIONS), ("quotient",)))
def test_a_quotient_of_integers_is_exact_where_a_float_division_is_off_by_4_ulp(kind: str, bits: int, dtype: Any):
    with enable_x64(bits == 64):
        count, by = (x.astype(dtype) for x in counts_and_divisors(bits))
        exact = np.divmod(count, by)

        def divided(off: Any, count: Any, by: Any) -> Any:
            return with_other_quotients(counts.divided, DIVISIONS[kind](off))(count, by)

        for compiled in (divided, jax.jit(divided)):  # which fuses the product with the sum, where the machine can
            for off in range(-4, 5):
                assert np.array_equal(compiled(dtype(off), count, by), exact), f"off by {off} ulp"


def test_a_quotient_of_integers_is_exact_where_an_inverse_is_off_by_4_ulp(monkeypatch: pytest.MonkeyPatch):
    count, by = (jnp.asarray(x, jnp.int32) for x in counts_and_divisors(32))
    for off in range(-4, 5):
        monkeypatch.setattr(counts, "inverse", lambda x, off=off: next_floats(floats.inverse(x), np.int32(off)))
        for compiled in (counts.divided, jax.jit(lambda *numbers: counts.divided(*numbers))):
            assert np.array_equal(compiled(count, by), np.divmod(count, by)), f"off by {off} ulp"


@given(st.floats(2.0**-64, 2.0**64, width=32) | st.integers(1, LAST).map(lambda x: float(np.float32(x))), st.booleans())
def test_an_inverse_needs_no_division(x: float, negative: bool):
    x = -x if negative else x
    for inverse in (floats.inverse, jax.jit(floats.inverse)):
        np.testing.assert_allclose(inverse(jnp.float32(x)), 1 / x, rtol=1.51 * ULP)
    if abs(x) > 1e-15:  # or the gradient overflows
        np.testing.assert_allclose(jax.grad(floats.inverse)(np.float32(x)), -1 / x**2, rtol=1e-5, atol=1e-37)


@given(
    count=st.integers(-LAST, LAST),
    rate=st.floats(-80, 80) | st.floats(-1e-3, 1e-3) | st.floats(-1e-8, 1e-8),
    start=st.floats(-90, 90),
)
def test_an_exponent_keeps_what_a_float_of_its_size_would_lose(count: int, rate: float, start: float):
    held = [Double(np.float32(x), np.float32(x - np.float32(x))) for x in (rate, start)]
    rate, start = map(float, held)
    if abs(rate) < 1e-30:
        return
    for begin, exact in ((held[1], start + rate * count), (0.0, rate * count)):
        whole, rest = jax.jit(exponentials.exponent_at)(np.int32(count), held[0], begin)
        np.testing.assert_allclose(float(whole) + float(rest), np.clip(exact, -127, 126), atol=2.0**-23)


@given(step=st.integers(0, LAST), start=st.integers(-LAST, LAST))
def test_moved_is_a_difference_that_cannot_overflow(step: int, start: int):
    assert jax.jit(counts.moved)(np.int32(step), np.int32(start)) == min(
        max(step - max(start, 0), 0) - min(start, 0), LAST
    )


@given(count=st.integers(0, 2**24), by=st.floats(1.0, 2.0**24))
def test_a_real_divisor_gives_the_whole_quotient_and_the_rest(count: int, by: float):
    pair = as_pair(np.asarray(by))
    quotient, rest = jax.jit(counts.divided)(np.int32(count), pair)
    exact = Fraction(float(pair.high)) + Fraction(float(pair.low))
    over = Fraction(count) + Fraction(count, 2**44)  # where it is at a multiple, as far as can be seen
    assert int(quotient) in (count // exact, over // exact)
    left = max(count - int(quotient) * exact, Fraction(0))
    assert abs(float(rest) - float(left)) <= 2e-7 * float(left) + 2.0**-43 * count


@given(boundary=st.just(0.0) | st.floats(2.0**-20, LAST), step=st.integers(0, LAST))
def test_a_step_is_compared_with_a_real_boundary_as_integers(boundary: float, step: int):
    pair = as_pair(np.asarray(boundary))
    exact = Fraction(float(pair.high)) + Fraction(float(pair.low))
    near = min(math.ceil(exact) + step % 3 - 1, LAST)
    for at in (step, max(near, 0)):
        assert bool(jax.jit(counts.begun)(np.int32(at), pair)) == (at >= exact)
        assert int(jax.jit(counts.until)(np.int32(at), pair)) == min(at, math.floor(exact))
        assert int(jax.jit(counts.before)(np.int32(at), pair)) == min(at, max(math.ceil(exact) - 1, 0))


@given(step=st.integers(0, LAST), length=st.integers(1, LAST))
def test_whole_periods_are_exact_and_others_to_44_bits(step: int, length: int):
    assert jax.jit(counts.whole_periods)(np.int32(step), np.int32(length)) == step // length
    part = jax.jit(lambda t, length: doubles.double(t) / counts.as_length(length))(np.int32(step), np.int32(length))
    np.testing.assert_allclose(float(part), step / length, rtol=2.0**-43)


@given(part=st.floats(0, 1, width=32), exponent=st.floats(0, 20, width=32))
def test_powers_and_their_complements_keep_their_digits(part: float, exponent: float):
    part = float(np.float32(part))
    other = float(np.float32(1 - part))
    power, complement = jax.jit(exponentials.powers)(np.float32(part), np.float32(other), np.float32(exponent))
    if part == 0:
        assert (power, complement) == (0, 1)
    if part == 0 or other == 1:
        return
    np.testing.assert_allclose(power, part**exponent, rtol=8 * ULP, atol=1e-37)
    log = np.log(part) if part < 0.5 else np.log1p(-other)
    np.testing.assert_allclose(complement, -np.expm1(exponent * log), rtol=8 * ULP, atol=1e-37)


@given(factor=st.floats(1e-6, 1.5), count=st.integers(0, 10_000))
def test_repeated_factors_keep_double_precision(factor: float, count: int):
    exponent = count * np.log(factor)
    if not -80 < exponent < 59:
        return
    ours = float(js.ExponentialDecay(1.0, 1, factor)(count))
    np.testing.assert_allclose(ours, factor**count, rtol=8 * ULP)


def test_a_rate_close_to_1_is_right_after_ten_million_steps():
    steps = np.array([10**5, 10**6, 10**7])
    exact = np.exp(steps * np.log(0.999999))
    schedule = js.ExponentialDecay(1.0, 1, 0.999999)
    for again in (schedule, jax.jit(lambda s: s)(schedule), js.stack([schedule, schedule])[1]):
        np.testing.assert_allclose(again(steps), exact, rtol=1e-5)
        np.testing.assert_allclose(jax.jit(lambda s, t: s(t))(again, steps), exact, rtol=1e-5)
    made = js.build(lambda rate: js.ExponentialDecay(1.0, 1, rate), js.grid(rate=[0.999999, 0.9]))
    np.testing.assert_allclose(made[0](steps), exact, rtol=1e-5)
    assert abs(np.exp(1e7 * np.log(float(np.float32(0.999999)))) / exact[2] - 1) > 0.1  # what float32 alone gives


def test_growth_stops_before_it_overflows():
    grown = js.ExponentialDecay(1.0, 1, 2.0)(np.array([10, 86, 87, 1000, LAST]))
    np.testing.assert_allclose(grown, [2.0**10, 2.0**86, np.exp(60), np.exp(60), np.exp(60)], rtol=1e-5)
    np.testing.assert_allclose(js.NaturalExponentialDecay(1.0, -1.0)(LAST), np.exp(60), rtol=1e-5)


@given(st.lists(st.integers(0, 1000), max_size=100), st.integers(0, 1100))
def test_an_entry_is_that_of_the_boundaries_passed_by_either_method(boundaries: list[int], step: int):
    table = jnp.sort(jnp.asarray(boundaries, jnp.int32))
    count = sum(b <= step for b in boundaries)
    assert counts.lookup(jnp.int32(step), table)(jnp.arange(len(boundaries) + 1)) == count


@given(st.integers(-LAST, LAST), st.integers(0, LAST), st.integers(1, LAST))
def test_a_count_is_scaled_exactly(count: int, by: int, over: int):
    ours = jax.jit(counts.scaled_count)(np.int32(count), np.int32(by), np.int32(over))
    exact = (2 * count * by + over) // (2 * over)
    if exact > -LAST:
        assert ours == min(exact, LAST)


@given(st.integers(0, LAST), st.integers(1, LAST))
def test_a_double_holds_a_count_and_divides_by_one(count: int, length: int):
    held = jax.jit(doubles.double)(np.int32(count))
    assert float(held) == count == int(jax.jit(doubles.count_of)(held))
    np.testing.assert_allclose(
        float(jax.jit(lambda n: 1.0 / counts.as_length(n))(np.int32(length))), 1 / length, rtol=2.0**-44
    )


double_numbers = st.floats(1e-6, 10.0)


@given(double_numbers, double_numbers)
def test_doubles_calculate_to_44_bits(a: float, b: float):
    x, y = (Double(np.float32(z), np.float32(z - np.float32(z))) for z in (a, b))
    a, b = float(x), float(y)
    for ours, exact in ((x + y, a + b), (x - y, a - b), (-x, -a)):
        np.testing.assert_allclose(float(ours), exact, rtol=2.0**-43, atol=2.0**-44 * (a + b))
    for ours, exact in ((x * y, a * b), (x / y, a / b)):
        np.testing.assert_allclose(float(ours), exact, rtol=2.0**-43)
    for ours, exact in (
        (x < y, a < b),
        (x <= y, a <= b),
        (x > y, a > b),
        (x >= y, a >= b),
        (x <= x, True),
        (x < x, False),
    ):
        assert ours == exact


def test_doubles_calculate_with_numbers_on_either_side():
    third = doubles.double(1.0) / 3.0
    for ours, exact in ((third + 1.0, 4 / 3), (1.0 + third, 4 / 3), (third - 1.0, -2 / 3), (1.0 - third, 2 / 3)):
        np.testing.assert_allclose(float(ours), exact, rtol=2.0**-44)
    for ours, exact in ((third * 0.7, 0.7 / 3), (0.7 * third, 0.7 / 3), (0.7 / third, 2.1), (third / 0.7, 1 / 2.1)):
        np.testing.assert_allclose(float(ours), exact, rtol=2.0**-44)
    assert (third > 0.33) and not (third >= np.float32(1 / 3)) and third.total == np.float32(1 / 3)


def test_doubles_keep_their_bits_where_one_of_them_is_a_constant_of_the_program():
    x, y = (Double(np.float32(z), np.float32(z - np.float32(z))) for z in (0.7, 0.1))
    for operation, exact in ((operator.add, float(x) + float(y)), (operator.mul, float(x) * float(y))):
        ours = [jax.jit(lambda x, f=operation: f(x, y))(x), jax.jit(lambda y, f=operation: f(x, y))(y)]
        ours += [jax.jit(lambda f=operation: f(x, y))()]
        np.testing.assert_allclose([float(z) for z in ours], exact, rtol=2.0**-43)


@example(0.75)
@example(math.sqrt(2))
@given(st.floats(1e-20, 1e20) | st.floats(0.25, 4.0) | st.floats(-1e-3, 1e-3).map(lambda x: 1 + x))
def test_the_logarithm_of_a_double_has_38_bits_also_close_to_1(x: float):
    held = Double(np.float32(x), np.float32(x - np.float32(x)))
    exact = np.log1p((float(held.high) - 1) + float(held.low)) / np.log(2) if abs(x - 1) < 0.5 else np.log2(float(held))
    np.testing.assert_allclose(float(jax.jit(exponentials.log2)(held)), exact, rtol=2.0**-38, atol=1e-300)


@given(st.floats(-60, 60), st.floats(0.1, 10.0))
def test_powers_of_2_have_40_bits(x: float, scale: float):
    exponent, factor = (Double(np.float32(z), np.float32(z - np.float32(z))) for z in (x, scale))
    ours = jax.jit(lambda factor, x: factor * exponentials.exp2_in_doubles(x))(factor, exponent)
    np.testing.assert_allclose(float(ours), float(factor) * 2.0 ** float(exponent), rtol=2.0**-38)


# What the end of a transition must look like, for every length, under jit.


LENGTHS = np.arange(1, 601)


def ends(make: js.Schedule) -> tuple[np.ndarray, np.ndarray]:
    """The values of a stack over `LENGTHS` at steps 0 .. 699, and where each transition is over."""
    values = np.asarray(make(np.arange(700)))
    return values, np.arange(700) >= LENGTHS[:, None]


@pytest.mark.parametrize("power", [0.5, 0.9, 1.5, 2.0])
def test_a_polynomial_ends_exactly_and_is_never_nan(power: float):
    values, over = ends(js.Polynomial(1.0, 0.0, LENGTHS, power))
    assert (values[:, 0] == 1).all() and (values[over] == 0).all() and (values[~over] > 0).all()


def test_a_line_ends_exactly_and_is_never_negative():
    for schedule in (js.Linear(1.0, 0.0, LENGTHS), js.Cosine(1.0, 0.0, LENGTHS)):
        values, over = ends(schedule)
        assert (values[:, 0] == 1).all() and (values[over] == 0).all() and (values[~over] > 0).all()
        assert (np.diff(values) <= 0).all()


def test_a_warmup_begins_and_ends_exactly():
    values, over = ends(js.Linear(0.0, 0.3, LENGTHS))
    assert (values[:, 0] == 0).all() and (values[over] == np.float32(0.3)).all() and (np.diff(values) >= 0).all()


def test_the_ends_are_exact_inside_jit_vmap_and_scan_one_length_at_a_time():
    @jax.jit
    def at_the_end(length: jax.Array) -> jax.Array:
        schedule = js.Linear(1.0, 0.0, length)
        return jax.lax.scan(lambda t, _: (t + 1, schedule(t)), length - 1, length=3)[1]

    values = jax.vmap(at_the_end)(jnp.asarray(LENGTHS))
    assert (values[:, 0] > 0).all() and (values[:, 1:] == 0).all()
    for length in range(1, 601):
        assert at_the_end(jnp.int32(length))[1] == 0


@pytest.mark.thorough
def test_the_ends_are_exact_where_the_length_is_a_constant_of_the_program():
    for length in range(1, 601, 41):
        schedule = js.Linear(1.0, 0.0, length)
        values = jax.jit(lambda t, schedule=schedule: schedule(t))(np.arange(700))
        assert values[0] == 1 and (values[length:] == 0).all() and (values[:length] > 0).all()


def test_the_largest_floats_do_not_overflow():
    largest = float(np.finfo(np.float32).max)
    for schedule in (
        js.Linear(largest, -largest, 10),
        js.Cosine(-largest, largest, 10),
        js.ExponentialDecay(largest, 1, 2.0),
        js.NaturalExponentialDecay(-largest, -1.0),
        js.StepDecay(largest, 1, 3.0),
        js.MultiStep(-largest, [3, 3], 3.0),
        js.Constant(largest) * 5.0 - js.Constant(-largest) * js.Constant(largest),
        js.Constant(largest) / 0.001,
    ):
        assert np.isfinite(schedule(np.arange(20))).all()
    np.testing.assert_allclose(js.Linear(largest, -largest, 4)(np.arange(5)), largest * np.array([1, 0.5, 0, -0.5, -1]))


def test_a_staircase_drops_exactly_at_its_multiples():
    steps = np.arange(1300)
    whole = steps // LENGTHS[:, None]
    for schedule, expected in (
        (js.ExponentialDecay(1.0, LENGTHS, 0.5, staircase=True), 0.5 ** np.minimum(whole, 200)),
        (js.StepDecay(1.0, LENGTHS, 0.5), 0.5 ** np.minimum(whole, 200)),
        (js.InverseTimeDecay(1.0, LENGTHS, 1.0, staircase=True), 1 / (1 + whole)),
    ):
        values = np.asarray(schedule(steps))
        np.testing.assert_allclose(values, expected, rtol=ULP, atol=2.0**-126)
        drops = np.diff(values, axis=1) < 0
        np.testing.assert_array_equal(drops, (np.diff(whole, axis=1) > 0) & (values[:, :-1] > 0))


@pytest.mark.parametrize("length", [10**3, 65531, 2**24 - 5, 2**26 - 5, 2**30 - 5, LAST])
def test_the_last_steps_of_long_transitions_keep_their_digits(length: int):
    left = np.arange(2000) if length > 2000 else np.arange(length)
    u = left / length
    steps = length - left
    for schedule, exact in (
        (js.Linear(1.0, 0.0, length), u),
        (js.Cosine(1.0, 0.0, length), np.sin(np.pi / 2 * u) ** 2),
        (js.Polynomial(1.0, 0.0, length, 0.5), np.sqrt(u)),
        (js.Polynomial(1.0, 0.0, length, 3.0), u**3),
    ):
        np.testing.assert_allclose(schedule(steps), exact, rtol=8 * ULP)
        np.testing.assert_allclose(jax.vmap(jax.jit(schedule))(steps), exact, rtol=8 * ULP)
    warmup = js.Linear(0.0, 1.0, length)
    np.testing.assert_allclose(warmup(left), u, rtol=2 * ULP)


def test_a_triangle_may_be_longer_than_all_steps_there_are():
    slow = js.Triangular(0.0, 1.0, LAST, LAST)
    assert slow(np.array([0, LAST])).tolist() == [0, 1] and slow(2**30) == 0.5
    np.testing.assert_allclose(
        js.Triangular(0.0, 1.0, 1, LAST)(np.array([1, 2**30, LAST])), [1, 0.5, 1 / LAST], rtol=1e-6
    )


@pytest.mark.parametrize("fit", polynomials.FITS, ids=lambda fit: fit.where)
def test_the_script_makes_the_coefficients_of_every_polynomial(fit: polynomials.Fit):
    room, name = fit.where.split(".")
    coefficients, error = polynomials.best(fit)
    assert tuple(coefficients) == getattr({"exponentials": exponentials, "ways": ways}[room], name)
    assert error < 5e-8
