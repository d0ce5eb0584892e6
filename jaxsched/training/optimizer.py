"""The optimizer: what it is made of, and what one update does."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from jaxsched._combinators.steered import Steering
from jaxsched._curves.constant import Constant, FromFunction
from jaxsched._data.checks import as_step, checked_leaf
from jaxsched._data.data import broadcast_numbers
from jaxsched._data.messages import brief, brief_with_type, check_known, check_shape, common_shape
from jaxsched._feedback import PlateauState
from jaxsched._numerics.floats import default_dtype, last_step
from jaxsched._schedule.calling import opaque
from jaxsched._schedule.mapping import over
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import NUMERIC, Spec, Step, asked, parameters_of
from jaxsched.training.following import Controller, followed
from jaxsched.training.state import ScheduledState, packed, written


def scheduled(
    factory: Callable[..., optax.GradientTransformation],
    /,
    *,
    feedback: Mapping[str, Controller] | None = None,
    **hyperparameters: Any,
) -> optax.GradientTransformationExtraArgs:
    """An optimizer whose hyperparameters follow schedules, all on one clock.

    Every schedule and every float that is named here is followed: shown by `values`, and changed during the run. So is
    an integer or a function of the step where the factory asks for a float; nothing in a function is data. Any other
    argument is given to the factory as it is, and what is not named keeps its default.

    The updates are those of the optimizer itself, bit for bit: to optax the values are Python floats, which take on
    the type of the parameters only where they meet them. So they stay float32 where the parameters are bfloat16.

    The state holds nothing of the plan, and so a checkpoint is followed by the plan of the code that reads it. Where
    the numbers of a plan are data, the optimizer is made inside of the program, of a schedule that is an argument.

    A factory of your own may be any function from numbers to an optimizer. Groups of parameters share one clock and
    one evaluation when the factory makes them:

        def by_depth(learning_rate):
            rates = {i: learning_rate * 0.75 ** (11 - i) for i in range(12)}
            return optax.partition({i: optax.adamw(rate) for i, rate in rates.items()}, labels)

        optimizer = scheduled(by_depth, learning_rate=js.warmup_cosine(...))

    A stack of schedules makes a stack of optimizers: parameters and gradients have its axes before their own, and may
    be spread over devices along them.

    Args:
        factory: `optax.adamw`, or any other function that returns an optimizer.
        feedback: for some of the hyperparameters, a `ReduceOnPlateau` or `GreedyPlateau` that scales its schedule.
            It sees the `value=` of every update. A metric that comes once an epoch may be given at each of its
            updates, with as large an `accumulation_size`; or once, and NaN at the others, with `nan="skip"`.
        hyperparameters: the arguments of the factory, by name.

    Returns:
        An optimizer. Its `update(updates, state, params, *, step=None, value=None, **extra_args)` takes `step`, where
        the run has a clock of its own: the schedules then follow that one, and the state's is set by it. `step`,
        `value` and all else reach the optimizer too. In a stack, `step` and `value` may have its shape.

    Raises:
        TypeError: if a name is unknown, nothing is followed, or a schedule is given for what is not a number; when
            updated, if there is feedback and no `value`.
        ValueError: if the shapes of the schedules disagree; when initialized, if the parameters lack the axes, or hold
            a schedule beside others; when updated, if the state has other names.

    >>> optimizer = scheduled(optax.adamw, learning_rate=Linear(1.0, 0.0, 4), weight_decay=0.1)
    >>> params = jnp.ones(3)
    >>> state = optimizer.init(params)
    >>> for _ in range(3):
    ...     updates, state = optimizer.update(jnp.ones(3), state, params)
    >>> {name: round(float(value), 3) for name, value in values(state).items()}
    {'learning_rate': 0.5, 'weight_decay': 0.1}

    optax `inject_hyperparams`.
    """
    if not callable(factory):
        rule = "must be a function that makes an optimizer, such as `optax.adamw` without parentheses"
        raise TypeError(f"scheduled: `factory` {rule}, got {brief_with_type(factory)}.")
    owner = f"scheduled({getattr(factory, '__name__', repr(factory))})"
    plans, as_it_is, others = _sorted_out(owner, factory, hyperparameters)
    controllers = _controllers(owner, feedback or {}, plans)
    shapes = {name: plan.shape for name, plan in plans.items()}
    shapes |= {f"feedback of {name}": controller.shape for name, controller in controllers.items()}
    shape = common_shape(owner, shapes.items())
    if arrays := [name for name, given in as_it_is.items() if shape and getattr(given, "shape", ()) == shape]:
        rule = f"an array is given to the factory as it is; for a stack of shape {shape}, write a Constant(...)"
        raise TypeError(f"{owner}: `{arrays[0]}`: {rule}.")
    plans = {name: broadcast_numbers(plan, shape) for name, plan in plans.items()}
    controllers = {name: broadcast_numbers(controller, shape) for name, controller in controllers.items()}
    run = Scheduled(owner, factory, plans, controllers, shape, as_it_is, others)
    return optax.GradientTransformationExtraArgs(run.init, run.update)


@dataclasses.dataclass(frozen=True, eq=False)
class Scheduled:
    """What a scheduled optimizer is made of; its functions are methods of this."""

    owner: str
    factory: Callable[..., optax.GradientTransformation]
    plans: dict[str, Schedule]  # in the order of their names
    controllers: dict[str, Controller]
    shape: tuple[int, ...]
    as_it_is: dict[str, Any]
    others: dict[str, float]  # the numbers that are left as the factory has them

    def make(self, values: dict[str, jax.Array]) -> optax.GradientTransformationExtraArgs:
        """The optimizer for these values."""
        numbers = {name: jnp.full_like(0.0, value) for name, value in values.items()}
        try:
            return optax.with_extra_args_support(self.factory(**self.as_it_is, **numbers))
        except jax.errors.ConcretizationTypeError as error:
            error.add_note(f"{self.owner}: what it needs as a Python number, give to it with functools.partial.")
            raise

    def init(self, params: optax.Params) -> ScheduledState:
        def init_one(plans: dict[str, Schedule], params: optax.Params) -> ScheduledState:
            count = jnp.zeros((), default_dtype(integer=True))
            values = {name: plan(count) for name, plan in plans.items()}
            applied = jnp.stack([*values.values()])
            zero = applied < -jnp.inf  # which lies on the devices as the values do
            number, integer = zero.astype(applied.dtype), zero.astype(count.dtype)
            steering = packed(Steering(applied, number, number, number, integer, integer, integer))
            feedback = packed(PlateauState(number + 1, number, number, integer, integer, integer, integer, integer))
            return ScheduledState(count, values, steering, feedback, self.make(values).init(params))

        _check_params(self.owner, params, self.shape)
        return over(self.shape, init_one)(self.plans, params)

    def update(
        self, updates: Any, state: Any, params: Any = None, *, step: Step | None = None, value: Any = None, **extra: Any
    ) -> tuple[Any, Any]:
        owner, shape = self.owner, self.shape
        check_state(owner, state, self.plans, shape)
        if self.controllers and value is None:
            names = ", ".join(self.controllers)
            raise TypeError(f"{owner}: `value` is needed by the feedback of {names}: update(..., value=loss).")

        def update_one(follows: Any, updates: Any, state: ScheduledState, params: Any, given: dict[str, Any]) -> Any:
            now = jnp.maximum(given.get("step", state.count), 0)
            held = state.hyperparams, state.steering, state.feedback
            hyperparams, steering, feedback = followed(follows, now, given.get("value"), *held)
            updates, inner = self.make(hyperparams).update(updates, state.inner_state, params, **given, **extra)
            after = jnp.minimum(now, last_step() - 1) + 1
            return updates, ScheduledState(after, hyperparams, steering, feedback, inner)

        given = {} if step is None else {"step": as_step(owner, step)}
        given |= {} if value is None else {"value": value}
        for name, x in given.items():
            check_shape(owner, name, x, shape)
        given = {name: jnp.broadcast_to(x, shape) for name, x in given.items()}
        state = state._replace(hyperparams=written(owner, state))
        follows = tuple({name: opaque(x) for name, x in each.items()} for each in (self.plans, self.controllers))
        return over(shape, update_one)(follows, updates, state, params, given)


def _controllers(owner: str, feedback: Mapping[str, Any], plans: Mapping[str, Schedule]) -> dict[str, Controller]:
    check_known(f"{owner}: feedback", "scheduled hyperparameter", feedback, plans)
    for name, controller in feedback.items():
        if not isinstance(controller, Controller):
            rule = "must be a ReduceOnPlateau or a GreedyPlateau"
            raise TypeError(f"{owner}: the feedback of `{name}` {rule}, got {brief(controller)}.")
    return dict(feedback)


def _check_params(owner: str, params: Any, shape: tuple[int, ...]) -> None:
    nodes = jax.tree.leaves_with_path(params, is_leaf=lambda node: isinstance(node, Schedule))
    schedules = [path for path, node in nodes if isinstance(node, Schedule) and jax.tree.leaves(node)]
    if 0 < len(schedules) < len(nodes):  # a tree of nothing else is tuned on purpose
        rule = "would be trained with the parameters; FromFunction(schedule) is the same curve without numbers to train"
        raise ValueError(f"{owner}: the schedule at params{jax.tree_util.keystr(schedules[0])} {rule}.")
    for path, leaf in jax.tree.leaves_with_path(params):
        if np.shape(leaf)[: len(shape)] != shape:
            rule = f"the schedules are a stack of shape {shape}, so every parameter must begin with these axes"
            raise ValueError(f"{owner}: {rule}, got {np.shape(leaf)} at params{jax.tree_util.keystr(path)}.")


def check_state(owner: str, state: Any, plans: Mapping[str, Schedule], shape: tuple[int, ...]) -> None:
    """Raise unless it is a state of these hyperparameters, and of a stack of this shape."""
    if not isinstance(state, ScheduledState):
        rule = "must be that of a scheduled optimizer (`resume` takes any other)"
        raise TypeError(f"{owner}: `state` {rule}, got {type(state).__name__}.")
    if state.hyperparams.keys() != plans.keys():
        came = f"{', '.join(sorted(state.hyperparams))} in `state`, and {', '.join(plans)} in the optimizer"
        raise ValueError(f"{owner}: the hyperparameters differ: {came} (`resume` carries over what is in both).")
    if state.count.shape != shape:
        rule = f"`state` must be of shape {shape}, as the schedules are"
        raise ValueError(f"{owner}: {rule}, got {state.count.shape}.")


# What a user names is sorted out.


def _sorted_out(
    owner: str, factory: Callable[..., Any], named: Mapping[str, Any]
) -> tuple[dict[str, Schedule], dict[str, Any], dict[str, Any]]:
    """What is followed, what is given as it is, and the numbers that are left as the factory has them."""
    parameters = parameters_of(factory)
    known = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        check_known(owner, "hyperparameter", named, known)
    if missing := [p.name for p in known.values() if p.default is p.empty and p.name not in named]:
        raise TypeError(f"{owner}: `{missing[0]}` is needed.")

    plans: dict[str, Schedule] = {}
    as_it_is: dict[str, Any] = {}
    for name in sorted(named):
        given, wants = named[name], asked(known[name]) if name in known else "anything"
        if isinstance(given, Schedule):
            if wants == "no number":
                raise TypeError(f"{owner}: `{name}` is not a number and cannot follow a schedule, got {brief(given)}.")
            plans[name] = given
        elif (_is(np.floating, given) and wants != "no number") or (_is(np.integer, given) and wants == "a float"):
            plans[name] = Constant(checked_leaf(owner, name, given, Spec()))
        elif callable(given) and wants in ("a float", "a number"):
            if hasattr(given, "init") and hasattr(given, "update"):
                rule = "has a state, and is no function of the step; what follows a metric is `feedback=`"
                raise TypeError(f"{owner}: `{name}` {rule}, got {brief(given)}.")
            plans[name] = FromFunction(given)
        else:
            as_it_is[name] = given
    if not plans:
        raise TypeError(f"{owner}: there is nothing to follow; name a hyperparameter, as in `learning_rate=...`.")
    others = {name: p.default for name, p in known.items() if name not in named and type(p.default) in (float, int)}
    return plans, as_it_is, others


def _is(kind: type, given: Any) -> bool:
    """Whether it is one number of a kind: of Python, of NumPy, of JAX, or traced."""
    one = isinstance(given, NUMERIC) and not isinstance(given, bool) and np.ndim(given) == 0
    return one and jnp.issubdtype(jnp.result_type(given), kind)
