# pyright: reportArgumentType=false
"""The picture of a schedule: small, of one size, well-formed, and made at the cost of one compilation."""

import gc
import itertools
import re
import subprocess
import sys
from html import unescape
from typing import Any
from xml.etree import ElementTree

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

import jaxsched as js
from jaxsched._look.horizon import horizon
from jaxsched._look.landmarks import landmarks_of
from jaxsched._look.outline import outline
from jaxsched._look.svg import COLUMNS, HEIGHT, LEFT, MOST, TOP, WIDTH, path
from jaxsched._schedule.calling import call, call_packed
from tests import strategies
from tests.catalogue import ROWS, STRUCTURES
from tests.helpers import compilations, enable_x64, examples, tiers


LARGEST = 5000  # bytes
SIZE = ("400", "126")
WSD = js.wsd(peak_value=0.1, warmup_steps=100, cooldown_steps=200, total_steps=1000)


def html(schedule: js.Schedule) -> str:
    made = schedule._repr_html_()
    assert made is not None
    return made


def tags(root: ElementTree.Element, tag: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if element.tag.split("}")[-1] == tag]


def points(data: str) -> list[tuple[int, int]]:
    """The corners of a path, by a reader of its own."""
    found: list[tuple[int, int]] = []
    for command, arguments in re.findall(r"([MlhvZz])([^A-Za-z]*)", data):
        numbers = [int(x) for x in re.findall(r"-?\d+", arguments)]
        x, y = found[-1] if found else (0, 0)
        match command, numbers:
            case ("M", [to_x, to_y]):
                found.append((to_x, to_y))
            case ("l", [dx, dy]):
                found.append((x + dx, y + dy))
            case ("h", [dx]):
                found.append((x + dx, y))
            case ("v", [dy]):
                found.append((x, y + dy))
            case ("z", []):
                pass
            case _:
                raise ValueError(data)
    return found


def check(schedule: js.Schedule) -> ElementTree.Element:
    """What holds for the picture of any schedule."""
    made = html(schedule)
    assert made == html(schedule) and len(made.encode()) < LARGEST
    root = ElementTree.fromstring(made)
    [svg], [text] = tags(root, "svg"), tags(root, "pre")
    assert (svg.get("width"), svg.get("height")) == SIZE
    for line in tags(svg, "path"):
        for x, y in points(line.attrib["d"]):
            assert LEFT <= x <= LEFT + WIDTH and TOP <= y <= TOP + HEIGHT
    for dot in tags(svg, "circle"):
        assert LEFT <= float(dot.attrib["cx"]) <= LEFT + WIDTH and TOP <= float(dot.attrib["cy"]) <= TOP + HEIGHT
    assert tags(svg, "text")[-1].text == f"step {horizon(schedule)}"
    source, lines = repr(schedule), (text.text or "").split("\n")
    assert lines[0] == source or (len(source) > 400 and source.startswith(lines[0].split(" ... ")[0]))
    if not schedule.shape:
        titles = [title.text for title in tags(svg, "title")]
        last = horizon(schedule)
        marks = [str(mark) for mark in landmarks_of(schedule, last, outline(schedule, last, COLUMNS))]
        told = [line for line in lines[1:] if not line.startswith("... ")]
        assert (
            titles == [line for line in told if not re.search(r": (nan|-?inf): ", line)]
            and len(told) <= 9
            and (told[0], told[-1]) == (marks[0], marks[-1])
        )
        assert set(told) <= set(marks) if len(marks) <= 9 else f"... {len(marks) - 8} more" in lines
    return root


def stack_of(schedule: js.Schedule, rows: int = 3) -> js.Schedule | None:
    return js.stack([schedule] * rows) if jax.tree.leaves(schedule) else None


# Any schedule.


@pytest.mark.parametrize("name", tiers(list(ROWS), STRUCTURES[::2]))
def test_every_row_has_a_picture(name: str):
    check(ROWS[name].build())


@pytest.mark.parametrize(
    "name", tiers(list(ROWS), ("wsd", "PiecewiseConstant", "select", "Triangular, with a scale for each cycle"))
)
def test_a_stack_of_every_row_has_a_picture(name: str):
    if stack := stack_of(ROWS[name].build()):
        root = check(stack)
        assert "\n3 rows" in "".join(root.itertext()) and not tags(root, "circle")


@examples(4, 50)
@given(schedule=strategies.schedules(growth=True))
def test_any_composition_has_a_picture(schedule: js.Schedule):
    if horizon(schedule) < 10**6:
        check(schedule)
    else:  # which would take seconds each
        assert horizon(schedule) < MOST or schedule._repr_html_() is None


