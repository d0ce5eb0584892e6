"""Look at schedules in a shell: `python -m jaxsched "wsd(peak_value=3e-4, ...)" -n 10_000`.

A picture in the terminal needs plotille (`pip install 'jaxsched[cli]'`), one in a file matplotlib (`jaxsched[plot]`).
"""

import argparse
import contextlib
import inspect
import itertools
import math
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from jaxsched._lint import lint
from jaxsched._look.horizon import horizon
from jaxsched._look.landmarks import landmarks, shortened, shortest
from jaxsched._look.outline import largest, outline, some_rows
from jaxsched._numerics.floats import last_step
from jaxsched._schedule.schedule import Schedule
from jaxsched._tables.evaluate import evaluate
from jaxsched._text.names import NAMES
from jaxsched._text.reading import loads


FORMATS = (".svg", ".png", ".csv", ".npy")

LINES, ROWS, MARKS = 12, 16, 24
"""Of a picture, how high it is, and how many rows of a stack it has; and how many landmarks are listed."""

COLORS = ["bright_blue", "bright_red", "bright_green", "bright_magenta"]

CSV_LINES = 100_000
"""So many are made at a time."""

EXAMPLES = """examples:
  jaxsched "warmup_cosine(peak_value=3e-4, warmup_steps=500, total_steps=10_000)"
  jaxsched "Linear(1, 0, 100)" "Cosine(1, 0, 100)" -n 120        two are compared
  jaxsched "0.1 * HalfLife(1, 500)" -n 3000 -o values.csv        its values, at the steps 0 .. 2999
  cat schedule.txt | jaxsched - --strict                         for a check in CI

exit status: 0; 1 with --strict, if there are findings; 2 if a schedule or an option cannot be read
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """What the command does; from its arguments to its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue]  # formulas have Greek letters
    given = sys.argv[1:] if arguments is None else arguments
    try:
        status = _run(_parser(), [f" {x}" if _begins_with_minus(x) else x for x in given])
        sys.stdout.flush()  # here, where an error is seen
        return status
    except BrokenPipeError:  # `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (_UnreadableError, OSError, ImportError) as error:
        message = ". ".join([str(error), *getattr(error, "__notes__", [])]).removeprefix("loads: ")
        print(f"jaxsched: error: {message}", file=sys.stderr)
        return 2


class _UnreadableError(Exception):
    """A schedule that was given is none."""


def _begins_with_minus(argument: str) -> bool:
    """Whether it is a schedule, which looks like an option: `-Linear(1, 0, 100)`."""
    return argument.startswith("-") and "(" in argument and not argument.startswith("--")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jaxsched",
        description="Look at schedules: a picture, the landmarks with their values, and what is probably a mistake.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("specs", nargs="*", metavar="SPEC", help="a schedule, as in Python; - reads it from stdin")
    parser.add_argument(
        "-n", "--steps", type=_steps, metavar="STEPS", help="the length of the run (default: what shows the schedule)"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=_output,
        metavar="FILE",
        help="a picture (.svg, .png), or the values at the steps 0 .. STEPS-1 (.csv, .npy)",
    )
    parser.add_argument("--strict", action="store_true", help="exit with status 1 if there are findings")
    parser.add_argument("--list", action="store_true", help="name every curve, combinator and recipe, with its formula")
    return parser


def _steps(text: str) -> int:
    try:
        steps = float(text)  # 10_000 and 1e4, too
    except ValueError:
        steps = np.nan
    if not (steps == np.floor(steps) and 1 <= steps <= last_step()):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {last_step()}, got {text!r}")
    return int(steps)


def _output(text: str) -> Path:
    path = Path(text)
    if path.suffix not in FORMATS:
        raise argparse.ArgumentTypeError(f"must end in {', '.join(FORMATS)}, got {text!r}")
    return path


def _run(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    options = parser.parse_intermixed_args(arguments)  # schedules may be before and behind -n
    if options.list:
        print("\n".join(_listing()))
        return 0
    if not options.specs:
        parser.error('a schedule is missing, such as "Linear(1, 0, 100)"; --list names all that there is')
    if options.specs.count("-") > 1:
        parser.error("only one schedule can be read from stdin")
    schedules = _read(options.specs)
    steps = options.steps or horizon(*schedules)
    if options.output:
        _write(options.output, schedules, steps)
    findings = 0
    print(_picture(schedules, steps))
    for schedule, color in zip(schedules, _colors(), strict=False):
        found = lint(schedule, steps)
        findings += len(found)
        source, *marks = _described(schedule, steps)
        source = _painted(source, color) if len(schedules) > 1 else source  # as its curve is
        print("\n".join(["", source, *marks, *(f"lint: {finding}" for finding in found)]))
    if _are_compared(schedules):
        print("\n" + _difference(schedules, steps))
    if options.output:
        print(f"\nwrote {options.output}")
    return 1 if options.strict and findings else 0


def _read(specs: Sequence[str]) -> list[Schedule]:
    try:
        schedules = [loads(sys.stdin.read() if spec == "-" else spec[spec.startswith(" -") :]) for spec in specs]
    except ValueError as error:
        raise _UnreadableError(error) from error
    if len(shapes := {schedule.shape for schedule in schedules}) > 1:
        raise _UnreadableError(f"the schedules must all be of one shape, got {', '.join(map(str, shapes))}")
    return schedules


def _are_compared(schedules: Sequence[Schedule]) -> bool:
    return len(schedules) == 2 and not any(schedule.shape for schedule in schedules)


# What is printed.


def _listing() -> Iterator[str]:
    """How each is called, and its formula, or what it does."""
    for name, make in NAMES.items():
        parameters = inspect.signature(make).parameters.values()
        bare = inspect.Signature([x.replace(annotation=x.empty) for x in parameters])
        summary, second, *_ = (inspect.getdoc(getattr(make, "Recipe", make)) or "").split("\n\n")
        formula = inspect.cleandoc(second) if second.startswith("    ") else summary
        yield f"{name}{bare}\n{textwrap.indent(formula, '    ')}"


def _described(schedule: Schedule, steps: int) -> Iterator[str]:
    yield repr(schedule)
    if schedule.shape:
        return
    marks = list(shortened(landmarks(schedule, steps), MARKS))
    rows = [
        (str(mark.step), shortest(mark.value), mark.what) if not isinstance(mark, str) else ("", mark, "")
        for mark in marks
    ]
    wide = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:2]]
    for step, value, what in rows:
        yield f"{step:>{wide[0]}}  {value:<{wide[1]}}  {what}".rstrip()


