"""Programs are kept while the function reads the same from outside, and not longer."""

import functools
import gc
import types
import weakref
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched._sweep.outside import Outside


STEPS = 3
DATA = np.ones(4, np.float32)
CONFIGS = js.grid(a=[1.0, 2.0])


def loss(a: jax.Array) -> jax.Array:
    return a * jnp.asarray(DATA).sum()


@jax.jit
def jitted(a: jax.Array) -> jax.Array:
    return loss(a) + 0


def train(a: jax.Array) -> dict[str, jax.Array]:
    return {"x": functools.reduce(lambda x, _: x + jitted(a), range(STEPS), jnp.float32(0))}


def swept(train: Callable[..., Any]) -> list[float]:
    return js.sweep(train, CONFIGS, progress=False)["x"].tolist()


def test_another_value_of_a_global_name_is_seen_at_any_depth(monkeypatch: pytest.MonkeyPatch):
    assert swept(train) == swept(train) == [12, 24]
    monkeypatch.setitem(globals(), "STEPS", 2)
    assert swept(train) == [8, 16]
    monkeypatch.setitem(globals(), "jitted", jax.jit(lambda a: a * 10))
    assert swept(train) == [20, 40]
    monkeypatch.undo()
    assert swept(train) == [12, 24]


def test_what_a_jitted_function_reads_is_seen_but_jax_has_kept_its_trace(monkeypatch: pytest.MonkeyPatch):
    """As everywhere under `jax.jit`: the inner one is JAX's own."""
    outside = Outside(train)
    monkeypatch.setitem(globals(), "DATA", np.full(4, 2, np.float32))
    assert not outside.is_as_of(train)


def test_an_attribute_of_the_object_of_a_method_is_seen():
    class Task:
        scale = 1.0

        def train(self, a: jax.Array) -> dict[str, jax.Array]:
            return {"x": a * self.scale}

    task = Task()
    assert swept(task.train) == [1, 2]
    task.scale = 3.0
    assert swept(task.train) == [3, 6]


def test_a_closure_a_default_and_a_partial_are_seen():
    def make() -> Any:
        factor = 1.0

        def train(a: jax.Array, *, offset: float = 0.0) -> dict[str, jax.Array]:
            return {"x": a * factor + offset}

        def change(to: float) -> None:
            nonlocal factor
            factor = to

        return train, change

    train, change = make()
    assert swept(train) == [1, 2]
    change(2.0)
    assert swept(train) == [2, 4]
    train.__kwdefaults__["offset"] = 1.0
    assert swept(train) == [3, 5]
    part = functools.partial(train, offset=5.0)
    assert swept(part) == [7, 9]
    change(1.0)
    assert swept(part) == [6, 7]


def test_what_is_the_same_is_not_compiled_again(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch):
    swept(train)
    monkeypatch.setitem(globals(), "STEPS", int("3"))
    with jax.log_compiles():
        swept(train)
    assert not [record for record in caplog.records if "XLA compilation" in record.getMessage()]


def test_a_function_that_names_itself_and_its_data_are_not_kept_alive():
    def make() -> tuple[weakref.ref[Any], weakref.ref[Any]]:
        data = np.arange(3.0, dtype=np.float32)

        def train(a: jax.Array) -> dict[str, jax.Array]:
            assert train.__name__
            return {"x": a * jnp.asarray(data).sum()}

        outside = Outside(train)
        assert outside.is_as_of(train)
        swept(train)
        return weakref.ref(train), weakref.ref(data)

    function, data = make()
    gc.collect()
    jax.clear_caches()
    gc.collect()
    assert function() is None and data() is None


def test_code_that_is_loaded_again_in_place_is_seen():
    def train(a: jax.Array) -> dict[str, jax.Array]:
        return {"x": scaled(a)}

    def scaled(a: jax.Array) -> jax.Array:
        return a * 1

    def again(a: jax.Array) -> jax.Array:
        return a * 2

    assert swept(train) == [1, 2]
    scaled.__code__ = again.__code__
    assert swept(train) == [2, 4]


def test_a_name_in_a_module_is_seen(monkeypatch: pytest.MonkeyPatch):
    module = types.ModuleType("settings")
    vars(module)["SCALE"] = 1.0
    monkeypatch.setitem(globals(), "settings", module)
    train = eval("lambda a: {'x': a * settings.SCALE}", globals())
    assert swept(train) == [1, 2]
    vars(module)["SCALE"] = 3.0
    assert swept(train) == [3, 6]


def test_what_is_installed_is_not_searched():
    train = eval("lambda a: {'x': js.Linear(a, 0.0, 10)(3) + jnp.sum(a)}", globals())
    assert len(Outside(train)._seen) < 20


def test_a_builtin_reads_nothing():
    assert Outside(print).is_as_of(print)
