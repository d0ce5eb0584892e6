"""A name of Transformers and its keywords become the same curve: each name, at every step of a run and past its end."""

import inspect
import math
from types import SimpleNamespace
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

import jaxsched as js
from jaxsched.adapters.transformers import READERS, from_transformers
from tests.helpers import examples
from tests.parity.row import LR, REAL, WHOLE, Row, assert_close, ours
from tests.parity.rows.transformers import CONTROLLERS, Made, get_scheduler, made, optimizer, read, values


transformers = pytest.importorskip("transformers", reason="Transformers is not installed")
torch = pytest.importorskip("torch", reason="PyTorch is not installed")

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

LONGEST, STEPS = 120, 160
"""A run is at most so long, and it is compared for so many steps."""

CONTROLLED = ("reduce_lr_on_plateau", "greedy")
"""What follows a metric."""


# Nothing of theirs is missing.


def own_parameters(name: str) -> dict[str, Any]:
    """The keywords of a scheduler of theirs that are its own, and their defaults."""
    classes = {
        "reduce_lr_on_plateau": torch.optim.lr_scheduler.ReduceLROnPlateau,
        "greedy": transformers.optimization.GreedyLR,
    }
    make = classes.get(name) or transformers.optimization.TYPE_TO_SCHEDULER_FUNCTION[name]
    common = {"optimizer", "num_warmup_steps", "num_training_steps", "last_epoch"}
    return {each.name: each.default for each in inspect.signature(make).parameters.values() if each.name not in common}


def test_every_name_has_a_reader():
    assert set(READERS) == {each.value for each in transformers.SchedulerType}


@pytest.mark.parametrize("name", READERS)
def test_its_keywords_and_their_defaults_are_theirs(name: str):
    parameters = list(inspect.signature(READERS[name]).parameters.values())[1:]
    assert {each.name: each.default for each in parameters} == own_parameters(name)


def test_an_enum_is_its_name():
    words = {"learning_rate": 0.1, "num_warmup_steps": 10, "num_training_steps": 100}
    assert from_transformers(transformers.SchedulerType.COSINE, **words) == from_transformers("cosine", **words)


# Random runs.


Words = dict[str, Any]

RATES = st.floats(1e-5, 1.0)
PARTS = st.just(0.0) | st.floats(0.001, 1.0)
CYCLES = st.just(0.5) | st.sampled_from([0.25, 1, 1.5, 2, 3, 7, 30]) | st.floats(0.1, 8.0)
LOWEST = st.one_of(st.builds(dict, min_lr_rate=PARTS), st.builds(dict, min_lr=st.floats(1e-7, 1e-5)))


@st.composite
def lengths(draw: st.DrawFn, longest: float = LONGEST) -> float:
    """A whole number of steps, or another one."""
    return draw(st.integers(0, int(longest)) | (st.floats(1, longest) if longest >= 1 else st.nothing()))


@st.composite
def runs(draw: st.DrawFn) -> Words:
    total = draw(st.integers(1, LONGEST))
    return {"num_warmup_steps": draw(lengths(total)), "num_training_steps": total}


def fall(words: Words) -> float:
    """How long a cosine takes: there, at least one step."""
    return max(words["num_training_steps"] - words["num_warmup_steps"], 1)


@st.composite
def polynomial(draw: st.DrawFn) -> Words:
    words = draw(runs())
    assume(words["num_warmup_steps"] < words["num_training_steps"])
    power = draw(st.just(1.0) | st.floats(0.3, 3.0))
    if power < 1:
        words["num_warmup_steps"] = int(words["num_warmup_steps"])
    return words | {"power": power, "lr_end": draw(st.just(0.0) | st.floats(1e-7, 9e-6))}


