"""A state survives what is around it: what saves it, wraps it, spreads it, holds it. Each against the installed tool."""

# The trees of optax, Flax and Equinox may hold anything.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportMissingImports=false, reportOperatorIssue=false

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import training
from jaxsched.training import decay_now, override, release, resume, scheduled, values
from tests.helpers import assert_equal, compilations


pytestmark = pytest.mark.usefixtures("standard_promotion")


PARAMS = {"b": jnp.ones(3), "w": jnp.arange(6.0).reshape(2, 3)}
LINE = js.Linear(1.0, 0.0, 100)
FEEDBACK = {"b1": js.ReduceOnPlateau(factor=0.5, patience=0)}
OPTIMIZER = scheduled(optax.adamw, learning_rate=LINE, b1=0.9, weight_decay=0.1, feedback=FEEDBACK)


def steered(optimizer: Any = OPTIMIZER) -> Any:
    """A state to which all has been done that can be done."""
    state = optimizer.init(PARAMS)
    for n in range(5):
        if n == 2:
            state = decay_now(override(state, weight_decay=0.25), 8, "cosine")
        _, state = optimizer.update(PARAMS, state, PARAMS, value=1.0)
    return state


def applied(optimizer: Any, state: Any, steps: int, params: Any = PARAMS, name: str = "learning_rate") -> list[float]:
    update, seen = jax.jit(optimizer.update), []
    for _ in range(steps):
        _, state = update(params, state, params)
        seen.append(float(values(state)[name]))
    return seen


# What saves it.


def through_pickle(state: Any, template: Any, folder: Path) -> Any:
    return pickle.loads(pickle.dumps(state))


def through_msgpack(state: Any, template: Any, folder: Path) -> Any:
    serialization = pytest.importorskip("flax.serialization", reason="Flax is not installed")
    return serialization.from_bytes(template, serialization.to_bytes(state))


def through_orbax(state: Any, template: Any, folder: Path) -> Any:
    ocp = pytest.importorskip("orbax.checkpoint", reason="Orbax is not installed")
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(folder / "state", state)
        checkpointer.wait_until_finished()
        return checkpointer.restore(folder / "state", template)


def through_orbax_without_a_template(state: Any, template: Any, folder: Path) -> Any:
    ocp = pytest.importorskip("orbax.checkpoint", reason="Orbax is not installed")
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(folder / "state", state)
        checkpointer.wait_until_finished()
        return resume(template, checkpointer.restore(folder / "state"))


SAVERS = [through_pickle, through_msgpack, through_orbax, through_orbax_without_a_template]


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: optax.chain(optax.clip(1.0), optax.chain(x))])
@pytest.mark.parametrize("save", SAVERS)
def test_what_is_saved_and_restored_is_equal(save: Callable[..., Any], wrap: Any, tmp_path: Path):
    optimizer = wrap(OPTIMIZER)
    state = steered(optimizer)
    restored = save(state, optimizer.init(PARAMS), tmp_path)
    assert_equal(restored, state)
    again = [optimizer.update(PARAMS, s, PARAMS, value=0.5) for s in (state, restored)]
    assert_equal(*again)


@pytest.mark.parametrize("save", SAVERS)
def test_what_is_saved_can_be_followed_by_another_plan(save: Callable[..., Any], tmp_path: Path):
    edited = scheduled(optax.adamw, learning_rate=0.5, b1=js.MultiStep(0.9, [3, 7], 0.5), weight_decay=LINE)
    state = save(release(steered()), edited.init(PARAMS), tmp_path)
    assert applied(edited, state, 3) == [0.5, 0.5, 0.5]
    assert applied(edited, state, 3, name="b1") == [float(js.MultiStep(0.9, [3, 7], 0.5)(n)) for n in (5, 6, 7)]


@pytest.mark.parametrize("save", [through_msgpack, through_orbax])
def test_a_template_of_other_names_is_refused_with_the_names(save: Callable[..., Any], tmp_path: Path):
    other = scheduled(optax.adamw, learning_rate=LINE, b2=0.9, weight_decay=0.1)
    with pytest.raises(ValueError, match=r"b2|b1"):
        save(steered(), other.init(PARAMS), tmp_path)


