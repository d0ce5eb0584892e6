"""Pictures of schedules, and of what they led to; they need matplotlib: `pip install 'jaxsched[plot]'`.

`plot` and `compare` draw schedules. Schedules, `Results` and `RangeTest` have a method `plot`.

All draw into the axes that are given, or into a new figure, and return the axes; nothing is shown, and nothing saved.
"""

from jaxsched._public import publish
from jaxsched.plotting.curves import compare as compare, plot as plot


__all__ = list(publish(__name__, globals(), ()))  # pyright: ignore[reportUnsupportedDunderAll]
