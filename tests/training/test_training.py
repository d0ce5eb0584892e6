"""Schedules in the training loop: the updates are optax's, and whatever changes during a run compiles nothing again."""

# Wrong arguments are given on purpose, and optax's trees may hold anything.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false, reportOperatorIssue=false

import contextlib
import functools
import inspect
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import NamedSharding, PartitionSpec

import jaxsched as js
from jaxsched import training
from jaxsched._curves.shapes import CHOOSABLE
from jaxsched.training import (
    at_step,
    decay_now,
    feedback,
    override,
    release,
    resume,
    scheduled,
    schedules,
    values,
)
from tests.helpers import assert_equal, compilations, enable_x64, tiers


pytestmark = pytest.mark.usefixtures("standard_promotion")


RNG = np.random.default_rng(0)
PARAMS = {"b": jnp.zeros(5), "w": jnp.asarray(RNG.normal(size=(7, 5)), jnp.float32)}
X = jnp.asarray(RNG.normal(size=(11, 7)), jnp.float32)
COSINE = js.warmup_cosine(peak_value=1e-2, warmup_steps=5, total_steps=30)

KINDS: dict[str, js.Schedule] = {
    "a number": js.Constant(1e-2),
    "a line": js.Linear(1e-2, 1e-4, 30),
    "a warmup and a cosine": COSINE,
    "a wsd": js.wsd(peak_value=1e-2, warmup_steps=5, cooldown_steps=10, total_steps=30, cooldown="one_minus_sqrt"),
    "powers": js.ExponentialDecay(1e-2, 10, 0.7),
    "a table": js.MultiStep(1e-2, [10, 20], 0.3),
    "a function": 1e-2 * js.FromFunction(lambda step: 1.0 / (1 + step)),
}
kinds = pytest.mark.parametrize("schedule", tiers(KINDS, ("a warmup and a cosine", "a function")))


def loss(params: Any, x: jax.Array = X) -> jax.Array:
    return (jnp.tanh(x.astype(params["w"].dtype) @ params["w"] + params["b"]) ** 2).sum().astype(jnp.float32)


@functools.cache
def step_with(optimizer: optax.GradientTransformation) -> Any:
    """A jitted step, the same for the same optimizer."""
    optimizer = optax.with_extra_args_support(optimizer)

    @jax.jit
    def step(params: Any, state: Any, **extra: Any) -> tuple[Any, Any, Any]:
        updates, state = optimizer.update(jax.grad(loss)(params), state, params, **extra)
        return optax.apply_updates(params, updates), state, updates

    return step


def run(optimizer: optax.GradientTransformation, steps: int, params: Any = PARAMS) -> tuple[Any, Any, list[Any]]:
    """Parameters, state, and the updates of every step."""
    step, state, all_updates = step_with(optimizer), optimizer.init(params), []
    for _ in range(steps):
        params, state, updates = step(params, state)
        all_updates.append(updates)
    return params, state, all_updates


def applied(
    optimizer: optax.GradientTransformation, state: Any, steps: int, name: str = "learning_rate"
) -> list[float]:
    """The values that the next steps apply."""
    step, params, seen = step_with(optimizer), PARAMS, []
    for _ in range(steps):
        params, state, _ = step(params, state)
        seen.append(float(values(state)[name]))
    return seen


# The updates are those of optax.


@pytest.mark.parametrize(
    "case",
    tiers(
        {name: (schedule, jnp.float32) for name, schedule in KINDS.items()} | {"in bfloat16": (COSINE, jnp.bfloat16)},
        ("a warmup and a cosine", "in bfloat16"),
    ),
)
def test_the_updates_are_bit_for_bit_those_of_the_plain_optimizer(case: tuple[js.Schedule, Any]):
    schedule, dtype = case
    params = jax.tree.map(lambda x: x.astype(dtype), PARAMS)
    *ours, our_updates = run(scheduled(optax.adamw, learning_rate=schedule), 40, params)
    *theirs, their_updates = run(optax.adamw(schedule), 40, params)
    assert_equal(our_updates, their_updates)
    assert_equal(ours[0], theirs[0])


OTHERS: dict[str, Callable[[js.Schedule, js.Schedule], tuple[Any, Any]]] = {
    "sgd": lambda rate, decay: (scheduled(optax.sgd, learning_rate=rate), optax.sgd(rate)),
    "lion": lambda rate, decay: (
        scheduled(optax.lion, learning_rate=rate, weight_decay=decay),
        optax.lion(rate, weight_decay=decay),
    ),
    "adamw with two schedules": lambda rate, decay: (
        scheduled(optax.adamw, learning_rate=rate, weight_decay=decay),
        optax.adamw(rate, weight_decay=decay),
    ),
    "sgd with a number and a flag": lambda rate, decay: (
        scheduled(optax.sgd, learning_rate=rate, momentum=0.9, nesterov=True),
        optax.sgd(rate, momentum=0.9, nesterov=True),
    ),
    "adafactor with an integer": lambda rate, decay: (
        scheduled(optax.adafactor, learning_rate=rate, min_dim_size_to_factor=4),
        optax.adafactor(rate, min_dim_size_to_factor=4),
    ),
}


