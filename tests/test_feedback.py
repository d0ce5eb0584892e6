"""Feedback controllers: in loops, scans and maps; against plain Python; what they do where their models are wrong."""

# Wrong arguments are given on purpose.
# pyright: reportArgumentType=false

import copy
import itertools
import pickle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st

import jaxsched as js
from tests.helpers import compilations, enable_x64, tiers


CONTROLLERS = [js.ReduceOnPlateau, js.GreedyPlateau]
METRICS = np.random.default_rng(0).normal(size=200).cumsum().astype(np.float32)

each = pytest.mark.parametrize("controller_class", CONTROLLERS)

KNOBS: dict[str, list[Any]] = {
    "factor": [0.1, 0.3, 0.5, 0.9],
    "patience": [0, 1, 2, 5],
    "threshold": [0.0, 0.01, 0.1, 1.5],
    "cooldown": [0, 1, 2, 7],
    "warmup": [0, 1, 2, 7],
    "min_scale": [0.0, 0.01, 0.1, 1.0],
    "max_scale": [1.0, 1.5, 3.0, 10.0],
    "eps": [0.0, 0.01, 0.1, 0.5],
    "accumulation_size": [1, 2, 3, 10],
}
knobs = pytest.mark.parametrize(
    "knob",
    tiers(
        {
            f"{c.__name__}-{name}": (c, name)
            for c, name in itertools.product(CONTROLLERS, KNOBS)
            if hasattr(c, name) or name in c.__annotations__
        },
        ("ReduceOnPlateau-patience", "GreedyPlateau-factor"),
    ),
)


def scales(controller: Any, metrics: Any = METRICS) -> np.ndarray:
    """The scale after every metric."""

    def update(state: js.PlateauState, metric: Any) -> tuple[js.PlateauState, Any]:
        state = controller.update(state, metric)
        return state, state.scale

    return np.asarray(jax.lax.scan(update, controller.init(), jnp.asarray(metrics))[1])


def plain_greedy(
    metrics: Any,
    mode: str,
    factor: float,
    patience: int,
    threshold: float,
    threshold_mode: str,
    cooldown: int,
    warmup: int,
    low: float,
    high: float,
) -> list[float]:
    """GreedyLR as it is published, one metric at a time."""
    scale, best, good, bad, wait, out = 1.0, np.inf if mode == "min" else -np.inf, 0, 0, 0, []
    for metric in metrics:
        if wait > 0:
            wait, good, bad = wait - 1, 0, 0
        else:
            margin = threshold * abs(best) if threshold_mode == "rel" and np.isfinite(best) else threshold
            if best - metric > margin if mode == "min" else metric - best > margin:
                best, good, bad = metric, good + 1, 0
            else:
                good, bad = 0, bad + 1
            if good > patience:
                scale, wait, good = min(scale / factor, high), warmup, 0
            elif bad > patience:
                scale, wait, bad = max(scale * factor, low), cooldown, 0
        out.append(scale)
    return out


@pytest.mark.parametrize("mode", tiers(["min", "max"], ("max",)))
@pytest.mark.parametrize("threshold_mode", tiers(["rel", "abs"], ("rel",)))
def test_the_greedy_one_equals_the_published_rule_at_every_metric(mode: Any, threshold_mode: Any):
    rng = np.random.default_rng(1)
    for patience, cooldown, warmup in itertools.product((0, 1, 3), (0, 2), (0, 2)):
        falls = rng.normal(np.repeat([-1.5, 0.2, -1.5, 1.0], 75)).cumsum().astype(np.float32)
        metrics = falls if mode == "min" else -falls
        controller = js.GreedyPlateau(mode, 0.8, patience, 0.01, threshold_mode, cooldown, warmup, 0.05, 4.0)
        expected = plain_greedy(metrics, mode, 0.8, patience, 0.01, threshold_mode, cooldown, warmup, 0.05, 4.0)
        assert max(expected) > 1 > min(expected)
        np.testing.assert_allclose(scales(controller, metrics), expected, rtol=1e-5)


