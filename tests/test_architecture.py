"""The house: imports point down, the front door is light, and only the door re-exports."""

import ast
import graphlib
import inspect
import pickle
import subprocess
import sys
import types
from pathlib import Path

import pytest

import jaxsched
from jaxsched import plotting, scoring, training
from tests.catalogue import ROWS, Row


HOUSE = Path(jaxsched.__file__).parent

FLOORS = [
    "_numerics",
    "_typing",
    "_public",
    "fields",
    "_data",
    "_schedule",
    "_curves",
    "_combinators",
    "_recipes",
    "_feedback",
    "_units",
    "_lint",
    "_text",
    "_look",
    "_tables",
    "_sweep",
    "scoring",
    "training",
    "adapters",
    "plotting",
    "cli",
    "__init__",
    "__main__",
]
"""The house from the ground up: a folder is a floor, and so is a file beside them."""

LATE = {
    ("_schedule.schedule", "_schedule.arithmetic"),
    ("_schedule.schedule", "_schedule.recipe"),
    ("_schedule.schedule", "_curves.constant"),
    ("_schedule.schedule", "_look.svg"),
    ("_schedule.schedule", "plotting"),
    ("_sweep.results", "plotting.outcomes"),
    ("training.finder", "plotting.outcomes"),
}
"""What is imported inside of a function, for it stands above: the operators of a schedule, and a number in the place of
one, make another schedule; and a method draws a picture, or opens the door of pictures."""

ROOMS = {".".join(path.relative_to(HOUSE).with_suffix("").parts): path for path in sorted(HOUSE.rglob("*.py"))}


def modules_of(room: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(ROOMS[room].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(node.module or "")
    return found


def rooms_below(room: str) -> set[str]:
    """What a room imports of the house."""
    inside = {module.removeprefix("jaxsched.") for module in modules_of(room) if module.startswith("jaxsched")}
    return {module for module in inside if (room, module) not in LATE}


def floor_of(room: str) -> int:
    return FLOORS.index(room.split(".", maxsplit=1)[0])


def test_every_room_is_on_a_floor():
    assert {room.split(".")[0] for room in ROOMS} == set(FLOORS)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_down(room: str):
    for other in rooms_below(room):
        assert floor_of(other) <= floor_of(room), f"{room} imports {other}"


def test_there_are_no_cycles():
    assert list(graphlib.TopologicalSorter({room: rooms_below(room) for room in ROOMS}).static_order())


@pytest.mark.parametrize("floor", [path.parent for path in ROOMS.values() if path.stem == "__init__"], ids=str)
def test_a_folder_explains_itself(floor: Path):
    tree = ast.parse((floor / "__init__.py").read_text())
    assert ast.get_docstring(tree)
    if floor.name.startswith("_"):
        assert len(tree.body) == 1, "a floor of the core is not a door"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_holds_at_most_350_lines(room: str):
    assert len(ROOMS[room].read_text().splitlines()) <= 350


def test_the_core_needs_only_jax_and_numpy():
    extras = {
        "matplotlib.axes",
        "pandas",
        "psutil",
        "pyarrow",
        "pyarrow.parquet",
        "scipy.stats",
        "tqdm.auto",
    }  # inside functions, as the next test shows
    allowed = {"jax", "numpy", "jaxsched", *sys.stdlib_module_names}
    core = [room for room in ROOMS if room.startswith("_")]  # doors of their own may need more
    for room in core:
        assert {module.split(".")[0] for module in modules_of(room) - extras} <= allowed


def test_importing_it_imports_nothing_heavy():
    heavy = ["optax", "matplotlib", "pandas", "tqdm", "scipy.stats", "torch", "keras", "pyarrow", "psutil"]
    code = f"import jax, sys; import jaxsched; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_it_starts_no_device():
    code = "import jaxsched; from jax._src import xla_bridge; print(xla_bridge.backends_are_initialized())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_front_door_only_opens():
    body = ast.parse((HOUSE / "__init__.py").read_text()).body[1:]
    imports = [node for node in body if isinstance(node, ast.ImportFrom)]
    assert [ast.unparse(node.targets[0]) for node in body if isinstance(node, ast.Assign)] == [
        "__version__",
        "_inner",
        "__all__",
    ]
    assert len(body) == len(imports) + 4 and ast.unparse(body[-1]).startswith("def __dir__")
    opened = {alias.asname for node in imports for alias in node.names} - {None}
    assert opened == set(jaxsched.__all__)


@pytest.mark.parametrize("door", [jaxsched, scoring, training, plotting], ids=lambda door: door.__name__)
def test_what_is_public_belongs_to_its_door(door: types.ModuleType):
    assert len(door.__all__) >= 2
    for name in door.__all__:
        assert getattr(door, name).__module__ == door.__name__
        assert inspect.getsource(getattr(door, name)) if inspect.isfunction(getattr(door, name)) else True


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_no_pickle_names_a_private_file(row: Row):
    assert b"jaxsched._" not in pickle.dumps(row.build())


def test_the_source_of_a_function_is_found_and_that_of_a_class_is_not_another():
    assert inspect.getsource(jaxsched.wsd).startswith("@recipe\ndef wsd(")
    assert "def formula" in inspect.getsource(jaxsched.Linear.formula)
    with pytest.raises((OSError, TypeError)):
        inspect.getsource(jaxsched.Linear)


def test_reading_a_neighbour_imports_nothing_of_it():
    neighbours = ["torch", "keras", "timm", "transformers", "optax"]
    code = (
        "import sys; from jaxsched.adapters import keras, optax, timm, torch, transformers;"
        f" print([name for name in {neighbours} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
