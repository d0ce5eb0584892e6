# pyright: reportArgumentType=false
"""Tables of configurations, and the stacks that they make."""

import copy
import dataclasses
import pickle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import jaxsched as js


def test_a_grid_is_every_combination_the_last_column_fastest():
    configs = js.grid(a=[1, 2], b=(0.5, 1.5), c=["x", "y", "z"])
    rows = [{"a": a, "b": b, "c": c} for a in (1, 2) for b in (0.5, 1.5) for c in "xyz"]
    assert len(configs) == 12 and list(configs) == rows
    assert configs[-1] == rows[-1] and configs[np.int64(3)] == rows[3]
    assert all(type(x) is kind for x, kind in zip(configs[0].values(), (int, float, str), strict=True))


def test_columns_are_numpy_arrays_of_the_widest_type_and_cannot_be_written():
    configs = js.grid(i=range(2), f=np.array([0.1], np.float32), j=jnp.arange(2), b=[True], s=["x"], t=[(1, 2), (3,)])
    kinds = {name: column.dtype.name for name, column in configs.columns.items()}
    assert kinds == {
        "i": "int64",
        "f": "float64",
        "j": "int64",
        "b": "bool",
        "s": "object",
        "t": "object",
    }
    assert configs[1]["t"] == (3,)
    with pytest.raises(ValueError, match="read-only"):
        configs.columns["i"][0] = 7
    with pytest.raises(TypeError, match="does not support item assignment"):
        configs.columns["i"] = np.zeros(2)  # pyright: ignore[reportIndexIssue]


def test_numbers_of_numpy_and_jax_are_numbers():
    configs = js.grid(b=[np.bool_(True)], i=[np.int8(1)], f=[np.float32(0.5)], j=[jnp.int32(3)])
    assert [column.dtype.name for column in configs.columns.values()] == ["bool", "int64", "float64", "int64"]


def test_a_given_array_is_copied():
    given = np.array([1.0, 2.0])
    configs = js.grid(a=given)
    given[0] = 5.0
    assert configs[0] == {"a": 1.0}


def test_slices_masks_and_sums_are_tables():
    configs = js.grid(a=[1, 2, 3], s=["x", "y"])
    assert list(configs[1:3]) == list(configs)[1:3] and len(configs[:0]) == 0
    assert list(configs[[4, 0]]) == [configs[4], configs[0]]
    assert list(configs[configs.columns["a"] == 2]) == [configs[2], configs[3]]
    assert configs[:2] + configs[2:] == configs and configs[:2] != configs
    assert (js.grid(a=[1]) + js.grid(a=[0.5])).columns["a"].tolist() == [1.0, 0.5]
    assert js.Configs({"a": [1, 2]}) == js.grid(a=[1, 2])
    with pytest.raises(ValueError, match="columns differ"):
        configs + js.grid(a=[1])  # pyright: ignore[reportUnusedExpression]


def test_a_column_and_what_python_indexes_with():
    configs = js.grid(a=[1, 2, 3], s=["x", "y"])
    assert configs["a"].tolist() == [1, 1, 2, 2, 3, 3] and configs["a"] is configs.columns["a"]
    assert configs[[True, False] * 3] == js.grid(a=[1, 2, 3], s=["x"]) and len(configs[[]]) == 0
    assert configs[::-1][0] == configs[-1] and configs[np.array([2, -1])][1] == configs[5]
    for index in (6, [6], [[0, 1]], [True, False], 1.5):
        with pytest.raises((IndexError, TypeError)):
            configs[index]  # pyright: ignore[reportCallIssue]
    with pytest.raises(KeyError, match=r"Configs: no column 'b'\. The columns are a, s\."):
        configs["b"]


