"""The plan is in the code, and the state holds none of it: what follows a state is what the code says now."""

# optax's trees may hold anything.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false

import pickle
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import training
from jaxsched._curves.shapes import CHOOSABLE, NUMBERS, SHAPES
from jaxsched.training import (
    at_step,
    decay_now,
    describe,
    feedback,
    override,
    release,
    resume,
    scheduled,
    schedules,
    values,
)
from tests.helpers import compilations, enable_x64, tiers


pytestmark = pytest.mark.usefixtures("standard_promotion")


PARAMS = jnp.ones(3)
LINE = js.Linear(1.0, 0.0, 100)


def run(
    optimizer: Any, state: Any, steps: int = 1, name: str = "learning_rate", **given: Any
) -> tuple[Any, list[float]]:
    """The state after so many updates, and what they applied."""
    update = jax.jit(lambda state: optimizer.update(PARAMS, state, PARAMS, **given)[1])
    seen = []
    for _ in range(steps):
        state = update(state)
        seen.append(float(values(state)[name]))
    return state, seen


def at(schedule: js.Schedule, *steps: int) -> list[float]:
    return [float(schedule(n)) for n in steps]


# Any plan can follow any state.

PLANS: dict[str, Any] = {
    "a number": 0.25,
    "other numbers": js.Linear(0.5, 0.0, 60),
    "another kind": js.warmup_cosine(peak_value=0.3, warmup_steps=20, total_steps=60),
    "one more milestone": js.MultiStep(0.5, [3, 11, 40], 0.1),
    "a real length": js.Linear(0.5, 0.0, 60.5),
    "a function of optax": optax.cosine_decay_schedule(0.5, 60),
}


@pytest.mark.parametrize("plan", tiers(PLANS, tuple(PLANS)))
def test_an_edited_plan_is_followed_from_the_next_update_on(plan: Any):
    first = scheduled(optax.adamw, learning_rate=js.MultiStep(0.5, [3, 11], 0.1), weight_decay=0.1)
    state, _ = run(first, first.init(PARAMS), 10)
    edited = scheduled(optax.adamw, learning_rate=plan, weight_decay=0.1 * LINE)
    _, seen = run(edited, state, 5)
    plan = plan if callable(plan) else js.Constant(plan)
    np.testing.assert_allclose(seen, [float(plan(n)) for n in range(10, 15)], rtol=1e-6)


def test_a_state_of_other_names_is_refused_and_both_are_named():
    state = scheduled(optax.adamw, learning_rate=0.1, b1=0.9).init(PARAMS)
    other = scheduled(optax.adamw, learning_rate=0.1, weight_decay=0.1, b2=0.9)
    message = (
        "scheduled(adamw): the hyperparameters differ: b1, learning_rate in `state`, and b2, learning_rate, weight_decay in"
        " the optimizer (`resume` carries over what is in both)."
    )
    for wrong in (lambda: other.update(PARAMS, state, PARAMS), lambda: schedules(other, state)):
        with pytest.raises(ValueError, match="differ") as raised:
            wrong()
        assert str(raised.value).removeprefix("schedules: ") in message or str(raised.value) == message
    stack = scheduled(optax.adamw, learning_rate=js.Constant([0.1, 0.2]), b1=0.9)
    with pytest.raises(ValueError, match=r"`state` must be of shape \(2,\), as the schedules are, got \(\)"):
        stack.update(jnp.ones((2, 3)), state, jnp.ones((2, 3)))


