"""Under every setting and transformation of JAX: the same values, from calls, queries, tables and lint."""

import contextlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from tests.helpers import enable_x64, float_leaves, tiers


SCHEDULES: dict[str, Callable[[], js.Schedule]] = {
    "a curve": lambda: js.Cosine(0.3, 0.01, 40),
    "stairs": lambda: js.StepDecay(0.3, 10, 0.5),
    "a recipe": lambda: js.wsd(peak_value=0.3, warmup_steps=5, cooldown_steps=10, total_steps=40),
    "alike pieces": lambda: js.sequence([js.Linear(1.0 + i, 0.0, 10) for i in range(12)], [10] * 11),
    "a table": lambda: js.Tabulated(np.linspace(1, 0, 20)),
    "growing cycles": lambda: js.CosineRestarts(1.0, 0.0, 10, growth=2),
    "a stack": lambda: js.Cosine(np.array([0.3, 0.2]), 0.01, 40),
}
STEPS = np.arange(8)

schedules = pytest.mark.parametrize("make", tiers(SCHEDULES, ("a recipe", "a stack")))
FEW = {name: SCHEDULES[name] for name in ("stairs", "a recipe", "a stack")}
few = pytest.mark.parametrize("make", tiers(FEW, ("a recipe",)))


SETTINGS: dict[str, Callable[[], contextlib.AbstractContextManager[object]]] = {
    "debug_nans": lambda: jax.debug_nans(True),
    "debug_infs": lambda: jax.debug_infs(True),
    "strict types": lambda: jax.numpy_dtype_promotion("strict"),
    "strict ranks": lambda: jax.numpy_rank_promotion("raise"),
    "tracer leaks": lambda: jax.check_tracer_leaks(),
    "custom keys": lambda: jax.enable_custom_prng(True),
    "x64": lambda: enable_x64(True),
}


def gradients(schedule: js.Schedule) -> list[jax.Array]:
    floats, rebuild = float_leaves(schedule)
    return jax.grad(lambda floats: jnp.sum(rebuild(floats)(3)))(floats)


def everything(schedule: js.Schedule) -> list[np.ndarray]:
    """What a schedule can be asked, one after another."""
    answers = [
        schedule(3),
        schedule(STEPS),
        jax.jit(schedule)(jnp.asarray(STEPS)),
        schedule.integral(20),
        schedule.crossing(0.1, 40),
        *schedule.extrema(40),
        js.evaluate(schedule, 8),
        js.evaluate(schedule, 8, out=np.empty),
        *gradients(schedule),
    ]
    if not schedule.shape:
        answers.append(np.asarray(len(js.lint(schedule, 40))))
    return [np.asarray(x) for x in answers]


@few
@pytest.mark.parametrize("setting", tiers(SETTINGS, ("debug_nans", "x64")))
def test_a_setting_changes_no_answer(make: Callable[[], js.Schedule], setting: Callable[[], Any]):
    expected = everything(make())
    with setting():
        for ours, usual in zip(everything(make()), expected, strict=True):
            np.testing.assert_allclose(ours, usual, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make", tiers({name: SCHEDULES[name] for name in ("a curve", "a stack")}, ()))
def test_everything_can_be_asked_without_jit(make: Callable[[], js.Schedule]):
    expected = everything(make())
    with jax.disable_jit():
        for ours, usual in zip(everything(make()), expected, strict=True):
            np.testing.assert_allclose(ours, usual, rtol=1e-5, atol=1e-6)


@schedules
def test_nothing_is_transferred_for_a_step_that_is_on_the_device(make: Callable[[], js.Schedule]):
    schedule, step, steps = make(), jnp.int32(3), jnp.arange(8)
    inside = jax.jit(lambda schedule, step: schedule(step))
    on_device = jax.device_put(schedule)
    jax.block_until_ready((step, steps))
    with jax.transfer_guard("disallow"):
        for value in (schedule(step), jax.jit(schedule)(step), inside(on_device, step)):
            assert value.shape == schedule.shape
        assert schedule(steps).shape == on_device(steps).shape == (*schedule.shape, 8)


# x64, on and off again.


@few
def test_a_schedule_of_64_bits_is_narrowed_where_x64_is_off(make: Callable[[], js.Schedule]):
    expected = everything(make())
    with enable_x64(True):
        wide = make()
        wide(3)
    for ours, usual in zip(everything(wide), expected, strict=True):
        assert ours.dtype.itemsize <= 4 or ours.dtype == np.int64  # the count of findings
        np.testing.assert_allclose(ours, usual, rtol=1e-5, atol=1e-6)
    narrow = make()
    with enable_x64(True):
        np.testing.assert_allclose(narrow(STEPS), expected[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s(5),
        lambda s: s(STEPS),
        lambda s: jax.jit(s)(5),
        lambda s: s.integral(5),
        lambda s: s.extrema(5),
        lambda s: s.crossing(0.5, 5),
        lambda s: js.evaluate(s, 5),
        lambda s: js.evaluate([s, s], 5),
        lambda s: js.lint(s, 5),
        lambda s: (2.0 * s)(5),
    ],
)
def test_a_number_that_fits_only_64_bits_is_an_error_where_x64_is_off(ask: Callable[[js.Schedule], Any]):
    with enable_x64(True):
        long, large = js.Linear(1.0, 0.0, 2**40), js.Linear(1e300, 0.0, 10)
        long(5)
    with pytest.raises(
        ValueError, match=r"Linear: `transition_steps` must be at most 2147483647 \(int32.*1099511627776"
    ):
        ask(long)
    with pytest.raises(ValueError, match="Linear: `init_value` must be finite in float32, got 1e\\+300"):
        ask(large)


# Transformations.


@schedules
def test_works_in_every_control_flow(make: Callable[[], js.Schedule]):
    schedule = make()
    expected = np.asarray(schedule(STEPS))
    start = jnp.zeros(schedule.shape)

    def add(carry: Any) -> Any:
        step, total = carry
        return step + 1, total + schedule(step)

    _, total = jax.lax.while_loop(lambda carry: carry[0] < 8, add, (jnp.int32(0), start))
    np.testing.assert_allclose(total, expected.sum(axis=-1), rtol=1e-6)
    total = jax.lax.fori_loop(0, 8, lambda step, total: total + schedule(step), start)
    np.testing.assert_allclose(total, expected.sum(axis=-1), rtol=1e-6)
    one_by_one = jnp.moveaxis(
        jax.lax.map(schedule, jnp.arange(8)), 0, -1
    )  # steps of another shape: the last bit may differ
    np.testing.assert_allclose(one_by_one, expected, rtol=1e-6)
    for other in (True, False):
        chosen = jax.lax.cond(other, lambda s, t: s(t), lambda s, t: 2 * s(t), schedule, jnp.int32(7))
        np.testing.assert_allclose(chosen, expected[..., 7] * (1 if other else 2), rtol=1e-6)


@few
def test_second_derivatives_and_rematerialisation_are_those_of_the_formula(make: Callable[[], js.Schedule]):
    floats, rebuild = float_leaves(make())
    value = lambda floats: jnp.sum(rebuild(floats)(3) ** 2)  # noqa: E731
    floats = [jnp.asarray(x) for x in floats]
    gradient, hessian = jax.grad(value)(floats), jax.hessian(value)(floats)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves((gradient, hessian)))
    again = jax.grad(jax.checkpoint(value))(floats)  # pyright: ignore[reportPrivateImportUsage]
    jax.tree.map(lambda ours, usual: np.testing.assert_allclose(ours, usual, rtol=1e-5), again, gradient)
    tangents = [jnp.ones_like(x) for x in floats]
    forward = jax.jvp(value, (floats,), (tangents,))[1]
    np.testing.assert_allclose(forward, sum(jnp.sum(x) for x in gradient), rtol=1e-4, atol=1e-6)


