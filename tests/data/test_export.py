"""Programs that `jax.export` saves: on every platform, with a schedule among their arguments, read by other processes."""

import functools
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import scoring
from jaxsched._data import export
from jaxsched.training import scheduled
from tests import catalogue
from tests.helpers import tiers


PLATFORMS = ("cpu", "cuda", "tpu", "rocm")
SCHEDULES: dict[str, js.Schedule] = {name: row.build() for name, row in catalogue.ROWS.items()}
FIRST = {jax.tree.structure(schedule): name for name, schedule in reversed(SCHEDULES.items())}
STRUCTURES = {name: SCHEDULES[name] for name in reversed(FIRST.values())}
STRUCTURES["join_schedules, of many alike pieces"] = js.join_schedules(
    [js.Linear(1.0, 0.0, 5)] * 9, 5 * np.arange(1, 9)
)
STRUCTURES["a stack"] = js.Linear(np.array([1.0, 2.0]), 0.0, 100)
SAVED = [name for name in STRUCTURES if name != "FromFunction"]
OF_EACH_CLASS = {type(STRUCTURES[name]): name for name in SAVED}.values()

STEPS = jax.ShapeDtypeStruct(jax.export.symbolic_shape("n"), np.int32)


@functools.cache
def exported(name: str) -> jax.export.Exported:
    """The call of a schedule with other numbers, at any number of steps."""
    call = jax.jit(lambda schedule, steps: schedule(steps))
    return jax.export.export(call, platforms=PLATFORMS)(STRUCTURES[name], STEPS)


def saved_and_loaded(exported: jax.export.Exported) -> Any:
    return jax.export.deserialize(exported.serialize()).call


@pytest.mark.parametrize("name", tiers(list(STRUCTURES), catalogue.STRUCTURES))
def test_every_structure_is_lowered_for_every_platform(name: str):
    assert exported(name).platforms == PLATFORMS
    assert len(exported(name).in_avals) == len(jax.tree.leaves(STRUCTURES[name])) + 1  # no number is in the program


@pytest.mark.parametrize("name", tiers(SAVED, catalogue.STRUCTURES))
def test_every_structure_is_saved_with_a_program_and_read_again(name: str):
    assert jax.export.deserialize(exported(name).serialize()).in_tree == exported(name).in_tree


@pytest.mark.parametrize("name", tiers(OF_EACH_CLASS, catalogue.STRUCTURES))
def test_a_saved_program_takes_a_schedule_and_gives_its_values(name: str):
    steps = np.arange(120, dtype=np.int32)
    values = saved_and_loaded(exported(name))(STRUCTURES[name], steps)
    np.testing.assert_array_equal(values, STRUCTURES[name](steps))


def test_a_saved_program_takes_other_numbers_and_any_number_of_steps():
    call = saved_and_loaded(exported("Linear"))
    for schedule, count in ((js.Linear(1.0, 0.5, 7), 3), (js.Linear(0.0, 1.0, 2), 5)):
        np.testing.assert_array_equal(call(schedule, np.arange(count)), schedule(np.arange(count)))


def test_a_saved_program_may_return_a_schedule_and_what_is_found_out_about_one():
    schedule = js.StepDecay(1.0, 10, 0.9)  # whose factor is a pair
    program = jax.jit(lambda schedule: (schedule, js.Linear(1.0, 0.0, 10).extrema(50)))
    again, extrema = saved_and_loaded(jax.export.export(program)(schedule))(schedule)
    assert again == schedule and extrema == js.Linear(1.0, 0.0, 10).extrema(50)


@pytest.mark.parametrize("controller", [js.ReduceOnPlateau(semantics="keras"), js.GreedyPlateau(mode="max")])
def test_a_saved_program_takes_a_controller_and_its_state(controller: Any):
    update = jax.jit(lambda controller, state, metric: controller.update(state, metric))
    state = controller.init()
    program = saved_and_loaded(jax.export.export(update)(controller, state, np.float32(0)))
    assert program(controller, state, np.float32(2.0)) == controller.update(state, 2.0)


