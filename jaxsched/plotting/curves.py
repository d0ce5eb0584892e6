"""Pictures of schedules: of one, of several, of a fan of thousands."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np

from jaxsched._data.fields import as_schedule
from jaxsched._data.messages import brief, cut
from jaxsched._look.horizon import horizon
from jaxsched._look.landmarks import Landmark, landmarks_of, shortened, shortest
from jaxsched._look.outline import largest, outline
from jaxsched._schedule.known import as_horizon, as_one, check_concrete, numbers_of
from jaxsched._schedule.schedule import Schedule, ScheduleLike
from jaxsched._tables.arguments import Schedules, as_groups
from jaxsched._typing import Whole
from jaxsched.plotting.scales import new_axes, scale


if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS, FAN_COLUMNS = 1000, 250
"""Of pixels: for some curves, and for a fan."""

FEW, SOME = 10, 50
"""Up to so many curves have labels and colours of their own; more than so many are a fan."""

LABEL, MIDDLING, SHORT = 60, 45, 20
"""So many characters of its source name a curve; two labels fit side by side; and a label fits into the picture."""

MARKS = 12
"""So many landmarks are drawn."""


def plot(
    schedules: Schedules | Mapping[str, ScheduleLike],
    total_steps: Whole | None = None,
    *,
    ax: "Axes | None" = None,
    labels: Sequence[str] | None = None,
    color_by: Any = None,
    log: bool = False,
    **style: Any,
) -> "Axes":
    """Draw schedules over the steps 0 .. `total_steps`.

    Every step is looked at. Of each column of pixels, the first, least, greatest and last value are drawn: a million
    steps take less than a second, and no restart is missed. A single schedule has dots at its `landmarks`.

    Args:
        schedules: one schedule, a stack, or a list of schedules of any kinds, all of one shape; or a dict of them, by
            label.
        total_steps: the length of the run; None for as many steps as it takes to see what the schedules do.
        ax: where to draw; None for a new figure.
        labels: one for each curve. By default, up to ten curves have one.
        color_by: one number for each curve, such as the loss that it led to, of the shape of the stack or the length of
            the list; or the name of a number of a stack, such as "peak_value". There is a colour bar, and its scale is
            logarithmic where the numbers are spread so.
        log: whether the values are on a logarithmic scale.
        style: how the lines look, as for `Axes.plot`; and `cmap`, the colours of a fan.

    Returns:
        The axes.

    Raises:
        TypeError: if an argument has the wrong type, or numbers are traced.
        ValueError: if there is not one label or number for each curve, or the shapes in a list differ.

    >>> ax = plot([Linear(0.1, 0.0, 100), Cosine(0.1, 0.0, 100)], 100, labels=["line", "cosine"])
    >>> ax.get_xlabel(), len(ax.lines)
    ('step', 2)
    """
    if isinstance(schedules, Mapping):
        labels = list(schedules) if labels is None else labels
        schedules = list(schedules.values())
    one = None if isinstance(schedules, list | tuple) else as_schedule("plot", "schedules", schedules, Schedule)
    shape, groups = as_groups("plot", schedules)
    count = math.prod(shape)
    check_concrete("plot", [group.schedules for group in groups])
    last = horizon(*(group.schedules for group in groups)) if total_steps is None else as_horizon("plot", total_steps)
    numbers, name = _numbers_of(schedules, color_by, shape)
    labels = _labels_of(schedules, labels, count, numbers is None)

    lines: list[Any] = [None] * count
    marks: list[Landmark] = []
    for group in groups:
        single = None if shape else one
        seen = outline(single or group.schedules, last, COLUMNS if count <= SOME else FAN_COLUMNS)
        if single is not None:
            marks = landmarks_of(single, last, seen)
        steps, values = seen.path()
        size = len(group.rows), values.shape[-1]  # a schedule without numbers is one, however many rows it has
        for row, x, y in zip(group.rows.tolist(), *(np.broadcast_to(z, size) for z in (steps, values)), strict=True):
            lines[row] = x, y
    shown = ax.get_xlim()[1] if ax is not None and ax.has_data() else 1
    ax = new_axes(ax)
    if numbers is None and "cmap" not in style and (count <= FEW or labels):
        for (x, y), label in zip(lines, labels or [None] * count, strict=True):
            ax.plot(x, y, **{"label": label, **style})
    else:
        edges = _draw_fan(ax, lines, numbers, name, style)
        for label, edge in zip(labels or [], edges, strict=False):
            ax.plot([], [], color=edge, label=label)
    if labels:
        ax.legend(**_legend_look(ax, labels))
    if marks:
        _draw_landmarks(ax, marks)
    ax.set(xlabel="step", ylabel="value")
    if log:
        ax.set_yscale("log")
    ax.set_xlim(0, max(last, shown))
    return ax


def compare(
    a: ScheduleLike, b: ScheduleLike, total_steps: Whole | None = None, *, labels: Sequence[str] | None = None
) -> "tuple[Axes, Axes]":
    """Draw two schedules, and below, how far the second is above the first.

    Args:
        a: the first schedule.
        b: the second.
        total_steps: the length of the run; None for as many steps as it takes to see what both do.
        labels: what they are called; None for their source.

    Returns:
        The axes above and below, in a new figure.

    Raises:
        TypeError: if one of them is not a single schedule, or its numbers are traced.

    >>> above, below = compare(Linear(0.1, 0.0, 100), OneMinusSqrt(0.1, 0.0, 100), 100)
    >>> below.get_title()
    'largest: -0.025, at step 25'
    """
    import matplotlib.pyplot as plt

    pair = [as_one("compare", "a", a), as_one("compare", "b", b)]
    last = horizon(*pair) if total_steps is None else as_horizon("compare", total_steps)
    _, (above, below) = plt.subplots(2, 1, figsize=(7, 5), height_ratios=(3, 1), sharex=True, layout="constrained")
    plot(pair, last, ax=above, labels=labels)
    difference = pair[1] - pair[0]
    seen = outline(difference, last, COLUMNS)
    below.axhline(0, color="0.8")
    below.plot(*seen.path(), color="C3")
    step, most = largest(difference, seen)
    title = f"largest: {most:.3g}, at step {step}" if most else "none at any step"
    below.set(xlabel="step", ylabel="difference", title=title)
    above.set_xlabel("")
    return above, below


# What is given.


def _numbers_of(schedules: Any, color_by: Any, shape: tuple[int, ...]) -> tuple[np.ndarray | None, str]:
    """The number by which each curve is coloured, and its name."""
    if color_by is None:
        return None, ""
    if isinstance(color_by, str):
        names = list(_numbers_held(schedules)) if isinstance(schedules, Schedule) else []
        if color_by not in names:
            came = f"{brief(color_by)}; they have {', '.join(names)}" if names else brief(color_by)
            raise ValueError(f"plot: `color_by` must be numbers, or the name of a number of a stack, got {came}.")
        return np.broadcast_to(_numbers_held(schedules)[color_by], shape).ravel().astype(float), color_by
    check_concrete("plot", color_by)
    rule = f"plot: `color_by` must be a real number for each curve, of shape {shape}, got"
    try:
        numbers = np.asarray(color_by)
    except ValueError as error:  # lists of several lengths
        raise ValueError(f"{rule} {brief(color_by)}.") from error
    if numbers.shape != shape or not any(jnp.issubdtype(numbers.dtype, kind) for kind in (np.integer, np.floating)):
        raise ValueError(f"{rule} {numbers.dtype} of shape {numbers.shape}.")
    return numbers.ravel().astype(float), ""


def _labels_of(schedules: Any, labels: Sequence[str] | None, count: int, wanted: bool) -> list[str] | None:
    if labels is not None:
        given = None if isinstance(labels, str) or not isinstance(labels, Iterable) else list(labels)
        if given is None or len(given) != count:
            raise ValueError(f"plot: `labels` must be one for each of {count} curves, got {brief(given or labels)}.")
        return [str(label) for label in given]
    if not wanted or not 1 < count <= FEW:
        return None
    if not isinstance(schedules, Schedule):
        return [cut(repr(x), LABEL) for x in schedules] if len(schedules) == count else None
    varying = {
        name: np.broadcast_to(held, schedules.shape).ravel()
        for name, held in _numbers_held(schedules).items()
        if len(np.unique(held)) > 1
    }
    return (
        [", ".join(f"{name}={shortest(x[i])}" for name, x in varying.items()) for i in range(count)]
        if varying
        else None
    )


def _numbers_held(schedule: Schedule) -> dict[str, np.ndarray]:
    """The numbers of a stack, one for each row or one for all, by name; without its tables."""
    return {field.name: numbers for field, numbers in numbers_of(schedule) if not field.spec.ndim}


# What is drawn.


def _draw_landmarks(ax: "Axes", marks: Sequence[Landmark]) -> None:
    seen = [mark for mark in shortened(list(marks), MARKS) if isinstance(mark, Landmark) and math.isfinite(mark.value)]
    ax.plot([mark.step for mark in seen], [mark.value for mark in seen], "o", color="0.3", markersize=3)


def _legend_look(ax: "Axes", labels: list[str]) -> dict[str, Any]:
    """Long labels would hide curves: they are above, where the layout makes room for them."""
    longest = max(map(len, labels))
    if longest <= SHORT or ax.figure.get_layout_engine() is None:
        return {}
    above = {"loc": "lower left", "bbox_to_anchor": (0, 1), "frameon": False}
    return {**above, "ncols": 2, "fontsize": "x-small"} if longest <= MIDDLING else {**above, "fontsize": "small"}


def _draw_fan(
    ax: "Axes", lines: list[Any], numbers: np.ndarray | None, name: str, style: Mapping[str, Any]
) -> np.ndarray:
    """Draw them as one collection, and return their colours."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    curves = [np.stack([x, np.where(np.isfinite(y), y, np.nan)], axis=-1) for x, y in lines]
    colored = np.arange(len(curves)) if numbers is None else numbers
    known = colored[np.isfinite(colored)]
    style = normalize_kwargs(dict(style), Line2D)  # `c` and `lw`, too
    colors = ScalarMappable(scale(known) if len(known) else None, style.pop("cmap", "viridis"))
    edges = np.where(np.isfinite(colored)[:, None], colors.to_rgba(colored), (0.8, 0.8, 0.8, 1.0))
    look = {"linewidth": 0.7, "alpha": 0.7} if len(curves) > SOME else {"linewidth": 1.2}
    ax.add_collection(LineCollection(curves, colors=edges, **{**look, **style}))
    ax.autoscale_view()
    if numbers is not None:
        ax.figure.colorbar(colors, ax=ax, label=name)
    return edges