def test_resume_carries_over_what_both_have():
    old = scheduled(
        optax.adamw, learning_rate=LINE, b1=0.9, feedback={"b1": js.ReduceOnPlateau(factor=0.5, patience=0)}
    )
    state, _ = run(old, decay_now(override(old.init(PARAMS), b1=0.7), 10), 5, value=1.0)
    new = scheduled(optax.adamw, learning_rate=0.3, weight_decay=0.1)
    carried = resume(new.init(PARAMS), state)
    assert training.step(carried) == 5 and values(carried)["learning_rate"] == values(state)["learning_rate"]
    np.testing.assert_array_equal(optax.tree.get(carried, "mu"), optax.tree.get(state, "mu"))
    assert run(new, carried, 2)[1] == run(old, state, 2, value=1.0)[1], "the cooldown goes on"
    again = resume(old.init(PARAMS), resume(new.init(PARAMS), state))
    assert run(old, again, 1, "b1", value=1.0)[1] == [0.9 * np.float32(1)], "what was not carried is as at first"
    assert feedback(state)["b1"].scale == 0.5**4


# What is written into `hyperparams` is an override.


def by_item(state: Any, value: Any) -> Any:
    state = jax.tree.map(lambda x: x, state)  # a copy
    optax.tree.get(state, "hyperparams")["learning_rate"] = value
    return state


WRITTEN: dict[str, Callable[[Any, Any], Any]] = {
    "by item": by_item,
    "tree_set": lambda state, value: optax.tree.set(state, learning_rate=value),
    "override": lambda state, value: override(state, learning_rate=value),
}


@pytest.mark.parametrize("write", tiers(WRITTEN, tuple(WRITTEN)))
@pytest.mark.parametrize("kind", [float, np.float64, np.float32, jnp.float32, jnp.bfloat16, np.asarray, jnp.asarray])
def test_a_value_that_is_written_holds_until_it_is_released(write: Any, kind: Any):
    for wrap in (lambda x: x, lambda x: optax.chain(optax.clip(1.0), x), lambda x: optax.MultiSteps(x, 1)):
        optimizer = wrap(scheduled(optax.adamw, learning_rate=LINE, weight_decay=0.5 * LINE))
        update = jax.jit(optimizer.update)
        _, state = update(PARAMS, optimizer.init(PARAMS), PARAMS)
        state = write(state, kind(0.125))
        for _ in range(3):
            _, state = update(PARAMS, state, PARAMS)
            assert values(state)["learning_rate"] == 0.125 == optax.tree.get(state, "learning_rate")
        assert values(state)["weight_decay"] == (0.5 * LINE)(3), "only what is written is held"
        state = release(state)
        for n in (4, 5):
            _, state = update(PARAMS, state, PARAMS)
            rounded = jnp.asarray(LINE(n)).astype(
                values(state)["learning_rate"].dtype
            )  # MultiSteps keeps what was written
            assert values(state)["learning_rate"] == rounded and values(state)["weight_decay"] == (0.5 * LINE)(n)


def test_a_written_integer_and_another_write_on_top_hold_too():
    optimizer = scheduled(optax.sgd, learning_rate=LINE)
    state, _ = run(optimizer, by_item(override(optimizer.init(PARAMS), learning_rate=0.5), 2))
    assert values(state)["learning_rate"] == 2.0, "the last word counts"
    state = override(by_item(state, 0.75), learning_rate=0.25)
    assert values(state)["learning_rate"] == 2.0 and run(optimizer, state)[1] == [0.25]
    assert run(optimizer, release(by_item(state, 0.75)))[1] == at(LINE, 1)


def test_what_is_written_is_where_a_cooldown_starts():
    optimizer = scheduled(optax.sgd, learning_rate=LINE)
    state, _ = run(optimizer, optimizer.init(PARAMS), 2)
    _, seen = run(optimizer, decay_now(by_item(state, 0.5), 2), 3)
    assert seen == [0.5, 0.25, 0.0]
    cooling, _ = run(optimizer, decay_now(state, 4), 2)
    assert run(optimizer, by_item(cooling, 0.5), 2)[1] == [0.5, 0.5]


def test_a_plan_that_is_not_a_number_for_a_while_is_no_override():
    plan = js.FromFunction(lambda step: jnp.where(step == 2, jnp.nan, 0.5))
    optimizer = scheduled(optax.sgd, learning_rate=plan)
    np.testing.assert_array_equal(run(optimizer, optimizer.init(PARAMS), 5)[1], [0.5, 0.5, np.nan, 0.5, 0.5])