@st.composite
def cosine(draw: st.DrawFn, alone: float = 0.5, cosines: float = 2) -> Words:
    """A wave is at least as many steps as it has cosines; its warmup is whole, if it is not the one that is usual."""
    words, cycles = draw(runs()), draw(CYCLES)
    if cycles != alone:
        words["num_warmup_steps"] = int(words["num_warmup_steps"])
        assume(cosines * cycles <= fall(words))
    return words | {"num_cycles": cycles}


@st.composite
def cosine_with_min_lr(draw: st.DrawFn) -> Words:
    return draw(cosine()) | draw(LOWEST)


@st.composite
def cosine_warmup_with_min_lr(draw: st.DrawFn) -> Words:
    words = draw(cosine_with_min_lr())
    words["num_warmup_steps"] = int(words["num_warmup_steps"])
    if words["num_warmup_steps"] >= 2:
        words["warmup_lr_rate"] = draw(st.none() | PARTS)
    return words


@st.composite
def warmup_stable_decay(draw: st.DrawFn) -> Words:
    words = draw(runs())
    shapes = st.sampled_from(["linear", "cosine", "1-sqrt"])
    words |= {"warmup_type": draw(shapes), "decay_type": draw(shapes), "min_lr_ratio": draw(PARTS)}
    if words["decay_type"] == "cosine":
        words["num_cycles"] = draw(CYCLES)
    cycles = words.get("num_cycles", 0.5)
    exact = words["decay_type"] == "1-sqrt" or cycles != 0.5
    if exact:
        words["num_warmup_steps"] = int(words["num_warmup_steps"])
    room = words["num_training_steps"] - words["num_warmup_steps"]
    length = st.integers(0, int(room)) if exact else lengths(room)
    words["num_decay_steps"] = draw(length)
    if draw(st.booleans()):
        words["num_stable_steps"] = draw(length)
    assume(cycles == 0.5 or 2 * cycles <= words["num_decay_steps"])
    return words


DRAWN = {
    "constant": st.just({}),
    "constant_with_warmup": st.builds(dict, num_warmup_steps=lengths()),
    "linear": runs(),
    "polynomial": polynomial(),
    "cosine": cosine(),
    "cosine_with_restarts": cosine(alone=1, cosines=1),
    "cosine_with_min_lr": cosine_with_min_lr(),
    "cosine_warmup_with_min_lr": cosine_warmup_with_min_lr(),
    "inverse_sqrt": st.builds(dict, num_warmup_steps=lengths(), timescale=st.none() | st.floats(1.0, 500.0)),
    "warmup_stable_decay": warmup_stable_decay(),
}


def by_theirs(name: str, rate: float, words: Words) -> np.ndarray:
    """What each step uses there: a run, and what comes after it."""
    common = ("num_warmup_steps", "num_training_steps")
    given: Words = {word: x for word, x in words.items() if word in common}
    own = {word: x for word, x in words.items() if word not in common}
    return values(get_scheduler(name, optimizer(rate), **given, scheduler_specific_kwargs=own), STEPS)


def corrected(name: str, rate: float, words: Words, used: np.ndarray) -> np.ndarray:
    """Theirs without its two quirks: a cosine rises again after the run, and misses a restart by an error of floats."""
    used = used.copy()
    since = np.arange(STEPS) - words.get("num_warmup_steps", 0)
    if name.startswith("cosine") and name != "cosine_with_restarts" and words["num_cycles"] == 0.5:
        lowest = words.get("min_lr", rate * words.get("min_lr_rate", 0.0))
        used[since + (name == "cosine_warmup_with_min_lr") >= fall(words)] = lowest
    if name == "cosine_with_restarts":
        part = words["num_cycles"] * since / fall(words)
        used[(since >= 0) & (since < fall(words)) & (np.abs(part - part.round()) < 1e-12)] = rate
    return used


def tolerance(words: Words) -> float:
    """Which depends on whether the lengths are whole, and those of the cosines."""
    cosine = words.get("num_decay_steps", fall(words)) / (2 * words["num_cycles"]) if "num_cycles" in words else 0
    lengths = [cosine, *(x for word, x in words.items() if word.endswith("steps"))]
    return WHOLE if all(x == int(x) for x in lengths) else REAL


