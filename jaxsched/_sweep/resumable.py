"""A training in chunks: a state that is made once, and then taken further, so many steps at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np

from jaxsched._data.messages import brief


class Resumable:
    """A training that goes so many steps at a time; made by `resumable`."""

    def __init__(self, init: Callable[..., Any], run: Callable[..., Any], steps: int, every: int):
        self.init, self.run, self.steps, self.every = init, run, steps, every

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return self.steps // self.every

    def __repr__(self) -> str:
        names = (getattr(x, "__name__", brief(x)) for x in (self.init, self.run))
        return f"resumable({', '.join(names)}, steps={self.steps}, every={self.every})"


def resumable(init: Callable[..., Any], run: Callable[..., Any], *, steps: int, every: int) -> Resumable:
    """A training in chunks, to be given to `sweep` in the place of a function, or to `halving`.

    There is one program for all chunks. The metrics of the chunks are stacked: a scalar is `steps // every` numbers for
    each row, of which the last one is that of the end, by which `results.best` and `top` rank. `steps_done` is a metric
    as well. Progress is shown by chunk. With a store, the state of the batch that is on its way is kept there, after
    each chunk or every few seconds where chunks are short, so that a kill in mid-training costs no more than that.

    Args:
        init: a pure function from the values of one row, by column name, to the state before the first step: a tree
            of arrays.
        run: a pure function `run(state, steps, **row)` that takes the state `steps` steps further, and returns it and
            a dict of metrics, as of `sweep`. `steps` is always `every`, a number that is known when it is traced.
        steps: how many steps there are in all.
        every: how many steps a chunk has; `steps` is a multiple of it.

    Raises:
        TypeError: if one of the functions is none, or a count is no integer.
        ValueError: if a count is not positive, or `every` does not divide `steps`.

    >>> def init(rate):
    ...     return jnp.float32(1.0)
    >>> def run(x, steps, rate):
    ...     x = jax.lax.fori_loop(0, steps, lambda _, x: x - rate * x, x)
    ...     return x, {"loss": x**2}
    >>> training = resumable(init, run, steps=100, every=25)
    >>> results = sweep(training, grid(rate=[0.01, 0.02]), progress=False)
    >>> results["loss"].shape, results.best("loss")["rate"]
    ((2, 4), 0.02)
    """
    for name, function in {"init": init, "run": run}.items():
        if not callable(function):
            raise TypeError(f"resumable: `{name}` must be a function, got {brief(function)}.")
    for name, count in {"steps": steps, "every": every}.items():
        if isinstance(count, bool) or not isinstance(count, int | np.integer):
            raise TypeError(f"resumable: `{name}` must be an integer, got {brief(count)}.")
        if count < 1:
            raise ValueError(f"resumable: `{name}` must be at least 1, got {count}.")
    if steps % every:
        raise ValueError(f"resumable: `steps` must be a multiple of `every`, got {steps} and {every}.")
    return Resumable(init, run, int(steps), int(every))