def test_a_checkpoint_of_the_first_version_is_still_read():
    """It was written as in `steered`, on these parameters, when the form of the state was decided."""
    folder = Path(__file__).parent / "saved"
    with np.load(folder / "state.npz") as saved:
        by_name = dict(saved)
    states = [resume(OPTIMIZER.init(PARAMS), by_name)]
    try:
        from flax import serialization
    except ImportError:
        pass
    else:
        packed = (folder / "state.msgpack").read_bytes()
        states.append(serialization.from_bytes(OPTIMIZER.init(PARAMS), packed))
    for state in states:
        assert training.step(state) == 5 and training.feedback(state)["b1"].scale == 0.0625
        exact = js.Cosine(0.98, 0.0, 8)
        _, after = OPTIMIZER.update(PARAMS, state, PARAMS, value=1.0)
        now = {name: float(value) for name, value in values(after).items()}
        assert now == pytest.approx({"b1": 0.9 / 32, "learning_rate": float(exact(3)), "weight_decay": 0.25}, rel=1e-6)


def test_a_program_that_was_exported_steps_a_state_that_was_saved():
    for node in (optax.EmptyState, optax.ScaleByAdamState):  # which optax does not do
        try:
            jax.export.register_namedtuple_serialization(node, serialized_name=f"optax.{node.__name__}")
        except ValueError as error:
            assert "already registered" in str(error).lower() or "duplicate" in str(error).lower(), error

    @jax.jit
    def step(params: Any, state: Any) -> Any:
        updates, state = OPTIMIZER.update(params, state, params, value=1.0)
        return optax.apply_updates(params, updates), state

    state = steered()
    exported = jax.export.export(step)(PARAMS, state)
    loaded = jax.export.deserialize(exported.serialize())
    assert_equal(loaded.call(PARAMS, state), step(PARAMS, state))


# What wraps it.


def test_multi_steps_with_a_schedule_of_its_own_counts_updates():
    inner = scheduled(optax.sgd, learning_rate=LINE)
    optimizer = optax.MultiSteps(inner, every_k_schedule=lambda updates: jnp.where(updates < 2, 1, 3))
    assert applied(optimizer, optimizer.init(PARAMS), 8) == [float(LINE(n)) for n in (0, 1, 1, 1, 2, 2, 2, 3)]


def test_what_is_not_finite_does_not_move_the_clock():
    optimizer = optax.apply_if_finite(scheduled(optax.sgd, learning_rate=LINE), 5)
    update, state = jax.jit(optimizer.update), optimizer.init(PARAMS)
    nan = jax.tree.map(lambda x: x * jnp.nan, PARAMS)
    for grads, step in ((PARAMS, 1), (nan, 1), (nan, 1), (PARAMS, 2)):
        _, state = update(grads, state, PARAMS)
        assert training.step(state) == step and values(state)["learning_rate"] == LINE(step - 1)