@pytest.mark.parametrize("name", DRAWN)
def test_each_name_is_read_exactly(name: str):
    @examples(50, 200)
    @given(rate=RATES, words=DRAWN[name])
    def agrees(rate: float, words: Words) -> None:
        schedule = from_transformers(name, learning_rate=rate, **words)
        assert_close(schedule, corrected(name, rate, words, by_theirs(name, rate, words)), tolerance(words))

    agrees()


def test_all_names_are_drawn():
    assert {*DRAWN, *CONTROLLED} == {*READERS}


# What theirs does that one may not expect.


def test_theirs_misses_a_restart_by_an_error_of_floats():
    words = {"num_warmup_steps": 0, "num_training_steps": 98, "num_cycles": 49}
    used = by_theirs("cosine_with_restarts", 1.0, words)
    restarts = np.arange(0, 98, 2)
    assert [*restarts[used[restarts] == 0]] == [2, 4, 8, 16, 32, 54, 64]
    schedule = from_transformers("cosine_with_restarts", learning_rate=1.0, **words)
    np.testing.assert_array_equal(schedule(restarts), 1.0)


def test_their_polynomial_divides_by_0_where_the_warmup_is_the_run():
    with pytest.raises(ZeroDivisionError):
        by_theirs("polynomial", 1.0, {"num_warmup_steps": 10, "num_training_steps": 10})


def test_their_trainer_rounds_a_part_of_the_run_up_after_a_product_of_floats():
    def theirs(warmup_steps: float, total: int) -> int:
        return transformers.TrainingArguments.get_warmup_steps(SimpleNamespace(warmup_steps=warmup_steps), total)

    assert theirs(0.03, 990) == js.steps_from_fraction(0.03, total_steps=990) == 30
    assert theirs(0.07, 100) == 8 and js.steps_from_fraction(0.07, total_steps=100) == 7
    assert theirs(29.7, 990) == 29


def test_their_trainer_never_says_what_is_better():
    """So `mode` has to be given for an accuracy."""
    assert own_parameters("reduce_lr_on_plateau")["mode"] == own_parameters("greedy")["mode"] == "min"
    assert "mode" not in inspect.getsource(transformers.Trainer.create_scheduler)


# Controllers, which follow a metric.


METRICS = st.lists(st.floats(0.0, 3.0).map(lambda x: round(x, 1)), min_size=60, max_size=60)
COUNTS = st.integers(0, 4)

CONTROLLER_WORDS = {
    "mode": st.sampled_from(["min", "max"]),
    "factor": st.sampled_from([0.1, 0.5, 0.95]),
    "patience": COUNTS,
    "threshold": st.sampled_from([0.0, 1e-4, 0.25]),
    "cooldown": COUNTS,
}

OWN_CONTROLLER_WORDS = {
    "reduce_lr_on_plateau": {"threshold_mode": st.sampled_from(["rel", "abs"])},
    "greedy": {"warmup": COUNTS, "max_lr": st.just(1.0) | st.floats(1.0, 9.0), "reset_start": st.just(math.inf)},
}


@jax.jit
def scales(controller: Any, metrics: jax.Array) -> jax.Array:
    def update(state: Any, metric: jax.Array) -> tuple[Any, jax.Array]:
        state = controller.update(state, metric)
        return state, state.scale

    return jax.lax.scan(update, controller.init(), metrics)[1]


def assert_follows(controller: Any, made: Made, rate: float, metrics: list[float]) -> None:
    """The rate after each metric, which ours takes as the float32 nearest to it."""
    metrics = np.asarray(metrics, np.float32).tolist()
    group = made.scheduler.optimizer.param_groups[0]
    theirs = [made.scheduler.step(metric) or group["lr"] for metric in metrics]
    np.testing.assert_allclose(rate * scales(controller, np.asarray(metrics, np.float32)), theirs, rtol=1e-5)


