# pyright: reportArgumentType=false, reportCallIssue=false
"""Pictures of schedules: what is in them is what the schedules are, and nothing that was asked for is missing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched._look.horizon import UNKNOWN
from jaxsched.plotting import compare, plot
from jaxsched.plotting.curves import COLUMNS, FAN_COLUMNS, FEW, MARKS


if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection

LINE, COSINE = js.Linear(1.0, 0.0, 10), js.Cosine(1.0, 0.0, 10)
STACK = js.Linear(np.array([1.0, 2.0, 4.0]), 0.0, 10)
TABLE = js.Linear(np.arange(1.0, 7.0).reshape(2, 3), 0.0, 10)
MANY = js.Linear(np.linspace(1.0, 2.0, 60), 0.0, 10)
BROKEN = js.FromFunction(lambda t: jnp.where(t < 3, jnp.nan, jnp.where(t < 6, jnp.inf, t.astype(float))))


def line_of(ax: "Axes", which: int = 0) -> tuple[np.ndarray, np.ndarray]:
    x, y = ax.lines[which].get_data()
    return np.asarray(x), np.asarray(y)


def fan_of(ax: "Axes") -> "LineCollection":
    (fan,) = ax.collections
    return cast("LineCollection", fan)


def paths_of(ax: "Axes") -> list[np.ndarray]:
    return [np.asarray(path.vertices) for path in fan_of(ax).get_paths()]


def legend_of(ax: "Axes") -> list[str]:
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def colour_bar_of(ax: "Axes") -> "Axes":
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    return bar


def figures() -> int:
    import matplotlib.pyplot as plt

    return len(plt.get_fignums())


# What is drawn.


def test_a_schedule_is_a_line_through_all_of_its_values():
    ax = plot(LINE, 10)
    x, y = line_of(ax)
    np.testing.assert_array_equal(x, np.arange(11))
    np.testing.assert_allclose(y, LINE(np.arange(11)), rtol=1e-6)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xlim()) == ("step", "value", (0, 10))
    assert ax.get_legend() is None and ax.get_yscale() == "linear" and len(ax.figure.axes) == 1


def test_dots_are_at_the_landmarks_of_a_single_schedule():
    schedule = js.wsd(peak_value=0.1, warmup_steps=100, cooldown_steps=200, total_steps=1000)
    ax = plot(schedule, 1000)
    marks = js.landmarks(schedule, 1000)
    x, y = line_of(ax, 1)
    assert ax.lines[1].get_linestyle() == "None" and ax.lines[1].get_marker() == "o"
    assert x.tolist() == [mark.step for mark in marks] == [0, 100, 800, 1000]
    assert y.tolist() == [mark.value for mark in marks]
    assert len(plot([schedule], 1000).lines) == len(plot({"a": schedule}, 1000).lines) == 1, "no dots on one of a list"


def test_of_very_many_landmarks_only_some_are_drawn():
    x, _ = line_of(plot(js.sgdr(peak_value=0.1, period_steps=10), 1000), 1)
    assert len(x) < MARKS and x[0] == 0 and x[-1] == 1000


@pytest.mark.parametrize("number", [0.3, 3, np.float32(0.3), jnp.float32(0.3)], ids=lambda x: type(x).__name__)
def test_a_number_is_a_constant(number: Any):
    ax = plot(number)
    _, y = line_of(ax)
    assert set(y.tolist()) == {float(np.float32(number))} and ax.get_xlim() == (0, UNKNOWN)


def test_a_stack_has_a_line_for_each_row_and_labels_of_what_varies():
    ax = plot(STACK, 10)
    for row, line in zip(STACK, ax.lines, strict=True):
        np.testing.assert_allclose(line.get_ydata(), row(np.arange(11)), rtol=1e-6)
    assert legend_of(ax) == ["init_value=1.0", "init_value=2.0", "init_value=4.0"]
    table = plot(TABLE, 10)
    assert [line.get_ydata()[0] for line in table.lines] == [1, 2, 3, 4, 5, 6]  # pyright: ignore[reportIndexIssue]
    assert legend_of(table)[-1] == "init_value=6.0"


def test_labels_of_a_stack_have_all_that_varies_and_nothing_else():
    stack = js.warmup_cosine(peak_value=np.array([0.1, 0.2]), warmup_steps=np.array([5, 7]), total_steps=50)
    assert legend_of(plot(stack)) == ["peak_value=0.1, warmup_steps=5", "peak_value=0.2, warmup_steps=7"]
    assert legend_of(plot(js.Linear(np.array([1.0, 1.0]), 0.0, 10))) == []


def test_a_list_may_have_any_kinds_and_their_source_is_their_label():
    ax = plot([LINE, COSINE, 0.5, LINE * 2], 10)
    given = [LINE, COSINE, js.Constant(0.5), LINE * 2]
    for schedule, line in zip(given, ax.lines, strict=True):
        np.testing.assert_allclose(line.get_ydata(), schedule(np.arange(11)), rtol=1e-6, atol=1e-7)
    assert legend_of(ax)[:3] == [repr(LINE), repr(COSINE), "0.5"] and " ... " in legend_of(ax)[3]


def test_a_list_of_stacks_has_the_rows_of_each():
    ax = plot([STACK, js.Cosine(np.array([5.0, 6.0, 7.0]), 0.0, 10)], 10)
    starts = [np.asarray(line.get_ydata())[0] for line in ax.lines]
    assert starts == [1, 2, 4, 5, 6, 7] and legend_of(ax) == []


def test_a_dict_has_its_keys_as_labels():
    assert legend_of(plot({"line": LINE, "half a wave": COSINE})) == ["line", "half a wave"]
    assert legend_of(plot({1: LINE, 2.5: 0.1})) == ["1", "2.5"]
    assert legend_of(plot({"line": LINE, "wave": COSINE}, labels=["a", "b"])) == ["a", "b"]


@pytest.mark.parametrize("total_steps", [None, 10, 5000])
def test_a_stack_without_rows_is_an_empty_picture(total_steps: int | None):
    ax = plot(js.Linear(np.zeros(0), 0.0, 10), total_steps)
    assert len(ax.lines) == 0 and ax.get_xlabel() == "step"


def test_a_stack_of_one_row_is_one_line():
    ax = plot(STACK[:1], 10)
    assert len(ax.lines) == 1 and legend_of(ax) == []
    assert len(paths_of(plot(STACK[:1], 10, color_by=[3.0]))) == 1


def test_functions_without_numbers_are_drawn_too():
    squares, cubes = (js.FromFunction(lambda t, k=k: t.astype(float) ** k) for k in (2, 3))
    np.testing.assert_array_equal(line_of(plot(squares, 4))[1], [0, 1, 4, 9, 16])
    lines = plot([squares, LINE, cubes, squares], 4).lines
    assert [np.asarray(line.get_ydata())[2] for line in lines] == [4, pytest.approx(0.8), 8, 4]


def test_pyplot_takes_a_schedule_as_any_function():
    import matplotlib.pyplot as plt

    (line,) = plt.plot(LINE(np.arange(10)))
    np.testing.assert_array_equal(line.get_ydata(), LINE(np.arange(10)))


def test_a_schedule_draws_itself():
    for schedule, options in (
        (LINE, {}),
        (STACK, {"labels": ["a", "b", "c"], "log": True}),
        (MANY, {"color_by": "init_value"}),
    ):
        mine, theirs = schedule.plot(12, **options), plot(schedule, 12, **options)
        for a, b in zip(mine.lines, theirs.lines, strict=True):
            np.testing.assert_array_equal(a.get_xydata(), b.get_xydata())  # pyright: ignore[reportArgumentType]
        assert legend_of(mine) == legend_of(theirs) and mine.get_yscale() == theirs.get_yscale()
        assert len(mine.collections) == len(theirs.collections)


# How long.


def test_without_a_length_it_is_as_long_as_the_longest_needs():
    assert plot(LINE).get_xlim() == (0, 10)
    assert plot([LINE, js.Linear(1.0, 0.0, 70)]).get_xlim() == (0, 70)
    assert plot([LINE, 0.5]).get_xlim() == (0, 10), "a constant has no length of its own"
    assert compare(LINE, 0.5)[0].get_xlim() == (0, 10)


@pytest.mark.parametrize("total_steps", [0, 1])
def test_a_run_of_hardly_a_step_is_drawn(total_steps: int):
    ax = plot(LINE, total_steps)
    x, y = line_of(ax)
    assert x.tolist() == list(range(total_steps + 1)) and y[0] == 1 and ax.get_xlim() == (0, 1)
    ax.figure.canvas.draw()


@pytest.mark.parametrize("rows", [None, 3])
def test_of_a_million_steps_each_pixel_has_its_least_and_greatest_value(rows: int | None):
    last = 1_000_001
    peak = 0.3 if rows is None else np.linspace(0.1, 0.3, rows)
    schedule = js.CosineRestarts(peak, 0.01, 777, decay=0.999)  # a restart in nearly every pixel
    ax = plot(schedule, last)
    each = [schedule] if rows is None else list(schedule)
    for row, drawn in zip(each, ax.lines, strict=False):
        x, y = (np.asarray(z) for z in drawn.get_data())
        assert len(x) <= 4 * COLUMNS and (np.diff(x) >= 0).all() and x[0] == 0 and x[-1] == last
        values = np.asarray(row(np.arange(last + 1)))
        begins = np.arange(COLUMNS) * (last + 1) // COLUMNS
        of_pixels = y.reshape(COLUMNS, -1)
        np.testing.assert_allclose(of_pixels.min(axis=1), np.minimum.reduceat(values, begins), rtol=1e-6)
        np.testing.assert_allclose(of_pixels.max(axis=1), np.maximum.reduceat(values, begins), rtol=1e-6)
        np.testing.assert_allclose(of_pixels[:, 0], values[begins], rtol=1e-6)


# Very many, and their colours.


def test_a_fan_of_thousands_is_one_collection_in_the_colours_of_its_numbers():
    from matplotlib.colors import LogNorm

    losses = np.geomspace(1e-3, 1e3, 4096)
    losses[100:110] = np.nan
    losses[7] = np.inf
    fan = js.Linear(np.linspace(1.0, 2.0, 4096), 0.0, np.arange(4096) % 900 + 1)
    ax = plot(fan, 1000, color_by=losses)
    paths = paths_of(ax)
    assert len(paths) == 4096 and max(map(len, paths)) <= 4 * FAN_COLUMNS and len(ax.lines) == 0
    assert paths[4095][0].tolist() == [0, 2] and paths[4095][-1].tolist() == [1000, 0]
    colors = np.asarray(fan_of(ax).get_colors())
    known = np.isfinite(losses)
    assert len(np.unique(colors[~known][:, :3], axis=0)) == 1 and np.ptp(colors[7, :3]) == 0, "grey"
    bright = colors[known][:, 1]
    assert (np.diff(bright) >= 0).all() and bright[0] < bright[2000] < bright[-1], "viridis gets greener"
    (mappable,) = [x.mappable for x in [colour_bar_of(ax)._colorbar]]  # pyright: ignore[reportAttributeAccessIssue]
    assert isinstance(mappable.norm, LogNorm) and (mappable.norm.vmin, mappable.norm.vmax) == (1e-3, 1e3)
    assert ax.get_ylim()[0] < 0 and ax.get_ylim()[1] > 2
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("numbers", "scale"),
    [
        (np.linspace(1, 10, 60), "linear"),
        (np.linspace(0, 1, 60), "linear"),
        (np.linspace(0.001, 1, 60), "linear"),
        (-np.geomspace(1e-3, 1, 60), "linear"),
        (np.geomspace(1e-3, 1, 60), "log"),
        (jnp.geomspace(1e-3, 1, 60), "log"),
        (jnp.geomspace(1e-3, 1, 60, dtype=jnp.bfloat16), "log"),
        (2 ** (np.arange(60) % 7), "log"),
        (np.full(60, 3), "linear"),
        (np.full(60, np.nan), "linear"),
    ],
)  # fmt: skip
def test_the_scale_of_the_colours_is_that_of_the_numbers(numbers: Any, scale: str):
    ax = plot(MANY, 10, color_by=numbers)
    assert colour_bar_of(ax).get_yscale() == scale
    ax.figure.canvas.draw()


def test_curves_may_be_coloured_by_one_of_their_numbers():
    ax = plot(MANY[::-1], 10, color_by="init_value")
    greens = np.asarray(fan_of(ax).get_colors())[:, 1]
    assert colour_bar_of(ax).get_ylabel() == "init_value" and greens[0] > greens[30] > greens[-1]
    assert len(paths_of(plot(MANY, 10, color_by="end_value"))) == 60, "one number for all is one colour"
    lengths = js.Linear(1.0, 0.0, np.linspace(1.5, 20.0, 12))
    assert colour_bar_of(plot(lengths, color_by="transition_steps")).get_ylim() == pytest.approx((1.5, 20.0))


def test_few_curves_have_colours_by_their_numbers_too_and_labels_if_they_were_given():
    assert len(paths_of(plot(TABLE, 10, color_by=np.arange(6).reshape(2, 3)))) == 6
    assert len(paths_of(plot([LINE, COSINE], 10, color_by=[1.0, 2.0]))) == 2
    assert legend_of(plot([LINE, COSINE], 10, color_by=[1.0, 2.0])) == []
    ax = plot([LINE, COSINE], 10, color_by=[1.0, 2.0], labels=["a", "b"])
    assert legend_of(ax) == ["a", "b"]
    np.testing.assert_array_equal([line.get_color() for line in ax.lines], fan_of(ax).get_colors())


def test_more_curves_than_ten_have_no_labels_unless_they_are_given():
    ax = plot([LINE] * (FEW + 1), 10)
    assert len(paths_of(ax)) == FEW + 1 and legend_of(ax) == [] and len(ax.figure.axes) == 1
    assert len(legend_of(plot([LINE] * FEW, 10))) == FEW
    names = [str(i) for i in range(FEW + 10)]
    assert legend_of(plot([LINE] * (FEW + 10), 10, labels=names)) == names


# How it looks.


def test_a_style_is_that_of_lines():
    line = plot(LINE, 10, color="red", linestyle="--", alpha=0.3, label="mine").lines[0]
    assert (line.get_color(), line.get_linestyle(), line.get_alpha()) == ("red", "--", 0.3)
    assert line.get_label() == "mine"
    fan: Any = fan_of(plot(MANY, 10, c="red", ls="--", lw=3, alpha=0.3))
    assert np.asarray(fan.get_colors()).tolist() == [[1, 0, 0, 0.3]]
    assert np.asarray(fan.get_linewidths()).tolist() == [3] and fan.get_linestyle()[0][1] is not None


def test_a_map_of_colours_is_used_for_few_curves_as_for_many():
    import matplotlib as mpl

    for stack, count in ((MANY, 60), (STACK, 3)):
        colors = np.asarray(fan_of(plot(stack, 10, cmap="magma", alpha=None)).get_colors())
        np.testing.assert_allclose(colors, mpl.colormaps["magma"](np.linspace(0, 1, count)))
    assert legend_of(plot(STACK, 10, cmap="magma"))[0] == "init_value=1.0"


def test_it_draws_where_it_is_told_to_and_makes_no_figure():
    import matplotlib.pyplot as plt

    _, (left, right) = plt.subplots(1, 2)
    assert plot(LINE, ax=right) is right and figures() == 1 and not left.has_data()
    assert plot(MANY, ax=left) is left and figures() == 1 and len(left.figure.axes) == 2


def test_a_shorter_schedule_in_the_same_axes_cuts_nothing_off():
    ax = plot(js.Linear(1.0, 0.1, 100), log=True)
    plot(js.Linear(1.0, 0.1, 50), ax=ax)
    assert ax.get_xlim() == (0, 100) and ax.get_yscale() == "log"
    plot(js.Linear(1.0, 0.1, 200), ax=ax)
    assert ax.get_xlim() == (0, 200)


def test_a_wrong_call_leaves_no_figure():
    with pytest.raises(ValueError):
        plot(STACK, labels=["a"])
    assert figures() == 0


def test_the_scale_of_values_may_be_logarithmic():
    assert plot(js.HalfLife(1.0, 10), log=True).get_yscale() == "log"
    assert plot(MANY, log=True).get_yscale() == "log"


def test_long_labels_are_above_the_picture_and_short_ones_in_it():
    long, short = plot([LINE, COSINE], 10), plot({"a": LINE, "b": COSINE}, 10)
    for ax, above in ((long, True), (short, False)):
        ax.figure.canvas.draw()
        legend = ax.get_legend()
        assert legend is not None
        assert (legend.get_window_extent().y0 >= ax.get_window_extent().y1 - 1) == above


@pytest.mark.parametrize("log", [False, True])
def test_what_is_not_finite_interrupts_the_line(log: bool):
    ax = plot(BROKEN, 10, log=log)
    x, y = line_of(ax)
    assert len(x) == 11 and np.isnan(y[:3]).all() and y[6:].tolist() == [6, 7, 8, 9, 10]
    ax.figure.canvas.draw()
    assert all(5 < z < 11 for z in ax.get_ylim())
    fan = plot([BROKEN, LINE] * 10, 10)
    assert np.isnan(paths_of(fan)[0][:6, 1]).all() and np.isfinite(paths_of(fan)[1]).all()
    fan.figure.canvas.draw()
    assert fan.get_ylim()[1] < 20
    plot(js.FromFunction(lambda t: jnp.nan * t.astype(float)), 10).figure.canvas.draw()


# Two schedules.


@pytest.mark.parametrize("last", [None, 10_000, 200_000])
def test_a_comparison_has_the_largest_difference_and_its_first_step(last: int | None):
    a = js.wsd(peak_value=0.3, warmup_steps=500, cooldown_steps=2000, total_steps=10_000)
    b = js.warmup_cosine(peak_value=0.3, warmup_steps=700, total_steps=10_000)
    above, below = compare(a, b, last)
    steps = np.arange((last or 10_000) + 1)
    difference = np.asarray(b(steps)) - np.asarray(a(steps))
    step = int(np.abs(difference).argmax())
    assert below.get_title() == f"largest: {difference[step]:.3g}, at step {step}"
    assert above.get_shared_x_axes().joined(above, below) and above.get_xlim() == below.get_xlim() == (0, steps[-1])
    assert (above.get_xlabel(), below.get_xlabel(), below.get_ylabel()) == ("", "step", "difference")
    assert legend_of(above) == [line.get_label() for line in above.lines] and len(above.lines) == 2
    y = np.asarray(below.lines[1].get_ydata())
    assert (y.min(), y.max()) == pytest.approx((difference.min(), difference.max()))
    assert figures() == 1


def test_the_first_of_many_equal_differences_is_named():
    _, below = compare(js.CosineRestarts(1.0, 0.0, 100), js.CosineRestarts(2.0, 0.0, 100), 1000)
    assert below.get_title() == "largest: 1, at step 0"
    _, below = compare(js.Constant(0.0), js.sequence([js.Constant(0.0), js.Constant(-2.0)], [70]), 1000)
    assert below.get_title() == "largest: -2, at step 70"


def test_equal_schedules_differ_nowhere():
    _, below = compare(LINE, js.Linear(1.0, 0.0, 10), labels=["mine", "theirs"])
    assert below.get_title() == "none at any step"


def test_a_comparison_has_the_labels_that_are_given():
    assert legend_of(compare(LINE, 0.5, labels=["mine", "theirs"])[0]) == ["mine", "theirs"]


def test_what_is_not_a_number_is_nowhere_the_largest_difference():
    late = js.FromFunction(lambda t: jnp.where(t < 3, jnp.nan, t.astype(float)))
    _, below = compare(late, js.Constant(0.0), 10)
    assert below.get_title() == "largest: -10, at step 10"
    below.figure.canvas.draw()
    compare(BROKEN, js.Constant(0.0), 10)[1].figure.canvas.draw()


# What is wrong is said.

WRONG: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: plot(STACK, labels=["a", "b"]), ValueError, "plot: `labels` must be one for each of 3 curves, got ['a', 'b']."),
    (lambda: plot([LINE, COSINE], labels="ab"), ValueError, "plot: `labels` must be one for each of 2 curves, got 'ab'."),
    (lambda: plot([LINE, COSINE], labels=2), ValueError, "plot: `labels` must be one for each of 2 curves, got 2."),
    (lambda: compare(LINE, COSINE, labels=["a"]), ValueError, "plot: `labels` must be one for each of 2 curves, got ['a']."),
    (lambda: plot(STACK, color_by=[1.0, 2.0]), ValueError, "plot: `color_by` must be a real number for each curve, of shape (3,), got float64 of shape (2,)."),
    (lambda: plot(TABLE, color_by=np.arange(6)), ValueError, "plot: `color_by` must be a real number for each curve, of shape (2, 3), got int64 of shape (6,)."),
    (lambda: plot(STACK, color_by=[True, False, True]), ValueError, "plot: `color_by` must be a real number for each curve, of shape (3,), got bool"),
    (lambda: plot(STACK, color_by=[1j, 2.0, 3.0]), ValueError, "plot: `color_by` must be a real number for each curve, of shape (3,), got complex128"),
    (lambda: plot(STACK, color_by=["a", "b", "c"]), ValueError, "plot: `color_by` must be a real number for each curve, of shape (3,), got <U1"),
    (lambda: plot(STACK, color_by=[[1], [1, 2], [3]]), ValueError, "plot: `color_by` must be a real number for each curve, of shape (3,), got [[1], [1, 2], [3]]."),
    (lambda: plot(STACK, color_by="peak_value"), ValueError, "plot: `color_by` must be numbers, or the name of a number of a stack, got 'peak_value'; they have init_value, end_value, transition_steps."),
    (lambda: plot(COSINE, color_by="exponent"), ValueError, "plot: `color_by` must be numbers, or the name of a number of a stack, got 'exponent'; they have"),
    (lambda: plot(js.Tabulated(np.ones((2, 3))), color_by="values"), ValueError, "plot: `color_by` must be numbers, or the name of a number of a stack, got 'values'."),
    (lambda: plot([LINE, COSINE], color_by="init_value"), ValueError, "plot: `color_by` must be numbers, or the name of a number of a stack, got 'init_value'."),
    (lambda: plot([LINE, STACK]), ValueError, "plot: the schedules of a list must have one shape, got (), (3,)."),
    (lambda: plot([]), TypeError, "plot: `schedules` must be a list of at least one schedule, got []."),
    (lambda: plot({}), TypeError, "plot: `schedules` must be a list of at least one schedule, got []."),
    (lambda: plot(lambda t: t), TypeError, "plot: `schedules` must be a schedule or a number, such as FromFunction(...), got <function"),
    (lambda: plot([LINE, lambda t: t]), TypeError, "plot: `schedules[1]` must be a schedule or a number, such as FromFunction(...), got <function"),
    (lambda: plot("Linear(1, 0, 10)"), TypeError, "plot: `schedules` must be a schedule or a number, such as Constant(...), got 'Linear(1, 0, 10)'."),
    (lambda: plot(LINE, -1), ValueError, "plot: `total_steps` must not be negative, got -1."),
    (lambda: plot(LINE, 10.0), TypeError, "plot: `total_steps` must be an integer, got 10.0."),
    (lambda: plot(LINE, np.arange(3)), TypeError, "plot: `total_steps` must be one integer, got array([0, 1, 2])."),
    (lambda: LINE.plot(-1), ValueError, "plot: `total_steps` must not be negative, got -1."),
    (lambda: jax.jit(lambda x: plot(js.Linear(x, 0.0, 10)))(1.0), TypeError, "plot: the numbers must be known, and not traced: call it outside of jax.jit."),
    (lambda: jax.jit(lambda n: plot(LINE, n))(10), TypeError, "plot: the numbers must be known, and not traced"),
    (lambda: jax.jit(lambda x: plot(STACK, color_by=x))(jnp.ones(3)), TypeError, "plot: the numbers must be known, and not traced"),
    (lambda: jax.jit(lambda x: compare(LINE, x))(1.0), TypeError, "compare: the numbers must be known, and not traced"),
    (lambda: compare(LINE, STACK), TypeError, "compare: `b` must be one schedule, got a stack of shape (3,)."),
    (lambda: compare(STACK, LINE), TypeError, "compare: `a` must be one schedule, got a stack of shape (3,)."),
    (lambda: compare(LINE, lambda t: t), TypeError, "compare: `b` must be a schedule or a number, such as FromFunction(...), got <function"),
    (lambda: compare(LINE, COSINE, -1), ValueError, "compare: `total_steps` must not be negative, got -1."),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), WRONG, ids=[message[:70] for _, _, message in WRONG])
def test_a_mistake_is_explained(call: Callable[[], Any], error: type[Exception], message: str):
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value).startswith(message)


def test_a_number_that_is_a_schedule_is_no_label_and_no_colour():
    stack = js.Triangular(0.0, 1.0, [10, 20, 30], scale=js.HalfLife(1.0, 1))
    legend = plot(stack, 100).get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["rise_steps=10", "rise_steps=20", "rise_steps=30"]
    with pytest.raises(ValueError, match=r"got 'scale'; they have init_value, peak_value, rise_steps"):
        plot(stack, 100, color_by="scale")
