"""A schedule of Keras becomes the same curve, and ours becomes one of Keras.

Keras computes in float32: it rounds which part of a length is done, so that its value is that of a step that is off by a
few parts in ten million. At a jump that may be the other side. So both are compared with the formulas of its
documentation in float64: ours closely, at every step, and theirs at a step that is off by so much.
"""

import importlib.util
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, strategies as st

import jaxsched as js
from jaxsched.adapters.keras import READERS, from_keras, to_keras
from tests import strategies
from tests.helpers import examples
from tests.parity.row import REAL, SINGLE, WHOLE, assert_close
from tests.parity.rows.keras import values


keras = pytest.importorskip("keras", reason="Keras is not installed")
schedules = keras.optimizers.schedules

pytestmark = [
    pytest.mark.usefixtures("standard_promotion"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),  # of variables of Keras
]

STEPS = 400
Config = dict[str, Any]


# The formulas of Keras's documentation, in float64.


def cosine(
    t: Any, initial_learning_rate: Any, decay_steps: Any, alpha: Any, warmup_target: Any = None, warmup_steps: Any = 0
) -> Any:
    def decayed(peak: Any, t: Any) -> Any:
        return peak * ((1 - alpha) * 0.5 * (1 + np.cos(np.pi * np.clip(t / decay_steps, 0, 1))) + alpha)

    if warmup_target is None:
        return decayed(initial_learning_rate, t)
    line = initial_learning_rate + (warmup_target - initial_learning_rate) * t / (warmup_steps or 1)
    return np.where(t < warmup_steps, line, decayed(warmup_target, t - warmup_steps))


def restarts(t: Any, initial_learning_rate: Any, first_decay_steps: Any, t_mul: Any, m_mul: Any, alpha: Any) -> Any:
    lengths = first_decay_steps * float(t_mul) ** np.arange(STEPS + 2 if t_mul == 1 else 40)
    starts = np.append(0.0, np.cumsum(lengths))
    cycle = np.searchsorted(starts, t, side="right") - 1
    part = (t - starts[cycle]) / lengths[cycle]
    return initial_learning_rate * ((1 - alpha) * 0.5 * m_mul**cycle * (1 + np.cos(np.pi * part)) + alpha)


def exponential(t: Any, initial_learning_rate: Any, decay_steps: Any, decay_rate: Any, staircase: bool) -> Any:
    part = t / decay_steps
    return initial_learning_rate * decay_rate ** (np.floor(part) if staircase else part)


def inverse_time(t: Any, initial_learning_rate: Any, decay_steps: Any, decay_rate: Any, staircase: bool) -> Any:
    part = t / decay_steps
    return initial_learning_rate / (1 + decay_rate * (np.floor(part) if staircase else part))


def piecewise(t: Any, boundaries: Any, values: Any) -> Any:
    return np.asarray(values, float)[np.searchsorted(np.trunc(boundaries), t, side="left")]


def polynomial(
    t: Any, initial_learning_rate: Any, decay_steps: Any, end_learning_rate: Any, power: Any, cycle: bool
) -> Any:
    end = decay_steps * np.maximum(1, np.ceil(t / decay_steps)) if cycle else decay_steps
    left = 1 - np.minimum(t, end) / end
    return end_learning_rate + (initial_learning_rate - end_learning_rate) * left**power


TRUTH: dict[str, Callable[..., Any]] = {
    "CosineDecay": cosine,
    "CosineDecayRestarts": restarts,
    "ExponentialDecay": exponential,
    "InverseTimeDecay": inverse_time,
    "PiecewiseConstantDecay": piecewise,
    "PolynomialDecay": polynomial,
}


# What is drawn.

rates = st.floats(1e-4, 1.0)
whole = st.integers(1, 120)
lengths = whole | st.floats(1.0, 120.0)
parts = st.just(0.0) | st.floats(0.001, 1.0)
decays = {
    "initial_learning_rate": rates,
    "decay_steps": lengths,
    "decay_rate": parts | st.floats(1.0, 1.1),
    "staircase": st.booleans(),
}


@st.composite
def pieces(draw: st.DrawFn) -> Config:
    boundaries = sorted(draw(st.lists(whole | st.integers(0, 800).map(lambda x: x / 4), min_size=1, max_size=5)))
    return {"boundaries": boundaries, "values": [draw(rates | st.integers(0, 2)) for _ in range(len(boundaries) + 1)]}