@pytest.mark.parametrize("name", CONTROLLED)
def test_a_controller_is_read_exactly(name: str):
    drawn = CONTROLLER_WORDS | OWN_CONTROLLER_WORDS[name]

    @examples(50, 200)
    @given(rate=st.floats(1e-4, 1.0), floor=PARTS, words=st.fixed_dictionaries({}, optional=drawn), metrics=METRICS)
    def agrees(rate: float, floor: float, words: Words, metrics: list[float]) -> None:
        words |= {"min_lr": floor * rate, "eps": 1e-3 * rate}
        words |= {"reset_start": math.inf} if name == "greedy" else {}
        controller = from_transformers(name, learning_rate=rate, **words)
        assert_follows(controller, get_scheduler(name, optimizer(rate), scheduler_specific_kwargs=words), rate, metrics)

    agrees()


@pytest.mark.parametrize("row", CONTROLLERS, ids=lambda row: row.name)
def test_the_rows_of_controllers(row: Row):
    rng = np.random.default_rng(0)
    metrics = (rng.choice([0.3, -0.1, 0.1], 300).cumsum() + rng.normal(size=300)).round(1).tolist()
    controller = ours(row.ours)
    assert repr(read(made(row.theirs))) == repr(controller)
    assert_follows(controller, made(row.theirs), LR, metrics)


def test_a_greedy_run_is_read_where_it_cannot_reset():
    words = {"learning_rate": 0.1, "patience": 1, "reset_start": 5}
    assert from_transformers("greedy", **words, num_training_steps=9).patience == 1
    assert from_transformers("greedy", **words, min_lr=0.0).min_scale == 0
    with pytest.raises(ValueError, match=r"`num_training_steps` less than 10: js\.GreedyPlateau does not reset, got 5"):
        from_transformers("greedy", **words, num_training_steps=10)

    greedy = get_scheduler(
        "greedy", optimizer(0.1), scheduler_specific_kwargs={"min_lr": 0.1, "patience": 1, "reset_start": 5}
    )
    best = [greedy.scheduler.step(1.0) or greedy.scheduler.best for _ in range(12)]
    assert np.isinf(best).nonzero()[0].tolist() == [10]


# What is refused.


RUN = {"num_warmup_steps": 10, "num_training_steps": 100}