@examples(2, 30)
@given(schedule=strategies.schedules(growth=True), rows=st.sampled_from([1, 12, 64, 65, 1000]))
def test_a_stack_of_any_composition_has_a_picture(schedule: js.Schedule, rows: int):
    if horizon(schedule) < 10**5 and (stack := stack_of(schedule, rows)):
        check(stack)


def noisy(t: jax.Array) -> jax.Array:
    return 1e3 * jnp.sin(t.astype(np.float32) ** 2 % 1e3)


def missing(t: jax.Array) -> jax.Array:
    return jnp.where(t % 7 < 4, np.nan, jnp.sin(t.astype(np.float32)))


WORST = {
    "noise": js.FromFunction(noisy),
    "gaps": js.FromFunction(missing),
    "a stack of noise": js.FromFunction(noisy) * js.Constant(np.linspace(-1.0, 1.0, 64)),
    "a stack of gaps": js.FromFunction(missing) * js.Constant(np.linspace(-1.0, 1.0, 64)),
    "noise in cycles": js.FromFunction(noisy) * js.CosineRestarts(1.0, 0.0, 7),
    "fifty pieces": js.sequence([js.Cosine(1.0, 0.0, 900 + i) * js.HalfLife(1.0, 777) for i in range(50)], [1000] * 49),
    "a large table": js.Tabulated(np.random.default_rng(0).normal(size=10_000)),
}


@pytest.mark.parametrize("schedule", tiers(WORST, ("noise", "gaps", "a stack of noise")))
def test_the_worst_has_a_small_picture(schedule: js.Schedule):
    check(schedule)


@pytest.mark.parametrize(
    "schedule",
    [
        js.Constant(0.0),
        js.Constant(3e38),
        js.Constant(-1e-30),
        js.Linear(3e38, -3e38, 10),
        js.Linear(-1.0, -2.0, 10),
        js.Linear(0.0, 1e-45, 10),
        js.Linear(1.0, 0.0, 1),
        js.FromFunction(lambda t: 1.0 / (500.0 - t.astype(np.float32))),
        js.FromFunction(lambda t: jnp.where(t > 500, np.inf, 1.0)),
        js.FromFunction(lambda t: jnp.where(t > 500, -np.inf, 1.0)),
        js.FromFunction(lambda t: jnp.where(t == 500, 1.0, np.nan)),
        js.Constant([1.0, 2.0]) / js.FromFunction(lambda t: 500.0 - t.astype(np.float32)),
    ],
    ids=["0", "huge", "tiny", "huge range", "below 0", "least", "a step", "pole", "inf", "-inf", "one value", "poles"],
)
def test_extremes_have_a_picture(schedule: js.Schedule):
    root = check(schedule)
    labels = [element.text for element in tags(root, "text")]
    assert not {"nan", "inf", "-inf"} & set(labels)


def test_a_picture_is_in_64_bits_too():
    with enable_x64():
        check(js.wsd(peak_value=0.1, warmup_steps=100, cooldown_steps=200, total_steps=1000))
        check(js.Constant([1e300, 2e300]))
        check(js.Linear(1e300, 0.0, 100))


# What is in it.


def test_a_picture_shows_where_the_schedule_goes():
    curve = points(tags(check(js.Linear(1.0, -1.0, 100)), "path")[1].attrib["d"])
    x, y = np.array(curve).T - [[LEFT], [TOP]]
    assert curve[0] == (LEFT, TOP) and curve[-1] == (LEFT + WIDTH, TOP + HEIGHT) and (np.diff(x) > 0).all()
    assert np.abs(y - x * HEIGHT / WIDTH).max() < 1
    curve = points(tags(check(WSD), "path")[1].attrib["d"])
    assert curve[0] == (LEFT, TOP + HEIGHT) and curve[-1] == (LEFT + WIDTH, TOP + HEIGHT)
    assert {(LEFT + 32, TOP), (LEFT + 256, TOP)} <= set(curve)
    assert [text.text for text in tags(check(WSD), "text")] == ["0.1", "0", "0", "step 1000"]


def test_dots_are_at_the_landmarks():
    root = check(WSD)
    dots = [(float(dot.attrib["cx"]) - LEFT, float(dot.attrib["cy"]) - TOP) for dot in tags(root, "circle")]
    assert dots == [(0, HEIGHT), (32, 0), (256, 0), (WIDTH, HEIGHT)]


def test_every_restart_is_in_the_picture():
    """Whatever the length, where a few hundred samples would show a curve that is not there."""
    for period in (33, 100_000):
        data = tags(check(js.CosineRestarts(1.0, 0.0, period)), "path")[1].attrib["d"]
        heights = [y for _, y in points(data)]
        climbs = sum(b - a == -HEIGHT for a, b in itertools.pairwise(heights))
        assert climbs == 3  # the last of them at the last step itself