@pytest.mark.parametrize("make", tiers(OTHERS, ("adamw with two schedules",)))
def test_so_they_are_for_other_optimizers_and_more_schedules(make: Any):
    ours, theirs = make(COSINE, js.Linear(0.1, 0.0, 30))
    assert_equal(run(ours, 40)[2], run(theirs, 40)[2])


def test_values_stay_float32_and_betas_exact_where_parameters_are_bfloat16():
    params = jax.tree.map(lambda x: x.astype(jnp.bfloat16), PARAMS)
    words: dict[str, Any] = {"b1": 0.9, "b2": 0.999, "eps": 1e-8, "weight_decay": 1e-4}
    ours, state, our_updates = run(scheduled(optax.adamw, learning_rate=COSINE, **words), 20, params)
    for name, value in words.items():
        assert values(state)[name].dtype == jnp.float32 and values(state)[name] == np.float32(value)
    assert all(leaf.dtype == jnp.bfloat16 for leaf in jax.tree.leaves(ours))
    assert_equal(our_updates, run(optax.adamw(COSINE, **words), 20, params)[2])


@kinds
def test_values_are_those_of_the_last_update(schedule: js.Schedule):
    optimizer = scheduled(optax.sgd, learning_rate=schedule)
    state = optimizer.init(PARAMS)
    assert values(state)["learning_rate"] == schedule(0)
    assert applied(optimizer, state, 10) == [float(schedule(i)) for i in range(10)]


WRAPPED: dict[str, tuple[Callable[[Any], Any], int]] = {
    "chain": (lambda optimizer: optax.chain(optax.clip_by_global_norm(1.0), optimizer), 1),
    "MultiSteps": (lambda optimizer: optax.MultiSteps(optimizer, every_k_schedule=4), 4),
    "apply_if_finite": (lambda optimizer: optax.apply_if_finite(optimizer, 3), 1),
    "masked": (lambda optimizer: optax.masked(optimizer, {"b": False, "w": True}), 1),
    "all at once": (lambda optimizer: optax.chain(optax.chain(optax.MultiSteps(optimizer, every_k_schedule=2))), 2),
}


@pytest.mark.parametrize("wrapped", tiers(WRAPPED, ("chain", "all at once")))
def test_is_seen_and_changed_within_what_wraps_it_and_counts_updates_only(wrapped: tuple[Any, int]):
    wrap, per_update = wrapped
    line = js.Linear(1.0, 0.0, 10)
    optimizer = wrap(scheduled(optax.sgd, learning_rate=line))
    state = optimizer.init(PARAMS)
    seen = []
    step, params = step_with(optimizer), PARAMS
    for _ in range(4 * per_update):
        params, state, _ = step(params, state)
        seen.append(float(values(state)["learning_rate"]))
    assert seen[per_update - 1 :: per_update] == [float(line(i)) for i in range(4)]
    assert training.step(state) == 4
    state = override(state, learning_rate=0.125)
    for _ in range(per_update):
        params, state, _ = step(params, state)
    assert values(state)["learning_rate"] == 0.125
    assert compilations(step) == 1


def test_the_type_of_a_state_never_changes():
    optimizer = scheduled(
        optax.adamw,
        learning_rate=COSINE,
        b2=0.99,
        feedback={"learning_rate": js.ReduceOnPlateau(), "b2": js.GreedyPlateau()},
    )
    state = optimizer.init(PARAMS)
    types = jax.tree.map(lambda x: (x.dtype, x.shape, x.weak_type), state)
    _, after = optimizer.update(PARAMS, state, PARAMS, value=1.0)
    changes: list[Callable[[Any], Any]] = [
        lambda state: override(state, learning_rate=1),
        lambda state: at_step(state, np.int64(7)),
        lambda state: decay_now(state, 5, "cosine", b2=0.0),
        lambda state: release(state, "b2"),
        lambda state: jax.lax.fori_loop(0, 3, lambda i, s: optimizer.update(PARAMS, s, PARAMS, value=1.0)[1], state),
    ]
    for change in [lambda state: after, *changes]:
        assert jax.tree.map(lambda x: (x.dtype, x.shape, x.weak_type), change(state)) == types


@pytest.mark.parametrize("jitted", [False, True])
def test_a_state_can_be_donated_and_the_schedule_lives_on(jitted: bool):
    schedule = jax.tree.map(jnp.asarray, COSINE)
    optimizer = scheduled(optax.adamw, learning_rate=schedule, feedback={"learning_rate": js.ReduceOnPlateau()})
    update = jax.jit(lambda state: optimizer.update(PARAMS, state, PARAMS, value=1.0)[1], donate_argnums=0)
    state = (jax.jit(optimizer.init) if jitted else optimizer.init)(PARAMS)
    for change in (
        lambda s: s,
        lambda s: decay_now(s, 3),
        lambda s: at_step(s, 5),
        release,
    ):
        state = update(change(state))
    assert values(state)["learning_rate"] == schedule(6) == COSINE(6)


