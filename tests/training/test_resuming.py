"""A run that is killed goes on where it was saved, and ends with the same bits."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest


pytest.importorskip("orbax.checkpoint", reason="Orbax is not installed")

SCRIPT = """
import os, signal, sys
import jax, jax.numpy as jnp, numpy as np, optax, orbax.checkpoint as ocp
import jaxsched as js
from jaxsched.training import decay_now, scheduled, step, values

folder, dies_at = sys.argv[1], int(sys.argv[2])
schedule = js.warmup_cosine(peak_value=1e-2, warmup_steps=5, total_steps=100)
feedback = {"learning_rate": js.ReduceOnPlateau(factor=0.5, patience=2)}
optimizer = scheduled(optax.adamw, learning_rate=schedule, weight_decay=0.1 * schedule, feedback=feedback)
start = jax.random.normal(jax.random.key(0), (8, 8))

@jax.jit
def train_step(params, state):
    loss, grads = jax.value_and_grad(lambda params: jnp.tanh(params).sum())(params)
    updates, state = optimizer.update(grads, state, params, value=jnp.sin(step(state)))
    return optax.apply_updates(params, updates), state

with ocp.CheckpointManager(folder) as manager:
    run = start, optimizer.init(start)
    if manager.latest_step() is not None:
        run = manager.restore(manager.latest_step(), args=ocp.args.StandardRestore(run))
    for i in range(int(step(run[1])), 40):
        if i == dies_at:
            manager.wait_until_finished()
            os.kill(os.getpid(), signal.SIGKILL)
        if i == 25:
            run = run[0], decay_now(run[1], 10, "cosine")
        run = train_step(*run)
        if i % 9 == 8:
            manager.save(i + 1, args=ocp.args.StandardSave(run))
    shown = [run[0], *values(run[1]).values(), step(run[1])]
    print(*(np.asarray(x).tobytes().hex() for x in shown))
"""


def run(folder: Path, dies_at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), str(dies_at)], capture_output=True, text=True, check=False
    )


@pytest.mark.thorough
def test_a_run_that_is_killed_twice_ends_with_the_same_bits(tmp_path: Path):
    whole = run(tmp_path / "whole", 99)
    assert whole.returncode == 0, whole.stderr
    for dies_at in (14, 30):  # before the cooldown, and within
        assert run(tmp_path / "killed", dies_at).returncode == -signal.SIGKILL
    again = run(tmp_path / "killed", 99)
    assert again.returncode == 0, again.stderr
    assert again.stdout == whole.stdout and len(whole.stdout) > 500