REFUSED: list[tuple[str, Words, str]] = [
    ("lineer", {}, '`name` must be "linear", "cosine", .*, got \'lineer\'; did you mean `linear`?'),
    (
        "cosine",
        {"num_cycle": 2},
        "there is no argument `num_cycle`; did you mean `num_cycles`.*num_training_steps, num_cycles",
    ),
    ("linear", {"num_cycles": 2}, "there is no argument `num_cycles`"),
    ("warmup_stable_decay", {}, '`num_decay_steps` must be given for "warmup_stable_decay"'),
    ("cosine", {"num_training_steps": None}, '`num_training_steps` must be given for "cosine"'),
    ("warmup_stable_decay", {"num_training_steps": None, "num_decay_steps": 9}, "`num_training_steps` must be given"),
    (
        "cosine",
        {"num_warmup_steps": 0.03},
        "`num_warmup_steps` must be a number of steps .steps_from_fraction .*, got 0.03",
    ),
    ("cosine", {"num_warmup_steps": 200}, "`num_training_steps` must be at least `num_warmup_steps`, got 100 and 200"),
    ("cosine", {"num_training_steps": 99.5}, "`num_training_steps` must be a whole number of steps"),
    ("cosine", {"learning_rate": "3e-4"}, "`learning_rate` must be a number, got '3e-4' .str; YAML"),
    ("cosine", {"learning_rate": 0.0}, "`learning_rate` must be more than 0"),
    ("cosine", {"learning_rate": 1e-60}, "must be 0, or at least"),
    ("cosine", {"num_cycles": 0}, "`num_cycles` must be more than 0"),
    ("cosine", {"num_cycles": True}, "`num_cycles` must be a number"),
    ("cosine", {"num_cycles": None}, "`num_cycles` must be a number, got None"),
    ("cosine", {"num_cycles": 50}, "`num_cycles` must be at most 45, a cosine a step, got 50"),
    (
        "cosine",
        {"num_cycles": 2, "num_warmup_steps": 9.5},
        "must be a whole number where `num_cycles` is given, got 9.5",
    ),
    ("cosine_with_restarts", {"num_cycles": 91}, "`num_cycles` must be at most 90"),
    ("cosine_with_min_lr", {}, "one of `min_lr` and `min_lr_rate` must be given.*got None and None"),
    ("cosine_with_min_lr", {"min_lr": 0.1, "min_lr_rate": 0.1}, "one of `min_lr` and `min_lr_rate` must be given"),
    (
        "cosine_warmup_with_min_lr",
        {"min_lr": 0.1, "num_warmup_steps": 9.5},
        "`num_warmup_steps` must be a whole number",
    ),
    ("cosine_warmup_with_min_lr", {"min_lr": 0.1, "num_warmup_steps": 1, "warmup_lr_rate": 0.1}, "must be at least 2"),
    ("polynomial", {"num_warmup_steps": 100}, "`num_training_steps` must be more than `num_warmup_steps`"),
    ("polynomial", {"lr_end": 0.5}, "`lr_end` must be less than `learning_rate`, got 0.5 and 0.5"),
    ("polynomial", {"power": 0.5, "num_warmup_steps": 9.5}, "must be a whole number where `power` is less than 1"),
    ("inverse_sqrt", {"timescale": 0}, "`timescale` must be more than 0"),
    ("warmup_stable_decay", {"num_decay_steps": 99}, "`num_training_steps` must be at least the warmup and the decay"),
    (
        "warmup_stable_decay",
        {"num_decay_steps": 9, "decay_type": "sqrt"},
        '`decay_type` must be "linear", "cosine" or "1-',
    ),
    (
        "warmup_stable_decay",
        {"num_decay_steps": 9, "decay_type": "linear", "num_cycles": 2},
        "`num_cycles` must be 0.5",
    ),
    (
        "warmup_stable_decay",
        {"num_decay_steps": 9.5, "decay_type": "1-sqrt"},
        "`num_decay_steps` must be a whole number",
    ),
    ("constant", {}, '`num_warmup_steps` must be 0 for "constant", which has no warmup, got 10'),
    ("reduce_lr_on_plateau", {}, "`num_warmup_steps` must be 0"),
    ("reduce_lr_on_plateau", {"num_warmup_steps": 0, "factor": 2.0}, "`factor` must be between 0 and 1"),
    ("reduce_lr_on_plateau", {"num_warmup_steps": 0, "mode": "mn"}, '`mode` must be "min" or "max"'),
    ("reduce_lr_on_plateau", {"num_warmup_steps": 0, "min_lr": [0.1]}, "`min_lr` must be a number"),
    ("greedy", {"num_warmup_steps": 0, "min_lr": 0.6}, "`min_lr` must be at most `learning_rate`"),
    ("greedy", {"num_warmup_steps": 0, "max_lr": 0.1}, "`max_lr` must be at least `learning_rate`"),
    ("greedy", {"num_warmup_steps": 0, "smooth": True}, "`smooth` must be False"),
    ("greedy", {"num_warmup_steps": 0, "threshold_mode": "rel"}, '`threshold_mode` must be "abs"'),
]


@pytest.mark.parametrize("name, words, message", REFUSED)
def test_what_is_refused_and_why(name: str, words: Words, message: str):
    with pytest.raises((TypeError, ValueError), match=f"^from_transformers.*{message}"):
        from_transformers(name, **{"learning_rate": 0.5, **RUN, **words})
