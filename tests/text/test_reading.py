"""`loads` reads what `dumps` and `repr` write, and what people type; all else it refuses soon, and shows the place."""

import random
import re
import time
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import hypothesis
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given

import jaxsched as js
from jaxsched._text.names import NAMES
from tests import strategies
from tests.catalogue import ROWS, ROWS_WITH_A_FORMULA
from tests.helpers import MAKE_ONE, enable_x64, examples, made_real, tiers


LINE = js.Linear(1.0, 0.0, 10)
WSD = js.wsd(peak_value=3e-4, warmup_steps=100, cooldown_steps=200, total_steps=1000)
LAST = 2**31 - 1


class Sawtooth(js.Schedule):
    """A class of the user's."""

    peak_value: float
    period_steps: int
    falling: bool = False

    def formula(self, step: Any) -> Any:
        part = step % jnp.maximum(self.period_steps, 1) / jnp.maximum(self.period_steps, 1)
        return self.peak_value * (1 - part if self.falling else part)


@js.recipe
def halves(*, peak_value: float, total_steps: int) -> js.Schedule:
    """A recipe of the user's."""
    half = total_steps // 2
    return js.sequence([js.Linear(0.0, peak_value, half), js.Linear(peak_value, 0.0, total_steps - half)], [half])


# What is written is read.


def assert_reads_back(schedule: js.Schedule, **options: Any) -> None:
    """Its text makes it again, and so does what is printed, if that is the whole text."""
    text = js.dumps(schedule)
    again = js.loads(text, **options)
    assert again == schedule and hash(again) == hash(schedule) and js.dumps(again) == text
    assert type(again) is type(schedule) and again.shape == schedule.shape
    if "<" not in repr(schedule):
        assert js.loads(repr(schedule), **options) == schedule


@examples(15, 400)
@given(schedule=strategies.schedules(growth=True))
def test_any_schedule_and_a_stack_of_it_read_back(schedule: js.Schedule):
    assert_reads_back(schedule)
    assert_reads_back(js.stack([schedule] * 3))


@pytest.mark.parametrize("name", ROWS_WITH_A_FORMULA)
def test_every_schedule_reads_back_with_whole_and_real_lengths_and_in_stacks(name: str):
    schedule = ROWS[name].build()
    for each in (schedule, made_real(schedule)):
        assert_reads_back(each)
        assert_reads_back(js.stack([each, each]))


def test_stacks_read_back_whatever_their_shape_is():
    configs = js.grid(peak_value=[1e-4, 3e-4, 1e-3], warmup_steps=[0, 7, 100], cooldown_steps=[50], total_steps=[1000])
    assert_reads_back(js.build(js.wsd, configs))
    assert_reads_back(js.Linear(np.ones((2, 3)), np.zeros((3,)), np.arange(6).reshape(2, 3) + 1))
    assert_reads_back(js.PiecewiseConstant(np.arange(40).reshape(20, 2), np.arange(60.0).reshape(20, 3)))
    assert_reads_back(js.stack([LINE] * 1000) * js.Cosine(1.0, 0.5, 10))


def test_a_sum_of_hundreds_reads_back():
    terms = ["Linear(1, 0, 10)", "0.5", "js.Cosine(1, 0.25, 9.5)"] * 200
    total = js.loads(" + ".join(terms))
    assert_reads_back(total)
    assert_reads_back(1.0 - total)
    assert len(js.loads(js.dumps(total)).operands) == 600  # pyright: ignore[reportAttributeAccessIssue]


def test_a_join_of_hundreds_reads_back():
    boundaries = [10 * i for i in range(1, 300)]
    assert_reads_back(js.join_schedules([js.Linear(1.0, 0.01 * i, 10) for i in range(300)], boundaries))
    kinds = [js.Linear(1.0, 0.5, 10), WSD, js.Cosine(1.0, 0.1, 5.5)]
    assert_reads_back(js.join_schedules([kinds[i % 3] for i in range(300)], boundaries))


NUMBERS = [0.0, -0.0, 0.1, 1 / 3, 1e-45, -1e-38, 16777217.0, 3.4028235e38, -3.4028235e38, 2.0**-126]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_float_reads_back_bit_for_bit(number: float):
    held = js.Constant(number)
    assert np.asarray(js.loads(js.dumps(held)).value).tobytes() == np.asarray(held.value).tobytes()  # pyright: ignore[reportAttributeAccessIssue]
    assert_reads_back(js.Linear(number, 0.5, LAST))


@pytest.mark.parametrize("length", [0, 1, LAST, 1.0, 1.5, 1e9 / 7, 100 / 3, np.nextafter(7.0, 8.0), 2.0**24 + 0.5])
def test_every_length_reads_back(length: float):
    real: Any = length
    assert_reads_back(js.Linear(1.0, 0.0, real))
    assert_reads_back(js.PiecewiseConstant([0, real], [1.0, 0.5, 0.25]))


def test_what_takes_64_bits_reads_back_where_they_are_on():
    with enable_x64(True):
        assert_reads_back(js.Linear(0.1, 1e-300, 2**40) * js.ExponentialDecay(1 / 3, 10, 0.1))


def test_what_is_printed_in_short_is_no_text_and_says_so():
    for schedule in (js.Tabulated(np.arange(50.0)), js.stack([WSD] * 500), js.join_schedules([LINE] * 20, range(19))):
        assert "<" in repr(schedule)
        assert marked(refused(repr(schedule)))[2] == "<"


def test_a_function_that_is_a_schedule_reads_back():
    assert_reads_back(js.FromFunction(WSD) + 1.0)


def test_all_that_makes_a_schedule_can_be_named():
    assert set(NAMES) == MAKE_ONE
    assert all(NAMES[name] is getattr(js, name) for name in NAMES)


# What people type.