def test_the_range_always_has_0_in_it():
    for schedule, texts in {
        js.Constant(0.3): ["0.3", "0"],
        js.Constant(-0.3): ["0", "-0.3"],
        js.Constant(0.0): ["0", "0"],
        js.Linear(2.0, 1.0, 9): ["2", "0"],
        js.Linear(-1.0, 3.0, 9): ["3", "-1"],
        js.Constant(0.123456): ["0.1235", "0"],
        -js.Linear(0.0, 1.0, 9): ["0", "-1"],  # which begins at -0.0
    }.items():
        assert [text.text for text in tags(check(schedule), "text")][:2] == texts


def test_the_landmarks_below_a_picture_are_those_that_are_asked_for():
    for schedule in (WSD, js.CosineRestarts(1.0, 0.0, 100), js.every(js.Linear(1.0, 0.0, 6), 10)):
        lines = (tags(check(schedule), "pre")[0].text or "").split("\n")
        assert lines[1:] == [str(mark) for mark in js.landmarks(schedule, horizon(schedule))]
    lines = (tags(check(js.every(js.Linear(1.0, 0.0, 20), 10)), "pre")[0].text or "").split("\n")
    assert lines[7:] == ["step 60: 0.7: step down", "... 13 more", "step 200: 0.0: step down, end"]


def test_a_stack_tells_its_rows_and_its_ranges():
    stack = js.wsd(
        peak_value=np.geomspace(1e-4, 1e-1, 1000), warmup_steps=100, cooldown_steps=[[100], [200]], total_steps=1000
    )
    text = tags(check(stack), "pre")[0].text or ""
    assert text.split("\n")[1:] == [
        "2000 rows, 64 of them in the picture",
        "peak_value: 0.0001 to 0.1",
        "warmup_steps: 100",
        "cooldown_steps: 100 to 200",
        "total_steps: 1000",
        "init_value: 0.0",
        "end_value: 0.0",
    ]
    few = tags(check(js.Constant([0.5, 0.25])), "pre")[0].text or ""
    assert few == "Constant(value=[0.5, 0.25])\n2 rows\nvalue: 0.25 to 0.5"


