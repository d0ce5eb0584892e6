"""The picture of a schedule in a notebook: a small SVG, its landmarks and its source, as HTML.

It is made on every display, so it costs one compilation for each structure, and a few kilobytes.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from html import escape

import jax
import numpy as np

from jaxsched._data.checks import is_traced
from jaxsched._data.messages import cut
from jaxsched._look.horizon import horizon
from jaxsched._look.landmarks import Landmark, landmarks_of, shortened, shortest
from jaxsched._look.outline import Outline, outline, some_rows
from jaxsched._schedule.known import numbers_of
from jaxsched._schedule.schedule import Schedule


WIDTH, HEIGHT, LEFT, TOP = 320, 100, 72, 6
"""Of the part with the curves, in pixels, and where that begins."""

COLUMNS = 160
"""Two pixels wide each."""

ROWS, LINES, MOST_OF_LINES = 64, 12, 2400
"""So many rows of a stack are looked at, so many are drawn as lines, in so many characters."""

LONGEST_SOURCE, MARKS = 400, 9
"""So many characters of the source are shown, and so many landmarks."""

MOST = 2**26
"""More values than this take seconds, and there is no picture."""

COLOR = "#4477aa"  # on white and on black


def html(schedule: Schedule) -> str | None:
    """What a notebook shows; None where the numbers are traced, or it would take too long."""
    if any(map(is_traced, jax.tree.leaves(schedule))) or not math.prod(schedule.shape):
        return None
    last = horizon(schedule)
    rows = some_rows(schedule, ROWS)
    if (last + 1) * math.prod(rows.shape) > MOST:
        return None
    seen = outline(rows, last, COLUMNS)
    if not np.isfinite(seen.highest).any():
        return None
    if schedule.shape:
        marks: list[Landmark] = []
        notes = _ranges(schedule)
    else:
        marks = landmarks_of(schedule, last, seen)
        notes = [str(mark) for mark in shortened(marks, MARKS)]
    text = "\n".join([cut(repr(schedule), LONGEST_SOURCE), *notes])
    style = "margin:0;white-space:pre-wrap;background:none"
    return f'<div>{_svg(seen, last, marks)}<pre style="{style}">{escape(text)}</pre></div>'


def _ranges(schedule: Schedule) -> Iterator[str]:
    count = math.prod(schedule.shape)
    yield f"{count} rows, {min(count, ROWS)} of them in the picture" if count > ROWS else f"{count} rows"
    for field, numbers in numbers_of(schedule):
        if numbers.size:
            least, most = shortest(numbers.min()), shortest(numbers.max())
            yield f"{field.name}: {least}" if least == most else f"{field.name}: {least} to {most}"


# Drawing.


def _svg(seen: Outline, last: int, marks: list[Landmark]) -> str:
    seen = seen._replace(**{name: _finite(getattr(seen, name)) for name in ("first", "lowest", "highest", "last")})
    fmin, fmax = np.fmin.reduce, np.fmax.reduce
    low, high = (float(fn([seen.lowest, seen.highest], axis=None)) for fn in (fmin, fmax))
    bottom, top = min(0.0, low), max(0.0, high)  # in this order, no -0.0
    unit = (top - bottom) or 1.0

    def place(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = LEFT + np.rint(WIDTH * np.asarray(steps) / max(last, 1))
        return x, TOP + np.rint(HEIGHT * (top - np.asarray(values)) / unit)

    parts = [f'<path d="M{LEFT} {TOP}v{HEIGHT}h{WIDTH}" stroke="currentColor" opacity=".4"/>']
    steps, values = seen.path()
    if values.ndim > 1:
        lower, upper = fmin(seen.lowest, axis=0), fmax(seen.highest, axis=0)
        bands = (
            path(*place(np.append(begins, begins[::-1]), np.append(lower[known], upper[known][::-1]))) + "z"
            for known in _runs(np.isfinite(lower))
            for begins in [seen.begins[known]]
        )
        parts.append(f'<path d="{"".join(bands)}" fill="{COLOR}" opacity=".2"/>')
        length = 0
        for row in np.unique(np.linspace(0, len(values) - 1, LINES).astype(int)):
            line = path(*place(np.broadcast_to(steps, values.shape)[row], values[row]))
            length += len(line)
            if length < MOST_OF_LINES:
                parts.append(f'<path d="{line}" stroke="{COLOR}" opacity=".7"/>')
    else:
        parts.append(f'<path d="{path(*place(steps, values))}" stroke="{COLOR}" stroke-width="1.5"/>')
        for mark in shortened(marks, MARKS):
            if isinstance(mark, Landmark) and math.isfinite(mark.value):
                x, y = place(np.asarray(mark.step), np.asarray(mark.value))
                parts.append(
                    f'<circle cx="{x:g}" cy="{y:g}" r="2.5" fill="{COLOR}"><title>{escape(str(mark))}</title></circle>'
                )
    y = TOP + HEIGHT
    parts += _texts((LEFT - 4, TOP + 8, "end", f"{top:.4g}"), (LEFT - 4, y, "end", f"{bottom:.4g}"))
    parts += _texts((LEFT, y + 14, "start", "0"), (LEFT + WIDTH, y + 14, "end", f"step {last}"))
    size = f'width="{LEFT + WIDTH + 8}" height="{y + 20}"'
    style = 'fill="none" stroke-linecap="round" font-family="sans-serif" font-size="11"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{"".join(parts)}</svg>'


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)


def _runs(known: np.ndarray) -> Iterator[slice]:
    """Where it is true without interruption."""
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False))
    return itertools.starmap(slice, edges.reshape(-1, 2).tolist())


def _texts(*texts: tuple[int, int, str, str]) -> Iterator[str]:
    for x, y, anchor, text in texts:
        yield f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor">{escape(text)}</text>'


def path(x: Iterable[float], y: Iterable[float]) -> str:
    """A line through points that lie on pixels, without those that it passes anyway; NaN interrupts it."""
    commands: list[str] = []
    points = list(zip(map(float, x), map(float, y), strict=True))
    for known, piece in itertools.groupby(points, lambda point: math.isfinite(point[1])):
        if known:
            corners = _corners([(int(x), int(y)) for x, y in piece])
            commands.append(f"M{corners[0][0]} {corners[0][1]}")
            if len(corners) == 1:
                commands.append("h0")
            commands += [
                _step(x - before_x, y - before_y) for (before_x, before_y), (x, y) in itertools.pairwise(corners)
            ]
    return "".join(commands)


def _step(x: int, y: int) -> str:
    return f"v{y}" if not x else f"h{x}" if not y else f"l{x}{'' if y < 0 else ' '}{y}"


def _corners(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The points at which the way changes its direction."""
    kept = points[:1]
    for point in points[1:]:
        if point == kept[-1]:
            continue
        if len(kept) > 1:
            (x0, y0), (x1, y1), (x2, y2) = kept[-2], kept[-1], point
            a, b = (x1 - x0, y1 - y0), (x2 - x1, y2 - y1)
            if a[0] * b[1] == a[1] * b[0] and a[0] * b[0] + a[1] * b[1] > 0:
                kept.pop()
        kept.append(point)
    return kept