def test_a_schedule_adds_one_leaf_to_a_state_and_less_than_80_bytes():
    rates = {"learning_rate": COSINE, "weight_decay": 0.1 * COSINE}
    feedback = {"learning_rate": js.ReduceOnPlateau()}
    one = scheduled(optax.adamw, learning_rate=COSINE).init(PARAMS)
    two = scheduled(optax.adamw, **rates, feedback=feedback).init(PARAMS)
    own = [jax.tree.leaves(state._replace(inner_state=())) for state in (one, two)]
    assert [len(leaves) for leaves in own] == [6, 7]  # every leaf costs time at every step
    size = [sum(leaf.nbytes for leaf in leaves) for leaves in own]
    assert size[0] < 80 and size[1] - size[0] < 80


# Nothing is compiled again.


def never_again(
    optimizer: optax.GradientTransformation, changes: list[Callable[[Any], Any]], expected: Any = None
) -> None:
    """One executable for a run in which the state is changed again and again, with the values expected after each."""
    step, state = step_with(optimizer), optimizer.init(PARAMS)
    _, state, _ = step(PARAMS, state)
    for i, change in enumerate(changes):
        _, state, _ = step(PARAMS, change(state))
        if expected is not None:
            assert values(state)["learning_rate"] == expected[i], i
    assert compilations(step) == 1


def test_100_overrides_in_any_type_are_one_executable():
    numbers = np.geomspace(1e-4, 1, 100)
    types = itertools.cycle([float, np.float64, np.float32, jnp.float32, jnp.bfloat16, np.asarray, jnp.asarray])
    given = [kind(x) for kind, x in zip(types, numbers, strict=False)]
    optimizer = scheduled(optax.adamw, learning_rate=COSINE)
    never_again(optimizer, [lambda s, x=x: override(s, learning_rate=x) for x in given], [np.float32(x) for x in given])


def test_50_cooldowns_at_any_step_in_any_shape_are_one_executable():
    line = js.Linear(1.0, 0.5, 100)
    optimizer = scheduled(optax.adamw, learning_rate=line)
    shapes = [shape for shape, _ in zip(itertools.cycle(CHOOSABLE), range(50), strict=False)]
    changes = [lambda s, n=n: decay_now(at_step(release(s), n), n % 7, shapes[n]) for n in range(50)]
    never_again(optimizer, changes, [line(n) if n % 7 else 0 for n in range(50)])


def test_the_tree_of_a_state_is_the_same_for_every_plan():
    structures = {
        jax.tree.structure(scheduled(optax.adamw, learning_rate=rate).init(PARAMS))
        for rate in (1e-3, np.float32(1.0), 1, js.Constant(0.5), jnp.ones(()), COSINE, optax.constant_schedule(0.1))
    }
    assert len(structures) == 1


def test_all_changes_can_be_made_inside_of_a_program():
    optimizer = scheduled(optax.sgd, learning_rate=js.Linear(1.0, 0.0, 100))

    @jax.jit
    def change(state: Any, x: jax.Array, n: jax.Array) -> list[Any]:
        new = at_step(state, n)
        changed = [override(new, learning_rate=x), decay_now(new, n), new]
        return [
            values(optimizer.update(PARAMS, c, PARAMS)[1])["learning_rate"] for c in [*changed, release(changed[0])]
        ]

    for x, n in ((0.5, 10), (0.25, 50)):
        expected = [x, 1 - n / 100, 1 - n / 100, 1 - n / 100]
        np.testing.assert_allclose(change(optimizer.init(PARAMS), x, n), expected, rtol=1e-6)
    assert compilations(change) == 1


# Steering.


def test_an_override_holds_until_it_is_released():
    line = js.Linear(1.0, 0.0, 8)
    optimizer = scheduled(optax.adamw, learning_rate=line, weight_decay=0.5)
    state = override(optimizer.init(PARAMS), learning_rate=0.3, weight_decay=0.2)
    _, state = optimizer.update(PARAMS, state, PARAMS)
    assert {name: float(value) for name, value in values(state).items()} == {
        "learning_rate": np.float32(0.3),
        "weight_decay": np.float32(0.2),
    }
    _, state = optimizer.update(PARAMS, release(state, "weight_decay"), PARAMS)
    assert values(state)["weight_decay"] == 0.5 and values(state)["learning_rate"] == np.float32(0.3)
    assert applied(optimizer, release(state), 3) == [float(line(i)) for i in (2, 3, 4)]


def test_what_is_followed_is_the_plan_until_it_is_steered():
    optimizer = scheduled(optax.sgd, learning_rate=COSINE)
    state = optimizer.init(PARAMS)
    assert schedules(optimizer, state) == {"learning_rate": COSINE}
    changed = [override(state, learning_rate=1.0), decay_now(state, 3)]
    assert all(schedules(optimizer, s)["learning_rate"] != COSINE for s in changed)
    assert schedules(optimizer, release(changed[0]))["learning_rate"] == COSINE


