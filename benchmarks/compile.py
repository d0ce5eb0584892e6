"""How long does a schedule take to compile?

CPU seconds to trace, lower and compile `schedule(steps)` for 1,000 steps with empty caches: against the same schedule
of optax, or the plain formula; and the number of equations that are traced, those of inner functions included, and how
they grow with the number of pieces, and of configurations: against 10 pieces, or against one configuration.

    python -m benchmarks.compile
    python -m benchmarks.compile --beside PYTHON ...

The second one compares versions of JAX: that of this Python with those of others, and writes versions.md.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import jaxsched as js
from benchmarks import plain
from benchmarks.curves import CURVES
from benchmarks.measure import Row, compare, quick, race, section


ROUNDS = 2 if quick() else 15
STEPS = jnp.arange(1_000)


# Beside optax and the plain formulas.

OPTAX: dict[str, Callable[..., optax.Schedule]] = {
    "Linear": lambda s: optax.linear_schedule(s.init_value, s.end_value, s.transition_steps),
    "Cosine": lambda s: optax.cosine_decay_schedule(s.init_value, s.transition_steps),
    "Polynomial": lambda s: optax.polynomial_schedule(s.init_value, s.end_value, s.power, s.transition_steps),
    "ExponentialDecay": lambda s: optax.exponential_decay(s.init_value, s.transition_steps, s.decay_rate),
    "StepDecay": lambda s: optax.exponential_decay(s.init_value, s.step_size, s.factor, staircase=True),
    "MultiStep": lambda s: optax.piecewise_constant_schedule(s.init_value, {at: s.factor for at in s.boundaries}),
    "warmup_cosine": lambda s: optax.warmup_cosine_decay_schedule(
        s.init_value, s.peak_value, s.warmup_steps, s.total_steps, s.end_value
    ),
}

POWERS = ("ExponentialDecay", "NaturalExponentialDecay", "HalfLife", "Geometric", "Exponential", "StepDecay")
POWERS += ("MultiStep", "Polynomial", "PowerLaw", "Tanh", "Logistic", "Gaussian")
GROWING = "CosineRestarts, growing"


def beside_others() -> Iterator[Row]:
    """Every curve; the one whose cycles grow is set against a line."""
    schedules = {name: schedule[0] for curves in CURVES.values() for name, schedule in curves.items()}
    line = other("Linear")
    for name in list(schedules)[: 2 if quick() else None]:
        against, compiled = line if name == GROWING else other(name)
        contestants = {name: lambda s=schedules[name]: fresh(s).lower().compile(), against: compiled}
        seconds = race(contestants, ROUNDS, before=jax.clear_caches, clock=time.process_time)
        most = 4.7 if name == GROWING else 2.5 if name in POWERS else 1.5
        yield compare(name, 1e3 * seconds[name], against, 1e3 * seconds[against], "CPU ms", at_most=most)


def other(name: str) -> tuple[str, Callable[[], object]]:
    """What a curve is set against."""
    numbers = {key: x[0] for key, x in plain.numbers_of(name).items()}
    if name not in OPTAX:
        values = lambda numbers, steps: plain.values(name, numbers, steps)  # noqa: E731
        return "its plain formula", lambda: jax.jit(values).lower(numbers, STEPS).compile()
    schedule = OPTAX[name](SimpleNamespace(**{key: x.tolist() for key, x in numbers.items()}))
    return "optax's", lambda: jax.jit(schedule).lower(STEPS).compile()


# More pieces, more configurations.


def bounds(count: int) -> np.ndarray:
    return 10 * np.arange(1, count + 1)


PIECES: dict[str, Callable[[int], js.Schedule]] = {
    "PiecewiseConstant": lambda n: js.PiecewiseConstant(bounds(n - 1), np.linspace(1, 2, n)),
    "PiecewiseInterpolate": lambda n: js.PiecewiseInterpolate(bounds(n), np.linspace(1, 2, n)),
    "join_schedules of lines": lambda n: js.join_schedules(
        [js.Linear(1.0 + i, 0.0, 10) for i in range(n)], bounds(n - 1)
    ),
}


def configurations(n: int) -> js.Schedule:
    peaks = np.geomspace(1e-4, 1e-1, n)
    return js.warmup_cosine(peak_value=peaks, warmup_steps=np.arange(n), total_steps=2_000)


def fresh(schedule: js.Schedule) -> jax.stages.Traced:
    return jax.jit(lambda schedule, steps: schedule(steps)).trace(schedule, STEPS)


def equations(jaxpr: Any) -> int:
    inner = [getattr(x, "jaxpr", None) for equation in jaxpr.eqns for x in jax.tree.leaves(equation.params)]
    return len(jaxpr.eqns) + sum(equations(x) for x in inner if x is not None)


def rows(what: str, schedules: dict[str, js.Schedule], at_most: float | None = None) -> Iterator[Row]:
    """Everything against the first of them."""
    compiled = {size: lambda x=x: fresh(x).lower().compile() for size, x in schedules.items()}
    seconds = race(compiled, ROUNDS, before=jax.clear_caches, clock=time.process_time)
    traced = {size: np.array([equations(fresh(x).jaxpr.jaxpr)]) for size, x in schedules.items()}
    first, *rest = schedules
    for size in rest:
        name = f"{what}, {size}"
        yield compare(name, 1e3 * seconds[size], first, 1e3 * seconds[first], "CPU ms", at_most=at_most)
        yield compare(name, traced[size], first, traced[first], "equations", at_most=at_most)


def run() -> list[Row]:
    kinds = [(what, {f"{n:,} pieces": make(n) for n in (10, 100, 1_000)}, 1.5) for what, make in PIECES.items()]
    stacks = {"1 configuration": configurations(1), "1,000 configurations": configurations(1_000)}
    return [*beside_others(), *(row for kind in [*kinds, ("warmup_cosine", stacks, None)] for row in rows(*kind))]


# Versions of JAX.


KINDS = ("Linear", "Cosine", "Polynomial", "Rex", "ExponentialDecay", "StepDecay", "MultiStep", "CosineRestarts")
KINDS += ("CosineRestarts, growing, lower, three times", "warmup_cosine", "wsd", "sgdr")
VERSIONS = Path(__file__).parent / "versions.md"


def kinds() -> dict[str, float]:
    """The CPU seconds in which each kind compiles here: a stack, its gradient, and the queries of one schedule."""
    from tests.catalogue import ROWS
    from tests.helpers import float_leaves

    seconds: dict[str, float] = {}

    def compiled(what: str, compile_it: Callable[[], object]) -> None:
        jax.clear_caches()
        start = time.process_time()
        compile_it()
        seconds[what] = time.process_time() - start

    def gradient(floats: list[Any], rebuild: Callable[[list[Any]], js.Schedule]) -> object:
        one = jax.grad(lambda floats, t: rebuild(floats)(t))
        return jax.jit(jax.vmap(one, (None, 0))).lower(floats, STEPS).compile()

    for name in KINDS:
        schedule = ROWS[name].build()
        compiled(f"{name}: a stack", lambda s=schedule: fresh(js.stack([s, s])).lower().compile())
        compiled(f"{name}: its gradient", lambda s=schedule: gradient(*float_leaves(s)))
        compiled(f"{name}: queries", lambda s=schedule: (s.integral(9), s.crossing(0.1, 9), s.extrema(9)))
    return seconds


def versions(pythons: list[str], rounds: int) -> str:
    """The kinds on the JAX of each Python by turns, against the first of them."""
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(rounds):
        for python in pythons:
            done = subprocess.run([python, "-m", "benchmarks.compile", "--kinds"], capture_output=True, check=True)
            name, seconds = json.loads(done.stdout)
            found.setdefault(name, []).append(seconds)
    first, *others = medians = {
        name: {what: statistics.median(seconds[what] for seconds in runs) for what in runs[0]}
        for name, runs in found.items()
    }
    header = [f"{name}, s" for name in medians] + [f"ratio of {name}" for name in others]
    lines = [f"| what | {' | '.join(header)} |", f"|---|{'---:|' * len(header)}"]
    for what in medians[first]:
        seconds = [medians[name][what] for name in medians]
        shown = [f"{x:.2f}" for x in (*seconds, *(x / seconds[0] for x in seconds[1:]))]
        lines.append(f"| {what} | {' | '.join(shown)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compile", description=__doc__)
    parser.add_argument("--beside", nargs="+", metavar="PYTHON", help="Pythons of other environments; the first counts")
    parser.add_argument("--rounds", type=int, default=3, help="how often each Python is asked")
    parser.add_argument("--kinds", action="store_true", help="only print what --beside asks of each Python, as JSON")
    given = parser.parse_args()
    if given.kinds:
        print(json.dumps([f"jax {jax.__version__}, Python {sys.version.split()[0]}", kinds()]))
    elif given.beside:
        from benchmarks.__main__ import machine

        title = "# How long does each kind of schedule take to compile, on each version of JAX?"
        how = (
            "CPU seconds to trace, lower and compile with empty caches; queries run once, too. Medians over the rounds."
        )
        command = f"    python -m benchmarks.compile --rounds {given.rounds} --beside PYTHON ..."
        table = versions([*given.beside, sys.executable], given.rounds)
        text = "\n\n".join([title, how, command, f"{machine()}.", table])
        VERSIONS.write_text(text + "\n", encoding="utf-8")
        print(text)
    else:
        print(section(__doc__, run()))


if __name__ == "__main__":
    main()
