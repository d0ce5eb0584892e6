"""The benchmarks that run elsewhere: on any device, and for one that is not here."""

import importlib.util
import inspect
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import device, tpu
from benchmarks.__main__ import NAMES
from benchmarks.measure import Row


ROW = Row("a curve", 1.0, "its bound", 2.0, "ulp", 0.5, at_most=1)


@pytest.mark.thorough
def test_everything_is_measured_on_the_device_that_is_here(tmp_path: Path):
    command = [sys.executable, "-m", "benchmarks.device", "--quick", "--folder", str(tmp_path)]
    subprocess.run(command, cwd=Path(device.__file__).parent.parent, check=True, capture_output=True)
    (page,) = tmp_path.iterdir()
    text = page.read_text(encoding="utf-8")
    assert page.name == "device-cpu.md" and text.startswith("# On cpu\n") and "failed" not in text
    for question in ("How far is a curve", "What does a schedule cost", "What does a sweep", "How fast is a table"):
        _, _, rows = text.partition(f"## {question}")[2].partition("|---")
        assert rows.splitlines()[1].startswith("| ")


def test_a_part_that_fails_keeps_what_it_has_measured_and_says_so(monkeypatch: pytest.MonkeyPatch):
    def fails(module: ModuleType) -> Iterator[Row]:
        yield ROW
        raise MemoryError("no more of it")

    monkeypatch.setitem(device.PARTS, "train_step", fails)
    text = device.part("train_step", until=time.perf_counter() + 60)
    assert "| a curve | 1 ulp |" in text and "It failed" in text and "no more of it" in text


@pytest.mark.parametrize("name", NAMES)
def test_every_benchmark_is_run_without_arguments(name: str):
    module = pytest.importorskip(
        f"benchmarks.{name}", reason="what it compares with is not installed", exc_type=ImportError
    )
    assert not inspect.signature(module.run).parameters


def test_a_part_whose_module_cannot_be_imported_says_so():
    assert "No module named" in device.part("nothing", until=time.perf_counter() + 60)


def test_a_part_ends_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(device.PARTS, "train_step", lambda module: iter([ROW, ROW, ROW]))
    text = device.part("train_step", until=time.perf_counter() - 1)
    assert text.count("a curve") == 1 and text.endswith("Here the time was over.")


def test_without_the_compiler_for_tpus_one_line_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"needs libtpu, .* pip install libtpu"):
        tpu.main()
