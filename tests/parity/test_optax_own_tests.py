"""The tests that optax has of its own schedules, which come with it, of `adapters.optax` and `scheduled` in their place."""

import functools
import inspect
import types
import unittest
from collections.abc import Callable, Iterable
from typing import Any

import optax
import pytest

from jaxsched.adapters import optax as ours
from jaxsched.training import scheduled


def module(name: str) -> Any:
    return pytest.importorskip(
        f"optax.schedules.{name}", reason="optax came without its tests, or scikit-learn is missing"
    )


SCHEDULES, JOINS, INJECTED = (module(name) for name in ("_schedule_test", "_join_test", "_inject_test"))

TYPES = "in `scheduled` the values are of the default type, and take on that of the parameters only where they meet"

DIFFERENT = {
    "CosineDecayTest.test_with_giant_int_steps": (ValueError, "10^10 steps are no int32; jax_enable_x64 lifts it"),
    "InjectHyperparamsTest.test_constant_hyperparams": (KeyError, "the state of `scheduled` holds only what was named"),
    "InjectHyperparamsTest.test_hyperparam_default_dtype_bf16": (AssertionError, TYPES),
    "InjectHyperparamsTest.test_hyperparam_default_dtype_f32": (AssertionError, TYPES),
    "InjectHyperparamsTest.test_hyperparam_dtypes_bf16hyp f32param bf16grad": (AssertionError, TYPES),
    "InjectHyperparamsTest.test_hyperparam_dtypes_bf16hyp f32param f32_grads": (AssertionError, TYPES),
    "InjectHyperparamsTest.test_numeric_static_args_two_arg": (TypeError, "`scheduled` refuses to follow nothing"),
    "StatefulTest.test_inject_stateful_hyperparams": (
        (AttributeError, TypeError),
        "what follows a metric is `scheduled(feedback=...)`",
    ),
}
"""Those that do not pass, and why not."""


def injected(factory: Callable[..., Any], static_args: str | Iterable[str] = (), **_: Any) -> Callable[..., Any]:
    """`inject_hyperparams` as one writes it with `scheduled`: by name, and what is fixed with `functools.partial`."""
    parameters = inspect.signature(factory)
    fixed = {static_args} if isinstance(static_args, str) else {*static_args}
    if fixed - parameters.parameters.keys():
        raise ValueError("this is for the test of it: `scheduled` has no such argument")

    def make(*arguments: Any, **named: Any) -> Any:
        given = parameters.bind(*arguments, **named).arguments
        bound = {name: x for name, x in given.items() if name in fixed}
        made = functools.partial(factory, **bound) if bound else factory
        return scheduled(made, **{name: x for name, x in given.items() if name not in fixed})

    return make


IN_PLACE = {
    SCHEDULES: {"_schedule": ours},
    JOINS: {"_schedule": ours, "_join": ours},
    INJECTED: {
        "schedules": types.SimpleNamespace(
            **{name: getattr(ours, name, x) for name, x in vars(optax.schedules).items()}
            | {"inject_hyperparams": injected}
        )
    },
}
"""What stands there for the modules of optax."""


def cases() -> dict[str, tuple[Any, Any]]:
    found = {}
    for each in IN_PLACE:
        for cls in vars(each).values():
            if inspect.isclass(cls) and issubclass(cls, unittest.TestCase) and cls.__module__ == each.__name__:
                names = unittest.defaultTestLoader.getTestCaseNames(cls)
                found |= {f"{cls.__name__}.{name}": (each, cls(name)) for name in names}
    return found


def marks(name: str) -> Any:
    if name in DIFFERENT:
        error, reason = DIFFERENT[name]
        return pytest.mark.xfail(strict=True, raises=error, reason=reason)
    return pytest.mark.thorough if name.startswith("ScheduleAsLearningRateTest") else ()


CASES = cases()


@pytest.mark.usefixtures("standard_promotion")
@pytest.mark.parametrize("of, case", [pytest.param(*x, id=name, marks=marks(name)) for name, x in CASES.items()])
def test_optax_is_content(of: Any, case: unittest.TestCase, monkeypatch: pytest.MonkeyPatch):
    for name, stand_in in IN_PLACE[of].items():
        monkeypatch.setattr(of, name, stand_in)
    case.debug()


def test_what_does_not_pass_is_there():
    assert len(CASES) > 60
    assert DIFFERENT.keys() <= CASES.keys() or optax.__version__ == "0.2.7", "which had fewer tests"
