"""What is compared with: the formulas of NumPy, JAX, optax and PyTorch."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.memory import into


try:
    import torch
    from torch.optim import lr_scheduler
except ImportError as error:
    error.add_note("The benchmarks compare with PyTorch: pip install -e '.[bench]'.")
    raise


@into
def jnp_power(table: jax.Array, power: jax.Array) -> jax.Array:
    base = (jnp.arange(table.shape[1]) + 0.5) / table.shape[1]
    return jnp.power(base, power[:, None])


@into
def optax_vmapped(table: jax.Array, peak: jax.Array) -> jax.Array:
    steps = jnp.arange(table.shape[1])
    return jax.vmap(lambda value: jnp.asarray(optax.cosine_decay_schedule(value, len(steps))(steps)))(peak)


def optax_jitted(peak: np.ndarray, length: np.ndarray, steps: int) -> None:
    """A program for each configuration, compiled and run."""
    for value, end in zip(peak.tolist(), length.tolist(), strict=True):
        jax.jit(optax.cosine_decay_schedule(value, end))(jnp.arange(steps)).block_until_ready()


def numpy_cosine(peak: np.ndarray, end: np.ndarray, length: np.ndarray, steps: int) -> np.ndarray:
    peak, end, length = (x[:, None].astype(np.float32) for x in (peak, end, length))
    done = np.minimum(np.arange(steps, dtype=np.float32), length) / length
    return end + (peak - end) * np.float32(0.5) * (1 + np.cos(np.float32(np.pi) * done))


def torch_constant(value: float) -> Any:
    return _started(lr_scheduler.ConstantLR(_optimizer(value), factor=1.0))


def torch_cosine(value: float, steps: int) -> Any:
    return _started(lr_scheduler.CosineAnnealingLR(_optimizer(value), T_max=steps))


def torch_warmup_cosine(value: float, warmup_steps: int, total_steps: int) -> Any:
    optimizer = _optimizer(value)
    warmup = lr_scheduler.LinearLR(optimizer, start_factor=1e-3, total_iters=warmup_steps)
    cosine = lr_scheduler.CosineAnnealingLR(optimizer, T_max=total_steps - warmup_steps)
    return _started(lr_scheduler.SequentialLR(optimizer, [warmup, cosine], milestones=[warmup_steps]))


def _optimizer(value: float) -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=value)


def _started(scheduler: Any) -> Any:
    """A scheduler expects that its optimizer has made a step before its own first."""
    scheduler.optimizer.step()
    return scheduler
