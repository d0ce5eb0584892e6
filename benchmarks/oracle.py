"""How well does a law that was fitted to three short runs rank schedules that it has not seen?

Two tasks, each from three seeds: networks on handwritten digits, and language models on characters, with Adam. The
`MultiPowerLaw` is fitted to the held-out losses of a constant rate, a cosine and two constant stages, over half of the
steps. It then predicts the losses of twelve others over all steps, which are trained, too. What is shown is Spearman's
correlation of ranks with the trained losses: of the law, of the `ConvexBound`, which has seen nothing, and of the
losses of the next seed, which is as much as can be hoped for. Then the worst relative error of what the law predicts.

    pip install -e '.[bench]' && python -m benchmarks.oracle
"""

import pydoc_data.topics
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from scipy.stats import rankdata
from sklearn.datasets import load_digits

import jaxsched as js
from benchmarks.measure import Row, quick, section
from jaxsched.scoring import ConvexBound, fit


PEAK, POINTS, SEEDS = 0.01, 20, 2 if quick() else 3


class Task(NamedTuple):
    """From a key to parameters; the loss on some rows of the data; which are held out, and from where on they train."""

    init: Callable[[jax.Array], Any]
    loss: Callable[[Any, jax.Array], jax.Array]
    held_out: np.ndarray
    train_rows: tuple[int, int]
    steps: int


def digits() -> Task:
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    x, y = (images[order] / 16).astype(np.float32), labels[order].astype(np.int32)

    def init(key: jax.Array) -> Any:
        one, two = jax.random.split(key)
        return {"w": jax.random.normal(one, (64, 32)) / 8, "out": jax.random.normal(two, (32, 10)) / 6}

    def loss(params: Any, rows: jax.Array) -> jax.Array:
        logits = jax.nn.relu(jnp.asarray(x)[rows] @ params["w"]) @ params["out"]
        return optax.softmax_cross_entropy_with_integer_labels(logits, jnp.asarray(y)[rows]).mean()

    return Task(init, loss, np.arange(450), (450, len(y)), 80 if quick() else 400)


def characters() -> Task:
    """The text is the reference that ships with Python; the next character is predicted from the 16 before it."""
    text = "\n".join(topic for _, topic in sorted(pydoc_data.topics.topics.items())).encode("ascii", "replace")
    letters, codes = np.unique(np.frombuffer(text, np.uint8), return_inverse=True)
    codes, context, width, hidden = codes.astype(np.int32), 16, 16, 128
    first = len(codes) // 10

    def init(key: jax.Array) -> Any:
        one, two, three = jax.random.split(key, 3)
        return {
            "letters": 0.1 * jax.random.normal(one, (len(letters), width)),
            "hidden": jax.random.normal(two, (context * width, hidden)) / (context * width) ** 0.5,
            "out": jax.random.normal(three, (hidden, len(letters))) / hidden**0.5,
        }

    def loss(params: Any, rows: jax.Array) -> jax.Array:
        window = jnp.asarray(codes)[rows[:, None] + jnp.arange(context + 1)]
        seen = params["letters"][window[:, :-1]].reshape(len(rows), -1)
        logits = jax.nn.gelu(seen @ params["hidden"]) @ params["out"]
        return optax.softmax_cross_entropy_with_integer_labels(logits, window[:, -1]).mean()

    held_out = np.linspace(0, first - context - 1, 1024).astype(np.int32)
    return Task(init, loss, held_out, (first, len(codes) - context), 80 if quick() else 1000)


