"""Train 2,048 agents by PPO in one program, each with its own schedules of the entropy bonus and of the clip range.

    pip install -e '.[examples]' && python examples/sweep_reinforcement.py

On slippery ground, a small treasure is near, and a large one is far, along a cliff. Does it help to anneal the entropy
coefficient, or the clip range? 128 samples of the hyperparameters × annealed or constant, for either of the two, × 4
seeds are all traced numbers, so one compiled program trains them. The best of each kind are then trained again with
seeds that did not choose them. Writes `sweep_reinforcement.png`. With `--store FOLDER`, the sweep can be killed at any
time, and the same command goes on with it.
"""

import argparse
import time
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from scipy.stats import qmc, randint

import jaxsched as js


MAP = np.array([list(row) for row in ("o.......", "........", "S.......", ".xxxxxxO")])
REWARDS = {".": 0.0, "S": 0.0, "o": 0.2, "O": 1.0, "x": -0.2}  # where there is a reward, an episode ends
SLIP, DISCOUNT, TRACE = 0.1, 0.97, 0.95  # one move in ten is random; TRACE is the λ of the advantages
UPDATES, EPOCHS, WALKERS, WALK = 150, 4, 8, 32

REWARD = np.array([REWARDS[cell] for cell in MAP.flat], np.float32)
GOES_ON = REWARD == 0
START, CELLS, MOVES = int(np.argmax(MAP.flat == "S")), MAP.size, 4
AROUND = np.pad(np.arange(CELLS).reshape(MAP.shape), 1, mode="edge")  # a step off the map leads nowhere
NEXT = np.stack([AROUND[1:-1, 2:], AROUND[2:, 1:-1], AROUND[1:-1, :-2], AROUND[:-2, 1:-1]], axis=-1).reshape(CELLS, 4)

KIND = ["anneal_entropy", "anneal_clip"]


class Steps(NamedTuple):
    """What the walkers saw and did, each of shape (WALK, WALKERS)."""

    cell: jax.Array
    action: jax.Array
    log_probability: jax.Array
    next_cell: jax.Array


def walk(logits: jax.Array, cells: jax.Array, key: jax.Array) -> tuple[jax.Array, Steps]:
    """Let the walkers go on from where they are, and from the start where an episode ends."""

    def move(cells: jax.Array, key: jax.Array) -> tuple[jax.Array, Steps]:
        choice, slip, direction = jax.random.split(key, 3)
        action = jax.random.categorical(choice, logits[cells])
        slips = jax.random.bernoulli(slip, SLIP, action.shape)
        moved = jnp.where(slips, jax.random.randint(direction, action.shape, 0, MOVES), action)
        next_cell = jnp.asarray(NEXT)[cells, moved]
        steps = Steps(cells, action, jax.nn.log_softmax(logits)[cells, action], next_cell)
        return jnp.where(jnp.asarray(GOES_ON)[next_cell], next_cell, START), steps

    return jax.lax.scan(move, cells, jax.random.split(key, WALK))


