"""What every schedule promises, for every row of the catalogue."""

import copy
import dataclasses
import gc
import inspect
import pickle
import weakref
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched._schedule.calling import call, call_packed
from tests.catalogue import FEW, ROWS, STRUCTURES, Row
from tests.helpers import MAKE_ONE, compilations, enable_x64, float_leaves, tiers


LAST = 2**31 - 1
STEPS = np.arange(140)
FAR = np.resize([0, 1, 2, 1000, 2**24 + 1, 2**30, LAST - 1, LAST], STEPS.shape)  # of one shape, to share programs
BEFORE = np.resize([-1, -7, -(2**31)], STEPS.shape)

ULP = 2.0**-23

rows = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
structures = pytest.mark.parametrize("row", tiers(ROWS, STRUCTURES))
few = pytest.mark.parametrize("row", tiers(ROWS, FEW))
KINDS = {name: row for name, row in ROWS.items() if "," not in name}  # one row for each schedule, options left out
kinds = pytest.mark.parametrize("row", tiers(KINDS, STRUCTURES))


def assert_close(ours: Any, expected: Any, row: Row, message: str = "") -> None:
    """Within 8 units in the last place of float32, the bound of the contract."""
    np.testing.assert_allclose(ours, expected, rtol=8 * ULP, atol=8 * ULP * row.scale, err_msg=message)


def numbers_of(row: Row) -> dict[str, np.ndarray]:
    """The numeric arguments of a row, as arrays of the default types."""
    given = {name: np.asarray(x) for name, x in row.arguments.items() if isinstance(x, int | float | list)}
    kinds = {"i": np.int32, "f": np.float32}
    return {name: x.astype(kinds[x.dtype.kind]) for name, x in given.items() if x.dtype.kind in kinds}


def variants(x: np.ndarray, others: list[Any] | None = None) -> np.ndarray:
    """Four other values for an argument, along a new leading axis."""
    if others is not None:
        return np.array(others, x.dtype)
    changes = np.array([0, 1, 2, 5]) if x.dtype == np.int32 else np.array([1.0, 0.5, 1.25, 0.0])
    changes = changes.astype(x.dtype).reshape(4, *[1] * x.ndim)
    return x + changes if x.dtype == np.int32 else x * changes


def halves(these: Sequence[Any]) -> list[Sequence[Any]]:
    """Every other one, and the rest: so that each is mapped over where its neighbours are not."""
    return [some for some in (these[::2], these[1::2]) if some]


def changed(schedule: js.Schedule, by: int = 1) -> js.Schedule:
    """The same schedule with other numbers, which float32 holds: the low half of a pair becomes 0."""

    def change(path: Any, x: Any) -> Any:
        if path[-1] == jax.tree_util.GetAttrKey("low"):
            return x * 0
        return x + x.dtype.type(by) if x.dtype.kind == "i" else x * x.dtype.type(1 + by / 4)

    return jax.tree.map_with_path(change, schedule)


def stacks_of(schedule: js.Schedule) -> list[js.Schedule]:
    """The schedule, and a stack of two, if it can be stacked."""
    return [schedule, js.stack([schedule, changed(schedule)])] if jax.tree.leaves(schedule) else [schedule]


def with_lengths(schedule: js.Schedule, length: int) -> js.Schedule:
    """The same schedule with every length and boundary in it replaced."""
    return jax.tree.map(lambda x: np.full_like(x, length) if x.dtype == np.int32 else x, schedule)


def test_every_exported_schedule_has_a_row():
    assert {name.split(",")[0] for name in ROWS} - {"arithmetic"} == MAKE_ONE


@rows
def test_equals_its_formula_at_every_step_and_past_its_end(row: Row):
    assert_close(row.build()(STEPS), row.twin(STEPS), row)