def test_one_number_may_be_written_for_all_of_a_stack_or_one_for_each():
    optimizer = scheduled(optax.sgd, learning_rate=js.Linear([1.0, 2.0], 0.0, 10))
    many = jnp.ones((2, 3))
    state = optimizer.init(many)
    for value, applied in ((0.5, [0.5, 0.5]), (np.float32([0.25, 0.125]), [0.25, 0.125])):
        _, state = optimizer.update(many, by_item(state, value), many)
        assert values(state)["learning_rate"].tolist() == applied
    with pytest.raises(ValueError, match=r"`learning_rate` must have shape \(2,\) or \(\), got \(3,\)"):
        optimizer.update(many, by_item(state, jnp.ones(3)), many)


def test_what_is_no_number_is_said_when_it_is_written():
    optimizer = scheduled(optax.sgd, learning_rate=LINE)
    for wrong, message in (
        ("0.1", "scheduled(sgd): `learning_rate` must be a real number, got '0.1' (str)."),
        (None, "scheduled(sgd): `learning_rate` must be a real number, got None (NoneType)."),
        (float("nan"), "scheduled(sgd): `learning_rate` must be finite in float32, got nan."),
        ([0.1, 0.2], "scheduled(sgd): `learning_rate` must have shape (), got (2,)."),
    ):
        with pytest.raises((TypeError, ValueError)) as raised:
            optimizer.update(PARAMS, by_item(optimizer.init(PARAMS), wrong), PARAMS)
        assert str(raised.value) == message


# What was done by hand or by feedback is in the state.


@pytest.mark.parametrize("shape", CHOOSABLE)
@pytest.mark.parametrize("ends", [(1.0, 0.0), (0.0, 1.0), (-0.5, 2.0), (0.3, 0.3), (1e-3, 1e-5)])
def test_a_cooldown_is_decay_from_and_exact_at_both_ends(shape: str, ends: tuple[float, float]):
    start, end = ends
    optimizer = scheduled(optax.sgd, learning_rate=start)
    for steps in (0, 1, 7, 100, 2**24 + 1, 2**31 - 1):
        state = decay_now(optimizer.init(PARAMS), steps, shape, learning_rate=end)
        cooled = schedules(optimizer, state)["learning_rate"]
        t = np.unique(np.linspace(0, steps, 12).astype(np.int64))
        exact = js.decay_from(js.Constant(start), 0, steps, end, shape)(t)
        np.testing.assert_allclose(cooled(t), exact, rtol=5e-7, atol=1e-7 * abs(end - start) * (start * end < 0))
        assert cooled(steps) == np.float32(end) and (steps == 0 or cooled(0) == np.float32(start))


def test_what_is_applied_is_what_was_announced_bit_for_bit():
    optimizer = scheduled(optax.sgd, learning_rate=js.Cosine(0.3, 0.1, 40))
    state, _ = run(optimizer, optimizer.init(PARAMS), 5)
    for shape in CHOOSABLE:
        cooling = decay_now(state, 9, shape)
        announced = schedules(optimizer, cooling)["learning_rate"]
        assert run(optimizer, cooling, 12)[1] == at(announced, *range(5, 17))


def test_an_edited_plan_does_not_move_a_cooldown_that_has_begun():
    first, edited = (scheduled(optax.sgd, learning_rate=plan) for plan in (LINE, js.Constant(9.0)))
    waiting = decay_now(at_step(first.init(PARAMS), 50), 4)
    assert run(edited, waiting, 3)[1] == [9.0, 6.75, 4.5], "what has not begun starts from the edited plan"
    begun, _ = run(first, waiting)
    assert run(edited, begun, 4)[1] == [0.375, 0.25, 0.125, 0.0]
    assert run(edited, release(begun))[1] == [9.0]


