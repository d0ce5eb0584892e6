"""Feedback: what a run does when a metric improves or does not. State machines, and not schedules.

    controller = ReduceOnPlateau(factor=0.5, patience=3)
    state = controller.init()
    state = controller.update(state, metric)      # pure: in a loop, in `scan`, under `vmap`
    learning_rate = state.scale * schedule(step)

The controller is data, and its numbers are leaves: they can be traced, swept and changed during a run. A stack of
controllers has a state of its shape, and takes one metric for all, or one for each.
"""

from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from jaxsched._data.checks import check_numbers, checked_leaf
from jaxsched._data.data import Data
from jaxsched._data.export import exportable
from jaxsched._data.messages import brief, one_or_each
from jaxsched._numerics.doubles import double
from jaxsched._numerics.floats import default_dtype, where
from jaxsched._typing import Spec
from jaxsched.fields import Count, Factor, PositiveCount, Rate, Value


Mode = Literal["min", "max"]
"""Whether a smaller or a larger metric is better."""

ThresholdMode = Literal["rel", "abs"]
"""Whether the threshold is a part of the best metric, or an amount."""

Missing = Literal["bad", "skip"]
"""What a metric that is not a number does: count as no improvement, or nothing."""

SEMANTICS: dict[str | None, tuple[ThresholdMode, float]] = {
    None: ("rel", 1e-8),
    "torch": ("rel", 1e-8),
    "keras": ("abs", 0.0),
    "optax": ("rel", 0.0),
}
"""Whose rules, and with them the defaults of `threshold_mode` and `eps`."""


@exportable
class PlateauState(NamedTuple):
    """Where a controller is. Of all its fields, only `scale` is meant to be read; each has the controller's shape."""

    scale: jax.Array  # what the value is multiplied by, 1 at first
    best: jax.Array  # the best metric so far
    total: jax.Array  # the sum of those that wait for a decision
    good: jax.Array  # how many metrics in a row were better than the best before them
    bad: jax.Array  # how many were not, since the last that was, or the last change
    wait: jax.Array  # how many more metrics the cooldown lasts
    seen: jax.Array  # whether there was any metric
    pending: jax.Array  # how many wait


class ReduceOnPlateau(Data):
    """Multiply by a factor when a metric has stopped improving.

        σ ← max(σ f, σ_min)    once more than P metrics m in a row are not better than the best before them
        m is better than b     where b - m > θ|b|, or θ for an absolute threshold; for "max", m - b

    It is a state machine, and not a schedule: `state = c.init()`, `state = c.update(state, metric)`, `state.scale`.
    Multiply a schedule's value by the scale, or give it to `training.scheduled` as feedback.

    PyTorch, Keras and optax disagree about what a plateau is. `semantics` reproduces one of them at every metric:

    | | by default | "torch" | "keras" | "optax" |
    |---|---|---|---|---|
    | reduces at the bad metric number | P + 1 | P + 1 | max(P, 1) | max(P, 1) |
    | metrics ignored after that | cooldown | cooldown | cooldown - 1 | cooldown |
    | default threshold | relative | relative | absolute | relative |
    | a relative threshold is a part of | abs(b) | b | abs(b) | b |
    | at `min_scale` | counts on | counts on | stays due | counts on |
    | the first metric | has to be finite | has to be finite | is the best | has to be finite |

    Rounded metrics tie often: from 2.0 to 1.9998 is an improvement by 0.0001 of 2.0, and by no more than that. But the
    float32 nearest to 1.9998 is a little less, and so it is an improvement. Each of them decides in a precision of its
    own: PyTorch in float64, as it is here by default; optax in float32; Keras adds its threshold to the metric in
    float64, and compares in float32. A metric is taken here as the float32 nearest to it.

    A threshold that is a part of b itself has the wrong sign where metrics are negative: what is slightly worse counts
    as better. One thing is not reproduced: in optax, a patience of 0 reduces at every metric that is *better*.

    Args:
        mode: "min" for a loss, "max" for an accuracy.
        factor: f, between 0 and 1.
        patience: P, a number of metrics; 0 reduces at the first that is not better.
        threshold: θ, what an improvement must exceed: at a tie there is none. Not negative, and in double precision
            where it is given so.
        threshold_mode: "rel" or "abs"; by default as in the table.
        cooldown: how many metrics after a reduction do not count as bad.
        min_scale: σ_min, from 0 to 1. PyTorch's and Keras's `min_lr`, divided by the initial rate.
        eps: a reduction of the scale by no more than this is not made. By default 1e-8 as in PyTorch, and 0 under
            "keras" and "optax".
        accumulation_size: over how many metrics the mean is taken before it counts as one, for a noisy training loss.
        nan: "bad": a metric that is not a number is no improvement, as everywhere; "skip": it is not there.
        semantics: None, "torch", "keras" or "optax".

    All numbers may be traced, or arrays. A traced factor, threshold or `min_scale` is taken as it is; a traced
    negative count counts as 0, and an `accumulation_size` below 1 as 1.

    Raises:
        ValueError: if a number is out of its range, or a word is none of those listed.

    >>> controller = ReduceOnPlateau(factor=0.5, patience=1)
    >>> state = controller.init()
    >>> for loss in (3.0, 2.0, 2.5, 2.2, 2.1):
    ...     state = controller.update(state, loss)
    ...     print(float(state.scale), end=" ")
    1.0 1.0 1.0 0.5 0.5

    PyTorch and Keras `ReduceLROnPlateau`, optax `contrib.reduce_on_plateau`.
    """

    mode: Mode = "min"
    factor: Value = 0.1
    patience: Count = 10
    threshold: Factor = 1e-4
    threshold_mode: ThresholdMode | None = None
    cooldown: Count = 0
    min_scale: Rate = 0.0
    eps: Rate | None = None
    accumulation_size: PositiveCount = 1
    nan: Missing = "bad"
    semantics: Literal["torch", "keras", "optax"] | None = None

    def check(self) -> None:
        name = self._name
        threshold_mode, eps = SEMANTICS[self.semantics]
        if self.threshold_mode is None:
            vars(self)["threshold_mode"] = threshold_mode
        if self.eps is None:
            vars(self)["eps"] = checked_leaf(name, "eps", eps, Spec())
        check_numbers(name, "factor", self.factor, lambda x: (x > 0) & (x < 1), "must be between 0 and 1")
        check_numbers(name, "min_scale", self.min_scale, lambda x: x <= 1, "must be at most 1")

    def init(self) -> PlateauState:
        """The state before the first metric: the scale is 1."""
        return _init(self.shape, self.mode)

    def update(self, state: PlateauState, metric: ArrayLike) -> PlateauState:
        """The state after one more metric, a real number; a stack takes one for all or one for each."""
        return _update(self, state, _as_metric(self._name, metric, state))

    def _decide(self, state: PlateauState, metric: jax.Array) -> PlateauState:
        keras = self.semantics == "keras"
        better = _better(self.mode, self.threshold, self.threshold_mode, metric, state.best, self.semantics)
        better = better | ~state.seen if keras else better
        cooling = state.wait > (1 if keras else 0)
        bad = jnp.where(better | cooling, 0, _one_more(state.bad))

        patience = jnp.maximum(self.patience, 0)
        due = bad > patience if self.semantics in (None, "torch") else bad >= jnp.maximum(patience, 1)
        reduced = jnp.maximum(state.scale * self.factor, self.min_scale)
        changes = due & (state.scale - reduced > jnp.asarray(self.eps))
        done = changes if keras else due
        return state._replace(
            scale=jnp.where(changes, reduced, state.scale),
            best=jnp.where(better, metric, state.best),
            bad=jnp.where(done, 0, bad),
            wait=jnp.where(done, self.cooldown, jnp.maximum(state.wait - 1, 0)),
            seen=jnp.ones_like(state.seen, bool),
        )