@pytest.mark.parametrize("shape", tiers(list(CHOOSABLE), ("cosine",)))
def test_decay_now_is_decay_from_here(shape: str):
    cosine = js.Cosine(1.0, 0.2, 50)
    optimizer = scheduled(optax.sgd, learning_rate=cosine)
    state = decay_now(at_step(optimizer.init(PARAMS), 10), 8, shape, learning_rate=0.1)
    expected = js.decay_from(cosine, 10, 8, 0.1, shape)
    steps = np.arange(25)
    np.testing.assert_allclose(schedules(optimizer, state)["learning_rate"](steps), expected(steps), rtol=3e-7)
    np.testing.assert_allclose(applied(optimizer, state, 12), expected(steps[10:22]), rtol=3e-7)
    assert applied(optimizer, state, 9)[::8] == [float(cosine(10)), float(np.float32(0.1))]


def test_a_cooldown_starts_from_what_is_applied_whatever_that_follows():
    optimizer = scheduled(optax.sgd, learning_rate=js.Linear(1.0, 0.0, 100))
    held = override(optimizer.init(PARAMS), learning_rate=0.5)
    assert applied(optimizer, decay_now(held, 2), 3) == [0.5, 0.25, 0.0]
    cooling, step = decay_now(at_step(optimizer.init(PARAMS), 50), 4, learning_rate=0.25), step_with(optimizer)
    for _ in range(2):
        _, cooling, _ = step(PARAMS, cooling)
    cooled_again = decay_now(cooling, 3, learning_rate=0.0)
    assert applied(optimizer, cooled_again, 4) == [0.375, 0.25, 0.125, 0.0]
    assert applied(optimizer, override(cooling, learning_rate=0.75), 1) == [0.75]
    assert applied(optimizer, release(cooling), 1) == [float(js.Linear(1.0, 0.0, 100)(52))]


def test_the_clock_can_be_the_one_of_the_run():
    line = js.Linear(1.0, 0.0, 100)
    optimizer = scheduled(optax.sgd, learning_rate=line)
    step, state = step_with(optimizer), optimizer.init(PARAMS)
    for n in (7, np.int64(50), jnp.int32(3), jnp.uint8(99)):
        _, state, updates = step(PARAMS, state, step=n)
        assert values(state)["learning_rate"] == line(int(n)) and training.step(state) == int(n) + 1
        np.testing.assert_array_equal(updates["w"], -line(int(n)) * jax.jit(jax.grad(loss))(PARAMS)["w"])
    _, state, _ = step(PARAMS, state)
    assert training.step(state) == 101


def test_the_clock_stops_at_the_largest_step():
    optimizer = scheduled(optax.sgd, learning_rate=js.Linear(1.0, 0.5, 100))
    state = at_step(optimizer.init(PARAMS), 2**31 - 1)
    assert applied(optimizer, state, 2) == [0.5, 0.5]
    assert applied(optimizer, at_step(state, -5), 1) == [1.0]
    assert applied(optimizer, decay_now(state, 2**31 - 1), 2) == [0.5, 0.5]


# Groups of parameters.


def test_groups_share_one_clock_and_one_evaluation():
    evaluations = []
    schedule = COSINE * js.FromFunction(lambda step: evaluations.append(step) or 1.0)
    labels = {"b": "head", "w": "body"}

    def by_group(learning_rate: Any, weight_decay: Any) -> optax.GradientTransformation:
        return optax.partition(
            {"body": optax.adamw(0.1 * learning_rate, weight_decay=weight_decay), "head": optax.adamw(learning_rate)},
            labels,
        )

    optimizer = scheduled(by_group, learning_rate=schedule, weight_decay=0.1)
    state = optimizer.init(PARAMS)
    evaluations.clear()
    _, _, ours = run(optimizer, 10)
    assert len(evaluations) == 1, "one for both groups, when the update is compiled"
    assert values(state).keys() == {"learning_rate", "weight_decay"}
    theirs = optax.partition({"body": optax.adamw(0.1 * COSINE, weight_decay=0.1), "head": optax.adamw(COSINE)}, labels)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9), ours, run(theirs, 10)[2])


def test_layer_wise_decay_is_one_line():
    params = {f"layer_{i}": jnp.ones(3) for i in range(4)}

    def layer_wise(learning_rate: Any) -> optax.GradientTransformation:
        return optax.partition(
            {f"layer_{i}": optax.sgd(learning_rate * 0.5 ** (3 - i)) for i in range(4)}, {k: k for k in params}
        )

    optimizer = scheduled(layer_wise, learning_rate=js.Linear(1.0, 0.0, 4))
    state = optimizer.init(params)
    for n in range(4):
        updates, state = optimizer.update(params, state, params)
        assert [float(-updates[f"layer_{i}"][0]) for i in range(4)] == [(1 - n / 4) * 0.5 ** (3 - i) for i in range(4)]


# Feedback.