def test_a_cooldown_begins_with_the_next_update_whatever_the_clock_says_then():
    optimizer = scheduled(optax.sgd, learning_rate=LINE)
    state = decay_now(optimizer.init(PARAMS), 2)
    _, seen = run(optimizer, state, step=50)
    assert seen == [0.5]
    assert run(optimizer, at_step(state, 25), 3)[1] == [0.75, 0.375, 0.0]


def test_before_a_cooldown_that_has_begun_a_run_that_is_set_back_follows_its_plan():
    optimizer = scheduled(optax.sgd, learning_rate=LINE)
    state, _ = run(optimizer, decay_now(at_step(optimizer.init(PARAMS), 50), 4))
    assert run(optimizer, at_step(state, 10))[1] == at(LINE, 10)


def test_feedback_comes_and_goes_with_the_code_and_its_scale_stays_in_the_state():
    controller = js.ReduceOnPlateau(factor=0.5, patience=0)
    without = scheduled(optax.sgd, learning_rate=1.0)
    with_it = scheduled(optax.sgd, learning_rate=1.0, feedback={"learning_rate": controller})
    state, seen = run(with_it, run(without, without.init(PARAMS))[0], 3, value=1.0)
    assert seen == [1.0, 0.5, 0.25] and feedback(state)["learning_rate"].best == 1
    assert run(without, state)[1] == [1.0], "the code has no feedback any more"
    assert run(with_it, run(without, state)[0], value=0.0)[1] == [0.25]
    largest = scheduled(optax.sgd, learning_rate=1.0, feedback={"learning_rate": js.ReduceOnPlateau(mode="max")})
    assert feedback(run(largest, without.init(PARAMS), value=-5.0)[0])["learning_rate"].best == -5


def test_what_was_decided_by_hand_is_not_scaled_by_feedback():
    optimizer = scheduled(
        optax.sgd, learning_rate=1.0, feedback={"learning_rate": js.ReduceOnPlateau(factor=0.5, patience=0)}
    )
    state, _ = run(optimizer, optimizer.init(PARAMS), 2, value=1.0)
    for held in (override(state, learning_rate=0.8), by_item(state, 0.8)):
        assert run(optimizer, held, 2, value=1.0)[1] == [np.float32(0.8)] * 2
    cooling, seen = run(optimizer, decay_now(state, 2, learning_rate=0.125), 3, value=1.0)
    assert seen == [0.25, 0.1875, 0.125], "from what the next update would have had, and not scaled on the way"
    assert run(optimizer, release(cooling), value=0.0)[1] == [0.5**4]


# One executable, where the plan is data.


@jax.jit
def step_of(plan: js.Schedule, state: Any) -> Any:
    optimizer = scheduled(optax.adamw, learning_rate=plan)
    return optimizer.update(PARAMS, state, PARAMS)[1]


def one_executable(plans: list[js.Schedule], n: int) -> None:
    step_of.clear_cache()
    state = at_step(scheduled(optax.adamw, learning_rate=plans[0]).init(PARAMS), n)
    for plan in plans:
        assert values(step_of(plan, state))["learning_rate"] == plan(n)
    assert compilations(step_of) == 1


def recipe(peak: float, length: int) -> js.Schedule:
    return js.warmup_cosine(peak_value=peak, warmup_steps=length, total_steps=2 * length)


def test_100_peaks_100_lengths_and_a_constant_are_one_executable():
    one_executable([recipe(peak, 5) for peak in np.geomspace(1e-4, 1, 100)], 9)
    one_executable([recipe(1.0, n) for n in range(100)], 50)
    constant = js.warmup_cosine(peak_value=0.5, init_value=0.5, end_value=0.5, warmup_steps=3, total_steps=6)
    one_executable([recipe(1.0, 5), constant, recipe(0.5, 7), constant], 4)


