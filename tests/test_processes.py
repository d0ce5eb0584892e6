"""A process that lives long: what it compiled goes when nobody can ask for it again."""

import functools
import gc
import subprocess
import sys
import weakref
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched._numerics.floats import as_float
from jaxsched._schedule import programs
from jaxsched._schedule.calling import call_packed
from jaxsched._schedule.programs import Program
from jaxsched.training import scheduled
from tests.helpers import compilations, tiers


LINE = js.Linear(1.0, 0.0, 10)


def stairs(i: int = 0) -> Callable[[jax.Array], jax.Array]:
    return lambda t: jnp.exp2(-as_float(t // (i + 1)))


def as_shape(fn: Any) -> Callable[..., js.Schedule]:
    return lambda init, end, steps: js.Linear(init, end, steps) * js.FromFunction(fn)


ASKED: dict[str, Callable[[Any], object]] = {
    "called": lambda fn: js.FromFunction(fn)(3),
    "called at many steps": lambda fn: js.FromFunction(fn)(np.arange(5)),
    "called within others": lambda fn: js.sequence([LINE, 2 * js.FromFunction(fn)], [5])(3),
    "called in a program": lambda fn: jax.jit(lambda t: (2 * js.FromFunction(fn))(t))(3),
    "called as a shape": lambda fn: js.decay_from(LINE, 5, 5, cooldown=as_shape(fn))(3),
    "differentiated": lambda fn: jax.jit(jax.grad(lambda x: (x * js.FromFunction(fn)).integral(40)))(1.0),
    "evaluated": lambda fn: js.evaluate(js.FromFunction(fn), 40),
    "evaluated again": lambda fn: js.evaluate(js.FromFunction(fn), 40, out=jnp.zeros(40)),
    "evaluated in blocks": lambda fn: js.evaluate([LINE, js.FromFunction(fn)], 40, out=np.empty),
    "reduced": lambda fn: js.evaluate(LINE, 40, reduce=lambda rows: rows * fn(jnp.int32(3))),
    "summed": lambda fn: js.FromFunction(fn).integral(40),
    "searched": lambda fn: js.FromFunction(fn).crossing(0.5, 40),
    "asked for its extrema": lambda fn: js.FromFunction(fn).extrema(40),
}


def executables() -> int:
    return len(jax.devices()[0].client.live_executables())


@pytest.mark.parametrize("asked", tiers(ASKED, ("called within others",)))
def test_a_function_and_what_was_compiled_of_it_go_together(asked: Callable[[Any], object]):
    for i in (1, 2):  # which compiles what is the same for all
        asked(stairs(i))
    gc.collect()
    before = executables()
    for i in (3, 4, 5):
        function = stairs(i)
        held = weakref.ref(function)
        asked(function)
        del function
        gc.collect()
        assert held() is None
    assert executables() == before


@pytest.mark.parametrize("kind", tiers(["function", "partial", "jitted", "method", "builtin", "by value"], ("method",)))
def test_any_kind_of_function_is_one_program_while_it_lives(kind: str):
    class Halves:
        def at(self, t: jax.Array) -> jax.Array:
            return jnp.exp2(-as_float(t))

    class Equal:
        __call__ = Halves.at

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Equal)

        def __hash__(self) -> int:
            return 0

    halves = Halves()
    functions: dict[str, Callable[[], Any]] = {
        "function": functools.cache(stairs),
        "partial": functools.cache(lambda: functools.partial(jnp.multiply, 2)),
        "jitted": functools.cache(lambda: jax.jit(stairs())),
        "method": lambda: halves.at,
        "builtin": lambda: abs,
        "by value": Equal,
    }
    make = functions[kind]
    (2 * js.FromFunction(make()))(3)
    gc.collect()
    before = compilations(call_packed)
    for factor in (3, 4, 5):
        (factor * js.FromFunction(make()))(3)
        gc.collect()
    assert compilations(call_packed) == before


@pytest.mark.thorough
def test_a_gradient_that_is_asked_for_late_does_not_need_the_function():
    area = jax.jit(lambda x: (x * js.FromFunction(stairs(1))).integral(40))
    assert area(1.0) == pytest.approx(4.0)
    gc.collect()
    assert jax.grad(area)(1.0) == pytest.approx(4.0)
    assert jax.hessian(area)(1.0) == 0


def test_the_programs_that_were_used_last_are_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(programs, "MOST", 3)
    traced = []

    @Program
    def program(schedule: js.Schedule, step: Any) -> jax.Array:
        traced.append(schedule)
        return schedule(step)

    tables = [js.Tabulated(np.ones(n)) for n in range(2, 7)]
    for table in (*tables[:3], tables[0], tables[3], tables[0]):
        program(table, 3)
    assert len(traced) == 4 and compilations(program) == 3
    program(tables[1], 3)
    assert len(traced) == 5 and compilations(program) == 3


def test_what_an_optimizer_follows_goes_too():
    def ask(fn: Any) -> object:
        optimizer = scheduled(optax.sgd, learning_rate=js.FromFunction(fn))
        return jax.jit(lambda params: optimizer.update(params, optimizer.init(params), params))(jnp.ones(2))

    function = stairs()
    held = weakref.ref(function)
    ask(function)
    del function
    gc.collect()
    assert held() is None


MEMORY = """
import gc, itertools, jax, numpy as np
import jaxsched as js

def memory():  # of this process, in MB
    gc.collect()
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20

KINDS = [js.Linear(1.0, 0.0, 10), js.Cosine(1.0, 0.0, 10), js.HalfLife(1.0, 10)]
SEQUENCES = list(itertools.product(KINDS, repeat=6))

def structure(i):
    match i % 4:
        case 0: return js.FromFunction(lambda t: 0.5 ** (t // (i + 1)))
        case 1: return 2.0 * js.FromFunction(lambda t: 0.5 ** (t // (i + 1)))
        case 2: return js.Tabulated(np.linspace(0, 1, i + 3))
        case _: return js.sequence(SEQUENCES[i // 4], [5, 5, 5, 5, 5])

def call(i):
    structure(i)(3)

def reduce(i):
    js.evaluate(LINE, 40, reduce=lambda rows: rows.sum(axis=1) + i)

LINE = js.Linear(1.0, 0.0, 40)
"""


def growth(what: str, first: int, then: int, most: int) -> float:
    """By how many MB a process grows from the first of these to the last, if so many programs are kept.

    Of four structures that are called two are kept, so `first` must be more than twice `most`.
    """
    code = f"""{MEMORY}
from jaxsched._schedule import programs
programs.MOST = {most}
for i in range({first}): {what}(i)
before = memory()
for i in range({first}, {then}): {what}(i)
print(memory() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


@needs_proc
@pytest.mark.thorough
@pytest.mark.parametrize("what", ["call", "reduce"])
def test_memory_is_flat_while_structures_come_and_go(what: str):
    assert growth(what, 40, 120, most=16) < 12  # where a structure that stays costs 0.4 MB or more


@needs_proc
@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize("what", ["call", "reduce"])
def test_memory_is_flat_over_hundreds(what: str):
    assert growth(what, 150, 450, most=48) < 15