# Devices.


def mesh_of(kind: str) -> jax.sharding.Mesh:
    return jax.make_mesh((2,), ("d",), axis_types=(getattr(jax.sharding.AxisType, kind),))


AXES = ["Auto", "Explicit"] if hasattr(jax, "set_mesh") else ["Auto"]


@schedules
@pytest.mark.parametrize("axes", AXES)
def test_steps_may_be_spread_over_devices(make: Callable[[], js.Schedule], axes: str):
    schedule, mesh = make(), mesh_of(axes)
    expected = np.asarray(schedule(STEPS))
    over_steps = jax.sharding.PartitionSpec("d")
    steps = jax.device_put(jnp.asarray(STEPS), jax.sharding.NamedSharding(mesh, over_steps))
    with jax.set_mesh(mesh) if axes == "Explicit" else contextlib.nullcontext():
        for values in (schedule(steps), jax.jit(schedule)(steps), jax.jit(lambda s, t: s(t))(schedule, steps)):
            np.testing.assert_array_equal(values, expected)
            assert len(values.sharding.device_set) == 2
        floats, rebuild = float_leaves(schedule)
        jax.grad(lambda floats: jnp.sum(rebuild(floats)(steps)))(floats)


@schedules
def test_works_in_shard_map(make: Callable[[], js.Schedule]):
    schedule, mesh = make(), mesh_of("Auto")
    spec = jax.sharding.PartitionSpec("d")
    known = jax.__version_info__ >= (0, 7)  # before that, JAX asks for this where a table is searched
    values = jax.shard_map(
        lambda t: jnp.moveaxis(schedule(t), -1, 0), mesh=mesh, in_specs=spec, out_specs=spec, check_vma=known
    )
    np.testing.assert_array_equal(jnp.moveaxis(values(jnp.asarray(STEPS)), 0, -1), schedule(STEPS))


@pytest.mark.skipif("Explicit" not in AXES, reason="meshes of explicit axes are newer")
def test_a_stack_may_be_spread_over_a_mesh_of_explicit_axes():
    stack, mesh = js.Cosine(np.array([0.3, 0.2]), 0.01, 40), mesh_of("Explicit")
    over_rows = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("d"))
    with jax.set_mesh(mesh):
        spread = jax.tree.map(lambda x: jax.device_put(jnp.asarray(x), over_rows), stack)
        np.testing.assert_array_equal(spread(STEPS), stack(STEPS))
        np.testing.assert_array_equal(jax.jit(lambda s: s(3))(spread), stack(3))
        np.testing.assert_array_equal(js.evaluate(spread, 8), js.evaluate(stack, 8))
        np.testing.assert_array_equal((2.0 * spread + spread)(3), (2.0 * stack + stack)(3))
