"""A recipe is a schedule that remembers how it was written, and has the values of what it is made of."""

import dataclasses
import pickle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

import jaxsched as js
from jaxsched._data.data import Data
from jaxsched._schedule.recipe import Recipe
from tests import strategies
from tests.catalogue import ROWS, Row
from tests.helpers import examples, made_real, tiers


RECIPES = {name: row for name, row in ROWS.items() if isinstance(row.build(), Recipe)}
STEPS = np.unique([*range(200), 999, 1000, 2**20, 2**24 + 1, 2**31 - 1])
NAMES = dict(vars(js))
WSD = js.wsd(peak_value=3e-4, warmup_steps=100, cooldown_steps=200, total_steps=1000)

each = pytest.mark.parametrize("row", RECIPES.values(), ids=list(RECIPES))


def same_bits(a: Any, b: Any) -> bool:
    return np.asarray(a).tobytes() == np.asarray(b).tobytes()


def test_every_recipe_is_here():
    made = {name for name in js.__all__ if hasattr(getattr(js, name), "Recipe")}
    assert made == {row.make.__name__ for row in RECIPES.values()} and len(made) >= 18


def test_it_prints_as_it_was_typed_without_what_needs_no_mention():
    assert repr(WSD) == "wsd(peak_value=0.0003, warmup_steps=100, cooldown_steps=200, total_steps=1000)"
    words = {"warmup": "constant", "cooldown": "one_minus_sqrt", "first": "one_over_n"}
    told = dataclasses.replace(WSD, init_value=1e-5, end_value=0, **words)
    assert repr(told).endswith(
        "total_steps=1000, init_value=1e-05, warmup='constant', cooldown='one_minus_sqrt', first='one_over_n')"
    )


@each
def test_its_text_and_its_pickle_make_it_again(row: Row):
    schedule = row.build()
    for again in (
        eval(repr(schedule), NAMES),
        eval(js.dumps(schedule), NAMES),
        pickle.loads(pickle.dumps(schedule)),
    ):
        assert again == schedule and type(again) is type(schedule) and repr(again) == repr(schedule)
        assert same_bits(again(STEPS), schedule(STEPS))
    assert type(schedule) is row.make.Recipe  # pyright: ignore[reportFunctionMemberAccess]


@each
def test_it_has_the_bits_of_what_it_is_made_of(row: Row):
    for schedule in (row.build(), made_real(row.build())):
        expanded = schedule.expand()
        assert not isinstance(expanded, Recipe)
        assert all(isinstance(leaf, np.ndarray | np.generic) for leaf in jax.tree.leaves(expanded))
        assert same_bits(schedule(STEPS), expanded(STEPS))
        assert same_bits(jax.jit(lambda schedule: schedule(STEPS))(schedule), expanded(STEPS))


@pytest.mark.parametrize("warmup_steps, timescale", [(10.5, 4), (4, 10.5), (4, 10), (10.5, 4.5)])
def test_lengths_may_be_real_and_whole_side_by_side(warmup_steps: float, timescale: float):
    words = {"cooldown_steps": 3, "total_steps": 40, "power": 0.5}
    schedule = js.power(peak_value=1.0, warmup_steps=warmup_steps, timescale=timescale, **words)
    top = (max(warmup_steps, timescale) / timescale) ** -0.5
    assert schedule(2) == pytest.approx(2 / warmup_steps * top, rel=1e-6)
    assert same_bits(schedule(STEPS), schedule.expand()(STEPS))


@examples(4, 200)
@given(schedule=strategies.recipes(growth=True))
def test_any_recipe_has_the_bits_of_what_it_is_made_of(schedule: js.Schedule):
    assert same_bits(schedule(STEPS), schedule.expand()(STEPS))


