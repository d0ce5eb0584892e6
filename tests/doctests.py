"""How the examples in the docstrings of the package run, which pytest collects from there (pyproject.toml)."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jaxsched as js
from jaxsched import scoring, training


NEED_THEIRS = {"keras_schedule.py": "keras"}
"""What can be imported only where a neighbour is installed."""


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave that out elsewhere."""
    needed = NEED_THEIRS.get(collection_path.name)
    return True if needed and importlib.util.find_spec(needed) is None else None


NAMES = {**vars(js), **vars(training), **vars(scoring), "jax": jax, "jnp": jnp, "optax": optax, "np": np}


@pytest.fixture(autouse=True)
def as_a_user_would(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]) -> Iterator[None]:
    """With all names of the package, and the promotion of types that JAX has by default."""
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    doctest_namespace.update(NAMES)
    with jax.numpy_dtype_promotion("standard"):
        yield