@few
def test_is_the_same_as_a_closure_as_an_argument_one_step_at_a_time_and_in_a_scan(row: Row):
    schedule, steps = row.build(), jnp.asarray(STEPS)
    values = [
        schedule(steps),
        jax.jit(schedule)(steps),
        jax.jit(lambda s, t: s(t))(schedule, steps),
        jnp.stack([schedule(int(t)) for t in STEPS]),
        jax.lax.scan(lambda s, t: (s, s(t)), jax.tree.map(jnp.asarray, schedule), steps)[1],
    ]
    for other in values:
        assert_close(other, row.twin(STEPS), row)
    called, held, given, *_ = values
    np.testing.assert_array_equal(held, given, "the bits are the same where a program holds the numbers")
    np.testing.assert_array_equal(called, given)


@kinds
def test_is_strong_float32_whatever_integers_it_gets(row: Row):
    schedule = row.build()
    arrays = STEPS.astype(np.int16), jnp.asarray(STEPS)
    for step in (7, np.int8(7), np.uint64(7), jnp.uint8(7), jax.device_put(7), *arrays):
        value = schedule(step)
        assert value.dtype == jnp.float32 and not value.weak_type
        assert value.shape == np.shape(step)


@rows
def test_holds_at_every_step_an_int32_can_count(row: Row):
    values = row.build()(FAR)
    assert np.isfinite(values).all()
    assert_close(values[:3], row.twin(FAR[:3]), row)


@structures
def test_a_negative_step_counts_as_0(row: Row):
    schedule = row.build()
    assert (schedule(BEFORE) == schedule(0)).all() and (schedule(BEFORE.astype(np.int32)) == schedule(0)).all()
    assert schedule(-(2**40)) == schedule(0)


@few
def test_values_and_gradients_are_finite_everywhere_for_lengths_of_0_and_1_too(row: Row):
    @jax.jit
    def values_and_gradients(schedule: js.Schedule, steps: jax.Array) -> Any:
        floats, rebuild = float_leaves(schedule)
        value = lambda floats, step: rebuild(floats)(step)  # noqa: E731
        return jax.vmap(jax.value_and_grad(value), in_axes=(None, 0))(floats, steps)

    steps = np.array([*STEPS, LAST - 1, LAST])
    for schedule in (row.build(), with_lengths(row.build(), 0), with_lengths(row.build(), 1)):
        has_floats = bool(float_leaves(schedule)[0])
        for x in jax.tree.leaves(values_and_gradients(schedule, steps)) if has_floats else [schedule(steps)]:
            assert np.isfinite(x).all()


@few
def test_every_argument_can_be_traced_and_vmapped(row: Row):
    fixed = {name: x for name, x in row.arguments.items() if name not in numbers_of(row)}
    numbers = numbers_of(row)

    def values(numbers: dict[str, Any]) -> jax.Array:
        return row.make(**numbers, **fixed)(STEPS)

    # a traced rate has the digits of float32 only
    np.testing.assert_allclose(jax.jit(values)(numbers), row.twin(STEPS), rtol=1e-5, atol=8 * ULP * row.scale)
    for some in halves(list(numbers)):
        axes = {name: 0 if name in some else None for name in numbers}
        given = {name: variants(x, row.others.get(name)) if name in some else x for name, x in numbers.items()}
        assert jax.eval_shape(jax.vmap(values, in_axes=(axes,)), given).shape == (4, len(STEPS))
    # four rows for each argument, in which only that one differs
    changes = [{**numbers, name: x} for name in numbers for x in variants(numbers[name], row.others.get(name))]
    table = {name: np.stack([change[name] for change in changes]) for name in numbers}
    if numbers:
        looped = [row.make(**change, **fixed)(STEPS) for change in changes]
        assert_close(jax.jit(jax.vmap(values))(table), looped, row)