@st.composite
def polynomials(draw: st.DrawFn) -> Config:
    cycle = draw(st.booleans())
    config = {"initial_learning_rate": draw(rates), "decay_steps": draw(whole if cycle else lengths), "cycle": cycle}
    return {
        **config,
        "end_learning_rate": draw(parts),
        "power": draw(st.sampled_from([0.0, 1.0]) | st.floats(0.3, 3.0)),
    }


CONFIGS: dict[str, st.SearchStrategy[Config]] = {
    "CosineDecay": st.fixed_dictionaries(
        {"initial_learning_rate": st.just(0.0) | rates, "decay_steps": lengths, "alpha": parts},
        optional={"warmup_target": st.none() | rates, "warmup_steps": st.just(0) | lengths},
    ),
    "CosineDecayRestarts": st.fixed_dictionaries(
        {
            "initial_learning_rate": rates,
            "first_decay_steps": lengths,
            "t_mul": st.integers(1, 3).map(float) | st.floats(1.2, 4.0),
            "m_mul": st.just(1.0) | parts,
            "alpha": parts,
        }
    ),
    "ExponentialDecay": st.fixed_dictionaries(decays),
    "InverseTimeDecay": st.fixed_dictionaries({**decays, "decay_rate": st.just(0.0) | st.floats(0.001, 5.0)}),
    "PiecewiseConstantDecay": pieces(),
    "PolynomialDecay": polynomials(),
}

OFF = {"CosineDecayRestarts": 4e-6, "PiecewiseConstantDecay": 0.0}
"""By which part of itself the step of theirs may be off, where it is not 5e-7: a logarithm, and nothing at all."""

IN_STEPS = ("decay_steps", "warmup_steps", "first_decay_steps", "t_mul")


def nearest(mine: np.ndarray, *sides: np.ndarray) -> np.ndarray:
    """Where a restart or an edge is at a step only as far as doubles tell, either side of it."""
    distances = np.abs(np.stack(sides) - mine)
    return np.choose(distances.argmin(0), sides)


@pytest.mark.parametrize("name", READERS)
def test_each_class_is_read_exactly(name: str):
    @examples(50, 200)
    @given(config=CONFIGS[name])
    def agrees(config: Config) -> None:
        made = getattr(schedules, name)(**config)
        ours = from_keras(made)
        assert from_keras(json.loads(json.dumps(schedules.serialize(made)))) == ours

        steps = np.arange(STEPS, dtype=float)
        truth = TRUTH[name](steps, **config)
        if all(float(config.get(length, 1)).is_integer() for length in IN_STEPS):
            assert_close(ours, truth, WHOLE)
        else:
            mine = np.asarray(ours(np.arange(STEPS)), float)
            sides = (TRUTH[name](steps * (1 + off), **config) for off in (-1e-12, 1e-12))
            assert_close(ours, nearest(mine, truth, *sides), REAL)

        off, theirs = OFF.get(name, 5e-7), values(made, STEPS)
        rounded = {key: float(np.float32(x)) if isinstance(x, float) else x for key, x in config.items()}
        begun = np.minimum(steps, config["decay_steps"]) if config.get("cycle") is False else steps
        sides = np.stack([TRUTH[name](begun * (1 + part), **rounded) for part in (-off, 0, off)])
        if name == "PolynomialDecay" and config["power"] % 1:
            nan = np.isnan(theirs)  # at its end: see below
            np.testing.assert_array_equal(truth[nan], config["end_learning_rate"])
            theirs, sides = theirs[~nan], sides[:, ~nan]
        tolerance = SINGLE * np.abs(truth).max()
        assert (sides.min(0) - tolerance <= theirs).all() and (theirs <= sides.max(0) + tolerance).all(), ours

    agrees()


def test_every_class_has_a_reader_with_its_arguments():
    """A class or an argument that Keras adds turns this red."""
    own = {name: x for name, x in vars(schedules).items() if isinstance(x, type) and name != "LearningRateSchedule"}
    assert set(READERS) == set(own)
    for name, reader in READERS.items():
        theirs = {x.name: x.default for x in inspect.signature(own[name]).parameters.values() if x.name != "name"}
        assert {x.name: x.default for x in inspect.signature(reader).parameters.values()} == theirs


# Where Keras itself is not at the value of its documentation.