def test_feedback_is_the_controller_of_a_loop_by_hand():
    metrics = np.random.default_rng(0).normal(size=30).cumsum()
    controller = js.ReduceOnPlateau(factor=0.5, patience=1)
    optimizer = scheduled(optax.adamw, learning_rate=COSINE, weight_decay=0.1, feedback={"learning_rate": controller})
    step, state, plateau = step_with(optimizer), optimizer.init(PARAMS), controller.init()
    for n, metric in enumerate(metrics.tolist()):
        plateau = controller.update(plateau, metric)
        _, state, _ = step(PARAMS, state, value=metric)
        np.testing.assert_allclose(values(state)["learning_rate"], plateau.scale * COSINE(n), rtol=1e-6)
        assert values(state)["weight_decay"] == np.float32(0.1)
    assert plateau.scale < 0.1 and feedback(state)["learning_rate"] == plateau
    held = step(PARAMS, override(state, learning_rate=0.7), value=1.0)[1]
    assert values(held)["learning_rate"] == np.float32(0.7), "what is held is not scaled"


def test_a_cooldown_goes_from_the_scaled_value_to_the_end_value():
    optimizer = scheduled(
        optax.sgd, learning_rate=1.0, feedback={"learning_rate": js.ReduceOnPlateau(factor=0.5, patience=0)}
    )
    step, state = step_with(optimizer), optimizer.init(PARAMS)
    for _ in range(3):
        _, state, _ = step(PARAMS, state, value=1.0)
    assert values(state)["learning_rate"] == 0.25
    state, seen = decay_now(state, 2, learning_rate=0.125), []
    for _ in range(3):
        _, state, _ = step(PARAMS, state, value=0.0)
        seen.append(float(values(state)["learning_rate"]))
    assert seen == [0.25, 0.1875, 0.125]


def test_the_value_reaches_the_optimizer_too():
    def with_its_own(learning_rate: float) -> optax.GradientTransformation:
        return optax.chain(optax.sgd(learning_rate), optax.contrib.reduce_on_plateau(factor=0.5, patience=1))

    optimizer = scheduled(with_its_own, learning_rate=1.0)
    state = optimizer.init(PARAMS)
    updates: Any = None
    for _ in range(3):
        updates, state = optimizer.update(PARAMS, state, PARAMS, value=1.0)
    np.testing.assert_array_equal(updates["w"], -0.25 * PARAMS["w"])


# Many at once.


def trained(schedule: Any, decay: Any = 0.1, patience: Any = 2) -> tuple[Any, Any]:
    """A whole run, with an optimizer that is made inside of the program."""
    optimizer = scheduled(
        optax.adamw,
        learning_rate=schedule,
        weight_decay=decay,
        feedback={"learning_rate": js.ReduceOnPlateau(patience=patience)},
    )

    def step(carry: Any, _: Any) -> tuple[Any, Any]:
        params, state = carry
        value, grads = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(grads, state, params, value=-value)
        return (optax.apply_updates(params, updates), state), values(state)

    (params, _), seen = jax.lax.scan(step, (PARAMS, optimizer.init(PARAMS)), length=12)
    return params, seen


STACK = js.Cosine(np.array([1e-2, 1e-3, 1e-1]), 0.0, np.array([10, 20, 30]))


def test_vmapped_over_stacked_schedules_equals_the_loop():
    decay, patience = np.float32([0.0, 0.1, 0.2]), np.array([0, 1, 9])
    mapped = jax.jit(jax.vmap(trained))(STACK, decay, patience)
    for i in range(3):
        alone = jax.jit(trained)(STACK[i], decay[i], patience[i])
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a[i], b, rtol=2e-5, atol=1e-6), mapped, alone)  # noqa: B023


@pytest.mark.thorough
def test_a_stack_of_schedules_is_a_stack_of_optimizers():
    controller = js.ReduceOnPlateau(factor=0.5, patience=[0, 1, 2])
    optimizer = scheduled(optax.adamw, learning_rate=STACK, weight_decay=0.1, feedback={"learning_rate": controller})
    many = jax.tree.map(lambda x: jnp.stack([x, 2 * x, 3 * x]), PARAMS)

    def update_one(plan: Any, params: Any, state: Any, value: Any) -> Any:
        rate, controller = plan
        alone = scheduled(optax.adamw, learning_rate=rate, weight_decay=0.1, feedback={"learning_rate": controller})
        return alone.update(params, state, params, value=value)

    state = mapped = optimizer.init(many)
    for _ in range(6):
        value = jnp.float32([1.0, 2.0, 3.0])
        updates, state = optimizer.update(many, state, many, value=value)
        others, mapped = jax.vmap(update_one)((STACK, controller), many, mapped, value)
        assert_equal(updates, others)
        assert_equal(values(state), values(mapped))
    np.testing.assert_allclose(values(state)["learning_rate"] / STACK(5), [0.5**5, 0.5**2, 0.5], rtol=1e-6)
    state = decay_now(override(state, learning_rate=[0.1, 0.2, 0.3]), [1, 2, 3], learning_rate=0.0)
    _, state = optimizer.update(many, state, many, value=1.0)
    _, state = optimizer.update(many, state, many, value=1.0)
    np.testing.assert_allclose(values(state)["learning_rate"], [0.0, 0.1, 0.2], rtol=1e-6)
    assert training.step(at_step(state, np.array([7, 8, 9]))).tolist() == [7, 8, 9]
    for i in range(3):
        alone = scheduled(optax.adamw, learning_rate=STACK[i], weight_decay=0.1)
        params = jax.tree.map(lambda x: x[i], many)  # noqa: B023
        updates, _ = alone.update(params, alone.init(params), params)
        stacked, _ = optimizer.update(many, optimizer.init(many), many, value=1.0)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a[i], b, rtol=1e-6), stacked, updates)  # noqa: B023