def test_a_product_is_every_row_with_every_row():
    zipped = js.Configs({"batch": [32, 64], "rate": [0.1, 0.2]})
    product = zipped * js.grid(seed=range(3))
    assert list(product) == [{**row, "seed": seed} for row in zipped for seed in range(3)]
    assert js.grid(a=[1, 2]) * js.grid(b=["x", "y"]) == js.grid(a=[1, 2], b=["x", "y"])
    assert len(zipped * js.grid(seed=[])) == 0
    with pytest.raises(ValueError, match="must not have a column twice, got `rate` in both"):
        zipped * js.grid(rate=[1])  # pyright: ignore[reportUnusedExpression]
    with pytest.raises(TypeError):
        _ = zipped * 2  # pyright: ignore[reportOperatorIssue]


def test_filter_keeps_the_rows_that_a_function_wants():
    configs = js.grid(a=[1, 2, 3], b=[1, 2, 3])
    assert configs.filter(lambda row: row["a"] < row["b"]) == configs[configs["a"] < configs["b"]]
    assert len(configs.filter(lambda row: False)) == 0


FRAMES: dict[str, Any] = {
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "arrow": pa.table,
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=list(FRAMES))
def test_a_table_comes_from_a_frame_and_goes_back(make: Any):
    columns = {"i": [1, 2], "f": [0.5, float("nan")], "b": [True, False], "s": ["x", "y"]}
    configs = js.Configs(make(columns))
    assert configs == js.Configs(columns) and [c.dtype.name for c in configs.columns.values()] == [
        "int64",
        "float64",
        "bool",
        "object",
    ]
    assert js.Configs(configs.to_pandas()) == configs == js.Configs(configs.to_arrow())
    assert js.Configs(pl.from_arrow(configs.to_arrow())) == configs


def test_a_list_in_arrow_becomes_a_tuple():
    configs = js.Configs({"sizes": [(1, 2), (3, 4, 5)]})
    assert js.Configs(configs.to_arrow()) == configs


def test_what_a_frame_lacks_is_named():
    for frame in (pa.table({"a": [1, None]}), pl.DataFrame({"a": [1, None]}), pd.DataFrame({"a": [1, pd.NA]})):
        with pytest.raises(TypeError, match=r"Configs: `a` must have an entry in every row, got .* in row 1; a number"):
            js.Configs(frame)
    with pytest.raises(TypeError, match="`a` must have an entry in every row, got nan in row 1"):
        js.Configs(pd.DataFrame({"a": ["x", None]}, dtype=object).fillna(float("nan")))


def shared(step: int) -> float:
    return 0.1 * step


def test_functions_and_schedules_are_text_in_arrow_and_objects_are_refused():
    table = js.grid(f=[shared, optax.adam], s=[js.Linear(1.0, 0.0, 10)]).to_arrow()
    assert table["f"].to_pylist() == [f"{__name__}.shared", f"{optax.adam.__module__}.adam"]
    assert table["s"].to_pylist()[0] == "Linear(init_value=1.0, end_value=0.0, transition_steps=10)"
    with pytest.raises(TypeError, match=r"Configs: `f`: a function must have a name .*, got <function .*lambda"):
        js.grid(f=[lambda step: step]).to_arrow()
    with pytest.raises(TypeError, match="Configs: `o` must hold entries of one kind that Arrow knows, got"):
        js.grid(o=[object(), "x"]).to_arrow()