ROUNDED_BADLY = [41, 47, 55, 61, 82, 83, 94, 97]
"""The lengths up to 100 of which a float32 has a reciprocal that gives less than 1, times the length."""


def test_lengths_that_are_rounded_badly():
    products = {n: np.float32(n) * (np.float32(1) / np.float32(n)) for n in range(1, 101)}
    assert [n for n, product in products.items() if product < 1] == ROUNDED_BADLY


@pytest.mark.parametrize("length", ROUNDED_BADLY)
def test_at_some_edges_a_compiled_step_of_keras_is_late(length: int):
    for curve, rate in ((schedules.InverseTimeDecay, 1.0), (schedules.ExponentialDecay, 0.5)):
        stairs = curve(1.0, length, rate, staircase=True)
        assert values(stairs, length + 1)[-1] == 1.0
        assert float(from_keras(stairs)(length)) == 0.5
    saw = schedules.CosineDecayRestarts(1.0, length, t_mul=1.0)
    assert values(saw, length + 1)[-1] < 0.01
    assert float(from_keras(saw)(length)) == 1.0


@pytest.mark.parametrize("length", [10, 1000])
@pytest.mark.parametrize("power", [0.5, 0.9])
def test_with_a_power_that_is_not_whole_keras_may_end_in_nan(length: int, power: float):
    """A compiled step fuses 1 - t · (1 / T), which may be less than 0 at T."""
    decay = schedules.PolynomialDecay(0.1, length, 0.01, power)
    assert np.isnan(values(decay, length + 2)[length:]).all()
    np.testing.assert_array_equal(from_keras(decay)(np.arange(length, length + 2)), np.float32(0.01))


def test_at_some_ends_of_a_cycle_a_compiled_step_of_keras_is_early():
    cycles = schedules.PolynomialDecay(1.0, 30, 0.0, cycle=True)
    ours, theirs = from_keras(cycles), values(cycles, 121)
    assert [float(ours(t)) for t in (60, 90, 120)] == [0.0, 0.0, 0.0]
    np.testing.assert_allclose(theirs[[60, 90, 120]], [0.0, 1 / 4, 0.0], atol=1e-6)


@pytest.mark.parametrize(
    "first, growth, restart", [(1000, 2.0, 1000 * (2**13 - 1)), (61, 2.0, 183), (20, 1.2, 44), (97, 4.0, 97)]
)
def test_at_some_restarts_keras_is_a_cycle_behind(first: int, growth: float, restart: int):
    made = schedules.CosineDecayRestarts(1.0, first, t_mul=growth)
    assert float(jax.jit(made)(restart)) < 0.01
    assert float(from_keras(made)(restart)) == 1.0


def test_of_an_integer_keras_makes_integers():
    """The warmup is an example of its documentation."""
    warmup = schedules.CosineDecay(0, 100, warmup_target=0.1, warmup_steps=10)
    assert not values(warmup, 100).any()
    with pytest.raises(ValueError, match=r"must be a float, got 0; of an integer, .*: write 0.0 there"):
        from_keras(warmup)
    assert from_keras(schedules.CosineDecay(0.0, 100, warmup_target=0.1, warmup_steps=10)) == js.warmup_cosine(
        peak_value=0.1, warmup_steps=10, total_steps=110
    )


# In which forms a schedule may come.


def test_numbers_may_be_arrays_and_tensors():
    table = schedules.PiecewiseConstantDecay((10, 20), np.asarray([0.3, 0.2, 0.1]))
    assert from_keras(table) == js.PiecewiseConstant([11, 21], [0.3, 0.2, 0.1])
    assert from_keras(schedules.serialize(table)) == from_keras(table)
    decay = schedules.CosineDecay(keras.ops.convert_to_tensor(0.25), np.int64(100))
    assert from_keras(decay) == js.Cosine(0.25, 0.0, 100)
    assert from_keras(schedules.serialize(decay)) == from_keras(decay)


def test_a_config_may_leave_out_what_has_a_default():
    config = {"initial_learning_rate": 0.1, "decay_steps": 100}
    assert from_keras({"class_name": "PolynomialDecay", "config": config}) == js.Linear(0.1, 0.0001, 100)


