"""Every constructor of optax under its own name: the same signature and the same curve, but exact and traceable.

The curve is that of optax's own code in float64, for its float32 is further from it than ours.
"""

import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, strategies as st

import jaxsched as js
from jaxsched.adapters import optax as ours
from tests.helpers import compilations, enable_x64, examples, tiers
from tests.parity.row import REAL, WHOLE, assert_close
from tests.parity.rows.optax import ROWS


STEPS = 200

NAMES = [name for name, x in vars(optax.schedules).items() if inspect.isfunction(x) and "inject" not in name]

values, end_values = st.floats(0.01, 2.0), st.just(0.0) | st.floats(0.01, 2.0)
lengths, begins = st.integers(1, 120), st.integers(-5, 60)
rates, exponents, parts = st.floats(0.1, 1.2), st.just(1.0) | st.floats(0.5, 3.0), st.floats(0.05, 0.95)
scales = st.dictionaries(st.integers(0, 150), st.just(0.0) | st.floats(0.1, 3.0), max_size=4)


def cycles(ends: st.SearchStrategy[float], **more: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    """Those of `sgdr_schedule`, one or three of them."""
    lasting = {"warmup_steps": st.integers(0, 9), "decay_steps": st.integers(10, 60)}
    each = st.fixed_dictionaries({"init_value": ends, "peak_value": values, **lasting, "end_value": ends, **more})
    return st.sampled_from([1, 3]).flatmap(lambda n: st.tuples(st.lists(each, min_size=n, max_size=n)))


smooth = st.tuples(values, st.integers(2, 120), rates, begins, st.just(False), st.none() | values)
stairs = st.tuples(values, st.sampled_from([2, 8, 32]), rates, begins, st.just(True), st.none() | values)
decay = smooth | stairs
"""Stairs of lengths by which optax divides without a rounding: by others it may be a step late, see below."""


def one_cycle(steps: int, peak: float, ends: list[float], divisors: tuple[float, float]) -> tuple[Any, ...]:
    return steps, peak, *ends, *divisors


divisors = st.tuples(st.just(25.0) | st.floats(1.0, 100.0), st.just(1e4) | st.floats(1.0, 1e5))
"""Those of a one-cycle, at their defaults or not. Its phases are of two steps at least: see below for those of none."""

DRAWN: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "constant_schedule": st.tuples(values),
    "linear_schedule": st.tuples(values, end_values, lengths, begins),
    "polynomial_schedule": st.tuples(values, end_values, st.floats(0.5, 3.0), lengths, begins),
    "piecewise_constant_schedule": st.tuples(values, scales),
    "exponential_decay": decay,
    "cosine_decay_schedule": st.tuples(values, lengths, end_values, exponents),
    "piecewise_interpolate_schedule": st.tuples(st.sampled_from(["linear", "cosine"]), values, scales),
    "linear_onecycle_schedule": st.builds(
        one_cycle, st.integers(20, 150), values, st.tuples(st.floats(0.1, 0.4), st.floats(0.6, 0.9)), divisors
    ),
    "cosine_onecycle_schedule": st.builds(one_cycle, st.integers(20, 150), values, st.tuples(parts), divisors),
    "warmup_constant_schedule": st.tuples(end_values, values, lengths),
    "warmup_cosine_decay_schedule": st.tuples(
        end_values, values, st.integers(0, 50), st.integers(51, 150), end_values, exponents
    ),
    "warmup_exponential_decay_schedule": st.builds(
        lambda init, warmup, decay: (init, decay[0], warmup, *decay[1:]), end_values, st.integers(0, 60), decay
    ),
    "sgdr_schedule": cycles(st.just(0.1)) | cycles(end_values) | cycles(end_values, exponent=st.floats(1.5, 3.0)),
}


def with_a_part(least: int, most: int) -> st.SearchStrategy[float]:
    """Lengths that are not whole, by more than a rounding."""
    return st.builds(lambda whole, part: whole + part, st.integers(least, most), parts)