WRAPPED: dict[str, Callable[[Any], Any]] = {
    "chain": lambda x: optax.chain(optax.clip_by_global_norm(1.0), x),
    "masked": lambda x: optax.masked(x, {"b": False, "w": True}),
    "partition": lambda x: optax.partition({"b": optax.set_to_zero(), "w": x}, {"b": "b", "w": "w"}),
    "MultiSteps": lambda x: optax.MultiSteps(x, 1),
    "apply_if_finite": lambda x: optax.apply_if_finite(x, 5),
    "with_extra_args": optax.with_extra_args_support,
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_the_updates_are_those_of_plain_optax_within_what_wraps_it(wrap: Callable[[Any], Any]):
    ours, plain = (optax.with_extra_args_support(wrap(x(LINE))) for x in (lambda s: scheduled(optax.adamw, learning_rate=s), optax.adamw))  # fmt: skip
    states = [ours.init(PARAMS), plain.init(PARAMS)]
    updates = [jax.jit(ours.update), jax.jit(plain.update)]
    for _ in range(4):
        results = [update(PARAMS, state, PARAMS) for update, state in zip(updates, states, strict=True)]
        assert_equal(results[0][0], results[1][0])
        states = [state for _, state in results]
    held = override(states[0], learning_rate=0.5)
    _, held = updates[0](PARAMS, held, PARAMS)
    assert values(held)["learning_rate"] == 0.5 and compilations(updates[0]) == 1
    earlier = resume(ours.init(PARAMS), states[1])
    assert_equal(updates[0](PARAMS, earlier, PARAMS)[0], updates[0](PARAMS, states[0], PARAMS)[0])


def test_lookahead_and_schedule_free_work_as_with_plain_numbers():
    ahead = [optax.lookahead(x, sync_period=2, slow_step_size=0.5) for x in (scheduled(optax.sgd, learning_rate=LINE), optax.sgd(LINE))]  # fmt: skip
    both = optax.LookaheadParams.init_synced(PARAMS)
    runs = []
    for optimizer in ahead:
        params, state = both, optimizer.init(both)
        for _ in range(5):
            updates, state = jax.jit(optimizer.update)(params.fast, state, params)
            params = optax.apply_updates(params, updates)
        runs.append((params, state))
    assert_equal(runs[0][0], runs[1][0])
    assert values(runs[0][1])["learning_rate"] == LINE(4)
    free = [scheduled(optax.contrib.schedule_free_adamw, learning_rate=0.1), optax.contrib.schedule_free_adamw(0.1)]
    results = []
    for optimizer in free:
        params, state, update = PARAMS, optimizer.init(PARAMS), jax.jit(optimizer.update)
        for _ in range(4):
            updates, state = update(params, state, params)
            params = optax.apply_updates(params, updates)
        results.append(params)
    assert_equal(*results)
    following = scheduled(optax.contrib.schedule_free_adamw, learning_rate=LINE)
    assert applied(following, following.init(PARAMS), 3) == [float(LINE(n)) for n in range(3)]


# What holds it.


def test_equinox_jits_partitions_and_does_not_train_a_schedule_that_is_a_function():
    eqx = pytest.importorskip("equinox", reason="Equinox is not installed")

    class Model(eqx.Module):
        weight: jax.Array
        rate: js.Schedule

    class Frozen(eqx.Module):
        weight: jax.Array
        rate: js.Schedule = eqx.field(converter=js.FromFunction)

    def train(model: Any) -> Any:
        optimizer = optax.sgd(0.1)
        state = optimizer.init(eqx.filter(model, eqx.is_inexact_array))

        @eqx.filter_jit
        def step(model: Any, state: Any) -> Any:
            grads = eqx.filter_grad(lambda m: jnp.sum(m.weight * m.rate(10)))(model)
            updates, state = optimizer.update(grads, state)
            return eqx.apply_updates(model, updates), state

        return step(model, state)[0]

    assert train(Model(PARAMS["b"], LINE)).rate != LINE, "Equinox trains every float that it finds"
    trained = train(Frozen(PARAMS["b"], LINE))
    assert trained.rate == js.FromFunction(LINE) and trained.rate(10) == LINE(10)
    assert jax.tree.leaves(trained) == jax.tree.leaves(eqx.filter(trained, eqx.is_inexact_array)) != []
    wrong = eqx.filter(Model(PARAMS["b"], LINE), eqx.is_inexact_array)
    with pytest.raises(ValueError, match=r"the schedule at params.rate would be trained with the parameters"):
        OPTIMIZER.init(wrong)
    OPTIMIZER.init(eqx.filter(Frozen(PARAMS["b"], LINE), eqx.is_inexact_array))

    model = eqx.nn.MLP(3, 2, 4, 1, key=jax.random.key(0))
    params = eqx.filter(model, eqx.is_inexact_array)
    optimizer = scheduled(optax.adamw, learning_rate=LINE)

    @eqx.filter_jit
    def step(model: Any, state: Any) -> Any:
        grads = eqx.filter_grad(lambda m: jnp.sum(m(PARAMS["b"]) ** 2))(model)
        updates, state = optimizer.update(grads, state, eqx.filter(model, eqx.is_inexact_array))
        return eqx.apply_updates(model, updates), state

    state = optimizer.init(params)
    for n in range(3):
        model, state = step(model, state)
        assert values(state)["learning_rate"] == LINE(n)
    arrays, rest = eqx.partition(state, eqx.is_array)
    assert_equal(eqx.combine(arrays, rest), state)
    assert jax.tree.leaves(rest) == []


def test_flax_nnx_holds_a_schedule_and_steers_its_optimizer_in_one_line():
    nnx = pytest.importorskip("flax.nnx", reason="Flax is not installed")

    class Model(nnx.Module):
        def __init__(self, rngs: Any) -> None:
            self.linear = nnx.Linear(3, 2, rngs=rngs)
            self.rate = nnx.data(LINE)
            self.frozen = js.FromFunction(LINE)

    model = Model(nnx.Rngs(0))
    assert set(nnx.to_flat_state(nnx.state(model, nnx.Param)).paths) == {("linear", "bias"), ("linear", "kernel")}
    assert nnx.jit(lambda model: model.rate(10) + model.frozen(10))(model) == 2 * LINE(10)
    optimizer = nnx.Optimizer(model, optax.chain(scheduled(optax.adamw, learning_rate=LINE)), wrt=nnx.Param)
    traced = []

    @nnx.jit
    def step(model: Any, optimizer: Any) -> None:
        traced.append(1)
        optimizer.update(model, nnx.grad(lambda m: jnp.sum(m.linear(PARAMS["b"]) ** 2))(model))

    def rate() -> float:
        return float(values(optimizer.opt_state)["learning_rate"])

    step(model, optimizer)
    optimizer.opt_state = override(optimizer.opt_state, learning_rate=0.5)
    step(model, optimizer)
    assert rate() == 0.5
    optimizer.opt_state = decay_now(optimizer.opt_state, 2)
    for expected in (0.5, 0.25, 0.0):
        step(model, optimizer)
        assert rate() == expected
    optimizer.opt_state[0].hyperparams["learning_rate"][...] = 0.125
    step(model, optimizer)
    assert rate() == 0.125 and training.step(optimizer.opt_state) == 6 and len(traced) == 1

    @nnx.jit
    def released(model: Any, optimizer: Any) -> None:
        optimizer.opt_state = release(optimizer.opt_state)
        step(model, optimizer)

    released(model, optimizer)
    assert rate() == float(LINE(6))


# What spreads it.

SHARDED = """
import jax, jax.numpy as jnp, numpy as np, optax
jax.config.update("jax_num_cpu_devices", 8)
from jax.sharding import NamedSharding, PartitionSpec as P
import jaxsched as js
from jaxsched.training import decay_now, override, release, scheduled, values

mesh = jax.make_mesh((8,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
split, same = (NamedSharding(mesh, P(*names)) for names in (("data",), ()))
schedule = js.warmup_cosine(peak_value=1e-2, warmup_steps=3, total_steps=20)
optimizer = optax.chain(optax.clip_by_global_norm(1.0), scheduled(optax.adamw, learning_rate=schedule,
    weight_decay=0.1, feedback={"learning_rate": js.ReduceOnPlateau(patience=1)}))

def train(params, place):
    def step(params, state):
        loss, grads = jax.value_and_grad(lambda p: jnp.sum(jnp.tanh(p["w"]) ** 2))(params)
        updates, state = optimizer.update(grads, state, params, value=loss)
        return optax.apply_updates(params, updates), state
    state = jax.jit(optimizer.init, out_shardings=place(jax.eval_shape(optimizer.init, params)))(params)
    shardings = jax.tree.map(lambda x: x.sharding, (params, state))
    step = jax.jit(step, in_shardings=shardings, out_shardings=shardings, donate_argnums=(0, 1))
    seen = []
    for change in (lambda s: s, lambda s: override(s, learning_rate=3e-3), release, lambda s: decay_now(s, 4)):
        params, state = step(params, change(state))
        params, state = step(params, state)
        seen.append(float(values(state)["learning_rate"]))
    return params, state, seen, step._cache_size()

start = {"w": np.linspace(-1, 1, 64, dtype=np.float32).reshape(16, 4)}
def fsdp(shapes):
    return jax.tree.map(lambda x: split if x.ndim and x.shape[0] == 16 else same, shapes)
alone = train(jax.tree.map(jnp.asarray, start), lambda shapes: None)
spread = train(jax.device_put(start, split), fsdp)
mu = optax.tree.get(spread[1], "mu")["w"]
assert len(mu.sharding.device_set) == 8 and mu.addressable_shards[0].data.shape == (2, 4)
own = [x for x in jax.tree.leaves(spread[1][1]._replace(inner_state=()))]
assert all(x.sharding.is_fully_replicated for x in own)
assert spread[3] == 1, spread[3]
np.testing.assert_allclose(alone[2], spread[2], rtol=1e-6)
np.testing.assert_allclose(alone[0]["w"], spread[0]["w"], rtol=1e-5)
print("equal")
"""


def test_a_state_is_spread_over_eight_devices_with_its_moments_and_steered_there():
    done = subprocess.run([sys.executable, "-c", SHARDED], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "equal", done.stderr[-2000:]