TYPED: list[tuple[str, Callable[[], js.Schedule]]] = [
    ("js.Linear(1, 0, 10)", lambda: LINE),
    ("jaxsched.Linear(1.0, 0.0, 10)", lambda: LINE),
    ("Linear(1, end_value=0, transition_steps=10)", lambda: LINE),
    ("  Linear(1, 0, 10)\n", lambda: LINE),
    ("(((Linear(1, 0, 10))))", lambda: LINE),
    ("Linear(1, 0, 10,)  # down", lambda: LINE),
    ("Linear(+1, -0.0, 1_0)", lambda: js.Linear(1, -0.0, 10)),
    ("Linear(1e0, .0, 0xa)", lambda: LINE),
    ("Linear(- -1, --0, 10)", lambda: LINE),
    ("Constant(3e-4)", lambda: js.Constant(3e-4)),
    ("3e-4", lambda: js.Constant(3e-4)),
    ("-1", lambda: js.Constant(-1)),
    ("(1_000)", lambda: js.Constant(1000)),
    ("0.5 * js.Linear(1, 0, 10)", lambda: 0.5 * LINE),
    ("Linear(1, 0, 10) * 0.5", lambda: LINE * 0.5),
    ("1 - Linear(1, 0, 10)", lambda: 1 - LINE),
    ("Linear(1, 0, 10) - 1", lambda: LINE - 1),
    ("2 / (Linear(1, 0, 10) + 1)", lambda: 2 / (LINE + 1)),
    ("Linear(1, 0, 10) / 2 / 3", lambda: LINE / 2 / 3),
    ("2 ** Linear(1, 0, 10)", lambda: 2**LINE),
    ("Linear(1, 0, 10) ** 2", lambda: LINE**2),
    ("Linear(1, 0, 10) ** -0.5", lambda: LINE**-0.5),
    ("-Linear(1, 0, 10)", lambda: -LINE),
    ("- Linear(1, 0, 10) ** 2", lambda: -(LINE**2)),
    ("+Linear(1, 0, 10)", lambda: LINE),
    ("- -Linear(1, 0, 10)", lambda: -1.0 * (-1.0 * LINE)),
    ("Linear(1, 0, 10) - (Linear(1, 0, 10) - 2)", lambda: LINE - (LINE - 2)),
    ("Linear(1, 0, 10) - Linear(1, 0, 10) - 2", lambda: LINE - LINE - 2),
    ("Linear(1, 0, 10) + 2 * Linear(1, 0, 10) + 3", lambda: LINE + 2 * LINE + 3),
    ("Linear(1, 0, 10) * [1, 2, 3]", lambda: LINE * [1, 2, 3]),  # pyright: ignore[reportOperatorIssue]
    ("Linear([1, 0.5], 0, (10, 20))", lambda: js.Linear([1, 0.5], 0, [10, 20])),  # pyright: ignore[reportArgumentType]
    ("Linear([[1], [2]], [3, 4], 5)", lambda: js.Linear(np.array([[1], [2]]), np.array([3, 4]), 5)),
    ("PiecewiseConstant((10, 20), (1, .5, .25))", lambda: js.PiecewiseConstant([10, 20], [1.0, 0.5, 0.25])),
    ("MultiStep(1, [], 0.1)", lambda: js.MultiStep(1, [], 0.1)),
    ("CosineRestarts(1, 0, 10, growth=None)", lambda: js.CosineRestarts(1, 0, 10)),
    ("ExponentialDecay(1, 10, 0.5, staircase=True)", lambda: js.ExponentialDecay(1, 10, 0.5, True)),
    ("PiecewiseInterpolate([1, 2], [3, 4], 'cosine')", lambda: js.PiecewiseInterpolate([1, 2], [3, 4], "cosine")),
    ("shift(0.5, 3)", lambda: js.shift(0.5, 3)),
    ("minimum(1, Linear(1, 0, 10), 0.5)", lambda: js.minimum(1, LINE, 0.5)),
    ("select([0, 1], [Linear(1, 0, 10), 0.5])", lambda: js.select(np.array([0, 1]), [LINE, 0.5])),
    ("js.sequence([Linear(1, 0, 10), 0.5], [10.5])", lambda: js.sequence([LINE, 0.5], [10.5])),
    (
        "join_schedules(Linear([1, 2, 3, 4], 0, 10), [5, 6, 7])",
        lambda: js.join_schedules([js.Linear(i, 0, 10) for i in (1, 2, 3, 4)], [5, 6, 7]),
    ),
    ("stretch(Linear(1, 0, 10), 10, 20)", lambda: js.Linear(1, 0, 20)),
    (
        "repeat(shift(clip(Linear(1, 0, 10), 0.1, 0.9), -3), 5, count=2)",
        lambda: js.repeat(js.shift(js.clip(LINE, 0.1, 0.9), -3), 5, count=2),
    ),
    ("Triangular(0, 1, 10, scale=js.HalfLife(1, 2))", lambda: js.Triangular(0, 1, 10, scale=js.HalfLife(1, 2))),
    ("wsd(peak_value=3e-4, warmup_steps=100, cooldown_steps=200, total_steps=1_000)", lambda: WSD),
    (
        "js.wsd(\n    peak_value=3e-4,\n    warmup_steps=100,\n    cooldown_steps=200,\n    total_steps=1000,\n)",
        lambda: WSD,
    ),
    (
        "wsd(\r\n\tpeak_value=3e-4,\r\n\twarmup_steps=100,\r\n\tcooldown_steps=200,\r\n\ttotal_steps=1000)\r\n",
        lambda: WSD,
    ),
    ("(\n    Linear(1, 0, 10)  # a line\n    # and\n    + 0.5\n)", lambda: LINE + 0.5),
    (
        "onecycle(peak_value=1, warmup_steps=30, total_steps=100, three_phase=True, ramp='linear')",
        lambda: js.onecycle(peak_value=1, warmup_steps=30, total_steps=100, three_phase=True, ramp="linear"),
    ),
    (
        'warmup_constant(peak_value=1, warmup_steps=9, warmup="cosine", first="one_over_n")',
        lambda: js.warmup_constant(peak_value=1, warmup_steps=9, warmup="cosine", first="one_over_n"),
    ),
]


@pytest.mark.parametrize("text, make", TYPED, ids=[text for text, _ in TYPED])
def test_what_people_type_is_what_it_would_be_in_python(text: str, make: Callable[[], js.Schedule]):
    assert js.loads(text) == make() and js.dumps(js.loads(text)) == js.dumps(make())