REAL_LENGTHS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "linear_schedule": st.tuples(values, end_values, with_a_part(1, 100), with_a_part(1, 100)),
    "polynomial_schedule": st.tuples(values, end_values, st.floats(1.0, 3.0), with_a_part(1, 100), with_a_part(1, 100)),
    "exponential_decay": st.tuples(values, with_a_part(2, 120), rates, with_a_part(1, 100)),
    "cosine_decay_schedule": st.tuples(values, with_a_part(1, 100), end_values),
    "linear_onecycle_schedule": st.tuples(with_a_part(20, 150), values),
    "warmup_constant_schedule": st.tuples(end_values, values, with_a_part(1, 100)),
    "warmup_cosine_decay_schedule": st.tuples(end_values, values, with_a_part(1, 50), with_a_part(52, 150)),
    "warmup_exponential_decay_schedule": st.tuples(end_values, values, with_a_part(1, 100), with_a_part(2, 120), rates),
}

SETS: dict[str, tuple[Any, ...]] = {
    "constant_schedule": (0.3,),
    "linear_schedule": (1.0, 0.1, 100, 20),
    "polynomial_schedule": (1.0, 0.1, 2.5, 100, 20),
    "piecewise_constant_schedule": (1.0, {60: 0.5, 120: 0.2}),
    "exponential_decay": (1.0, 30, 0.7, 20, False, 0.05),
    "cosine_decay_schedule": (1.0, 100, 0.1, 1.5),
    "piecewise_interpolate_schedule": ("cosine", 0.1, {50: 9.0, 120: 0.2}),
    "linear_onecycle_schedule": (100, 1.0, 0.305, 0.855, 20.0, 100.0),
    "cosine_onecycle_schedule": (100, 1.0, 0.305, 20.0, 100.0),
    "warmup_constant_schedule": (0.1, 1.0, 50),
    "warmup_cosine_decay_schedule": (0.1, 1.0, 50, 150, 0.2, 1.5),
    "warmup_exponential_decay_schedule": (0.1, 1.0, 50, 30, 0.7, 20, False, 0.05),
    "sgdr_schedule": (
        [
            {"init_value": 0.1, "peak_value": 1.0, "warmup_steps": 10, "decay_steps": 50, "end_value": 0.2},
            {"init_value": 0.2, "peak_value": 0.5, "warmup_steps": 20, "decay_steps": 90},
        ],
    ),
}
"""A set of arguments for each: all its numbers, and none at an edge."""


def theirs(name: str, *arguments: Any, steps: Any = STEPS) -> np.ndarray:
    """What optax computes in float64."""
    return evaluated(lambda: getattr(optax.schedules, name)(*arguments), np.arange(steps))


def evaluated(make: Callable[[], Any], steps: Any) -> np.ndarray:
    with jax.numpy_dtype_promotion("standard"), enable_x64(True):
        return np.asarray(jax.vmap(make())(steps), np.float64)


def names_of(module: Any) -> dict[str, Any]:
    return dict(vars(module))


def numbers_of(name: str) -> tuple[list[Any], Callable[[Any], js.Schedule]]:
    """The numbers of a set, and the schedule of others in their place."""
    leaves, structure = jax.tree.flatten(SETS[name])
    where = [i for i, x in enumerate(leaves) if not isinstance(x, bool | str)]

    def make(numbers: Any) -> js.Schedule:
        held = list(leaves)
        for i, x in zip(where, numbers, strict=True):
            held[i] = x
        return getattr(ours, name)(*jax.tree.unflatten(structure, held))

    return [leaves[i] for i in where], make


def others(numbers: list[Any], row: int) -> list[Any]:
    """Another set: lengths are longer, and all else is smaller."""
    return [x + row if isinstance(x, int) else x * (1 - 0.1 * row) for x in numbers]


# The names.


