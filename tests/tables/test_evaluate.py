"""Values of stacks and lists at many steps: in one table, in blocks, or not kept at all."""

import functools
import gc
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec, SingleDeviceSharding

import jaxsched as js
from jaxsched._tables import blocks, evaluate
from tests.catalogue import ROWS
from tests.helpers import compilations, forget, tiers


STACK = js.Cosine(np.geomspace(0.001, 1.0, 5), 0.0, np.array([10, 20, 30, 0, 1]))
KINDS = [
    js.Linear(1.0, 0.0, 30),
    js.Cosine(0.5, 0.1, 20),
    js.Linear(0.3, 0.0, 7),
    js.FromFunction(lambda t: 1.0 / (t.astype("float32") + 1)),
    js.warmup_cosine(peak_value=1.0, warmup_steps=5, total_steps=30),
    js.Cosine(0.7, 0.0, 35),
]

WAYS: list[dict[str, Any]] = [{}, {"out": np.empty}, {"batch_size": 2}, {"reduce": lambda rows: rows}]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 64 values."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 256)


def plain(schedules: js.Schedule, steps: jax.Array) -> jax.Array:
    """The twin: one schedule at one step, mapped over both."""
    return jax.jit(jax.vmap(lambda schedule: jax.vmap(schedule)(steps)))(schedules)


def each(schedules: list[js.Schedule], steps: Any) -> np.ndarray:
    return np.stack([np.asarray(js.evaluate(schedule, steps)) for schedule in schedules])


def test_agrees_with_its_twin():
    steps = jnp.arange(40)
    np.testing.assert_array_equal(js.evaluate(STACK, steps), plain(STACK, steps))
    np.testing.assert_array_equal(js.evaluate(STACK, 40), plain(STACK, steps))


@pytest.mark.parametrize(
    "name", tiers(["warmup_cosine", "wsd", "ExponentialDecay", "CosineRestarts", "Polynomial"], ("warmup_cosine",))
)
def test_every_way_agrees_with_the_twin_to_the_last_ulp(name: str, small_blocks: None):
    one = ROWS[name].build()
    stack = js.stack([one, jax.tree.map(lambda x: x, one), one])
    twin = np.asarray(plain(stack, jnp.arange(200)))
    for values in (
        js.evaluate(stack, 200),
        js.evaluate(stack, np.arange(200)),
        js.evaluate(stack, 200, out=np.empty),
        js.evaluate(stack, 200, batch_size=2),
        js.evaluate(stack, 200, out=js.evaluate(stack, 200)),
        js.evaluate([one, one, one], 200),
        js.evaluate(stack, 200, reduce=lambda rows: rows),
    ):
        np.testing.assert_array_max_ulp(np.asarray(values), twin, maxulp=1)


SHAPES = {
    "an integer": np.int64(7),
    "a line": np.arange(7),
    "a table": np.zeros((2, 3), int),
    "an array of no axes": np.array(3),
    "no step": 0,
    "an empty line": np.arange(0),
}


@pytest.mark.parametrize("steps", tiers(SHAPES, ("a table", "no step")))
def test_has_the_shape_of_the_stack_then_that_of_the_steps(steps):
    shape = np.shape(steps) if isinstance(steps, np.ndarray) else (int(steps),)
    for schedule in (STACK, STACK[0], js.stack([STACK, STACK])):
        values = js.evaluate(schedule, steps)
        assert values.shape == schedule.shape + shape and values.dtype == np.float32
        for other in (np.empty, lambda shape, dtype: jnp.zeros(shape, dtype)):
            np.testing.assert_array_equal(js.evaluate(schedule, steps, out=other), values)
        np.testing.assert_array_equal(js.evaluate(schedule, steps, batch_size=2), values)


def test_an_empty_stack_has_no_values():
    for options in WAYS:
        assert js.evaluate(STACK[:0], 7, **options).shape == (0, 7)
    assert list(js.blocks(STACK[:0], 7)) == list(js.blocks(STACK, 0)) == []


def test_negative_steps_count_as_0_and_the_largest_are_no_exception(small_blocks: None):
    steps = np.array([-5, 0, 3, 2**31 - 1], np.int32)
    expected = js.evaluate(STACK, np.maximum(steps, 0))
    for given in (steps, jnp.asarray(steps)):
        np.testing.assert_array_equal(js.evaluate(STACK, given), expected)
        np.testing.assert_array_equal(js.evaluate(STACK, given, out=np.empty), expected)


