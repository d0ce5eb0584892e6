"""The house: imports point down, the front door is light, and only the door re-exports."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import jaxsched


HOUSE = Path(jaxsched.__file__).parent

FLOORS = [
    "_export",
    "_typing",
    "_leaves",
    "_units",
    "_pairs",
    "_counts",
    "_numerics",
    "_powers",
    "_fields",
    "_data",
    "_programs",
    "_queries",
    "_base",
    "_curves.constant",
    "_curves.transitions",
    "_curves.cooldowns",
    "_curves.decays",
    "_curves.piecewise",
    "_curves.cyclic",
    "_joins",
    "_clocks",
    "_combinators",
    "_recipes.recipe",
    "_recipes.warmups",
    "_recipes.plateaus",
    "_recipes.cycles",
    "_recipes.transformers",
    "_steered",
    "_plateau",
    "_pieces",
    "_lint",
    "_configs",
    "_progress",
    "_blocks",
    "_evaluate",
    "_sweep",
    "training.optimizer",
    "training.steering",
    "training.resuming",
    "training.finder",
    "__init__",
]

ROOMS = sorted(HOUSE.rglob("*.py"))


def floor_of(module: str) -> int:
    room = module.removeprefix("jaxsched").removeprefix(".")
    return FLOORS.index(room or "__init__") if not room.endswith("__init__") else len(FLOORS)


def imports_of(room: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(room.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("room", ROOMS, ids=[str(room.relative_to(HOUSE)) for room in ROOMS])
def test_imports_point_down(room: Path):
    here = floor_of(".".join(room.relative_to(HOUSE).with_suffix("").parts))
    for module in imports_of(room):
        if module.startswith("jaxsched"):
            assert floor_of(module) < here, f"{room.name} imports {module}"


@pytest.mark.parametrize("room", ROOMS, ids=[str(room.relative_to(HOUSE)) for room in ROOMS])
def test_a_room_holds_at_most_350_lines(room: Path):
    assert len(room.read_text().splitlines()) <= 350


def test_the_core_needs_only_jax_and_numpy():
    extras = {"pandas", "tqdm.auto"}  # inside functions, as the next test shows
    allowed = {"jax", "numpy", "jaxsched", *sys.stdlib_module_names}
    core = [room for room in ROOMS if room.parent.name != "training"]  # doors of their own may need more
    for room in core:
        assert {module.split(".")[0] for module in imports_of(room) - extras} <= allowed


def test_importing_it_imports_nothing_heavy():
    heavy = ["optax", "matplotlib", "pandas", "tqdm", "scipy.stats", "torch", "keras", "pyarrow"]
    code = f"import jax, sys; import jaxsched; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_it_starts_no_device():
    code = "import jaxsched; from jax._src import xla_bridge; print(xla_bridge.backends_are_initialized())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_front_door_only_opens():
    for node in ast.parse((HOUSE / "__init__.py").read_text()).body[1:]:
        assert isinstance(node, ast.ImportFrom)
        assert all(alias.asname == alias.name for alias in node.names)
