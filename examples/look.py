"""Look at schedules before training: in a figure, in a notebook, as text.

    pip install -e '.[plot]' && python examples/look.py

Writes `look.png` and `look.svg` beside this file: three schedules and a fan of 4,096; and what a notebook shows of one.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import jaxsched as js
from jaxsched.plotting import plot


FOLDER = Path(__file__).parent

SCHEDULE = js.wsd(peak_value=3e-4, warmup_steps=500, cooldown_steps=2000, total_steps=10_000)


def svg() -> str:
    """What a notebook shows, without the text below; in grey where it has the colour of the page."""
    html = SCHEDULE._repr_html_() or ""
    picture = html[html.index("<svg") : html.index("</svg>") + len("</svg>")]
    return picture.replace("currentColor", "#888888") + "\n"


def main() -> None:
    several = {
        "wsd": SCHEDULE,
        "cosine": js.warmup_cosine(peak_value=3e-4, warmup_steps=500, total_steps=10_000),
        "restarts": js.sgdr(peak_value=3e-4, warmup_steps=500, period_steps=1360, growth=2),
    }
    peaks, warmups = np.meshgrid(np.geomspace(1e-4, 1e-1, 64), np.linspace(0, 3000, 64, dtype=int))
    fan = js.warmup_cosine(peak_value=peaks, warmup_steps=warmups, total_steps=10_000)

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
    plot(several, 10_000, ax=left)
    plot(fan, 10_000, ax=right, color_by="peak_value", log=True)
    right.set_ylim(1e-6, 0.2)
    figure.savefig(FOLDER / "look.png", dpi=110)

    (FOLDER / "look.svg").write_text(svg(), encoding="utf-8")

    print(js.dumps(SCHEDULE))
    print(*js.landmarks(SCHEDULE, 10_000), sep="\n")


if __name__ == "__main__":
    main()