# Where the values go.


def test_fills_a_numpy_array(small_blocks: None):
    out = np.zeros((5, 40), np.float32)
    assert js.evaluate(STACK, 40, out=out) is out
    np.testing.assert_array_equal(out, js.evaluate(STACK, 40))
    wide = np.zeros((5, 80), np.float32)
    js.evaluate(STACK, 40, out=wide[:, ::2])
    np.testing.assert_array_equal(wide[:, ::2], out)
    assert (wide[:, 1::2] == 0).all()


def test_fills_a_memmap_and_a_zarr_array_of_any_shape(tmp_path: Path, small_blocks: None):
    import zarr  # which takes a while

    def memmap(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return np.lib.format.open_memmap(tmp_path / "values.npy", "w+", dtype, shape)

    def chunks(shape: tuple[int, ...], dtype: Any) -> Any:
        return zarr.create_array(tmp_path / "values.zarr", shape=shape, dtype=dtype, chunks=(2, 16), overwrite=True)

    written = js.evaluate(KINDS, 40, out=memmap)
    written.flush()
    np.testing.assert_array_equal(np.load(tmp_path / "values.npy"), each(KINDS, 40))
    np.testing.assert_array_equal(js.evaluate(KINDS, 40, out=chunks)[:], each(KINDS, 40))
    three = js.stack([STACK, STACK])
    np.testing.assert_array_equal(js.evaluate(three, 30, out=memmap), js.evaluate(three, 30))


def test_uses_the_memory_of_an_earlier_result_again():
    options: dict[str, Any]
    for options in ({}, {"batch_size": 2}):
        first = js.evaluate(STACK, 40)
        pointer = first.unsafe_buffer_pointer()
        again = js.evaluate(js.Cosine(1.0, 0.0, np.arange(5)), 40, out=first, **options)
        assert first.is_deleted() and again.unsafe_buffer_pointer() == pointer
        np.testing.assert_array_equal(again, js.evaluate(js.Cosine(1.0, 0.0, np.arange(5)), 40))


def test_other_numbers_do_not_compile_again():
    js.evaluate(STACK, 40, out=js.evaluate(STACK, 40, batch_size=2))
    jitted = (evaluate._into, evaluate._new(None), blocks._block, evaluate._write)
    gc.collect()  # programs that other tests left go now, and not in the middle
    before = [compilations(each) for each in jitted]
    for i in range(10):
        other = js.Cosine(np.full(5, 0.1 * i), 0.0, np.full(5, i))
        js.evaluate(other, 40, out=js.evaluate(STACK, 40, batch_size=2))
    assert [compilations(each) for each in jitted] == before


@pytest.mark.parametrize("dtype", [jnp.bfloat16, np.float16, "float32"])
def test_the_values_have_the_type_that_was_asked_for(dtype: Any, small_blocks: None):
    exact = js.evaluate(STACK, 40)
    for options in WAYS:
        values = js.evaluate(STACK, 40, dtype=dtype, **options)
        assert values.dtype == jnp.dtype(dtype)
        np.testing.assert_array_equal(np.asarray(values), np.asarray(exact.astype(dtype)))


@pytest.mark.parametrize("axes", [("x", None), (None, "x")], ids=["rows", "steps"])
def test_each_device_computes_its_part(axes: tuple[str | None, ...]):
    sharding = NamedSharding(Mesh(np.array(jax.devices("cpu")[:2]), ("x",)), PartitionSpec(*axes))
    for schedules in (STACK[:4], KINDS):
        values = js.evaluate(schedules, 40, sharding=sharding)
        assert values.sharding == sharding and len(values.addressable_shards) == 2
        np.testing.assert_array_equal(values, js.evaluate(schedules, 40))


@pytest.mark.parametrize("name", ["Cosine", "OneMinusSqrt", "warmup_cosine", "Tanh", "Rex", "PowerLaw"])
def test_a_table_takes_no_memory_but_its_own(name: str):
    one = ROWS[name].build()
    stack = js.stack([one] * 32)
    flat, steps = (32, 4096), None
    program, leaves = evaluate._new(None).of(stack, flat=flat, shape=flat, dtype=np.dtype(np.float32))
    compiled = program.lower(leaves, steps).compile()
    assert compiled.memory_analysis().temp_size_in_bytes < 4 * 32 * 4096 / 10


# Lists of any kinds.


def test_a_list_of_kinds_keeps_its_order_and_compiles_once_for_each(small_blocks: None):
    forget(blocks._block)
    values = js.evaluate(KINDS, 40, out=np.empty)
    assert compilations(blocks._block) == 4
    np.testing.assert_array_equal(values, each(KINDS, 40))
    np.testing.assert_array_equal(js.evaluate(KINDS, 40), values)
    np.testing.assert_array_equal(js.evaluate(KINDS, np.arange(40).reshape(8, 5)), values.reshape(-1, 8, 5))


def test_a_list_of_stacks_has_their_shape_behind_its_length(small_blocks: None):
    stacks = [STACK, js.Linear(np.arange(5.0), 0.0, 9), js.Cosine(np.arange(5.0), 0.0, 9)]
    expected = np.stack([np.asarray(js.evaluate(stack, 40)) for stack in stacks])
    for options in WAYS:
        np.testing.assert_array_equal(js.evaluate(stacks, 40, **options), expected)


def test_select_gives_the_kind_of_its_index_traced_or_not():
    index = np.arange(len(KINDS))
    kinds = js.select(index, KINDS)
    np.testing.assert_allclose(js.evaluate(kinds, 40), each(KINDS, 40), rtol=1e-6)
    traced = jax.jit(jax.vmap(lambda i: js.select(i, KINDS)(jnp.arange(40))))(index)
    np.testing.assert_allclose(traced, each(KINDS, 40), rtol=1e-6)
    assert js.select(1, KINDS)(3) == KINDS[1](3)
    held = jax.vmap(lambda i: js.select(i, KINDS)(3))(jnp.array([-1, 99]))
    np.testing.assert_allclose(held, [KINDS[0](3), KINDS[-1](3)], rtol=1e-6)


# Tables that are never there.


def test_blocks_are_the_table_piece_by_piece_in_bounded_memory(small_blocks: None):
    for steps, batch_size in ((40, None), (40, 2), (1000, None), (1000, 3), (np.arange(70) * 3, None)):
        count = steps if isinstance(steps, int) else len(steps)
        table = np.full((len(KINDS), count), np.nan, np.float32)
        for rows, columns, values in js.blocks(KINDS, steps, batch_size=batch_size):
            assert values.size <= 64 and (batch_size is None or len(rows) <= batch_size)
            assert np.isnan(table[rows, columns]).all()
            table[rows, columns] = values
        np.testing.assert_array_equal(table, each(KINDS, steps))


def test_a_block_is_gone_when_the_next_one_is_there(small_blocks: None):
    iterator = js.blocks(STACK, 64)
    first = next(iterator).values
    assert first.shape == (1, 64)
    next(iterator)
    with pytest.raises(RuntimeError, match="deleted"):
        first.block_until_ready()


def test_reductions_are_those_of_the_table(small_blocks: None):
    table = each(KINDS, 100)
    kept = js.evaluate(
        KINDS, 100, reduce=lambda rows: {"sum": rows.sum(axis=1), "thin": rows[:, ::10], "top": rows.max(axis=1)}
    )
    np.testing.assert_allclose(kept["sum"], table.sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(kept["thin"], table[:, ::10], rtol=1e-6)
    np.testing.assert_allclose(kept["top"], table.max(axis=1), rtol=1e-6)
    assert isinstance(kept["sum"], np.ndarray)
    assert js.evaluate(KINDS[0], 100, reduce=lambda rows: rows.sum(axis=1)).shape == ()


def test_a_large_table_is_reduced_without_being_there():
    before = sum(array.nbytes for array in jax.live_arrays())
    lines = js.Linear(1.0, 0.0, np.arange(1, 2001))
    seen = []

    def total(rows: jax.Array) -> jax.Array:
        seen.append(rows.shape)
        return rows.sum(axis=1)

    sums = js.evaluate(lines, 50_000, reduce=total)  # 400 MB
    np.testing.assert_allclose(sums, (np.arange(1, 2001) + 1) / 2, rtol=1e-4)
    assert max(rows * steps for rows, steps in seen) * 4 <= blocks.BLOCK_BYTES
    assert sum(array.nbytes for array in jax.live_arrays()) - before < 2**20


def test_shows_progress_in_values(capsys: pytest.CaptureFixture[str], small_blocks: None):
    for options in WAYS:
        js.evaluate(STACK, 40, progress=True, **options)
        assert "200/200" in capsys.readouterr().err
    js.evaluate(STACK, 40, progress=True, reduce=lambda rows: rows, batch_size=2)  # 2, 2 and 1 rows
    assert "200/200" in capsys.readouterr().err


# Inside a program, and bad arguments.


def test_can_be_traced_and_differentiated():
    def area(peak: jax.Array) -> jax.Array:
        return js.evaluate([js.Linear(peak, 0.0, 10), js.Linear(peak / 2, 0.0, 10)], 11).sum()

    value, slope = jax.jit(jax.value_and_grad(area))(2.0)
    np.testing.assert_allclose([value, slope], [16.5, 8.25], rtol=1e-6)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"schedules": "0.1"}, TypeError, "evaluate: `schedules` must be a schedule or a number"),
        ({"schedules": []}, TypeError, "evaluate: `schedules` must be a list of at least one schedule, got"),
        ({"schedules": [STACK, "0.1"]}, TypeError, r"evaluate: `schedules\[1\]` must be a schedule"),
        (
            {"schedules": [STACK, STACK[0]]},
            ValueError,
            r"evaluate: the schedules of a list must have one shape, got \(5,\), \(\)",
        ),
        ({"steps": -1}, ValueError, "evaluate: `steps` must not be negative, got -1"),
        ({"steps": True}, TypeError, "evaluate: `steps` must be an integer or an array of integers, got True"),
        ({"steps": 5.0}, TypeError, "evaluate: `steps` must be an integer or an array of integers, got 5.0"),
        ({"steps": [1, 2]}, TypeError, "evaluate: `steps` must be an integer or an array of integers"),
        ({"steps": np.arange(3.0)}, TypeError, "evaluate: `steps` must be an integer or an array of integers"),
        ({"out": [0.0] * 5}, TypeError, "`out` must be an array, or a function that makes one"),
        ({"out": np.zeros((5, 4), np.float32)}, ValueError, r"must be float32 of shape \(5, 5\), got float32 of"),
        ({"out": np.zeros((5, 5))}, ValueError, r"must be float32 of shape \(5, 5\), got float64"),
        ({"dtype": int}, TypeError, "evaluate: `dtype` must be the type of a float, got <class 'int'>"),
        ({"dtype": "x"}, TypeError, "evaluate: `dtype` must be the type of a float, got 'x'"),
        ({"dtype": np.float64}, ValueError, r"`dtype` must be at most float32 \(jax_enable_x64 lifts this\), got"),
        ({"batch_size": 0}, ValueError, "evaluate: `batch_size` must be a positive integer or None, got 0"),
        ({"batch_size": True}, ValueError, "evaluate: `batch_size` must be a positive integer or None, got True"),
        ({"reduce": 3}, TypeError, "evaluate: `reduce` must be a function, got 3"),
        ({"reduce": jnp.sum}, ValueError, r"evaluate: `reduce` must keep the axis of rows, got \(\) for values of one"),
        ({"reduce": jnp.sum, "out": np.empty}, ValueError, "evaluate: `reduce` and `out` exclude each other"),
        ({"sharding": "cpu"}, TypeError, "evaluate: `sharding` must be a jax.sharding.Sharding, got 'cpu'"),
        (
            {"sharding": SingleDeviceSharding(jax.devices()[0]), "out": np.empty},
            ValueError,
            "evaluate: `sharding` and `out` exclude each other",
        ),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        js.evaluate(**{"schedules": STACK, "steps": 5, **arguments})


def test_bad_arguments_of_blocks_are_named_at_once():
    for arguments in ({"steps": -1}, {"batch_size": -3}, {"batch_size": True}):
        with pytest.raises(ValueError, match=f"blocks: `{next(iter(arguments))}`"):
            functools.partial(js.blocks, STACK)(**{"steps": 5, **arguments})