def test_a_stack_is_drawn_as_a_band_and_some_lines():
    stack = js.Linear(np.linspace(0.1, 1.0, 10), 0.0, 100)
    axes, band, *lines = tags(check(stack), "path")
    assert axes.get("stroke") == "currentColor" and band.get("fill") and len(lines) == 10
    assert points(lines[0].attrib["d"])[0] == (LEFT, TOP + HEIGHT - HEIGHT // 10)
    assert points(lines[-1].attrib["d"])[0] == (LEFT, TOP)
    corners = set(points(band.attrib["d"]))
    assert {(LEFT, TOP), (LEFT, TOP + HEIGHT - HEIGHT // 10), (LEFT + WIDTH, TOP + HEIGHT)} <= corners


def test_a_band_is_interrupted_where_no_row_has_a_number():
    def gap(t: jax.Array) -> jax.Array:
        return jnp.where((t > 300) & (t < 700), np.nan, 1.0)

    stack = js.Constant([1.0, 0.5]) * js.FromFunction(gap)
    band = tags(check(stack), "path")[1].attrib["d"]
    parts = [points(part + "z") for part in band.split("z") if part]
    assert [sorted({x - LEFT for x, _ in part}) for part in parts] == [[0, 96], [224, 318]]
    assert all({y - TOP for _, y in part} == {0, 50} for part in parts)


def test_single_values_are_drawn_as_dots():
    """A line of no length shows with round ends only."""
    svg = tags(check(js.FromFunction(lambda t: jnp.where(t % 100 == 0, 1.0, np.nan))), "svg")[0]
    assert svg.get("stroke-linecap") == "round" and tags(svg, "path")[1].attrib["d"].count("M") == 11


# Text from elsewhere.


def test_all_text_is_escaped():
    def evil(t: jax.Array) -> jax.Array:
        return jnp.where(t < 500, 1.0, 0.0)

    evil.__qualname__ = '<script>alert("&")</script>'
    kind: Any = type(
        "<script>&amp;", (js.Schedule,), {"__annotations__": {"peak": float}, "formula": lambda self, t: self.peak}
    )
    joined = js.sequence([js.Linear(0.0, 1.0, 10), kind(1.0), js.Linear(1.0, 0.0, 10)], [10, 10])
    for schedule in (js.FromFunction(evil), kind(1.0), kind([1.0, 2.0]), joined, js.FromFunction(evil) * joined):
        made = html(schedule)
        assert "<script" not in made and "&lt;script&gt;" in made
        root = check(schedule)
        assert not tags(root, "script") and repr(schedule) in "".join(root.itertext())
    assert "&lt;script&gt;&amp;amp; begins" in html(joined)


def test_a_lambda_has_its_name_in_brackets():
    made = html(js.FromFunction(lambda t: t.astype(np.float32)))
    assert "&lt;lambda&gt;" in made and "<lambda>" in unescape(made)
    check(js.FromFunction(lambda t: t.astype(np.float32)))


def test_a_word_of_the_user_is_escaped():
    class Word(js.Schedule):
        value: float
        word: str

        def formula(self, step: jax.Array) -> Any:
            return self.value

    made = html(Word(1.0, "<b onclick='x' title=\"y\">é</b>"))
    assert "<b" not in made and "é" in made
    check(Word(1.0, "<b onclick='x' title=\"y\">é</b>"))


def test_long_source_is_cut():
    schedule = js.sequence([js.HalfLife(1.0, 100 + i) + js.Linear(1.0, 0.0, i) for i in range(12)], [100] * 11)
    lines = (tags(check(schedule), "pre")[0].text or "").split("\n")
    assert len(repr(schedule)) > 600 and len(lines[0]) < 420 and " ... " in lines[0]


# Where there is none.


def test_there_is_no_picture_of_what_is_not_known():
    seen: list[Any] = []

    @jax.jit
    def traced(peak: jax.Array) -> jax.Array:
        seen.append(js.Linear(peak, 0.0, 10)._repr_html_())
        return peak

    traced(1.0)
    assert seen == [None]
    jax.eval_shape(lambda s: seen.append(s._repr_html_()), WSD)
    assert seen == [None, None]


def test_there_is_no_picture_of_nothing():
    assert js.Constant(np.empty(0))._repr_html_() is None
    assert js.Linear(np.empty((3, 0)), 0.0, 10)._repr_html_() is None
    assert js.FromFunction(lambda t: jnp.full((), np.nan, np.float32))._repr_html_() is None
    assert js.FromFunction(lambda t: jnp.full((), np.inf, np.float32))._repr_html_() is None


def test_there_is_no_picture_of_what_takes_long():
    assert js.Linear(1.0, 0.0, MOST)._repr_html_() is None
    assert js.HalfLife(1.0, 2**31 - 1)._repr_html_() is None
    assert js.Linear(1.0, np.zeros(64), MOST // 64)._repr_html_() is None


@pytest.mark.thorough
def test_there_is_a_picture_of_what_takes_a_second():
    check(js.Linear(1.0, 0.0, MOST - 1))


# Its lines.


def test_a_line_has_only_its_corners():
    assert path([0, 1, 2, 3], [0, 1, 2, 3]) == "M0 0l3 3"
    assert path([0, 1, 1, 1, 5], [2, 2, 2, 0, 0]) == "M0 2h1v-2h4"
    assert path([0, 1, 2], [0, 5, 0]) == "M0 0l1 5l1-5"
    assert path([0, 0, 0], [0, 5, 2]) == "M0 0v5v-3"  # there and back
    assert path([3, 3], [4, 4]) == "M3 4h0" and path([], []) == ""


def test_a_line_is_interrupted_where_there_is_no_number():
    nan = float("nan")
    assert path([0, 1, 2, 3, 4, 5], [0, 1, nan, nan, 7, nan]) == "M0 0l1 1M4 7h0"
    assert path([0, 1], [nan, nan]) == ""


# What it costs.


def compiled() -> int:
    return compilations(call) + compilations(call_packed)


def test_a_picture_costs_one_compilation_for_each_structure():
    @js.recipe
    def of_this_test(*, peak_value: float, total_steps: int) -> js.Schedule:
        return js.repeat(js.Linear(peak_value, 0.0, total_steps), 100)

    gc.collect()  # programs go with the functions in them
    before = compiled()
    html(of_this_test(peak_value=1.0, total_steps=50))
    assert compiled() == before + 1
    html(of_this_test(peak_value=2.0, total_steps=100_000))
    assert compiled() == before + 1
    for total_steps in (70, 7000):
        html(of_this_test(peak_value=[1.0, 2.0], total_steps=total_steps))
    assert compiled() == before + 2
    for rows in (100, 1000):  # of which 64 are looked at
        html(of_this_test(peak_value=np.arange(1.0, rows + 1), total_steps=70 + rows))
    assert compiled() == before + 3


def test_a_picture_and_landmarks_need_no_matplotlib():
    code = """
import sys, numpy as np, jaxsched as js
wsd = js.wsd(peak_value=0.1, warmup_steps=100, cooldown_steps=200, total_steps=1000)
assert wsd._repr_html_() and js.Constant([1.0, 2.0])._repr_html_() and js.landmarks(wsd, 1000)
print([name for name in sys.modules if name.split(".")[0] in ("matplotlib", "IPython", "pandas")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