@pytest.mark.thorough
@pytest.mark.parametrize("axes", ["Auto", "Explicit"] if hasattr(jax, "set_mesh") else ["Auto"])
@pytest.mark.parametrize("stacked", [False, True])
def test_a_run_may_be_spread_over_devices(axes: str, stacked: bool):
    peaks = np.array([1e-2, 2e-2]) if stacked else 1e-2
    optimizer = scheduled(
        optax.adamw,
        learning_rate=js.warmup_cosine(peak_value=peaks, warmup_steps=5, total_steps=30),
        feedback={"learning_rate": js.ReduceOnPlateau(patience=1)},
    )
    kind = (getattr(jax.sharding.AxisType, axes),)
    mesh = jax.make_mesh((2,), ("x",), axis_types=kind, devices=jax.devices("cpu")[:2])
    spread, same = (NamedSharding(mesh, PartitionSpec(*names)) for names in (("x",), ()))

    def train(params: jax.Array, place: Callable[[Any], Any]) -> tuple[Any, int]:
        @jax.jit
        def step(params: Any, state: Any) -> Any:
            losses = jnp.sum(params**2, axis=1)
            metric = losses if stacked else jnp.sum(losses)
            updates, state = optimizer.update(params, state, params, value=metric, step=training.step(state))
            return optax.apply_updates(params, updates), state

        state, compiled = place(optimizer.init(params)), 0
        for change in (lambda s: s, lambda s: override(s, learning_rate=3e-3), release, lambda s: decay_now(s, 7)):
            state = change(state)
            params, state = step(params, state)
            compiled = compiled or compilations(step)
            params, state = step(params, state)
        return (params, values(state), schedules(optimizer, state)), compilations(step) - compiled

    def place(state: Any) -> Any:
        return jax.tree.map(lambda x: jax.device_put(x, spread if stacked else same) if not x.committed else x, state)

    alone, _ = train(jnp.ones((2, 4)), lambda state: state)
    with jax.set_mesh(mesh) if axes == "Explicit" else contextlib.nullcontext():
        together, compiled = train(jax.device_put(jnp.ones((2, 4)), spread), place)
    assert compiled <= 1  # JAX spells the sharding of what it returns in another way
    assert len(together[0].sharding.device_set) == 2
    assert together[1]["learning_rate"].sharding.device_set == together[0].sharding.device_set
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), alone, together)


@pytest.mark.thorough
def test_the_gradient_goes_through_the_unrolled_training_to_every_float():
    @jax.jit
    def final(schedule: Any) -> jax.Array:
        return loss(trained(schedule)[0])

    schedule = js.Cosine(1e-2, 1e-3, 20)
    gradient = jax.jit(jax.grad(final, allow_int=True))(schedule)
    for name in ("init_value", "end_value"):
        h = 1e-3
        up, down = (
            final(
                js.Cosine(
                    **{"init_value": 1e-2, "end_value": 1e-3, "transition_steps": 20}
                    | {name: getattr(schedule, name) + s * h}
                )
            )
            for s in (1, -1)
        )
        np.testing.assert_allclose(getattr(gradient, name), (up - down) / (2 * h), rtol=0.05)


def test_is_float64_where_jax_is():
    with enable_x64():
        params = jax.tree.map(lambda x: x.astype(jnp.float64), PARAMS)
        optimizer = scheduled(optax.adamw, learning_rate=js.Cosine(0.1, 0.0, 1000))
        state = at_step(optimizer.init(params), 2**40)
        _, state = optimizer.update(params, override(state, learning_rate=0.1), params)
        assert values(state)["learning_rate"].dtype == jnp.float64 and values(state)["learning_rate"] == 0.1
        assert training.step(state) == 2**40 + 1


def test_leaks_no_tracer():
    with jax.check_tracer_leaks():
        jax.jit(trained)(STACK[0])
        jax.jit(jax.vmap(trained))(STACK)


# Runs are continued.


def test_a_run_is_continued_by_other_optimizers_with_its_moments_and_its_clock():
    params, plain, _ = run(optax.adamw(COSINE), 12)
    injected = run(optax.inject_hyperparams(optax.adamw)(learning_rate=COSINE), 12)[1]
    constant = run(scheduled(optax.adamw, learning_rate=1e-3), 12)[1]
    optimizer = scheduled(optax.adamw, learning_rate=COSINE)
    for earlier in (plain, injected, constant):
        state = resume(optimizer.init(params), earlier)
        assert training.step(state) == 12
        assert_equal(optax.tree.get(state, "mu"), optax.tree.get(earlier, "mu"))
        assert applied(optimizer, state, 3) == [float(COSINE(n)) for n in (12, 13, 14)]


