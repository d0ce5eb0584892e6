"""Trainings in chunks: the same bits as in one go, whoever stops them when."""

import itertools
import multiprocessing
import os
import signal
import threading
import time
from functools import partialmethod
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js
from jaxsched._sweep import keeping, plan
from jaxsched._sweep.flight import Flight, Stop, joined
from jaxsched._sweep.kept import kept_of
from jaxsched._sweep.machine import Machine, check_devices
from jaxsched._sweep.running import Run
from jaxsched._sweep.store import Store
from tests.helpers import bits


STEPS, EVERY = 40, 5
CONFIGS = js.grid(rate=[0.01, 0.1, 0.3], seed=range(5))

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])


def init(rate: jax.Array, seed: jax.Array) -> dict[str, Any]:
    key = jax.random.key(seed)
    return {"w": jax.random.normal(key, (8,)), "key": key, "t": 0, "half": jnp.zeros((2, 0), jnp.bfloat16)}


def run(state: dict[str, Any], steps: int, rate: jax.Array, seed: jax.Array) -> Any:
    schedule = js.warmup_cosine(peak_value=rate, warmup_steps=4, total_steps=STEPS)

    def update(state: dict[str, Any], _: Any) -> Any:
        key, noise = jax.random.split(state["key"])
        gradient = 2 * state["w"] + 0.1 * jax.random.normal(noise, (8,))
        w = state["w"] - schedule(state["t"]) * gradient
        return {**state, "w": w, "key": key, "t": state["t"] + 1}, jnp.sum(w**2)

    state, losses = jax.lax.scan(update, state, length=steps)
    return state, {"loss": losses[-1], "curve": losses, "step": state["t"]}


TRAINING = js.resumable(init, run, steps=STEPS, every=EVERY)


def swept(store: Path | None = None, training: Any = TRAINING, **options: Any) -> js.Results:
    return js.sweep(training, CONFIGS, store=store, **{"batch_size": 4, "progress": False, **options})


@pytest.fixture(scope="module")
def expected() -> js.Results:
    return swept()


def test_metrics_are_stacked_over_the_chunks_and_the_bits_are_those_of_one_go(expected: js.Results):
    chunks = STEPS // EVERY
    assert expected["loss"].shape == (15, chunks) and expected["curve"].shape == (15, chunks, EVERY)
    assert expected["step"].tolist() == 15 * [[*range(EVERY, STEPS + 1, EVERY)]]
    assert (expected["steps_done"] == STEPS).all()
    whole = swept(training=js.resumable(init, run, steps=STEPS, every=STEPS))
    np.testing.assert_array_equal(expected["curve"].reshape(15, STEPS), whole["curve"].reshape(15, STEPS))


def test_there_is_one_program_for_all_chunks():
    training = js.resumable(init, run, steps=STEPS, every=EVERY)
    swept(training=training)
    kept = kept_of(training)
    assert len(kept.executables) == 2  # one makes the states
    swept(training=training)
    assert len(kept.executables) == 2


def test_a_batch_can_be_stopped_cut_joined_and_go_on(expected: js.Results):
    program, first = stopped(range(4), chunks=1)
    stops = [Stop.from_bytes(stop.to_bytes(), program) for stop in (first, stopped(range(4, 8), chunks=1)[1])]
    mixed = np.array([6, 1, 3])
    later = Flight(machine_of(TRAINING), program, mixed, joined(stops).of(mixed))
    later.go_on()
    both = joined(stops).of(mixed).then(later.stop())
    assert both.done == 2
    np.testing.assert_array_equal(both.metrics["curve"], expected["curve"][mixed, :2])


# Mistakes.