def test_each_has_arguments_and_a_row():
    assert [*DRAWN, "join_schedules"] == [*SETS, "join_schedules"] and {*DRAWN, "join_schedules"} == {*NAMES}
    assert {row.name for row in ROWS} == {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_signatures_are_those_of_optax(name: str):
    those, mine = (list(inspect.signature(getattr(x, name)).parameters.values()) for x in (optax.schedules, ours))
    assert [(x.name, x.default, x.kind) for x in mine] == [(x.name, x.default, x.kind) for x in those]


def test_what_is_no_schedule_says_where_to_look():
    rest = {name for name in dir(optax.schedules) if not name.startswith("_")} - {*NAMES, "Schedule"}
    assert "inject_hyperparams" in rest
    for name in rest:
        with pytest.raises(AttributeError, match=r"`jaxsched\.training.scheduled` follows schedules"):
            getattr(ours, name)
    with pytest.raises(AttributeError, match=r"module '.*' has no attribute 'linear'"):
        getattr(ours, "linear")  # noqa: B009


# The curves.


@pytest.mark.parametrize("name", DRAWN)
def test_curves_are_those_of_optax(name: str):
    @examples(50, 200)
    @given(arguments=DRAWN[name])
    def agrees(arguments: tuple[Any, ...]) -> None:
        assert_close(getattr(ours, name)(*arguments), theirs(name, *arguments), WHOLE)

    agrees()


@pytest.mark.parametrize("name", REAL_LENGTHS)
def test_curves_of_lengths_that_are_not_whole_are_those_of_optax(name: str):
    @examples(50, 200)
    @given(arguments=REAL_LENGTHS[name])
    def agrees(arguments: tuple[Any, ...]) -> None:
        assert_close(getattr(ours, name)(*arguments), theirs(name, *arguments), REAL)

    agrees()


@examples(50, 200)
@given(
    kinds=st.sampled_from(["l", "lc", "lcl", "llll"]),
    pieces=st.lists(st.tuples(values, lengths), min_size=4, max_size=4),
    boundaries=st.lists(st.integers(0, 150), min_size=3, max_size=3).map(sorted),
)
def test_joins_are_those_of_optax(kinds: str, pieces: list[tuple[float, int]], boundaries: list[int]):
    def joined(schedules: Any) -> Any:
        makes = {"l": lambda value, length: schedules.linear_schedule(value, 0.1, length)}
        makes["c"] = schedules.cosine_decay_schedule
        each = [makes[kind](*piece) for kind, piece in zip(kinds, pieces, strict=False)]
        return schedules.join_schedules(each, boundaries[: len(kinds) - 1])

    assert_close(joined(ours), evaluated(lambda: joined(optax.schedules), np.arange(STEPS)), WHOLE)


def test_a_join_takes_schedules_of_optax():
    with jax.numpy_dtype_promotion("standard"):
        mixed = ours.join_schedules([optax.linear_schedule(0.0, 1.0, 50), ours.linear_schedule(1.0, 0.0, 100)], [50])
        expected = js.warmup_linear(peak_value=1.0, warmup_steps=50, total_steps=150)
        np.testing.assert_allclose(mixed(np.arange(200)), expected(np.arange(200)), atol=1e-6)


@pytest.mark.parametrize("name", SETS)
def test_values_are_double_where_jax_is(name: str):
    with enable_x64(True):
        got = getattr(ours, name)(*SETS[name])(np.arange(STEPS))
        assert got.dtype == np.float64
    np.testing.assert_allclose(got, theirs(name, *SETS[name]), rtol=1e-12, atol=1e-12)


# The edges: optax's own rules, where numbers are known.

EDGES = {
    "linear_schedule(1.0, 0.5, 0)": "Constant(value=1.0)",
    "linear_schedule(1.0, 0.5, -3)": "Constant(value=1.0)",
    "linear_schedule(1.0, 0.5, 10, -5)": "Linear(init_value=1.0, end_value=0.5, transition_steps=10)",
    "polynomial_schedule(1.0, 0.5, 2.0, 0)": "Constant(value=1.0)",
    "polynomial_schedule(1.0, 0.5, 0.0, 10)": "Constant(value=1.0)",
    "polynomial_schedule(1.0, 0.5, 1, 10)": "Polynomial(init_value=1.0, end_value=0.5, transition_steps=10, power=1.0)",
    "piecewise_constant_schedule(1.0)": "Constant(value=1.0)",
    "piecewise_constant_schedule(1.0, {})": "Constant(value=1.0)",
    "piecewise_constant_schedule(1.0, {80: 0.1, 60: 0.0})": "PiecewiseConstant(boundaries=[60, 80], values=[1.0, 0.0, 0.0])",
    "exponential_decay(1.0, 0, 0.5, end_value=0.7)": "Constant(value=1.0)",
    "exponential_decay(1.0, -1, 0.5)": "Constant(value=1.0)",
    "exponential_decay(1.0, 10, 0.0, end_value=0.7)": "Constant(value=1.0)",
    "exponential_decay(1.0, 10, 0.5, -7)": "ExponentialDecay(init_value=1.0, transition_steps=10, decay_rate=0.5)",
    "cosine_decay_schedule(1.0, 10, 0.1, 0.0)": "Constant(value=1.0)",
    "cosine_decay_schedule(1.0, 10, exponent=1)": "Cosine(init_value=1.0, end_value=0.0, transition_steps=10)",
    'piecewise_interpolate_schedule("cosine", 1.0)': "Constant(value=1.0)",
    'piecewise_interpolate_schedule("linear", 1.0, {0: 2.0, 5: 3.0})': "PiecewiseInterpolate(boundaries=[0, 0, 5], values=[1.0, 2.0, 6.0])",
    "linear_onecycle_schedule(3, 1.0, 0.0)": "PiecewiseInterpolate(boundaries=[0, 0, 2, 3], values=[0.04, 1.0, 0.04, 4e-06])",
    "cosine_onecycle_schedule(3, 1.0)": "onecycle(peak_value=1.0, warmup_steps=0, total_steps=3)",
    "warmup_constant_schedule(0.1, 1.0, 0)": "Constant(value=0.1)",
    "warmup_constant_schedule(0.1, 1.0, -1)": "Constant(value=0.1)",
    "warmup_cosine_decay_schedule(0.1, 1.0, 0, 10)": "warmup_cosine(peak_value=1.0, warmup_steps=0, total_steps=10, init_value=0.1)",
    "warmup_cosine_decay_schedule(0.1, 0.0, 5, 10, -3.0)": "warmup_cosine(peak_value=0.0, warmup_steps=5, total_steps=10, init_value=0.1)",
    "warmup_cosine_decay_schedule(0.1, 1.0, 5, 10, 0.2, 0.0)": "warmup_cosine(peak_value=1.0, warmup_steps=5, total_steps=10, init_value=0.1, end_value=1.0)",
    "warmup_exponential_decay_schedule(0.1, 1.0, 0, 10, 0.5)": "warmup_exponential(peak_value=1.0, warmup_steps=0, transition_steps=10, decay_rate=0.5, init_value=0.1)",
    "warmup_exponential_decay_schedule(0.1, 1.0, 5, 10, 0.0)": "join_schedules(schedules=[Linear(init_value=0.1, end_value=1.0, transition_steps=5), Constant(value=1.0)], boundaries=[5])",
    "warmup_exponential_decay_schedule(0.1, 1.0, 5, 0, 0.5)": "join_schedules(schedules=[Linear(init_value=0.1, end_value=1.0, transition_steps=5), Constant(value=1.0)], boundaries=[5])",
    "sgdr_schedule([{'init_value': 0.1, 'peak_value': 1.0, 'warmup_steps': 0, 'decay_steps': 10}])": "warmup_restarts(peak_values=[1.0], warmup_steps=[0], period_steps=[10], init_value=0.1)",
    "join_schedules([constant_schedule(0.1)], [])": "join_schedules(schedules=[Constant(value=0.1)], boundaries=[])",
}


@pytest.mark.parametrize("line, made", EDGES.items(), ids=EDGES)
def test_the_rules_of_optax_hold_at_the_edges(line: str, made: str):
    schedule = eval(line, names_of(ours))
    assert repr(schedule) == made
    assert_close(schedule, evaluated(lambda: eval(line, names_of(optax.schedules)), np.arange(STEPS)), WHOLE)


BOTH_RAISE = {
    "piecewise_constant_schedule(1.0, {5: -2.0})": r"`boundaries_and_scales\[5\]` must not be negative, got -2.0",
    'piecewise_interpolate_schedule("linear", 1.0, {5: -2.0})': r"`boundaries_and_scales\[5\]` must not be negative, got -2.0",
    'piecewise_interpolate_schedule("linar", 1.0)': '`interpolate_type` must be "linear" or "cosine", got \'linar\'',
    "piecewise_interpolate_schedule(None, 1.0, {5: 2.0})": '`interpolate_type` must be "linear" or "cosine", got None',
    "cosine_decay_schedule(1.0, 0)": "`decay_steps` must be more than 0, got 0",
    "cosine_decay_schedule(1.0, -1)": "`decay_steps` must not be negative, got -1",
    "linear_onecycle_schedule(0, 1.0)": "`transition_steps` must be more than 0, got 0",
    "cosine_onecycle_schedule(-1, 1.0)": "`transition_steps` must not be negative, got -1",
    "linear_onecycle_schedule(100, 1.0, div_factor=-25.0)": "`div_factor` must not be negative, got -25.0",
    "warmup_cosine_decay_schedule(0.0, 1.0, 10, 10)": "`decay_steps` counts the warmup, and must be more than `warmup_steps`, got 10",
    "sgdr_schedule([{'init_value': 0.0, 'peak_value': 1.0, 'warmup_steps': 9, 'decay_steps': 9}])": "warmup_cosine_decay_schedule: `decay_steps` counts",
}

ONLY_OURS_RAISES = {
    "linear_schedule(1.0, 0.5, 0.5)": "`transition_steps` must be a number of steps .steps_from_fraction",
    "linear_schedule(1.0, float('nan'), 10)": "`end_value` must be finite",
    "linear_schedule(1.0, '0.5', 10)": "`end_value` must be a real number, got '0.5'",
    "polynomial_schedule(1.0, 0.5, -1.0, 10)": "`power` must not be negative",
    "piecewise_constant_schedule(1.0, {-5: 0.5})": "`boundaries` must not be negative, got -5",
    "exponential_decay(1.0, 10, -0.5)": "`decay_rate` must not be negative",
    "exponential_decay(1.0, 10, 0.5, staircase=1)": "`staircase` must be True or False, got 1",
    "linear_onecycle_schedule(100, 1.0, 0.9)": "`pct_start` must be at most `pct_final`, got 0.9",
    "linear_onecycle_schedule(100, 1.0, pct_final=1.5)": "`pct_final` must be at most 1, got 1.5",
    "cosine_onecycle_schedule(100, 1.0, 1.5)": "`pct_start` must be at most 1, got 1.5",
    "warmup_cosine_decay_schedule(0.0, 1.0, -5, 10)": "`warmup_steps` must not be negative, got -5",
    "sgdr_schedule([])": "`cosine_kwargs` must have at least one entry, got none",
    "join_schedules([constant_schedule(0.1), constant_schedule(0.2)], [])": "`boundaries` must have one entry fewer than `schedules`",
    "join_schedules([constant_schedule(0.1), constant_schedule(0.2)], [-1])": "`boundaries` must not be negative",
}


def test_scales_come_by_boundary():
    wrong: Any = [5]
    with pytest.raises(
        TypeError, match=r"^piecewise_constant_schedule: `boundaries_and_scales` must be a dict .*, got \[5\]"
    ):
        ours.piecewise_constant_schedule(1.0, wrong)


@pytest.mark.parametrize("line, message", BOTH_RAISE.items(), ids=BOTH_RAISE)
def test_what_optax_refuses_is_refused(line: str, message: str):
    with pytest.raises(ValueError):
        eval(line, names_of(optax.schedules))
    with pytest.raises(ValueError, match=f"^{line.partition('(')[0]}: .*{message}"):
        eval(line, names_of(ours))


@pytest.mark.parametrize("line, message", ONLY_OURS_RAISES.items(), ids=ONLY_OURS_RAISES)
def test_what_optax_lets_pass_is_refused(line: str, message: str):
    assert callable(eval(line, names_of(optax.schedules))), "as long as it is not called"
    with pytest.raises((TypeError, ValueError), match=f"^{line.partition('(')[0]}: .*{message}"):
        eval(line, names_of(ours))


def test_an_argument_that_is_missing_or_unknown_is_named():
    with pytest.raises(TypeError, match=r"^linear_schedule: missing a required argument: 'transition_steps'"):
        ours.linear_schedule(1.0, 0.0)  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError, match=r"^linear_schedule: got an unexpected keyword argument 'steps'"):
        ours.linear_schedule(1.0, 0.0, 10, steps=5)  # pyright: ignore[reportCallIssue]


