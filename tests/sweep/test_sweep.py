# pyright: reportArgumentType=false
"""Sweeps: the same results whatever the batches, in the order of the configurations, from one executable."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js


CONFIGS = js.grid(peak_value=[0.1, 0.2, 0.4], warmup_steps=[0, 5, 10], total_steps=[20, 40])


def train(peak_value: jax.Array, warmup_steps: jax.Array, total_steps: jax.Array) -> dict[str, Any]:
    """Gradient descent on a bowl, with a schedule built inside."""
    schedule = js.warmup_cosine(peak_value=peak_value, warmup_steps=warmup_steps, total_steps=total_steps)
    optimizer = optax.sgd(schedule)
    start = jnp.array([1.0, -2.0])

    def update(carry: Any, _: Any) -> Any:
        x, state = carry
        loss, gradient = jax.value_and_grad(lambda x: jnp.sum(x * x))(x)
        updates, state = optimizer.update(gradient, state)
        return (optax.apply_updates(x, updates), state), loss

    (x, _), curve = jax.lax.scan(update, (start, optimizer.init(start)), length=30)
    return {"loss": jnp.sum(x * x), "curve": curve, "steps": 30}


@functools.cache
def expected() -> list[dict[str, Any]]:
    with jax.numpy_dtype_promotion("standard"):
        return [jax.jit(train)(**row) for row in CONFIGS]


@pytest.mark.parametrize("batch_size", [None, 1, 4, 18, 100])
def test_equals_a_loop_whatever_the_batches(batch_size: int | None):
    with jax.numpy_dtype_promotion("standard"):
        results = js.sweep(train, CONFIGS, batch_size=batch_size, progress=False)
    assert list(results.metrics) == ["loss", "curve", "steps"]
    assert len(results) == 18 and results["curve"].shape == (18, 30) and (results["steps"] == 30).all()
    np.testing.assert_allclose(results["loss"], [row["loss"] for row in expected()], rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(results["curve"], [row["curve"] for row in expected()], rtol=1e-5, atol=1e-12)
    assert (results["peak_value"] == CONFIGS.columns["peak_value"]).all()


@pytest.mark.parametrize("batch_size", [None, 4, 5, 18])
def test_compiles_once_whatever_the_number_of_batches(batch_size: int | None, caplog: pytest.LogCaptureFixture):
    def train(peak_value: jax.Array, warmup_steps: jax.Array, total_steps: jax.Array) -> dict[str, jax.Array]:
        return {"value": js.Linear(peak_value, 0.0, total_steps)(warmup_steps)}

    with jax.log_compiles():
        js.sweep(train, CONFIGS, batch_size=batch_size, progress=False)
    compiled = [record.getMessage() for record in caplog.records if "Finished XLA compilation" in record.getMessage()]
    assert len(compiled) == 1 and "train_row" in compiled[0]


def test_rows_are_grouped_by_what_is_not_numbers():
    traced = []

    def train(shape: str, scale: jax.Array, sizes: tuple[int, ...]) -> dict[str, jax.Array]:
        traced.append((shape, sizes))
        make = {"linear": js.Linear, "cosine": js.Cosine}[shape]
        return {"value": make(scale, 0.0, sum(sizes))(3)}

    configs = js.grid(shape=["linear", "cosine"], scale=[1.0, 2.0, 3.0], sizes=[(4, 4), (16,)])
    results = js.sweep(train, configs, batch_size=2, progress=False)
    assert sorted(traced) == sorted({(row["shape"], row["sizes"]) for row in configs})
    for row, value in zip(configs, results["value"], strict=True):
        make = {"linear": js.Linear, "cosine": js.Cosine}[row["shape"]]
        assert value == pytest.approx(float(make(row["scale"], 0.0, sum(row["sizes"]))(3)), rel=1e-6)


def test_columns_arrive_as_scalars_of_the_default_types():
    def train(**row: Any) -> dict[str, Any]:
        assert {name: (x.dtype.name, x.shape) for name, x in row.items() if name != "s"} == {
            "i": ("int32", ()),
            "f": ("float32", ()),
            "b": ("bool", ()),
        }
        assert row["s"] == "text" and not row["f"].weak_type
        return {"one": 1.0}

    assert (
        js.sweep(train, js.grid(i=[1, 2], f=[0.1], b=[True, False], s=["text"]), progress=False)["one"].tolist()
        == [1] * 4
    )


def test_a_table_without_numbers_can_be_swept():
    results = js.sweep(lambda s: {"length": len(s)}, js.grid(s=["a", "bb", "a"]), progress=False)
    assert results["length"].tolist() == [1, 2, 1]


def test_shows_progress_in_rows(capsys: pytest.CaptureFixture[str]):
    js.sweep(lambda a: {"b": a}, js.grid(a=range(10)), batch_size=4)
    assert "10/10" in capsys.readouterr().err


def results() -> js.Results:
    columns = {"a": [1, 2, 3, 4], "s": ["w", "x", "y", "z"]}
    metrics = {"loss": np.array([0.5, np.nan, 0.1, 0.5], np.float32), "curve": np.arange(8.0).reshape(4, 2)}
    return js.Results(js.Configs(columns), metrics)


def test_best_is_a_row_and_nan_never_is():
    best = results().best("loss")
    assert best == {"a": 3, "s": "y", "loss": pytest.approx(0.1), "curve": pytest.approx([4.0, 5.0])}
    assert results().best("loss", mode="max")["a"] == 1
    with pytest.raises(ValueError, match="NaN in every row"):
        js.Results(js.grid(a=[1, 2]), {"loss": np.full(2, np.nan)}).best("loss")


def test_top_is_a_table_best_first_with_nan_last():
    top = results().top(3, "loss")
    assert isinstance(top, js.Results) and top["a"].tolist() == [3, 1, 4] and top["curve"].shape == (3, 2)
    assert results().top(99, "loss", mode="max")["s"].tolist() == ["w", "z", "y", "x"]


def test_pandas_gets_every_column():
    frame = results().to_pandas()
    assert list(frame.columns) == ["a", "s", "loss", "curve"] and len(frame) == 4
    assert frame["curve"][3].tolist() == [6, 7] and frame["a"].dtype == np.int64


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: js.sweep(train, {"a": [1]}, progress=False), TypeError, "`configs` must be Configs, such as grid"),
        (lambda: js.sweep(train, js.grid(a=[]), progress=False), ValueError, "`configs` must have at least one row"),
        (
            lambda: js.sweep(train, CONFIGS, batch_size=0, progress=False),
            ValueError,
            "`batch_size` must be a positive integer",
        ),
        (
            lambda: js.sweep(train, CONFIGS, batch_size=True, progress=False),
            ValueError,
            "sweep: `batch_size` must be a positive integer or None, got True.",
        ),
        (
            lambda: js.sweep(lambda a: a, js.grid(a=[1]), progress=False),
            TypeError,
            "must return a dict of arrays by name, got",
        ),
        (
            lambda: js.sweep(lambda a: {"a": a}, js.grid(a=[1]), progress=False),
            ValueError,
            r"the name of a column, got \['a'\]",
        ),
        (
            lambda: js.sweep(lambda a: {"b": a}, js.grid(a=[2**40]), progress=False),
            ValueError,
            "`a` must fit into int32, got 1099",
        ),
        (
            lambda: js.sweep(lambda s: {s: 1}, js.grid(s=["x", "y"]), progress=False),
            ValueError,
            "the same metrics for every row",
        ),
        (
            lambda: js.sweep(lambda s: {"x": 1}, js.grid(s=[[1], [2]]), progress=False),
            TypeError,
            "must be hashable, got",
        ),
        (lambda: results().best("a"), KeyError, "no metric 'a'; there are"),
        (lambda: results().top(1, "curve"), ValueError, "`curve` must be a scalar to rank rows by"),
        (lambda: results().top(1, "loss", mode="least"), ValueError, '`mode` must be "min" or "max"'),
        (lambda: results().top(-1, "loss"), ValueError, "`k` must not be negative, got -1"),
        (lambda: results()["accuracy"], KeyError, "no column 'accuracy'; there are"),
    ],
)
def test_bad_arguments_are_named(call, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        call()