@each
def test_is_the_same_in_a_loop_in_a_scan_and_jitted(controller_class: Any):
    controller = controller_class(factor=0.5, patience=1)
    state, looped = controller.init(), []
    for metric in METRICS[:40].tolist():
        state = controller.update(state, metric)
        looped.append(float(state.scale))
    assert len(set(looped)) > 3
    assert np.array_equal(looped, scales(controller)[:40])
    assert np.array_equal(looped, jax.jit(scales_of_40)(controller))


def scales_of_40(controller: Any) -> Any:
    update = lambda state, metric: (controller.update(state, metric),) * 2  # noqa: E731
    return jax.lax.scan(update, controller.init(), jnp.asarray(METRICS[:40]))[1].scale


@knobs
def test_vmapped_over_a_knob_equals_the_loop(knob: tuple[Any, str]):
    controller_class, name = knob
    base = {"factor": 0.5, "patience": 1}
    kind = np.int32 if isinstance(KNOBS[name][0], int) else np.float32
    mapped = jax.jit(jax.vmap(lambda knob: scales_of_40(controller_class(**base | {name: knob}))))(
        np.array(KNOBS[name], kind)
    )
    looped = np.stack([scales(controller_class(**base | {name: knob}))[:40] for knob in KNOBS[name]])
    stacked = scales(controller_class(**base | {name: np.array(KNOBS[name], kind)}))[:40].T
    assert len({tuple(row) for row in looped}) > 1, "the knob must matter"
    np.testing.assert_allclose(mapped, looped, rtol=1e-6)
    np.testing.assert_allclose(stacked, looped, rtol=1e-6)


def test_other_numbers_never_compile_again():
    run = jax.jit(lambda controller: scales_of_40(controller))
    for patience, factor in itertools.product(range(10), np.linspace(0.1, 0.9, 10)):
        run(js.ReduceOnPlateau(factor=factor, patience=patience))
    assert compilations(run) == 1


def test_by_default_a_negative_metric_that_gets_worse_is_no_improvement():
    worse = -np.ones(20) + 0.01 * np.arange(20)
    better = -np.ones(20) - 0.01 * np.arange(20)
    assert scales(js.ReduceOnPlateau(patience=3, threshold=0.001), worse)[-1] < 1
    assert scales(js.ReduceOnPlateau(patience=3, threshold=0.001), better)[-1] == 1
    assert scales(js.ReduceOnPlateau("max", patience=3, threshold=0.001), better)[-1] < 1
    assert scales(js.ReduceOnPlateau("max", patience=3, threshold=0.001), worse)[-1] == 1
    # PyTorch takes it for one, and with it its semantics
    assert scales(js.ReduceOnPlateau(patience=3, threshold=0.05, semantics="torch"), worse)[-1] == 1


@pytest.mark.parametrize("semantics", [None, "torch", "keras", "optax"])
def test_a_patience_of_0_reduces_at_what_is_not_better_and_never_at_what_is(semantics: Any):
    controller = js.ReduceOnPlateau(factor=0.5, patience=0, semantics=semantics)
    assert scales(controller, [4.0, 3.0, 2.0, 1.0]).tolist() == [1, 1, 1, 1]
    assert scales(controller, [1.0, 1.0, 2.0, 0.5]).tolist() == [1, 0.5, 0.25, 0.25]


@each
def test_nan_counts_as_bad_or_is_skipped(controller_class: Any):
    metrics = np.array([5.0, np.nan, 4.0, np.nan, np.nan, np.nan, np.nan, 3.0], np.float32)
    bad = scales(controller_class(factor=0.5, patience=1, nan="bad"), metrics)
    skip = scales(controller_class(factor=0.5, patience=1, nan="skip"), metrics)
    assert bad[-2] < bad[2]
    without = scales(controller_class(factor=0.5, patience=1), metrics[~np.isnan(metrics)])
    assert skip[~np.isnan(metrics)].tolist() == without.tolist()
    assert np.isfinite(bad).all() and np.isfinite(skip).all()