MISTAKES = {
    "a state of another structure": (lambda state, steps, **row: ((), {"loss": 0.0}), "must have the structure"),
    "a state of another shape": (
        lambda state, steps, **row: ({**state, "w": state["w"][:2]}, {"loss": 0.0}),
        r"got float32\[2\] after float32\[8\] at state\['w'\]",
    ),
    "a state of another type": (
        lambda state, steps, **row: ({**state, "t": 0.5}, {"loss": 0.0}),
        r"got float32\[\] after int32\[\] at state\['t'\]",
    ),
    "no metrics": (lambda state, steps, **row: state, "`run` must return a state and a dict of metrics, got dict"),
    "no dict": (lambda state, steps, **row: (state, 0.0), "`run` must return a dict of arrays by name, got float"),
    "a name of ours": (lambda state, steps, **row: (state, {"steps_done": 0.0}), "must not be called `steps_done`"),
    "no argument": (lambda state, steps, rate: (state, {"loss": 0.0}), "`run` has no argument for the column `seed`"),
}


@pytest.mark.parametrize("wrong, message", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_before_anything_runs(wrong: Any, message: str):
    with pytest.raises((TypeError, ValueError), match=message):
        swept(training=js.resumable(init, wrong, steps=STEPS, every=EVERY))


@pytest.mark.parametrize(
    "words, message",
    [
        ({"steps": 10, "every": 3}, "`steps` must be a multiple of `every`, got 10 and 3"),
        ({"steps": 0, "every": 1}, "`steps` must be at least 1, got 0"),
        ({"steps": 10, "every": 2.5}, "`every` must be an integer, got 2.5"),
    ],
)
def test_lengths_that_do_not_fit_are_refused(words: dict[str, Any], message: str):
    with pytest.raises((TypeError, ValueError), match=message):
        js.resumable(init, run, **words)


# Killed in mid-training.


def halved(store: Path | None = None, **options: Any) -> js.Results:
    words = {"metric": "loss", "first": 10, "batch_size": 4, "progress": False, "store": store, **options}
    return js.halving(TRAINING, CONFIGS, **words)


def run_until(store: Path, log: Path, seconds: float, halving: bool) -> None:
    """A process that is killed after a time in training, and writes down which chunks it computes, and has stored."""
    keeping.SECONDS_BETWEEN_STATES, keeping.PART_FOR_STATES = 0.0, 1e9
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    at = [0]

    def wrote(what: str, rung: int, rows: np.ndarray, done: int) -> None:
        os.write(file, f"{what} {rung} {done} {','.join(map(str, rows))}\n".encode())

    def fly(self: Run, flight: Flight, chunks: int, rung: int = 0, fly: Any = Run.fly) -> None:
        at[0] = rung
        fly(self, flight, chunks, rung)

    def go_on(self: Flight, go_on: Any = Flight.go_on) -> Any:
        if not timer.is_alive():
            timer.start()
        time.sleep(0.005)  # for a kill in the middle of it
        metrics = go_on(self)
        wrote("computed", at[0], self.rows, self.done)
        return metrics

    def stored(self: Store, first: int, rung: int, stop: Stop, write: Any) -> None:
        write(self, first, rung, stop)
        wrote("stored", rung, stop.rows, stop.done)

    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))
    Run.fly, Flight.go_on = fly, go_on
    for name in ("write_running", "write_rung"):
        setattr(Store, name, partialmethod(stored, write=getattr(Store, name)))
    halved(store) if halving else swept(store)
    os._exit(0)


def ended(process: ForkServerProcess) -> int | None:
    process.start()
    process.join(120)
    return process.exitcode


