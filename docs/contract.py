"""The picture of the page about numbers: what is lost by the usual formulas in float32, and what is not.

    pip install -e '.[plot]' && python -m docs.contract

Writes `contract.png` beside this file.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import jaxsched as js


FOLDER = Path(__file__).parent
TOTAL = 100_000


@jax.jit
def usual(step: jax.Array) -> jax.Array:
    """½ (1 + cos πt/T), as it is written everywhere."""
    return 0.5 * (1 + jnp.cos(jnp.pi * (step / jnp.float32(TOTAL))))


def errors(values: jax.Array, steps: np.ndarray) -> np.ndarray:
    """How far they are from the exact values, in units in the last place."""
    exact = np.sin(np.pi * (TOTAL - steps) / (2 * TOTAL)) ** 2
    return np.abs(np.asarray(values, float) - exact) / np.spacing(exact.astype(np.float32))


def write() -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left_steps = TOTAL - np.unique(np.geomspace(1, TOTAL, 4000).astype(int))
    curves = {"½ (1 + cos πt/T)": (usual, "#c4553b"), "js.Cosine": (js.Cosine(1.0, 0.0, TOTAL), "#3b6ea8")}
    for name, (curve, color) in curves.items():
        error = errors(curve(jnp.asarray(left_steps)), left_steps)
        left.plot(TOTAL - left_steps, np.maximum(error, 0.01), ".", ms=2, color=color, label=name)
        last = np.arange(TOTAL - 60, TOTAL + 1)
        right.plot(last, curve(jnp.asarray(last)), color=color, label=name, lw=1.5)
    left.set(xscale="log", yscale="log", xlabel="steps before the end", ylabel="error in units in the last place")
    left.invert_xaxis()
    right.set(xlabel="step", ylabel="value", title="The last 60 of 100,000 steps")
    right.ticklabel_format(axis="x", useOffset=False)
    left.set_title("How far from the exact value")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.savefig(FOLDER / "contract.png", dpi=110)


if __name__ == "__main__":
    write()
    print("Wrote docs/contract.png")