def test_classes_and_recipes_of_the_users_are_read_where_they_are_named():
    own = [Sawtooth, halves]
    for schedule in (
        Sawtooth(1.0, 10),
        Sawtooth(1.0, 10, True) * 0.5 + halves(peak_value=0.1, total_steps=100),
        js.stack([Sawtooth(1.0, 10), Sawtooth(2.0, 20)]),
        js.every(js.join_schedules([halves(peak_value=0.1 * i, total_steps=100) for i in range(5)], [1, 2, 3, 4]), 3),
    ):
        assert_reads_back(schedule, own=own)
    assert js.loads("js.halves(peak_value=1, total_steps=100)", own=own) == halves(peak_value=1, total_steps=100)
    assert js.loads("Sawtooth(1, 10, falling=True)", own=iter(own)) == Sawtooth(1, 10, True)
    assert marked(refused("Sawtooth(1, 10)")) == (1, 1, "Sawtooth")
    assert "did you mean `Sawtooth`?" in refused("1 + Sawtoth(1, 10)", own=own)
    assert marked(refused("Sawtooth(1, period_steps=-1)", own=own)) == (1, 26, "-1")


def test_a_name_of_the_users_comes_first():
    @js.recipe
    def wsd(*, peak_value: float) -> js.Schedule:
        return js.Constant(peak_value)

    assert js.loads("wsd(peak_value=1)", own=[wsd]) == wsd(peak_value=1)
    with pytest.raises(ValueError, match="must be given"):
        js.loads("wsd(peak_value=1)")


# What is wrong, and where.

PLACE = re.compile(r"[.?] At (?:line (\d+), )?column (\d+):\n    (.*)\n    ( *)(\^+)\Z")


def refused(text: str, **options: Any) -> str:
    """What is said of a text that cannot be read."""
    with pytest.raises(ValueError) as raised:
        js.loads(text, **options)
    message = str(raised.value)
    assert type(raised.value) is ValueError and message.startswith("loads: ") and len(message) < 2000
    return message


def marked(message: str) -> tuple[int, int, str]:
    """The line, the column, and what is marked there."""
    found = PLACE.search(message)
    assert found, message
    line, column, shown, before, marks = found.groups()
    return int(line or 1), int(column), shown[len(before) :][: len(marks)]


ARGUMENTS = "The arguments are Linear(init_value, end_value, transition_steps)."
NOTHING_ELSE = "there may be calls, numbers, words, lists, and + - * / **, and nothing else."
ONE_SIDE = "must be a schedule: numbers are written out."

