"""The command: what it prints and writes is what the schedule is, and what is wrong is said in a line."""

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import numpy as np
import pytest

import jaxsched as js
from jaxsched import cli
from jaxsched._text.names import NAMES


WSD = "wsd(peak_value=3e-4, warmup_steps=500, cooldown_steps=2000, total_steps=10_000)"
LINE, COSINE = "Linear(1, 0, 100)", "Cosine(1, 0, 100)"
LAST = 2**31 - 1


class Done(NamedTuple):
    """The exit status of a command, and what it wrote."""

    status: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture
def jaxsched(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, in this process."""

    def run(*arguments: str, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        try:
            status = cli.main(arguments)
        except SystemExit as left:  # as argparse does
            status = left.code
        assert isinstance(status, int)
        written = capsys.readouterr()
        return Done(status, written.out, written.err)

    return run


@pytest.fixture
def pictures() -> Iterator[None]:
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
    yield
    pyplot.close("all")


def process(*arguments: str, stdin: str = "", stdout: Any = subprocess.PIPE, **environment: str) -> Done:
    """The command, in a process of its own, whose output is not a terminal and has a buffer."""
    inherited = {name: x for name, x in os.environ.items() if name not in ("PYTHONUNBUFFERED", "COLUMNS")}
    done = subprocess.run(
        [sys.executable, "-m", "jaxsched", *arguments],
        input=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**inherited, "PYTHONIOENCODING": "utf-8", **environment},
        check=False,
    )
    return Done(done.returncode, done.stdout or "", done.stderr)


def picture_of(out: str) -> list[str]:
    """The lines of the picture, without the numbers beside it."""
    return [line[11:] for line in out.splitlines()[: cli.LINES]]


def drawn(line: str) -> list[int]:
    """The columns of a line of the picture in which something is."""
    return [i for i, x in enumerate(line) if x not in "⠀ "]


# What is printed.


def test_a_schedule_is_printed_with_its_landmarks():
    done = process(WSD)
    assert done.status == 0 and done.err == ""
    assert done.out.split("\n\n")[1].splitlines() == [
        repr(js.loads(WSD)),
        "    0  0.0     start",
        "  500  0.0003  Constant begins, peak",
        " 8000  0.0003  Linear begins",
        "10000  0.0     end",
    ]


def test_the_picture_goes_as_the_schedule_does(jaxsched: Command):
    pytest.importorskip("plotille", reason="plotille is not installed")
    out = jaxsched(LINE).out
    lines = picture_of(out)
    assert out.splitlines()[0].split()[0] == "1" and out.splitlines()[cli.LINES - 1].split()[0] == "0"
    assert out.splitlines()[cli.LINES].split() == ["0", "step", "100"]
    begins, ends = zip(*((min(drawn(line)), max(drawn(line))) for line in lines), strict=True)
    assert begins == tuple(sorted(begins)) and begins[0] == 0 and ends[-1] == len(lines[-1]) - 1
    assert all(later <= end + 1 for later, end in zip(begins[1:], ends, strict=False)), "without a gap"
    rises = picture_of(jaxsched("Linear(-3, -1, 100)").out)
    assert next(min(drawn(line)) for line in rises if drawn(line)) > 0 and min(drawn(rises[-1])) == 0
    assert not drawn(rises[0]), "0 is above it"


@pytest.mark.parametrize("spec", ["0.0", "1", "-2", "Linear([], 0, 10)", "Linear(1, 1e-30, 1)"])
def test_a_picture_of_hardly_anything_is_one(jaxsched: Command, spec: str):
    done = jaxsched(spec)
    assert done.status == 0 and len({len(line) for line in picture_of(done.out)}) == 1


def test_every_restart_is_in_the_picture(jaxsched: Command):
    pytest.importorskip("plotille", reason="plotille is not installed")
    lines = picture_of(jaxsched("CosineRestarts(1, 0, 1_000_001)", "-n", "1_000_001").out)
    assert len(lines[0]) - 1 in drawn(lines[0]), "in the last step"


def test_two_schedules_are_compared(jaxsched: Command):
    other = "OneMinusSqrt(1, 0, 100)"
    out = jaxsched(LINE, other, "-n", "120").out
    steps = np.arange(121)
    difference = np.asarray(js.loads(other)(steps)) - np.asarray(js.loads(LINE)(steps))
    step = np.abs(difference).argmax()
    assert out.splitlines()[-1] == f"largest difference: {difference[step]:.4g}, at step {step}"
    assert repr(js.loads(LINE)) in out and repr(js.loads(other)) in out and "step 120" in out
    assert jaxsched(LINE, "Linear(1.0, 0, 100)").out.splitlines()[-1] == "largest difference: none, at any step"


def test_three_schedules_are_printed_one_after_another(jaxsched: Command):
    done = jaxsched(LINE, COSINE, "0.5")
    assert done.status == 0 and "difference" not in done.out
    places = [done.out.index(repr(js.loads(spec))) for spec in (LINE, COSINE, "0.5")]
    assert places == sorted(places)


def test_a_stack_is_a_picture_and_a_finding(jaxsched: Command):
    done = jaxsched("Linear([1, 2, 3], 0, 100)")
    assert done.status == 0 and "lint: step 0: stack: it is a stack of shape (3,)" in done.out
    assert "start" not in done.out
    many = jaxsched("Linear([1, 2, 3], 0, 100)", "Cosine([1, 2, 3], 0, 100)")
    assert many.status == 0 and "difference" not in many.out


def test_numbers_are_those_of_repr(jaxsched: Command):
    out = jaxsched("noam(model_size=512, warmup_steps=400)", "-n", "2000").out
    schedule = js.noam(model_size=512, warmup_steps=400)
    rows = re.findall(r"^ *(\d+)  (\S+)  ", out, re.MULTILINE)
    assert [int(step) for step, _ in rows] == [0, 399, 2000]
    for step, value in rows:
        assert value == repr(js.Constant(schedule(int(step)))).removeprefix("Constant(value=").removesuffix(")")


def test_of_many_landmarks_the_first_are_listed_and_the_last(jaxsched: Command):
    lines = jaxsched("sgdr(peak_value=1, period_steps=10)", "-n", "1005").out.splitlines()
    lines = [line for line in lines if not line.startswith("lint: ")]
    assert lines[-1].split() == ["1005", "0.5", "end"] and "more" in lines[-2]
    assert len(lines) < cli.LINES + 1 + cli.MARKS + 5


@pytest.mark.parametrize("columns", [45, 80, 132, 300])
def test_the_picture_is_as_wide_as_the_terminal(jaxsched: Command, monkeypatch: pytest.MonkeyPatch, columns: int):
    monkeypatch.setenv("COLUMNS", str(columns))
    widths = {len(line) for line in jaxsched(LINE).out.splitlines()[: cli.LINES + 1]}
    assert widths == {min(columns - 1, 131)}


def test_on_a_terminal_each_source_has_the_colour_of_its_curve(
    jaxsched: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("plotille", reason="plotille is not installed")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" not in jaxsched(LINE, COSINE).out, "and elsewhere it has none"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    out = jaxsched(LINE, COSINE).out
    colors = [re.findall(rf"(\x1b\[\d+m){re.escape(repr(js.loads(spec)))}", out) for spec in (LINE, COSINE)]
    assert len({*colors[0], *colors[1]}) == 2 and all(out.count(color) > 3 for [color] in colors)
    assert f"\n{js.loads(LINE)!r}\n" in jaxsched(LINE).out, "a single one needs none"


def test_where_there_are_no_dots_there_are_stars():
    done = process("noam(model_size=512, warmup_steps=400)", PYTHONIOENCODING="ascii")
    assert done.status == 0 and "?" not in done.out and done.out.isascii()
    assert sum(line.count("*") for line in picture_of(done.out)) > 30


# How long.


@pytest.mark.parametrize("steps", ["10000", "10_000", "1e4", "1E+4", "10000.0"])
def test_a_number_of_steps_is_written_in_any_way(jaxsched: Command, steps: str):
    assert jaxsched(LINE, "-n", steps) == jaxsched(LINE, "--steps=10000")


@pytest.mark.parametrize("steps", ["0", "-1", "1.5", "abc", "", "nan", "inf", "1e400", str(LAST + 1)])
def test_a_wrong_number_of_steps_is_refused(jaxsched: Command, steps: str):
    done = jaxsched(LINE, f"-n={steps}") if steps.startswith("-") else jaxsched(LINE, "-n", steps)
    assert done.status == 2 and done.out == "" and done.err.startswith("usage: jaxsched ")
    assert f"argument -n/--steps: must be a whole number from 1 to {LAST}, got " in done.err


def test_without_a_number_of_steps_they_are_as_many_as_the_longest_needs(jaxsched: Command):
    for specs, steps in (
        ([WSD], 10_000),
        ([LINE], 100),
        ([LINE, "Cosine(1, 0, 250)"], 250),
        ([LINE, "0.5"], 100),
        (["0.5"], 1000),
    ):
        assert f" step {steps}\n" in jaxsched(*specs).out


# What is written.


@pytest.mark.parametrize(
    ("specs", "ending"),
    [
        ([LINE], "svg"),
        ([LINE], "png"),
        ([LINE, COSINE], "svg"),
        ([LINE, COSINE, "0.5"], "svg"),
        (["Linear([1, 2], 0, 100)"], "svg"),
    ],
)
@pytest.mark.usefixtures("pictures")
def test_a_picture_is_written(jaxsched: Command, tmp_path: Path, specs: list[str], ending: str):
    path = tmp_path / f"picture.{ending}"
    done = jaxsched(*specs, "-o", str(path))
    assert done.status == 0 and done.out.endswith(f"\nwrote {path}\n")
    if ending == "svg":
        assert ElementTree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    else:
        assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n") and path.read_bytes().endswith(b"IEND\xaeB`\x82")
    assert path.stat().st_size > 5000 and os.listdir(tmp_path) == [path.name]


SEVERAL = {
    "one": ([WSD], (1,)),
    "two": ([LINE, COSINE], (2,)),
    "a stack": (["Linear([[1, 2, 3], [4, 5, 6]], 0.1, 70)"], (2, 3)),
    "two stacks": (["Linear([1, 2], 0.1, 70)", "Cosine([1, 2], 0.1, 70)"], (2, 2)),
}


@pytest.mark.parametrize(("specs", "shape"), SEVERAL.values(), ids=SEVERAL)
def test_values_are_written_bit_for_bit(jaxsched: Command, tmp_path: Path, specs: list[str], shape: tuple[int, ...]):
    given = [js.loads(spec) for spec in specs]
    values = np.asarray(js.evaluate(given if len(given) > 1 else given[0], 120))
    for name in ("v.npy", "v.csv"):
        assert jaxsched(*specs, "-n", "120", "-o", str(tmp_path / name)).status == 0
    np.testing.assert_array_equal(np.load(tmp_path / "v.npy"), values)
    assert np.load(tmp_path / "v.npy").dtype == np.float32
    head, *rows = (tmp_path / "v.csv").read_text().splitlines()
    columns = ["value"] if shape == (1,) else [f"value_{i}" for i in range(int(np.prod(shape)))]
    assert head.split(",") == ["step", *columns] and len(rows) == 120
    table = np.loadtxt(rows, delimiter=",", dtype=np.float32)
    np.testing.assert_array_equal(table[:, 0], np.arange(120))
    np.testing.assert_array_equal(table[:, 1:].T, values.reshape(-1, 120))
    assert sorted(os.listdir(tmp_path)) == ["v.csv", "v.npy"]


def test_a_long_table_is_written_in_parts(jaxsched: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cli, "CSV_LINES", 7)
    assert jaxsched(COSINE, "-n", "100", "-o", str(tmp_path / "v.csv")).status == 0
    steps, values = np.loadtxt(tmp_path / "v.csv", delimiter=",", skiprows=1, dtype=np.float32).T
    np.testing.assert_array_equal(steps, np.arange(100))
    np.testing.assert_array_equal(values, js.evaluate(js.loads(COSINE), 100))


def test_without_a_number_of_steps_what_is_written_is_the_run_that_is_shown(
    jaxsched: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert jaxsched(LINE, "-o", "values.npy").out.endswith("\nwrote values.npy\n")
    np.testing.assert_array_equal(np.load("values.npy"), js.evaluate(js.loads(LINE), 100))


@pytest.mark.parametrize("ending", [".csv", ".npy"])
def test_what_cannot_be_written_is_named_and_nothing_is_left(
    jaxsched: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
):
    (tmp_path / "file").write_text("")
    (tmp_path / f"folder{ending}").mkdir()
    before = sorted(os.listdir(tmp_path))
    for name in (f"nowhere/v{ending}", f"file/v{ending}", f"folder{ending}"):
        done = jaxsched(LINE, "-o", str(tmp_path / name))
        assert done.status == 2 and done.out == ""
        assert re.fullmatch(
            rf"jaxsched: error: {re.escape(str(tmp_path / name))} cannot be written: [\w ]+\n", done.err
        )
    path = tmp_path / f"v{ending}"
    path.write_text("what was there")

    def fails(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    assert jaxsched(LINE, "-o", str(path)).err.endswith("cannot be written: No space left on device\n")
    assert path.read_text() == "what was there" and sorted(os.listdir(tmp_path)) == sorted([*before, path.name])


@pytest.mark.parametrize("name", ["v.pdf", "v", "v.csv.gz", ".csv"])
def test_an_unknown_ending_is_refused(jaxsched: Command, name: str):
    done = jaxsched(LINE, "-o", name)
    assert done.status == 2 and done.out == ""
    assert f"argument -o/--output: must end in .svg, .png, .csv, .npy, got '{name}'" in done.err


# What is not installed.


def test_without_matplotlib_a_picture_in_a_file_says_what_to_install(
    jaxsched: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = jaxsched(LINE, "-o", str(tmp_path / "p.svg"))
    assert done.status == 2 and done.out == "" and not os.listdir(tmp_path)
    assert done.err.startswith("jaxsched: error: ") and done.err.count("\n") == 1
    assert done.err.endswith(" A picture in a file needs it: pip install 'jaxsched[plot]'.\n")
    assert jaxsched(LINE, "-o", str(tmp_path / "v.csv")).status == 0, "values need none"


def test_without_plotille_there_is_all_but_the_picture(jaxsched: Command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "plotille", None)
    done = jaxsched(LINE, COSINE)
    assert done.status == 0
    assert done.out.splitlines()[:3] == [
        "(a picture needs plotille: pip install 'jaxsched[cli]')",
        "",
        repr(js.loads(LINE)),
    ]


# What is read.


def test_a_schedule_is_read_from_stdin():
    done = process("-", COSINE, stdin="\n  Linear(1, 0,\n         100)\n")
    assert done.status == 0 and done.out.index(repr(js.loads(LINE))) < done.out.index(repr(js.loads(COSINE)))


def test_only_one_is_read_from_stdin(jaxsched: Command):
    done = jaxsched("-", "-", stdin=LINE)
    assert done.status == 2 and done.err.endswith("error: only one schedule can be read from stdin\n")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_schedule_may_begin_with_a_minus(jaxsched: Command, name: str):
    assert "usage" not in jaxsched(f"-{name}(").err, "it is no option"


def test_a_negative_schedule_is_drawn(jaxsched: Command):
    assert jaxsched("-Linear(1, 0, 100)") == jaxsched("--", "-Linear(1, 0, 100)") == jaxsched("-1 * Linear(1, 0, 100)")
    assert "-noam(model_size=" not in jaxsched("-noam(model_size=512, warmup_steps=9)").err


BAD: list[tuple[list[str], str]] = [
    (["Linear(1, 0, -10)"], "Linear: `transition_steps` must not be negative, got -10. The arguments are Linear(init_value, end_value, transition_steps). At column 1:\n    Linear(1, 0, -10)\n    ^^^^^^^^^^^^^^^^^\n"),
    ([LINE, "  -Linar(1, 0, 10)"], "a text cannot name `Linar`; did you mean `Linear`? At column 4:\n    -Linar(1, 0, 10)\n     ^^^^^\n"),
    (["-Linar(1, 0, 10)"], "a text cannot name `Linar`; did you mean `Linear`? At column 2:\n    -Linar(1, 0, 10)\n     ^^^^^\n"),
    (["Linear(1, 0, 10"], "'(' was never closed. At column 7:\n    Linear(1, 0, 10\n          ^\n"),
    (["__import__('os').system('true')"], "there may be calls, numbers, words, lists, and + - * / **, and nothing else. At column 1:\n"),
    (["FromFunction(sin)"], "`sin` stands alone: a call has brackets, and a word quotes. At column 14:\n"),
    ([""], "the text is empty.\n"),
    ([LINE, "Linear([1, 2], 0, 3)"], "the schedules must all be of one shape, got "),
]  # fmt: skip


@pytest.mark.parametrize(("specs", "message"), BAD, ids=[message[:50] for _, message in BAD])
def test_a_schedule_that_cannot_be_read_is_shown_with_its_place(jaxsched: Command, specs: list[str], message: str):
    done = jaxsched(*specs)
    assert done.status == 2 and done.out == "" and done.err.startswith(f"jaxsched: error: {message}")


def test_a_process_says_so_too(tmp_path: Path):
    done = process("-", "-o", str(tmp_path / "v.csv"), stdin="Linear(1, 0,\n  transition_steps=-10)\n")
    assert (done.status, done.out) == (2, "") and not os.listdir(tmp_path)
    assert done.err.endswith("At line 2, column 20:\n      transition_steps=-10)\n                       ^^^\n")


# What is found.


def test_with_strict_findings_are_the_exit_status():
    wrong = "sgdr(peak_value=0.3, period_steps=100)"
    done = process(wrong, "-n", "350", "--strict")
    assert done.status == 1 and done.err == ""
    assert done.out.endswith("lint: step 350: rises after the end: it ends at 0.15, and is 0.3 at step 400.\n")


def test_a_finding_in_any_of_several_counts(jaxsched: Command):
    wrong = ["sgdr(peak_value=0.3, period_steps=100)", "-n", "350"]
    assert jaxsched(*wrong).status == 0 and jaxsched(*wrong, "--strict").status == 1
    assert jaxsched(LINE, *wrong, "--strict").status == 1 and jaxsched("--strict", *wrong, LINE).status == 1
    assert jaxsched(LINE, WSD, "--strict").status == 0


# All that there is.


def test_all_names_are_listed_each_with_its_formula(jaxsched: Command):
    lines = jaxsched("--list").out.splitlines()
    heads = [i for i, line in enumerate(lines) if not line.startswith(" ")]
    assert [lines[i].partition("(")[0] for i in heads] == list(NAMES)
    for i, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        assert lines[i].endswith(")") and i + 1 < end and all(line.startswith("    ") for line in lines[i + 1 : end])
    assert "Linear(init_value, end_value, transition_steps)" in lines
    assert "    η(t) = η_0 2^(-t / h)" in lines
    at = next(i for i in heads if lines[i].startswith("splice("))
    assert lines[at + 2].endswith("for t > s"), "a formula with cases has all of them"


def test_help_says_how_and_its_examples_work(jaxsched: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    done = jaxsched("--help")
    assert done.status == 0 and done.out.startswith("usage: jaxsched ")
    assert all(option in done.out for option in ("--steps", "--output", "--strict", "--list", "exit status"))
    examples = [
        line.partition("jaxsched ")[2].partition("    ")[0]
        for line in done.out.splitlines()
        if re.match(r"  (cat .* )?jaxsched ", line)
    ]
    assert len(examples) == 4
    for example in examples:
        assert jaxsched(*shlex.split(example), stdin=LINE).status == 0
    assert len((tmp_path / "values.csv").read_text().splitlines()) == 3001


def test_without_a_schedule_it_says_how_to_go_on(jaxsched: Command):
    done = jaxsched()
    assert done.status == 2 and done.out == "" and done.err.startswith("usage: jaxsched ")
    assert '"Linear(1, 0, 100)"' in done.err and "--list" in done.err
    assert jaxsched("--strict").status == 2


# Where the output goes.


@pytest.mark.parametrize("arguments", [["--list"], [LINE]], ids=["listed", "drawn"])
def test_a_reader_that_leaves_early_is_no_error(arguments: list[str]):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = process(*arguments, stdout=writer)
    finally:
        os.close(writer)
    assert done == Done(0, "", "")
