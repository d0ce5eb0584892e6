"""A schedule comes from a file or a shell, and goes back to a file: through each tool, as it is installed."""

# The tools are looked for at run time.
# pyright: reportMissingImports=false, reportInvalidTypeForm=false

import argparse
import collections
import dataclasses
import io
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched.training import scheduled, values
from tests.helpers import assert_equal


LINE = js.Linear(1.0, 0.0, 100)
STEPS = js.MultiStep(1.0, [30, 70], 0.1)
RUN = js.wsd(peak_value=3e-4, warmup_steps=100, cooldown_steps=200, total_steps=1000)
TEXT = "wsd(peak_value=3e-4, warmup_steps=100, cooldown_steps=200, total_steps=1_000)"
WRONG = "0.5 * Lineal(1, 0, 100)"
SHELL = ["--peak-value", "3e-4", "--warmup-steps", "100", "--cooldown-steps", "200", "--total-steps", "1000"]


def assert_marked(message: str) -> None:
    """It says what is wrong with `WRONG`, and shows the place."""
    assert "a text cannot name `Lineal`; did you mean `Linear`?" in " ".join(message.replace("│", "").split())
    assert re.search(rf"^(.*){re.escape(WRONG)}.*\n\1 {{6}}\^{{6}}[^^]", message + "\n", re.MULTILINE), message


def assert_same(made: js.Schedule, expected: js.Schedule) -> None:
    """Equal, and of the same types, which `==` does not ask for."""
    assert made == expected and type(made) is type(expected)
    kinds = [[(type(leaf), leaf.dtype) for leaf in jax.tree.leaves(x)] for x in (made, expected)]
    assert kinds[0] == kinds[1]