def short_runs(steps: int) -> list[js.Schedule]:
    warmup = steps // 10
    stages = js.PiecewiseConstant([steps // 2 - warmup], [PEAK, PEAK / 3])
    return [
        js.warmup_constant(peak_value=PEAK, warmup_steps=warmup),
        js.warmup_cosine(peak_value=PEAK, warmup_steps=warmup, total_steps=steps, end_value=PEAK / 10),
        js.sequence([js.Linear(0.0, PEAK, warmup), stages], [warmup]),
    ]


def held_out_runs(steps: int) -> dict[str, js.Schedule]:
    words: dict[str, Any] = {"peak_value": PEAK, "warmup_steps": steps // 20, "total_steps": steps}
    later = {"peak_value": PEAK, "warmup_steps": steps // 20}
    return {
        "constant": js.warmup_constant(**later),
        "cosine": js.warmup_cosine(**words),
        "cosine to a tenth": js.warmup_cosine(**words, end_value=PEAK / 10),
        "linear": js.warmup_linear(**words),
        "linear to a tenth": js.warmup_linear(**words, end_value=PEAK / 10),
        "square": js.warmup_polynomial(**words, power=2.0),
        "exponential": js.warmup_exponential(**later, transition_steps=steps, decay_rate=0.01),
        "cooldown of a tenth": js.wsd(**words, cooldown_steps=steps // 10),
        "cooldown of a fifth": js.wsd(**words, cooldown_steps=steps // 5, cooldown="one_minus_sqrt"),
        "cooldown of a half": js.wsd(**words, cooldown_steps=steps // 2),
        "two steps": js.warmup_multistep(**later, boundaries=[steps // 2, 3 * steps // 4], factor=0.3),
        "inverse root": js.inverse_sqrt(**later),
    }


def trained(task: Task, schedules: list[js.Schedule], steps: int) -> np.ndarray:
    """Held-out losses on the way, of shape (seeds, schedules, points): one program, that is given tables of values."""
    every = steps // POINTS

    def run(seed: jax.Array, rates: jax.Array) -> jax.Array:
        adam, (start, order) = optax.adam(js.Tabulated(rates)), jax.random.split(jax.random.key(seed))
        params = task.init(start)

        def update(carry: Any, key: jax.Array) -> tuple[Any, None]:
            params, state = carry
            rows = jax.random.randint(key, (64,), *task.train_rows)
            updates, state = adam.update(jax.grad(task.loss)(params, rows), state)
            return (optax.apply_updates(params, updates), state), None

        def chunk(carry: Any, keys: jax.Array) -> tuple[Any, jax.Array]:
            carry, _ = jax.lax.scan(update, carry, keys)
            return carry, task.loss(carry[0], jnp.asarray(task.held_out))

        keys = jax.random.split(order, (POINTS, every))
        return jax.lax.scan(chunk, (params, adam.init(params)), keys)[1]

    over = jax.jit(jax.vmap(jax.vmap(run, in_axes=(None, 0)), in_axes=(0, None)))
    return np.asarray(over(jnp.arange(SEEDS), js.evaluate(schedules, steps)))


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])


def rows_of(name: str, task: Task) -> list[Row]:
    short, steps = task.steps // 2, task.steps
    runs, others = short_runs(short), list(held_out_runs(steps).values())
    measured, losses = trained(task, runs, short), trained(task, others, steps)[..., -1]
    at = short // POINTS * np.arange(1, POINTS + 1) - 1
    known = at >= short // 10  # the law is not of the warmup
    bound = np.asarray(ConvexBound().score(others, steps))
    rows = []
    for seed in range(SEEDS):
        law = fit(runs, at[known], list(measured[seed][:, known]), starts=8).law
        predicted = np.asarray(law.score(others, steps))
        rhos = [spearman(x, losses[seed]) for x in (predicted, bound, losses[(seed + 1) % SEEDS])]
        worst = np.max(np.abs(predicted - losses[seed]) / losses[seed])
        rows += [
            row(f"{name}, seed {seed}: the law's ranks", rhos[0], "of another seed", rhos[2]),
            row(f"{name}, seed {seed}: the bound's ranks", rhos[1], "of another seed", rhos[2]),
            row(
                f"{name}, seed {seed}: worst error",
                worst,
                "spread of the losses",
                np.ptp(losses[seed]) / losses[seed].min(),
            ),
        ]
    return rows


def row(what: str, measured: float, against: str, other: float) -> Row:
    return Row(what, float(measured), against, float(other), "", float(measured / other))


def run() -> list[Row]:
    return [*rows_of("digits", digits()), *rows_of("characters", characters())]


if __name__ == "__main__":
    print(section(__doc__, run()))
