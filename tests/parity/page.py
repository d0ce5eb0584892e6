"""The page of migration, made of the rows that the tests compare.

    python -m tests.parity.page

Writes `docs/migration.md`.
"""

import importlib
import itertools
from collections.abc import Iterable
from pathlib import Path

from tests.parity.row import Row


PAGE = Path(__file__).parents[2] / "docs" / "migration.md"

BEGINNING = """\
# Coming from PyTorch, Keras, Transformers, timm, optax, or a trainer

Bring what you have, and get the same curve. An adapter reads it once, and what it returns prints as the line to keep;
after that, your code needs neither the adapter nor the library.

Every row below is a test. It runs both lines, with the library installed, and compares every step of a run and what comes
after it: to 2·10⁻⁷ of the peak, or 4·10⁻⁷ where a length is not whole, or 2·10⁻⁶ where theirs computes in float32. Rows of
the trainers are compared with their formula, written down from their code; they are marked so. `lr` is the rate of the
optimizer. This page is written by `python -m tests.parity.page`.
"""

INTRODUCTIONS = {
    "torch": """\
    from jaxsched.adapters.torch import from_torch, to_torch

    schedule = from_torch(scheduler)               # any of torch.optim.lr_scheduler; print it, and keep the line
    schedule = from_torch(scheduler, "lr")         # OneCycleLR and CyclicLR move the momentum, too: say which you want
    momentum = from_torch(scheduler, "momentum")
    table = from_torch(scheduler, steps=1000)      # a function can only be asked step by step: a table of so many values
    scheduler = to_torch(schedule, optimizer)      # the way back: it sets the rate of every group

The steps are the calls of `scheduler.step()`. Where you call it once in an epoch, `js.every(schedule, updates_per_epoch)`
is the schedule of the updates. Where groups differ, pass `group=`. A scheduler that is not at its start says where it is. A
`state_dict` alone is refused: it does not say of which class it is. `ReduceLROnPlateau` becomes a `js.ReduceOnPlateau`,
which multiplies a schedule in `jaxsched.training.scheduled`.""",
    "keras": """\
    from jaxsched.adapters.keras import from_keras, to_keras

    schedule = from_keras(theirs)                  # an object, or what keras.optimizers.schedules.serialize(...) wrote
    theirs = to_keras(schedule)                    # the way back: it is saved with a model as our text

Keras computes in float32. What `get_config()` returns names no class, and is refused. A program that loads a model which
was saved with `to_keras(schedule)` imports `jaxsched.adapters.keras_schedule` first: Keras imports only its own classes.""",
    "transformers": """\
    from jaxsched.adapters.transformers import from_transformers

    schedule = from_transformers("cosine", learning_rate=3e-4, num_warmup_steps=100, num_training_steps=1000)

The name and the keywords are those of `get_scheduler`; further ones are those of `lr_scheduler_kwargs`. `lr` below is the
`learning_rate`.""",
    "timm": """\
    from jaxsched.adapters.timm import from_timm

    schedule = from_timm(scheduler, updates_per_epoch=1251)   # of the updates, from a scheduler of epochs
    schedule = from_timm(scheduler)                           # of the updates, where it was made with t_in_epochs=False

Where groups differ, pass `group=`. Noise is refused. Below, the steps are what the scheduler counts.""",
    "optax": """\
    from jaxsched.adapters import optax as schedules   # instead of: from optax import schedules

    schedules.warmup_cosine_decay_schedule(0.0, 3e-4, warmup_steps=100, decay_steps=1000)

What optax makes is a function, which cannot be read. So its constructors are here again, with their signatures; what they
return is a schedule of ours, in which any number may be traced. Or write our line, on the right. A schedule of optax goes
into a composition as it is, as `js.FromFunction`.""",
}

TRAINERS = """\
## Trainers and others, by formula

These are not installed for the tests: ours is compared with the formula in their code, in float64, at every step."""


def table(rows: Iterable[Row]) -> list[str]:
    lines = ["| there | here | what differs |", "|---|---|---|"]
    return lines + [f"| `{row.theirs}` | `{row.ours}` | {row.differs} |" for row in rows]


def page() -> str:
    blocks = [BEGINNING]
    for name, introduction in INTRODUCTIONS.items():
        neighbour = importlib.import_module(f"tests.parity.rows.{name}")
        rows = [*neighbour.ROWS, *getattr(neighbour, "CONTROLLERS", ())]
        blocks += [f"## {neighbour.LIBRARY}\n\n{introduction}\n", "\n".join(table(rows)) + "\n"]
    blocks.append(TRAINERS + "\n")
    formulas = importlib.import_module("tests.parity.rows.formulas").ROWS
    for library, group in itertools.groupby(formulas, lambda row: row.library):
        rows = list(group)
        sources = ", ".join(f"`{source}`" for source in dict.fromkeys(row.source for row in rows if row.source))
        heading = f"### {library}\n" + (f"\nFrom {sources}.\n" if sources else "")
        blocks += [heading, "\n".join(table(rows)) + "\n"]
    return "\n".join(blocks)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {PAGE.name}")
