"""Train 1,152 networks on handwritten digits, each with a learning-rate schedule of its own, in three programs.

    pip install -e '.[examples]' && python examples/sweep_digits.py

The grid is peak value × length of the warmup × shape of the decay. Peaks and lengths are numbers, so they are traced:
one compiled program trains all networks of a shape. Writes `sweep.png`, and keeps the sweep in the folder `digits`:
kill it whenever you like, and the same command goes on. Remove the folder to begin anew.
"""

import argparse
import time
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import jaxsched as js


STEPS, BATCH, HIDDEN = 150, 64, 32
SHAPES = ("cosine", "wsd", "restart")

IMAGES, LABELS = load_digits(return_X_y=True)
TRAIN_X, TEST_X, TRAIN_Y, TEST_Y = train_test_split(
    IMAGES.astype(np.float32) / 16, LABELS, test_size=0.25, random_state=0, stratify=LABELS
)


def make_schedule(peak_value: Any, warmup_steps: Any, shape: str) -> js.Schedule:
    words = {"peak_value": peak_value, "warmup_steps": warmup_steps, "total_steps": STEPS}
    match shape:
        case "cosine":
            return js.warmup_cosine(**words)
        case "wsd":
            return js.wsd(**words, cooldown_steps=30)
        case _:
            return js.sgdr(
                peak_value=peak_value, warmup_steps=warmup_steps, period_steps=(STEPS - warmup_steps) // 2, cycles=2
            )


def logits(params: dict[str, jax.Array], x: jax.Array) -> jax.Array:
    hidden = jax.nn.relu(x @ params["w1"] + params["b1"])
    return hidden @ params["w2"] + params["b2"]


