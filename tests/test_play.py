"""The page to play with draws what the library computes, and its lines are read by `loads`."""

import html
import inspect
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxsched as js
from docs import gallery, play
from jaxsched._curves.shapes import SHAPES


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

RUN_ALL = """
<script>
const SETTINGS = %s;
document.body.textContent = JSON.stringify(SETTINGS.map(({ recipe, given, steps }) => {
  const curve = RECIPES[recipe](argumentsOf(recipe, given));
  return { line: lineOf(recipe, given), values: steps.map(curve) };
}));
</script>
"""

VALUES = {
    "decay_rate": (0.05, 0.95),
    "factor": (0.1, 0.9),
    "power": (0.3, 2.0),
    "exponent": (0.3, 3.0),
    "decay": (0.3, 1.0),
}


def given(rng: np.random.Generator, recipe: str, turn: int) -> dict[str, Any]:
    """Arguments of a recipe, drawn at random; now and then one that has a default is left out. Words come by turns."""
    total = int(rng.integers(50, 20_000))
    phases = rng.dirichlet(np.ones(4)) * total
    lengths: dict[str, int] = dict(
        zip(("warmup_steps", "decay_steps", "cooldown_steps"), phases.astype(int).tolist(), strict=False)
    )
    if recipe in ("onecycle", "noam", "inverse_sqrt"):
        lengths["warmup_steps"] = max(lengths["warmup_steps"] // 2, 1)
    found: dict[str, Any] = {}
    for name, argument in inspect.signature(getattr(js, recipe)).parameters.items():
        if argument.default is not argument.empty and rng.random() < 0.4:
            continue
        if name in ("warmup", "cooldown", "ramp") or (name == "decay" and recipe == "infinite"):
            words = [*SHAPES, *(["constant"] if name == "warmup" else [])]
            found[name] = words[turn % len(SHAPES) if name == "cooldown" else turn % len(words)]
        elif name == "first":
            found[name] = ("zero", "one_over_n")[turn % 2]
        elif name in ("staircase", "three_phase"):
            found[name] = bool(rng.integers(2))
        elif name in VALUES:
            found[name] = round(rng.uniform(*VALUES[name]), 3)
        elif name.endswith("_value") or name == "scale":
            found[name] = float(f"{10 ** rng.uniform(-5, 0):.3g}")
        elif name == "growth":
            found[name] = int(rng.integers(1, 4))
        elif name == "cycles":
            found[name] = int(rng.integers(1, 5))
        elif name == "model_size":
            found[name] = int(rng.integers(16, 4096))
        elif name == "total_steps":
            found[name] = total
        else:
            found[name] = lengths.get(name, int(rng.integers(5, total)))
    if recipe == "inverse_sqrt" and ("cooldown_steps" in found) != ("total_steps" in found):
        found |= {"cooldown_steps": lengths["cooldown_steps"], "total_steps": total}
    if "geometric" in (found.get("warmup"), found.get("cooldown"), found.get("ramp"), found.get("decay")):
        found.setdefault("init_value", 1e-3)
        found.setdefault("end_value", 1e-3)
    signature = inspect.signature(getattr(js, recipe)).parameters
    return {name: x for name, x in found.items() if name in signature}


def settings(recipe: str, count: int, seed: int) -> list[dict[str, Any]]:
    """So many of a recipe, with steps to look at."""
    rng = np.random.default_rng(seed)
    found = []
    for turn in range(count):
        arguments = given(rng, recipe, turn)
        lengths = [x for name, x in arguments.items() if name.endswith("_steps")]
        last = 2 * max(lengths, default=1000) + 2
        near = np.ravel(np.cumsum([0, *lengths])[:, None] + [-1, 0, 1])
        steps = np.clip([*near, *rng.integers(0, last, 32 - len(near))], 0, None)
        found.append({"recipe": recipe, "given": arguments, "steps": steps.tolist()})
    return found


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("recipe", play.recipes())
def test_the_curves_are_those_of_the_library_and_the_lines_make_them(
    recipe: str, tmp_path: Path, seed: int, thorough: bool
):
    drawn = settings(recipe, 200 if thorough else 10, seed)
    page = tmp_path / "page.html"
    page.write_text(play.page() + RUN_ALL % json.dumps(drawn), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    done = subprocess.run([str(CHROMIUM), *options, page.as_uri()], capture_output=True, text=True, check=True)
    body = re.search(r"<body>(.*)</body>", done.stdout, re.DOTALL)
    assert body, done.stdout[:2000]
    for setting, found in zip(drawn, json.loads(html.unescape(body[1])), strict=True):
        schedule = getattr(js, setting["recipe"])(**setting["given"])
        assert js.loads(found["line"]) == schedule, found["line"]
        expected = np.asarray(schedule(np.asarray(setting["steps"])), float)
        values = np.array(found["values"], float)
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-6 * np.abs(expected).max(), err_msg=found["line"])


def test_every_recipe_of_numbers_is_there():
    """Those of tables, of which each has as many numbers as one likes, are not."""
    tables = {
        recipe.name
        for recipe in gallery.ENTRIES["Recipes"]
        if any("tuple" in str(x.annotation) for x in inspect.signature(getattr(js, recipe.name)).parameters.values())
    }
    assert set(play.recipes()) | tables == {recipe.name for recipe in gallery.ENTRIES["Recipes"]}
    assert not set(play.recipes()) & tables and len(tables) < 5


def test_every_argument_can_be_moved():
    """Each has a kind, and one that must be given has a value to begin with."""
    script = (play.FOLDER / "play" / "page.js").read_text(encoding="utf-8")
    starts = re.findall(r"(\w+): [\d.e-]+", script.partition("STARTS = {")[2].partition("};")[0])
    for recipe in play.recipes():
        for name, argument in inspect.signature(getattr(js, recipe)).parameters.items():
            assert argument.default is not argument.empty or name in starts, f"{recipe}: {name}"


def test_the_page_is_what_the_script_writes():
    assert (play.FOLDER / "play.html").read_text(encoding="utf-8") == play.page(), "run `python -m docs.play`"


def test_nothing_is_loaded_from_elsewhere():
    assert not re.search(r"(src|href)=|@import|fetch\(|url\(", play.page())