def test_what_is_done_by_hand_compiles_nothing_when_the_plan_is_data():
    step_of.clear_cache()
    state = scheduled(optax.adamw, learning_rate=LINE).init(PARAMS)
    for change in (lambda s: s, lambda s: override(s, learning_rate=0.5), release, lambda s: decay_now(s, 3, "cosine")):
        state = step_of(js.Linear(2.0, 0.0, 10), change(state))
    assert compilations(step_of) == 1


# It is told.


def test_describe_says_what_every_number_is_and_why():
    def factory(
        learning_rate: float, momentum: float = 0.5, decay: float = 0.1, layers: int = 2, key: Any = None
    ) -> Any:
        return optax.chain(optax.trace(momentum), optax.scale(-learning_rate))

    optimizer = scheduled(
        factory,
        learning_rate=LINE,
        momentum=optax.constant_schedule(0.5),
        key=3,
        feedback={"learning_rate": js.ReduceOnPlateau(factor=0.5, patience=0)},
    )
    state, _ = run(optimizer, optimizer.init(PARAMS), 2, value=1.0)
    text = describe(optimizer, (state, "held by something else"))
    assert [line.split() for line in text.splitlines()] == [
        ["step", "2"],
        ["learning_rate", "0.495", *["Linear(init_value=1.0,", "end_value=0.0,", "transition_steps=100),", "times", "0.5", "by"],
         *repr(js.ReduceOnPlateau(factor=0.5, patience=0)).split()],
        ["momentum", "0.5", *text.splitlines()[2].split()[2:]],
        ["key", "3", "given", "as", "it", "is"],
        ["decay", "0.1", *["fixed;", "name", "it", "to", "have", "it", "followed"]],
        ["layers", "2", *["fixed;", "name", "it", "to", "have", "it", "followed"]],
    ]  # fmt: skip
    assert text.splitlines()[2].startswith("momentum       0.5    FromFunction(fn=")
    assert text.splitlines()[2].endswith(", compiled into the program")
    state, _ = run(optimizer, decay_now(override(state, momentum=0.9), 4, "cosine"), 1, value=1.0)
    learning_rate, momentum = describe(optimizer, state).splitlines()[1:3]
    assert "cosine cooldown at 2 from 0.245 to 0.0 in 4 steps; planned: Linear(" in learning_rate
    assert "held at 0.9; planned: FromFunction(" in momentum


def test_describe_is_short_for_a_stack_and_says_what_it_needs():
    optimizer = scheduled(optax.sgd, learning_rate=js.Linear(np.linspace(0, 1, 50), 0.0, 10))
    state = optimizer.init(jnp.ones((50, 3)))
    state = decay_now(state, 5)
    assert "50 cooling down and 0 held, of 50; planned: Linear(" in describe(optimizer, state)
    assert max(map(len, describe(optimizer, state).splitlines())) < 300
    chained = optax.chain(optimizer)
    with pytest.raises(
        TypeError, match="describe: `optimizer` must be what `scheduled` returned, and not what wraps it"
    ):
        describe(chained, state)
    with pytest.raises(TypeError, match="describe: `state` must be known, and not traced; call it outside of `jit`"):
        jax.jit(lambda state: describe(optimizer, state))(state)


# Cooldowns by hand, in few shapes.


def test_another_shape_is_an_edit_of_the_plan_and_the_error_shows_it():
    state = at_step(scheduled(optax.sgd, learning_rate=LINE).init(PARAMS), 40)
    with pytest.raises(ValueError, match="decay_now: `shape` must be") as raised:
        decay_now(state, 20, "rex", learning_rate=0.25)
    assert str(raised.value) == (
        'decay_now: `shape` must be "linear", "cosine" or "one_minus_sqrt", got \'rex\'. Any other is an edit of the plan:'
        " learning_rate=decay_from(..., at=40, transition_steps=20, end_value=0.25, cooldown='rex')."
    )
    line = str(raised.value).split("learning_rate=")[1][:-1].replace("...", "LINE")
    edited = scheduled(optax.sgd, learning_rate=eval(line, {"decay_from": js.decay_from, "LINE": LINE}))
    assert run(edited, state, 21)[1][::20] == [float(LINE(40)), 0.25]


