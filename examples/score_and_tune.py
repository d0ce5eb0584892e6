"""Choose a schedule without a training, tune one by gradient, and train them all to see.

    pip install -e '.[examples]' && python examples/score_and_tune.py

Three short runs on handwritten digits fit a Multi-Power Law. A `PiecewiseInterpolate` whose values fall, and the
cooldown of a `wsd`, are tuned on what the law predicts, at a peak, a length and a warmup that are given. The law ranks
them beside recipes; then all are trained, from eight seeds each. Writes `score_and_tune.png`.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from sklearn.datasets import load_digits

import jaxsched as js
from jaxsched.scoring import ConvexBound, MultiPowerLaw, fit, rank


PEAK, STEPS, WARMUP, END = 0.01, 400, 20, 1e-5
KNOTS, TUNINGS, SEEDS = 12, 400, 8
BATCH, HIDDEN, TEST = 64, 32, 450
POINTS = 20

IMAGES, LABELS = load_digits(return_X_y=True)
ORDER = np.random.default_rng(0).permutation(len(LABELS))
X, Y = (IMAGES[ORDER] / 16).astype(np.float32), LABELS[ORDER].astype(np.int32)


def loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    logits = jax.nn.relu(x @ params["w"]) @ params["out"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def trained(schedules: list[js.Schedule], steps: int) -> np.ndarray:
    """Test losses on the way, of shape (schedules, points), the mean over the seeds: one program, given tables."""

    def run(seed: jax.Array, rates: jax.Array) -> jax.Array:
        adam = optax.adam(js.Tabulated(rates))
        one, two, order = jax.random.split(jax.random.key(seed), 3)
        params = {"w": jax.random.normal(one, (64, HIDDEN)) / 8, "out": jax.random.normal(two, (HIDDEN, 10)) / 6}

        def update(carry: Any, rows: jax.Array) -> tuple[Any, None]:
            params, state = carry
            updates, state = adam.update(jax.grad(loss)(params, jnp.asarray(X)[rows], jnp.asarray(Y)[rows]), state)
            return (optax.apply_updates(params, updates), state), None

        def chunk(carry: Any, batches: jax.Array) -> tuple[Any, jax.Array]:
            carry, _ = jax.lax.scan(update, carry, batches)
            return carry, loss(carry[0], jnp.asarray(X[:TEST]), jnp.asarray(Y[:TEST]))

        batches = jax.random.randint(order, (POINTS, steps // POINTS, BATCH), TEST, len(Y))
        return jax.lax.scan(chunk, (params, adam.init(params)), batches)[1]

    over = jax.jit(jax.vmap(jax.vmap(run, in_axes=(0, None)), in_axes=(None, 0)))
    return np.asarray(over(jnp.arange(SEEDS), js.evaluate(schedules, steps))).mean(axis=1)


def fitted() -> MultiPowerLaw:
    """The law of three runs over half of the steps."""
    steps, every = STEPS // 2, STEPS // 2 // POINTS
    stages = js.PiecewiseConstant([steps // 2 - WARMUP], [PEAK, PEAK / 3])
    runs = [
        js.warmup_constant(peak_value=PEAK, warmup_steps=WARMUP),
        js.warmup_cosine(peak_value=PEAK, warmup_steps=WARMUP, total_steps=steps, end_value=PEAK / 10),
        js.sequence([js.Linear(0.0, PEAK, WARMUP), stages], [WARMUP]),
    ]
    at = np.arange(every - 1, steps, every)
    found = fit(runs, at[at >= WARMUP], list(trained(runs, steps)[:, at >= WARMUP]))
    print(f"fitted to three runs of {steps} steps: R² {found.r2:.4f}, worst relative error {found.worst_error:.3f}")
    print(found.law)
    return found.law


def recipes() -> dict[str, js.Schedule]:
    words: dict[str, Any] = {"peak_value": PEAK, "warmup_steps": WARMUP, "total_steps": STEPS, "end_value": END}
    return {
        "constant": js.warmup_constant(peak_value=PEAK, warmup_steps=WARMUP),
        "cosine": js.warmup_cosine(**words),
        "linear": js.warmup_linear(**words),
        "square": js.warmup_polynomial(**words, power=2.0),
        "wsd, a fifth": js.wsd(**words, cooldown_steps=STEPS // 5),
        "wsd, a fifth, 1 - sqrt": js.wsd(**words, cooldown_steps=STEPS // 5, cooldown="one_minus_sqrt"),
        "wsd, a half": js.wsd(**words, cooldown_steps=STEPS // 2),
    }


def falling(numbers: dict[str, jax.Array]) -> js.Schedule:
    """From the peak to the end through values that never rise: each takes a part of the way that is left."""
    parts = jax.nn.softmax(numbers["falls"])
    values = PEAK - (PEAK - END) * jnp.cumsum(parts)
    boundaries = np.linspace(WARMUP, STEPS, KNOTS + 1).round().astype(int)
    return js.PiecewiseInterpolate([0, *boundaries], jnp.array([0.0, PEAK, *values]))


def cooled(numbers: dict[str, jax.Array]) -> js.Schedule:
    """A `wsd` whose cooldown is a part of the run between the warmup and the end."""
    cooldown = (STEPS - WARMUP) * jax.nn.sigmoid(numbers["cooldown"])
    return js.wsd(
        peak_value=PEAK, warmup_steps=WARMUP, cooldown_steps=cooldown, total_steps=jnp.float32(STEPS), end_value=END
    )


def tuned(score: Callable[[js.Schedule], jax.Array], make: Callable[[Any], js.Schedule], numbers: Any) -> js.Schedule:
    """The schedule of the least score: an optimizer of optax on the numbers that make it."""
    optimizer = optax.adam(js.Cosine(0.1, 0.0, TUNINGS))

    def step(carry: Any, _: None) -> tuple[Any, jax.Array]:
        numbers, state = carry
        value, gradient = jax.value_and_grad(lambda numbers: score(make(numbers)))(numbers)
        updates, state = optimizer.update(gradient, state)
        return (optax.apply_updates(numbers, updates), state), value

    run = jax.jit(lambda numbers: jax.lax.scan(step, (numbers, optimizer.init(numbers)), length=TUNINGS))
    (numbers, _), _ = run(numbers)
    return make(numbers)


def draw(results: js.Results, losses: np.ndarray) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    colors = plt.get_cmap("tab10")(np.arange(len(results)))
    for row, last, color in zip(results, losses[:, -1], colors, strict=True):
        width = 2.5 if row["name"].startswith("tuned") else 1.2
        left.plot(row["schedule"](np.arange(STEPS)), color=color, lw=width)
        right.plot(row["score"], last, "o", color=color, ms=4 * width, label=row["name"], alpha=0.8)
    left.set(xlabel="step", ylabel="learning rate")
    right.set(xlabel="test loss that the law predicts", ylabel=f"test loss, trained, mean of {SEEDS} seeds")
    right.legend(frameon=False, fontsize="small")
    for axis in (left, right):
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig("score_and_tune.png", dpi=110)


def main() -> None:
    law, bound = fitted(), ConvexBound()
    flat = {"falls": jnp.zeros(KNOTS)}
    candidates = recipes() | {
        "tuned knots": tuned(lambda schedule: law.score(schedule, STEPS), falling, flat),
        "tuned wsd": tuned(lambda schedule: law.score(schedule, STEPS), cooled, {"cooldown": jnp.zeros(())}),
        "tuned on the bound": tuned(lambda schedule: bound.score(schedule, STEPS), falling, flat),
    }
    results = rank(law, candidates, STEPS)
    losses = trained(results["schedule"].tolist(), STEPS)
    bounds = bound.score(results["schedule"].tolist(), STEPS)
    print(f"{'':24}{'law':>8}{'bound':>8}{'trained':>9}")
    for row, on_bound, last in zip(results, bounds, losses[:, -1], strict=True):
        print(f"{row['name']:24}{row['score']:8.4f}{on_bound:8.4f}{last:9.4f}")
    draw(results, losses)
    print("Wrote score_and_tune.png")


if __name__ == "__main__":
    main()
