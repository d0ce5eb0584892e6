"""Find a learning rate: a short run in which it grows, until the loss explodes."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxsched._data.checks import checked_leaf
from jaxsched._recipes.cycles import exponential_range_test
from jaxsched._typing import Spec
from jaxsched.fields import Value


if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMOOTHING = 0.02
"""The width of the window over which losses are averaged, as a part of the run."""


@dataclasses.dataclass(frozen=True, eq=False)
class RangeTest:
    """What a `range_test` saw.

    Args:
        rates: the rate of every step, of shape (steps,).
        losses: the loss of every step, for every seed: of shape (seeds, steps).
    """

    rates: np.ndarray
    losses: np.ndarray

    @property
    def smoothed(self) -> np.ndarray:
        """The losses averaged over the steps around each, of shape (seeds, steps).

        They are held below twice what they were at first, so that an explosion does not hide what came before it.
        """
        from scipy.ndimage import gaussian_filter1d

        first = np.median(self.losses[:, : 1 + len(self.rates) // 10], axis=1, keepdims=True)
        held = np.fmin(self.losses, first + np.abs(first))
        return gaussian_filter1d(held, SMOOTHING * len(self.rates), axis=1, mode="nearest")

    @property
    def steepest(self) -> float:
        """Where the smoothed loss falls fastest, per factor in the rate: the median over the seeds."""
        return self._median(lambda losses: int(np.argmin(np.gradient(losses, np.log(self.rates[: len(losses)])))))

    @property
    def valley(self) -> float:
        """The middle of the way down of the smoothed loss: the median over the seeds.

        The way down goes from where a tenth of the fall is done to where nine tenths are; its middle is that of the
        orders of magnitude.
        """
        return self._median(_middle_of_the_fall)

    def _median(self, choose: Callable[[np.ndarray], int]) -> float:
        falls = [losses[: int(np.argmin(losses)) + 1] for losses in self.smoothed]
        chosen = [self.rates[choose(losses)] for losses in falls if len(losses) > 1]
        if not chosen:
            raise ValueError("RangeTest: the loss falls for no seed; test lower rates, or take more steps.")
        return float(np.median(chosen))

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the losses over the rates, with both suggestions; needs matplotlib.

        Args:
            ax: where to; by default, a new figure.
        """
        from jaxsched.plotting.outcomes import draw_range_test

        return draw_range_test(self, ax)


def range_test(
    train_step: Callable[[Any, Any, jax.Array], tuple[Any, jax.Array]],
    init: Callable[[jax.Array], Any],
    batches: Any,
    keys: jax.Array,
    *,
    lowest: Value = 1e-7,
    highest: Value = 10.0,
) -> RangeTest:
    """A short run for every seed, in which the learning rate grows from step to step, by the same factor each.

    All seeds and steps are one program: a `scan` over the batches, mapped over the seeds.

    Args:
        train_step: from what a run carries, a batch and the learning rate to what it carries on and the loss. With a
            `scheduled` optimizer, `override(state, learning_rate=rate)` sets the rate.
        init: from a key to what a run carries at first: parameters, and the state of the optimizer.
        batches: a batch for each step, along the first axis of every array.
        keys: a key for each seed, as from `jax.random.split`; or a single one.
        lowest: the rate of the first step.
        highest: the rate of the last step.

    Returns:
        The rates and losses; `steepest` and `valley` suggest a rate, and `plot` shows them.

    Raises:
        ValueError: if there are fewer than 2 batches, arrays of batches differ in their number, or the rates are not
            0 < `lowest` < `highest`.
        TypeError: if `train_step` does not return what is carried on and a scalar loss.

    >>> def train_step(x, batch, rate):
    ...     loss, slope = jax.value_and_grad(lambda x: jnp.sum((x - batch) ** 2))(x)
    ...     return x - rate * slope, loss
    >>> batches = jax.random.normal(jax.random.key(0), (200, 4))
    >>> found = range_test(train_step, lambda key: jnp.full(4, 9.0), batches, jax.random.key(1), highest=100.0)
    >>> found.losses.shape, 1e-4 < found.steepest < 1.0
    ((1, 200), True)

    Smith (2015), arXiv:1506.01186. fastai `lr_find`: its `steep`, and a `valley` that is defined otherwise.
    """
    first, last = (
        checked_leaf("range_test", name, rate, Spec()) for name, rate in (("lowest", lowest), ("highest", highest))
    )
    if not 0 < first < last:
        raise ValueError(f"range_test: the rates must be 0 < `lowest` < `highest`, got {first} and {last}.")
    lengths = {np.shape(leaf)[:1] for leaf in jax.tree.leaves(batches)}
    if len(lengths) != 1 or min(lengths) in ((), (0,), (1,)):
        came = ", ".join(str(list(np.shape(leaf))) for leaf in jax.tree.leaves(batches)) or "no array"
        raise ValueError(f"range_test: `batches` must have one first axis, of at least 2 steps, got {came}.")
    steps = lengths.pop()[0]
    rates = exponential_range_test(init_value=first, end_value=last, total_steps=steps - 1)(np.arange(steps))

    def step(carry: Any, given: tuple[Any, jax.Array]) -> tuple[Any, jax.Array]:
        returned = train_step(carry, *given)
        if not (isinstance(returned, tuple) and len(returned) == 2) or jnp.shape(returned[1]):
            rule = "must return what is carried on, and a scalar loss"
            raise TypeError(f"range_test: `train_step` {rule}, got {jax.tree.map(jnp.shape, returned)}.")
        return returned[0], jnp.asarray(returned[1], rates.dtype)

    run = jax.jit(jax.vmap(lambda key, batches: jax.lax.scan(step, init(key), (batches, rates))[1], (0, None)))
    losses = run(keys if keys.shape else keys[None], batches)
    return RangeTest(np.asarray(rates), np.asarray(losses))


def _middle_of_the_fall(losses: np.ndarray) -> int:
    highest, lowest = losses.max(), losses[-1]
    done = (np.flatnonzero(losses > highest - part * (highest - lowest))[-1] for part in (0.1, 0.9))
    return int(sum(done)) // 2