@each
def test_a_number_is_changed_by_its_name_in_one_place(row: Row):
    schedule = row.build()
    for name in row.arguments.keys() & {"peak_value", "end_value"}:
        changed = dataclasses.replace(schedule, **{name: 0.125})
        assert getattr(changed, name) == 0.125 == float(jax.tree.map(lambda x: x, changed).__getattribute__(name))
        assert changed == row.make(**{**row.arguments, name: 0.125})
    leaves = jax.tree.leaves(schedule)
    assert (
        len(leaves)
        <= sum(2 if name in ("growth", "decay", "factor", "decay_rate") else 1 for name in row.arguments) + 6
    )


@each
def test_its_rows_are_those_of_a_stack(row: Row):
    one = row.build()
    stacked = js.stack([one, dataclasses.replace(one), one])
    assert stacked.shape == (3,) and stacked[1] == one and isinstance(stacked, Recipe)
    assert same_bits(stacked.expand()(STEPS), stacked(STEPS))
    assert len(repr(js.stack([one] * 500))) < 600


@pytest.mark.parametrize("row", tiers(RECIPES, {"wsd", "noam", "warmup_step"}))
def test_it_can_be_asked_linted_and_stretched(row: Row):
    schedule = row.build()
    expanded = schedule.expand()
    total = int(row.arguments.get("total_steps", 100))
    assert js.lint(schedule, total) == js.lint(expanded, total)
    for mine, theirs in zip(schedule.extrema(total), expanded.extrema(total), strict=True):
        assert mine == theirs
    np.testing.assert_allclose(schedule.integral(total), expanded.integral(total), rtol=1e-6)
    doubled = js.stretch(schedule, 50, 100)
    by_lengths = row.make is not js.noam and row.arguments.get("warmup") != "logarithmic"
    assert isinstance(doubled, Recipe) == by_lengths
    if row.arguments.get("first") == "one_over_n":  # which is one step, whatever the horizon
        return
    np.testing.assert_allclose(
        doubled(2 * STEPS[:200]), js.stretch(expanded, 50, 100)(2 * STEPS[:200]), rtol=1e-5, atol=1e-6
    )


def test_what_no_longer_fits_when_it_is_rounded_is_stretched_as_what_it_is_made_of():
    tight = js.trapezoid(peak_value=1.0, warmup_steps=1, cooldown_steps=1, total_steps=2)
    assert not isinstance(js.stretch(tight, 2, 1), Recipe)
    assert js.stretch(tight, 2, 4) == js.trapezoid(peak_value=1.0, warmup_steps=2, cooldown_steps=2, total_steps=4)


def test_it_lies_in_joins_sums_and_choices_and_is_expanded_there():
    four = [dataclasses.replace(WSD, peak_value=0.1 * (i + 1)) for i in range(4)]
    for schedule in (
        js.join_schedules(four, [1000, 2000, 3000]),
        js.stack([js.join_schedules(four, [1000, 2000, 3000])] * 2),
        WSD * js.Cosine(1.0, 0.5, 300) + 0.1,
        js.select(np.array([0, 1]), [WSD, js.Linear(1.0, 0.0, 100)]),
        js.decay_from(js.shift(WSD, 3), 50, 10),
        js.every(WSD, 2),
        js.repeat(WSD, 300, growth=2),
    ):
        assert not _recipes_in(schedule.expand())
        assert same_bits(schedule(STEPS), schedule.expand()(STEPS))
        assert eval(js.dumps(schedule), NAMES) == schedule


def _recipes_in(held: Any) -> bool:
    if isinstance(held, tuple):
        return any(map(_recipes_in, held))
    return isinstance(held, Recipe) or (isinstance(held, Data) and any(map(_recipes_in, vars(held).values())))