def advantages(values: jax.Array, steps: Steps) -> jax.Array:
    """Generalised advantages, Schulman et al. (2015), arXiv:1506.02438."""
    discount = DISCOUNT * jnp.asarray(GOES_ON)[steps.next_cell]
    surprise = jnp.asarray(REWARD)[steps.next_cell] + discount * values[steps.next_cell] - values[steps.cell]

    def back(later: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        surprise, discount = now
        advantage = surprise + TRACE * discount * later
        return advantage, advantage

    return jax.lax.scan(back, jnp.zeros(WALKERS), (surprise, discount), reverse=True)[1]


def evaluate(policy: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The exact return of a policy, and how often it comes to each cell, both expected and discounted."""
    moves = (1 - SLIP) * policy + SLIP / MOVES
    reach = jnp.einsum("ca,can->cn", moves, jax.nn.one_hot(NEXT, CELLS))
    start = jax.nn.one_hot(START, CELLS)
    visits = jnp.linalg.solve(jnp.eye(CELLS) - DISCOUNT * (reach * GOES_ON).T, start)
    return visits @ reach @ REWARD, visits


def train(
    entropy: jax.Array,
    clip: jax.Array,
    learning_rate: jax.Array,
    transition_steps: jax.Array,
    anneal_entropy: jax.Array,
    anneal_clip: jax.Array,
    seed: jax.Array,
) -> dict[str, jax.Array]:
    """Train one agent, a table of logits and one of values, by PPO, Schulman et al. (2017), arXiv:1707.06347."""
    entropy_coefficient = js.Linear(entropy, jnp.where(anneal_entropy, 0.0, entropy), transition_steps)
    clip_range = js.Linear(clip, jnp.where(anneal_clip, 0.0, clip), transition_steps)
    optimizer = optax.adam(learning_rate)

    def update(run: Any, now: Any) -> Any:
        params, state, cells = run
        step, key = now
        cells, steps = walk(params["logits"], cells, key)
        advantage = advantages(params["values"], steps)
        target = params["values"][steps.cell] + advantage
        gain = (advantage - advantage.mean()) / (advantage.std() + 1e-6)

        def loss(params: Any) -> jax.Array:
            log_policy = jax.nn.log_softmax(params["logits"])
            ratio = jnp.exp(log_policy[steps.cell, steps.action] - steps.log_probability)
            clipped = ratio.clip(1 - clip_range(step), 1 + clip_range(step))
            bonus = -entropy_coefficient(step) * jnp.sum(jnp.exp(log_policy) * log_policy, axis=1)[steps.cell]
            error = (params["values"][steps.cell] - target) ** 2
            return jnp.mean(error - jnp.minimum(ratio * gain, clipped * gain) - bonus)

        def epoch(run: Any, _: None) -> Any:
            params, state = run
            updates, state = optimizer.update(jax.grad(loss)(params), state)
            return (optax.apply_updates(params, updates), state), None

        (params, state), _ = jax.lax.scan(epoch, (params, state), length=EPOCHS)
        return (params, state, cells), evaluate(jax.nn.softmax(params["logits"]))[0]

    params = {"logits": jnp.zeros((CELLS, MOVES)), "values": jnp.zeros(CELLS)}
    begin = (params, optimizer.init(params), jnp.full(WALKERS, START))
    keys = jax.random.split(jax.random.key(seed), UPDATES)
    (params, _, _), curve = jax.lax.scan(update, begin, (jnp.arange(UPDATES), keys))
    final, visits = evaluate(jax.nn.softmax(params["logits"]))
    greedy, _ = evaluate(jax.nn.one_hot(params["logits"].argmax(axis=1), MOVES))
    return {"return": final, "greedy": greedy, "curve": curve, "visits": visits}


def optimum() -> float:
    """The return of the best policy there is, by value iteration."""
    values = np.zeros(CELLS)
    for _ in range(1000):
        worth = (REWARD + DISCOUNT * GOES_ON * values)[NEXT]
        values = (1 - SLIP) * worth.max(axis=1) + SLIP * worth.mean(axis=1)
    return values[START]


def rows_of(results: js.Results, anneal_entropy: bool, anneal_clip: bool) -> js.Results:
    return results[(results["anneal_entropy"] == anneal_entropy) & (results["anneal_clip"] == anneal_clip)]


def draw_map(ax: Axes, visits: np.ndarray) -> None:
    """The darker a cell, the more often the agent is there."""
    texts = {"S": "start", "o": "+0.2", "O": "+1", "x": "−0.2"}
    ax.pcolormesh(visits.reshape(MAP.shape), cmap="Greens", norm=PowerNorm(0.5, 0, 4), edgecolors="lightgray")
    for (row, column), cell in np.ndenumerate(MAP):
        ax.text(column + 0.5, row + 0.5, texts.get(cell, ""), ha="center", va="center")
    ax.set(aspect="equal", xticks=[], yticks=[], ylim=(len(MAP), 0))


def draw(means: js.Results, again: js.Results) -> None:
    """Above, where the best agents go; below, the return of every configuration, and how the best ones learn."""
    fig, (maps, (every, best)) = plt.subplots(2, 2, figsize=(12, 8.5), height_ratios=(3, 4), sharey="row")
    words, colors = {False: "constant", True: "annealed"}, {False: "tab:orange", True: "tab:blue"}
    for entropy, ax in zip((False, True), maps, strict=True):
        for clip, marker, style in ((False, "o", "-"), (True, "x", "--")):
            look = {"color": colors[entropy], "label": f"{words[entropy]}, {words[clip]}"}
            rows, curves = rows_of(means, entropy, clip), rows_of(again, entropy, clip)["curve"]
            every.plot(rows["entropy"], rows["return"], marker, markersize=4, **look)
            best.plot(curves.T, color=colors[entropy], linewidth=0.3, alpha=0.5)
            best.plot(curves.mean(axis=0), style, linewidth=2.5, **look)
        agents = rows_of(again, entropy, False)
        draw_map(ax, agents["visits"].mean(axis=0))
        ax.set_title(f"{words[entropy]} entropy coefficient, constant clip range", color=colors[entropy])
        ax.set_xlabel(f"the darker, the more visits; return {agents['return'].mean():.2f}")
    for ax in (every, best):
        ax.axhline(optimum(), color="gray", linestyle=":", label="the best policy there is")
        ax.legend(title="entropy coefficient, clip range", fontsize="small")
    every.set(xscale="log", xlabel="entropy coefficient at the start", ylabel="return", ylim=(-0.25, 0.75))
    every.set_title("every configuration, mean of 4 seeds")
    best.set(xlabel="update", title="the best of each kind, 32 other seeds and their mean")
    fig.suptitle(f"{len(means)} configurations × 4 seeds, one compiled program")
    fig.set_layout_engine("constrained")
    fig.savefig("sweep_reinforcement.png", dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", help="a folder in which the sweep is kept, and from which it goes on")
    arguments = parser.parse_args()

    samples = js.sample(
        128,
        entropy=js.log_uniform(0.01, 3.0),
        clip=js.log_uniform(0.03, 1.0),
        learning_rate=js.log_uniform(0.01, 1.0),
        transition_steps=randint(50, UPDATES + 1),
        rng=qmc.Sobol(4, rng=0),
    )
    configs = samples * js.grid(anneal_entropy=[False, True], anneal_clip=[False, True])
    start = time.perf_counter()
    results = js.sweep(train, configs * js.grid(seed=range(4)), store=arguments.store)
    swept = time.perf_counter() - start

    means = results.group_by(over="seed")
    top = means.top(10, "return", mode="max")
    table = top.to_pandas()[[*configs.columns, "return", "return_std", "greedy"]]
    print(f"\nThe ten best of {len(means)} by the mean of 4 seeds; {optimum():.3f} is possible:\n")
    print(table.to_string(index=False, float_format="{:.3g}".format))
    annealed = ", ".join(f"{top[name].sum()} of 10 {name}" for name in KIND)
    print(f"\n{annealed}; entropy at the start {top['entropy'].min():.2g} to {top['entropy'].max():.2g}")

    kinds = means.to_pandas().groupby(KIND)
    best = means.configs[list(kinds["return"].idxmax())]
    again = js.sweep(train, best * js.grid(seed=range(4, 36)))
    table = kinds.agg(median=("return", "median"), best=("return", "max"), best_greedy=("greedy", "max"))
    table[["best_again", "again_std"]] = again.to_pandas().groupby(KIND)["return"].agg(["mean", "std"])
    print("\nOf each kind, and its best again with 32 seeds that did not choose it:\n")
    print(table.to_string(float_format="{:.3f}".format, sparsify=False))

    draw(means, again)
    print(f"\nThe sweep took {swept:.0f} s. Wrote sweep_reinforcement.png")


if __name__ == "__main__":
    main()
