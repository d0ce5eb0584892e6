"""Every test runs with strict dtype promotion, two devices and a time limit; warnings are errors (pyproject.toml).

There are two tiers. `python -m pytest` is for every change, and draws the same examples each time. With `--thorough` it
also runs what is marked so, and hypothesis draws fresh examples: a failure prints the seed with which to repeat it.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator

import hypothesis
import jax
import pytest


jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_num_cpu_devices", 2)  # so that arrays can be spread over devices
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

hypothesis.settings.register_profile("the same", deadline=None, derandomize=True, database=None, max_examples=30)
hypothesis.settings.register_profile("fresh", deadline=None, print_blob=True, database=None)


def pytest_addoption(parser: pytest.Parser):
    parser.addoption("--thorough", action="store_true", help="run everything: also the tests marked `thorough`")
    parser.addoption("--seed", type=int, default=0, help="of what is drawn at random, but by hypothesis")


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.getoption('seed')}"


@pytest.fixture
def standard_promotion() -> Iterator[None]:
    """optax mixes floats with integers, which strict promotion forbids."""
    with jax.numpy_dtype_promotion("standard"):
        yield


@pytest.fixture
def seed(pytestconfig: pytest.Config) -> int:
    """The seed of everything that is drawn at random; an assertion that fails shows it."""
    return int(pytestconfig.getoption("seed") or 0)


@pytest.fixture
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether to try more than what is likely to fail."""
    return bool(pytestconfig.getoption("thorough"))


@pytest.fixture(autouse=True, scope="module")
def forget_programs() -> Iterator[None]:
    """What was compiled for a file, for a worker would take gigabytes in the end; it is read again from the disk."""
    yield
    jax.clear_caches()


def pytest_configure(config: pytest.Config):
    """What one test compiles, no other does again, nor another worker of the same run: a fifth of the time."""
    if not hasattr(config, "workerinput"):
        os.environ["JAXSCHED_TESTS_PROGRAMS"] = tempfile.mkdtemp(prefix="jaxsched-tests-")
    jax.config.update("jax_compilation_cache_dir", os.environ["JAXSCHED_TESTS_PROGRAMS"])
    hypothesis.settings.load_profile("fresh" if config.getoption("thorough") else "the same")


def pytest_unconfigure(config: pytest.Config):
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["JAXSCHED_TESTS_PROGRAMS"], ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]):
    if config.getoption("thorough"):
        return
    thorough = [item for item in items if item.get_closest_marker("thorough")]
    items[:] = [item for item in items if item not in thorough]
    config.hook.pytest_deselected(items=thorough)