@few
def test_every_leaf_can_be_vmapped(row: Row):
    leaves, structure = jax.tree.flatten(row.build())
    if not leaves:
        return

    def values(*leaves: Any) -> jax.Array:
        return jax.tree.unflatten(structure, leaves)(STEPS)

    for some in halves(range(len(leaves))):
        axes = [0 if i in some else None for i in range(len(leaves))]
        given = [variants(leaf) if i in some else leaf for i, leaf in enumerate(leaves)]
        assert jax.eval_shape(jax.vmap(values, in_axes=axes), *given).shape == (4, len(STEPS))
    changes = [[*leaves[:i], other, *leaves[i + 1 :]] for i, leaf in enumerate(leaves) for other in variants(leaf)]
    changes += [[variants(leaf)[i] for leaf in leaves] for i in range(4)]
    table = [np.stack(column) for column in zip(*changes, strict=True)]
    looped = [values(*change) for change in changes]
    assert_close(jax.jit(jax.vmap(values))(*table), looped, row)
    assert_close(jax.tree.unflatten(structure, table)(STEPS), looped, row)  # and a stack needs no vmap


@kinds
def test_a_stack_is_a_schedule_with_leading_axes(row: Row):
    one = row.build()
    if not jax.tree.leaves(one):
        with pytest.raises(ValueError, match="stack: a schedule without numbers"):
            js.stack([one, one])
        return
    other = changed(one)
    stacked = js.stack([one, other])
    nested = js.stack([stacked, stacked, stacked])
    steps = STEPS.reshape(2, 70)
    assert one.shape == () and stacked.shape == (2,) == (len(stacked),) and nested.shape == (3, 2)
    assert stacked[0] == one and stacked[-1] == other == list(stacked)[1] and nested[1] == stacked
    assert nested[:, 1].shape == (3,) and nested[..., 1] == nested[:, 1] and stacked[np.array([1, 1])][0] == other
    assert jax.eval_shape(nested, steps).shape == (3, 2, 2, 70) and jax.eval_shape(nested, 3).shape == (3, 2)
    values = nested(STEPS)
    assert_close(values[2, 0], one(STEPS), row)
    assert_close(values[0, 1], other(STEPS), row)


def test_a_list_of_lists_has_the_shape_that_numpy_gives_it():
    values = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    constant = js.Constant(values)  # pyright: ignore[reportArgumentType]
    assert constant.shape == (2, 3) and constant(0).tolist() == values
    # a table is read entry by entry, and each entry may be a stack
    pieces = js.PiecewiseConstant([10, np.array([20, 30])], [1.0, 2.0, np.array([3.0, 4.0])])
    assert pieces.shape == (2,) and pieces(np.array([5, 15, 25, 35])).tolist() == [[1, 2, 3, 3], [1, 2, 2, 4]]
    assert pieces == js.stack([js.PiecewiseConstant([10, 20], [1, 2, 3]), js.PiecewiseConstant([10, 30], [1, 2, 4])])
    for schedule in (constant, pieces, js.stack([pieces, pieces])):
        assert eval(repr(schedule), dict(vars(js))) == schedule


def test_rows_can_be_picked_by_a_traced_index():
    stacked = js.Linear(np.array([1.0, 2.0, 3.0]), 0.0, 10)
    picked = jax.vmap(lambda i: stacked[i](5))(jnp.array([2, 0]))
    assert picked.tolist() == [1.5, 0.5]


def test_a_length_that_a_tree_map_made_a_float_is_real():
    assert jax.tree.map(lambda x: x * 0.5, js.Linear(1.0, 0.0, 101))(3) == js.Linear(0.5, 0.0, 50.5)(3)


def test_a_count_that_a_tree_map_made_a_float_is_an_error():
    with pytest.raises(TypeError, match="CosineRestarts: `cycles` must be a whole number of cycles"):
        jax.tree.map(lambda x: x * 0.5, js.CosineRestarts(1.0, 0.0, 10, cycles=3))(3)


def test_a_gradient_can_be_printed():
    gradient = jax.grad(lambda schedule: schedule(5), allow_int=True)(js.ExponentialDecay(1.0, 10, 0.5))
    assert repr(gradient).startswith("ExponentialDecay(init_value=0.707")


