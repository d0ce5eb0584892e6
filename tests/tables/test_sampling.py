# pyright: reportArgumentType=false
"""Configurations that are drawn."""

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

import jaxsched as js


def test_columns_have_the_distributions_that_are_given():
    configs = js.sample(
        20_000,
        rate=js.log_uniform(1e-4, 1e-1),
        decay=stats.uniform(0.5, 0.4),
        noise=stats.norm(1.0, 2.0),
        steps=stats.randint(10, 20),
        width=[16, 32, 64],
        kind=["a", "b"],
    )
    assert {name: column.dtype.name for name, column in configs.columns.items()} == {
        "rate": "float64",
        "decay": "float64",
        "noise": "float64",
        "steps": "int64",
        "width": "int64",
        "kind": "object",
    }
    for name, law in (
        ("rate", stats.loguniform(1e-4, 1e-1)),
        ("decay", stats.uniform(0.5, 0.4)),
        ("noise", stats.norm(1, 2)),
    ):
        assert stats.kstest(configs[name], law.cdf).pvalue > 0.01
    assert (np.bincount(configs["steps"])[10:] > 1800).all() and configs["steps"].max() == 19
    assert all((configs[name] == entry).sum() > 6400 for name, entry in (("width", 16), ("width", 64), ("kind", "b")))


def test_the_rows_depend_on_the_seed_only():
    draw = lambda **options: js.sample(50, a=js.log_uniform(1, 2), b=range(9), **options)  # noqa: E731
    assert draw() == draw(rng=0) == draw(rng=np.random.default_rng(0)) != draw(rng=1)
    rng = np.random.default_rng(0)
    assert draw(rng=rng) != draw(rng=rng), "a generator goes on"


def test_a_column_may_be_called_seed_or_n():
    assert list(js.sample(3, seed=[0], n=[1], self=[2]).columns) == ["seed", "n", "self"]


def test_quasi_random_points_fill_the_space_evenly():
    configs = js.sample(64, a=stats.uniform(0, 1), b=js.log_uniform(1, 256), rng=qmc.Sobol(2, rng=3))
    assert (np.bincount((configs["a"] * 64).astype(int), minlength=64) == 1).all()
    assert (np.bincount(np.log2(configs["b"]).astype(int), minlength=8) == 8).all()
    engine = qmc.Halton(2, rng=3)
    first, then = (js.sample(8, a=stats.uniform(0, 1), b=[1, 2], rng=engine) for _ in range(2))
    assert first != then, "an engine goes on"


@pytest.mark.skipif(not hasattr(stats, "Normal"), reason="an older scipy")
def test_the_newer_distributions_of_scipy_are_taken_too():
    configs = js.sample(1000, a=stats.Normal(mu=1.0, sigma=0.1), b=stats.Uniform(a=2.0, b=3.0))
    assert abs(configs["a"].mean() - 1) < 0.02 and configs["b"].min() >= 2 and configs["b"].max() <= 3


def test_no_rows_are_an_empty_table():
    assert len(js.sample(0, a=js.log_uniform(1, 2), b=[1, 2], c=[])) == 0


@pytest.mark.parametrize(
    "call, error, message",
    [
        (
            lambda: js.sample(-1, a=[1]),
            ValueError,
            "sample: the number of rows must be an integer and not negative, got -1",
        ),
        (lambda: js.sample(2.5, a=[1]), ValueError, "must be an integer and not negative, got 2.5"),
        (lambda: js.sample(2), ValueError, "sample: at least one column is needed"),
        (lambda: js.sample(2, a=0.1), TypeError, "sample: `a` must be a distribution, such as log_uniform.*, got 0.1"),
        (lambda: js.sample(2, a="ab"), TypeError, "`a` must be a distribution, such as .*, got 'ab'"),
        (lambda: js.sample(2, a=[]), ValueError, "`a` must have at least one entry to draw from"),
        (lambda: js.sample(2, a=[1, None]), TypeError, "sample: `a` must have an entry in every row, got None"),
        (
            lambda: js.sample(2, a=[1], rng=qmc.Sobol(2)),
            ValueError,
            "`rng` must have a dimension for each of the 1 columns, got 2",
        ),
        (
            lambda: js.sample(2, a=stats.norm(), rng=qmc.Sobol(1, scramble=False)),
            ValueError,
            "`a` must be finite at every point .*, got -inf",
        ),
        (
            lambda: js.log_uniform(0, 1),
            ValueError,
            "log_uniform: the bounds must be positive and in order, got 0 and 1",
        ),
        (
            lambda: js.log_uniform(2, 1),
            ValueError,
            "log_uniform: the bounds must be positive and in order, got 2 and 1",
        ),
    ],
)
def test_what_cannot_be_drawn_is_named(call, error: type[Exception], message: str):
    with pytest.raises(error, match=message):
        call()