WRONG: list[tuple[str, str, tuple[int, int, str]]] = [
    # a name
    ("Lineal(1, 0, 10)", "a text cannot name `Lineal`; did you mean `Linear`?", (1, 1, "Lineal")),
    ("js.Lineal(1, 0, 10)", "a text cannot name `Lineal`; did you mean `Linear`?", (1, 1, "js.Lineal")),
    ("0.5 * linear(1, 0, 10)", "a text cannot name `linear`; did you mean `Linear`?", (1, 7, "linear")),
    ("xyz(1)", "a text cannot name `xyz`. There are Constant, Linear, ", (1, 1, "xyz")),
    ("FromFunction(1)", "FromFunction: `fn` must be a function of the step, got 1.", (1, 1, "FromFunction(1)")),
    ("2 * Linear", "`Linear` stands alone: a call has brackets, and a word quotes.", (1, 5, "Linear")),
    ("wsd(peak_value=1, cooldown=linear)", "`linear` stands alone: a call has brackets, and a word quotes.", (1, 28, "linear")),
    ("Linear(js, 0, 10)", "`js` stands alone", (1, 8, "js")),
    ("js.Linear", NOTHING_ELSE, (1, 1, "js.Linear")),
    # an argument
    ("Linear(1, 0, -5)", f"Linear: `transition_steps` must not be negative, got -5. {ARGUMENTS}", (1, 1, "Linear(1, 0, -5)")),
    ("Linear(1, 0, transition_steps=-5)", f"Linear: `transition_steps` must not be negative, got -5. {ARGUMENTS}", (1, 31, "-5")),
    ("2 - Linear(1, end_value=inf, transition_steps=5)", "Linear: `end_value` must be finite in float32, got inf.", (1, 25, "inf")),
    ("Linear(1, end_value=-nan, transition_steps=5)", "Linear: `end_value` must be finite in float32, got nan.", (1, 21, "-nan")),
    ("Linear(1, 0, steps=[1, 2])", "Linear: there is no argument `steps`. The arguments are init_value, ", (1, 20, "[1, 2]")),
    ("Linear(1, 0)", "Linear.__init__() missing 1 required positional argument: 'transition_steps'.", (1, 1, "Linear(1, 0)")),
    ("wsd(1, 2)", "wsd: arguments are given by name: wsd(peak_value=, ", (1, 1, "wsd(1, 2)")),
    ("wsd(peak_value=1, total_steps=5, cooldown_steps=9, warmup_steps=0)", "wsd: `total_steps` must be at least `warmup_steps` + `cooldown_steps`", (1, 31, "5")),
    ("noam(model_size=64.5, warmup_steps=9)", "noam: `model_size` must be an integer, got 64.5.", (1, 17, "64.5")),
    ("wsd(peak_value=1, peak_value=2)", "`peak_value` is given twice.", (1, 30, "2")),
    ("Linear(1, 0, '1')", "Linear: `transition_steps` must be a number of steps, got '1' (str).", (1, 1, "Linear(1, 0, '1')")),
    ("Linear(1, 0, None)", "Linear: `transition_steps` must be a number of steps, got None", (1, 1, "Linear(1, 0, None)")),
    ("Constant(True)", "Constant: `value` must be a real number, got True.", (1, 1, "Constant(True)")),
    ("Linear([1, 'a'], 0, 9)", "Linear: `init_value` must be a real number, got [1, 'a'] (list).", (1, 1, "Linear([1, 'a'], 0, 9)")),
    ("Linear([1, 2], [1, 2, 3], 9)", "Linear: the shapes must broadcast, as those of a stack do, got (2,) of `init_value`", (1, 1, "Linear([1, 2], [1, 2, 3], 9)")),
    ("Linear(1, 0, [10, -1])", "Linear: `transition_steps` must not be negative, got -1 in row 1.", (1, 1, "Linear(1, 0, [10, -1])")),
    ("MultiStep(1, {10: 0.1}, 1)", NOTHING_ELSE, (1, 14, "{10: 0.1}")),
    ("shift(clip(Linear(1, 0, 9), 1, 0), 3)", "clip: `lowest` must be at most `highest`, got 1.0.", (1, 7, "clip(Linear(1, 0, 9), 1, 0)")),
    ("repeat(Tabulated([1]), 9, growth=2)", "repeat: a schedule without lengths cannot be stretched", (1, 1, "repeat(Tabulated([1]), 9, growth=2)")),
    ("Constant(1e999)", "Constant: `value` must be finite in float32, got inf.", (1, 1, "Constant(1e999)")),
    ("Linear(*[1, 0, 9])", "arguments are written out, without *.", (1, 8, "*[1, 0, 9]")),
    ("Linear(1, **{'end_value': 0})", "arguments are written out, without **.", (1, 13, "{'end_value': 0}")),
    # no schedule
    ("[1, 2]", "it must be a schedule, or a number.", (1, 1, "[1, 2]")),
    ("'Linear(1, 0, 9)'", "it must be a schedule, or a number.", (1, 1, "'Linear(1, 0, 9)'")),
    ("None", "it must be a schedule, or a number.", (1, 1, "None")),
    ("True", "it must be a schedule, or a number.", (1, 1, "True")),
    ("Linear(1, 0, 9), 2", "it must be a schedule, or a number.", (1, 1, "Linear(1, 0, 9), 2")),
    ("1e999", "Constant: `value` must be finite in float32, got inf.", (1, 1, "1e999")),
    ("-nan", "Constant: `value` must be finite in float32, got nan.", (1, 1, "-nan")),
    # an operator
    ("Linear(1, 0, 9) + 'a'", "there must be a number or a schedule on each side.", (1, 19, "'a'")),
    ("None * Linear(1, 0, 9)", "there must be a number or a schedule on each side.", (1, 1, "None")),
    ("Linear(1, 0, 9) + 1 + True", "there must be a number or a schedule on each side.", (1, 23, "True")),
    ("-'a'", "there must be a number or a schedule behind a sign.", (1, 2, "'a'")),
    ("Constant(+[1])", "there must be a number or a schedule behind a sign.", (1, 11, "[1]")),
    ("Linear(2 * 3, 0, 9)", f"one side of * {ONE_SIDE}", (1, 8, "2 * 3")),
    ("1 + 2 + Linear(1, 0, 9)", f"one side of + {ONE_SIDE}", (1, 1, "1 + 2 + Linear(1, 0, 9)")),
    ("Linear(1, 0, 9) / 0", "the operator /: a schedule cannot be divided by zero, got 0.0.", (1, 1, "Linear(1, 0, 9) / 0")),
    ("1 + Linear(1, 0, 9) * ['a']", "the operator *: `operand 1` must be a schedule or a real number", (1, 5, "Linear(1, 0, 9) * ['a']")),
    ("Linear(1, 0, 9) // 2", NOTHING_ELSE, (1, 1, "Linear(1, 0, 9) // 2")),
    # not Python
    ("Linear(1, 0, 9", "'(' was never closed.", (1, 7, "(")),
    ("Linear(1, 0, 9))", "unmatched ')'.", (1, 16, ")")),
    ("Linear(1, 0, 9) 2", "invalid syntax.", (1, 17, "2")),
    ("Linear(1, 0, 9) -", "invalid syntax.", (1, 18, "")),
    ("Linear(1, 0, 9]", "closing parenthesis ']' does not match opening parenthesis '('.", (1, 15, "]")),
    ("wsd(peak_value=1 warmup_steps=2)", "invalid syntax. Perhaps you forgot a comma?", (1, 16, "1")),
    ("'abc", "unterminated string literal (detected at line 1).", (1, 1, "'")),
    ("# nothing", "invalid syntax.", (1, 1, "#")),
    ("Linear(1, 0, 9)\\", "unexpected EOF while parsing.", (1, 17, "")),
    ("Linear(1, 0, 010)", "leading zeros in decimal integer literals are not permitted", (1, 14, "0")),
    ("Linear(1, 0, 9_)", "invalid decimal literal.", (1, 15, "_")),
    (r"Linear('\d', 0, 9)", r"invalid escape sequence '\d'.", (1, 8, "'")),  # of which Python warns
    ("Linear(1, 0, 1or 2)", "invalid decimal literal.", (1, 14, "1")),
    # in a text of several lines
    ("wsd(\n    peak_value=1,\n    warmup=3,\n)", "wsd: `warmup_steps` and `cooldown_steps` and `total_steps` must be given", (1, 1, "wsd(")),
    ("shift(\n  Linear(1,\n    'a', 9),\n  3)", "Linear: `end_value` must be a real number, got 'a' (str).", (2, 3, "Linear(1,")),
    ("(\n  1\n  + foo\n)", "`foo` stands alone", (3, 5, "foo")),
    ("(\r\n  1\r\n  + foo\r\n)", "`foo` stands alone", (3, 5, "foo")),
    ("(\r  1\r  + foo\r)", "`foo` stands alone", (3, 5, "foo")),
    ("(\r\n\r\n  1 2\r\n)", "invalid syntax. Perhaps you forgot a comma?", (3, 3, "1")),
    ("(\n\n  Linear(1, 0, 9) +\n\n  'a')", "there must be a number or a schedule on each side.", (5, 3, "'a'")),
    ("Linear(1, 0, 9)\n+ 1", "invalid syntax.", (2, 1, "+")),
    ("Linear(1, 0, '''a\nb''')", r"Linear: `transition_steps` must be a number of steps, got 'a\nb' (str).", (1, 1, "Linear(1, 0, '''a")),
    ("   foo   ", "`foo` stands alone", (1, 4, "foo")),
    ("\t1 +\t\n", "invalid syntax.", (1, 5, "")),
    ("\n\n  foo + 1", "`foo` stands alone", (3, 3, "foo")),
    ("\r\n \n\n  (1,\n    foo)\n", "`foo` stands alone", (5, 5, "foo")),
    ("foo\n", "`foo` stands alone", (1, 1, "foo")),
    # behind letters of several bytes
    ("Linear('é𝔘日', 0, 9) + foo", "Linear: `init_value` must be a real number, got 'é𝔘日' (str).", (1, 1, "Linear('é𝔘日', 0, 9)")),
    ("wsd(warmup='é𝔘日', peak_value=foo)", "`foo` stands alone", (1, 30, "foo")),
    ("wsd(warmup='é𝔘日', peak_value=1 2)", "invalid syntax. Perhaps you forgot a comma?", (1, 30, "1")),
    ("wsd(warmup='é𝔘日', peak_value='日本')", "wsd: `warmup_steps` and ", (1, 1, "wsd(warmup='é𝔘日', peak_value='日本')")),
    ("(  # é𝔘日\n  'é𝔘日', [\n  'é𝔘日', foo])", "`foo` stands alone", (3, 10, "foo")),
    ("ß(1)", "a text cannot name `ß`.", (1, 1, "ß")),
    ("Linear(1, 0, ９)", "invalid character '９' (U+FF19).", (1, 14, "９")),
    ("1 – Linear(1, 0, 9)", "invalid character '–' (U+2013).", (1, 3, "–")),
    ("“cosine”", "invalid character '“' (U+201C).", (1, 1, "“")),
    ("\ufeff1", "invalid non-printable character U+FEFF.", (1, 1, "?")),
    ("1\u00a0+ 2", "invalid non-printable character U+00A0.", (1, 2, "?")),
    ("Linear(1,\t0,\tfoo)", "`foo` stands alone", (1, 14, "foo")),
    ("Linear(1,\x0c0, foo)", "`foo` stands alone", (1, 14, "foo")),
    ("('é',\n '\ud800')", r"there is no character '\ud800'.", (2, 3, "?")),
    ("Linear('é', 0, \0)", r"there is no character '\x00'.", (1, 16, "?")),
    # far behind, or long: only what is around is shown
    (" " * 300 + "foo", "`foo` stands alone", (1, 301, "foo")),
    ("1 +" + " " * 300 + "foo" + " " * 300 + "- 1", "`foo` stands alone", (1, 304, "foo")),
    ("Linear(1, 0, [" + "1, " * 99 + "foo" + ", 1" * 99 + "])", "`foo` stands alone", (1, 312, "foo")),
    ("é" * 60 + "(1)", f"a text cannot name `{'é' * 60}`.", (1, 1, "é" * 60)),
    ("x" * 300, f"`{'x' * 120} ... {'x' * 40}` stands alone", (1, 1, "x" * 100)),
    ("1 + " + "x" * 300, f"`{'x' * 120} ... {'x' * 40}` stands alone", (1, 5, "x" * 96)),
    ("-" * 30 + "'" + "é" * 300 + "'", "there must be a number or a schedule behind a sign.", (1, 31, "'" + "é" * 69)),
    ("Linear(1, 0, '" + "y" * 300 + "')", "Linear: `transition_steps` must be a number of steps, got 'yyy", (1, 1, ("Linear(1, 0, '" + "y" * 300)[:100])),
    ("(" + "\n" * 400 + "foo)", "`foo` stands alone", (401, 1, "foo")),
]  # fmt: skip


