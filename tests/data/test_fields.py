# pyright: reportArgumentType=false, reportOperatorIssue=false
"""A class of the user's declares its fields with the public words, and everything holds for it."""

import dataclasses
import inspect
import pickle
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched import fields
from jaxsched._typing import Spec, mark_of


class Wave(js.Schedule):
    """Everything that a field can be."""

    init_value: float
    warmup_steps: int
    period_steps: fields.Period
    decay: fields.TimeConstant
    factor: fields.Factor
    boundaries: fields.Boundaries
    values: fields.Values
    inner: js.Schedule
    others: tuple[js.Schedule, ...] = ()
    at_last: js.Schedule | None = None
    count: fields.Count = 3
    limit: float | None = None
    mode: Literal["up", "down"] = "up"
    staircase: bool = False

    def check(self):
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError("Wave: `values` must have one entry more than `boundaries`.")

    def formula(self, step: jax.Array) -> Any:
        part = jnp.minimum(step, self.warmup_steps) + step % jnp.maximum(self.period_steps, 1)
        here = jnp.asarray(self.values)[jnp.searchsorted(jnp.asarray(self.boundaries), step, side="right")]
        rest: Any = sum(schedule.formula(step) for schedule in (self.inner, *self.others))
        sign = 1 if self.mode == "up" else -1
        return sign * self.init_value * self.factor * here + part / self.decay + rest


ALL: dict[str, Any] = {
    "init_value": 1.0, "warmup_steps": 4, "period_steps": 2.5, "decay": 10, "factor": 0.5, "boundaries": range(3, 9, 3),
    "values": [1, 2, 3], "inner": 0.25,
}  # fmt: skip


def wave(**words: Any) -> Wave:
    return Wave(**{**ALL, **words})


def test_its_formula_is_given_plain_numbers():
    t = np.arange(10)
    here = np.array([1, 2, 3])[np.searchsorted([3, 6], t, side="right")]
    expected = 0.5 * here + (np.minimum(t, 4) + t % 2.5) / 10 + 0.25
    np.testing.assert_allclose(wave()(t), expected, rtol=1e-6)
    np.testing.assert_allclose(wave(others=(js.Constant(1.0),), mode="down")(t), expected - here + 1, rtol=1e-6)


def test_it_prints_pickles_stacks_and_changes_like_ours():
    schedule = wave(at_last=js.Linear(1.0, 0.0, 5), limit=2)
    text = (
        "Wave(init_value=1.0, warmup_steps=4, period_steps=2.5, decay=10, factor=0.5, boundaries=[3, 6], "
        "values=[1.0, 2.0, 3.0], inner=Constant(value=0.25), "
        "at_last=Linear(init_value=1.0, end_value=0.0, transition_steps=5), limit=2.0)"
    )
    assert repr(schedule) == js.dumps(schedule) == text and eval(text, {**vars(js), "Wave": Wave}) == schedule
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    other = dataclasses.replace(schedule, factor=0.1)
    assert js.stack([schedule, other])[1] == other != schedule
    assert js.stretch(wave(), 100, 50) == wave(warmup_steps=2, period_steps=1.25, decay=5, boundaries=[2, 3])


@pytest.mark.parametrize(
    "words, error, message",
    [
        ({"decay": 0}, ValueError, "Wave: `decay` must be more than 0, got 0."),
        ({"factor": -1}, ValueError, "Wave: `factor` must not be negative, got -1"),
        ({"boundaries": [6, 3]}, ValueError, "Wave: `boundaries` must be in increasing order, got 3 at index 1."),
        ({"values": 1.0}, TypeError, "Wave: `values` must be a sequence, each entry a real number, got 1.0."),
        ({"values": [1.0]}, ValueError, "Wave: `values` must have one entry more than `boundaries`."),
        (
            {"inner": "0.1"},
            TypeError,
            "Wave: `inner` must be a schedule or a number, such as Constant(...), got '0.1'.",
        ),
        ({"at_last": "0.1"}, TypeError, "Wave: `at_last` must be a schedule or a number"),
        ({"count": 1.5}, TypeError, "Wave: `count` must be an integer, got 1.5."),
        ({"mode": "upward"}, ValueError, 'Wave: `mode` must be "up" or "down", got \'upward\'; did you mean `up`?'),
        ({"staircase": 1}, TypeError, "Wave: `staircase` must be True or False, got 1."),
        ({"warmup": 4}, TypeError, "Wave: there is no argument `warmup`; did you mean `warmup_steps`?"),
    ],
)
def test_what_is_wrong_with_it_is_said(words: dict[str, Any], error: type[Exception], message: str):
    with pytest.raises(error) as raised:
        wave(**words)
    assert str(raised.value).startswith(message)


def test_a_field_cannot_take_the_place_of_what_every_schedule_has():
    with pytest.raises(TypeError, match=r"Taken: `shape` is a part of every schedule, and cannot be a field\."):

        class Taken(js.Schedule):
            shape: float  # pyright: ignore[reportIncompatibleMethodOverride]

            def formula(self, step: jax.Array) -> Any:
                return 0.0


def test_every_word_is_explained_and_has_a_rule():
    source = inspect.getsource(fields)
    words = {name: x for name, x in vars(fields).items() if mark_of(x, Spec)}
    assert len(words) >= 15
    for name in words:
        assert f"\n{name} = " in source and source.split(f"\n{name} = ")[1].split("\n")[1].startswith('"""'), name