def test_an_optimizer_stands_for_its_schedule():
    optimizer = keras.optimizers.Adam(schedules.ExponentialDecay(0.1, 100, 0.9))
    decay = js.ExponentialDecay(0.1, 100, 0.9)
    assert from_keras(optimizer) == decay
    assert from_keras(json.loads(json.dumps(keras.optimizers.serialize(optimizer)))) == decay


class Own(schedules.CosineDecay):
    """A class of somebody else."""


@keras.saving.register_keras_serializable(package="theirs")
class CosineDecay(Own):
    """One that is registered, and called as one of Keras."""


@pytest.mark.parametrize(
    "given, error, message",
    [
        (0.1, TypeError, r"must be an object of keras.optimizers.schedules, .* got 0.1"),
        (schedules.CosineDecay, TypeError, r"must be an object of keras.optimizers.schedules"),
        (keras.optimizers.Adam(0.5), TypeError, r"must be an object of keras.optimizers.schedules, .* got 0.5"),
        (schedules.CosineDecay(0.1, 100).get_config(), TypeError, r"pass what `keras.optimizers.schedules.serialize`"),
        (Own(0.1, 100), ValueError, r"Own, which is no class of Keras, .* js.Tabulated"),
        (schedules.serialize(Own(0.1, 100)), ValueError, r"Own, which is no class of Keras"),
        (CosineDecay(0.1, 100), ValueError, r"CosineDecay, which is no class of Keras"),
        (schedules.serialize(CosineDecay(0.1, 100)), ValueError, r"theirs>CosineDecay, which is no class of Keras"),
        ({"class_name": "WarmUp", "config": {"learning_rate": {}}}, ValueError, r"WarmUp cannot be read"),
        ({"class_name": "CosineDecay", "config": {"decay_steps": 9}}, TypeError, r"missing .* 'initial_learning_rate'"),
        (("CosineDecay", {"beta": 1.0}), TypeError, r"CosineDecay: .* unexpected keyword argument 'beta'"),
        (("CosineDecay", {"alpha": "0.1"}), TypeError, r"`alpha` of CosineDecay must be a number, got '0.1' \(str\)"),
        (("CosineDecay", {"initial_learning_rate": [0.1, 0.2]}), TypeError, r"must be a number, got \[0.1, 0.2\]"),
        (("PolynomialDecay", {"cycle": "false"}), TypeError, r"`cycle` .* must be true or false, got 'false'"),
        (("CosineDecay", {"decay_steps": 0}), ValueError, r"`decay_steps` of CosineDecay must be at least 1, got 0"),
        (("CosineDecay", {"decay_steps": 0.5}), ValueError, r"must be at least 1, got 0.5"),
        (schedules.CosineDecayRestarts(0.1, 9, t_mul=0.9), ValueError, r"`t_mul` .* must be at least 1, got 0.9"),
        (schedules.CosineDecayRestarts(0.1, 9, m_mul=-1.0), ValueError, r"`m_mul` .* must be at least 0, got -1.0"),
        (schedules.InverseTimeDecay(0.1, 9, -0.1), ValueError, r"`decay_rate` .* must be at least 0, got -0.1"),
        (schedules.PolynomialDecay(0.1, 9, power=-1.0), ValueError, r"`power` .* must be at least 0, got -1.0"),
        (schedules.PolynomialDecay(0.1, 9.5, cycle=True), ValueError, r"must be whole where it cycles, got 9.5: round"),
        (schedules.PiecewiseConstantDecay([9, 5], [0.3, 0.2, 0.1]), ValueError, r"`boundaries` .* increasing order"),
        (schedules.PiecewiseConstantDecay([], [0.3]), ValueError, r"`boundaries` .* at least one"),
    ],
)
def test_what_cannot_be_read_is_refused(given: Any, error: type[Exception], message: str):
    if isinstance(given, tuple):
        name, config = given
        given = {"class_name": name, "config": {"initial_learning_rate": 0.1, "decay_steps": 100, **config}}
    with pytest.raises(error, match="^from_keras: .*" + message):
        from_keras(given)


# Ours in Keras.


@examples(50, 200)
@given(schedule=strategies.schedules(growth=False))
def test_there_and_back(schedule: js.Schedule):
    theirs = to_keras(schedule)
    assert isinstance(theirs, schedules.LearningRateSchedule)
    again = schedules.deserialize(json.loads(json.dumps(schedules.serialize(theirs))))
    assert from_keras(theirs) == from_keras(again) == theirs.schedule == schedule


