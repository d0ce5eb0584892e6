"""Every test runs with strict dtype promotion; warnings are errors (pyproject.toml)."""

import hypothesis
import jax


jax.config.update("jax_numpy_dtype_promotion", "strict")

hypothesis.settings.register_profile("default", deadline=None, derandomize=True)
hypothesis.settings.load_profile("default")