@pytest.mark.parametrize("halving", [False, True], ids=["sweep", "halving"])
@pytest.mark.timeout(600)
def test_a_kill_at_any_moment_costs_nothing_that_was_stored(
    tmp_path: Path, expected: js.Results, halving: bool, thorough: bool, seed: int
):
    rng, whole = np.random.default_rng(seed), halved() if halving else expected
    kills, stores, store = 0, 0, tmp_path / "store0"
    while kills < (20 if thorough else 4):
        store, log = tmp_path / f"store{stores}", tmp_path / f"log{stores}"
        seconds = rng.uniform(0.0, 0.3)
        code = ended(PROCESSES.Process(target=run_until, args=(store, log, seconds, halving), daemon=True))
        assert code in (0, -signal.SIGKILL)
        kills += code != 0
        if code == 0:
            stores += 1  # it was done before the time was over
    again = halved(store) if halving else swept(store)
    assert bits(again) == bits(whole)
    assert [os.listdir(store / name) for name in ("running", "rungs", "writing")] == [[], [], []]
    for log in tmp_path.glob("log*"):
        came: dict[tuple[str, str], int] = {}
        for line in log.read_text().splitlines():
            what, rung, done, rows = line.split(" ")
            for row in rows.split(","):
                assert what == "stored" or int(done) > came.get((rung, row), 0), f"computed again: {line}"
                if what == "stored":
                    came[rung, row] = int(done)


def test_a_state_that_was_damaged_is_named_or_is_the_same(tmp_path: Path):
    program, stop = stopped()
    whole = stop.to_bytes()
    store = Store(tmp_path)
    store.prepare()
    store.write_running(0, 0, stop)
    (path,) = (tmp_path / "running").iterdir()
    rng = np.random.default_rng(0)
    for at in [*range(0, 200), *rng.integers(0, len(whole), 300), *range(len(whole) - 100, len(whole))]:
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]):
            path.write_bytes(damaged)
            try:
                found = store.running(0, 0, program)
            except ValueError as error:
                assert str(path) in str(error) and "remove it, and its rows begin anew" in str(error)
            else:
                assert found is not None and found.to_bytes() == whole


@pytest.mark.parametrize("w", [np.zeros(4, np.float32), (np.zeros(8, np.float32), 0.0)])
def test_a_state_of_another_training_is_refused(tmp_path: Path, w: Any):
    _, stop = stopped()
    other = js.resumable(
        lambda **row: {**init(**row), "w": w}, lambda state, steps, **row: (state, {"loss": 0.0}), steps=4, every=2
    )
    store = Store(tmp_path)
    store.prepare()
    store.write_running(0, 0, stop)
    with pytest.raises(ValueError, match="cannot be read"):
        store.running(0, 0, program_of(other))


def program_of(training: Any) -> Any:
    return machine_of(training).trace(plan.groups_of(CONFIGS)[0])


def machine_of(training: Any) -> Machine:
    machine = Machine(training, plan.numbers_of(CONFIGS), check_devices(jax.devices()[:1]))
    machine.rows = 4
    return machine


def stopped(rows: Any = range(4), chunks: int = 2) -> tuple[Any, Stop]:
    """The program, and where a batch is after some chunks."""
    program = program_of(TRAINING)
    flight = Flight(machine_of(TRAINING), program, np.asarray(rows))
    for _ in range(chunks):
        flight.go_on()
    return program, flight.stop()


def run_as(worker: tuple[int, int], store: Path) -> None:
    halved(store, worker=worker)
    os._exit(0)