def run(code: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """An application, with what it is given on the command line."""
    (folder / "app.py").write_text(code)
    command = [sys.executable, "app.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


# What Python has.


def test_json_holds_a_text_or_the_arguments():
    kept = json.dumps({"schedule": js.dumps(RUN), "seed": 1})
    assert_same(js.loads(json.loads(kept)["schedule"]), RUN)
    arguments = '{"peak_value": 3e-4, "warmup_steps": 100, "cooldown_steps": 200, "total_steps": 1000}'
    assert_same(js.wsd(**json.loads(arguments)), RUN)
    assert_same(js.MultiStep(**json.loads('{"init_value": 1, "boundaries": [30, 70], "factor": 0.1}')), STEPS)


def test_toml_holds_a_text_or_the_arguments():
    config = tomllib.loads(f"""
        schedule = '{TEXT}'
        [arguments]
        peak_value = 3e-4
        warmup_steps = 100
        cooldown_steps = 200
        total_steps = 1_000
    """)
    assert_same(js.loads(config["schedule"]), RUN)
    assert_same(js.wsd(**config["arguments"]), RUN)
    assert_same(js.loads(tomllib.loads(f"schedule = '''{js.dumps(RUN * 0.5)}'''")["schedule"]), RUN * 0.5)


def test_argparse_reads_a_text_and_shows_a_mistake_if_it_is_told_to(capsys: pytest.CaptureFixture[str]):
    def schedule(text: str) -> js.Schedule:
        try:
            return js.loads(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    for kind in (js.loads, schedule):
        parser = argparse.ArgumentParser()
        parser.add_argument("--schedule", type=kind, default=js.dumps(LINE))
        assert_same(parser.parse_args(["--schedule", TEXT]).schedule, RUN)
        assert_same(parser.parse_args([]).schedule, LINE)
        with pytest.raises(SystemExit):
            parser.parse_args(["--schedule", WRONG])
        shown = capsys.readouterr().err
        if kind is js.loads:  # of a ValueError argparse drops the message
            assert f"error: argument --schedule: invalid loads value: '{WRONG}'" in shown
        else:
            assert_marked(shown)


def test_pyyaml_takes_a_number_without_a_point_for_text_and_an_error_says_so():
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    config = "{{peak_value: {}, warmup_steps: 100, cooldown_steps: 200, total_steps: 1000}}"
    assert_same(js.wsd(**yaml.safe_load(config.format("3.0e-4"))), RUN)
    with pytest.raises(TypeError, match=r"wsd: `peak_value` .*'3e-4' \(str; YAML takes 3e-4 for text, and 3\.0e-4 for"):
        js.wsd(**yaml.safe_load(config.format("3e-4")))
    assert_same(js.loads(yaml.safe_load(f"schedule: {TEXT}")["schedule"]), RUN)
    assert_same(js.loads(yaml.safe_load(yaml.safe_dump({"schedule": js.dumps(RUN)}))["schedule"]), RUN)


def test_schedules_are_given_in_any_sequence_but_a_string():
    for schedules in ([LINE, 0.5], (LINE, 0.5), collections.UserList([LINE, 0.5]), collections.deque([LINE, 0.5])):
        assert_same(js.join_schedules(schedules, [10]), js.join_schedules([LINE, 0.5], [10]))
        assert_same(js.sequence(schedules, [10]), js.join_schedules([LINE, 0.5], [10]))
        assert_same(js.select(1, schedules), js.select(1, [LINE, 0.5]))
    wrong: Any
    for wrong in ("ab", b"ab", {0: LINE}, {LINE.expand}, iter([LINE]), collections.UserList(), None):
        with pytest.raises(TypeError, match="sequence: `schedules` must be a list of at least one schedule, got"):
            js.sequence(wrong, [10])


# Hydra and OmegaConf.

CONFIG = f"""
total_steps: 1000
curve: {{_target_: jaxsched.Linear, init_value: 1, end_value: 0, transition_steps: 100}}
positions: {{_target_: jaxsched.Linear, _args_: [1.0, 0.0, 100]}}
table:
  _target_: jaxsched.MultiStep
  init_value: 1.0
  boundaries: [30, 70]
  factor: 0.1
recipe:
  _target_: jaxsched.wsd
  peak_value: 3e-4
  warmup_steps: 100
  cooldown_steps: 200
  total_steps: ${{total_steps}}
text:
  _target_: jaxsched.loads
  text: {TEXT.replace("1_000", "${total_steps}")}
join:
  _target_: jaxsched.join_schedules
  schedules: ["${{table}}", "${{recipe}}", 0.001]
  boundaries: [90, "${{total_steps}}"]
sequence:
  _target_: jaxsched.sequence
  schedules: ["${{table}}", "${{recipe}}", 0.001]
  durations: [90, 910]
least:
  _target_: jaxsched.minimum
  _args_: ["${{curve}}", "${{recipe}}"]
levels:
  _target_: jaxsched.join_schedules
  schedules: [0.1, 0.01, 0.001]
  boundaries: [10, 20]
"""

JOINED = js.join_schedules([STEPS, RUN, 0.001], [90, 1000])

NODES = {
    "curve": LINE,
    "positions": LINE,
    "table": STEPS,
    "recipe": RUN,
    "text": RUN,
    "join": JOINED,
    "sequence": JOINED,
    "least": js.minimum(LINE, RUN),
    "levels": js.join_schedules([0.1, 0.01, 0.001], [10, 20]),
}
"""What each node of it makes."""

NESTED = ("join", "sequence", "least")
"""Those with other nodes in a list."""


@pytest.fixture
def hydra() -> Any:
    pytest.importorskip("hydra", reason="Hydra is not installed")
    from hydra import utils

    return utils


@pytest.fixture
def omegaconf() -> Any:
    return pytest.importorskip("omegaconf", reason="OmegaConf is not installed")


@pytest.mark.parametrize("convert", ["none", "partial", "object", "all"])
@pytest.mark.parametrize("name", NODES)
def test_hydra_instantiates_a_node_of_a_file(name: str, convert: str, hydra: Any, omegaconf: Any, tmp_path: Path):
    (tmp_path / "config.yaml").write_text(CONFIG)
    node = omegaconf.OmegaConf.load(tmp_path / "config.yaml")[name]
    if convert == "none" and name in NESTED:
        # Hydra puts what it made into a list of OmegaConf, which takes schedules for dataclasses of plain floats.
        with pytest.raises(omegaconf.ValidationError, match=r"numpy\.float32"):
            hydra.instantiate(node)
        node["_convert_"] = "partial"
        assert_same(hydra.instantiate(node), NODES[name])
    else:
        assert_same(hydra.instantiate(node, _convert_=convert), NODES[name])


def test_hydra_instantiates_a_whole_file_unless_it_keeps_its_containers(hydra: Any, omegaconf: Any):
    config = omegaconf.OmegaConf.create(CONFIG)
    for convert in ("partial", "object", "all"):
        made = hydra.instantiate(config, _convert_=convert)
        for name, expected in NODES.items():
            assert_same(made[name], expected)
    with pytest.raises(omegaconf.ValidationError, match=r"numpy\.float32"):
        hydra.instantiate(config)


@pytest.mark.usefixtures("standard_promotion")
def test_hydra_instantiates_an_optimizer_with_a_schedule_in_it(hydra: Any, omegaconf: Any):
    config = omegaconf.OmegaConf.create(CONFIG)
    config.join["_convert_"] = "partial"
    config.optimizer = {
        "_target_": "jaxsched.training.scheduled",
        "_args_": [{"_target_": "hydra.utils.get_method", "path": "optax.adamw"}],
        "learning_rate": "${join}",
        "weight_decay": "${text}",
    }
    params = {"w": jnp.ones(3)}
    states = []
    for optimizer in (
        hydra.instantiate(config.optimizer),
        scheduled(optax.adamw, learning_rate=JOINED, weight_decay=RUN),
    ):
        _, state = optimizer.update(params, optimizer.init(params), params)
        states.append(values(state))
    assert_equal(*states)
    assert set(states[0]) == {"learning_rate", "weight_decay"}


def test_hydra_leaves_to_the_loop_what_it_knows_alone(hydra: Any, omegaconf: Any):
    config = omegaconf.OmegaConf.create(CONFIG)
    del config.recipe["total_steps"]
    make = hydra.instantiate(config.recipe, _partial_=True)
    assert_same(make(total_steps=1000), RUN)


def test_hydra_shows_the_place_of_a_mistake(hydra: Any, omegaconf: Any):
    node = {"_target_": "jaxsched.loads", "text": WRONG}
    with pytest.raises(Exception, match="ValueError") as caught:
        hydra.instantiate(omegaconf.OmegaConf.create(node))
    assert_marked(str(caught.value).replace("\\n", "\n"))  # Hydra shows the repr of an error


def test_omegaconf_reads_a_number_without_a_point_and_hydra_says_so_where_pyyaml_did_not(hydra: Any, omegaconf: Any):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    node = "{_target_: jaxsched.wsd, peak_value: 3e-4, warmup_steps: 100, cooldown_steps: 200, total_steps: 1000}"
    assert_same(hydra.instantiate(omegaconf.OmegaConf.create(node)), RUN)
    with pytest.raises(Exception, match=r"`peak_value` must be a real number.* YAML takes 3e-4 for text"):
        hydra.instantiate(yaml.safe_load(node))


HYDRA_APP = """
import hydra
import jaxsched as js
from hydra.utils import instantiate

@hydra.main(version_base=None, config_path=".", config_name="config")
def main(config):
    for node in (config.join, config.recipe, config.text):
        print(js.dumps(instantiate(node)))
    print(js.dumps(js.loads(config.schedule)))

main()
"""


def test_hydra_overrides_a_number_and_a_whole_schedule_from_the_shell(tmp_path: Path):
    pytest.importorskip("hydra", reason="Hydra is not installed")
    config = CONFIG.replace("join:\n", "join:\n  _convert_: partial\n") + f"schedule: {TEXT}\n"
    (tmp_path / "config.yaml").write_text(config)
    text = "warmup_cosine(peak_value=3e-4, warmup_steps=100, total_steps=1_000)"
    overrides = ["recipe.peak_value=1e-3", "total_steps=2000", f'schedule="{text}"']
    quiet = ["hydra.run.dir=.", "hydra.output_subdir=null", "hydra/job_logging=none"]
    done = run(HYDRA_APP, tmp_path, *overrides, *quiet)
    longer = js.wsd(peak_value=3e-4, warmup_steps=100, cooldown_steps=200, total_steps=2000)
    higher = dataclasses.replace(longer, peak_value=1e-3)
    expected = [js.join_schedules([STEPS, higher, 0.001], [90, 2000]), higher, longer, js.loads(text)]
    assert done.stdout.splitlines() == list(map(js.dumps, expected)), done.stderr[-2000:]


def test_omegaconf_knows_the_fields_of_a_curve_and_makes_one(omegaconf: Any):
    conf = omegaconf.OmegaConf
    for curve, given, expected in (
        (js.Linear, ["init_value=1", "end_value=0", "transition_steps=100"], LINE),
        (js.Linear, ["init_value=3e-4", "end_value=0", "transition_steps=99.5"], js.Linear(3e-4, 0.0, 99.5)),
        (js.MultiStep, ["init_value=1", "boundaries=[30,70]", "factor=0.1"], STEPS),
    ):
        config = conf.merge(conf.structured(curve), conf.from_dotlist(given))
        assert_same(conf.to_object(config), expected)
    with pytest.raises(omegaconf.ValidationError, match="init_value"):
        conf.merge(conf.structured(js.Linear), {"init_value": "high"})
    with pytest.raises(omegaconf.errors.ConfigKeyError, match="peak"):
        conf.merge(conf.structured(js.Linear), {"peak": 1.0})


@dataclasses.dataclass
class Config:
    schedule: str = TEXT
    seed: int = 0


def test_omegaconf_keeps_a_schedule_as_text_in_a_dataclass_and_in_a_file(omegaconf: Any, tmp_path: Path):
    conf = omegaconf.OmegaConf
    config = conf.structured(Config)
    assert_same(js.loads(config.schedule), RUN)
    for schedule in (JOINED, 0.5 * LINE + 1e-5, dataclasses.replace(RUN, cooldown="one_minus_sqrt")):
        config.schedule = js.dumps(schedule)
        assert_same(js.loads(conf.create(conf.to_yaml(config)).schedule), schedule)
        conf.save(config, tmp_path / "config.yaml")
        loaded = conf.merge(conf.structured(Config), conf.load(tmp_path / "config.yaml"))
        assert_same(js.loads(loaded.schedule), schedule)
    assert conf.to_yaml(conf.structured(Config(js.dumps(LINE)))) == (
        "schedule: Linear(init_value=1.0, end_value=0.0, transition_steps=100)\nseed: 0\n"
    )


# tyro.


@pytest.fixture
def tyro() -> Any:
    return pytest.importorskip("tyro", reason="tyro is not installed")


@pytest.mark.parametrize(
    ("make", "shell", "expected"),
    [
        (js.wsd, SHELL, RUN),
        (js.wsd, [*SHELL, "--cooldown", "linear", "--first", "zero"], RUN),
        (js.Linear, ["--init-value", "1", "--end-value", "0", "--transition-steps", "100"], LINE),
        (js.Linear, ["--init-value", "1", "--end-value", "0", "--transition-steps", "99.5"], js.Linear(1.0, 0.0, 99.5)),
        (js.MultiStep, ["--init-value", "1", "--boundaries", "30", "70", "--factor", "0.1"], STEPS),
    ],
)
def test_tyro_calls_a_recipe_and_a_class(make: Callable[..., Any], shell: list[str], expected: Any, tyro: Any):
    assert_same(tyro.cli(make, args=shell), expected)


def test_tyro_fills_a_field_that_is_a_curve_or_a_recipe(tyro: Any):
    @dataclasses.dataclass
    class Train:
        decay: js.Linear
        rate: Annotated[js.Schedule, tyro.conf.arg(constructor=js.wsd)]
        seed: int = 0

    shell = ["--decay.init-value", "1", "--decay.end-value", "0", "--decay.transition-steps", "100"]
    shell += [word.replace("--", "--rate.") for word in SHELL]
    config = tyro.cli(Train, args=[*shell, "--seed", "3"])
    assert config.seed == 3
    assert_same(config.decay, LINE)
    assert_same(config.rate, RUN)


def test_tyro_reads_a_field_from_a_text(tyro: Any, capsys: pytest.CaptureFixture[str]):
    text = tyro.constructors.PrimitiveConstructorSpec(
        nargs=1,
        metavar="SCHEDULE",
        instance_from_str=lambda words: js.loads(words[0]),
        is_instance=lambda x: isinstance(x, js.Schedule),
        str_from_instance=lambda schedule: [js.dumps(schedule)],
    )

    @dataclasses.dataclass
    class Train:
        schedule: Annotated[js.Schedule, text]
        seed: int = 0

    @dataclasses.dataclass
    class Defaults:
        schedule: js.Schedule = RUN
        seed: int = 0

    registry = tyro.constructors.ConstructorRegistry()
    registry.primitive_rule(lambda info: text if info.type is js.Schedule else None)
    with registry:  # every field of this type
        assert_same(tyro.cli(Defaults, args=["--schedule", js.dumps(LINE)]).schedule, LINE)
        assert_same(tyro.cli(Defaults, args=[]).schedule, RUN)

    config = tyro.cli(Train, args=["--schedule", TEXT, "--seed", "3"])
    assert config.seed == 3
    assert_same(config.schedule, RUN)
    assert_same(tyro.cli(Train, default=Train(RUN), args=[]).schedule, RUN)
    with pytest.raises(SystemExit):
        tyro.cli(Train, args=["--schedule", WRONG])
    shown = capsys.readouterr()
    assert_marked(shown.out + shown.err)


# pydantic.


@pytest.fixture
def pydantic() -> Any:
    return pytest.importorskip("pydantic", reason="pydantic is not installed")


def test_pydantic_checks_the_arguments_of_a_curve_and_of_a_recipe(pydantic: Any):
    line = pydantic.TypeAdapter(js.Linear)
    assert_same(line.validate_json('{"init_value": 1, "end_value": 0, "transition_steps": 100}'), LINE)
    assert_same(line.validate_python({"init_value": 1, "end_value": "0", "transition_steps": 100}), LINE)
    table = pydantic.TypeAdapter(js.MultiStep)
    assert_same(table.validate_json('{"init_value": 1, "boundaries": [30, 70], "factor": 0.1}'), STEPS)
    with pytest.raises(pydantic.ValidationError, match="`transition_steps` must not be negative, got -1"):
        line.validate_python({"init_value": 1, "end_value": 0, "transition_steps": -1})

    wsd = pydantic.validate_call(js.wsd)
    assert_same(wsd(peak_value="3e-4", warmup_steps=100, cooldown_steps=200, total_steps=1000), RUN)
    with pytest.raises(pydantic.ValidationError, match="peak_value"):
        wsd(peak_value="high", warmup_steps=100, cooldown_steps=200, total_steps=1000)


def test_a_model_of_pydantic_holds_a_schedule_as_text_in_its_json(pydantic: Any):
    text = Annotated[
        js.Schedule,
        pydantic.BeforeValidator(lambda x: js.loads(x) if isinstance(x, str) else x),
        pydantic.PlainSerializer(js.dumps),
    ]

    class Config(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
        schedule: text
        line: js.Linear = LINE
        seed: int = 0

    for schedule in (RUN, JOINED, 0.5 * LINE):
        config = Config(schedule=schedule)
        assert_same(config.schedule, schedule)
        kept = config.model_dump_json(exclude={"line"})
        assert json.loads(kept) == {"schedule": js.dumps(schedule), "seed": 0}
        assert_same(Config.model_validate_json(kept).schedule, schedule)
    given = {"schedule": TEXT, "line": {"init_value": 1, "end_value": 0, "transition_steps": 100}}
    assert_same(Config.model_validate(given).schedule, RUN)
    assert_same(Config.model_validate(given).line, LINE)
    with pytest.raises(pydantic.ValidationError) as caught:
        Config(schedule=WRONG)
    assert_marked(str(caught.value))
    with pytest.raises(pydantic.ValidationError, match="Schedule"):
        Config(schedule=0.1)


# jsonargparse.

JSONARGPARSE_APP = """
import contextlib, json, sys
import jaxsched as js
from jsonargparse import auto_cli
from jsonargparse.typing import register_type

def train(schedule: js.Schedule, seed: int = 0):
    print(js.dumps(schedule))

register_type(js.Schedule, js.dumps, js.loads, type_check=isinstance)
for shell in json.loads(sys.argv[1]):
    with contextlib.suppress(SystemExit):
        auto_cli(train, args=shell, as_positional=False, set_defaults={"schedule": "Linear(1, 0, 100)"})
"""


@pytest.fixture
def jsonargparse() -> Any:
    return pytest.importorskip("jsonargparse", reason="jsonargparse is not installed")


def train(schedule: js.Schedule, seed: int = 0) -> js.Schedule:
    return schedule


def test_jsonargparse_calls_a_recipe(jsonargparse: Any):
    shell = [word.replace("-value", "_value").replace("-steps", "_steps") for word in SHELL]
    assert_same(jsonargparse.auto_cli(js.wsd, args=shell, as_positional=False), RUN)


def test_jsonargparse_makes_an_argument_by_its_class_path(jsonargparse: Any, tmp_path: Path):
    def called(*shell: str) -> js.Schedule:
        return jsonargparse.auto_cli(train, args=list(shell), as_positional=False)

    wsd = {"peak_value": 3e-4, "warmup_steps": 100, "cooldown_steps": 200, "total_steps": 1000}
    for path, arguments, expected in (
        ("jaxsched.Linear", {"init_value": 1, "end_value": 0, "transition_steps": 100}, LINE),
        ("jaxsched.MultiStep", {"init_value": 1, "boundaries": [30, 70], "factor": 0.1}, STEPS),
        ("jaxsched.wsd", wsd, RUN),
        ("jaxsched.loads", {"text": TEXT}, RUN),
    ):
        node = json.dumps({"class_path": path, "init_args": arguments})
        assert_same(called("--schedule", node), expected)
        (tmp_path / "config.yaml").write_text(f"schedule: {node}\n")
        assert_same(called("--config", str(tmp_path / "config.yaml")), expected)
    dotted = "--schedule jaxsched.Linear --schedule.init_value 1 --schedule.end_value 0 --schedule.transition_steps 100"
    assert_same(called(*dotted.split()), LINE)


def test_jsonargparse_reads_and_writes_a_text_once_the_type_is_registered(jsonargparse: Any, tmp_path: Path):
    (tmp_path / "config.yaml").write_text(f"schedule: {TEXT}\nseed: 1\n")
    calls = [[], ["--schedule", TEXT], ["--config", "config.yaml"], ["--schedule", "3e-4"]]
    calls += [["--schedule", TEXT, "--print_config"], ["--schedule", WRONG]]
    done = run(JSONARGPARSE_APP, tmp_path, json.dumps(calls))
    expected = [js.dumps(x) for x in (LINE, RUN, RUN, js.Constant(3e-4))]
    expected += [f"schedule: {js.dumps(RUN)}", "seed: 0"]
    assert done.stdout.splitlines() == expected, done.stderr
    assert_marked(done.stderr)


# Orbax.


@pytest.fixture
def ocp() -> Any:
    return pytest.importorskip("orbax.checkpoint", reason="Orbax is not installed")


KEPT = [
    (RUN, js.wsd(peak_value=1.0, warmup_steps=1, cooldown_steps=2, total_steps=10)),
    (js.Linear(np.array([1.0, 2.0]), 0.0, 99.5), js.Linear(np.array([0.0, 0.0]), 1.0, 1.5)),
    (0.5 * STEPS, 2.0 * js.MultiStep(0.1, [1, 2], 0.5)),
]
"""A schedule, and a template: one like it, with other numbers."""


@pytest.mark.parametrize(("schedule", "template"), KEPT)
@pytest.mark.parametrize("like", [lambda x: jax.eval_shape(lambda: x), lambda x: jax.tree.map(np.asarray, x)])
def test_orbax_keeps_a_schedule_alone(
    like: Callable[[js.Schedule], Any], schedule: js.Schedule, template: js.Schedule, ocp: Any, tmp_path: Path
):
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "schedule", schedule)
        checkpointer.wait_until_finished()
        restored = checkpointer.restore(tmp_path / "schedule", like(template))
    assert restored == schedule and js.dumps(restored) == js.dumps(schedule)
    assert_equal(restored, schedule)


def test_orbax_takes_no_template_with_numbers_of_numpy_or_gives_numbers_of_python_back(ocp: Any, tmp_path: Path):
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "saved", RUN)
        checkpointer.wait_until_finished()
        with pytest.raises(ValueError, match=r"Unsupported type: .*numpy\.float32"):
            checkpointer.restore(tmp_path / "saved", RUN)
    with ocp.PyTreeCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "schedule", RUN)
        restored = checkpointer.restore(tmp_path / "schedule", RUN)
    assert restored == RUN and {type(leaf) for leaf in jax.tree.leaves(restored)} == {float, int}
    assert_same(jax.tree.map(lambda leaf, number: leaf.dtype.type(number), RUN, restored), RUN)


@pytest.mark.usefixtures("standard_promotion")
def test_orbax_keeps_a_schedule_as_text_beside_a_state(ocp: Any, tmp_path: Path):
    optimizer = scheduled(optax.adamw, learning_rate=RUN)
    params = {"w": jnp.ones(3)}
    state = optimizer.init(params)
    for _ in range(3):
        _, state = optimizer.update(params, state, params)
    with ocp.CheckpointManager(tmp_path / "run") as manager:
        saved = {"state": ocp.args.StandardSave(state), "config": ocp.args.JsonSave({"schedule": js.dumps(RUN)})}
        manager.save(3, args=ocp.args.Composite(**saved))
        manager.wait_until_finished()
        config = manager.restore(3, args=ocp.args.Composite(config=ocp.args.JsonRestore())).config
        schedule = js.loads(config["schedule"])
        assert_same(schedule, RUN)
        template = scheduled(optax.adamw, learning_rate=schedule).init(params)
        restore = ocp.args.Composite(state=ocp.args.StandardRestore(template))
        restored = manager.restore(3, args=restore).state
    assert_equal(restored, state)
    assert values(restored)["learning_rate"] == RUN(2)


# Others that build what they are told: nothing is needed.


def test_fiddle_builds_a_recipe_and_what_lies_within_others_and_keeps_it_as_json():
    fdl = pytest.importorskip("fiddle", reason="fiddle is not installed")
    from fiddle.experimental import serialization

    config = fdl.Config(js.wsd, peak_value=3e-4, warmup_steps=100, cooldown_steps=200, total_steps=1000)
    assert_same(fdl.build(config), RUN)
    assert_same(fdl.build(serialization.load_json(serialization.dump_json(config))), RUN)
    config.peak_value = 1e-3
    assert_same(fdl.build(config), dataclasses.replace(RUN, peak_value=1e-3))
    pieces = [fdl.Config(js.Linear, 0.0, 1.0, 10), fdl.Config(js.Cosine, 1.0, 0.0, 90)]
    built = fdl.build(fdl.Config(js.sequence, pieces, [10]))
    assert_same(built, js.sequence([js.Linear(0.0, 1.0, 10), js.Cosine(1.0, 0.0, 90)], [10]))


def test_simple_parsing_takes_a_class_a_field_and_a_text():
    simple_parsing = pytest.importorskip("simple_parsing", reason="simple-parsing is not installed")

    @dataclasses.dataclass
    class Options:
        rate: js.Linear = simple_parsing.field(default_factory=lambda: LINE)  # noqa: RUF009
        schedule: js.Schedule = simple_parsing.field(type=js.loads, default=js.Constant(0.1))  # noqa: RUF009

    shell = ["--init_value", "0.5", "--boundaries", "3", "5", "--factor", "0.1"]
    assert_same(simple_parsing.parse(js.MultiStep, args=shell), js.MultiStep(0.5, [3, 5], 0.1))
    options = simple_parsing.parse(Options, args=["--init_value", "0.5", "--schedule", TEXT])
    assert_same(options.rate, dataclasses.replace(LINE, init_value=0.5))
    assert_same(options.schedule, RUN)


def test_draccus_takes_a_field_and_once_it_knows_how_a_text():
    draccus = pytest.importorskip("draccus", reason="draccus is not installed")

    @dataclasses.dataclass
    class Plain:
        rate: js.Linear

    @dataclasses.dataclass
    class Options:
        schedule: js.Schedule

    shell = ["--rate.init_value", "0.5", "--rate.end_value", "0.0", "--rate.transition_steps", "10"]
    assert_same(draccus.parse(Plain, args=shell).rate, js.Linear(0.5, 0.0, 10))
    draccus.decode.register(js.Schedule, lambda text, path=None: js.loads(text))
    draccus.encode.register(js.Schedule, lambda schedule, declared=None: js.dumps(schedule))
    options = draccus.parse(Options, args=["--schedule", TEXT])
    assert_same(options.schedule, RUN)
    assert draccus.dump(options) == f"schedule: {js.dumps(RUN)}\n"


# Others that show or keep what they are given.


def test_equinox_prints_a_schedule_and_keeps_its_numbers():
    eqx = pytest.importorskip("equinox", reason="Equinox is not installed")
    file = io.BytesIO()
    eqx.tree_serialise_leaves(file, RUN)
    file.seek(0)
    like = js.wsd(peak_value=1.0, warmup_steps=1, cooldown_steps=2, total_steps=10)
    assert_same(eqx.tree_deserialise_leaves(file, like), RUN)
    assert "peak_value" in eqx.tree_pformat(RUN)
    assert eqx.combine(*eqx.partition(RUN, eqx.is_inexact_array_like)) == RUN


@pytest.mark.filterwarnings("ignore:The chararray class is deprecated:DeprecationWarning")  # of NumPy, in treescope
def test_treescope_shows_the_picture_and_the_source():
    treescope = pytest.importorskip("treescope", reason="treescope is not installed")
    assert "wsd(" in treescope.render_to_text(RUN)
    assert "<svg" in treescope.render_to_html(RUN, compressed=False)