def test_metrics_are_averaged_before_they_count():
    rng = np.random.default_rng(0)
    metrics = rng.normal(size=(50, 4)).astype(np.float32)
    ours = scales(js.ReduceOnPlateau(patience=2, accumulation_size=4), metrics.ravel()).reshape(50, 4)
    assert np.array_equal(ours[:, -1], scales(js.ReduceOnPlateau(patience=2), metrics.mean(axis=1)))
    assert np.array_equal(ours[1:, 0], ours[:-1, -1]), "it changes only when the last of them has come"


def test_the_scale_stays_at_its_bounds_and_eps_stops_it():
    metrics = np.ones(2000)
    assert scales(js.ReduceOnPlateau(factor=0.5, patience=0, min_scale=0.1), metrics)[-1] == np.float32(0.1)
    assert scales(js.ReduceOnPlateau(factor=0.5, patience=0, eps=0.05), metrics)[-1] == 1 / 16
    assert scales(js.GreedyPlateau(factor=0.5, patience=0, max_scale=3.0), np.arange(0.0, -50, -1))[-1] == 3


def test_a_stack_takes_one_metric_or_one_for_each():
    stack = js.ReduceOnPlateau(factor=0.5, patience=[0, 1, 2])
    assert stack.shape == (3,) and stack[1] == js.ReduceOnPlateau(factor=0.5, patience=1)
    state = stack.init()
    for metric in (1.0, 2.0, np.array([0.0, 3.0, 3.0])):
        state = stack.update(state, metric)
    assert state.scale.tolist() == [0.5, 0.5, 1.0]
    assert state.best.tolist() == [0.0, 1.0, 1.0]


@each
def test_is_data(controller_class: Any):
    controller = controller_class(factor=0.5, patience=[1, 2], mode="max")
    assert eval(repr(controller), dict(vars(js))) == controller
    assert pickle.loads(pickle.dumps(controller)) == copy.deepcopy(controller) == controller
    assert (
        hash(controller) == hash(controller_class(factor=0.5, patience=[1, 2], mode="max"))
        and controller != controller_class()
    )
    assert not isinstance(controller, js.Schedule)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.float32, jnp.int32, jnp.uint8])
def test_takes_metrics_of_any_real_type_and_keeps_its_own(dtype: Any):
    controller = js.ReduceOnPlateau(patience=0)
    before = controller.init()
    after = controller.update(before, jnp.asarray(3, dtype))
    assert jax.tree.map(lambda x: (x.dtype, x.shape, x.weak_type), before) == jax.tree.map(
        lambda x: (x.dtype, x.shape, x.weak_type), after
    )
    assert after.best == 3


def test_is_float64_where_jax_is():
    with enable_x64():
        controller = js.ReduceOnPlateau(factor=0.1, patience=0)
        state = controller.update(controller.update(controller.init(), 1.0), 1.0)
        assert state.scale.dtype == jnp.float64 and state.scale == 0.1


def test_leaks_no_tracer():
    with jax.check_tracer_leaks():
        jax.jit(lambda factor: scales_of_40(js.ReduceOnPlateau(factor=factor)))(0.5)