@examples(15, 1000)
@given(schedule=strategies.schedules(growth=True))
def test_the_text_and_the_pickle_of_any_schedule_make_it_again(schedule: js.Schedule):
    text = js.dumps(schedule)
    again = eval(text, NAMES)
    assert again == schedule and hash(again) == hash(schedule) and js.dumps(again) == text
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert repr(schedule) == text or "<" in repr(schedule)
    changed = dataclasses.replace(schedule) if _is_built_by_name(schedule) else schedule
    assert changed == schedule
    stacked = js.stack([schedule] * 40)
    assert len(repr(stacked)) < 600 and eval(js.dumps(stacked), NAMES) == stacked


def _is_built_by_name(schedule: js.Schedule) -> bool:
    return schedule._name == type(schedule).__name__


def test_a_traced_recipe_is_one_in_and_out_of_a_program():
    doubled = jax.jit(lambda s: dataclasses.replace(s, peak_value=2 * s.peak_value))(WSD)
    assert repr(doubled).startswith("wsd(peak_value=0.0006,") and same_bits(doubled(500), 2 * WSD(500))
    gradient = jax.grad(lambda s: s(50), allow_int=True)(WSD)
    assert isinstance(gradient, Recipe) and float(gradient.peak_value) == 0.5
    assert jax.eval_shape(lambda: WSD).peak_value.shape == ()
    shown: list[str] = []
    jax.jit(lambda n: shown.append(repr(js.sgdr(peak_value=1.0, period_steps=9, warmup_steps=n, decay=n))))(2.5)
    assert "warmup_steps=<float32[]>" in shown[0] and "decay=<float32[]>" in shown[0]


# A recipe of the user's.

REAL: Any = 100.5


@js.recipe
def halves(*, peak_value: float, total_steps: int, sharp: bool = False) -> js.Schedule:
    """Up for half of the run, and down for the other."""
    half = total_steps // 2
    down = js.Polynomial(peak_value, 0.0, total_steps - half, 2.0 if sharp else 1.0)
    return js.sequence([js.Linear(0.0, peak_value, half), down], [half])


def test_a_recipe_of_the_users_is_like_ours():
    schedule = halves(peak_value=1.0, total_steps=100, sharp=True)
    assert repr(schedule) == "halves(peak_value=1.0, total_steps=100, sharp=True)"
    assert pickle.loads(pickle.dumps(schedule)) == schedule
    assert same_bits(schedule(STEPS), schedule.expand()(STEPS)) and schedule(75) == 0.25
    assert js.stretch(schedule, 100, 50) == halves(peak_value=1.0, total_steps=50, sharp=True)
    assert halves(peak_value=1.0, total_steps=REAL)(jnp.arange(3)).shape == (3,)
    many = jax.vmap(lambda peak: halves(peak_value=peak, total_steps=10)(5))(jnp.arange(3.0))
    assert many.tolist() == [0.0, 1.0, 2.0]


def test_what_is_wrong_with_a_recipe_of_the_users_is_said():
    with pytest.raises(
        TypeError, match=r"f: `a` must be a keyword \(after `\*`\) and have an annotation, such as float, got a: float."
    ):

        @js.recipe
        def f(a: float) -> js.Schedule:
            return js.Constant(a)

    @js.recipe
    def g(*, a: float) -> js.Schedule:
        return "0.1" if a else js.Constant(a)  # pyright: ignore[reportReturnType]

    with pytest.raises(
        TypeError, match=r"g: `g\(\.\.\.\)` must be a schedule or a number, such as Constant\(\.\.\.\), got '0.1'\."
    ):
        g(a=1.0)
    with pytest.raises(jax.errors.TracerBoolConversionError) as raised:
        g(a=0.0)(3)
    assert raised.value.__notes__[0].startswith("g: `g` must be traceable: use jnp.where for `if`")


def test_a_schedule_that_is_held_as_a_function_is_written_down_as_well():
    held = js.FromFunction(js.wsd(peak_value=0.1, warmup_steps=5, cooldown_steps=10, total_steps=50))
    assert jax.tree.leaves(held) == [] and held(20) == np.float32(0.1)
    assert eval(js.dumps(held), dict(vars(js))) == held