def test_a_run_with_plain_optax_goes_on_bit_for_bit():
    params, plain, _ = run(
        optax.chain(optax.clip_by_global_norm(0.1), optax.adamw(COSINE, weight_decay=0.1 * COSINE)), 12
    )
    expected = run(optax.chain(optax.clip_by_global_norm(0.1), optax.adamw(COSINE, weight_decay=0.1 * COSINE)), 25)[0]
    optimizer = optax.chain(
        optax.clip_by_global_norm(0.1), scheduled(optax.adamw, learning_rate=COSINE, weight_decay=0.1 * COSINE)
    )
    step, state = step_with(optimizer), resume(optimizer.init(params), plain)
    for _ in range(13):
        params, state, _ = step(params, state)
    assert_equal(params, expected)


def test_a_plateau_is_carried_over_to_another_controller():
    made = [
        scheduled(optax.adamw, learning_rate=1.0, feedback={"learning_rate": js.ReduceOnPlateau(factor=f, patience=0)})
        for f in (0.5, 0.1)
    ]
    state = made[0].init(PARAMS)
    for _ in range(3):
        _, state = made[0].update(PARAMS, state, PARAMS, value=1.0)
    state = resume(made[1].init(PARAMS), state)
    assert values(state)["learning_rate"] == 0.25 and feedback(state)["learning_rate"].best == 1
    _, state = made[1].update(PARAMS, state, PARAMS, value=1.0)
    assert values(state)["learning_rate"] == np.float32(0.1) * np.float32(0.25)


def test_a_run_without_a_clock_needs_a_step():
    plain = run(optax.adamw(1e-3), 12)[1]
    fresh = scheduled(optax.adamw, learning_rate=COSINE).init(PARAMS)
    with pytest.raises(ValueError, match="resume: the earlier run had no clock; `step` must say where it was"):
        resume(fresh, plain)
    assert training.step(resume(fresh, plain, step=12)) == 12


def test_what_cannot_be_continued_is_said():
    fresh = scheduled(optax.adamw, learning_rate=COSINE).init(PARAMS)
    with pytest.raises(
        ValueError, match=r"resume: the optimizers differ: `inner_state\.0\.count` is in `state`, and not in `earlier`"
    ):
        resume(fresh, optax.sgd(COSINE).init(PARAMS))
    with pytest.raises(
        ValueError,
        match=r"resume: the parameters differ: `inner_state.0.mu.w` is float32\[7, 5\] in `state`, and float32\[7, 6\] in",
    ):
        resume(fresh, optax.adamw(COSINE).init({"b": jnp.zeros(5), "w": jnp.zeros((7, 6))}))
    with pytest.raises(
        ValueError,
        match=r"resume: the optimizers differ: `0\.inner_state\.0\.count` is in `state`, and not in `earlier`",
    ):
        resume((fresh,), fresh)
    plain = optax.adamw(COSINE, weight_decay=COSINE).init(PARAMS)
    with pytest.raises(ValueError, match="resume: the clocks of the earlier run disagree"):
        resume(fresh, (plain[0], plain[1]._replace(count=jnp.int32(3)), plain[2]))


# What is wrong is said.


def branching(learning_rate: Any) -> optax.GradientTransformation:
    return optax.sgd(learning_rate if learning_rate > 0 else 1.0)