def test_a_step_may_be_of_any_kind():
    schedule = js.Linear(1.0, 0.0, 10)
    theirs = to_keras(schedule)
    for step in (5, 5.0, 5.5, np.int64(5), np.float32(5.9), keras.ops.convert_to_tensor(5), keras.Variable(5.0)):
        assert float(theirs(step)) == 0.5
    assert float(to_keras(0.25)(7)) == 0.25


class Flat(js.Schedule):
    """A class of the user."""

    value: float

    def formula(self, step: Any) -> Any:
        return self.value


@pytest.mark.parametrize(
    "given, error, message",
    [
        (js.FromFunction(lambda t: 1 / (1 + t)), TypeError, "must be one that a text can hold.*is a function"),
        (Flat(0.5), ValueError, "must be one that a text can hold.*Flat"),
        (js.Linear(np.asarray([0.1, 0.2]), 0.0, 10), TypeError, r"must be one schedule, got a stack of shape \(2,\)"),
        ("Linear(0.1, 0.0, 10)", TypeError, "must be a schedule"),
    ],
)
def test_what_keras_could_not_save_is_refused(given: Any, error: type[Exception], message: str):
    with pytest.raises(error, match="(?s)^to_keras: `schedule` " + message):
        to_keras(given)


SCHEDULE = js.warmup_cosine(peak_value=0.25, warmup_steps=3, total_steps=10)

TRAINED = """
import keras
import numpy as np

import jaxsched as js
from jaxsched.adapters.keras import from_keras, to_keras


class Rates(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = []

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append(float(self.model.optimizer.learning_rate))


def trained(schedule, **words):
    model, rates = keras.Sequential([keras.layers.Input([1]), keras.layers.Dense(1, kernel_initializer="ones")]), Rates()
    model.compile(keras.optimizers.SGD(to_keras(schedule)), "mse", **words)
    inputs = np.zeros([48, 1], np.float32)
    model.fit(inputs, inputs + 1, batch_size=4, verbose=0, shuffle=False, callbacks=[rates])
    return model, rates.seen
"""


def elsewhere(backend: str, program: str) -> Any:
    """What another process prints, as JSON."""
    program = f"{TRAINED}\nimport json\nschedule = js.loads({js.dumps(SCHEDULE)!r})\n{program}"
    environment = {**os.environ, "KERAS_BACKEND": backend}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_model_trains_with_it_and_is_loaded_in_another_process(tmp_path: Path):
    exec(TRAINED, names := {})
    model, seen = names["trained"](SCHEDULE)
    expected = np.asarray(SCHEDULE(np.arange(12)), float).tolist()
    assert seen == expected
    bias, used = 0.0, np.asarray(expected)
    for rate in used:  # what the compiled steps made of a target of 1
        bias += rate * 2 * (1 - bias)
    np.testing.assert_allclose(np.asarray(model.weights[-1])[0], bias, rtol=1e-5)
    model.save(tmp_path / "model.keras")
    program = f"""
path = {str(tmp_path / "model.keras")!r}
try:
    keras.saving.load_model(path)
except TypeError as error:
    assert "KerasSchedule" in str(error)
    import jaxsched.adapters.keras_schedule
    optimizer = keras.saving.load_model(path).optimizer
    loaded = optimizer._learning_rate
    print(json.dumps([int(optimizer.iterations), from_keras(optimizer) == schedule, [float(loaded(t)) for t in range(12)]]))
"""
    assert elsewhere("jax", program) == [12, True, expected]


@pytest.mark.thorough
def test_a_model_trains_with_it_on_pytorch():
    if not importlib.util.find_spec("torch"):
        pytest.skip("PyTorch is not installed")
    program = "print(json.dumps(trained(schedule)[1]))"
    assert elsewhere("torch", program) == np.asarray(SCHEDULE(np.arange(12)), float).tolist()


@pytest.mark.thorough
def test_on_tensorflow_it_needs_an_eager_model():
    if not importlib.util.find_spec("tensorflow"):
        pytest.skip("TensorFlow is not installed")
    program = """
try:
    trained(schedule)
except NotImplementedError as error:
    print(json.dumps([str(error), trained(schedule, run_eagerly=True)[1]]))
"""
    error, seen = elsewhere("tensorflow", program)
    assert "compile the model with run_eagerly=True" in error
    assert seen == np.asarray(SCHEDULE(np.arange(12)), float).tolist()
