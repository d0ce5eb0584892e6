# pyright: reportArgumentType=false
"""Results: a table as that of the configurations is, with the metrics beside them."""

import pickle

import numpy as np
import pytest

import jaxsched as js


def results() -> js.Results:
    columns = {"a": [1, 2, 3, 4, 5], "s": ["v", "w", "x", "y", "z"]}
    losses = np.array([0.5, np.nan, 0.1, 0.5, -np.inf], np.float32)
    return js.Results(js.Configs(columns), {"loss": losses, "curve": np.arange(10.0).reshape(5, 2)})


def test_it_behaves_as_configs_do():
    table = results()
    assert list(table.columns) == ["a", "s", "loss", "curve"] and len(table) == 5
    assert table[2] == {"a": 3, "s": "x", "loss": pytest.approx(0.1), "curve": pytest.approx([4, 5])}
    assert [row["a"] for row in table] == table["a"].tolist() == [1, 2, 3, 4, 5]
    assert table[1:3]["s"].tolist() == ["w", "x"] and table[table["a"] > 3].rows.tolist() == [3, 4]
    assert table[[0, 4]].configs == table.configs[[0, 4]]
    assert table.filter(lambda row: row["s"] in "vz") == table[[0, 4]]
    assert table[:2] + table[2:] == table != table[:2] + table[3:] + table[2:3]
    assert pickle.loads(pickle.dumps(table)) == table
    assert table != table.configs and table != 3
    with pytest.raises(TypeError):
        _ = table + table.configs  # pyright: ignore[reportOperatorIssue]
    with pytest.raises(ValueError, match="Results: columns differ, got"):
        _ = table + js.Results(table.configs, {"loss": table["loss"]})


def test_what_is_not_finite_is_marked():
    table = results()
    assert table.finite.tolist() == [True, False, True, True, False]
    assert repr(table) == "Results(5 rows, 2 not finite: a, s -> loss, curve)"
    assert repr(table[table.finite]) == "Results(3 rows: a, s -> loss, curve)"


def test_best_is_a_row_and_is_finite():
    assert results().best("loss")["s"] == results()[2]["s"] == "x"
    assert results().best("loss", mode="max")["a"] == 1
    with pytest.raises(ValueError, match="`loss` is finite in none of 2 rows, so none is best"):
        js.Results(js.grid(a=[1, 2]), {"loss": np.array([np.nan, np.inf])}).best("loss")
    with pytest.raises(ValueError, match="`loss` is finite in none of 0 rows"):
        results()[:0].best("loss")


def test_top_is_a_table_best_first_and_what_is_not_finite_last():
    top = results().top(3, "loss")
    assert isinstance(top, js.Results) and top["a"].tolist() == [3, 1, 4] and top["curve"].shape == (3, 2)
    assert top.rows.tolist() == [2, 0, 3]
    for mode in ("min", "max"):
        assert results().top(99, "loss", mode=mode)["s"].tolist()[-2:] == ["w", "z"]
    assert len(results().top(0, "loss")) == 0


def test_groups_have_a_mean_and_a_spread():
    configs = js.grid(rate=[0.1, 0.2], kind=["x"], seed=[0, 1, 2])
    values = np.array([1.0, 2.0, 6.0, 1.0, np.nan, 3.0], np.float32)
    table = js.Results(configs, {"loss": values, "curve": np.stack([values, -values], axis=1), "ok": values > 1})
    by_seed = table.group_by(over="seed")
    assert by_seed == table.group_by("rate", "kind") == table[::-1].group_by(over=["seed"])[::-1]
    assert list(by_seed.columns) == ["rate", "kind", "loss", "loss_std", "curve", "curve_std", "ok", "ok_std", "count"]
    np.testing.assert_allclose(by_seed["loss"], [3, np.nan])
    np.testing.assert_allclose(by_seed["loss_std"], np.array([np.std([1, 2, 6], ddof=1), np.nan]))
    assert by_seed["curve"][0].tolist() == [3, -3]
    assert by_seed["ok"].tolist() == pytest.approx([2 / 3, 1 / 3]) and by_seed["count"].tolist() == [3, 3]
    assert by_seed.best("loss")["rate"] == 0.1, "a mean with NaN in it is not the best"
    alone = table[:1].group_by("seed")
    assert alone["loss"] == 1 and np.isnan(alone["loss_std"]) and alone["count"] == 1
    frame = table.to_pandas().groupby("rate")["loss"].agg(["mean", "std"])
    assert by_seed["loss_std"][0] == pytest.approx(frame["std"].iloc[0])


def test_frames_get_every_column():
    frame = results().to_pandas()
    assert list(frame.columns) == ["a", "s", "loss", "curve"] and len(frame) == 5
    assert frame["curve"][3].tolist() == [6, 7] and frame["a"].dtype == np.int64
    table = results().to_arrow()
    assert table.column_names == ["a", "s", "loss", "curve"] and str(table["curve"].type).startswith("fixed_size_list")
    assert table["loss"].null_count == 0 and np.isnan(table["loss"][1].as_py()) and table["curve"][3].as_py() == [6, 7]


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: results().best("a"), KeyError, "Results: no metric 'a'. The metrics are loss, curve"),
        (
            lambda: results().best("los"),
            KeyError,
            "Results: no metric 'los'; did you mean `loss`. The metrics are loss, curve",
        ),
        (
            lambda: results().top(1, "curve"),
            ValueError,
            "`curve` must be a real scalar to rank rows by, got float64.2. per row",
        ),
        (lambda: results().top(1, "loss", mode="least"), ValueError, '`mode` must be "min" or "max"'),
        (lambda: results().top(-1, "loss"), ValueError, "`k` must not be negative, got -1"),
        (
            lambda: results().top("loss", 3),
            TypeError,
            r"`k` must be a number of rows, got 'loss'; the number comes first: top\(3, 'loss'\)",
        ),
        (lambda: results()["accuracy"], KeyError, "no column 'accuracy'. The columns are a, s, loss"),
        (
            lambda: results().group_by(),
            ValueError,
            "group_by takes the columns that rows agree in, or `over`, got both or neither",
        ),
        (lambda: results().group_by("a", over="s"), ValueError, "got both or neither"),
        (lambda: results().group_by("b"), TypeError, "there is no column of `configs` `b`"),
        (
            lambda: results().group_by(over=["a", "s"]),
            ValueError,
            r"`over` must leave a column, got all of them: \['a', 's'\]",
        ),
        (
            lambda: js.Results(js.grid(a=[1]), {"count": np.ones(1)}).group_by("a"),
            ValueError,
            "group_by adds `count` and `..._std`",
        ),
        (
            lambda: js.Results(js.grid(a=[1, 2]), {"x": np.ones(3)}),
            ValueError,
            "each metric must have 2 rows, as `configs`, got {'x': 3",
        ),
    ],
)
def test_bad_arguments_are_named(call, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        call()