def test_runs_without_jit(thorough: bool):
    with jax.disable_jit():
        for row in [ROWS[name] for name in (ROWS if thorough else FEW)]:
            assert_close(row.build()(np.array([0, 7, 500])), row.twin(np.array([0, 7, 500])), row)


def eager_compilations() -> tuple[int, int]:
    """How many programs there are for calls outside of jit with the numbers in one array, and without."""
    return compilations(call_packed), compilations(call)


@few
def test_any_number_of_configurations_compile_once(row: Row, thorough: bool):
    one = row.build()
    calls = jax.jit(lambda schedule, step: schedule(step))
    one(0)
    calls(one, 0)
    gc.collect()  # programs that other tests left go now, and not in the middle
    compiled = eager_compilations()
    for i in range(1000 if thorough else 3):
        other = changed(one, by=i)
        other(i % 7)
        calls(other, i % 7)
    assert eager_compilations() == compiled
    assert compilations(calls) == 1


@structures
def test_is_compared_by_value(row: Row):
    one, same = row.build(), row.build()
    other = changed(one)
    assert one == same and hash(one) == hash(same) and one == jax.jit(lambda s: s)(one)
    assert hash(one) == hash(jax.tree.map(jnp.asarray, one))
    assert one != 0.3
    if jax.tree.leaves(one):
        assert one != js.stack([one]) and one != other and len({one, same, other}) == 2


@structures
def test_its_source_evaluates_back(row: Row):
    one = row.build()
    names = {**vars(js), "fraction_of_two": row.arguments.get("fn")}
    for schedule in stacks_of(one):
        text = repr(schedule) if "fn" in row.arguments else js.dumps(schedule)
        again = eval(text, names)
        assert again == schedule and repr(again) == repr(schedule) and hash(again) == hash(schedule)
        assert repr(schedule) == text or "<" in repr(schedule)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_extreme_floats_are_taken_in_their_shortest_decimals(kind: Any):
    with enable_x64(kind is np.float64):
        info = np.finfo(kind)
        for number in (info.max, -info.max, info.tiny, info.smallest_subnormal, np.nextafter(info.max, kind(0))):
            for schedule in (
                js.Constant(float(number)),
                js.HalfLife(float(number), 10),
                js.Constant(np.array([number, 1.0])),
            ):
                assert eval(repr(schedule), {**vars(js)}) == schedule
            assert js.Constant(float(str(number))).value == number
    largest = np.nextafter(2.0**128 - 2.0**103, 0)  # the last double that is rounded to a finite float32
    assert js.Constant(largest).value == js.Constant(-largest).value * -1 == np.finfo(np.float32).max
    for too_large in (np.nextafter(largest, np.inf), 3.5e38, -np.inf):
        with pytest.raises(ValueError, match="Constant: `value` must be finite in float32"):
            js.Constant(too_large)
    with pytest.raises(ValueError, match="StepDecay: `factor` must not be negative"):
        js.StepDecay(1.0, 10, -3.4028235e38)


@structures
def test_survives_pickling_copying_and_flattening(row: Row):
    one = row.build()
    for schedule in stacks_of(one):
        assert pickle.loads(pickle.dumps(schedule)) == schedule
        assert copy.deepcopy(schedule) == schedule
        leaves, structure = jax.tree.flatten(schedule)
        assert jax.tree.unflatten(structure, leaves) == schedule
        assert jax.tree.structure(jax.tree.unflatten(structure, [object()] * len(leaves))) == structure
        assert isinstance(jax.tree.map(lambda _: None, schedule), js.Schedule)


@structures
def test_is_frozen_and_replaceable(row: Row):
    one = row.build()
    for field in dataclasses.fields(one):  # pyright: ignore[reportArgumentType]
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(one, field.name, 0)
    assert dataclasses.replace(one) == one  # pyright: ignore[reportArgumentType, reportCallIssue]


@few
def test_computes_in_float64_under_x64(row: Row):
    with enable_x64(True):
        schedule = row.build()
        for step in (STEPS, STEPS.astype(np.int32), jnp.asarray(STEPS, jnp.int32)):
            values = schedule(step)
            assert values.dtype == np.float64 or row.make is js.FromFunction
        assert np.isfinite(schedule(2**40)).all()


