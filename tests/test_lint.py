# pyright: reportArgumentType=false
"""What people get wrong is found, and ordinary schedules are left alone."""

import inspect
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

import jaxsched as js
from jaxsched import Finding, lint
from jaxsched._lint import _Extent, _extent, _of_numbers
from tests import strategies
from tests.catalogue import ROWS
from tests.helpers import examples, tiers
from tests.recipes.test_published_recipes import RECIPES as PUBLISHED


def infinitely_fast(schedule: Any) -> Any:
    """With time constants of 0, as only a computation can have come to."""
    return jax.tree.map(lambda x: x * 0 if np.issubdtype(x.dtype, np.integer) else x, schedule)


RISE, FALL = js.Linear(0.0, 0.3, 100), js.Cosine(0.3, 0.0, 900)
W = {"peak_value": 0.3, "warmup_steps": 100}

WRONG: dict[str, tuple[js.Schedule, int, list[str]]] = {
    "PyTorch's cosine comes back": (
        js.CosineAnnealing(0.3, 0.01, 100), 100,
        ["step 100: rises after the end: it ends at 0.01, and is 0.3 at step 200."],
    ),
    "so it does with its sign turned": (
        -js.CosineAnnealing(0.3, 0.01, 100), 100,
        ["step 100: rises after the end: it ends at -0.01, and is -0.3 at step 200."],
    ),
    "a cycle is cut": (
        js.sgdr(peak_value=0.3, period_steps=100), 350,
        ["step 350: rises after the end: it ends at 0.15, and is 0.3 at step 400."],
    ),
    "the warmup takes the whole run": (
        js.wsd(peak_value=0.3, warmup_steps=1000, cooldown_steps=0, total_steps=1000), 1000,
        ["step 999: peak not reached: the 0.3 of Linear does not occur: the largest value is 0.2997."],
    ),
    "the run is shorter than the warmup": (
        js.warmup_cosine(**W, total_steps=1000), 50,
        [
            "step 50: end not reached: Linear needs 100 steps to its `end_value` 0.3, has 50, and gets to 0.15.",
            "step 50: peak not reached: the 0.3 of Linear does not occur: the largest value is 0.15.",
        ],
    ),
    "the run ends before the rise begins": (
        js.sequence([js.Constant(0.01), js.Linear(0.01, 0.3, 100)], [500]), 400,
        ["step 0: peak not reached: the 0.3 of Linear does not occur: the largest value is 0.01."],
    ),
    "the peaks of warmup and decay differ": (
        js.sequence([RISE, js.Cosine(0.5, 0.0, 900)], [100]), 1000,
        ["step 100: discontinuity: jumps from 0.3 to 0.5, where Cosine follows Linear."],
    ),
    "even if both are lines": (
        js.sequence([RISE, js.Linear(0.5, 0.0, 900)], [100]), 1000,
        ["step 100: discontinuity: jumps from 0.3 to 0.5, where Linear follows Linear."],
    ),
    "in a join in a product in a shift": (
        js.shift(-2.0 * js.sequence([RISE, js.join_schedules([FALL, js.Constant(0.1)], [900])], [100]), 50), 1100,
        ["step 1050: discontinuity: jumps from 0 to 0.1, where Constant follows Cosine."],
    ),
    "in a piece of a join": (
        js.sequence([js.Constant(0.3), 0.5 * js.sequence([js.Constant(0.6), js.Linear(0.2, 0.0, 50)], [20])], [30]), 100,
        ["step 50: discontinuity: jumps from 0.6 to 0.2, where Linear follows Constant."],
    ),
    "the cooldown starts too high": (
        js.sequence([js.Cosine(1.0, 0.1, 500), js.Linear(0.5, 0.0, 500)], [500]), 1000,
        ["step 500: discontinuity: jumps from 0.1 to 0.5, where Linear follows Cosine."],
    ),
    "the warmup is longer than its place": (
        js.sequence([js.Linear(0.0, 0.3, 200), FALL], [100]), 1000,
        [
            "step 100: discontinuity: jumps from 0.15 to 0.3, where Cosine follows Linear.",
            "step 100: end not reached: Linear needs 200 steps to its `end_value` 0.3, has 100, and gets to 0.15.",
        ],
    ),
    "the restart comes too early": (
        js.sequence([js.Linear(0.4, 0.0, 100), js.Linear(0.4, 0.0, 50)], [50]), 100,
        ["step 50: end not reached: Linear needs 100 steps to its `end_value` 0, has 50, and gets to 0.2."],
    ),
    "the decay does not subtract the warmup": (
        js.sequence([RISE, js.Cosine(0.3, 0.0, 1000)], [100]), 1000,
        ["step 1000: end not reached: Cosine needs 1000 steps to its `end_value` 0, has 900, and gets to 0.00734152."],
    ),
    "the decay is longer than the run": (
        js.Linear(1.0, 0.0, 200), 100,
        ["step 100: end not reached: Linear needs 200 steps to its `end_value` 0, has 100, and gets to 0.5."],
    ),
    "it falls below 0": (
        js.Linear(1.0, -1.0, 100), 100,
        ["step 51: negative: the value falls below 0, to -1 at step 100."],
    ),
    "it begins below 0": (
        js.Linear(-1.0, 1.0, 100), 100,
        ["step 0: negative: the value falls below 0, to -1 at step 0."],
    ),
    "it has a pole": (
        js.FromFunction(lambda t: 1.0 / (10.0 - t.astype(np.float32))), 100,
        ["step 10: not finite: the value is inf."],
    ),
    "it is not a number": (
        0.1 * js.FromFunction(lambda t: jnp.where(t == 5, np.nan, 1.0)), 100,
        ["step 5: not finite: the value is nan."],
    ),
    "the warmup counts in whole lengths": (
        js.FromFunction(lambda t: 0.3 * (t // 100).astype(np.float32)), 1000,
        ["step 0: stuck at zero: the value is 0 before step 100."],
    ),
    "the first epoch learns nothing": (
        js.every(js.Linear(0.0, 0.3, 5), 100), 1000,
        ["step 0: stuck at zero: the value is 0 before step 100."],
    ),
    "and neither does any other": (
        0.3 * js.FromFunction(lambda t: (t // 10_000).astype(np.float32)), 1000,
        ["step 0: stuck at zero: the value is 0 in the whole run."],
    ),
    "growth from 0 gets nowhere": (
        js.ExponentialDecay(0.0, 10, 2.0, end_value=0.3), 1000,
        ["step 0: stuck at zero: the value is 0 in the whole run."],
    ),
    "the order of arguments is that of optax": (
        js.Cosine(0.1, 1000, 0), 1000,
        [
            "step 0: length of 0: `transition_steps` is 0: Cosine begins at 1000, not at its `init_value` 0.1.",
            "step 0: far from the start: Cosine goes from 0.1 to 1000.",
        ],
    ),
    "the order of arguments is that of optax, for a power": (
        js.Polynomial(1.0, 0.0, 2, 1000), 1000,
        ["step 0: large power: the `power` of Polynomial is 1000."],
    ),
    "the end is a number of steps": (
        js.sequence([RISE, js.Linear(0.3, 1000.0, 500)], [100]), 600,
        ["step 100: far from the start: Linear goes from 0.3 to 1000."],
    ),
    "the peak is a number of steps": (
        js.warmup_cosine(peak_value=-1000, init_value=-0.1, warmup_steps=100, total_steps=1000), 1000,
        ["step 0: far from the start: Linear goes from -0.1 to -1000."],
    ),
    "the peak of a cycle is": (
        js.Triangular(0.1, 100.0, 500), 500,
        ["step 0: far from the start: Triangular goes from 0.1 to 100."],
    ),
    "the decay is over before it begins": (
        infinitely_fast(js.InverseTimeDecay(1.0, 1, 1.0)), 1000,
        ["step 0: length of 0: `transition_steps` is 0: InverseTimeDecay begins at 4.65661e-10, not at its `init_value` 1."],
    ),
    "and so it is where it starts at its peak": (
        infinitely_fast(js.InverseSqrt(0.3, 1)), 1000,
        ["step 0: length of 0: `timescale` is 0: InverseSqrt begins at 6.47376e-06, not at its `peak_value` 0.3."],
    ),
    "a length of 0 in a later piece": (
        js.shift(0.5 * js.sequence([js.Constant(0.3), js.Linear(0.3, 0.1, 0)], [100]), 50), 1000,
        ["step 150: length of 0: `transition_steps` is 0: Linear begins at 0.1, not at its `init_value` 0.3."],
    ),
    "a length of 0 on a slower clock": (
        js.sequence([js.Constant(0.1), js.every(js.Linear(0.3, 0.1, 0), 10)], [100]), 1000,
        ["step 100: length of 0: `transition_steps` is 0: Linear begins at 0.1, not at its `init_value` 0.3."],
    ),
    "an exponent in the hundreds, of what is chosen": (
        js.select(1, [js.Cosine(0.1, 0.2, 0), js.Cosine(0.1, 0.2, 100, 150.0, 100.0)]), 100,
        [
            "step 0: large power: the `exponent` of Cosine is 150.",
            "step 0: large power: the `k_decay` of Cosine is 100.",
        ],
    ),
    "a stack": (
        js.Linear(0.1, [0.0, 0.01, 1000], 0), 100,
        [
            "step 0: stack: it is a stack of shape (3,): in an optax optimizer its values would broadcast over the "
            "parameters; lint its rows one by one."
        ],
    ),
}  # fmt: skip

FINE: dict[str, tuple[js.Schedule, int]] = {
    "a constant": (js.Constant(0.1), 1000),
    "no weight decay": (js.Constant(0.0), 1000),
    "no peak": (js.warmup_cosine(peak_value=0.0, warmup_steps=100, total_steps=1000), 1000),
    "a weight decay that rises": (js.Cosine(0.04, 0.4, 1000), 1000),
    "a momentum that falls and rises": (js.sequence([js.Linear(0.95, 0.85, 300), js.Linear(0.85, 0.95, 700)], [300]), 1000),
    "a growth without an end": (js.ExponentialDecay(1e-7, 100, 2.0), 1000),
    "a rise that goes on": (js.InverseTimeDecay(1.0, 100, 1.0) * -1.0 + 1.0, 1000),
    "-schedule, for optax.scale_by_schedule": (-js.warmup_cosine(**W, total_steps=1000), 1000),
    "StepDecay": (js.StepDecay(0.3, 30, 0.1), 1000),
    "MultiStep": (js.MultiStep(0.3, [30, 60], 0.1), 1000),
    "PiecewiseConstant": (js.PiecewiseConstant([100, 500], [0.1, 0.3, 0.01]), 1000),
    "a staircase": (js.ExponentialDecay(0.3, 41, 0.5, staircase=True), 1000),
    "a warmup and stairs": (js.sequence([RISE, js.StepDecay(0.3, 300, 0.1)], [100]), 1000),
    "constants one after another": (js.sequence([js.Constant(0.3), js.Constant(0.1), js.Constant(0.01)], [300, 300]), 1000),
    "a constant warmup": (js.warmup_cosine(**W, total_steps=1000, warmup="constant", init_value=0.01), 1000),
    "stairs, and a drop where they end": (js.sequence([js.StepDecay(0.3, 100, 0.1), js.Constant(0.03)], [100]), 1000),
    "a warmup of one step": (js.sequence([js.Linear(0.0, 0.3, 1), FALL], [1]), 1000),
    "no warmup": (js.warmup_cosine(peak_value=0.3, warmup_steps=0, total_steps=1000), 1000),
    "no cooldown": (js.wsd(**W, cooldown_steps=0, total_steps=1000), 1000),
    "a warmup up to the end": (js.warmup_constant(**W), 100),
    "restarts": (js.join_schedules([js.Cosine(1.0, 0.0, 100), js.Cosine(0.5, 0.0, 200)], [100]), 300),
    "a resumed peak": (js.sequence([RISE, js.Constant(0.3), js.Linear(0.3, 0.0, 50), js.Constant(0.3)], [100, 50, 50]), 300),
    "whole cycles": (js.CosineAnnealing(0.3, 0.01, 100), 400),
    "a start that is delayed": (js.sequence([js.Constant(0.0), js.Linear(0.0, 0.3, 100)], [50]), 1000),
    "a start that is shifted": (0.1 * js.shift(js.Linear(0.0, 0.3, 100), 50), 1000),
    "a first value of 0": (js.PiecewiseConstant([100], [0.0, 0.3]), 1000),
    "a decay that is cut and goes on smoothly": (js.sequence([js.Linear(1.0, 0.0, 1000), js.Linear(0.5, 0.0, 100)], [500]), 600),
    "numbers rounded by hand": (js.sequence([js.Cosine(1e-3, 1e-4, 500), js.ExponentialDecay(1.02e-4, 100, 0.5)], [500]), 1000),
    "one end for another": (js.Linear(1.0, 0.0, 1001), 1000),
    "the lesser of two": (js.minimum(js.Linear(0.0, 1.0, 10**6), 0.1), 1000),
    "functions that end at a pole": (
        js.join_schedules(
            [
                js.FromFunction(lambda t: 1.0 / (11.0 - t.astype(np.float32))),
                js.FromFunction(lambda t: 1.0 / (1.0 + t.astype(np.float32))),
            ],
            [11],
        ), 20,
    ),
    "a jump that is cut off": (js.shift(js.sequence([RISE, js.Cosine(0.5, 0.0, 900)], [100]), -150), 1000),
    "a range test": (js.exponential_range_test(init_value=1e-7, end_value=10.0, total_steps=100), 100),
    "a range test up to any value": (js.exponential_range_test(init_value=1e-7, end_value=1e3, total_steps=100), 100),
    "a range test in a line": (js.Linear(1e-7, 10.0, 100), 100),
    "a warmup from almost nothing": (js.warmup_constant(peak_value=1.0, init_value=1e-6, warmup_steps=100), 100),
    "a large value": (js.Linear(1.0, 65536.0, 100) * 1e-4, 100),
    "a rise from 0": (js.Linear(0.0, 65536.0, 100), 100),
    "a length of 0 between equal values": (js.Linear(0.3, 0.3, 0), 100),
    "a piece that is skipped": (js.sequence([RISE, js.Linear(0.3, 0.1, 0), FALL], [100, 0]), 1000),
    "a warmup of no steps that is cut off": (js.shift(js.sequence([js.Linear(0.3, 0.1, 0), FALL], [50]), -60), 840),
    "a cycle that begins at its peak": (js.Triangular(0.1, 0.3, 0, 50), 100),
    "a step up": (js.Logistic(0.1, 0.3, 50, 0), 100),
    "a high power": (js.Polynomial(1.0, 0.0, 1000, 20.0), 1000),
    "no steps": (js.Linear(0.0, 1.0, 10), 0),
    "one step": (js.sequence([RISE, js.Constant(0.3)], [0]), 1),
}  # fmt: skip

RECIPES = {name: row for name, row in ROWS.items() if "jaxsched/_recipes" in inspect.getfile(row.make)}
ORDINARY = [row.build for row in ROWS.values()] + [row.make for row in PUBLISHED.values()]
WHOLE_CYCLES = {"sgdr": 155}


@pytest.mark.parametrize("wrong", tiers(WRONG, list(WRONG)[::4]))
def test_what_is_wrong_is_found(wrong: tuple[js.Schedule, int, list[str]]):
    schedule, total_steps, findings = wrong
    assert [str(finding) for finding in lint(schedule, total_steps)] == findings


@pytest.mark.parametrize("fine", tiers(FINE, list(FINE)[::9]))
def test_what_is_fine_is_left_alone(fine: tuple[js.Schedule, int]):
    assert lint(*fine) == []


@pytest.mark.parametrize("name", tiers(list(RECIPES), ("warmup_cosine", "inverse_sqrt")))
def test_every_recipe_is_fine(name: str):
    row = RECIPES[name]
    assert lint(row.build(), row.arguments.get("total_steps", WHOLE_CYCLES.get(name, 140))) == []


def test_the_numbers_of_ordinary_schedules_are_not_suspicious():
    for make in ORDINARY:
        schedule = make().expand()
        if any(_of_numbers(schedule, _Extent(0.0, 0, np.inf, 0), 140)):  # they would be if it were as large as can be
            assert not any(_of_numbers(schedule, _extent(schedule, 0, 140), 140)), schedule


@examples(1, 4)
@given(schedule=strategies.schedules(growth=True), total_steps=st.integers(0, 3) | st.integers(0, 300))
def test_any_schedule_can_be_linted(schedule: js.Schedule, total_steps: int):
    found = lint(schedule, total_steps)
    assert all(0 <= finding.step <= total_steps for finding in found)


def test_a_long_run_needs_no_more_memory_than_a_short_one():
    schedule = js.warmup_linear(peak_value=0.3, warmup_steps=100, total_steps=10**8)
    assert lint(schedule, 10**8) == []
    assert [finding.kind for finding in lint(schedule, 10**7)] == ["end not reached"]


def test_a_join_of_many_pieces_is_looked_at_in_little_time():
    stairs = [js.Linear(1.0 - i / 300, 1.0 - (i + 1) / 300, 10) for i in range(300)]
    assert lint(js.sequence(stairs, [10] * 299), 3000) == []
    stairs[200] = js.Linear(0.1, 0.05, 10)
    assert [finding.step for finding in lint(js.sequence(stairs, [10] * 299), 3000)] == [2000]


def test_findings_are_data_in_the_order_of_the_steps():
    found = lint(js.sequence([RISE, js.Cosine(0.5, -0.1, 1000)], [100]), 1000)
    assert [(finding.step, finding.kind) for finding in found] == [
        (100, "discontinuity"), (833, "negative"), (1000, "end not reached")
    ]  # fmt: skip
    assert found[0] == Finding("discontinuity", 100, "jumps from 0.3 to 0.5, where Cosine follows Linear.")
    assert len({*found, *found}) == 3


@pytest.mark.parametrize(
    "call, error, message",
    [
        (
            lambda: lint("0.1", 5),
            TypeError,
            "lint: `schedule` must be a schedule or a number, such as Constant(...), got '0.1'.",
        ),
        (lambda: lint(RISE, -5), ValueError, "lint: `total_steps` must not be negative, got -5."),
        (lambda: lint(RISE, 5.0), TypeError, "lint: `total_steps` must be an integer, got 5.0."),
        (lambda: lint(RISE, [5, 6]), TypeError, "lint: `total_steps` must be one integer, got [5, 6]."),
        (lambda: jax.jit(lint)(RISE, 5), TypeError, "lint: the numbers must be known, and not traced"),
        (
            lambda: jax.jit(lambda n: lint(js.Linear(0.0, 1.0, n), 5))(5),
            TypeError,
            "lint: the numbers must be known, and not traced",
        ),
    ],
)
def test_bad_arguments_are_named(call: Any, error: type[Exception], message: str):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value).startswith(message)