@given(
    metrics=st.lists(st.floats(width=32, allow_nan=True, allow_infinity=True), min_size=1, max_size=30),
    patience=st.integers(0, 2**31 - 1) | st.integers(0, 3),
    cooldown=st.integers(0, 2**31 - 1) | st.integers(0, 3),
    accumulation_size=st.integers(1, 3),
    semantics=st.sampled_from([None, "torch", "keras", "optax"]),
    mode=st.sampled_from(["min", "max"]),
)
def test_the_scale_never_rises_and_is_a_power_of_the_factor(
    metrics: Any, patience: int, cooldown: int, accumulation_size: int, semantics: Any, mode: Any
):
    controller = js.ReduceOnPlateau(
        mode, 0.5, patience, 1e-4, None, cooldown, accumulation_size=accumulation_size, semantics=semantics
    )
    update = jax.jit(type(controller).update)
    state, scale = controller.init(), 1.0
    for metric in metrics:
        state = update(controller, state, jnp.float32(metric))
        assert float(state.scale) in (scale, scale / 2)
        scale = float(state.scale)
    assert scale >= 0.5 ** (len(metrics) // accumulation_size)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: js.ReduceOnPlateau(factor=1.0),
            ValueError,
            "ReduceOnPlateau: `factor` must be between 0 and 1, got 1.0.",
        ),
        (
            lambda: js.ReduceOnPlateau(factor=[0.5, 0.0]),
            ValueError,
            "ReduceOnPlateau: `factor` must be between 0 and 1, got 0.0 in row 1.",
        ),
        (
            lambda: js.ReduceOnPlateau(patience=-1),
            ValueError,
            "ReduceOnPlateau: `patience` must not be negative, got -1.",
        ),
        (lambda: js.ReduceOnPlateau(patience=1.5), TypeError, "ReduceOnPlateau: `patience` must be an integer"),
        (lambda: js.ReduceOnPlateau(threshold=-1e-4), ValueError, "ReduceOnPlateau: `threshold` must not be negative"),
        (
            lambda: js.ReduceOnPlateau(min_scale=1e3),
            ValueError,
            "ReduceOnPlateau: `min_scale` must be at most 1, got 1000.0.",
        ),
        (
            lambda: js.ReduceOnPlateau(accumulation_size=0),
            ValueError,
            "ReduceOnPlateau: `accumulation_size` must be at least 1, got 0.",
        ),
        (
            lambda: js.ReduceOnPlateau("lowest"),
            ValueError,
            'ReduceOnPlateau: `mode` must be "min" or "max", got \'lowest\'.',
        ),
        (
            lambda: js.ReduceOnPlateau(threshold_mode="relative"),
            ValueError,
            'ReduceOnPlateau: `threshold_mode` must be "rel" or "abs", got \'relative\'; did you mean `rel`?',
        ),
        (
            lambda: js.ReduceOnPlateau(semantics="tf"),
            ValueError,
            'ReduceOnPlateau: `semantics` must be "torch", "keras" or "optax", got \'tf\'.',
        ),
        (
            lambda: js.ReduceOnPlateau(nan="raise"),
            ValueError,
            'ReduceOnPlateau: `nan` must be "bad" or "skip", got \'raise\'.',
        ),
        (
            lambda: js.GreedyPlateau(max_scale=0.5),
            ValueError,
            "GreedyPlateau: `max_scale` must be at least 1, got 0.5.",
        ),
        (
            lambda: js.ReduceOnPlateau(patience=[1, 2], cooldown=[1, 2, 3]),
            ValueError,
            "ReduceOnPlateau: the shapes must broadcast, as those of a stack do",
        ),
        (lambda: updated(None), TypeError, "ReduceOnPlateau: `metric` must be a real number, got None."),
        (lambda: updated(True), TypeError, "ReduceOnPlateau: `metric` must be a real number, got True."),
        (lambda: updated("0.5"), TypeError, "ReduceOnPlateau: `metric` must be a real number, got '0.5'."),
        (lambda: updated(jnp.ones(3)), ValueError, "ReduceOnPlateau: `metric` must have shape (), got (3,)."),
    ],
)
def test_what_is_wrong_is_said(make: Any, error: type[Exception], message: str):
    with pytest.raises(error) as raised:
        make()
    assert str(raised.value).startswith(message)


def updated(metric: Any) -> js.PlateauState:
    controller = js.ReduceOnPlateau()
    return controller.update(controller.init(), metric)