@pytest.mark.parametrize("text, start, where", WRONG, ids=[ascii(text[:50]) for text, _, _ in WRONG])
def test_what_is_wrong_is_said_and_its_place_is_marked(text: str, start: str, where: tuple[int, int, str]):
    message = refused(text)
    assert message.startswith(f"loads: {start}") and marked(message) == where


def test_an_excerpt_is_what_lies_around_the_place():
    text = "Linear(1, 0, [" + "1, " * 99 + "foo" + ", 2" * 99 + "])"
    shown, marks = refused(text).split("\n")[1:]
    assert shown == f"    {text[311 - 50 : 311 + 50]}" and marks == " " * 54 + "^^^"
    shown, marks = refused("foo" + "\t" * 300 + "+ 1").split("\n")[1:]
    assert shown == "    foo" + "?" * 97 and marks == "    ^^^"


def test_an_empty_text_is_said_to_be_empty():
    for text in ("", " ", "\n\t\r\n"):
        assert refused(text) == "loads: the text is empty."


@pytest.mark.parametrize("given", [None, 1, b"Linear(1, 0, 9)", LINE, ["1"], np.str_], ids=repr)
def test_what_is_no_text_is_a_type_error(given: Any):
    with pytest.raises(TypeError, match="loads: `text` must be a string, got "):
        js.loads(given)


# What somebody might send.


def row(n: int) -> str:
    return f"[{'1,' * n}]"


def column(n: int) -> str:
    return f"[{'[1],' * n}]"


def listed(text: str, n: int) -> str:
    return ",".join([text] * n)


IMPOLITE = [
    "__import__('os').system('true')",
    "__import__('os')",
    "().__class__.__base__.__subclasses__()",
    "exec('1')",
    "eval('1')",
    "open('/etc/passwd')",
    "getattr(js, 'dumps')(1)",
    "js.__dict__",
    "js.dumps(1)",
    "js.loads('1')",
    "js.sweep(1)",
    "js.stack([1])",
    "js.Schedule()",
    "js.Linear.__init__(1, 0, 9)",
    "js.Linear.__class__('x', (), {})",
    "js.js.Linear(1, 0, 9)",
    "os.Linear(1, 0, 9)",
    "jaxsched.training.Linear(1, 0, 9)",
    "Linear(1, 0, 9).shape",
    "Linear(1, 0, 9)(3)",
    "Linear(1, 0, 9)[0]",
    "(Linear)(1, 0, 9)(1)",
    "[Linear][0](1, 0, 9)",
    "(lambda: 1)()",
    "lambda t: t",
    "wsd(cooldown=lambda a, b, n: Linear(a, b, n))",
    "[x for x in (1, 2)]",
    "Linear([i for i in (1,) * 10], 0, 9)",
    "sum(x for x in [1])",
    "{1: 2}",
    "{1, 2}",
    "{x for x in 'a'}",
    "f'{1}'",
    "f'{__import__(\"os\")}'",
    "Constant(f'{1}')",
    "(x := 1)",
    "Constant(value := 1)",
    "*[1]",
    "[*[1, 2]]",
    "Linear(*(1, 0, 9))",
    "Linear(**dict(a=1))",
    "b'1'",
    "Constant(b'1')",
    "1j",
    "Linear(1j, 0, 9)",
    "...",
    "Constant(...)",
    "[0] * 10**10",
    "Constant([0] * 9_999_999_999)",
    "Constant('a' * 9_999_999_999)",
    "10 ** 10 ** 10",
    "Constant(10 ** 10 ** 10)",
    "Linear(1, 0, 9) ** 10 ** 10 ** 10",
    "1 << 10**10",
    "Constant(1 << 9_999_999_999)",
    "1 if 1 else 2",
    "1 and 2",
    "not 1",
    "~1",
    "1 < 2",
    "Linear(1, 0, 9) @ 2",
    "Linear(1, 0, 9) % 2",
    "await 1",
    "yield",
    "1; 2",
    "x = 1",
    "import os",
    "print 1",
    "del x",
    "@js",
    "Linear(1, 0, 9)\nLinear(1, 0, 9)",
    "1\0",
    "\0",
    "\ud800",
    "'\udfff'",
    "\\",
    "\\N{LATIN SMALL LETTER A}",
    "'\\N{NO SUCH LETTER}'",
    "'\\x'",
    "\ufeff",
    "\x1a",
    "0x" + "f" * 5000,
    "Linear(1, 0, -0x" + "f" * 5000 + ")",
    "9" * 5000,
    "Linear(1, 0, " + "9" * 5000 + ")",
    "Linear(1, 0, " + "9" * 4000 + ")",
    "1e" + "9" * 5000,
    "Constant(" + "[" * 90 + "1" + "]" * 90 + ")",
    "Constant(" + "[" * 33 + "1" + "]" * 33 + ")",
    "PiecewiseConstant(" + "[" * 32 + "]" * 32 + ", 1)",
    "Linear(Linear(1, 0, 9), 0, 9)",
    "Linear(1, 0, Linear(1, 0, 9))",
    "sequence([], [])",
    "select(1, [])",
    "select([0, 9], [1, Linear(1, 0, 9)])",
    "minimum()",
    "minimum(1, 2)",
    "Tabulated([])",
    "Linear([], [1, 2], 9)",
    "join_schedules(Linear(1, 0, 9), [1])",
    "join_schedules('ab', [1])",
    "wsd_s(peak_value=1, warmup_steps=0, cooldown_steps=[], period_steps=[])",
    "stretch(1, 9, 0)",
    "stretch(Linear([1, 2], 0, 9), [1, 2, 3], 9)",
    "dict(a=1)",
    "Linear()",
    "Linear",
    "None",
]