def test_an_empty_axis_makes_an_empty_table():
    configs = js.grid(a=[], b=[1, 2])
    assert len(configs) == 0 and list(configs) == []
    with pytest.raises(IndexError):
        configs[0]


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: js.grid(), ValueError, "grid: at least one column is needed"),
        (
            lambda: js.grid(a=0.1),
            TypeError,
            r"grid: `a` must be a sequence of values, got 0.1; for one value, write \[0.1\]",
        ),
        (lambda: js.grid(a="xyz"), TypeError, r"for one value, write \['xyz'\]"),
        (lambda: js.grid(a=np.ones((2, 2))), TypeError, r"`a` must be one-dimensional, got an array of shape \(2, 2\)"),
        (
            lambda: js.Configs({"a": [1], "b": [1, 2]}),
            ValueError,
            "the columns must have one length, got {'a': 1, 'b': 2}",
        ),
        (
            lambda: js.grid(a=[1, None]),
            TypeError,
            "grid: `a` must have an entry in every row, got None in row 1; a number",
        ),
        (lambda: js.Configs(3), TypeError, "Configs: `columns` must be a dict of columns, or a DataFrame, got 3"),
        (
            lambda: js.build(js.warmup_cosine, {"a": [1]}),
            TypeError,
            r"build: `configs` must be Configs, .*got {'a': \[1\]}; Configs\({...}\) makes a table of it",
        ),
        (lambda: js.build(lambda a: js.Constant(a), js.grid(a=[])), ValueError, "`configs` must have at least one row"),
        (
            lambda: js.build(lambda a: a, js.grid(a=[1.0])),
            TypeError,
            "`make` must return a schedule, got 1.0 for row 0",
        ),
    ],
)
def test_bad_tables_are_named(call, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        call()


def test_build_is_the_stack_of_its_rows():
    configs = js.grid(peak_value=[0.1, 0.2, 0.3], warmup_steps=[0, 10], total_steps=[50, 100])
    built = js.build(js.warmup_cosine, configs)
    assert built.shape == (12,) and built == js.stack([js.warmup_cosine(**row) for row in configs])


def test_build_takes_a_function_that_branches_in_python():
    def make(peak_value: float, warmup: float) -> js.Schedule:
        steps = int(100 * warmup) if warmup else 1
        return js.warmup_constant(peak_value=max(peak_value, 0.2), warmup_steps=steps)

    configs = js.grid(peak_value=[0.1, 0.3], warmup=[0.0, 0.25])
    assert js.build(make, configs) == js.stack([make(**row) for row in configs])


def test_build_is_by_rows_even_where_a_function_mixes_columns():
    def make(peak_value: float) -> js.Schedule:
        return js.Constant(jnp.max(jnp.asarray(peak_value)))

    peaks = [0.3, *np.linspace(0, 0.3, 300), 0.3]
    np.testing.assert_allclose(js.build(make, js.grid(peak_value=peaks))(0), peaks, rtol=1e-6)


def test_many_rows_are_built_as_few_are():
    configs = js.grid(peak_value=np.geomspace(0.01, 1, 30), warmup_steps=range(20), total_steps=[50])
    assert js.build(js.warmup_cosine, configs) == js.stack([js.warmup_cosine(**row) for row in configs])
    rates = js.grid(rate=np.linspace(0.9, 1.1, 300))
    built = js.build(lambda rate: js.ExponentialDecay(1.0, 1, rate), rates)
    assert built == js.stack([js.ExponentialDecay(1.0, 1, row["rate"]) for row in rates])
    with pytest.raises(ValueError, match=r"build: row 280, .*: warmup_constant: `warmup_steps` must not be negative"):
        make = lambda n: js.warmup_constant(peak_value=1.0, warmup_steps=n)  # noqa: E731
        js.build(make, js.grid(n=[*range(280), -1, *range(20)]))


def test_build_keeps_a_rate_in_double_precision():
    built = js.build(lambda rate: js.ExponentialDecay(1.0, 1, rate), js.grid(rate=[0.9, 0.99]))
    assert built[1] == js.ExponentialDecay(1.0, 1, 0.99)


def test_build_broadcasts_what_does_not_depend_on_the_row():
    assert js.build(lambda a: js.Constant(0.5), js.grid(a=[1, 2, 3]))(0).tolist() == [0.5] * 3


def test_as_many_factors_as_boundaries_are_rows_where_something_says_so():
    make, configs = (lambda factor: js.MultiStep(0.1, [30, 60], factor)), js.grid(factor=[0.1, 0.2])
    built = js.build(make, configs)
    assert built == js.stack([make(0.1), make(0.2)]) == js.MultiStep(np.array([0.1, 0.1]), [30, 60], [0.1, 0.2])
    assert jax.vmap(lambda factor: make(factor)(40))(np.array([0.1, 0.2], np.float32)) == pytest.approx([0.01, 0.02])
    many = js.build(
        lambda factor: js.MultiStep(0.1, np.arange(300), factor), js.grid(factor=np.linspace(0.1, 0.9, 300))
    )
    assert many.shape == (300,) and many[299](0) == np.float32(0.09)
    assert dataclasses.replace(built, init_value=1.0)(0).tolist() == [1.0, 1.0]


def test_an_error_in_build_names_the_row():
    configs = js.grid(warmup_steps=[10, 60, 20])
    with pytest.raises(
        ValueError, match=r"build: row 1, \{'warmup_steps': 60\}: warmup_cosine: `total_steps` must be at"
    ):
        js.build(
            lambda warmup_steps: js.warmup_cosine(peak_value=1.0, warmup_steps=warmup_steps, total_steps=50), configs
        )
    with pytest.raises(ValueError, match=r"build: row 2, .*: Constant: `value` must be finite"):
        js.build(lambda value: js.Constant(value), js.grid(value=[1.0, 2.0, float("nan"), 3.0]))
    with pytest.raises(ValueError, match=r"structure of the first.* in row 1"):
        js.build(lambda n: js.Linear(1.0, 0.0, n) if n else js.Constant(1.0), js.grid(n=[5, 0, 7]))


def test_a_thousand_rows_are_two_calls_of_make():
    calls = []

    def make(**row: float) -> js.Schedule:
        calls.append(row)
        return js.warmup_cosine(peak_value=row["peak_value"], warmup_steps=5, total_steps=100)

    built = js.build(make, js.grid(peak_value=np.geomspace(1e-4, 1e-1, 1000)))
    assert built.shape == (1000,) and len(calls) == 2


def test_stacks_pass_through_jit_and_vmap():
    stacked = js.stack([js.Linear(1.0, 0.0, n) for n in (5, 10, 20)])
    looped = jnp.stack([schedule(3) for schedule in stacked])
    np.testing.assert_allclose(jax.vmap(lambda schedule: schedule(3))(stacked), looped, rtol=1e-6)
    np.testing.assert_allclose(jax.jit(lambda schedule: schedule[1](3))(stacked), looped[1], rtol=1e-6)


def test_configurations_and_results_survive_pickling_and_copying():
    configs = js.grid(peak_value=[0.1, 0.2], steps=[10, 20], shape=["cosine", "linear"], cut=[(1, 2)])

    def train(peak_value: jax.Array, steps: jax.Array, shape: str, cut: Any) -> dict[str, jax.Array]:
        return {"value": peak_value * steps.astype(np.float32), "curve": jnp.arange(3.0) * peak_value}

    results = js.sweep(train, configs, progress=False)
    for survive in (lambda x: pickle.loads(pickle.dumps(x)), copy.deepcopy, copy.copy):
        again = survive(configs)
        assert again == configs and list(again) == list(configs) and repr(again) == repr(configs)
        with pytest.raises(ValueError, match="read-only"):
            again.columns["steps"][0] = 7
        with pytest.raises(TypeError, match="does not support item assignment"):
            again.columns["steps"] = np.zeros(8)  # pyright: ignore[reportIndexIssue]
        other = survive(results)
        assert other.configs == configs and list(other.columns) == list(results.columns)
        assert all(np.array_equal(other[name], results[name]) for name in results.columns)
        assert repr(other.best("value")) == repr(results.best("value"))


def test_a_column_of_lambdas_can_be_copied_but_not_pickled():
    configs = js.grid(fn=[lambda x: x, lambda x: 2 * x])
    assert copy.deepcopy(configs) == configs
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(configs)
