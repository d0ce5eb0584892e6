"""Every test runs with strict dtype promotion and two devices; warnings are errors (pyproject.toml)."""

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


def pytest_configure(config: pytest.Config):
    """What one test compiles, no other does again, nor another worker of the same run: a fifth of the time."""
    if not hasattr(config, "workerinput"):
        os.environ["JAXSCHED_TESTS_PROGRAMS"] = tempfile.mkdtemp(prefix="jaxsched-tests-")
    jax.config.update("jax_compilation_cache_dir", os.environ["JAXSCHED_TESTS_PROGRAMS"])


def pytest_unconfigure(config: pytest.Config):
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["JAXSCHED_TESTS_PROGRAMS"], ignore_errors=True)