@pytest.mark.parametrize("text", IMPOLITE, ids=[ascii(text[:60]) for text in IMPOLITE])
def test_a_text_can_do_nothing_but_make_a_schedule(text: str):
    assert marked(refused(text))[0] >= 1


JOIN = f"sequence([{listed(f'Constant({row(900)})', 4)}],[1,1,1])"

HUGE: dict[str, tuple[str, str]] = {
    "brackets": ("(" * 100_000, "more than 100 brackets lie within each other. At column 101:"),
    "brackets that are closed": ("[" * 101 + "]" * 101, "more than 100 brackets lie within each other. At column 101:"),
    "brackets of all kinds": ("([{" * 60_000, "more than 100 brackets lie within each other. At column 101:"),
    "100 brackets that are open": ("f(" * 100, "'(' was never closed. At column 200:"),
    "calls within each other": ("shift(" * 30_000, "more than 100 brackets lie within each other. At column 606:"),
    "minus signs": ("-" * 100_000 + "1", "the text is nested too deeply."),
    "minus signs before a schedule": ("-" * 900 + "Constant(1)", "it is nested too deeply. At column 1:"),
    "signs, apart": ("- + " * 40_000 + "1", "the text is nested too deeply."),
    "not": ("not " * 40_000 + "1", "the text is nested too deeply."),
    "a+": ("a+" * 99_999 + "a", "the text is nested too deeply."),
    "a+ and an end": ("a+" * 100_000, "invalid syntax. At column 200001:"),
    "powers": ("a**" * 60_000 + "a", "the text is nested too deeply."),
    "powers of a schedule": ("Constant(1)**" * 900 + "2", "it is nested too deeply. At column 1:"),
    "one operator after another": ("Constant(1)" + "+1-1" * 40_000, "the text is nested too deeply."),
    "attributes": ("a" + ".a" * 90_000, "the text is nested too deeply."),
    "calls of calls": ("a" + "()" * 90_000, "the text is nested too deeply."),
    "lambdas": ("lambda:" * 20_000 + "1", "the text is nested too deeply."),
    "conditions": ("1 if 1 else " * 10_000 + "1", "the text is nested too deeply."),
    "comparisons": ("1" + "<1" * 50_000, "there may be calls"),
    "a long name": ("x" * 199_000, "`xxx"),
    "a long name that is called": ("x" * 199_000 + "(1)", "a text cannot name `xxx"),
    "a long word": ("wsd(warmup='" + "x" * 199_000 + "')", "wsd: `peak_value` and "),
    "a long word for a shape": ("wsd(peak_value=1,warmup_steps=1,cooldown_steps=1,total_steps=9,warmup='" + "x" * 190_000 + "')", "wsd: `warmup` must be one of"),
    "a long argument": ("Linear(" + "x" * 199_000 + "=1)", "Linear: there is no argument `xxx"),
    "many words": ("'' " * 60_000, "it must be a schedule, or a number. At column 1:"),
    "many arguments": ("Linear(" + "1," * 30_000 + ")", "Linear.__init__() takes 4 positional arguments but 30001 were given."),
    "many arguments by name": ("wsd(" + ",".join(f"a{i}=1" for i in range(9000)) + ")", "wsd: there is no argument `a"),
    "a long whole number": ("9" * 199_000, "Exceeds the limit (4300 digits)"),
    "a long number in hexadecimal": ("0x" + "f" * 199_000, "the number is too large. At column 1:"),
    "a long float": ("Constant(1." + "9" * 190_000 + "e999)", "Constant: `value` must be finite"),
    "empty lists": ("[" + "[]," * 30_000 + "]", "it must be a schedule, or a number. At column 1:"),
    "names in a list": ("[" + "a," * 50_000 + "]", "`a` stands alone"),
    "words for numbers": ("Tabulated([" + "''," * 20_000 + "])", "Tabulated: `values` must be a sequence, each entry a real number"),
    "empty lines": ("(" + "\n" * 199_000, "'(' was never closed."),
    "bytes": ("b''" * 60_000, "there may be calls"),
    "null bytes": ("\0" * 199_000, r"there is no character '\x00'. At column 1:"),
    "surrogates": ("'" + "\udc80" * 199_000 + "'", r"there is no character '\udc80'. At column 2:"),
    "too long": ("1" + " " * 200_000 + "+1", "a text may have 200,000 characters (`max_length`), got 200,003."),
    # short lists, which would make large tables of each other
    "rows by columns": (f"Linear({column(6000)},{row(6000)},9)", "all calls would look at more than 1,000,000 numbers"),
    "rows by columns by layers": (f"Linear([{column(110)}],{row(110)},[{listed('[[1]]', 110)}])", "all calls would look at more than"),
    "rows by columns in one list": (f"Constant([{column(6000)},{row(6000)}])", "all calls would look at more than"),
    "rows by columns in a table": (f"Tabulated([{column(6000)},{row(6000)}])", "all calls would look at more than"),
    "rows of a table": (f"MultiStep({row(6000)},{row(6000)},0.5)", "all calls would look at more than"),
    "rows of a table by name": (f"MultiStep(boundaries={row(6000)},init_value={row(6000)},factor=1)", "all calls would look at more than"),
    "rows of the tables of a recipe": (f"wsd_s(peak_value=1,warmup_steps={row(6000)},cooldown_steps={row(6000)},period_steps={row(6000)})", "all calls would look at more than"),
    "rows of a schedule by columns": (f"shift(Linear(1,0,{row(6000)}),{column(6000)})", "all calls would look at more than"),
    "rows of two schedules": (f"Constant({row(6000)})*Constant({column(6000)})", "all calls would look at more than"),
    "rows in a choice": (f"select({column(6000)},[1,Constant({row(6000)})])", "all calls would look at more than"),
    "rows of one piece by columns of another": (f"join_schedules([Constant({row(6000)}),Constant({column(6000)}),1,1],[1,2,3])", "all calls would look at more than"),
    "pieces by rows of boundaries": (f"join_schedules({row(6000)},[{listed(row(9), 2000)},{row(6000)}])", "all calls would look at more than"),
    "a list of lists by a column": (f"Linear([{listed(row(100), 100)}],0,[{listed('[[1]]', 1000)}])", "all calls would look at more than"),
    "the same in many calls": (f"maximum({listed(f'Linear({column(300)},{row(300)},9)', 12)})", "all calls would look at more than"),
    "the same in many sums": ("+".join([f"Constant({row(300)})*{column(300)}"] * 12), "all calls would look at more than"),
    "the same in joins": (f"join_schedules([{listed(f'MultiStep({column(300)},{row(300)},{row(300)})', 4)}],[1,2,3])", "all calls would look at more than"),
    "rows in joins of joins": (f"sequence([{listed(JOIN, 4)}],[{column(300)},1,1])", "all calls would look at more than"),
    "many schedules, in call after call": ("-(" * 90 + f"maximum({listed('Linear(1,0,9)', 500)})" + ")" * 90, "all calls would look at more than"),
    "many schedules, in sum after sum": ("(1+" * 90 + f"maximum({listed('Linear(1,0,9)', 500)})" + ")" * 90, "all calls would look at more than"),
    "many schedules, in repetition after repetition": ("repeat(" * 90 + f"maximum({listed('Linear(1,0,9)', 500)})" + ",9,growth=2)" * 90, "all calls would look at more than"),
    "what JAX compiles": (f"maximum({listed('stretch(1,2,3)', 50)})", "all calls would look at more than"),
}  # fmt: skip


