"""The plan of a sweep: a function of the configurations, without a device."""

import itertools

import numpy as np
import pytest
from hypothesis import given, strategies as st

import jaxsched as js
from jaxsched._sweep import plan


CONFIGS = js.grid(shape=["linear", "cosine"], width=[8, 16], rate=[0.1, 0.2, 0.3])


def test_rows_are_grouped_by_what_is_structure_in_their_order():
    groups = plan.groups_of(CONFIGS, ("width",))
    assert [group.static for group in groups] == [
        {"shape": s, "width": w} for s in ("linear", "cosine") for w in (8, 16)
    ]
    assert np.concatenate([group.rows for group in groups]).tolist() == list(range(12))
    assert [type(entry) for entry in groups[0].static.values()] == [str, int]
    assert [group.label for group in groups][1] == "shape='linear', width=16"
    (whole,) = plan.groups_of(js.grid(a=[1, 2]))
    assert whole.static == {} and whole.rows.tolist() == [0, 1] and whole.label == "all rows"


def test_one_and_true_are_two_structures():
    assert len(plan.groups_of(js.Configs({"a": ["x", 1, True, 1.0, 1]}))) == 4


def test_numbers_are_in_the_default_types_and_static_columns_are_left_out():
    numbers = plan.numbers_of(js.grid(i=[1], f=[0.5], b=[True], s=["x"], w=[8]), ("w",))
    assert {name: column.dtype.name for name, column in numbers.items()} == {"i": "int32", "f": "float32", "b": "bool"}


@pytest.mark.parametrize("number", [2**31, -(2**31), 2**63 - 1, -(2**63)])
def test_an_integer_that_does_not_fit_is_named(number: int):
    with pytest.raises(ValueError, match=f"sweep: `a` must fit into int32, got {number}"):
        plan.numbers_of(js.grid(a=[1, number]))


sizes = st.lists(st.integers(1, 40), min_size=1, max_size=5)


@given(sizes, st.integers(1, 9), st.integers(1, 5), st.integers(1, 4))
def test_every_row_is_in_one_batch_of_one_part(groups: list[int], batch_rows: int, batches: int, workers: int):
    bounds = np.cumsum([0, *groups])
    planned = [plan.Group({"g": i}, np.arange(a, b)) for i, (a, b) in enumerate(itertools.pairwise(bounds))]
    parts = plan.parts_of(planned, batches * batch_rows)
    assert np.concatenate([part.rows for part in parts]).tolist() == list(range(sum(groups)))
    for part in parts:
        assert set(part.rows.tolist()) <= set(planned[part.group].rows.tolist()) and part.first == part.rows[0]
        pieces = plan.pieces_of(part.rows, batch_rows)
        assert np.concatenate(pieces).tolist() == part.rows.tolist() and len(pieces) <= batches
    orders = [[part.first for part in plan.in_order(parts, i, workers)] for i in range(workers)]
    assert all(sorted(order) == [part.first for part in parts] for order in orders)
    own = [plan.share(len(parts), i, workers) for i in range(workers)]
    assert [i for share in own for i in share] == list(range(len(parts))), "each part is in the share of one worker"


def test_a_short_batch_is_filled_with_its_last_row():
    assert plan.filled(np.array([7, 9]), 4).tolist() == [7, 9, 9, 9]


def test_sizes_follow_from_the_rows_the_devices_and_the_time_of_a_batch():
    groups = [plan.Group({}, np.arange(n)) for n in (10, 100)]
    assert [plan.rows_per_device(groups, devices, 1, 64) for devices in (1, 2, 8)] == [64, 50, 13]
    assert [plan.rows_per_device(groups, 1, workers, 64) for workers in (1, 2, 4)] == [64, 55, 28], "all have something"
    assert plan.rows_per_part(1.0, 64, 64_000, 1) == 5 * 64, "what a kill costs is some seconds"
    assert plan.rows_per_part(0.001, 64, 64_000, 1) == 4096
    assert plan.rows_per_part(0.001, 64, 1000, 3) == 64, "there is something to take over"
    assert plan.rows_per_part(float("inf"), 64, 64_000, 1) == plan.rows_per_part(60.0, 64, 64_000, 1) == 64


def test_workers_who_take_over_do_so_in_different_orders():
    parts = plan.parts_of([plan.Group({}, np.arange(40))], 1)
    orders = [tuple(part.first for part in plan.in_order(parts, i, 4)) for i in range(4)]
    assert len({order[10:13] for order in orders}) == 4
