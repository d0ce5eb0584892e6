# pyright: reportArgumentType=false
"""Sweeps: the same results whatever the batches, in the order of the configurations, from one executable."""

import functools
import gc
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched._sweep import plan
from jaxsched._sweep.machine import Machine, predicted_bytes
from tests.helpers import enable_x64, tiers


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


@pytest.mark.parametrize("batch_size", ["auto", 1, 4, 18, 100])
def test_equals_a_loop_whatever_the_batches(batch_size: Any):
    with jax.numpy_dtype_promotion("standard"):
        results = js.sweep(train, CONFIGS, batch_size=batch_size, progress=False)
    assert list(results.metrics) == ["loss", "curve", "steps"]
    assert len(results) == 18 and results["curve"].shape == (18, 30) and (results["steps"] == 30).all()
    np.testing.assert_allclose(results["loss"], [row["loss"] for row in expected()], rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(results["curve"], [row["curve"] for row in expected()], rtol=1e-5, atol=1e-12)
    assert (results["peak_value"] == CONFIGS.columns["peak_value"]).all()


def compilations(caplog: pytest.LogCaptureFixture, *sweeps: Callable[[], object]) -> list[int]:
    """How many programs each of these compiles."""
    counts = []
    for each in sweeps:
        caplog.clear()
        with jax.log_compiles():
            each()
        counts.append(sum("Finished XLA compilation" in record.getMessage() for record in caplog.records))
    return counts


def line(peak_value: jax.Array, warmup_steps: jax.Array, total_steps: jax.Array) -> dict[str, jax.Array]:
    return {"value": js.Linear(peak_value, 0.0, total_steps)(warmup_steps)}


def test_a_function_is_compiled_once_for_each_shape_while_it_lives(caplog: pytest.LogCaptureFixture):
    train = lambda **row: line(**row)  # noqa: E731
    again = js.grid(peak_value=[7.0], warmup_steps=[1, 2, 3], total_steps=[5, 6])
    reals = js.grid(peak_value=[7.0], warmup_steps=[1, 2, 3], total_steps=[5.5, 6.0])

    def sweep(configs: js.Configs, **options: Any) -> Callable[[], object]:
        return lambda: js.sweep(train, configs, progress=False, **options)

    one = jax.devices()[:1]
    calls = [sweep(CONFIGS), sweep(CONFIGS), sweep(CONFIGS, batch_size=9), sweep(again, batch_size=9), sweep(again)]
    calls += [sweep(again, devices=one), sweep(again, devices=one), sweep(reals), sweep(reals), sweep(CONFIGS)]
    assert compilations(caplog, *calls) == [1, 0, 0, 0, 1, 1, 0, 1, 0, 0]


def test_a_method_is_compiled_once_for_its_object(caplog: pytest.LogCaptureFixture):
    class Task:
        def __init__(self, scale: float):
            self.scale = scale

        def train(self, a: jax.Array) -> dict[str, jax.Array]:
            return {"value": a * self.scale}

    one, two = Task(1.0), Task(2.0)
    configs = js.grid(a=[1.0, 2.0])
    values = [js.sweep(task.train, configs, progress=False)["value"].tolist() for task in (one, two)]
    assert values == [[1, 2], [2, 4]]
    assert compilations(
        caplog, *(lambda task=task: js.sweep(task.train, configs, progress=False) for task in (one, two))
    ) == [0, 0]


def test_what_was_compiled_goes_with_the_function():
    def ask() -> weakref.ref[Any]:
        data = np.ones(3, np.float32)

        def train(a: jax.Array, kind: str) -> dict[str, jax.Array]:
            return {"value": a * jnp.asarray(data).sum()}

        js.sweep(train, js.grid(a=[1.0, 2.0], kind=["x", "y"]), progress=False)
        return weakref.ref(train)

    gc.collect()
    executables = jax.devices()[0].client.live_executables
    ask()
    gc.collect()
    before = len(executables())
    held = ask()
    gc.collect()
    assert held() is None and len(executables()) <= before


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


def test_time_goes_on_while_the_first_batch_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    run = Machine.run

    def slow(self: Machine, program: Any, rows: np.ndarray) -> Any:
        time.sleep(2.5)
        return run(self, program, rows)

    monkeypatch.setattr(Machine, "run", slow)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    js.sweep(lambda a: {"loss": a - 1}, js.grid(a=range(10)))
    shown = capsys.readouterr().err
    assert "compiling" in shown and "00:01<?, ?row/s, running" in shown and "00:02<?" in shown
    assert "10/10" in shown and "loss -1 to 8" in shown


def test_shows_progress_in_rows(capsys: pytest.CaptureFixture[str]):
    js.sweep(lambda a: {"b": a}, js.grid(a=range(10)), batch_size=4)
    assert "10/10" in capsys.readouterr().err


def test_static_columns_arrive_as_they_are_and_are_compiled_each():
    seen = []

    def train(rate: jax.Array, width: int) -> dict[str, jax.Array]:
        seen.append(width)
        return {"x": jnp.ones(width).sum() * rate}

    configs = js.grid(width=[3, 5], rate=[1.0, 2.0])
    results = js.sweep(train, configs, static=("width",), progress=False)
    assert seen == [3, 5] and results["x"].tolist() == [3, 6, 5, 10]
    with pytest.raises(TypeError, match=r"needs the value of `width` .* static=\(\"width\",\)"):
        js.sweep(train, configs, progress=False)


@functools.cache
def networks(convolutions: bool = False) -> Callable[..., Any]:
    """Trains a network, in a loop of as many steps as the row says."""
    x, y = jax.random.normal(jax.random.key(1), (16, 8, 8, 1)), jnp.arange(16) % 4

    def hidden(weights: jax.Array) -> jax.Array:
        if not convolutions:
            return jnp.tanh(x.reshape(16, 64) @ weights)
        dimensions = ("NHWC", "HWIO", "NHWC")
        return jax.lax.conv_general_dilated(x, weights, (1, 1), "SAME", dimension_numbers=dimensions).mean((1, 2))

    def train(rate: jax.Array, seed: jax.Array) -> dict[str, jax.Array]:
        first, second = jax.random.split(jax.random.key(seed))
        shape = (3, 3, 1, 8) if convolutions else (64, 8)
        params = jax.random.normal(first, shape) / 8, jax.random.normal(second, (8, 4)) / 3

        def loss(params: Any) -> jax.Array:
            logits = hidden(params[0]) @ params[1]
            return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

        def update(carry: Any) -> Any:
            i, params = carry
            return i + 1, jax.tree.map(lambda p, g: p - rate * g, params, jax.grad(loss)(params))

        _, params = jax.lax.while_loop(lambda carry: carry[0] < 10 + seed % 3, update, (jnp.int32(0), params))
        return {"loss": loss(params), "weights": params[1]}

    return train


NETWORKS = js.sample(13, rate=js.log_uniform(1e-3, 1.0)) * js.grid(seed=range(3))


@pytest.mark.usefixtures("standard_promotion")
def test_a_row_has_the_same_bits_whatever_runs_beside_it_and_on_however_many_devices(thorough: bool):
    train = networks()
    whole = js.sweep(train, NETWORKS, batch_size=8, progress=False)
    order = np.random.default_rng(0).permutation(len(NETWORKS))
    for rows in (order, order[:5], [7]):
        assert js.sweep(train, NETWORKS[rows], batch_size=8, progress=False) == whole[rows]
    assert js.sweep(train, NETWORKS, batch_size=8, devices=jax.devices()[:1], progress=False) == whole
    for batch_size in (1, 3, 32) if thorough else (3,):
        other = js.sweep(train, NETWORKS, batch_size=batch_size, progress=False)
        np.testing.assert_allclose(other["weights"], whole["weights"], atol=1e-6)


DEVICES = """
import jax, sys
jax.config.update("jax_num_cpu_devices", 8)
import jaxsched as js
from tests.sweep.test_sweep import NETWORKS, networks
for count in (1, 2, 8):
    train, devices = networks(convolutions=CONVOLUTIONS), jax.devices()[:count]
    results = js.sweep(train, NETWORKS, batch_size=4, devices=devices, progress=False)
    print(results["weights"].tobytes().hex())
"""


@pytest.mark.parametrize("convolutions", tiers({"dense": "False", "convolutions": "True"}, ()))
def test_one_two_and_eight_devices_give_the_same_bits(convolutions: str):
    code = DEVICES.replace("CONVOLUTIONS", convolutions)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert len(done.stdout.split()) == 3 and len(set(done.stdout.split())) == 1


@pytest.mark.usefixtures("standard_promotion")
def test_nothing_is_sent_between_devices():
    machine = Machine(networks(convolutions=True), plan.numbers_of(NETWORKS), jax.devices())
    machine.rows = 2
    text = machine.compiled(machine.trace(plan.groups_of(NETWORKS)[0])).as_text()
    assert len(machine.devices) == 2 and "while" in text and "conv" in text
    assert not [word for word in ("all-gather", "all-reduce", "all-to-all", "collective", "send") if word in text]


def test_memory_bounds_the_rows_at_a_time(monkeypatch: pytest.MonkeyPatch):
    def train(a: jax.Array) -> dict[str, jax.Array]:
        return {"x": jnp.sort(jnp.sin(a * jnp.arange(10_000.0))).sum()}

    configs = js.grid(a=np.arange(100.0))
    machine = Machine(train, plan.numbers_of(configs), jax.devices()[:1])
    program = machine.trace(plan.groups_of(configs)[0])
    machine.fit(program, 64)
    needed = predicted_bytes(machine.compiled(program))
    assert machine.rows == 64 and needed and needed > 64 * 40_000
    monkeypatch.setattr("jaxsched._sweep.machine.free_bytes", lambda devices: needed / 2)
    machine.fit(program, 64)
    assert machine.rows == 25, "80% of a half"


def test_where_memory_is_exhausted_half_of_the_rows_are_tried(monkeypatch: pytest.MonkeyPatch):
    tried = []
    run = Machine.run

    def exhausted(self: Machine, program: Any, rows: np.ndarray) -> Any:
        tried.append(self.rows)
        if self.rows > 3:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 7 bytes.")
        return run(self, program, rows)

    monkeypatch.setattr(Machine, "run", exhausted)
    results = js.sweep(line, CONFIGS, devices=jax.devices()[:1], progress=False)
    assert tried[:4] == [18, 9, 4, 2] and set(tried[4:]) == {2} and len(results) == 18
    with pytest.raises(jax.errors.JaxRuntimeError, match="RESOURCE_EXHAUSTED"):
        js.sweep(line, CONFIGS, batch_size=8, progress=False)


def failing(a: jax.Array) -> dict[str, jax.Array]:
    def check(a: Any) -> Any:
        if np.any(a == 5):
            raise ValueError("five is right out")
        return a

    return {"x": jax.pure_callback(check, jax.ShapeDtypeStruct((), np.float32), a, vmap_method="sequential")}


def test_an_error_ends_a_sweep_and_has_what_is_finished():
    with pytest.raises(jax.errors.JaxRuntimeError, match="five is right out") as raised:
        js.sweep(failing, js.grid(a=np.arange(10.0)), batch_size=1, progress=False)
    results = raised.value.results  # pyright: ignore[reportAttributeAccessIssue]
    assert results["x"].tolist() == [0, 1, 2, 3] and any(
        "4 of 10 rows are finished" in note for note in raised.value.__notes__
    )
    assert any("in rows 4 to 5; the first is {'a': 4.0}" in note for note in raised.value.__notes__)


def test_an_error_is_kept_and_the_rest_goes_on():
    results = js.sweep(failing, js.grid(a=np.arange(10.0)), batch_size=1, on_error="keep", progress=False)
    assert results["x"].tolist() == results.rows.tolist() == [0, 1, 2, 3, 6, 7, 8, 9]
    (failure,) = results.failures
    assert failure.rows == (4, 5) and "five is right out" in failure.error
    assert repr(results) == "Results(8 rows, 2 failed: a -> x)"


def test_a_group_that_cannot_be_traced_is_kept_as_a_failure():
    def train(a: jax.Array, kind: str) -> dict[str, jax.Array]:
        return {"x": a * {"one": 1.0, "two": 2.0}[kind]}

    configs = js.grid(kind=["one", "three", "two"], a=[1.0, 2.0])
    results = js.sweep(train, configs, on_error="keep", progress=False)
    assert results["x"].tolist() == [1, 2, 2, 4] and results.rows.tolist() == [0, 1, 4, 5]
    assert [failure.rows for failure in results.failures] == [(2, 3)] and "KeyError" in results.failures[0].error
    with pytest.raises(KeyError, match="three"):
        js.sweep(train, configs, progress=False)


def test_a_row_that_diverges_stays_and_is_marked():
    results = js.sweep(lambda a: {"x": jnp.log(a)}, js.grid(a=[1.0, 0.0, -1.0]), progress=False)
    assert results.finite.tolist() == [True, False, False] and results.best("x", mode="max")["a"] == 1


def test_ctrl_c_has_what_is_finished(monkeypatch: pytest.MonkeyPatch):
    run, calls = Machine.run, []

    def interrupted(self: Machine, program: Any, rows: np.ndarray) -> Any:
        calls.append(rows)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return run(self, program, rows)

    monkeypatch.setattr(Machine, "run", interrupted)
    with pytest.raises(KeyboardInterrupt) as raised:
        js.sweep(line, CONFIGS, batch_size=2, progress=False)
    assert raised.value.results.rows.tolist() == list(range(8))  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("x64", [False, True])
def test_a_change_of_settings_is_traced_anew(x64: bool):
    configs = js.grid(a=[1.0, 2.0])
    with enable_x64(x64):
        results = js.sweep(line_of_a, configs, progress=False)
    assert results["x"].dtype == (np.float64 if x64 else np.float32)


def line_of_a(a: jax.Array) -> dict[str, jax.Array]:
    return {"x": a}


def test_no_tracer_leaks():
    with jax.check_tracer_leaks():
        js.sweep(lambda a: {"x": js.Linear(a, 0.0, 10)(3)}, js.grid(a=[1.0, 2.0]), progress=False)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (
            lambda: js.sweep(train, {"a": [1]}, progress=False),
            TypeError,
            r"`configs` must be Configs, such as grid.*Configs\({...}\) makes a table",
        ),
        (lambda: js.sweep(train, js.grid(a=[]), progress=False), ValueError, "`configs` must have at least one row"),
        (
            lambda: js.sweep(train, CONFIGS, batch_size=0, progress=False),
            ValueError,
            "`batch_size` must be a positive integer",
        ),
        (
            lambda: js.sweep(train, CONFIGS, batch_size=True, progress=False),
            ValueError,
            'sweep: `batch_size` must be a positive integer or "auto", got True.',
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
            lambda: js.sweep(lambda s: {"x": jnp.ones(len(s))}, js.grid(s=["x", "yy"]), progress=False),
            ValueError,
            r"got `x`: float32\[1\] for s='x', and float32\[2\] for s='yy'",
        ),
        (
            lambda: js.sweep(lambda s: {s: 1}, js.grid(s=["x", "y"]), progress=False),
            ValueError,
            r"the same metrics for every row, got `x`: int32\[\] for s='x', and none for s='y'",
        ),
        (
            lambda: js.sweep(lambda s: {"x": 1}, js.grid(s=[[1], [2]]), progress=False),
            TypeError,
            "must be hashable, got",
        ),
        (
            lambda: js.sweep(line, js.grid(peak_lr=[1.0]), progress=False),
            TypeError,
            "`train` has no argument for the column `peak_lr`; did you mean `peak_value`. Its arguments are",
        ),
        (
            lambda: js.sweep(line, js.grid(peak_value=[1.0]), progress=False),
            TypeError,
            r"`configs` has no column for the argument `warmup_steps` of `train`\. It has peak_value",
        ),
        (
            lambda: js.sweep(line, CONFIGS, static=("width",), progress=False),
            TypeError,
            "sweep: there is no column `width`",
        ),
        (
            lambda: js.sweep(line, CONFIGS, static="total_steps", progress=False),
            TypeError,
            r"`static` must be a list of columns, got 'total_steps'; write \('total_steps',\)",
        ),
        (lambda: js.sweep(line, CONFIGS, devices=[], progress=False), TypeError, "`devices` must be a list of devices"),
        (
            lambda: js.sweep(3, CONFIGS, progress=False),
            TypeError,
            "`train` must be a function of the columns of a row, or of `resumable`, got 3",
        ),
        (
            lambda: js.sweep(line, CONFIGS, static=None, progress=False),
            TypeError,
            r"`static` must be a list of columns, got None\.",
        ),
        (
            lambda: js.sweep(line, CONFIGS, store=3, progress=False),
            TypeError,
            "`store` must be the path of a folder, got 3",
        ),
        (
            lambda: js.sweep(line, CONFIGS, devices=2, progress=False),
            TypeError,
            r"`devices` must be a list of devices, such as jax.devices\(\)\[:2\], got 2",
        ),
        (
            lambda: js.sweep(line, CONFIGS, devices=jax.devices()[:1] * 2, progress=False),
            ValueError,
            "`devices` must not have a device twice",
        ),
        (
            lambda: js.sweep(line, CONFIGS, on_error="skip", progress=False),
            ValueError,
            '`on_error` must be "raise" or "keep", got \'skip\'',
        ),
        (
            lambda: js.sweep(line, CONFIGS, worker=(0, 2), progress=False),
            ValueError,
            "workers share their work through a store",
        ),
        (
            lambda: js.sweep(line, CONFIGS, worker=(2, 2), progress=False),
            ValueError,
            r"`worker` must be \(index, count\) with an index from 0, got \(2, 2\)",
        ),
        (lambda: js.sweep(line, CONFIGS, worker=1, progress=False), ValueError, "`worker` must be .*, got 1"),
    ],
)
def test_bad_arguments_are_named(call, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        call()