STATE = scheduled(optax.sgd, learning_rate=0.1, momentum=0.9).init(PARAMS)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (
            lambda: scheduled(optax.adamw, learnin_rate=0.1),
            TypeError,
            "scheduled(adamw): there is no hyperparameter `learnin_rate`; did you mean `learning_rate`? There are learning_rate, b1, b2,",
        ),
        (lambda: scheduled(optax.adamw, b1=0.9), TypeError, "scheduled(adamw): `learning_rate` is needed."),
        (
            lambda: scheduled(optax.adamw, learning_rate=0.1, nesterov=COSINE),
            TypeError,
            "scheduled(adamw): `nesterov` is not a number and cannot follow a schedule, got warmup_cosine(",
        ),
        (
            lambda: scheduled(optax.adamw, learning_rate=0.1, mask=COSINE),
            TypeError,
            "scheduled(adamw): `mask` is not a number",
        ),
        (
            lambda: scheduled(optax.adafactor, learning_rate=0.1, min_dim_size_to_factor=COSINE),
            TypeError,
            "scheduled(adafactor): `min_dim_size_to_factor` is not a number",
        ),
        (
            lambda: scheduled(optax.adamw, learning_rate=float("nan")),
            ValueError,
            "scheduled(adamw): `learning_rate` must be finite in float32, got nan.",
        ),
        (
            lambda: scheduled(optax.adamw, learning_rate=STACK, weight_decay=js.Constant([1.0, 2.0])),
            ValueError,
            "scheduled(adamw): the shapes must broadcast, as those of a stack do, got (3,) of `learning_rate`, (2,) of `weight_decay`.",
        ),
        (
            lambda: scheduled(
                optax.adamw, learning_rate=STACK, feedback={"learning_rate": js.ReduceOnPlateau(patience=[1, 2])}
            ),
            ValueError,
            "scheduled(adamw): the shapes must broadcast, as those of a stack do, got (3,) of `learning_rate`, (2,) of `feedback of learning_rate`.",
        ),
        (
            lambda: scheduled(optax.adamw, learning_rate=STACK).init(PARAMS),
            ValueError,
            "scheduled(adamw): the schedules are a stack of shape (3,), so every parameter must begin with these axes, got (5,) at params['b'].",
        ),
        (
            lambda: scheduled(optax.adamw, learning_rate=0.1, feedback={"b1": js.ReduceOnPlateau()}),
            TypeError,
            "scheduled(adamw): feedback: there is no scheduled hyperparameter `b1`. There are learning_rate.",
        ),
        (
            lambda: scheduled(optax.adamw, learning_rate=0.1, feedback={"learning_rate": 3}),
            TypeError,
            "scheduled(adamw): the feedback of `learning_rate` must be a ReduceOnPlateau or a GreedyPlateau, got 3.",
        ),
        (
            lambda: without_a_value(),
            TypeError,
            "scheduled(sgd): `value` is needed by the feedback of learning_rate: update(..., value=loss).",
        ),
        (
            lambda: scheduled(optax.sgd, learning_rate=0.1).update(PARAMS, optax.EmptyState()),
            TypeError,
            "scheduled(sgd): `state` must be that of a scheduled optimizer (`resume` takes any other), got EmptyState.",
        ),
        (
            lambda: scheduled(optax.sgd, learning_rate=0.1, momentum=0.9).update(PARAMS, STATE, step=1.5),
            TypeError,
            "scheduled(sgd): `step` must be an integer",
        ),
        (
            lambda: scheduled(optax.sgd, learning_rate=0.1, momentum=0.9).update(PARAMS, STATE, value=jnp.ones(3)),
            ValueError,
            "scheduled(sgd): `value` must have shape (), got (3,).",
        ),
        (
            lambda: override(STATE, weight_decay=0.1),
            TypeError,
            "override: there is no scheduled hyperparameter `weight_decay`. There are learning_rate, momentum.",
        ),
        (
            lambda: override(STATE, learning_rate="0.1"),
            TypeError,
            "override: `learning_rate` must be a real number, got '0.1' (str).",
        ),
        (
            lambda: override(STATE, learning_rate=np.inf),
            ValueError,
            "override: `learning_rate` must be finite in float32, got inf.",
        ),
        (
            lambda: override(STATE, learning_rate=[0.1, 0.2]),
            ValueError,
            "override: `learning_rate` must have shape (), got (2,).",
        ),
        (
            lambda: release(STATE, "b1"),
            TypeError,
            "release: there is no scheduled hyperparameter `b1`. There are learning_rate, momentum.",
        ),
        (
            lambda: decay_now(STATE, 10, b1=0.0),
            TypeError,
            "decay_now: there is no scheduled hyperparameter `b1`. There are learning_rate, momentum.",
        ),
        (lambda: decay_now(STATE, -1), ValueError, "decay_now: `steps` must not be negative, got -1."),
        (lambda: decay_now(STATE, "1"), TypeError, "decay_now: `steps` must be a number of steps, got '1' (str)."),
        (
            lambda: decay_now(STATE, 10, "sqrt"),
            ValueError,
            'decay_now: `shape` must be "linear", "cosine" or "one_minus_sqrt", got \'sqrt\'.',
        ),
        (
            lambda: at_step(STATE, 1.5),
            TypeError,
            "at_step: `step` must be an integer or an array of integers, got 1.5 (float).",
        ),
        (lambda: at_step(STATE, np.array([1, 2])), ValueError, "at_step: `step` must have shape (), got (2,)."),
        (
            lambda: values(PARAMS),
            ValueError,
            "values: there must be one state of a scheduled optimizer in `state`, found 0 in a dict.",
        ),
        (
            lambda: release(PARAMS),
            ValueError,
            "release: there must be one state of a scheduled optimizer in `state`, found 0 in a dict.",
        ),
        (
            lambda: training.step((STATE, STATE)),
            ValueError,
            "step: there must be one state of a scheduled optimizer in `state`, found 2 in a tuple. For several groups with one clock, make them in the factory.",
        ),
    ],
)
def test_what_is_wrong_is_said(wrong: Any, error: type[Exception], message: str):
    with pytest.raises(error) as raised:
        wrong()
    assert str(raised.value).startswith(message)


def without_a_value() -> Any:
    optimizer = scheduled(optax.sgd, learning_rate=0.1, feedback={"learning_rate": js.ReduceOnPlateau()})
    return optimizer.update(PARAMS, optimizer.init(PARAMS), PARAMS)


def test_a_factory_that_needs_a_python_number_says_how_to_give_it_one():
    with pytest.raises(jax.errors.ConcretizationTypeError) as raised:
        jax.jit(lambda rate: scheduled(branching, learning_rate=rate).init(PARAMS))(0.1)
    assert any("functools.partial" in note for note in raised.value.__notes__)


def test_every_function_of_the_door_is_documented():
    for name in training.__all__:
        public = getattr(training, name)
        if inspect.isfunction(public):
            doc = inspect.getdoc(public) or ""
            assert "Args:" in doc and ">>>" in doc, name