class GreedyPlateau(Data):
    """Up while a metric improves, down when it stops: `ReduceOnPlateau`, in both directions.

        σ ← min(σ / f, σ_max)    once more than P metrics in a row are each better than the best before them
        σ ← max(σ f, σ_min)      once more than P in a row are not

    Args:
        mode: "min" for a loss, "max" for an accuracy.
        factor: f, between 0 and 1.
        patience: P, a number of metrics.
        threshold: θ, what an improvement must exceed; not negative.
        threshold_mode: "abs", or "rel": a part of the absolute value of the best metric.
        cooldown: how many metrics are ignored after a step down.
        warmup: how many metrics are ignored after a step up.
        min_scale: σ_min, from 0 to 1.
        max_scale: σ_max, at least 1.
        eps: a change of the scale by no more than this is not made.
        accumulation_size: over how many metrics the mean is taken before it counts as one.
        nan: "bad" or "skip", as in `ReduceOnPlateau`.

    Raises:
        ValueError: if a number is out of its range, or a word is none of those listed.

    >>> controller = GreedyPlateau(factor=0.5, patience=1)
    >>> state = controller.init()
    >>> for loss in (3.0, 2.0, 1.0, 1.5, 1.2):
    ...     state = controller.update(state, loss)
    ...     print(float(state.scale), end=" ")
    1.0 2.0 2.0 2.0 1.0

    GreedyLR, arXiv:2512.14527; Transformers `greedy`, without its reset after 500 reductions at the floor.
    """

    mode: Mode = "min"
    factor: Value = 0.95
    patience: Count = 10
    threshold: Factor = 1e-6
    threshold_mode: ThresholdMode = "abs"
    cooldown: Count = 0
    warmup: Count = 0
    min_scale: Rate = 0.01
    max_scale: Rate = 10.0
    eps: Rate = 1e-8
    accumulation_size: PositiveCount = 1
    nan: Missing = "bad"

    def check(self) -> None:
        name = self._name
        check_numbers(name, "factor", self.factor, lambda x: (x > 0) & (x < 1), "must be between 0 and 1")
        check_numbers(name, "min_scale", self.min_scale, lambda x: x <= 1, "must be at most 1")
        check_numbers(name, "max_scale", self.max_scale, lambda x: x >= 1, "must be at least 1")

    def init(self) -> PlateauState:
        """The state before the first metric: the scale is 1."""
        return _init(self.shape, self.mode)

    def update(self, state: PlateauState, metric: ArrayLike) -> PlateauState:
        """The state after one more metric, a real number; a stack takes one for all or one for each."""
        return _update(self, state, _as_metric(self._name, metric, state))

    def _decide(self, state: PlateauState, metric: jax.Array) -> PlateauState:
        waiting = state.wait > 0
        better = _better(self.mode, self.threshold, self.threshold_mode, metric, state.best)
        good = jnp.where(better & ~waiting, _one_more(state.good), 0)
        bad = jnp.where(better | waiting, 0, _one_more(state.bad))
        patience = jnp.maximum(self.patience, 0)
        up, down = good > patience, bad > patience
        raised = jnp.minimum(state.scale / self.factor, self.max_scale)
        reduced = jnp.maximum(state.scale * self.factor, self.min_scale)
        scale = jnp.where(up, raised, jnp.where(down, reduced, state.scale))
        wait = jnp.where(up, self.warmup, jnp.where(down, self.cooldown, jnp.maximum(state.wait - 1, 0)))
        return state._replace(
            scale=jnp.where(jnp.abs(scale - state.scale) > self.eps, scale, state.scale),
            best=jnp.where(better & ~waiting, metric, state.best),
            good=jnp.where(up, 0, good),
            bad=jnp.where(down, 0, bad),
            wait=wait,
            seen=jnp.ones_like(state.seen, bool),
        )


