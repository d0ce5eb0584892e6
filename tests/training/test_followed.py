"""What of a factory's arguments is followed, and what is given to it as it is."""

# Wrong arguments are given on purpose.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false

import functools
from collections.abc import Callable
from typing import Any, Optional, Union

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.typing import ArrayLike

import jaxsched as js
from jaxsched.training import describe, scheduled, schedules, values


pytestmark = pytest.mark.usefixtures("standard_promotion")


PARAMS = jnp.ones(3)
LINE = js.Linear(1.0, 0.0, 10)


def same_updates(ours: Any, theirs: Any, steps: int = 4) -> None:
    """Bit for bit those of plain optax, jitted."""
    updated = []
    for optimizer in map(optax.with_extra_args_support, (ours, theirs)):
        update, state = jax.jit(optimizer.update), optimizer.init(PARAMS)
        seen = []
        for _ in range(steps):
            updates, state = update(jnp.arange(3.0), state, PARAMS)
            seen.append(updates)
        updated.append(np.asarray(seen))
    np.testing.assert_array_equal(*updated)


KEYS: dict[str, Any] = {
    "an integer": 0,
    "a typed key": jax.random.key(0),
    "a NumPy integer": np.int64(0),
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_noise_takes_its_key_as_it_is_and_its_numbers_from_schedules(key: Any):
    for noise in (0.1, 0.1 * LINE):
        ours = scheduled(optax.add_noise, eta=noise, gamma=0.55, key=key)
        assert values(ours.init(PARAMS)).keys() == {"eta", "gamma"}
        if not callable(noise):
            same_updates(ours, optax.add_noise(eta=noise, gamma=0.55, key=key))
    ours = scheduled(optax.noisy_sgd, learning_rate=LINE, eta=0.1, key=key)
    same_updates(ours, optax.noisy_sgd(LINE, eta=0.1, key=key))


SEEN: dict[str, Any] = {}


def own(learning_rate, layers, scale=1.0, mask=None, depth: int = 3, word: str = "a", key: "jax.Array | int" = 0):  # type: ignore[no-untyped-def]
    """A factory of a user's, half of it without annotations."""
    SEEN.update(learning_rate=learning_rate, layers=layers, scale=scale, mask=mask, depth=depth, word=word, key=key)
    return optax.sgd(learning_rate * scale)


def test_integers_without_an_annotation_flags_words_and_functions_stay_what_they_are():
    def mask(params: Any) -> bool:
        return True

    optimizer = scheduled(own, learning_rate=LINE, layers=2, scale=2, mask=mask, depth=4, word="b", key=7)
    optimizer.init(PARAMS)
    assert values(optimizer.init(PARAMS)).keys() == {"learning_rate", "scale"}
    assert {name: SEEN[name] for name in ("layers", "mask", "depth", "word", "key")} == {
        "layers": 2,
        "mask": mask,
        "depth": 4,
        "word": "b",
        "key": 7,
    }
    assert type(SEEN["layers"]) is int
    for array in (np.arange(3), jnp.ones(3), np.ones(3), jax.random.PRNGKey(0), jax.random.key(0)):
        scheduled(own, learning_rate=0.1, layers=array).init(PARAMS)
        assert SEEN["layers"] is array
    scheduled(own, learning_rate=0.1, layers=True).init(PARAMS)
    assert SEEN["layers"] is True


def annotated(annotation: Any, default: Any) -> Callable[..., Any]:
    def factory(learning_rate: float = 0.1, x: Any = None) -> optax.GradientTransformation:
        SEEN["x"] = x
        return optax.sgd(learning_rate)

    factory.__annotations__["x"] = annotation
    factory.__defaults__ = (0.1, default)
    return factory


A, N, Q = "a float", "a number", "no number"
ANNOTATIONS: list[tuple[Any, Any, str]] = [
    (float, None, A),
    ("float", None, A),
    (Optional[float], None, A),  # noqa: UP045
    ("float | None", None, A),
    (optax.ScalarOrSchedule, None, A),
    (Union[float, jax.Array], None, A),  # noqa: UP007
    (jax.Array, None, A),
    (Any, 0.5, A),
    (ArrayLike, 0.5, A),
    (ArrayLike, None, N),
    (ArrayLike | None, None, N),
    (float | int, None, N),
    (ArrayLike, 1, N),
    (int, 1, Q),
    (bool, False, Q),
    (str, "a", Q),
    (Callable[[jax.Array], jax.Array], None, Q),
    (Any | Callable[[Any], Any], None, Q),
    (tuple[float, float], (0.1, 0.2), Q),
    ("Unknown[float]", None, "anything"),
    (Any, None, "anything"),
]


@pytest.mark.parametrize(("annotation", "default", "wants"), ANNOTATIONS, ids=str)
def test_it_is_the_type_of_a_parameter_that_counts(annotation: Any, default: Any, wants: str):
    factory = annotated(annotation, default)

    def followed(given: Any) -> bool:
        optimizer = scheduled(factory, learning_rate=0.1, x=given)
        optimizer.init(PARAMS)
        if "x" in values(optimizer.init(PARAMS)):
            return True
        assert SEEN["x"] is given
        return False

    for number in (0.25, np.float64(0.25), np.float32(0.25), jnp.float32(0.25), jnp.bfloat16(0.25)):
        assert followed(number) == (wants != Q)
    for integer in (1, np.int64(1), jnp.int32(1)):
        assert followed(integer) == (wants == A)
    assert followed(lambda step: 0.5) == (wants in (A, N))
    assert not followed(True) and not followed(jax.random.key(0)) and not followed("a")
    if wants == Q:
        with pytest.raises(TypeError, match="`x` is not a number and cannot follow a schedule"):
            followed(LINE)
    else:
        assert followed(LINE)


def test_a_traced_number_is_followed():
    @jax.jit
    def value(rate: jax.Array) -> Any:
        return values(scheduled(optax.adamw, learning_rate=rate).init(PARAMS))

    assert value(0.25) == {"learning_rate": 0.25}
    assert scheduled(optax.adamw, learning_rate=0.1).init(PARAMS).hyperparams.keys() == {"learning_rate"}


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "of optax": optax.warmup_cosine_decay_schedule(0.0, 0.1, 5, 20),
    "a lambda": lambda step: 0.1 / (1 + step),
    "a partial": functools.partial(lambda rate, step: rate * 0.9**step, 0.1),
    "of jaxsched, called": js.Linear(0.1, 0.0, 20).__call__,
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_of_the_step_is_followed_where_a_number_is_asked_for(function: Any):
    ours = scheduled(optax.adamw, learning_rate=function, weight_decay=function)
    same_updates(ours, optax.adamw(function, weight_decay=function))
    text = describe(ours, ours.init(PARAMS))
    assert text.count("compiled into the program") == 2
    assert schedules(ours, ours.init(PARAMS))["learning_rate"] == js.FromFunction(function)


def test_a_schedule_of_optax_that_has_a_state_is_refused():
    class OfTheLoss(optax.schedules.StatefulSchedule):
        def init(self) -> Any:
            return jnp.zeros(())

        def update(self, state: Any, **words: Any) -> Any:
            return state + words["value"]

        def __call__(self, state: Any, **words: Any) -> Any:
            return state

    with pytest.raises(TypeError, match=r"`learning_rate` has a state, .* `feedback=`"):
        scheduled(optax.sgd, learning_rate=OfTheLoss())


def test_a_mask_that_is_a_function_stays_one():
    mask = lambda params: jax.tree.map(lambda _: False, params)  # noqa: E731
    same_updates(scheduled(optax.adamw, learning_rate=LINE, mask=mask), optax.adamw(LINE, mask=mask))


def test_what_an_annotation_cannot_tell_a_default_may_and_partial_is_looked_through():
    halved = functools.partial(optax.adamw, b2=0.5)
    optimizer = scheduled(halved, learning_rate=1, b1=0)
    assert values(optimizer.init(PARAMS)) == {"learning_rate": 1.0, "b1": 0.0}
    same_updates(optimizer, optax.adamw(1.0, b1=0.0, b2=0.5))


def test_an_array_for_a_stack_is_written_as_a_schedule():
    stack = js.Linear(np.float32([0.1, 0.2]), 0.0, 10)
    message = (
        r"`weight_decay`: an array is given to the factory as it is; for a stack of shape \(2,\), write a Constant"
    )
    with pytest.raises(TypeError, match=message):
        scheduled(optax.adamw, learning_rate=stack, weight_decay=np.float32([0.1, 0.2]))
    state = scheduled(optax.adamw, learning_rate=stack, weight_decay=js.Constant([0.1, 0.2])).init(jnp.ones((2, 3)))
    assert values(state)["weight_decay"].shape == (2,)


def test_a_factory_of_which_nothing_is_followed_is_refused():
    for wrong in (lambda: scheduled(own, learning_rate=1, layers=2), lambda: scheduled(lambda: optax.sgd(0.1))):
        with pytest.raises(TypeError, match="there is nothing to follow; name a hyperparameter"):
            wrong()


def test_a_schedule_among_the_parameters_is_refused_unless_there_is_nothing_else():
    optimizer = scheduled(optax.adam, learning_rate=0.1)
    with pytest.raises(ValueError, match=r"the schedule at params\['rate'\] would be trained with the parameters"):
        optimizer.init({"w": PARAMS, "rate": LINE})
    optimizer.init({"w": PARAMS, "rate": js.FromFunction(LINE)})
    floats = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), LINE)
    optimizer.init(floats)  # which is tuned on purpose
