"""The folder of a sweep: what comes back from it, what is wrong with it, and which sweep may go on in it."""

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest

import jaxsched as js
from tests.helpers import bits


CONFIGS = js.grid(rate=[0.1, 0.2, 0.4], steps=range(4))


def made(numbers: Any = (1.0, 2.0), power: int = 2, dtype: Any = jnp.float32, key: int = 0) -> Callable[..., Any]:
    """A training function that holds some data."""
    captured, noise = np.asarray(numbers, np.float32), jax.random.key(key)

    def train(rate: jax.Array, steps: jax.Array) -> dict[str, jax.Array]:
        x = js.Linear(rate, 0.0, 10)(jnp.int32(steps))
        curve = jax.lax.scan(lambda x, _: ((x * captured).sum(), x), x, length=3)[1]
        loss = jnp.where(steps == 2, jnp.nan, jax.random.uniform(noise) * x**power)
        return {"loss": loss.astype(dtype), "curve": curve, "done": steps > 1}

    return train


train = made()


def swept(store: Path | None, train: Any = train, configs: js.Configs = CONFIGS, **options: Any) -> js.Results:
    return js.sweep(train, configs, store=store, **{"batch_size": 1, "progress": False, **options})


def contents(folder: Path) -> dict[str, Any]:
    return {str(p): p.is_file() and (p.stat().st_mtime_ns, p.read_bytes()) for p in folder.rglob("*")}


def part(store: Path, first: int = 4) -> Path:
    return store / "rows" / f"{first:08}.parquet"