@kinds
def test_leaks_no_tracers(row: Row):
    numbers = numbers_of(row)
    fixed = {name: x for name, x in row.arguments.items() if name not in numbers}
    with jax.check_tracer_leaks():
        build = jax.jit(lambda numbers, t: row.make(**numbers, **fixed)(t))
        jax.eval_shape(jax.vmap(build, in_axes=(None, 0)), numbers, jnp.arange(3))
        jax.eval_shape(lambda n: jax.lax.scan(lambda n, t: (n, row.make(**n, **fixed)(t)), n, jnp.arange(3)), numbers)
        if any(x.dtype == np.float32 for x in numbers.values()):
            floats = {name: x for name, x in numbers.items() if x.dtype == np.float32}
            ints = {name: x for name, x in numbers.items() if x.dtype == np.int32}
            jax.eval_shape(jax.grad(lambda floats: row.make(**floats, **ints, **fixed)(3)), floats)


@kinds
def test_drives_optax(row: Row):
    schedule = row.build()
    optimizers = (optax.sgd(schedule), optax.inject_hyperparams(optax.sgd)(learning_rate=schedule))
    start: Any = tuple((jnp.ones(()), optimizer.init(jnp.ones(()))) for optimizer in optimizers)

    def update(carry: Any, _: Any) -> Any:
        def one(optimizer: optax.GradientTransformation, params: jax.Array, state: Any) -> Any:
            updates, state = optimizer.update(jnp.ones(()), state, params)
            return optax.apply_updates(params, updates), state

        return tuple(one(optimizer, *held) for optimizer, held in zip(optimizers, carry, strict=True)), None

    with jax.numpy_dtype_promotion("standard"):
        (ours, _), (injected, state) = jax.lax.scan(update, start, length=30)[0]
    expected = 1 - np.asarray(schedule(np.arange(30)), np.float64).sum()
    np.testing.assert_allclose([ours, injected], expected, rtol=1e-5, atol=1e-5)
    assert_close(state.hyperparams["learning_rate"], schedule(29), row)


PUBLIC = sorted({name.split(",")[0] for name in ROWS} - {"arithmetic"})


@pytest.mark.parametrize("name", PUBLIC)
def test_a_docstring_says_every_argument_and_has_an_example(name: str):
    doc = inspect.getdoc(getattr(js, name))
    assert doc is not None
    assert "Args:" in doc and ">>>" in doc
    for argument in inspect.signature(getattr(js, name)).parameters:
        assert f"    {argument}: " in doc


@pytest.mark.parametrize("name", [name for name in PUBLIC if inspect.isclass(getattr(js, name))])
def test_the_docstring_of_a_curve_has_five_parts_in_their_order(name: str):
    doc = inspect.getdoc(getattr(js, name)) or ""
    what, formula = doc.index(".\n"), doc.index("\n    ")
    symbols, values, source = doc.index("\nArgs:"), doc.index("\n>>> "), doc.rindex("\n\n")
    assert what < formula < symbols < values < source
    assert ">>>" not in doc[source:] and doc.endswith(".")


@pytest.mark.parametrize("init_value", [1.0, np.ones(5), jnp.ones(())])
def test_a_schedule_is_freed_as_soon_as_nobody_holds_it(init_value: Any):
    schedule = js.Linear(init_value, 0.0, 10)
    schedule(3)
    held = weakref.ref(schedule)
    gc.disable()
    try:
        del schedule
        assert held() is None
    finally:
        gc.enable()


def test_no_tracer_leaks_from_a_call_at_a_known_step():
    with jax.check_tracer_leaks():
        assert jax.jit(lambda n: js.Linear(1.0, 0.0, n)(5))(10) == 0.5
        assert jax.jit(lambda t: js.Linear(1.0, 0.0, 10)(5) + t)(0.0) == 0.5