def loss(params: dict[str, jax.Array], x: jax.Array, y: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(logits(params, x), y).mean()


def train_with(schedule: js.Schedule) -> dict[str, jax.Array]:
    """Train one network; every configuration starts from the same weights and sees the same batches."""
    optimizer = optax.adam(schedule)
    first, second, order = jax.random.split(jax.random.key(0), 3)
    params = {
        "w1": jax.random.normal(first, (64, HIDDEN)) / 8,
        "b1": jnp.zeros(HIDDEN),
        "w2": jax.random.normal(second, (HIDDEN, 10)) / HIDDEN**0.5,
        "b2": jnp.zeros(10),
    }
    batches = jax.random.randint(order, (STEPS, BATCH), 0, len(TRAIN_X))

    def update(carry: Any, batch: jax.Array) -> Any:
        params, state = carry
        gradient = jax.grad(loss)(params, jnp.asarray(TRAIN_X)[batch], jnp.asarray(TRAIN_Y)[batch])
        updates, state = optimizer.update(gradient, state)
        return (optax.apply_updates(params, updates), state), None

    (params, _), _ = jax.lax.scan(update, (params, optimizer.init(params)), batches)
    accuracy = jnp.mean(logits(params, jnp.asarray(TEST_X)).argmax(axis=1) == TEST_Y)
    return {"loss": loss(params, jnp.asarray(TEST_X), jnp.asarray(TEST_Y)), "accuracy": accuracy}


def train(peak_value: jax.Array, warmup_steps: jax.Array, shape: str) -> dict[str, jax.Array]:
    return train_with(make_schedule(peak_value, warmup_steps, shape))


def seconds_one_by_one(configs: js.Configs) -> float:
    """The usual way: a schedule of constants, so a compilation for each configuration."""
    start = time.perf_counter()
    for row in configs:
        schedule = make_schedule(**row)
        jax.block_until_ready(jax.jit(lambda schedule=schedule: train_with(schedule))())
    return (time.perf_counter() - start) / len(configs)


def draw(results: js.Results) -> None:
    """Above, every schedule, coloured by the loss it led to; below, the loss against the peak. The best is marked."""
    best = results.best("loss")
    fig, axes = plt.subplots(2, 3, figsize=(12, 7), height_ratios=(3, 2), sharex="row", sharey="row")
    colors = ScalarMappable(LogNorm(results["loss"].min(), 2.3), "viridis_r")
    lengths = np.unique(results["warmup_steps"])
    hues = plt.get_cmap("plasma")(np.linspace(0, 0.9, len(lengths)))
    for (above, below), shape in zip(axes.T, SHAPES, strict=True):
        rows = results["shape"] == shape
        values = js.evaluate(js.build(make_schedule, results.configs[rows]), STEPS + 1)
        curves = np.stack(np.broadcast_arrays(np.arange(STEPS + 1), values), axis=-1)
        worst_first = np.argsort(-results["loss"][rows])
        edges = colors.to_rgba(results["loss"][rows][worst_first])
        above.add_collection(LineCollection(list(curves[worst_first]), colors=edges, linewidth=0.7, alpha=0.7))
        above.set(title=shape, xlim=(0, STEPS), ylim=(3e-5, 1.5), yscale="log", xlabel="step")
        for length, hue in zip(lengths, hues, strict=True):
            line = rows & (results["warmup_steps"] == length)
            below.plot(results["peak_value"][line], results["loss"][line], color=hue, label=str(length))
        below.set(xscale="log", yscale="log", xlabel="peak value", ylim=(0.05, 3))
        if shape == best["shape"]:
            schedule = make_schedule(best["peak_value"], best["warmup_steps"], shape)
            above.plot(schedule(np.arange(STEPS + 1)), color="crimson", linewidth=2.5)
            below.plot(best["peak_value"], best["loss"], "*", color="crimson", markersize=14)
            words = f"the best: {best['loss']:.3f},\npeak {best['peak_value']:.2g}, warmup {best['warmup_steps']}"
            where = {"xytext": (-12, 0), "textcoords": "offset points", "ha": "right", "va": "center"}
            below.annotate(words, (best["peak_value"], best["loss"]), **where, color="crimson", fontsize="small")
    axes[0, 0].set_ylabel("learning rate")
    axes[1, 0].set_ylabel("test loss")
    legend = axes[1, 2].legend(title="warmup steps", bbox_to_anchor=(1, 1), loc="upper left", frameon=False)
    legend.set_in_layout(False)  # there is room below the bar of colours
    fig.set_layout_engine("constrained")
    fig.colorbar(colors, ax=axes[0], label="test loss", ticks=[0.1, 0.3, 1.0, 2.3], format="{x:g}", aspect=30)
    fig.suptitle(f"{len(results):,} networks, {len(results):,} schedules, {len(SHAPES)} compiled programs")
    fig.savefig("sweep.png", dpi=120)


def all_configs() -> js.Configs:
    return js.grid(shape=SHAPES, warmup_steps=[0, 5, 10, 20, 40, 80], peak_value=np.geomspace(1e-4, 1.0, 64))


def rows_in(store: str) -> int:
    """How many networks an earlier run has trained."""
    try:
        return len(js.Results.load(store))
    except FileNotFoundError:
        return 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", default="digits", help="where the sweep is kept (default: %(default)s)")
    parser.add_argument("--worker", type=int, nargs=2, metavar=("I", "N"), help="do a share: I of 0 .. N-1")
    arguments = parser.parse_args()

    configs, there = all_configs(), rows_in(arguments.store)
    if there:
        print(f"{there:,} of {len(configs):,} networks were trained already")
    start = time.perf_counter()
    results = js.sweep(train, configs, store=arguments.store, worker=arguments.worker)
    swept = time.perf_counter() - start

    best = results.top(10, "loss").to_pandas()
    print(f"\nThe ten best of {len(results):,} on {len(TEST_X)} test digits:\n")
    print(best.to_string(index=False, float_format="{:.4g}".format))
    if arguments.worker:
        return

    print(f"\nOne sweep, {len(SHAPES)} compilations, {len(results) - there:,} networks: {swept:.1f} s")
    sample = configs[np.linspace(0, len(configs) - 1, 4).astype(int)]
    each = seconds_one_by_one(sample)
    total = f"{each * len(configs):.0f} s, extrapolated from {len(sample)} at {each:.2f} s each"
    print(f"One compilation per network: {total}")

    draw(results)
    print("\nWrote sweep.png")


if __name__ == "__main__":
    main()