# Numbers that are traced, or of a stack.


@pytest.mark.parametrize("name", SETS)
def test_every_number_can_be_traced(name: str):
    numbers, make = numbers_of(name)
    run = jax.jit(lambda numbers: make(numbers)(jnp.arange(STEPS)))
    for row in range(3):
        given = others(numbers, row)
        np.testing.assert_allclose(run(given), make(given)(np.arange(STEPS)), rtol=1e-6, atol=4e-7)
    assert compilations(run) == 1


@pytest.mark.parametrize("name", SETS)
def test_every_float_can_be_mapped_and_every_number_stacked(name: str):
    numbers, make = numbers_of(name)
    rows = [others(numbers, row) for row in range(3)]
    each = np.stack([make(row)(np.arange(STEPS)) for row in rows])
    columns = [np.asarray(column) for column in zip(*rows, strict=True)]
    stack = make(columns)
    assert stack.shape == (3,)
    np.testing.assert_allclose(stack(np.arange(STEPS)), each, rtol=1e-6, atol=4e-7)
    mapped = jax.vmap(lambda numbers: make(numbers)(jnp.arange(STEPS)))(columns)
    np.testing.assert_allclose(mapped, each, rtol=1e-6, atol=4e-7)


@pytest.mark.parametrize("name", tiers([*SETS], always={"linear_schedule", "warmup_cosine_decay_schedule"}))
def test_gradients_are_those_of_the_curve(name: str):
    numbers, make = numbers_of(name)
    floats = [i for i, x in enumerate(numbers) if isinstance(x, float)]
    structure = jax.tree.structure(SETS[name])
    leaves = jax.tree.leaves(SETS[name])
    where = [i for i, x in enumerate(leaves) if isinstance(x, float)]

    def ours_of(given: list[Any]) -> jax.Array:
        held = list(numbers)
        for i, x in zip(floats, given, strict=True):
            held[i] = x
        return make(held)(jnp.arange(STEPS)).sum()

    def theirs_of(i: int, x: float) -> float:
        held = [x if j == i else leaf for j, leaf in enumerate(leaves)]
        return theirs(name, *jax.tree.unflatten(structure, held)).sum()

    gradients = jax.grad(ours_of)([numbers[i] for i in floats])
    for i, gradient in zip(where, gradients, strict=True):
        slope = (theirs_of(i, leaves[i] + 1e-5) - theirs_of(i, leaves[i] - 1e-5)) / 2e-5
        np.testing.assert_allclose(gradient, slope, rtol=1e-3, atol=1e-2)


