"""Which peak, warmup and cooldown? 256 character-level language models, of which the best quarter goes on at each rung.

    pip install -e '.[examples]' && python examples/halving_text.py

The text is the reference that ships with Python. Each model predicts the next character from the 16 before it. All
of them are one program, which trains so many steps at a time; what is kept in the folder `text` survives a kill at
any moment: the same command goes on. Remove the folder to begin anew. Writes `halving.png`.
"""

import pydoc_data.topics
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

import jaxsched as js


TEXT = "\n".join(topic for _, topic in sorted(pydoc_data.topics.topics.items())).encode("ascii", "replace")
LETTERS, CODES = np.unique(np.frombuffer(TEXT, np.uint8), return_inverse=True)
CODES = CODES.astype(np.int32)
HELD_OUT = len(CODES) // 10

CONTEXT, WIDTH, HIDDEN, BATCH = 16, 16, 128, 64
STEPS, EVERY = 500, 50

State = dict[str, Any]


def optimizer(peak_value: Any, warmup_steps: Any, cooldown_steps: Any) -> optax.GradientTransformation:
    phases = {"warmup_steps": warmup_steps, "cooldown_steps": cooldown_steps, "total_steps": STEPS}
    return optax.adam(js.wsd(peak_value=peak_value, **phases))


def init(**row: Any) -> State:
    one, two, three = jax.random.split(jax.random.key(0), 3)
    params = {
        "letters": 0.1 * jax.random.normal(one, (len(LETTERS), WIDTH)),
        "hidden": jax.random.normal(two, (CONTEXT * WIDTH, HIDDEN)) / (CONTEXT * WIDTH) ** 0.5,
        "out": jax.random.normal(three, (HIDDEN, len(LETTERS))) / HIDDEN**0.5,
    }
    return {"params": params, "optimizer": optimizer(**row).init(params), "step": jnp.int32(0)}


def loss(params: State, starts: jax.Array) -> jax.Array:
    window = jnp.asarray(CODES)[starts[:, None] + jnp.arange(CONTEXT + 1)]
    seen = params["letters"][window[:, :-1]].reshape(len(starts), -1)
    logits = jax.nn.gelu(seen @ params["hidden"]) @ params["out"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, window[:, -1]).mean()


def run(state: State, steps: int, **row: Any) -> tuple[State, dict[str, jax.Array]]:
    adam = optimizer(**row)

    def update(state: State, _: Any) -> tuple[State, None]:
        key = jax.random.fold_in(jax.random.key(1), state["step"])
        starts = jax.random.randint(key, (BATCH,), HELD_OUT, len(CODES) - CONTEXT)
        updates, moments = adam.update(jax.grad(loss)(state["params"], starts), state["optimizer"])
        params = optax.apply_updates(state["params"], updates)
        return {"params": params, "optimizer": moments, "step": state["step"] + 1}, None

    state, _ = jax.lax.scan(update, state, length=steps)
    tested = jnp.linspace(0, HELD_OUT - CONTEXT - 1, 1024).astype(jnp.int32)
    return state, {"loss": loss(state["params"], tested)}


def draw(results: js.Results) -> None:
    steps = np.arange(EVERY, STEPS + 1, EVERY)
    figure, axis = plt.subplots(figsize=(8, 4.5), layout="constrained")
    axis.plot(steps, results["loss"].T, color="#3b6ea8", alpha=0.35, lw=0.8)
    row = results.best("loss")
    label = ", ".join(f"{name} {row[name]:.3g}" for name in ("peak_value", "warmup_steps", "cooldown_steps"))
    axis.plot(steps, row["loss"], color="#c4553b", lw=2, label=label)
    axis.set(xlabel="step", ylabel="loss on text that was held out", ylim=(1.5, 4))
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig("halving.png", dpi=110)


def main() -> None:
    configs = js.grid(
        peak_value=np.geomspace(1e-4, 0.1, 16), warmup_steps=[0, 20, 50, 100], cooldown_steps=[0, 100, 200, 400]
    )
    training = js.resumable(init, run, steps=STEPS, every=EVERY)
    results = js.halving(training, configs, metric="loss", first=100, batch_size=16, store="text")
    done = int(results["steps_done"].sum())
    print(f"{len(results)} models, {done / (STEPS * len(results)):.0%} of the steps that all of them have")
    best = results.best("loss")
    print(f"best: loss {best['loss'][-1]:.3f} with", {name: best[name] for name in configs.columns})
    draw(results)
    print("Wrote halving.png")


if __name__ == "__main__":
    main()