@pytest.fixture(scope="module")
def expected() -> js.Results:
    return swept(None)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A sweep that is finished, to be damaged."""
    swept(tmp_path / "runs" / "first")
    return tmp_path / "runs" / "first"


def test_what_is_stored_comes_back_bit_for_bit(store: Path, expected: js.Results):
    before = contents(store)
    for results in (js.Results.load(store), js.Results.load(str(store)), swept(store), swept(store, made())):
        assert bits(results) == bits(expected) and results.failures == ()
    assert contents(store) == before


def test_what_is_not_finished_is_missing(store: Path, expected: js.Results):
    for first in (0, 4, 10):
        part(store, first).unlink()
    assert bits(js.Results.load(store)) == bits(expected[[2, 3, 6, 7, 8, 9]])  # and `rows` says which these are
    assert bits(swept(store)) == bits(js.Results.load(store)) == bits(expected)
    shutil.rmtree(store / "rows")
    assert bits(js.Results.load(store)) == bits(expected[[]])
    (store / "configs.parquet").unlink()
    with pytest.raises(FileNotFoundError, match=f"there is no sweep in {store}"):
        js.Results.load(store)
    assert bits(swept(store)) == bits(js.Results.load(store)) == bits(expected)


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (2, 0)], ids=str)
def test_a_metric_keeps_its_type_and_its_shape(shape: tuple[int, ...], tmp_path: Path):
    dtypes = ["bool", "int8", "int32", "uint32", "float16", "bfloat16", "float32"]
    configs = js.grid(x=[0.5, -0.0, 3.0, np.nan, np.inf, -np.inf])
    results = swept(tmp_path, lambda x: {dtype: jnp.full(shape, x).astype(dtype) for dtype in dtypes}, configs)
    assert all(results[dtype].dtype.name == dtype and results[dtype].shape == (6, *shape) for dtype in dtypes)
    assert bits(js.Results.load(tmp_path)) == bits(results)


def test_any_reader_of_parquet_reads_it(store: Path, expected: js.Results):
    rows = str(store / "rows" / "*.parquet")
    duck: Any = duckdb.sql(f"from '{rows}' order by row")
    for frame in (pd.read_parquet(store / "rows"), pl.read_parquet(rows).to_pandas(), duck.df()):
        assert list(frame) == ["row", "rate", "steps", "loss", "curve", "done", "finite"]
        assert frame["row"].tolist() == list(range(12)) and frame["finite"].tolist() == expected.finite.tolist()
        np.testing.assert_array_equal(frame["loss"], expected["loss"])
        np.testing.assert_array_equal(np.stack(frame["curve"].tolist()), expected["curve"])
    loss = pq.read_table(store / "rows")["loss"]
    assert loss.null_count == 0 and np.isnan(loss.to_numpy()).sum() == 3  # NaN is a number, and not missing


def test_functions_come_back_as_names_and_schedules_as_source(tmp_path: Path):
    schedules = [js.Linear(1.0, 0.0, 10), js.Cosine(1.0, 0.0, 10)]
    configs = js.grid(change=[abs, jnp.sqrt], schedule=schedules, sizes=[(1,), (2, 3)])

    def train(change: Any, schedule: js.Schedule, sizes: tuple[int, ...]) -> dict[str, jax.Array]:
        return {"y": change(schedule(sum(sizes)))}

    results = swept(tmp_path, train, configs)
    loaded = js.Results.load(tmp_path)
    assert set(loaded["change"]) == {"builtins.abs", f"{jnp.sqrt.__module__}.sqrt"}
    assert loaded["schedule"].tolist() == [js.dumps(schedule) for schedule in configs["schedule"]]
    assert loaded["sizes"].tolist() == configs["sizes"].tolist() and loaded["y"].tolist() == results["y"].tolist()
    assert swept(tmp_path, train, configs) == results


@pytest.mark.parametrize(
    "column, entries, message",
    [
        ("a", [abs, lambda x: x], "`a`: a function must have a name .*lambda"),
        ("a", [1, "b"], "`a` must hold entries of one kind"),
        ("a", [object()], "`a` must hold entries of one kind"),
        ("row", [1], "sweep: `row` is a column of the store"),
        ("finite", [1], "sweep: `finite` is a column of the store"),
        ("complex", [1], "`y` must be real"),
    ],
)
def test_what_cannot_be_stored_is_refused_before_anything_runs(column: str, entries: Any, message: str, tmp_path: Path):
    def train(**row: Any) -> dict[str, Any]:
        return {"y": 1j if "complex" in row else 1.0}

    with pytest.raises((TypeError, ValueError), match=message):
        swept(tmp_path / "store", train, js.grid(**{column: entries}))
    assert not list(tmp_path.rglob("*.*"))
    assert len(swept(None, train, js.grid(**{column: entries}))) == len(entries)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def flip(path: Path) -> None:
    """Change a bit of a number, and not of the description of the file."""
    data = bytearray(path.read_bytes())
    column = pq.ParquetFile(path).metadata.row_group(0).column(0)
    first = column.dictionary_page_offset or column.data_page_offset
    data[first + column.total_compressed_size - 1] ^= 1
    path.write_bytes(data)


DAMAGE: list[tuple[str, Callable[[Path], Any], str]] = [
    ("rows/00000004.parquet", cut, "cannot be read.*remove it"),
    ("rows/00000004.parquet", flip, "cannot be read.*CRC"),
    ("rows/00000004.parquet", lambda path: path.write_text("garbage" * 99), "cannot be read"),
    ("rows/00000004.parquet", lambda path: pd.DataFrame({"row": [4, 5]}).to_parquet(path), "no part.*`loss`"),
    ("rows/00000004.parquet", lambda path: pd.read_parquet(path).assign(row=[400, 500]).to_parquet(path), "no part"),
    ("rows/00000003.parquet", lambda path: shutil.copy(path.with_name("00000004.parquet"), path), "no part"),
    ("rows/notes.parquet", lambda path: path.write_text(""), "is no part of a sweep"),
    ("configs.parquet", flip, "cannot be read.*CRC"),
    ("manifest.json", cut, "cannot be read"),
    ("manifest.json", lambda path: path.write_bytes(b"\xff\x00"), "cannot be read"),
    ("manifest.json", lambda path: path.write_text('{"format": 99}'), "format 99, which a later version"),
    ("manifest.json", Path.unlink, "is missing, but there are 6 parts"),
]


@pytest.mark.parametrize("name, damage, message", DAMAGE)
def test_damage_is_an_error_that_names_the_file(name: str, damage: Any, message: str, store: Path, expected: Any):
    damage(store / name)
    before = contents(store)
    for read in (js.Results.load, swept):
        with pytest.raises(ValueError, match=f"(?s){store / name}.*{message}"):
            read(store)
    assert contents(store) == before
    if name != "manifest.json":
        (store / name).unlink()
        assert bits(swept(store)) == bits(js.Results.load(store)) == bits(expected)


@pytest.mark.thorough
def test_any_byte_of_a_part_may_flip_but_none_of_its_numbers_changes(store: Path, expected: js.Results):
    for first in (0, 2, 6, 8, 10):
        part(store, first).unlink()
    data = part(store).read_bytes()
    for i in range(len(data)):
        part(store).write_bytes(data[:i] + bytes([data[i] ^ 0x10]) + data[i + 1 :])
        try:
            results = js.Results.load(store)
        except ValueError as error:
            assert str(part(store)) in str(error)
        else:
            assert bits(results) == bits(expected[[4, 5]]), i


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "an entry": ({"configs": js.grid(rate=[0.1, 0.3, 0.4], steps=range(4))}, "`rate` in row 4 is 0.2 there, 0.3 here"),
    "rows": ({"configs": CONFIGS[:9]}, "there are 12 rows there, 9 here"),
    "columns": (
        {"configs": js.grid(rate=[0.1]), "train": lambda rate: {"y": rate}},
        r"the columns are .* there, \['rate'\] here",
    ),
    "order": ({"configs": CONFIGS[::-1]}, "`rate` in row 0 is 0.1 there, 0.4 here"),
    "type": ({"configs": js.grid(rate=[0.1, 0.2, 0.4], steps=np.arange(4.0))}, "their types differ"),
    "data": ({"train": made(numbers=(1.0, np.nextafter(np.float32(2), 3)))}, "the same program with other data in it"),
    "key": ({"train": made(key=1)}, "the same program with other data in it"),
    "formula": ({"train": made(power=3)}, "another program"),
    "type of a metric": ({"train": made(dtype=jnp.float16)}, "other metrics.*float32.* there.*float16.* here"),
    "metrics": ({"train": lambda **row: {**train(**row), "more": 1.0}}, "other metrics.* there, .*'more'.* here"),
    "batch size": ({"batch_size": 2}, "the store has `batch_size` 1, got 2"),
    "groups": ({"static": ["steps"]}, "other groups.* there, .*steps=0.* here; see `static`"),
}


@pytest.mark.parametrize("changed, message", OTHERS.values(), ids=OTHERS)
def test_another_sweep_is_refused_and_changes_nothing(changed: dict[str, Any], message: str, store: Path):
    part(store).unlink()
    before = contents(store)
    for accept_versions in (False, True):
        with pytest.raises(ValueError, match=message):
            swept(store, accept_versions=accept_versions, **changed)
    assert contents(store) == before


def test_other_versions_go_on_only_if_they_are_accepted(store: Path, expected: js.Results):
    part(store).unlink()
    held = json.loads((store / "manifest.json").read_text())
    here, held["versions"]["jax"] = held["versions"]["jax"], "0.0.1"
    (store / "manifest.json").write_text(json.dumps(held))
    before = contents(store)
    with pytest.raises(ValueError, match=rf"accept_versions=True.* jax 0\.0\.1 there, {here} here"):
        swept(store)
    with pytest.raises(ValueError, match="other configurations"):
        swept(store, configs=CONFIGS[:9], accept_versions=True)
    assert contents(store) == before
    assert bits(swept(store, accept_versions=True)) == bits(expected)
    assert set(contents(store)) - set(before) == {str(part(store))} and contents(store).items() >= before.items()


@pytest.fixture
def broken() -> Iterator[set[Any]]:
    yield set()
    with contextlib.suppress(Exception):  # JAX would raise it again when it ends
        jax.effects_barrier()


def unreliable(broken: set[Any]) -> Callable[..., Any]:
    """A training function that cannot run for some numbers, and not be traced for some words."""

    def checked(x: np.ndarray) -> np.ndarray:
        if float(x) in broken:
            raise RuntimeError("no more memory")
        return x

    def train(x: jax.Array, word: str = "") -> dict[str, jax.Array]:
        if word in broken:
            raise RuntimeError(f"unknown word {word}")
        y = jax.pure_callback(checked, jax.ShapeDtypeStruct((), x.dtype), x, vmap_method="sequential")
        return {"y": 2 * y}

    return train


@pytest.mark.parametrize(
    "reason, calls",
    [
        (
            "no more memory",
            [({5.0, 12.0}, [4, 5, 12, 13]), ({5.0}, [4, 5]), ({5.0, 6.0}, [4, 5, 6, 7]), ({6.0}, [6, 7])],
        ),
        ("unknown word b", [({"b"}, [4, 5, 6, 7]), ({"b"}, [4, 5, 6, 7])]),
    ],
)
def test_what_fails_is_kept_with_its_reason_and_tried_again(reason: str, calls: Any, broken: set[Any], tmp_path: Path):
    configs = js.Configs({"word": ["a"] * 4 + ["b"] * 4 + ["c"] * 8, "x": np.arange(16.0)})
    for what, failed in [*calls, (set(), []), (set(), [])]:
        broken.clear()
        broken |= what
        for results in (swept(tmp_path, unreliable(broken), configs, on_error="keep"), js.Results.load(tmp_path)):
            assert [row for failure in results.failures for row in failure.rows] == failed
            assert all(reason in failure.error and "Traceback" in failure.error for failure in results.failures)
            assert results.rows.tolist() == (done := [i for i in range(16) if i not in failed])
            assert results["y"].tolist() == [2 * i for i in done]
        before = contents(tmp_path)
        with pytest.raises(ValueError, match="another program"):
            swept(tmp_path, lambda x, word: {"y": 3 * x}, configs)
        assert contents(tmp_path) == before
    assert not list((tmp_path / "failed").iterdir()) and not list((tmp_path / "writing").iterdir())


def test_a_record_of_a_failure_goes_when_its_part_is_there(store: Path, expected: js.Results):
    """As where somebody was killed in between."""
    (store / "failed" / "00000004.json").write_text('[{"rows": [4, 5], "error": "no more memory"}]')
    shutil.copy(part(store), store / "failed" / "00000004.parquet")
    assert bits(js.Results.load(store)) == bits(expected) and js.Results.load(store).failures == ()
    swept(store)
    assert not os.listdir(store / "failed")


def test_a_row_is_finished_or_failed_and_not_both(store: Path, expected: js.Results):
    shutil.copy(part(store), store / "failed" / "00000004.parquet")
    part(store).unlink()
    (store / "failed" / "00000004.json").write_text('[{"rows": [5], "error": "no more memory"}]')
    loaded = js.Results.load(store)
    assert bits(loaded) == bits(expected[[i for i in range(12) if i != 5]]) and loaded.failures[0].rows == (5,)


def test_a_record_of_a_failure_that_is_damaged_is_named(store: Path):
    part(store).unlink()
    (store / "failed" / "00000004.json").write_text('[{"rows": [4')
    with pytest.raises(ValueError, match=f"{store}/failed/00000004.json"):
        js.Results.load(store)
