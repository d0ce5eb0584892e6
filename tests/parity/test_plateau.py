"""Our `ReduceOnPlateau` beside those of PyTorch, Keras and optax: the scale after every metric of 500 traces each."""

import types
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax.contrib
import pytest

import jaxsched as js
from tests.helpers import tiers


TRACES, LENGTH = 500, 60
THRESHOLD = 0.02

PATIENCE = np.arange(TRACES) % 4
COOLDOWN = np.arange(TRACES) // 4 % 4
FACTOR = np.where(np.arange(TRACES) // 16 % 2, 0.5, 0.1)
MIN_SCALE = np.where(np.arange(TRACES) // 32 % 2, 0.01, 0.0)

kinds = pytest.mark.parametrize("decimals", tiers({"any": None, "2": 2, "4": 4}, ("4",)))
modes = pytest.mark.parametrize("mode", ["min", "max"])
threshold_modes = pytest.mark.parametrize("threshold_mode", ["rel", "abs"])


def traces(mode: Any, threshold_mode: Any, decimals: int | None = None) -> np.ndarray:
    """Metrics that improve, by more than the threshold or by less, stay equal, get worse, or are no numbers.

    Whether they improve is never a matter of rounding, unless they are rounded to decimals, and then it often is.
    """
    if decimals is not None:
        return tied(mode, decimals)
    rng = np.random.default_rng(0)
    sign = 1.0 if mode == "min" else -1.0
    gains = {
        "better": 5.0,
        "a little": 1.5,
        "too little": 0.5,
        "equal": 0.0,
        "worse": -2.0,
        "nan": np.nan,
        "inf": -np.inf,
    }
    made = np.empty((TRACES, LENGTH), np.float32)
    for trace in made:
        best, known = rng.choice([-1.0, 1.0]) * rng.uniform(0.5, 50), False
        for i, kind in enumerate(rng.choice([*gains], LENGTH, p=[0.15, 0.1, 0.2, 0.15, 0.3, 0.08, 0.02])):
            threshold = THRESHOLD * (abs(best) if threshold_mode == "rel" else 1.0)
            gain = gains[kind] * rng.uniform(0.5, 2) if kind in ("better", "worse") else gains[kind]
            gain = gain if known or not np.isfinite(gain) else 0.0  # the first number is the best so far
            trace[i] = best - sign * gain * threshold
            known |= np.isfinite(gain)
            best = trace[i] if kind in ("better", "a little") else best
    return made


def tied(mode: Any, decimals: int) -> np.ndarray:
    """Metrics as they are printed, which come from 2.0 or so to 1.5, by the threshold or a unit more or less."""
    rng = np.random.default_rng(decimals)
    starts = rng.choice([0.5, 1.0, 2.0, 3.0], (TRACES, 1))
    falls = rng.choice([0.0, 0.01, 0.02, 0.04, -0.02, 0.03, -0.04], (TRACES, LENGTH)) * np.maximum(starts, 1.0)
    metrics = (starts - falls.cumsum(axis=1)).round(decimals)
    if decimals == 4:  # of what is the best, exactly the threshold
        best = np.minimum.accumulate(metrics, axis=1)
        metrics[:, 1::3] = (best[:, 0:-1:3] * (1 - THRESHOLD)).round(decimals)
    return (metrics if mode == "min" else -metrics).astype(np.float32)


def scales(controller: js.ReduceOnPlateau, metrics: np.ndarray) -> np.ndarray:
    """What ours says after every metric of every trace: one program for all of them."""

    def run(controller: js.ReduceOnPlateau, metrics: jax.Array) -> jax.Array:
        def update(state: Any, metric: jax.Array) -> tuple[Any, jax.Array]:
            state = controller.update(state, metric)
            return state, state.scale

        return jax.lax.scan(update, controller.init(), metrics)[1]

    return np.asarray(jax.jit(jax.vmap(run))(controller, metrics))


def assert_equal_at_every_metric(ours: np.ndarray, theirs: np.ndarray, metrics: np.ndarray) -> None:
    assert len(np.unique(theirs.round(9))) > 20, "the traces must lead to reductions"
    wrong = ~np.isclose(ours, theirs, rtol=1e-5, atol=np.finfo(np.float32).tiny)  # what is smaller than that is 0
    where = tuple(np.argwhere(wrong)[0]) if wrong.any() else None
    assert where is None, f"trace {where[0]}, metric {where[1]}: {metrics[where[0], : where[1] + 1]}"


@modes
@threshold_modes
@kinds
def test_equals_pytorch(mode: Any, threshold_mode: Any, decimals: int | None):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    metrics = traces(mode, threshold_mode, decimals)

    def theirs(i: int) -> list[float]:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, mode, FACTOR[i], int(PATIENCE[i]), THRESHOLD, threshold_mode, int(COOLDOWN[i]), MIN_SCALE[i]
        )
        return [scheduler.step(metric) or optimizer.param_groups[0]["lr"] for metric in metrics[i].tolist()]

    controller = js.ReduceOnPlateau(
        mode, FACTOR, PATIENCE, THRESHOLD, threshold_mode, COOLDOWN, MIN_SCALE, semantics="torch"
    )
    assert_equal_at_every_metric(scales(controller, metrics), np.array([*map(theirs, range(TRACES))]), metrics)


@modes
@kinds
def test_equals_keras(mode: Any, decimals: int | None):
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    metrics = traces(mode, "abs", decimals)

    def theirs(i: int) -> list[float]:
        optimizer = types.SimpleNamespace(learning_rate=np.float32(1.0))
        callback = keras.callbacks.ReduceLROnPlateau(
            "metric", FACTOR[i], int(PATIENCE[i]), 0, mode, THRESHOLD, int(COOLDOWN[i]), MIN_SCALE[i]
        )
        callback.set_model(types.SimpleNamespace(optimizer=optimizer))
        callback.on_train_begin()
        return [
            callback.on_epoch_end(0, {"metric": metric}) or optimizer.learning_rate for metric in metrics[i].tolist()
        ]

    controller = js.ReduceOnPlateau(mode, FACTOR, PATIENCE, THRESHOLD, None, COOLDOWN, MIN_SCALE, semantics="keras")
    assert_equal_at_every_metric(scales(controller, metrics), np.array([*map(theirs, range(TRACES))]), metrics)


def optax_scales(metrics: np.ndarray, patience: Any, factor: float, **tolerance: float) -> np.ndarray:
    def run(metrics: jax.Array, patience: Any, cooldown: Any, min_scale: Any) -> jax.Array:
        reduce = optax.contrib.reduce_on_plateau(factor, patience, **tolerance, cooldown=cooldown, min_scale=min_scale)

        def update(state: Any, metric: jax.Array) -> tuple[Any, jax.Array]:
            _, state = reduce.update(jnp.zeros(()), state, value=metric)
            return state, state.scale

        return jax.lax.scan(update, reduce.init(jnp.zeros(())), metrics)[1]

    with jax.numpy_dtype_promotion("standard"):
        return np.asarray(jax.jit(jax.vmap(run))(metrics, patience, COOLDOWN, MIN_SCALE.astype(np.float32)))


@pytest.mark.parametrize(("mode", "threshold_mode"), [("min", "rel"), ("min", "abs"), ("max", "abs")])
@kinds
def test_equals_optax(mode: Any, threshold_mode: Any, decimals: int | None):
    metrics = traces(mode, threshold_mode, decimals)
    sign = 1 if mode == "min" else -1  # theirs knows no "max", and a part of a negative metric is negative
    tolerance = {"rtol": THRESHOLD, "atol": 0.0} if threshold_mode == "rel" else {"rtol": 0.0, "atol": THRESHOLD}
    by_factor = {f: optax_scales(sign * metrics, np.maximum(PATIENCE, 1), f, **tolerance) for f in (0.1, 0.5)}
    theirs = np.where(FACTOR[:, None] == 0.5, by_factor[0.5], by_factor[0.1])

    # a patience of 0 is one of 1
    controller = js.ReduceOnPlateau(
        mode, FACTOR, PATIENCE, THRESHOLD, threshold_mode, COOLDOWN, MIN_SCALE, semantics="optax"
    )
    assert_equal_at_every_metric(scales(controller, metrics), theirs, metrics)


def test_optax_still_reduces_at_every_better_metric_when_its_patience_is_0():
    falling, rising = np.arange(5.0, 0.0, -1), np.arange(1.0, 6.0)
    metrics = np.broadcast_to(np.stack([falling, rising])[:, None], (2, TRACES // 2, 5)).reshape(TRACES, 5)
    theirs = optax_scales(metrics.astype(np.float32), np.zeros(TRACES, np.int32), 0.5)[[0, 256]]
    assert theirs[0, -1] < 1 and theirs[1, -1] == theirs[1, 0]
    controller = js.ReduceOnPlateau(factor=np.full(TRACES, 0.5), patience=0, semantics="optax")
    ours = scales(controller, metrics.astype(np.float32))[[0, 256]]
    assert ours[0, -1] == 1 and ours[1, -1] == 0.5**4


def test_the_defaults_are_theirs():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)
    ours = js.ReduceOnPlateau(semantics="torch")
    for name, their_name in {"min_scale": "default_min_lr"}.items() | {
        (n, n) for n in ("mode", "patience", "threshold_mode", "cooldown")
    }:
        assert getattr(ours, name) == getattr(scheduler, their_name)
    for name in ("factor", "eps"):
        assert getattr(ours, name) == np.float32(getattr(scheduler, name))
    assert float(ours.threshold) == pytest.approx(scheduler.threshold, rel=1e-14)