def test_a_length_of_0_that_is_traced_is_over():
    lengths = jnp.array([0, -3])
    for make in (lambda n: ours.linear_schedule(1.0, 0.5, n), lambda n: ours.warmup_constant_schedule(1.0, 0.5, n)):
        assert jax.vmap(lambda n, make=make: make(n)(0))(lengths).tolist() == [0.5, 0.5]
    assert jax.vmap(lambda n: ours.linear_schedule(1.0, 0.5, 10, n)(5))(lengths).tolist() == [0.75, 0.75]
    assert np.isfinite(jax.vmap(lambda n: ours.exponential_decay(1.0, n, 0.5)(5))(lengths)).all()
    assert np.isfinite(jax.vmap(lambda n: ours.cosine_onecycle_schedule(n, 1.0)(5))(lengths)).all()
    assert np.isfinite(jax.vmap(lambda n: ours.linear_onecycle_schedule(n, 1.0)(5))(lengths)).all()


def test_optax_has_no_lengths_that_are_traced():
    with pytest.raises(jax.errors.TracerBoolConversionError):
        jax.jit(lambda n: optax.linear_schedule(1.0, 0.5, n)(5))(10)
    with pytest.raises(jax.errors.TracerBoolConversionError):
        jax.jit(lambda peak: optax.warmup_cosine_decay_schedule(0.0, peak, 5, 10)(5))(1.0)