def test_the_numbers_of_shapes_are_for_ever():
    pinned = {
        "linear": 1,
        "cosine": 2,
        "mirror_cosine": 3,
        "one_minus_sqrt": 4,
        "one_minus_square": 5,
        "exponential": 6,
        "geometric": 7,
        "inverse_root": 8,
        "rex": 9,
        "logarithmic": 10,
    }
    assert pinned.items() <= NUMBERS.items() and set(NUMBERS) == set(SHAPES)
    assert len(set(NUMBERS.values())) == len(NUMBERS)


# Everywhere.


def test_it_can_be_changed_and_asked_within_programs():
    optimizer = scheduled(optax.sgd, learning_rate=LINE)

    @jax.jit
    def branches(state: Any, n: jax.Array) -> Any:
        def one(length: jax.Array) -> Any:
            cooling = decay_now(at_step(state, n), length)
            seen = jax.lax.scan(lambda s, _: (optimizer.update(PARAMS, s)[1],) * 2, cooling, length=5)[1]
            return values(seen)["learning_rate"], schedules(optimizer, cooling)["learning_rate"](n + jnp.arange(5))

        return jax.vmap(one)(jnp.array([1, 2, 4]))

    with jax.check_tracer_leaks():
        applied, announced = branches(optimizer.init(PARAMS), 50)
    np.testing.assert_allclose(applied, announced, rtol=1e-6)
    np.testing.assert_allclose(applied[:, -1], 0, atol=1e-9)
    np.testing.assert_allclose(applied[2], [0.5, 0.375, 0.25, 0.125, 0.0], rtol=1e-6)


def test_what_is_done_by_hand_has_gradients():
    optimizer = scheduled(optax.sgd, learning_rate=LINE)

    def total(start: jax.Array, end: jax.Array, length: jax.Array) -> jax.Array:
        state = decay_now(override(optimizer.init(PARAMS), learning_rate=start), length, "cosine", learning_rate=end)
        seen = jax.lax.scan(lambda s, _: (optimizer.update(PARAMS, s)[1],) * 2, state, length=8)[1]
        return values(seen)["learning_rate"].sum()

    at = jnp.float32(0.7), jnp.float32(0.2), jnp.float32(5.3)
    gradient = jax.grad(total, argnums=(0, 1, 2))(*at)
    for i in range(3):
        up, down = (total(*(x + h * (i == j) for j, x in enumerate(at))) for h in (1e-2, -1e-2))
        np.testing.assert_allclose(gradient[i], (up - down) / 2e-2, rtol=1e-2)


def test_a_state_keeps_its_types_where_jax_has_64_bits():
    optimizer = scheduled(optax.sgd, learning_rate=LINE)
    narrow = optimizer.init(PARAMS)
    with enable_x64():
        wide = optimizer.init(PARAMS)
        assert wide.steering.numbers.dtype == jnp.float64 and wide.steering.counts.dtype == jnp.int64
        for state in (wide, narrow):
            _, after = optimizer.update(PARAMS, state, PARAMS)
            assert jax.tree.map(lambda x: x.dtype, after) == jax.tree.map(lambda x: x.dtype, state)


def test_the_state_of_an_older_version_is_refused():
    earlier = {
        "step": 3,
        "values": {"learning_rate": 0.1},
        "schedules": {"learning_rate": {"floats": [0.0]}},
        "inner": [],
    }
    fresh = scheduled(optax.sgd, learning_rate=LINE).init(PARAMS)
    with pytest.raises(ValueError, match="resume: `earlier` was written by an older version of jaxsched"):
        resume(fresh, earlier)
    old = b"cjaxsched.training\nPacked\n."
    with pytest.raises(ImportError, match="this state was written by an older version of jaxsched"):
        pickle.loads(old)
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = training.Nothing
