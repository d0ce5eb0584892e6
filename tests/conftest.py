"""Every test runs with strict dtype promotion, two devices and a time limit; warnings are errors (pyproject.toml).

There are two tiers: `python -m pytest`, and `python -m pytest --thorough`, which also runs what is marked `thorough`.
"""

import os
import shutil
import tempfile

import hypothesis
import jax
import pytest


jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_num_cpu_devices", 2)  # so that arrays can be spread over devices
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)

hypothesis.settings.register_profile("default", deadline=None, derandomize=True)
hypothesis.settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser):
    parser.addoption("--thorough", action="store_true", help="run everything: also the tests marked `thorough`")
    parser.addoption("--seed", type=int, default=0, help="of the numbers that the fuzz of extremes draws")


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.getoption('seed')}"


@pytest.fixture
def seed(pytestconfig: pytest.Config) -> int:
    """The seed of everything that is drawn at random; an assertion that fails shows it."""
    return int(pytestconfig.getoption("seed") or 0)


def pytest_configure(config: pytest.Config):
    """What one test compiles, no other does again, nor another worker of the same run: a fifth of the time."""
    if not hasattr(config, "workerinput"):
        os.environ["JAXSCHED_TESTS_PROGRAMS"] = tempfile.mkdtemp(prefix="jaxsched-tests-")
    jax.config.update("jax_compilation_cache_dir", os.environ["JAXSCHED_TESTS_PROGRAMS"])


def pytest_unconfigure(config: pytest.Config):
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["JAXSCHED_TESTS_PROGRAMS"], ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]):
    if config.getoption("thorough"):
        return
    thorough = [item for item in items if item.get_closest_marker("thorough")]
    items[:] = [item for item in items if item not in thorough]
    config.hook.pytest_deselected(items=thorough)