@pytest.mark.parametrize("text, start", HUGE.values(), ids=list(HUGE))
def test_what_would_take_long_is_refused_soon(text: str, start: str):
    assert soon(lambda: refused(text), 8.0).startswith(f"loads: {start}")


@pytest.mark.thorough
@pytest.mark.parametrize("text", [text for text, _ in HUGE.values()], ids=list(HUGE))
def test_what_would_take_much_memory_is_refused_before(text: str):
    tracemalloc.start()
    try:
        refused(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 130e6


def soon(call: Callable[[], Any], seconds: float) -> Any:
    """What it returns, in no more time than this of a processor: a second time, if JAX has compiled for the first."""

    def timed() -> tuple[Any, float]:
        start = time.process_time()
        return call(), time.process_time() - start

    result, took = timed()
    if took >= seconds:
        result, took = timed()
    assert took < seconds
    return result


@pytest.mark.parametrize(
    "text",
    tiers(
        {
            "(": "(" * 100 + "1" + ")" * 100,
            "signs": "-" * 60 + "Constant(1)",
            "rows": f"Linear({row(30_000)},{row(30_000)},9)",
            "rows by columns": f"Linear({column(500)},{row(500)},9)",
            "entries": f"PiecewiseConstant({row(30_000)},{row(30_001)})",
            "entries in rows": f"PiecewiseConstant([{listed(row(100), 300)}],[{listed(row(100), 301)}])",
            "rows of the tables of a recipe": f"wsd_s(peak_value=1,warmup_steps=0,cooldown_steps={row(30_000)},period_steps={row(30_000)})",
            "schedules": f"maximum({listed('Linear(1,0,9)', 14_000)})",
            "recipes": f"maximum({listed('wsd(peak_value=1,warmup_steps=1,cooldown_steps=1,total_steps=2)', 3000)})",
            "pieces": f"join_schedules([{listed('Linear(1,0,9)', 5000)}],{row(4999)})",
            "numbers for pieces": f"join_schedules({row(20_000)},{row(19_999)})",
            "schedules in calls": "-(" * 20 + f"maximum({listed('Linear(1,0,9)', 500)})" + ")" * 20,
            "stretched": f"maximum({listed('stretch(1,2,3)', 19)})",
        },
        {"(", "signs", "rows", "rows by columns", "entries in rows", "schedules in calls"},
    ),
)  # fmt: skip
def test_what_is_only_long_is_read(text: str):
    assert isinstance(soon(lambda: js.loads(text), 20.0), js.Schedule)


def test_a_long_table_is_read_where_more_characters_are_allowed():
    table = js.Tabulated(np.linspace(0.0, 1.0, 40_000))
    text = js.dumps(table)
    assert refused(text) == f"loads: a text may have 200,000 characters (`max_length`), got {len(text):,}."
    assert js.loads(text, max_length=len(text)) == table
    assert refused(text, max_length=len(text) - 1).startswith("loads: a text may have ")
    assert js.loads(" " * 10 + "0.5" + "\n" * 10, max_length=3) == js.Constant(0.5)


def test_more_numbers_may_be_looked_at_where_more_characters_are_allowed():
    text = f"Linear({column(1100)},{row(1100)},9)"
    assert "all calls would look at more than 1,000,000 numbers (5 for each of `max_length`)" in refused(text)
    assert js.loads(text, max_length=300_000).shape == (1100, 1100)


# What is nearly right.

RIGHT = [
    *(text for text, _ in TYPED),
    "warmup_cosine(peak_value=[1e-4, 3e-4], warmup_steps=[[10], [20]], total_steps=100.5)",
    "decay_from(splice(Linear(1, 0, 9), 5, Cosine(1, 0, 20)), 10, 10, cooldown='geometric', end_value=0.1)",
    "every(reverse(1 - 0.5 * HalfLife(1.0, 10), 20), 2.5)",
    "power(peak_value=1, warmup_steps=10.5, timescale=4, cooldown_steps=3, total_steps=40, power=0.5)",
    "sgdr(peak_value=1, period_steps=10, growth=1.5, decay=[0.5, 0.25], cycles=3) ** Constant([1, 2])",
    "sequence([Linear([0, 1], 1, 9), Cosine([[1], [2], [3]], 0, 5), 1, 2, 3], [1, 2, 3, 4])",
]
NOT_RIGHT = [text for text in (*(text for text, _, _ in WRONG), *IMPOLITE) if len(text) < 100]


def split(text: str) -> list[str]:
    return text.split()


NUMBERS_AND_LISTS = split(
    "0 1 -1 2 0.5 1e-4 1e999 -0.0 0x10 0b1 0o7 1_0 1__0 1j 07 2147483647 2147483648 1e-50 3.5e38 1e38 9.5 16777217 nan "
    "[] () {} [[1,2],[3]] [1,2,3] [[1],[2]] [[[[1]]]] [1,[2]] [None] ['a'] (1,) [1.5,2] None True inf"
)
PIECES = [
    *NAMES,
    *NUMBERS_AND_LISTS,
    *split("init_value= end_value= transition_steps= peak_value= warmup_steps= total_steps= boundaries= values= growth="),
    *split("lambda for in if else not and or is await yield async None True False inf js. jaxsched. __import__"),
    *split("+ - * / ** // % @ ~ < = == := ( ) [ ] { } , : ; . ... ' \" \'\'\' # \\ & | ^ -> ! $ ? `"),
    *split("'linear' 'cosine' 'a' b'' f'' f'{1}' Linear(1,0,9) Constant([1,2]) stretch(1,2,3) *[1] **{} 10**10**10"),
    *(" ", "  ", "\n", "\r", "\r\n", "\t", "\x0c", "\0", "\x1a", "\x7f", "\\\n", "#\n", "\ufeff", "\u00a0", "\u2028", "\x85"),
    *("é", "日", "𝔘", "ª", "٣", "９", "ﬁ", "\u0301", "\ud800", "–", "“"),
    *("9" * 30, "9" * 4301, "x" * 200, "(" * 101, "-" * 20),
]  # fmt: skip


def mutated(draw: random.Random, texts: list[str]) -> str:
    """One of these texts, with a few changes."""
    text, gentle = draw.choice(texts), draw.random() < 0.4
    for _ in range(draw.choice([1, 1, 1, 2, 2, 3, 5, 9])):
        parts = list(text) if draw.random() < 0.3 else re.findall(r"[\d.]+(?:e[+-]?\d+)?|\w+|\s+|[^\w\s]", text)
        at, to = sorted(draw.randrange(len(parts) + 1) for _ in range(2))
        short = slice(at, at + draw.choice([1, 1, 2, 5]))
        other = draw.choice([*texts, *NOT_RIGHT])
        numbers = [i for i, part in enumerate(parts) if part[0].isdigit()]
        match draw.choice([9, 9, 10]) if gentle else draw.randrange(11):
            case 0:
                del parts[short]
            case 1:
                parts[at:at] = [draw.choice(PIECES)]
            case 2:
                parts[short] = [draw.choice(PIECES)]
            case 3:
                parts[at:at] = parts[short] * draw.choice([1, 1, 2, 9])
            case 4:
                parts[at:to] = parts[at:to][::-1] if to - at < 9 else [*parts[to - 2 : to], *parts[at : to - 2]]
            case 5:
                parts[at:to] = parts[at:to] * draw.choice([2, 2, 3, 50])
            case 6:
                parts[at:] = [other[draw.randrange(40) :]]
            case 7:
                parts[at:to] = [other]
            case 8:
                parts[at:at] = [chr(draw.randrange(draw.choice([128, 0x3000, 0x110000])))]
            case 9 if numbers:
                parts[draw.choice(numbers)] = draw.choice(NUMBERS_AND_LISTS if draw.random() < 0.8 else texts)
            case _:
                parts = ["(", *parts, ")", draw.choice([" + ", " * ", "**", "-"]), other]
        text = "".join(parts)[:5000]
    return text


def written(seed: int, count: int) -> list[str]:
    """What `dumps` writes of schedules that hypothesis draws, some of them stacks."""
    texts: list[str] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(max_examples=count, database=None, deadline=None)
    @given(schedule=strategies.schedules(growth=True))
    def draw(schedule: js.Schedule) -> None:
        schedule = js.stack([schedule] * (2 + len(texts) % 3)) if len(texts) % 4 == 0 else schedule
        texts.append(js.dumps(schedule))

    draw()
    return [text for text in texts if len(text) < 3000]


def check(text: str) -> bool:
    """Whether it is read; if it is not, it is told why, and where."""
    try:
        assert isinstance(js.loads(text), js.Schedule)
    except ValueError as error:
        message = str(error)
        assert type(error) is ValueError and message.startswith("loads: ") and len(message) < 2000
        if message not in ("loads: the text is empty.", "loads: the text is nested too deeply."):
            line, column, part = marked(message)
            lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            there = lines[line - 1][column - 1 : column - 1 + len(part)]
            assert "".join(x if x.isprintable() else "?" for x in there) == part
        return False
    return True


def test_what_is_nearly_right_is_read_or_told_what_is_wrong(seed: int, thorough: bool):
    draw = random.Random(seed)
    texts = [*RIGHT, *written(seed, 400 if thorough else 30)]
    read = 0
    with warnings.catch_warnings(action="error"):
        for _ in range(20_000 if thorough else 500):
            text = mutated(draw, texts)
            try:
                read += soon(lambda text=text: check(text), 1.0)
            except BaseException as error:
                error.add_note(f"The text: {text!r}")
                raise
    assert read > (1000 if thorough else 25)
