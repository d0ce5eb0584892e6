"""A run that is killed goes on where it was saved: with the same bits, or by what the code says since it was edited."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import jaxsched as js
from tests.helpers import tiers


SCRIPT = """
import os, pickle, signal, sys
from pathlib import Path
import jax, jax.numpy as jnp, numpy as np, optax
import jaxsched as js
from jaxsched.training import decay_now, resume, scheduled, step, values

folder, tool, dies_at, ends_at, plan = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
optimizer = scheduled(optax.adamw, feedback={"b1": js.ReduceOnPlateau(factor=0.5, patience=2)}, **eval(plan))
start = jax.random.normal(jax.random.key(0), (8, 8))
template = start, optimizer.init(start)
folder.mkdir(exist_ok=True)
newest = lambda: max((int(path.name) for path in folder.iterdir() if path.name.isdigit()), default=None)

if tool.startswith("orbax"):
    import orbax.checkpoint as ocp
    checkpointer = ocp.StandardCheckpointer()
    def save(i, run):
        checkpointer.save(folder / str(i), run)
        checkpointer.wait_until_finished()
    def load(i):
        if tool == "orbax":
            return checkpointer.restore(folder / str(i), template)
        params, state = checkpointer.restore(folder / str(i))
        return params, resume(template[1], state)
else:
    from flax import serialization
    dumps, loads = (pickle.dumps, pickle.loads) if tool == "pickle" else (
        serialization.to_bytes, lambda saved: serialization.from_bytes(template, saved))
    def save(i, run):
        (folder / "part").write_bytes(dumps(run))
        os.replace(folder / "part", folder / str(i))
    def load(i):
        return loads((folder / str(i)).read_bytes())

@jax.jit
def train_step(params, state):
    loss, grads = jax.value_and_grad(lambda params: jnp.tanh(params).sum())(params)
    updates, state = optimizer.update(grads, state, params, value=jnp.sin(step(state)))
    return optax.apply_updates(params, updates), state

params, state = load(newest()) if newest() is not None else template
print("from", step(state))
for i in range(int(step(state)), ends_at):
    if i == dies_at:
        os.kill(os.getpid(), signal.SIGKILL)
    if i == 25:
        state = decay_now(state, 10, "cosine")
    params, state = train_step(params, state)
    if i % 9 == 8:
        save(i + 1, (params, state))
    print(i, *(float(value).hex() for value in values(state).values()))
print(np.asarray(params).tobytes().hex())
"""

FIRST = "dict(learning_rate=js.MultiStep(0.5, [5, 30], 0.1), b1=0.9)"
TOOLS = {"pickle": "pickle", "msgpack": "msgpack", "orbax": "orbax", "orbax without a template": "orbax, by name"}
EDITED = {
    "other numbers": "js.MultiStep(0.25, [7, 40], 0.2)",
    "another kind": "js.warmup_cosine(peak_value=0.3, warmup_steps=10, total_steps=60)",
    "one more milestone": "js.MultiStep(0.5, [5, 16, 30], 0.1)",
    "a longer horizon": "js.stretch(js.MultiStep(0.5, [5, 30], 0.1), 40, 80)",
}


def run(folder: Path, tool: str, plan: str, dies_at: int = 99, ends_at: int = 40) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("flax", reason="Flax is not installed")
    if tool.startswith("orbax"):
        pytest.importorskip("orbax.checkpoint", reason="Orbax is not installed")
    arguments = [str(folder), tool, str(dies_at), str(ends_at), plan]
    return subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("tool", tiers(TOOLS, ("pickle",)))
def test_a_run_that_is_killed_twice_ends_with_the_same_bits(tool: str, tmp_path: Path):
    whole = run(tmp_path / "whole", tool, FIRST)
    assert whole.returncode == 0, whole.stderr
    for dies_at in (14, 30):  # before the cooldown, and within
        assert run(tmp_path / "killed", tool, FIRST, dies_at).returncode == -signal.SIGKILL
    again = run(tmp_path / "killed", tool, FIRST)
    assert again.returncode == 0, again.stderr
    lines = again.stdout.splitlines()
    assert lines[0] == "from 27" and whole.stdout.splitlines()[-len(lines) + 1 :] == lines[1:]
    assert len(lines[-1]) == 8 * 8 * 8


@pytest.mark.parametrize("tool", tiers(TOOLS, ("msgpack",)))
@pytest.mark.parametrize("edited", tiers(EDITED, ("another kind",)))
def test_a_run_that_is_killed_and_edited_goes_on_by_what_the_code_says_now(tool: str, edited: str, tmp_path: Path):
    assert run(tmp_path, tool, FIRST, dies_at=14).returncode == -signal.SIGKILL
    again = run(tmp_path, tool, f"dict(learning_rate={edited}, b1=0.8)", ends_at=20)
    assert again.returncode == 0, again.stderr
    first, *lines, _ = again.stdout.splitlines()
    assert first == "from 9" and len(lines) == 11
    plan: js.Schedule = eval(edited, {"js": js})
    for line in lines:
        n, _, rate = line.split()
        assert float.fromhex(rate) == plan(int(n)), n


@pytest.mark.parametrize("tool", tiers(TOOLS, ("pickle",)))
def test_another_number_of_hyperparameters_is_refused_with_their_names(tool: str, tmp_path: Path):
    assert run(tmp_path, tool, FIRST, dies_at=10).returncode == -signal.SIGKILL
    again = run(tmp_path, tool, FIRST.replace("b1=0.9", "b1=0.9, weight_decay=0.1"), ends_at=12)
    if tool == "orbax, by name":  # which is there to carry over what both have
        assert again.returncode == 0, again.stderr
        return
    assert again.returncode == 1 and "weight_decay" in again.stderr, again.stderr


def test_everything_that_the_door_offers_is_shown_to_a_user():
    root = Path(__file__).parent.parent.parent
    shown = "".join(path.read_text() for path in [*(root / "docs").glob("*.md"), *(root / "examples").glob("*.py")])
    from jaxsched import training

    offered: list[Any] = [name for name in training.__all__ if name[0].islower()]
    assert [name for name in offered if f"{name}(" not in shown] == []