# In an optimizer.


@pytest.mark.usefixtures("standard_promotion")
@pytest.mark.parametrize("name", ["linear_schedule", "warmup_cosine_decay_schedule", "sgdr_schedule"])
def test_optimizers_of_optax_follow_them(name: str):
    schedule = getattr(ours, name)(*SETS[name])
    params = jnp.zeros(2)
    plain, injected = optax.sgd(schedule), optax.inject_hyperparams(optax.sgd)(learning_rate=schedule)
    states = [plain.init(params), injected.init(params)]
    for step in range(4):
        for i, optimizer in enumerate((plain, injected)):
            updates, states[i] = jax.jit(optimizer.update)(jnp.ones(2), states[i], params)
            np.testing.assert_array_equal(updates, -schedule(step))
        assert states[1].hyperparams["learning_rate"] == schedule(step)  # pyright: ignore[reportAttributeAccessIssue]


# Where ours differs: a repair in optax shows up here.


def compiled(schedule: Callable[..., Any], steps: Any) -> np.ndarray:
    with jax.numpy_dtype_promotion("standard"):
        return np.asarray(jax.jit(schedule)(steps))


def test_differs_where_a_transition_ends():
    # theirs ends below 0, and a fractional power of that is nan: 1000 is one of half of all lengths
    assert not np.isfinite(compiled(optax.polynomial_schedule(1.0, 0.0, 0.9, 1000), np.arange(1001))).all()
    negative = [n for n in range(2, 12) if compiled(optax.linear_schedule(1.0, 0.0, n), np.arange(n + 1)).min() < 0]
    assert negative
    assert ours.polynomial_schedule(1.0, 0.0, 0.9, 1000)(1000) == 0
    assert all(ours.linear_schedule(1.0, 0.0, n)(n) == 0 for n in negative)


