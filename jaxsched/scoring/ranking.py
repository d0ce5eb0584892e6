"""A table of candidates, ranked by a law."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import jax
import numpy as np

from jaxsched._data.fields import as_schedule
from jaxsched._data.messages import brief
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._sweep.results import Results
from jaxsched._tables.arguments import as_groups
from jaxsched._tables.configs import Configs
from jaxsched.scoring.streaming import known_count


class Law(Protocol):
    """What scores schedules: less is better."""

    def score(self, schedules: Any, total_steps: Any, /) -> jax.Array:
        """An array of the schedules' shape."""
        ...


def rank(
    law: Law, candidates: Mapping[str, ScheduleLike] | Sequence[ScheduleLike] | Schedule, total_steps: int
) -> Results:
    """The candidates in the order of their scores, best first.

    It is as good as the law is: train the first few for real before you choose.

    Args:
        law: a `ConvexBound`, a `MultiPowerLaw`, or whatever has such a method `score`.
        candidates: schedules and stacks of any kinds and shapes: a dict of them by name, a list, or one stack.
        total_steps: how many updates a run has; one integer, for scores of other lengths are not to be compared.

    Returns:
        `Results` with a row for each schedule: its `name` (in a list, its place); its `row`, if there is a stack, in
        that, flattened; the `schedule`; and as the metric its `score`.

    Raises:
        TypeError: if an argument has the wrong type.
        ValueError: if there is no candidate, `total_steps` is less than 1 or not one, or the law cannot score one.

    >>> candidates = {"linear": Linear(1.0, 0.0, 400), "cosine": Cosine(1.0, 0.0, 400), "constant": Constant(1.0)}
    >>> ranked = rank(ConvexBound(), candidates, 400)
    >>> [(row["name"], round(row["score"], 3)) for row in ranked]
    [('linear', 0.101), ('cosine', 0.103), ('constant', 0.138)]
    """
    if not callable(getattr(law, "score", None)):
        raise TypeError(f"rank: `law` must have a method `score`, such as ConvexBound(), got {brief(law)}.")
    if shape := np.shape(known_count("rank", "total_steps", total_steps, minimum=1)):
        raise ValueError(f"rank: `total_steps` must be one number, got an array of shape {shape}.")
    named = _named(candidates)
    schedules, columns = [], {"name": [], "row": []}
    for name, given in named.items():
        each = _rows(given)
        schedules += each
        columns["name"] += [name] * len(each)
        columns["row"] += range(len(each))
    if not any(schedule.shape for schedule in named.values()):
        del columns["row"]
    if not schedules:
        raise ValueError("rank: at least one candidate is needed, got none.")
    scores = np.asarray(law.score(schedules, total_steps))
    results = Results(Configs({**columns, "schedule": schedules}), {"score": scores})
    return results.top(len(results), "score")


def _named(candidates: Any) -> dict[Any, Schedule]:
    """The candidates by name, or place."""
    if isinstance(candidates, Schedule):
        candidates = [candidates]
    if not isinstance(candidates, Mapping | list | tuple):
        raise TypeError(f"rank: `candidates` must be a dict or a list of schedules, got {brief(candidates)}.")
    pairs = candidates.items() if isinstance(candidates, Mapping) else enumerate(candidates)
    return {name: as_schedule("rank", f"candidates[{name!r}]", given, Schedule) for name, given in pairs}


def _rows(schedule: Schedule) -> list[Schedule]:
    """A schedule, or all those of a stack, of which the last axis varies fastest."""
    _, [(stack, rows)] = as_groups("rank", schedule)
    return [jax.tree.map(lambda x, i=i: x[i], stack) for i in rows]
