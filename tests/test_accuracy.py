"""How far from the truth: against 40 digits of mpmath, under jit, over the whole range of an int32.

Hyperparameters are taken as the leaves hold them. An error is counted in units in the last place (ulp) of the float32
nearest to the true value.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from mpmath import mpf

import jaxsched as js
from tests.helpers import enable_x64, tiers
from tests.truth import LAST, cosine, truth as truth_of


HORIZONS = [1, 2, 3, 7, 10, 1000, 2**16, 2**16 + 1, 10**6 + 3, 2**20, 2**24 - 5, 2**24 + 5, 2**26, 2**26 - 5]
HORIZONS += [10**9 + 7, 2**30, 2**30 - 5, LAST]
SOME_HORIZONS = [7, 2**24 + 5, 2**30 - 5]

ENDS = [(0.3, 0.0), (0.0, 0.3), (0.3, 0.01), (0.01, 0.7), (1.0, 0.9), (-0.2, -0.7)]
GEOMETRIC_ENDS = [(0.3, 0.01), (1e-7, 10.0), (-0.2, -0.7), (1.0, 1e-8), (0.5, 0.5)]


class Case(NamedTuple):
    """A curve for a horizon of T steps, and how many ulp it may be off."""

    make: Callable[[int], js.Schedule]
    bound: float = 8
    ends: bool = False  # whether it must be exact at T and beyond


def transition(make: Callable[..., js.Schedule], bound: float = 8, ends: Any = ENDS) -> list[Case]:
    return [Case(lambda T, a=a, b=b: make(a, b, T), bound, ends=True) for a, b in ends]


CURVES: dict[str, list[Case]] = {
    "Linear": transition(js.Linear, 2),
    "Cosine": transition(js.Cosine),
    "Cosine, exponent": transition(lambda a, b, T: js.Cosine(a, b, T, 1.5)),
    "Cosine, k-decay": transition(lambda a, b, T: js.Cosine(a, b, T, k_decay=1.5)),
    "Polynomial, 0.5": transition(lambda a, b, T: js.Polynomial(a, b, T, 0.5)),
    "Polynomial, 0.9": transition(lambda a, b, T: js.Polynomial(a, b, T, 0.9)),
    "Polynomial, 2": transition(lambda a, b, T: js.Polynomial(a, b, T, 2.0)),
    "Polynomial, 3.3": transition(lambda a, b, T: js.Polynomial(a, b, T, 3.3)),
    "Polynomial, k-decay": transition(lambda a, b, T: js.Polynomial(a, b, T, 0.9, 2.0)),
    "OneMinusSqrt": transition(js.OneMinusSqrt),
    "OneMinusSquare": transition(js.OneMinusSquare),
    "MirrorCosine": transition(js.MirrorCosine),
    "Rex": transition(js.Rex, 2),
    "Rex, 0.9": transition(lambda a, b, T: js.Rex(a, b, T, 0.9)),
    "Exponential": transition(js.Exponential),
    "Exponential, 0.1": transition(lambda a, b, T: js.Exponential(a, b, T, 0.1)),
    "Tanh": [case._replace(ends=False) for case in transition(js.Tanh)],
    "Geometric": transition(js.Geometric, ends=GEOMETRIC_ENDS),
    "InverseRoot": transition(js.InverseRoot),
    "Logarithmic": transition(js.Logarithmic),
    "Logarithmic, 1000": transition(lambda a, b, T: js.Logarithmic(a, b, T, 1000)),
    "ExponentialDecay": [Case(lambda T, r=r: js.ExponentialDecay(0.3, T, r)) for r in (0.5, 0.1, 0.97, 1e-5, 1.5)],
    "ExponentialDecay, every step": [
        Case(lambda T, r=r: js.ExponentialDecay(0.3, 1, r)) for r in (0.9, 0.999, 0.999999, 1 - 1e-9)
    ],
    "NaturalExponentialDecay": [Case(lambda T, k=k: js.NaturalExponentialDecay(0.3, k, T)) for k in (1.0, 0.1, 3.7)],
    "HalfLife": [Case(lambda T: js.HalfLife(0.3, T))],
    "InverseTimeDecay": [Case(lambda T, k=k: js.InverseTimeDecay(0.3, T, k), 2) for k in (1.0, 0.1, 3.7)],
    "InverseSqrt": [Case(lambda T, s=s: js.InverseSqrt(0.3, T, s)) for s in (0, 77)],
    "PowerLaw": [Case(lambda T, p=p: js.PowerLaw(0.3, T, p)) for p in (0.5, 0.51, 1.0, 2.5)],
    "Gaussian": [Case(lambda T: js.Gaussian(0.3, T))],
    "Logistic": [Case(lambda T: js.Logistic(0.0, 0.3, T // 2, max(T // 20, 1)))],
    "CosineRestarts": [Case(lambda T: js.CosineRestarts(0.3, 0.01, T))],
    "CosineAnnealing": [Case(lambda T: js.CosineAnnealing(0.3, 0.01, T))],
}


def steps_for(T: int, seed: int) -> np.ndarray:
    """The edges, and steps drawn over the life of a schedule, near its ends, and beyond."""
    rng = np.random.default_rng(seed)
    edges = [0, 1, 2, T // 3, T // 2 - 1, T // 2, T // 2 + 1, T - 2, T - 1, T, T + 1, 2 * T, LAST - 1, LAST]
    drawn = [*rng.integers(0, T, 24, endpoint=True), *(T - np.exp(rng.uniform(0, np.log(T), 12)))]
    drawn += [*np.exp(rng.uniform(0, np.log(T), 12)), *np.exp(rng.uniform(0, np.log(min(20 * T, LAST)), 16))]
    return np.clip(np.array([*edges, *drawn], np.float64).astype(np.int64), 0, LAST)


def exact(schedule: js.Schedule, t: int) -> Any:
    return truth_of(schedule, t).value


def ulps(value: float, truth: Any) -> float:
    """The distance from the truth in units in the last place of float32; below 2^-126 nothing is asked."""
    if abs(truth) < mpf(2) ** -126:
        return 0.0 if abs(value) <= 2.0**-125 else np.inf
    nearest = np.float32(float(truth))
    return float(abs(mpf(float(value)) - truth) / mpf(float(np.spacing(abs(nearest)))))


def errors(case: Case, T: int, seed: int) -> list[tuple[float, int, float, Any]]:
    steps = steps_for(T, seed)
    schedule = case.make(T)
    values = np.asarray(schedule(steps))  # jitted, with the schedule as an argument
    most = abs(exact(schedule, 0)) * mpmath.e**59 if not case.ends else np.inf  # where growth may have stopped
    truths = [(t, value, exact(schedule, t)) for t, value in zip(steps.tolist(), values.tolist(), strict=True)]
    return [(ulps(value, truth), t, value, truth) for t, value, truth in truths if abs(truth) <= most or not most]


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_is_within_its_bound_at_every_horizon(name: str, thorough: bool):
    for number, case in enumerate(CURVES[name]):
        for T in HORIZONS if thorough else SOME_HORIZONS:
            error, t, value, truth = max(errors(case, T, seed=number))
            assert error <= case.bound, f"case {number}, T={T}, step {t}: {value} is {error:.2f} ulp from {truth}"


@pytest.mark.parametrize("name", [name for name in CURVES if CURVES[name][0].ends])
def test_a_transition_is_exact_at_both_ends_and_past_them(name: str):
    for case, (start, end) in zip(CURVES[name], GEOMETRIC_ENDS if name == "Geometric" else ENDS, strict=True):
        for T in HORIZONS:
            values = np.asarray(case.make(T)(np.array([0, T, min(T + 1, LAST), LAST])))
            assert values.tolist() == [float(np.float32(x)) for x in (start, end, end, end)]


@pytest.mark.parametrize("name", tiers(list(CURVES), ("Linear", "Cosine", "ExponentialDecay")))
def test_a_curve_is_as_exact_in_a_stack_in_a_scan_and_as_a_closure(name: str):
    case = CURVES[name][0]
    for T in (1000, 2**24 + 5, 2**30 - 5):
        steps = steps_for(T, seed=1)
        schedule = case.make(T)
        scanned = jax.lax.scan(lambda s, t: (s, s(t)), jax.tree.map(jnp.asarray, schedule), steps.astype(np.int32))
        ways = [js.stack([schedule, case.make(T + 1)])(steps)[0], jax.jit(schedule)(steps), scanned[1]]
        for values in ways:
            for t, value in zip(steps.tolist(), np.asarray(values), strict=True):
                assert ulps(value, exact(schedule, t)) <= case.bound, f"T={T}, step {t}"


FALLING = [name for name in CURVES if name not in ("CosineAnnealing", "CosineRestarts", "Logistic")]


@pytest.mark.parametrize("name", tiers(FALLING, ("Linear", "Cosine", "ExponentialDecay", "InverseSqrt")))
def test_a_curve_falls_at_every_step_of_an_ordinary_horizon_and_around_drawn_ones_of_the_longest(name: str):
    make = CURVES[name][0].make
    for T in (1, 2, 77, 1000, 65_537):
        assert (np.diff(np.asarray(make(T)(np.arange(T + 2)))) <= 0).all()
    if name != "MirrorCosine":  # in its flat middle it may waver by a unit in the last place, as its docstring says
        for T in (2**24 + 5, 2**30 - 5, LAST):
            for start in steps_for(T, seed=2):
                assert (np.diff(np.asarray(make(T)(np.clip(start + np.arange(-200, 200), 0, LAST)))) <= 0).all(), (
                    f"T={T}, around {start}"
                )


STAIRS: dict[str, Callable[[int], js.Schedule]] = {
    "StepDecay": lambda T: js.StepDecay(0.3, T, 0.1),
    "StepDecay, slowly": lambda T: js.StepDecay(0.3, T, 0.999),
    "ExponentialDecay": lambda T: js.ExponentialDecay(0.7, T, 0.97, staircase=True),
    "NaturalExponentialDecay": lambda T: js.NaturalExponentialDecay(0.7, 0.1, T, staircase=True),
    "MultiStep": lambda T: js.MultiStep(0.3, [T, 2 * T, 2 * T, 7 * T], 0.2),
}


@pytest.mark.parametrize("name", STAIRS)
def test_every_stair_is_within_0_55_ulp_of_the_truth_and_begins_at_its_step(name: str, thorough: bool):
    for T in (1, 3, 41, 47, 1000, 65_537, 2**24 + 5, 2**27 + 1) if thorough else (1, 47, 2**24 + 5):
        stairs = np.arange(1, min(200, LAST // T))
        steps = np.concatenate([stairs * T - 1, stairs * T, stairs * T + T // 2])
        schedule = STAIRS[name](T)
        for t, value in zip(steps.tolist(), np.asarray(schedule(steps)), strict=True):
            truth = exact(schedule, t)
            if truth > mpf(2) ** -100:  # below, the low half of a pair is less than a float32 can hold
                assert ulps(value, truth) <= 0.55, f"T={T}, step {t}: {value}"


def test_every_restart_with_a_whole_growth_is_exact():
    count = 0
    for T in (1, 2, 3, 7, 10, 1000, 65_537):
        for growth in (1, 2, 3, 4, 5, 7, 10):
            starts, start, length = [], 0, T
            while start < LAST and len(starts) < 400:
                starts.append(start)
                start, length = start + length, length * growth
            schedule = js.CosineRestarts(1.0, 0.0, T, growth=growth)
            again = js.repeat(js.Linear(1.0, 0.0, T), T, growth=growth)
            for each in (schedule, again):
                both = np.zeros(800, np.int64)  # one shape, and so one compilation
                both[: len(starts)], both[400 : 400 + len(starts) - 1] = starts, np.array(starts[1:]) - 1
                all_values = np.asarray(each(both))
                values, before = all_values[: len(starts)], all_values[400 : 400 + len(starts) - 1]
                lengths = np.diff(starts)
                assert (values == 1).all()
                assert (before[lengths > 1] < 1).all() and (before[lengths > 3] < 0.5).all()
            count += len(starts)
    assert count > 3300


@pytest.mark.parametrize("growth", [1.5, 1.1, 2.7, 1.01])
def test_a_cycle_that_grows_by_a_fraction_follows_its_formula(growth: float):
    rng = np.random.default_rng(0)
    for T in (10, 1000, 10**6):
        steps = np.exp(rng.uniform(0, np.log(LAST), 200)).astype(np.int64)
        values = js.CosineRestarts(1.0, 0.5, T, growth=growth)(steps)
        for t, value in zip(steps.tolist(), np.asarray(values), strict=True):
            g = mpf(growth)
            index = mpmath.floor(mpmath.log(1 + t * (g - 1) / T) / mpmath.log(g) + mpf(10) ** -12)
            q = (t - T * (g**index - 1) / (g - 1)) / (T * g**index)
            assert ulps(value, mpf(0.5) + cosine(q) / 2) <= 8, f"T={T}, step {t}"


def test_a_rate_close_to_1_keeps_its_double_precision_everywhere():
    rate, t = 0.999999, 10**7
    schedule = js.ExponentialDecay(1.0, 1, rate)
    truth = float(mpf(rate) ** t)
    ways = [schedule(t), jax.jit(lambda s: s(t))(schedule), js.stack([schedule, schedule])(t)[1]]
    ways += [js.StepDecay(1.0, 1, rate)(t), js.MultiStep(1.0, np.zeros(t, np.int32), rate)(t)]
    for value in ways:
        assert abs(float(value) / truth - 1) < 1e-5


def rational() -> dict[str, js.Schedule]:
    """Piecewise and periodic schedules."""
    rng = np.random.default_rng(3)
    knots = sorted(rng.integers(0, LAST, 9).tolist())
    heights = rng.uniform(0.1, 1, 9).tolist()
    return {
        "PiecewiseInterpolate": js.PiecewiseInterpolate(knots, heights),
        "PiecewiseConstant": js.PiecewiseConstant(knots[:8], heights),
        "Triangular": js.Triangular(0.1, 0.9, 300_001, 10**6 - 300_001),
        "Tabulated": js.Tabulated(heights),
        "Constant": js.Constant(0.3),
    }


RATIONAL = rational()


@pytest.mark.parametrize("name", RATIONAL)
def test_what_is_rational_in_the_step_is_within_2_ulp(name: str):
    rng = np.random.default_rng(4)
    schedule = RATIONAL[name]
    steps = [*rng.integers(0, LAST, 2000).tolist(), 0, 300_000, 300_001, 10**6 - 1, 10**6, LAST]
    for t, value in zip(steps, np.asarray(schedule(np.array(steps))), strict=True):
        assert ulps(value, exact(schedule, t)) <= 2, f"step {t}: {value}, {exact(schedule, t)}"


@pytest.mark.parametrize(
    "name", tiers(list(CURVES), ("Linear", "Cosine", "Polynomial, 0.9", "ExponentialDecay", "Tanh"))
)
def test_float64_has_a_relative_error_below_1e_14(name: str):
    with enable_x64(True):
        for case in CURVES[name]:
            for T in (1000, 2**24 + 5, 2**40 + 3):
                steps = np.array([0, 1, T // 3, T // 2, T - 1, T, T + 1, 2 * T])
                schedule = case.make(T)
                start = abs(exact(schedule, 0)) or abs(exact(schedule, T))
                for t, value in zip(steps.tolist(), np.asarray(schedule(steps)), strict=True):
                    truth = exact(schedule, t)
                    if abs(truth) > start / 10**6:  # further down, a decay of 64 bits has fewer digits
                        assert abs(mpf(float(value)) - truth) <= 1e-14 * abs(truth), f"T={T}, step {t}"
