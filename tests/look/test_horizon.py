# pyright: reportArgumentType=false
"""How far a picture looks if nobody said how long the run is: as far as the schedule does something."""

import math
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given

import jaxsched as js
from jaxsched._look.horizon import horizon
from jaxsched.fields import Count, Length, Lengths, Offset, Period, TimeConstant, Value
from tests import strategies
from tests.catalogue import ROWS
from tests.helpers import examples, made_real


LAST = 2**31 - 1


class Own(js.Schedule):
    """A class with one number of each kind, some of which may be missing."""

    value: Value = 50_000.0
    length: Length | None = None
    offset: Offset | None = None
    period: Period | None = None
    time: TimeConstant | None = None
    count: Count | None = None
    inner: js.Schedule | None = None
    word: str = "total_steps"

    def formula(self, step: jax.Array) -> Any:
        return self.value


class Table(js.Schedule):
    ends: Lengths

    def formula(self, step: jax.Array) -> Any:
        return 1.0


@js.recipe
def with_a_length(*, peak_value: float, total_steps: int) -> js.Schedule:
    return js.Linear(peak_value, 0.0, total_steps // 2)


@js.recipe
def without_a_length(*, peak_value: float, fast: int) -> js.Schedule:
    return js.sequence([js.Linear(0.0, peak_value, fast), js.Constant(peak_value)], [fast])


LINE = js.Linear(1.0, 0.0, 100)
WSD = js.wsd(peak_value=0.1, warmup_steps=100, cooldown_steps=200, total_steps=1000)
LONG = js.Linear([1.0, 2.0, 3.0], 0.0, [10, 3000, 500])

SHOWN: dict[str, tuple[js.Schedule, int]] = {
    "a transition": (LINE, 100),
    "a transition in a real length": (js.Cosine(1.0, 0.0, 99.25), 100),
    "a transition in no time": (js.Linear(1.0, 0.0, 0), 1000),
    "a constant": (js.Constant(3.0), 1000),
    "a function": (js.FromFunction(lambda t: t.astype(np.float32)), 1000),
    "three cycles": (js.CosineRestarts(1.0, 0.0, 100), 300),
    "three cycles that grow": (js.CosineRestarts(1.0, 0.0, 100, growth=2), 700),
    "three cycles that grow by half": (js.CosineRestarts(1.0, 0.0, 100, growth=1.5), 475),
    "two cycles, for there are no more": (js.CosineRestarts(1.0, 0.0, 100, growth=2, cycles=2), 300),
    "three of nine cycles": (js.CosineRestarts(1.0, 0.0, 100, cycles=9), 300),
    "a cycle at least": (js.CosineRestarts(1.0, 0.0, 100, cycles=0), 100),
    "three repetitions": (js.repeat(LINE, 150), 450),
    "three repetitions that grow": (js.repeat(LINE, 150, growth=3), 1950),
    "one repetition": (js.repeat(LINE, 150, count=1), 150),
    "three waves": (js.CosineAnnealing(1.0, 0.0, 100), 600),
    "three triangles": (js.Triangular(0.0, 1.0, 100, 50), 450),
    "three triangles that are alike on both sides": (js.Triangular(0.0, 1.0, 100), 600),
    "cycles after a warmup": (js.sgdr(peak_value=1.0, warmup_steps=50, period_steps=100, growth=2), 750),
    "six half-lives": (js.HalfLife(1.0, 100), 600),
    "six half-lives of a rate": (js.ExponentialDecay(1.0, 100, 0.5), 600),
    "six half-lives of a small rate": (js.ExponentialDecay(1.0, 100, 0.25), 300),
    "six doublings": (js.ExponentialDecay(1.0, 100, 2.0), 600),
    "what does not decay": (js.ExponentialDecay(1.0, 100, 1.0), 1000),
    "what is 0 after the first step": (js.ExponentialDecay(1.0, 100, 0.0), 7),
    "six half-lives of e": (js.NaturalExponentialDecay(1.0, math.log(2), 100), 600),
    "six doublings of e": (js.NaturalExponentialDecay(1.0, -math.log(2), 100), 600),
    "until a sixth or seventh is left": (js.InverseTimeDecay(1.0, 100, 0.5), 1200),
    "six times": (js.Gaussian(1.0, 50), 300),
    "six times of an inverse root": (js.InverseSqrt(1.0, 100), 600),
    "six steps of stairs": (js.StepDecay(1.0, 100, 0.1), 600),
    "six times after the middle": (js.Logistic(0.0, 1.0, 300, 10), 360),
    "a quarter more after the last boundary": (js.MultiStep(1.0, [400, 100], 0.1), 500),
    "a quarter more after the last piece": (js.PiecewiseConstant([10, 80], [1.0, 2.0, 3.0]), 100),
    "a quarter more after the last knot": (js.PiecewiseInterpolate([10, 80], [1.0, 2.0]), 100),
    "no boundary": (js.MultiStep(1.0, [], 0.1), 1000),
    "a table": (js.Tabulated([1.0, 2.0, 3.0]), 3),
    "a stack of tables": (js.Tabulated(np.ones((2, 5))), 5),
    "the length of a recipe": (WSD, 1000),
    "the real length of a recipe": (made_real(WSD), 1001),
    "a recipe without a length": (js.warmup_constant(peak_value=1.0, warmup_steps=80), 100),
    "the length of a recipe of the user's": (with_a_length(peak_value=1.0, total_steps=70), 70),
    "a recipe of the user's without one": (without_a_length(peak_value=1.0, fast=40), 50),
    "a join": (js.sequence([LINE, js.Cosine(1.0, 0.0, 50)], [80]), 130),
    "a join that ends in a constant": (js.sequence([LINE, js.Constant(1.0)], [80]), 100),
    "a join of one": (js.join_schedules([LINE], []), 100),
    "a join of a constant": (js.join_schedules([js.Constant(1.0)], []), 1000),
    "pieces that are held as one": (js.join_schedules([js.Linear(1.0, 0.0, 10 * i) for i in range(1, 6)], [10, 20, 30, 40]), 90),
    "a shift": (js.shift(LINE, 30), 130),
    "a shift to earlier": (js.shift(LINE, -30), 100),
    "ticks": (js.every(LINE, 7), 700),
    "ticks of real lengths": (js.every(LINE, 2.5), 250),
    "ticks of no length": (js.every(LINE, 0), 100),
    "a splice": (js.splice(js.Linear(1.0, 0.0, 5000), 50, LINE), 150),
    "a decay from a step on": (js.decay_from(js.Linear(1.0, 0.0, 5000), 50, 20), 70),
    "backwards": (js.reverse(LINE, 150), 150),
    "a choice": (js.select(0, [LINE, js.HalfLife(1.0, 50)]), 300),
    "a sum": (LINE + js.Cosine(1.0, 0.0, 400) + 1.0, 400),
    "a bound": (js.clip(LINE, 0.1, 0.5), 100),
    "a constant times a constant": (js.Constant(1.0) * 2.0, 1000),
    "the longest row": (LONG, 3000),
    "the longest row of half-lives": (js.HalfLife(1.0, [[10, 20], [500, 1]]), 3000),
    "the longest row of rates": (js.ExponentialDecay(1.0, [100, 10], [0.5, 1.0]), 600),
    "the longest row of cycles": (js.CosineRestarts(1.0, 0.0, [100, 10], growth=[1, 2], cycles=[1, 3]), 700),
    "an empty stack": (LONG[:0], 1000),
    "the values of a class of the user's": (Own(), 1000),
    "the length of one": (Own(length=70), 70),
    "the offset of one": (Own(offset=-70), 1000),
    "the cycles of one": (Own(period=70), 210),
    "the times of one": (Own(time=70), 420),
    "the count of one": (Own(count=7), 1000),
    "the longest of all that one has": (Own(length=500, period=100, time=90), 540),
    "what one holds": (Own(length=50, inner=WSD), 1000),
    "lengths that are a table": (Table([70, 30]), 70),
    "as far as steps go": (js.Linear(1.0, 0.0, LAST), LAST),
    "further than steps go": (js.HalfLife(1.0, LAST), LAST),
    "much further": (js.every(js.every(js.HalfLife(1.0, LAST), LAST), LAST), LAST),
    "growth beyond all steps": (js.CosineRestarts(1.0, 0.0, LAST, growth=3e38), LAST),
    "a rate so close to 1 that nothing happens": (js.ExponentialDecay(1.0, LAST, 0.99999994), LAST),
}  # fmt: skip


@pytest.mark.parametrize(("schedule", "steps"), SHOWN.values(), ids=list(SHOWN))
def test_it_is_shown_so_far(schedule: js.Schedule, steps: int):
    assert horizon(schedule) == steps and type(horizon(schedule)) is int


def test_a_stack_is_shown_as_far_as_its_longest_row():
    for stack in (LONG, js.sgdr(peak_value=[[1.0], [2.0]], period_steps=[10, 70, 20])):
        assert horizon(stack) == max(horizon(stack[i]) for i in np.ndindex(stack.shape))


def test_every_row_of_the_catalogue_is_shown_until_it_is_over():
    for name, row in ROWS.items():
        steps = horizon(row.build())
        assert 1 < steps <= 1000, name


@examples(50, 1000)
@given(schedule=strategies.schedules(growth=True))
def test_any_composition_is_shown_in_a_number_of_steps(schedule: js.Schedule):
    steps = horizon(schedule)
    assert type(steps) is int and 1 <= steps <= LAST
