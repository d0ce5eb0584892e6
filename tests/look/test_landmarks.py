# pyright: reportArgumentType=false
"""The landmarks of a schedule: all that a reader looks for, at the step where it is, and nothing else."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

import jaxsched as js
from jaxsched import Landmark, landmarks
from jaxsched._look.landmarks import shortened
from jaxsched._look.outline import values_at
from tests import strategies
from tests.catalogue import ROWS
from tests.helpers import enable_x64, examples, tiers


class Sawtooth(js.Schedule):
    peak_value: float
    period_steps: int

    def formula(self, step: jax.Array) -> jax.Array:
        return self.peak_value * ((step % self.period_steps) / self.period_steps)


@js.recipe
def up_and_down(*, peak_value: float, total_steps: int) -> js.Schedule:
    half = total_steps // 2
    return js.sequence([js.Linear(0.0, peak_value, half), js.Cosine(peak_value, 0.0, half)], [half])


def zigzag(t: jax.Array) -> jax.Array:
    """Twice 100 steps up and 100 down, the second time less high."""
    return jnp.abs((t + 100) % 200 - 100).astype(np.float32) * jnp.where(t < 200, 1.0, 0.5)


W = {"peak_value": 0.1, "warmup_steps": 100}
WSD = js.wsd(**W, cooldown_steps=200, total_steps=1000)

SEEN: dict[str, tuple[Any, int, list[str]]] = {
    "wsd": (WSD, 1000, ["0: start", "100: Constant begins, peak", "800: Linear begins", "1000: end"]),
    "wsd, which is over before the run": (
        WSD, 1200,
        ["0: start", "100: Constant begins, peak", "800: Linear begins", "1000: Linear ends", "1200: end"],
    ),
    "wsd, of which the run is a part": (WSD, 500, ["0: start", "100: Constant begins", "500: end"]),
    "a run that ends where a phase begins": (WSD, 800, ["0: start", "100: Constant begins", "800: end"]),
    "warmup_cosine": (
        js.warmup_cosine(**W, total_steps=1000), 1000,
        ["0: start", "100: Cosine begins, peak", "1000: end"],
    ),
    "warmup_cosine, past its end": (
        js.warmup_cosine(**W, total_steps=1000), 1500,
        ["0: start", "100: Cosine begins, peak", "1000: Cosine ends", "1500: end"],
    ),
    "without a warmup": (js.warmup_cosine(peak_value=0.1, warmup_steps=0, total_steps=500), 500, ["0: start", "500: end"]),
    "sgdr, with growth": (
        js.sgdr(peak_value=0.1, warmup_steps=50, period_steps=100, growth=2), 1000,
        ["0: start", "50: CosineRestarts begins, peak", "150: restart", "350: restart", "750: restart", "1000: end"],
    ),
    "a restart at the last step": (
        js.sgdr(peak_value=0.1, warmup_steps=50, period_steps=100), 250,
        ["0: start", "50: CosineRestarts begins, peak", "150: restart", "250: restart, end"],
    ),
    "restarts with a decay": (
        js.CosineRestarts(1.0, 0.0, 100, decay=0.5), 350,
        ["0: start", "100: restart", "200: restart", "300: restart", "350: end"],
    ),
    "a repeated warmup and decay": (
        js.repeat(js.sequence([js.Linear(0.5, 1.0, 10), js.Cosine(1.0, 0.0, 90)], [10]), 100), 250,
        ["0: start", "10: peak", "100: restart", "110: peak", "200: restart", "210: peak", "250: end"],
    ),
    "cycles that are counted": (
        js.CosineRestarts(1.0, 0.0, 100, cycles=2), 1000, ["0: start", "100: restart", "1000: end"],
    ),
    "MultiStep": (js.MultiStep(0.1, [100, 200], 0.1), 300, ["0: start", "100: step down", "200: step down", "300: end"]),
    "StepDecay": (
        js.StepDecay(0.1, 100, 0.5), 350,
        ["0: start", "100: step down", "200: step down", "300: step down", "350: end"],
    ),
    "StepDecay, that grows": (js.StepDecay(0.1, 100, 2.0), 250, ["0: start", "100: step up", "200: step up", "250: end"]),
    "StepDecay, below 0": (js.StepDecay(-0.1, 100, 0.5), 250, ["0: start", "100: step up", "200: step up", "250: end"]),
    "PiecewiseConstant, up and down": (
        js.PiecewiseConstant([10, 20, 30], [0.1, 0.5, 0.2, 0.3]), 40,
        ["0: start", "10: step up, peak", "20: step down", "30: step up", "40: end"],
    ),
    "Triangular": (js.Triangular(0.0, 1.0, 100, 50), 400, ["0: start", "100: peak", "250: peak", "400: end"]),
    "CosineAnnealing": (js.CosineAnnealing(1.0, 0.0, 100), 450, ["0: start", "200: peak", "400: peak", "450: end"]),
    "onecycle": (
        js.onecycle(peak_value=1.0, warmup_steps=30, total_steps=100), 100,
        ["0: start", "30: Cosine begins, peak", "100: end"],
    ),
    "onecycle, in three phases": (
        js.onecycle(peak_value=1.0, warmup_steps=30, total_steps=100, three_phase=True), 120,
        ["0: start", "30: Cosine begins, peak", "60: Cosine begins", "100: Cosine ends", "120: end"],
    ),
    "a line through 0": (js.Linear(1.0, -1.0, 100), 150, ["0: start", "51: first negative", "100: Linear ends", "150: end"]),
    "a line from below 0": (js.Linear(-1.0, 1.0, 100), 150, ["0: start", "100: Linear ends", "150: end"]),
    "below 0, above, and below again": (
        js.PiecewiseConstant([10, 20], [-1.0, 1.0, -0.5]), 40,
        ["0: start", "10: step up, peak", "20: step down, first negative", "40: end"],
    ),
    "and all that in two columns": (
        js.PiecewiseConstant([500, 510], [-1.0, 1.0, -0.5]), 2**20,
        ["0: start", "500: step up, peak", "510: step down, first negative", "1048576: end"],
    ),
    "above 0 in the last step of a column": (
        js.PiecewiseConstant([5, 1023, 1024], [-1.0, -2.0, 1.0, -2.0]), 2**20 - 1,
        ["0: start", "5: step down", "1023: peak", "1024: first negative", "1048575: end"],
    ),
    "below 0": (-WSD, 1000, ["0: start", "100: Constant begins", "800: Linear begins", "1000: end"]),
    "a valley": (
        js.sequence([js.Linear(1.0, 0.1, 50), js.Linear(0.1, 0.8, 50)], [50]), 100,
        ["0: start", "50: Linear begins", "100: end"],
    ),
    "a function that is a sawtooth": (
        js.FromFunction(lambda t: (t % 100).astype(np.float32) / 100), 250,
        ["0: start", "99: peak", "100: restart", "199: peak", "200: restart", "250: end"],
    ),
    "a function with peaks": (js.FromFunction(zigzag), 400, ["0: start", "100: peak", "300: peak", "400: end"]),
    "a class of the user's": (
        Sawtooth(0.3, 50), 120, ["0: start", "49: peak", "50: restart", "99: peak", "100: restart", "120: end"],
    ),
    "a class of the user's in a join": (
        js.sequence([js.Linear(0.0, 1.0, 10), Sawtooth(0.3, 50)], [10]), 50,
        ["0: start", "9: peak", "10: Sawtooth begins, restart", "50: end"],
    ),
    "a recipe of the user's": (
        up_and_down(peak_value=0.3, total_steps=100), 120,
        ["0: start", "50: Cosine begins, peak", "100: Cosine ends", "120: end"],
    ),
    "a sum of recipes": (
        WSD + js.sgdr(peak_value=0.1, period_steps=300), 1000,
        [
            "0: start", "100: Constant begins, peak", "300: restart", "600: restart", "800: Linear begins",
            "900: restart", "1000: end",
        ],
    ),
    "a product of recipes": (
        2.0 * js.warmup_constant(peak_value=1.0, warmup_steps=50) * js.MultiStep(0.1, [300], 0.5), 400,
        ["0: start", "50: Constant begins, peak", "300: step down", "400: end"],
    ),
    "a minimum, of which only one operand shows": (
        js.minimum(WSD, js.Linear(0.5, 0.0, 1000)), 1000, ["0: start", "100: peak", "1000: end"],
    ),
    "decay_from": (
        js.decay_from(js.warmup_constant(peak_value=1.0, warmup_steps=10), 100, 50), 200,
        ["0: start", "10: Constant begins, peak", "100: decay_from begins", "150: decay_from ends", "200: end"],
    ),
    "decay_from, before the schedule gets far": (
        js.decay_from(WSD, 60, 40), 200,
        ["0: start", "60: decay_from begins, peak", "100: decay_from ends", "200: end"],
    ),
    "splice": (
        js.splice(js.Linear(1.0, 0.1, 100), 50, js.Cosine(1.0, 0.0, 100)), 200,
        ["0: start", "50: Cosine begins", "150: Cosine ends", "200: end"],
    ),
    "a shift": (
        js.shift(WSD, 30), 1100,
        ["0: start", "30: Linear begins", "130: Constant begins, peak", "830: Linear begins", "1030: Linear ends", "1100: end"],
    ),
    "a shift to earlier": (
        js.shift(WSD, -30), 1100,
        ["0: start", "70: Constant begins, peak", "770: Linear begins", "970: Linear ends", "1100: end"],
    ),
    "a shift to earlier than the whole warmup": (
        js.shift(WSD, -300), 1100, ["0: start", "500: Linear begins", "700: Linear ends", "1100: end"],
    ),
    "a shift to earlier in a piece, which begins where the piece does": (
        js.sequence([js.Linear(0.0, 0.9, 100), js.shift(js.sequence([1.0, js.Linear(1.0, 0.0, 100)], [50]), -60)], [100]), 300,
        ["0: start", "100: Linear begins, peak", "190: Linear ends", "300: end"],
    ),
    "a shift beyond the life of its piece": (
        js.sequence([1.0, js.shift(js.Linear(1.0, 0.0, 10), 100), 0.5], [50, 50]), 300,
        ["0: start", "100: Constant begins, step down", "300: end"],
    ),
    "a join in a join": (
        js.sequence([js.Linear(0.0, 1.0, 10), js.sequence([js.Constant(1.0), js.Cosine(1.0, 0.0, 20)], [30])], [10]), 100,
        ["0: start", "10: Constant begins, peak", "40: Cosine begins", "60: Cosine ends", "100: end"],
    ),
    "pieces that are held as one": (
        js.join_schedules([js.HalfLife(1.0, 100 + i) for i in range(5)], [100, 200, 300, 400]), 450,
        [
            "0: start", "100: HalfLife begins, restart", "200: HalfLife begins, restart",
            "300: HalfLife begins, restart", "400: HalfLife begins, restart", "450: end",
        ],
    ),
    "a piece that is skipped": (
        js.join_schedules([js.Linear(0.0, 1.0, 10), js.Constant(5.0), js.Cosine(1.0, 0.0, 20)], [10, 10]), 30,
        ["0: start", "10: Cosine begins, peak", "30: end"],
    ),
    "every": (
        js.every(js.warmup_constant(peak_value=0.1, warmup_steps=3), 10), 50,
        ["0: start", "10: step up", "20: step up", "30: step up", "50: end"],
    ),
    "reverse": (js.reverse(js.Linear(1.0, 0.0, 100), 100), 150, ["0: start", "150: end"]),
    "select": (js.select(1, [WSD, js.StepDecay(1.0, 50, 0.5)]), 80, ["0: start", "50: step down", "80: end"]),
    "Constant": (js.Constant(0.1), 40, ["0: start", "40: end"]),
    "a number": (0.1, 40, ["0: start", "40: end"]),
    "0": (js.Constant(0.0), 40, ["0: start", "40: end"]),
    "no steps": (WSD, 0, ["0: start, end"]),
    "one step": (js.Constant(0.1), 1, ["0: start", "1: end"]),
    "real lengths": (
        js.warmup_cosine(peak_value=0.1, warmup_steps=100.5, total_steps=1000), 1500,
        ["0: start", "101: Cosine begins, peak", "1000: Cosine ends", "1500: end"],
    ),
    "real lengths, whose sum is not exact": (
        js.warmup_cosine(peak_value=0.1, warmup_steps=100.1, total_steps=1000), 1500,
        ["0: start", "101: Cosine begins, peak", "1000: Cosine ends", "1500: end"],
    ),
    "real lengths, to a real end": (
        js.wsd(peak_value=0.1, warmup_steps=99.9, cooldown_steps=200.25, total_steps=1000.25), 1500,
        ["0: start", "100: Constant begins, peak", "800: Linear begins", "1001: Linear ends", "1500: end"],
    ),
    "a real shift": (
        js.shift(js.sequence([1.0, js.Linear(1.0, 0.0, 10.5)], [10.25]), 0.5), 50,
        ["0: start", "1: Constant begins", "11: Linear begins", "22: Linear ends", "50: end"],
    ),
    "a life of less than a step": (
        js.join_schedules([1.0, js.Linear(1.0, 0.5, 10), js.Cosine(1.0, 0.0, 5)], [10.25, 10.75]), 50,
        ["0: start", "11: Cosine begins", "16: Cosine ends", "50: end"],
    ),
    "gaps": (
        js.FromFunction(lambda t: jnp.where((t > 20) & (t < 30), np.nan, jnp.abs(t - 50).astype(np.float32))), 60,
        ["0: start", "60: end"],
    ),
    "no number anywhere": (js.FromFunction(lambda t: jnp.full((), np.nan, np.float32)), 60, ["0: start", "60: end"]),
    "a pole": (
        js.FromFunction(lambda t: 1.0 / (10.0 - t.astype(np.float32))), 100,
        ["0: start", "9: peak", "11: first negative", "100: end"],
    ),
    "infinite in the beginning": (
        js.FromFunction(lambda t: 1.0 / t.astype(np.float32)), 100, ["0: start", "100: end"],
    ),
}  # fmt: skip


VARIATIONS = {
    "wsd, of which the run is a part",
    "a restart at the last step",
    "restarts with a decay",
    "a repeated warmup and decay",
    "StepDecay, that grows",
    "StepDecay, below 0",
    "onecycle, in three phases",
    "a valley",
    "a function with peaks",
    "a recipe of the user's",
    "a product of recipes",
    "decay_from, before the schedule gets far",
    "a join in a join",
    "every",
    "reverse",
    "select",
    "0",
    "real lengths, to a real end",
    "infinite in the beginning",
}
"""Of others."""


def check(schedule: Any, total_steps: int) -> list[Landmark]:
    """What holds for the landmarks of any schedule."""
    found = landmarks(schedule, total_steps)
    steps = [mark.step for mark in found]
    assert steps == sorted(set(steps))
    assert steps[0] == 0 and found[0].what.split(", ")[0] == "start"
    assert steps[-1] == total_steps and found[-1].what.split(", ")[-1] == "end"
    assert all({type(mark.step), type(mark.value), type(mark.what)} == {int, float, str} for mark in found)
    schedule = schedule if isinstance(schedule, js.Schedule) else js.Constant(schedule)
    np.testing.assert_array_equal([mark.value for mark in found], values_at(schedule, np.asarray(steps)))
    for mark in found:
        assert len(set(mark.what.split(", "))) == len(mark.what.split(", "))
    return found


@pytest.mark.parametrize("case", tiers(SEEN, SEEN.keys() - VARIATIONS))
def test_the_landmarks_are_these(case: tuple[Any, int, list[str]]):
    schedule, total_steps, expected = case
    assert [f"{mark.step}: {mark.what}" for mark in check(schedule, total_steps)] == expected


@pytest.mark.parametrize("name", tiers(list(ROWS), ("arithmetic",)))
def test_the_landmarks_of_every_row_are_in_order(name: str):
    schedule = ROWS[name].build()
    for total_steps in (0, 1, 97, 1000):
        check(schedule, total_steps)


@examples(4, 50)
@given(
    schedule=strategies.schedules(growth=True),
    total_steps=st.integers(0, 3) | st.integers(0, 300) | st.integers(0, 100_000),
)
def test_any_composition_has_landmarks(schedule: js.Schedule, total_steps: int):
    check(schedule, total_steps)


def test_a_peak_is_the_highest_step_between_a_rise_and_a_fall_of_a_hundredth():
    def peaks(*values: float) -> list[int]:
        found = landmarks(js.Tabulated(list(values)), len(values) - 1)
        return [mark.step for mark in found if "peak" in mark.what]

    assert peaks(0, 1, 3, 2, 0) == [2]
    assert peaks(0, 50, 100, 99.5, 100.2, 100.2, 99.5, 0) == [4]  # of small ones, the highest; of equal ones, the first
    assert peaks(0, 50, 100, 98, 99.5, 0) == [2, 4]
    assert peaks(0, 50, 100, 99.5, 0, 0.5, 0) == [2]
    assert peaks(100, 99, 0, 50, 100, 100, 100) == []  # neither where it begins, nor where it ends
    assert peaks(-5, -3, -1, -2, -4) == [2]


def test_a_step_up_after_a_gap_is_no_peak():
    """Although nothing is known of where a column begins."""
    step = js.FromFunction(lambda t: jnp.where(t % 10 == 0, np.nan, jnp.where(t < 5005, 0.0, 1.0)))
    assert [mark.what for mark in landmarks(step, 10 * 1024 - 1)] == ["start", "step up", "end"]


def test_peaks_are_found_within_a_column_too():
    spikes = js.FromFunction(lambda t: jnp.maximum(0.0, 5.0 - abs(t % 100_000 - 51_234).astype(np.float32)))
    assert [mark.step for mark in landmarks(spikes, 300_000) if "peak" in mark.what] == [51_234, 151_234, 251_234]


def test_every_restart_is_there():
    cycles = js.CosineRestarts(0.3, 0.01, 1000)
    assert [mark.step for mark in landmarks(cycles, 100_000)] == list(range(0, 100_001, 1000))
    decaying = js.CosineRestarts(0.3, 0.0, 777, decay=0.99)
    found = landmarks(decaying, 77_700)
    assert [mark.step for mark in found if "restart" in mark.what] == list(range(777, 77_701, 777))
    long = js.sgdr(peak_value=0.1, warmup_steps=500, period_steps=2000)
    restarts = [mark.step for mark in landmarks(long, 1_000_000) if mark.what == "restart"]
    assert restarts == list(range(2500, 1_000_000, 2000))


def test_a_million_steps_have_the_landmarks_of_a_thousand():
    short, long = (
        landmarks(js.wsd(peak_value=0.1, warmup_steps=100 * k, cooldown_steps=200 * k, total_steps=1000 * k), 1100 * k)
        for k in (1, 1000)
    )
    assert [(1000 * mark.step, mark.value, mark.what) for mark in short] == [tuple(mark) for mark in long]


def test_the_values_are_those_of_the_schedule():
    for schedule in (WSD, js.CosineRestarts(1.0, 0.0, 100), -js.StepDecay(0.1, 50, 0.5)):
        steps, values, _ = zip(*landmarks(schedule, 300), strict=True)
        np.testing.assert_allclose(values, schedule(np.array(steps)), rtol=1e-6)


@pytest.mark.thorough
def test_the_last_step_of_all_has_landmarks():
    last = 2**31 - 1
    schedule = js.sequence([js.Linear(0.0, 1.0, 100), js.Constant(1.0), js.Constant(0.5)], [100, last - 100])
    assert [str(mark) for mark in landmarks(schedule, last)] == [
        "step 0: 0.0: start",
        "step 100: 1.0: Constant begins, peak",
        f"step {last}: 0.5: step down, end",
    ]


def test_they_are_the_same_in_64_bits():
    expected = landmarks(WSD, 1200)
    with enable_x64():
        found = landmarks(js.wsd(**W, cooldown_steps=200, total_steps=1000), 1200)
        assert [(mark.step, mark.what) for mark in found] == [(mark.step, mark.what) for mark in expected]
        np.testing.assert_allclose([mark.value for mark in found], [mark.value for mark in expected], rtol=1e-6)
        assert str(found[1]) == str(expected[1])


def test_total_steps_may_be_any_integer():
    for total_steps in (np.int64(1000), jnp.int32(1000), np.array(1000)):
        assert landmarks(WSD, total_steps) == landmarks(WSD, 1000)


# What they say.


def test_a_landmark_prints_its_value_in_few_decimals():
    assert str(Landmark(3, float(np.float32(0.1)), "peak")) == "step 3: 0.1: peak"
    assert str(Landmark(3, float(np.float32(3e-4)), "peak")) == "step 3: 0.0003: peak"
    assert str(Landmark(3, float("nan"), "end")) == "step 3: nan: end"
    assert str(Landmark(3, float("-inf"), "end")) == "step 3: -inf: end"
    assert str(Landmark(3, 1e300, "end")) == "step 3: 1e+300: end"  # as a schedule may be in 64 bits
    assert str(Landmark(3, 1e-300, "end")) == "step 3: 1e-300: end"
    assert Landmark(3, 0.5, "peak") == (3, 0.5, "peak")


def test_many_landmarks_are_shortened_to_the_first_ones_and_the_last():
    marks = [Landmark(i, 0.0, "restart") for i in range(100)]
    assert list(shortened(marks[:9], 9)) == marks[:9]
    assert list(shortened(marks, 9)) == [*marks[:7], "... 92 more", marks[99]]
    assert list(shortened(marks[:10], 9)) == [*marks[:7], "... 2 more", marks[9]]


# Errors.


@pytest.mark.parametrize(
    ("schedule", "total_steps", "error", "message"),
    [
        (js.Constant([1.0, 2.0]), 10, TypeError, r"landmarks: `schedule` must be one schedule, got a stack of shape \(2,\)\."),
        ("wsd", 10, TypeError, r"landmarks: `schedule` .*'wsd'"),
        (None, 10, TypeError, r"landmarks: `schedule` .*None"),
        (WSD, -1, ValueError, r"landmarks: `total_steps` .*-1"),
        (WSD, 10.5, TypeError, r"landmarks: `total_steps` .*10\.5"),
        (WSD, 10.0, TypeError, r"landmarks: `total_steps` .*10\.0"),
        (WSD, True, TypeError, r"landmarks: `total_steps` .*True"),
        (WSD, None, TypeError, r"landmarks: `total_steps` .*None"),
        (WSD, [10, 20], TypeError, r"landmarks: `total_steps` must be one integer, got \[10, 20\]\."),
        (WSD, 2**31, ValueError, r"landmarks: `total_steps` .*2147483648"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(schedule: Any, total_steps: Any, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        landmarks(schedule, total_steps)


def test_traced_numbers_have_no_landmarks():
    with pytest.raises(TypeError, match=r"landmarks: the numbers must be known, and not traced: call it outside of"):
        jax.jit(lambda peak: landmarks(js.Linear(peak, 0.0, 10), 10))(1.0)
    with pytest.raises(TypeError, match=r"landmarks: the numbers must be known, and not traced"):
        jax.jit(lambda steps: landmarks(WSD, steps))(10)