def test_workers_share_the_rungs(tmp_path: Path):
    processes = [PROCESSES.Process(target=run_as, args=((i, 3), tmp_path), daemon=True) for i in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert bits(js.Results.load(tmp_path)) == bits(halved())
    assert [os.listdir(tmp_path / name) for name in ("running", "rungs", "writing")] == [[], [], []]


# Halving.


def test_whoever_is_left_has_the_bits_of_a_sweep_and_what_did_not_run_is_nan(expected: js.Results):
    results = halved()
    assert sorted(results["steps_done"].tolist()) == 11 * [10] + 4 * [40]
    for i, steps in enumerate(results["steps_done"]):
        chunks = steps // EVERY
        np.testing.assert_array_equal(results["curve"][i, :chunks], expected["curve"][i, :chunks])
        assert np.isnan(results["curve"][i, chunks:]).all() and results["step"].dtype == np.float32
    best = expected["loss"][:, 10 // EVERY - 1].argsort(kind="stable")[:4]
    assert set(best) == set(np.flatnonzero(results["steps_done"] == STEPS))


def test_halving_compiles_nothing_more():
    training = js.resumable(init, run, steps=STEPS, every=EVERY)
    js.halving(training, CONFIGS, metric="loss", first=10, batch_size=4, progress=False)
    assert len(kept_of(training).executables) == 2


def test_the_store_of_a_halving_is_refused_by_another_one_and_by_a_sweep(tmp_path: Path):
    first = halved(tmp_path)
    assert bits(halved(tmp_path)) == bits(first) == bits(js.Results.load(tmp_path))
    for other in (lambda: swept(tmp_path), lambda: halved(tmp_path, eta=2), lambda: halved(tmp_path, metric="step")):
        with pytest.raises(ValueError, match="the store holds another halving"):
            other()


def test_a_rung_before_the_end_of_a_warmup_is_warned_of():
    configs = js.grid(rate=[0.1], seed=[0, 1], warmup_steps=[5, 20])
    training = js.resumable(
        lambda warmup_steps, **row: init(**row),
        lambda state, steps, warmup_steps, **row: run(state, steps, **row),
        steps=STEPS,
        every=EVERY,
    )
    with pytest.warns(UserWarning, match="the first rung is at step 10, before the end of `warmup_steps` in 2 rows"):
        js.halving(training, configs, metric="loss", first=10, progress=False)


@pytest.mark.parametrize("stored", [False, True])
def test_what_there_is_when_somebody_interrupts_is_on_the_exception(
    stored: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Of halving, when no row is finished, how far each of them has come."""
    calls = itertools.count(1)

    def interrupted(self: Run, flight: Flight, chunks: int, rung: int = 0, fly: Any = Run.fly) -> None:
        if next(calls) == 7:
            raise KeyboardInterrupt
        fly(self, flight, chunks, rung)

    monkeypatch.setattr(Run, "fly", interrupted)
    with pytest.raises(KeyboardInterrupt) as raised:
        halved(tmp_path / "store" if stored else None, eta=2, devices=jax.devices()[:1])
    assert "15 of 15 rows have begun" in str(vars(raised.value)["__notes__"])
    results, whole = vars(raised.value)["results"], halved(eta=2)
    assert len(results) == 15 and set(results["steps_done"]) == {10, 20}
    for row, steps in enumerate(results["steps_done"]):
        np.testing.assert_array_equal(results["loss"][row, : steps // EVERY], whole["loss"][row, : steps // EVERY])
        assert np.isnan(results["loss"][row, steps // EVERY :]).all()


def test_the_best_row_is_the_one_that_is_best_at_the_end(expected: js.Results):
    results = halved()
    ends = results["loss"][:, -1]
    best = results.best("loss")
    assert best["loss"][-1] == np.nanmin(ends) and best["steps_done"] == STEPS
    assert results.top(3, "loss").rows.tolist() == np.argsort(ends)[:3].tolist()
    assert results.top(15, "loss")["steps_done"].tolist() == 4 * [STEPS] + 11 * [10]
    with pytest.raises(ValueError, match="`curve` must be a real scalar"):
        expected.best("curve")


@pytest.mark.parametrize(
    "words, message",
    [
        ({"metric": "los"}, "there is no metric `los`; did you mean `loss`"),
        ({"metric": "curve"}, "scalar"),
        ({"eta": 1}, "`eta` must be at least 2, got 1"),
        ({"first": 7}, "`first` must be a multiple of `every`, 5"),
        ({"first": 45}, "at most `steps`, 40"),
        ({"mode": "least"}, '`mode` must be "min" or "max"'),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(words: dict[str, Any], message: str):
    with pytest.raises((TypeError, ValueError, KeyError), match=message):
        halved(**words)