def _difference(schedules: Sequence[Schedule], steps: int) -> str:
    difference = schedules[1] - schedules[0]
    step, most = largest(difference, outline(difference, steps, 1024))
    return f"largest difference: {f'{most:.4g}, at step {step}' if most else 'none, at any step'}"


def _colors() -> Iterator[str | None]:
    return itertools.cycle(COLORS if sys.stdout.isatty() else [None])


def _painted(text: str, color: str | None) -> str:
    try:
        from plotille import color as paint
    except ImportError:
        return text
    return paint(text, fg=color)


def _picture(schedules: Sequence[Schedule], steps: int) -> str:
    try:
        from plotille import Canvas
    except ImportError:
        return "(a picture needs plotille: pip install 'jaxsched[cli]')"
    width = min(max(shutil.get_terminal_size().columns - 12, 30), 120)
    seen = [outline(some_rows(x, ROWS), steps, 2 * width) for x in schedules]
    known = [np.concatenate([x.lowest.ravel(), x.highest.ravel()]) for x in seen]
    finite = np.concatenate([[0.0], *(x[np.isfinite(x)] for x in known)])
    low, high = float(finite.min()), float(finite.max()) or float(finite.min() == 0.0)
    canvas = Canvas(width, LINES, xmax=2 * width, ymax=4 * LINES)  # in dots, of which a character has 2 x 4
    for each, color in zip(seen, _colors(), strict=False):
        x, y = each.path()
        columns = np.floor(x / steps * (2 * width - 1))
        heights = np.rint((y - low) / (high - low) * (4 * LINES - 1))
        for row in zip(
            *(table.reshape(-1, x.shape[-1]) for table in np.broadcast_arrays(columns, heights)), strict=True
        ):
            points = [(x, y) for x, y in zip(*(table.tolist() for table in row), strict=True) if math.isfinite(y)]
            for begin, end in itertools.pairwise([*points[:1], *points]):
                canvas.line(*begin, *end, color=color)
    sides = [f"{high:.4g}", *[""] * (LINES - 2), f"{low:.4g}"]
    drawn = canvas.plot()
    if b"?" in "⣿".encode(sys.stdout.encoding or "utf-8", "replace"):  # where there are no dots
        drawn = "".join(" " if x == "⠀" else "*" if "⠀" < x <= "⣿" else x for x in drawn)
    lines = [f"{side:>10} {line}" for side, line in zip(sides, drawn.splitlines(), strict=True)]
    return "\n".join([*lines, f"{'0':>12}{f'step {steps}':>{width - 1}}"])


# What is written.


def _write(path: Path, schedules: Sequence[Schedule], steps: int) -> None:
    """Under another name first: what is there is whole."""
    part = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        {".csv": _write_csv, ".npy": _write_npy}.get(path.suffix, _write_picture)(part, schedules, steps)
        os.replace(part, path)
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _one_or_all(schedules: Sequence[Schedule]) -> Schedule | list[Schedule]:
    return schedules[0] if len(schedules) == 1 else list(schedules)


def _write_npy(path: Path, schedules: Sequence[Schedule], steps: int) -> None:
    """Straight into the file, which may be larger than the memory."""
    evaluate(
        _one_or_all(schedules), steps, out=lambda shape, dtype: np.lib.format.open_memmap(path, "w+", dtype, shape)
    )


def _write_csv(path: Path, schedules: Sequence[Schedule], steps: int) -> None:
    values = evaluate(_one_or_all(schedules), steps, out=np.empty).reshape(-1, steps)
    names = ["value"] if len(values) == 1 else [f"value_{i}" for i in range(len(values))]
    with path.open("w", newline="") as file:
        file.write(",".join(["step", *names]) + "\n")
        for start in range(0, steps, CSV_LINES):
            texts = values[:, start : start + CSV_LINES].astype(str)  # as few decimals as float32 has
            file.writelines(f"{start + i},{','.join(row)}\n" for i, row in enumerate(texts.T.tolist()))


def _write_picture(path: Path, schedules: Sequence[Schedule], steps: int) -> None:
    try:
        import matplotlib as mpl
        import matplotlib.pyplot as plt
    except ImportError as error:
        error.add_note("A picture in a file needs it: pip install 'jaxsched[plot]'.")
        raise
    from jaxsched.plotting import compare, plot

    mpl.use("agg")
    if _are_compared(schedules):
        compare(schedules[0], schedules[1], steps)
    else:
        plot(_one_or_all(schedules), steps)
    plt.savefig(path, dpi=150)
