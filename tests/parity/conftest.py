"""Keras runs on JAX here, and has to be told before it is imported."""

import os


os.environ["KERAS_BACKEND"] = "jax"
