# pyright: reportArgumentType=false, reportCallIssue=false
"""Pictures of what schedules led to: every row is there, or the title says why not."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jax
import numpy as np
import pytest

import jaxsched as js
from jaxsched.plotting.outcomes import TICKS, WORD
from jaxsched.training import RangeTest
from tests.plotting.test_curves import colour_bar_of, fan_of, figures, legend_of, line_of


if TYPE_CHECKING:
    from matplotlib.axes import Axes

RATES, WIDTHS = np.geomspace(1e-4, 1.0, 5), [8, 16, 32]
CONFIGS = js.grid(rate=RATES, width=WIDTHS, kind=["line", "cosine"], nesterov=[True, False], seed=range(3))
NOISE = np.random.default_rng(0).lognormal(sigma=2.0, size=len(CONFIGS))


def results(**metrics: Any) -> js.Results:
    return js.Results(CONFIGS, {"loss": NOISE, **metrics})


def holed(*rows: int) -> js.Results:
    """With a loss that is not finite in some rows."""
    losses = NOISE.copy()
    losses[list(rows)] = np.resize([np.nan, np.inf, -np.inf], len(rows))
    return results(loss=losses)


def texts(axis: Any) -> list[str]:
    return [label.get_text() for label in axis.get_ticklabels()]


def mean(table: js.Results, **agreeing: Any) -> float:
    rows = np.all([table[name] == entry for name, entry in agreeing.items()], axis=0)
    return float(np.asarray(table["loss"])[rows].mean())


def cosine_of(rate: float, width: int, **_: Any) -> js.Schedule:
    return js.Cosine(rate, 0.0, width)


# One column.


@pytest.mark.parametrize(
    ("column", "at"),
    [
        ("rate", dict(zip(RATES, RATES, strict=True))),
        ("width", {8: 8, 16: 16, 32: 32}),
        ("kind", {"cosine": 0, "line": 1}),
        ("nesterov", {False: 0, True: 1}),
    ],
)
def test_a_column_has_a_dot_for_each_row_and_the_mean_of_each_entry(column: str, at: dict[Any, float]):
    table = results()
    ax = table.plot("loss", column)
    x, y = line_of(ax, 0)
    assert x.tolist() == [at[entry] for entry in table[column]] and y.tolist() == table["loss"].tolist()
    x, y = line_of(ax, 1)
    assert x.tolist() == list(at.values())
    np.testing.assert_allclose(y, [mean(table, **{column: entry}) for entry in at])
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == (column, "loss", "")
    assert legend_of(ax) == ["rows", "mean"]
    ax.figure.canvas.draw()


def test_numbers_are_joined_by_a_line_and_words_are_not():
    assert results().plot("loss", "rate").lines[1].get_linestyle() == "-"
    words = results().plot("loss", "kind")
    assert words.lines[1].get_linestyle() == "None"
    assert texts(words.xaxis) == ["cosine", "line"] and words.get_xlim() == (-0.5, 1.5)
    assert texts(results().plot("loss", "nesterov").xaxis) == ["False", "True"]


def test_without_repeated_entries_the_rows_are_the_means():
    table = js.Results(js.grid(rate=RATES), {"loss": np.arange(5.0)})
    ax = table.plot("loss", "rate")
    assert len(ax.lines) == 1 and ax.get_legend() is None and line_of(ax)[1].tolist() == [0, 1, 2, 3, 4]


def test_scales_are_logarithmic_where_numbers_are_spread_so():
    table = results(accuracy=NOISE / (1 + NOISE), shift=np.linspace(-1.0, 1.0, len(CONFIGS)))
    scales = {
        (metric, column): (ax.get_xscale(), ax.get_yscale())
        for metric in ("loss", "accuracy", "shift")
        for column in ("rate", "width", "shift")
        for ax in [table.plot(metric, column)]
    }
    assert {pair: x for pair, (x, _) in scales.items()} == {
        pair: "log" if pair[1] == "rate" else "linear" for pair in scales
    }
    assert {pair: y for pair, (_, y) in scales.items()} == {
        pair: "log" if pair[0] == "loss" else "linear" for pair in scales
    }


def test_a_metric_may_be_flags_or_integers():
    table = results(reached=NOISE > 1, count=np.arange(len(CONFIGS)))
    np.testing.assert_allclose(line_of(table.plot("reached", "kind"), 1)[1].mean(), (NOISE > 1).mean())
    assert line_of(table.plot("count", "seed"), 1)[1].tolist() == [88.5, 89.5, 90.5]


def test_a_metric_may_be_drawn_against_another():
    table = results(error=np.where(np.arange(len(CONFIGS)) < 5, np.nan, NOISE**2))
    ax = table.plot("loss", "error")
    np.testing.assert_allclose(line_of(ax)[0], np.sort(NOISE[5:] ** 2))
    assert ax.get_title() == "5 of 180 rows are not finite" and ax.get_xscale() == "log"


def test_entries_that_are_neither_numbers_nor_words_have_a_name():
    def same(t: Any) -> Any:
        return t

    other, same.__name__ = same, "twin"
    twins = [same, lambda t: t, lambda t: -t, other]
    ax = js.Results(js.Configs({"fn": twins}), {"loss": np.array([1.0, 2.0, 3.0, 5.0])}).plot("loss", "fn")
    assert sorted(texts(ax.xaxis)) == ["<lambda>", "<lambda>", "twin"], "two functions are two, whatever their name"
    assert sorted(line_of(ax, 1)[1]) == [2, 3, 3]
    schedules = js.Configs({"schedule": [js.Linear(1.0, 0.0, 10), js.Cosine(1.0, 0.0, 10)]})
    long = texts(js.Results(schedules, {"loss": np.ones(2)}).plot("loss", "schedule").xaxis)
    assert all(text.startswith(("Linear(", "Cosine(")) and len(text) < WORD + 8 for text in long)


def test_long_words_do_not_run_into_each_other():
    names = [
        f"{shape}_{part}"
        for shape in ("constant", "linear", "cosine", "mirror_cosine")
        for part in ("warmup", "cooldown")
    ]
    ax = js.Results(js.grid(name=names), {"loss": np.ones(8)}).plot("loss", "name")
    ax.figure.canvas.draw()
    assert {label.get_rotation() for label in ax.get_xticklabels()} == {30.0}
    bottom = min(label.get_window_extent().y0 for label in ax.get_xticklabels())
    left = min(label.get_window_extent().x0 for label in ax.get_xticklabels())
    assert bottom >= 0 and left >= 0, "and are not cut off"


# Two columns.


def cells_of(ax: "Axes") -> np.ndarray:
    (image,) = ax.images
    return np.ma.filled(cast(Any, image.get_array()), np.nan)


def test_two_columns_are_a_map_of_means():
    table = results()
    ax = table.plot("loss", "rate", "width")
    expected = [[mean(table, rate=rate, width=width) for rate in RATES] for width in WIDTHS]
    np.testing.assert_allclose(cells_of(ax), expected)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("rate", "width") and ax.images[0].origin == "lower"
    assert texts(ax.xaxis) == ["0.0001", "0.001", "0.01", "0.1", "1"] and texts(ax.yaxis) == ["8", "16", "32"]
    bar = colour_bar_of(ax)
    assert bar.get_ylabel() == "loss" and bar.get_yscale() == "log"
    words = table.plot("loss", "kind", "nesterov")
    expected = [[mean(table, kind=kind, nesterov=flag) for kind in ("cosine", "line")] for flag in (False, True)]
    np.testing.assert_allclose(cells_of(words), expected)
    assert texts(words.xaxis) == ["cosine", "line"] and texts(words.yaxis) == ["False", "True"]


def test_a_cell_without_rows_is_blank():
    table = results()
    few = table[(table["rate"] < 0.5) | (table["width"] == 8)]
    cells = cells_of(few.plot("loss", "rate", "width"))
    assert np.isnan(cells).tolist() == [[False] * 5, [False] * 4 + [True], [False] * 4 + [True]]
    np.testing.assert_allclose(cells[0, 4], mean(table, rate=1.0, width=8))


def test_along_a_map_of_many_numbers_only_some_are_written_at_equal_distances():
    table = js.Results(js.grid(a=range(1000, 1040), b=range(3)), {"loss": np.arange(120.0)})
    ax = table.plot("loss", "a", "b")
    written = [int(text) for text in texts(ax.xaxis)]
    assert len(written) <= TICKS and written[0] == 1000 and len(set(np.diff(written))) == 1
    assert ax.get_xticks().tolist() == [x - 1000 for x in written] and texts(ax.yaxis) == ["0", "1", "2"]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_the_best_are_bright(mode: Any):
    table = js.Results(js.grid(a=range(3), b=range(2)), {"loss": np.arange(6.0)})
    ax = table.plot("loss", "a", "b", mode=mode)
    (image,) = ax.images
    lightness = image.to_rgba(image.get_array())[..., :3].sum(axis=-1)
    best = (0, 0) if mode == "min" else (1, 2)
    assert np.unravel_index(lightness.argmax(), lightness.shape) == best


def test_rows_that_were_drawn_at_random_are_dots():
    samples = js.sample(60, rate=js.log_uniform(1e-4, 1.0), warmup=js.log_uniform(1.0, 1000.0), kind=["a", "b"])
    losses = np.arange(60.0)
    table = js.Results(samples, {"loss": losses})
    ax = table.plot("loss", "rate", "warmup")
    (dots,) = ax.collections
    np.testing.assert_allclose(np.asarray(dots.get_offsets()), np.stack([table["rate"], table["warmup"]], axis=1))
    greens = np.asarray(cast(Any, dots).get_facecolors())[:, 1]
    assert (np.diff(greens) <= 0).all() and greens[0] > greens[-1], "the lowest loss is the brightest"
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log") and colour_bar_of(ax).get_ylabel() == "loss"
    alone = js.Results(js.grid(a=[1, 2]), {"loss": np.ones(2)}).plot("loss", "a", "a")
    assert np.isnan(cells_of(alone)).tolist() == [[False, True], [True, False]], "a grid is no sample"


# Schedules.


@pytest.mark.parametrize("mode", ["min", "max"])
def test_schedules_have_the_colour_of_what_they_led_to_and_the_best_is_drawn_last(mode: Any):
    table = results()
    ax = table.plot("loss", schedule=cosine_of, mode=mode)
    paths = fan_of(ax).get_paths()
    order = np.argsort(-NOISE if mode == "min" else NOISE)
    assert [float(np.asarray(path.vertices)[0, 1]) for path in paths] == np.float32(table["rate"][order]).tolist()
    assert np.float32(table.best("loss", mode=mode)["rate"]) == np.asarray(paths[-1].vertices)[0, 1]
    greens = np.asarray(fan_of(ax).get_colors())[:, 1]
    assert (np.diff(greens) >= 0).all() and greens[-1] > greens[0]
    assert colour_bar_of(ax).get_ylabel() == "loss" and ax.get_xlim() == (0, 32)
    assert table.plot("loss", schedule=cosine_of, total_steps=7).get_xlim() == (0, 7)


def test_a_column_may_hold_schedules_of_any_kinds():
    kinds = [js.Linear(1.0, 0.0, 10), js.Cosine(2.0, 0.0, 10), 3 * js.HalfLife(1.0, 5), 0.5]
    table = js.Results(js.Configs({"plan": kinds}), {"loss": np.array([3.0, np.nan, 1.0, 2.0])})
    ax = table.plot("loss", schedule="plan", total_steps=20)
    assert [np.asarray(path.vertices)[0, 1] for path in fan_of(ax).get_paths()] == [1, 0.5, 3]
    assert ax.get_title() == "1 of 4 rows are not finite"


def test_schedules_that_come_back_from_a_store_as_text_are_drawn(tmp_path: Path):
    def train(plan: Any, scale: float) -> dict[str, jax.Array]:
        return {"loss": plan(3) * scale}

    configs = js.Configs({"plan": [js.Linear(1.0, 0.0, 10), 0.5 * js.Cosine(4.0, 0.0, 10)], "scale": [1.0, 2.0]})
    ran = js.sweep(train, configs, store=tmp_path, progress=False)
    loaded = js.Results.load(tmp_path)
    assert all(isinstance(x, str) for x in loaded["plan"])
    for table in (ran, loaded):
        ax = table.plot("loss", schedule="plan")
        assert [np.asarray(path.vertices)[0, 1] for path in fan_of(ax).get_paths()] == [2, 1]
        assert table.plot("loss", "scale").get_ylabel() == "loss"


# What is not finite.


@pytest.mark.parametrize(
    "drawn",
    [
        {"columns": ["rate"]},
        {"columns": ["kind"]},
        {"columns": ["rate", "width"]},
        {"columns": [], "schedule": cosine_of},
    ],
    ids=["numbers", "words", "map", "schedules"],
)
def test_rows_that_are_not_finite_are_left_out_and_told(drawn: dict[str, Any]):
    missing = [0, 3, 4, 7, 50]
    columns, options = drawn["columns"], {name: x for name, x in drawn.items() if name != "columns"}
    ax = holed(*missing).plot("loss", *columns, **options)
    alone = results()[np.setdiff1d(np.arange(len(CONFIGS)), missing)].plot("loss", *columns, **options)
    assert ax.get_title() == "5 of 180 rows are not finite" and alone.get_title() == ""
    for a, b in zip(ax.lines, alone.lines, strict=True):
        np.testing.assert_array_equal(a.get_xydata(), b.get_xydata())  # pyright: ignore[reportAttributeAccessIssue]
    for a, b in zip(ax.images, alone.images, strict=True):
        np.testing.assert_array_equal(np.asarray(a.get_array()), np.asarray(b.get_array()))
    for a, b in zip(ax.collections, alone.collections, strict=True):
        assert len(a.get_paths()) == len(b.get_paths()) == 175
    ax.figure.canvas.draw()


# Where.


@pytest.mark.parametrize("columns", [("rate",), ("rate", "width"), ()], ids=["one", "two", "schedules"])
def test_it_draws_where_it_is_told_to_and_makes_no_figure(columns: tuple[str, ...]):
    import matplotlib.pyplot as plt

    _, (left, right) = plt.subplots(1, 2)
    drawn = results().plot("loss", *columns, schedule=None if columns else cosine_of, ax=right)
    assert drawn is right and figures() == 1 and not left.has_data()


def test_one_row_is_enough():
    for columns in (["rate"], ["kind"], ["rate", "kind"], ["rate", "width"]):
        ax = results()[:1].plot("loss", *columns)
        ax.figure.canvas.draw()
        assert ax.has_data()


# What is wrong is said.

WRONG: list[tuple[Callable[[js.Results], Any], type[Exception], str]] = [
    (lambda r: r.plot("losses", "rate"), KeyError, "Results: no metric 'losses'; did you mean `loss`? The metrics are loss,"),
    (lambda r: r.plot("rate", "width"), KeyError, "Results: no metric 'rate'"),
    (lambda r: r.plot("loss", "rat"), TypeError, "Results.plot: there is no column `rat`; did you mean `rate`? There are rate, width,"),
    (lambda r: r.plot("loss", schedule="plan"), TypeError, "Results.plot: there is no column `plan`"),
    (lambda r: r.plot("curve", "rate"), ValueError, "Results: `curve` must be a real scalar to rank rows by, got float64[3] per row."),
    (lambda r: r.plot("wave", "rate"), ValueError, "Results: `wave` must be a real scalar to rank rows by, got complex128"),
    (lambda r: r.plot("loss", "curve"), ValueError, "Results.plot: `curve` must have one entry in each row, got shape (3,)."),
    (lambda r: r.plot("loss", "rate", "curve"), ValueError, "Results.plot: `curve` must have one entry in each row, got shape (3,)."),
    (lambda r: r.plot("loss"), ValueError, "Results.plot: give one or two columns, or `schedule`, got 0 columns."),
    (lambda r: r.plot("loss", "rate", "width", "kind"), ValueError, "Results.plot: give one or two columns, or `schedule`, got 3 columns."),
    (lambda r: r.plot("loss", "rate", schedule=cosine_of), ValueError, "Results.plot: give one or two columns, or `schedule`, got 1 columns and `schedule`."),
    (lambda r: r.plot("lost", "rate"), ValueError, "Results.plot: `lost` is finite in none of 180 rows."),
    (lambda r: r[:0].plot("loss", "rate"), ValueError, "Results.plot: `loss` is finite in none of 0 rows."),
    (lambda r: r.plot("loss", "rate", mode="least"), ValueError, "Results.plot: `mode` must be \"min\" or \"max\", got 'least'."),
    (lambda r: r.plot("loss", schedule=3), TypeError, "Results.plot: `schedule` must be a function of a row, or the name of a column, got 3."),
    (lambda r: r.plot("loss", schedule=lambda **row: None), TypeError, "Results.plot: `schedule` must be a schedule or a number, such as Constant(...), got None."),
    (lambda r: r.plot("loss", schedule=lambda rate, **row: js.Linear([rate, 1.0], 0.0, 10)), ValueError, "Results.plot: `schedule` must be one for each row, got a stack of shape (2,)."),
    (lambda r: r.plot("loss", schedule="kind"), ValueError, "Results.plot: the column `kind` must hold schedules. loads: "),
    (lambda r: r.plot("loss", schedule=cosine_of, total_steps=-1), ValueError, "plot: `total_steps` must not be negative, got -1."),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), WRONG, ids=[message[:70] for _, _, message in WRONG])
def test_a_mistake_is_explained_and_leaves_no_figure(
    call: Callable[[js.Results], Any], error: type[Exception], message: str
):
    table = results(curve=np.ones((180, 3)), wave=NOISE * 1j, lost=np.full(180, np.nan))
    with pytest.raises(error) as raised:
        call(table)
    assert str(raised.value.args[0]).startswith(message) and figures() == 0


# Range tests.


def falling(seeds: int) -> RangeTest:
    rates = np.geomspace(1e-6, 10.0, 300)
    falls = np.interp(np.log10(rates), [-6, -4, -2, 0, 1], [2.0, 2.0, 1.0, 0.2, 1e9])
    return RangeTest(rates, falls + np.linspace(0.0, 0.1, seeds)[:, None])


def test_a_range_test_is_drawn_for_each_seed_and_its_explosion_hides_nothing():
    found = falling(3)
    ax = found.plot()
    drawn = [np.asarray(line.get_ydata()) for line in ax.lines if len(np.asarray(line.get_xdata())) == 300]
    np.testing.assert_array_equal(drawn, np.concatenate([found.losses, found.smoothed]))
    lowest, highest = ax.get_ylim()
    assert (
        lowest < 0.3 and 2.1 < highest < 4 and (ax.get_xlabel(), ax.get_ylabel()) == ("learning rate", "training loss")
    )
    assert legend_of(ax) == [f"steepest: {found.steepest:.2g}", f"valley: {found.valley:.2g}"]


@pytest.mark.parametrize("losses", [np.linspace(1.0, 2.0, 100), np.ones(100)], ids=["rises", "constant"])
def test_a_loss_that_never_falls_is_drawn_without_a_suggestion(losses: np.ndarray):
    found = RangeTest(np.geomspace(1e-6, 1.0, 100), losses[None])
    ax = found.plot()
    assert len(ax.lines) == 2 and ax.get_legend() is None
    ax.figure.canvas.draw()
    lowest, highest = ax.get_ylim()
    assert lowest < losses.min() <= losses.max() < highest
