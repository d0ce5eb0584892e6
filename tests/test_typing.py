"""What an editor says: nothing of the README's code, and something of each typical mistake. And what is shown of types."""

import importlib.util
import inspect
import json
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

import jaxsched as js
from jaxsched import training
from jaxsched._curves import shapes
from tests.pages import PAGES, code_of


MISTAKES = """
import jaxsched as js

run = {"peak_value": 0.1}
js.wsd(peak_value=0.1, warmup_steps=10, cooldown_steps=20, total_steps=100, cooldown="1-sqrt")
js.warmup_cosine(0.1, 10, 100)
js.warmup_cosine(peak_lr=0.1, warmup_steps=10, total_steps=100)
js.warmup_linear(peak_value=0.1, warmup_steps=10, total_steps=100, first="one")
js.Linear(1.0, 0.0)
js.Linear(1.0, 0.0, "100")
js.CosineRestarts(1.0, 0.0, 10, cycles=2.5)
js.Triangular(0.0, 1.0, 10, scale_by="epoch")
js.MultiStep(1.0, 10, 0.1)
js.join_schedules(js.Linear, [10])
js.Linear(1.0, 0.0, 10)("5")
"""

RIGHT = """
import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js

schedule = js.wsd(peak_value=0.1, warmup_steps=10, cooldown_steps=20, total_steps=100, cooldown="one_minus_sqrt")
peak = 2 * schedule.peak_value
other: js.Schedule = dataclasses.replace(schedule, peak_value=0.2).expand()  # type: ignore[call-arg]  # mypy: a function
stacked = js.Linear(np.linspace(0.1, 1.0, 5), 0.0, jnp.array([10, 20, 30, 40, 50]))
both = js.stack([stacked[0], stacked[1]]) * 0.5 + js.Constant(1.0) ** 2
table = js.MultiStep(1.0, range(10, 30, 10), 0.1)
as_optax: Callable[[jax.Array], jax.Array] = schedule
optimizer = optax.adamw(schedule, weight_decay=js.Cosine(0.04, 0.4, 1000))
halved = js.repeat(0.5, 10, growth=2)


@js.recipe
def mine(*, peak_value: float, total_steps: int) -> js.Schedule:
    return js.Linear(peak_value, 0.0, total_steps)


length = mine(peak_value=0.1, total_steps=10).total_steps
values: jax.Array = jax.vmap(lambda peak: mine(peak_value=peak, total_steps=10)(5))(jnp.arange(3.0))
"""


def _run(module: str, *arguments: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)


def errors_of_pyright(path: Path) -> set[int]:
    done = _run("pyright", "--outputjson", "--pythonpath", sys.executable, path)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1 for each in found if each["severity"] == "error"}


def errors_of_mypy(path: Path) -> set[int]:
    options = ["--no-error-summary", "--hide-error-context", "--cache-dir", path.parent / "cache", "--no-pretty"]
    options += ["--disable-error-code", "import-untyped"]  # optax
    done = _run("mypy", *options, path)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {int(line.split(":")[1]) for line in done.stdout.splitlines() if ": error:" in line and path.name in line}


CHECKERS = {"pyright": errors_of_pyright, "mypy": errors_of_mypy}

checked = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.skipif(not importlib.util.find_spec(name), reason=f"no {name}"))
        for name in CHECKERS
    ],
)


@checked
def test_the_code_of_the_pages_has_no_errors(name: str, tmp_path: Path):
    for page, code in {**{page.stem: code_of(page.read_text()) for page in PAGES}, "right": RIGHT}.items():
        (tmp_path / f"page_{page.lower()}.py").write_text(code)  # no module of Python has this name
    wrong = {path.name: lines for path in sorted(tmp_path.glob("*.py")) if (lines := CHECKERS[name](path))}
    assert wrong == {}


@checked
def test_typical_mistakes_are_errors(name: str, tmp_path: Path):
    (tmp_path / "mistakes.py").write_text(MISTAKES)
    lines = MISTAKES.splitlines()
    wrong = {i for i, line in enumerate(lines, start=1) if line.startswith("js.")}
    assert CHECKERS[name](tmp_path / "mistakes.py") == wrong and len(wrong) >= 6


def test_the_words_that_an_editor_knows_are_those_that_there_are():
    words = [ast for ast in inspect.getsource(shapes).split("Literal[")[1].split("]")[0].replace('"', "").split(",")]
    assert [word.strip() for word in words if word.strip()] == list(shapes.SHAPES)


# What is shown at run time.


def _public() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for door in (js, training):
        for name in door.__all__:
            public = getattr(door, name)
            found[name] = public
            if inspect.isclass(public):
                methods = {key: x for key, x in vars(public).items() if inspect.isfunction(x) and key[0] != "_"}
                found |= {f"{name}.{key}": x for key, x in methods.items()}
    return found


def test_signatures_can_be_read():
    for name, public in _public().items():
        shown = str(inspect.signature(public))
        assert len(shown) <= 420 and "Annotated" not in shown and "Spec" not in shown, name
    assert str(inspect.signature(js.Linear)) == (
        "(init_value: float, end_value: float, transition_steps: int | float) -> None"
    )
    assert str(inspect.signature(js.MultiStep)) == (
        "(init_value: float, boundaries: tuple[int | float, ...], factor: int | float) -> None"
    )


def test_annotations_are_what_a_file_can_hold():
    simple = {int, float, str, bool, type(None)}

    def is_simple(hint: Any) -> bool:
        if get_origin(hint) is typing.Literal or hint in simple:
            return True
        return get_origin(hint) is not None and all(is_simple(each) for each in get_args(hint) if each is not ...)

    recipes = [public for public in _public().values() if hasattr(public, "Recipe")]
    curves = [getattr(js, name) for name in js.__all__ if inspect.isclass(getattr(js, name))]
    curves = [curve for curve in curves if issubclass(curve, js.Schedule) and hasattr(curve, "_fields")]
    assert len(recipes) >= 18 and len(curves) >= 25
    for public in (*recipes, *curves):
        hints = typing.get_type_hints(public)
        for name in inspect.signature(public).parameters:
            kinds = {js.Triangular: ("scale",), js.FromFunction: ("fn",)}
            assert name in kinds.get(public, ()) or is_simple(hints[name]), (public, name, hints[name])


def test_help_begins_with_a_signature_and_dir_shows_what_is_public():
    assert set(dir(js)) == {*js.__all__, "__version__", "fields"}
    assert js.__doc__ and all(
        word in js.__doc__ for word in ("wsd", "Linear", "join_schedules", "sweep", "lint", "dumps")
    )
    named = {word.strip("`,.;()") for word in js.__doc__.split() if word.startswith("`")}
    known = {word for word in named if word.isidentifier()}
    assert known <= {*dir(js), *dir(js.Schedule)} and len(known) > 30