def test_a_saved_program_takes_the_state_of_a_scheduled_optimizer():
    optimizer = scheduled(optax.sgd, learning_rate=js.Cosine(1.0, 0.0, 10))
    params = jnp.ones(2)
    state: Any = optimizer.init(params)
    state = state._replace(inner_state=())  # optax's own named tuples are for optax to register
    program = saved_and_loaded(jax.export.export(jax.jit(lambda state: state))(state))
    assert jax.tree.structure(program(state)) == jax.tree.structure(state)


class Sawtooth(js.Schedule):
    peak_value: float
    period_steps: int
    falling: bool = False
    words: tuple[Any, ...] = ()

    def formula(self, step: jax.Array) -> Any:
        part = (step % self.period_steps).astype(np.float32) / jnp.asarray(self.period_steps).astype(np.float32)
        return self.peak_value * (1 - part if self.falling else part)


@pytest.mark.parametrize("words", [(), (None, True, 1, 0.1, "a", ("b", (2, float("inf"))))])
def test_a_schedule_class_of_a_user_is_saved_with_its_structure(words: tuple[Any, ...]):
    schedule = Sawtooth(1.0, 7, falling=True, words=words)
    program = jax.export.deserialize(jax.export.export(jax.jit(lambda s: s(3)))(schedule).serialize())
    assert program.in_tree == jax.tree.structure(((schedule,), {}))
    assert program.call(schedule) == schedule(3)
    with pytest.raises(ValueError, match="pytree"):
        program.call(Sawtooth(1.0, 7, falling=False, words=words))


def test_a_class_that_is_defined_again_is_saved_too():
    def define() -> type[js.Schedule]:
        class Again(js.Schedule):
            value: float

            def formula(self, step: jax.Array) -> Any:
                return self.value

        return Again

    for cls in (define(), define()):
        schedule: Any = cls(0.5)  # pyright: ignore[reportCallIssue]
        assert saved_and_loaded(jax.export.export(jax.jit(lambda s: s(3)))(schedule))(schedule) == 0.5


@pytest.mark.parametrize(
    "schedule, owner, name",
    [
        (js.FromFunction(lambda step: 0.1), "FromFunction", "fn"),
        (Sawtooth(1.0, 7, words=("a", np.float32(1))), "Sawtooth", "words"),
        (js.shift(js.FromFunction(np.sqrt), 3), "FromFunction", "fn"),
    ],
)
def test_structure_that_is_no_data_is_refused_and_named(schedule: js.Schedule, owner: str, name: str):
    program = jax.export.export(jax.jit(lambda s: 0))(schedule)
    with pytest.raises(TypeError, match=f"^{owner}: `{name}` must be .* to be saved with an exported program"):
        program.serialize()


def test_a_process_that_has_only_imported_the_library_runs_a_saved_program(tmp_path: Path):
    source = "js.warmup_cosine(peak_value=0.3, warmup_steps=5, total_steps=20)"
    schedule = eval(source)
    program = jax.export.export(jax.jit(lambda s, steps: s(steps)))(schedule, STEPS)
    (tmp_path / "program").write_bytes(program.serialize())
    code = f"""
import pathlib, jax, jaxsched as js
program = jax.export.deserialize(bytearray(pathlib.Path({str(tmp_path / "program")!r}).read_bytes()))
print(program.call({source}, jax.numpy.arange(3)).tolist())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(np.asarray(schedule(np.arange(3))).tolist())


def test_every_class_is_saved_under_the_name_by_which_users_know_it():
    ours = {name.removeprefix("jaxsched.") for name in export._NAMES if name.startswith("jaxsched.")}
    ours -= {"there_and_back", *scoring.__all__}  # the example of `recipe`, and laws, if they were met here
    unseen = {"Arithmetic", "Double", "ScheduledState", "Steered", "Table", "join_schedules (2)"}
    assert {name for name in ours if name not in js.__all__} == unseen
    assert {"Linear", "shift", "join_schedules", "ReduceOnPlateau", "PlateauState", "Extrema"} <= ours