def test_no_update_of_a_fractional_polynomial_is_nan():
    optimizer = optax.sgd(ours.polynomial_schedule(1.0, 0.0, 0.9, 1000))
    params = {"w": jnp.ones(3)}
    state = optimizer.init(params)

    @jax.jit
    def run(params: Any, state: Any) -> Any:
        def update(carry: Any, _: Any) -> Any:
            params, state = carry
            updates, state = optimizer.update(params, state)
            return (optax.apply_updates(params, updates), state), None

        return jax.lax.scan(update, (params, state), length=1100)[0]

    with jax.numpy_dtype_promotion("standard"):
        assert np.isfinite(run(params, state)[0]["w"]).all()


def test_differs_in_a_staircase_that_drops_a_step_late():
    late = compiled(optax.exponential_decay(1.0, 41, 0.5, staircase=True), np.arange(100))
    assert late[41] == 1 and ours.exponential_decay(1.0, 41, 0.5, staircase=True)(41) == 0.5


@examples(50, 200)
@given(lengths, rates, st.integers(0, 60))
def test_a_staircase_drops_where_optax_would_without_a_rounding(length: int, rate: float, begin: int):
    expected = evaluated(lambda: optax.exponential_decay(1.0, length, rate, begin, True), np.arange(STEPS) + 0.5)
    assert_close(ours.exponential_decay(1.0, length, rate, begin, staircase=True), expected, WHOLE)


def test_differs_from_our_own_names_where_a_length_is_0():
    # theirs holds the first value of what is already over, and so does the adapter
    assert ours.linear_schedule(0.0, 1.0, 0)(5) == 0 and js.Linear(0.0, 1.0, 0)(5) == 1
    assert ours.warmup_constant_schedule(0.0, 1.0, 0)(5) == 0
    assert js.warmup_constant(peak_value=1.0, warmup_steps=0)(5) == 1


def test_differs_where_two_phases_of_a_one_cycle_end_at_one_step():
    # theirs are the keys of a dict, of which one is lost, and its factor with it: the peak is never reached
    assert theirs("linear_onecycle_schedule", 100, 1.0, 0.5, 0.5).max() <= 0.04
    assert ours.linear_onecycle_schedule(100, 1.0, 0.5, 0.5)(49) > 0.9
    assert theirs("cosine_onecycle_schedule", 100, 1.0, 1.0).max() <= 0.04
    assert ours.cosine_onecycle_schedule(100, 1.0, 1.0)(99) > 0.9


def test_differs_where_a_cosine_cycle_is_not_of_whole_steps():
    # theirs is rounded down, in this one alone
    assert theirs("cosine_onecycle_schedule", 100.9, 1.0)[100] == theirs("cosine_onecycle_schedule", 100, 1.0)[100]
    assert ours.cosine_onecycle_schedule(100.9, 1.0)(100) > ours.cosine_onecycle_schedule(100, 1.0)(100)


def test_differs_where_growth_overflows():
    assert np.isinf(compiled(optax.exponential_decay(1.0, 1, 1.5), np.arange(300))).any()
    assert np.isfinite(ours.exponential_decay(1.0, 1, 1.5)(np.arange(300))).all()


def test_a_traced_part_of_a_one_cycle_is_rounded_down_in_float32():
    # 0.29 of 100 steps are 28 in float64, and 29 in float32
    assert (
        repr(ours.cosine_onecycle_schedule(100, 1.0, 0.29))
        == "onecycle(peak_value=1.0, warmup_steps=28, total_steps=100)"
    )
    assert jax.jit(lambda part: ours.cosine_onecycle_schedule(100, 1.0, part)(29))(0.29) == 1.0
