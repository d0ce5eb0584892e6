"""What a user may give for numbers, and for a step."""

import collections
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxsched as js


TABLE = js.MultiStep(1.0, [10, 20], 0.1)


class Variable:
    """As those of Flax NNX: JAX takes it for an array."""

    def __init__(self, value: Any):
        self.value = value

    def __jax_array__(self) -> jax.Array:
        return jnp.asarray(self.value)


@pytest.mark.parametrize(
    "steps",
    [
        range(10, 30, 10),
        (10, 20),
        collections.deque([10, 20]),
        np.array([10, 20]),
        jnp.array([10, 20]),
        Variable([10, 20]),
    ],
    ids=lambda steps: type(steps).__name__,
)
def test_any_sequence_and_any_array_is_a_table(steps: Any):
    assert js.MultiStep(1.0, steps, 0.1) == TABLE


def test_a_column_of_pandas_is_a_table_and_a_stack():
    pandas: Any = pytest.importorskip("pandas", reason="pandas is not installed")
    assert js.MultiStep(1.0, pandas.Series([10, 20]), 0.1) == TABLE
    rows = pandas.DataFrame({"peak": [0.1, 0.2], "steps": [10, 20]})
    assert js.Linear(rows["peak"], 0.0, rows["steps"]) == js.Linear([0.1, 0.2], 0.0, [10, 20])  # pyright: ignore[reportArgumentType]


def test_a_tensor_of_pytorch_is_a_table():
    torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")
    assert js.MultiStep(1.0, torch.tensor([10, 20]), 0.1) == TABLE


def test_a_variable_is_a_number_and_a_step_traced_or_not():
    line: Any = js.Linear
    assert line(Variable(2.0), 0.0, Variable(10))(Variable(5)) == 1.0
    assert jax.jit(lambda x, t: line(Variable(x), 0.0, 10)(Variable(t)))(2.0, 5) == 1.0


@pytest.mark.parametrize("given", ["10", b"10", {10: 20}, {10, 20}, [10, "20"], object()])
def test_anything_else_is_not(given: Any):
    with pytest.raises(TypeError, match="MultiStep: `boundaries` must be a sequence, each entry a number of steps"):
        js.MultiStep(1.0, given, 0.1)