def _init(shape: tuple[int, ...], mode: Mode) -> PlateauState:
    def full(x: float, dtype: Any) -> jax.Array:
        return jnp.full(shape, x, dtype)  # one array for each field, so that a state can be donated

    value, count = default_dtype(integer=False), default_dtype(integer=True)
    return PlateauState(
        scale=full(1, value),
        best=full(np.inf if mode == "min" else -np.inf, value),
        good=full(0, count),
        bad=full(0, count),
        wait=full(0, count),
        seen=full(False, bool),
        total=full(0, value),
        pending=full(0, count),
    )


def _as_metric(owner: str, metric: ArrayLike, state: PlateauState) -> jax.Array:
    given = metric if isinstance(metric, jax.Array) else np.asarray(metric)
    if not (jnp.issubdtype(given.dtype, np.floating) or jnp.issubdtype(given.dtype, np.integer)):
        raise TypeError(f"{owner}: `metric` must be a real number, got {brief(metric)}.")
    if not _fits(given.shape, state.scale.shape):
        raise ValueError(f"{owner}: `metric` must have shape {one_or_each(state.scale.shape)}, got {given.shape}.")
    return jnp.asarray(given, state.total.dtype)


@partial(jax.jit, inline=True)
def _update(controller: "ReduceOnPlateau | GreedyPlateau", state: PlateauState, metric: jax.Array) -> PlateauState:
    """Add the metric to those that wait, and decide on their mean when there are enough."""
    counts = ~jnp.isnan(metric) if controller.nan == "skip" else jnp.ones_like(metric, bool)
    total = jnp.where(counts, state.total + metric, state.total)
    count = jnp.where(counts, _one_more(state.pending), state.pending)
    waits = state._replace(total=total, pending=count)
    decided = controller._decide(waits, total / jnp.maximum(count, 1).astype(total.dtype))
    decided = decided._replace(total=jnp.zeros_like(total), pending=jnp.zeros_like(count))
    ready = counts & (count >= jnp.maximum(controller.accumulation_size, 1))
    return PlateauState(*(jnp.where(ready, x, y) for x, y in zip(decided, waits, strict=True)))


def _fits(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, whole) == whole
    except ValueError:
        return False


def _better(
    mode: Mode,
    threshold: Any,
    threshold_mode: ThresholdMode | None,
    metric: jax.Array,
    best: jax.Array,
    semantics: str | None = None,
) -> jax.Array:
    """Whether a metric is better than the best by more than the threshold.

    At a tie, rounding decides. So each of them is rounded as its own: PyTorch's rule is in float64, for which doubles
    stand here, the bound of optax in float32, and so is Keras's metric, once the threshold is taken off.
    """
    known = jnp.isfinite(best)
    bound = where(known, best, 0)
    amount = double(threshold) if mode == "max" else -double(threshold)
    if threshold_mode == "rel" and semantics in ("torch", "optax"):
        amount = 1.0 + amount
        bound = bound * amount.total if semantics == "optax" else double(bound) * amount
    elif semantics == "keras":
        metric = (double(metric) - (double(jnp.abs(bound)) * amount if threshold_mode == "rel" else amount)).total
    else:
        amount = double(jnp.abs(bound)) * amount if threshold_mode == "rel" else amount
        bound = bound + amount.total if semantics == "optax" else double(bound) + amount
    if mode == "max":
        return jnp.where(known, double(metric) > bound, metric > best)
    return jnp.where(known, double(metric) < bound, metric < best)


def _one_more(count: jax.Array) -> jax.Array:
    return jnp.minimum(count, jnp.iinfo(count.dtype).max - 1) + 1
