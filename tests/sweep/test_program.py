# pyright: reportArgumentType=false
"""What is traced of a training function: the errors, the metrics, what tells it from another one; without a device."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched._sweep import plan
from jaxsched._sweep.program import Program, explained, row_of, trace


def traced(train: Callable[..., Any], static: dict[str, Any] | None = None, **columns: Any) -> Program:
    numbers = plan.numbers_of(js.Configs({name: [x] for name, x in columns.items()}))
    row = row_of(train, tuple(numbers), static or {})
    first = {name: column[0] for name, column in numbers.items()}
    return trace(row, numbers, lambda error: explained(partial(row_of, train), first, static or {}, error))


def test_metrics_are_in_the_order_of_the_function():
    program = traced(lambda a: {"z": a, "curve": jnp.arange(3) * 2, "b": 1.0, "is": True, "pair": [a, a]}, a=0.5)
    metrics = {name: (metric.dtype.name, metric.shape) for name, metric in program.metrics.items()}
    assert list(metrics.items()) == [
        ("z", ("float32", ())),
        ("curve", ("int32", (3,))),
        ("b", ("float32", ())),
        ("is", ("bool", ())),
        ("pair", ("float32", (2,))),
    ]


DATA = np.arange(12.0, dtype=np.float32).reshape(3, 4)


def with_data(data: Any, factor: float = 2.0) -> Callable[..., Any]:
    def train(a: jax.Array) -> dict[str, Any]:
        inner = jax.jit(lambda x: jnp.sum(x * jnp.asarray(data, np.float32)))
        value = jax.lax.cond(a > 0, inner, lambda x: x, a)
        relu = jax.nn.relu(a * np.float32(factor))  # whose derivative is a function with an address
        return {"value": jax.lax.fori_loop(0, 3, lambda i, x: x + inner(x), value) + relu}

    return train


@pytest.mark.parametrize(
    "other",
    [DATA + np.eye(3, 4, dtype=np.float32), DATA[::-1], np.nextafter(DATA, np.float32(99))],
    ids=["one number", "order", "a last bit"],
)
def test_other_data_are_told_apart_and_the_text_is_the_same(other: Any):
    first, same, changed = (traced(with_data(data), a=1.0) for data in (DATA, DATA.copy(), other))
    assert first.code == same.code == changed.code and first.data == same.data != changed.data


def test_another_formula_or_type_is_another_program():
    codes = {
        traced(with_data(DATA), a=1.0).code,
        traced(with_data(DATA, 3.0), a=1.0).code,
        traced(lambda a: {"value": a}, a=1.0).code,
        traced(lambda a: {"value": a}, a=1).code,
        traced(lambda a: {"value": a + 0.0}, a=1.0).code,
    }
    assert len(codes) == 5


def test_a_key_may_be_among_the_data():
    keys = jax.random.key(0), jax.random.key(1)
    first, other = (traced(lambda a, key=key: {"x": a * jax.random.uniform(key)}, a=1.0) for key in keys)
    assert first.code == other.code and first.data != other.data


HASHES = """
import numpy as np
import tests.sweep.test_program as t
program = t.traced(t.with_data(t.DATA), a=1.0)
print(program.code, program.data)
"""


@pytest.mark.parametrize("seed", ["0", "7"])
def test_the_hashes_are_those_of_another_process(seed: str):
    here = subprocess.run(
        [sys.executable, "-c", HASHES], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
    ).stdout.split()
    with jax.numpy_dtype_promotion("standard"):
        program = traced(with_data(DATA), a=1.0)
    assert here == [program.code, program.data]


def test_a_larger_program_has_a_larger_size():
    small, large = (
        traced(
            lambda a, n=n: {
                "x": jax.lax.scan(lambda c, _: (jnp.ones(n) * c.sum(), None), jnp.ones(n) * a, length=3)[0]
            },
            a=1.0,
        )
        for n in (10, 1000)
    )
    assert large.size > 50 * small.size


def branches(rate: Any, width: Any, depth: Any, flag: Any) -> dict[str, Any]:
    x = jnp.ones((width, 3)) * rate
    for _ in range(depth):
        x = jnp.tanh(x)
    return {"x": x.sum() if flag else x.mean()}


def test_numbers_whose_values_are_needed_are_named_all_of_them():
    with pytest.raises(
        TypeError,
        match=r"sweep: `train` needs the value of `width` and `depth` and `flag` while it is traced, for a shape, a "
        r'loop or a branch\. Pass static=\("width", "depth", "flag",\), .* JAX says: \w+',
    ):
        traced(branches, rate=0.1, width=4, depth=2, flag=True)
    with pytest.raises(TypeError, match=r'needs the value of `rate` .* static=\("rate",\)'):
        traced(lambda rate, n: {"x": 1.0 if rate > 0 else jnp.float32(n)}, rate=0.1, n=3)
    with pytest.raises(TypeError, match=r'needs the value of `width` .* static=\("width",\)'):
        traced(lambda rate, width: {"x": {8: rate}[width]}, rate=0.1, width=8)


def test_an_error_about_types_is_not_taken_for_one_about_values():
    with jax.numpy_dtype_promotion("strict"), pytest.raises(Exception, match="promotion path") as raised:
        traced(lambda a, n: {"x": a + n}, a=0.5, n=3)
    assert "needs the value" not in str(raised.value)


def test_another_error_stays_what_it_is():
    def train(a: jax.Array) -> dict[str, Any]:
        raise RuntimeError("no data")

    with pytest.raises(RuntimeError, match=r"^no data"):
        traced(train, a=1.0)


@pytest.mark.parametrize(
    "metrics, error, message",
    [
        (lambda a: a, TypeError, "`train` must return a dict of arrays by name, got DynamicJaxprTracer"),
        (lambda a: None, TypeError, "`train` must return a dict of arrays by name, got NoneType"),
        (lambda a: {1: a}, TypeError, "`train` must return a dict of arrays by name, got dict"),
        (lambda a: {}, ValueError, "`train` must return at least one metric, got none"),
        (lambda a: {"a": a}, ValueError, r"a metric must not have the name of a column, got \['a'\]"),
        (lambda a: {"x": None}, TypeError, r"the metric `x` must be an array, got None \(NoneType\); leave it out"),
        (lambda a: {"x": "text"}, TypeError, r"the metric `x` must be an array, got 'text' \(str\)"),
        (lambda a: {"x": {"y": a}}, TypeError, r"the metric `x` must be an array, got {'y': .*} \(dict\)"),
        (
            lambda a: {"x": jax.random.key(0)},
            TypeError,
            "the metric `x` must be an array of numbers, got a key; see jax.random.key_data",
        ),
    ],
)
def test_metrics_that_are_none_are_named(metrics: Callable[..., Any], error: type[Exception], message: str):
    with pytest.raises(error, match=f"^sweep: {message}"):
        traced(metrics, a=1.0)
