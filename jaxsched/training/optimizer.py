"""The optimizer: what it is made of, and what one update does."""

import inspect
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Union, get_args, get_origin

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.core import Tracer
from jax.typing import ArrayLike

from jaxsched._curves.constant import Constant
from jaxsched._data.checks import as_step, checked_leaf
from jaxsched._data.data import Data, broadcast_numbers
from jaxsched._data.export import exportable
from jaxsched._data.messages import brief, brief_with_type, common_shape, did_you_mean, one_or_each
from jaxsched._feedback import GreedyPlateau, PlateauState, ReduceOnPlateau
from jaxsched._numerics.floats import default_dtype, last_step
from jaxsched._schedule.schedule import Schedule
from jaxsched._typing import Spec, Step
from jaxsched.training.steered import Packed, Steered, packed, steered_values, unpacked


Controller = ReduceOnPlateau | GreedyPlateau


@exportable
class ScheduledState(NamedTuple):
    """The state of a `scheduled` optimizer."""

    step: jax.Array  # the clock: how many updates were made, which is the step of the next one
    values: dict[str, jax.Array]  # what the last update applied
    schedules: dict[str, Packed]
    feedback: dict[str, tuple[Controller, PlateauState]]
    inner: Any  # the state of the optimizer itself


def scheduled(
    factory: Callable[..., optax.GradientTransformation],
    /,
    *,
    feedback: Mapping[str, Controller] | None = None,
    **hyperparameters: Any,
) -> optax.GradientTransformationExtraArgs:
    """An optimizer whose hyperparameters follow schedules, all on one clock.

    Every number and every schedule that is named here is followed: it is shown by `values`, and can be changed during
    the run. What is not named keeps the default of the factory. A number is a `Constant`.

    The updates are those of the optimizer itself, bit for bit: to optax the values are Python floats, which take on
    the type of the parameters only where they meet them. So they stay float32 where the parameters are bfloat16.

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
        hyperparameters: the arguments of the factory, by name. Flags, functions, integers where the factory wants
            an `int`, and the like are given to it as they are.

    Returns:
        An optimizer. Its `update(updates, state, params, *, step=None, value=None, **extra_args)` takes `step`, where
        the run has a clock of its own: the schedules then follow that one, and the state's is set by it. `step`,
        `value` and all else reach the optimizer too. In a stack, `step` and `value` may have its shape.

    Raises:
        TypeError: if a name is unknown, a schedule is given for what is not a number, or a function for what is; when
            updated, if there is feedback and no `value`.
        ValueError: if the shapes of the schedules disagree; when initialized, if the parameters lack the axes.

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
    schedules, fixed = _sorted_out(owner, factory, hyperparameters)
    controllers = _controllers(owner, feedback or {}, schedules)
    shape = _shape(owner, {**schedules, **{f"feedback of {name}": x for name, x in controllers.items()}})
    schedules = {name: broadcast_numbers(schedules[name], shape) for name in sorted(schedules)}
    controllers = {name: broadcast_numbers(controllers[name], shape) for name in sorted(controllers)}

    def make(values: dict[str, jax.Array]) -> optax.GradientTransformationExtraArgs:
        try:
            optimizer = factory(**fixed, **{name: jnp.full_like(0.0, value) for name, value in values.items()})
        except jax.errors.ConcretizationTypeError as error:
            error.add_note(f"{owner}: what it needs as a Python number, give to it with functools.partial.")
            raise
        return optax.with_extra_args_support(optimizer)

    def init(params: optax.Params) -> ScheduledState:
        def init_one(
            schedules: dict[str, Schedule], controllers: dict[str, Controller], params: optax.Params
        ) -> ScheduledState:
            step = jnp.zeros((), default_dtype(integer=True))
            values = {name: schedule(step) for name, schedule in schedules.items()}
            follows = {name: packed(Steered(schedule)) for name, schedule in schedules.items()}
            state = {name: (controller, controller.init()) for name, controller in controllers.items()}
            return ScheduledState(step, values, follows, state, make(values).init(params))

        _check_axes(owner, params, shape)
        # copies, so that the state can be donated
        return over(shape, init_one)(*jax.tree.map(jnp.array, (schedules, controllers)), params)

    def update(
        updates: optax.Updates,
        state: Any,
        params: optax.Params | None = None,
        *,
        step: Step | None = None,
        value: ArrayLike | None = None,
        **extra_args: Any,
    ) -> tuple[optax.Updates, Any]:
        if not isinstance(state, ScheduledState):
            raise TypeError(f"{owner}: `state` must be that of a scheduled optimizer, got {type(state).__name__}.")
        if state.feedback and value is None:
            raise TypeError(
                f"{owner}: `value` is needed by the feedback of {', '.join(state.feedback)}: update(..., value=loss)."
            )

        def update_one(updates: Any, state: ScheduledState, params: Any, given: dict[str, Any]) -> Any:
            now = jnp.maximum(given.get("step", state.step), 0)
            feedback = {
                name: (controller, controller.update(at, given["value"]))
                for name, (controller, at) in state.feedback.items()
            }
            state = state._replace(feedback=feedback)
            values = steered_values(followed(state), now)
            updates, inner = make(values).update(updates, state.inner, params, **given, **extra_args)
            after = jnp.minimum(now, last_step() - 1) + 1
            return updates, state._replace(step=after, values=values, inner=inner)

        given = {} if step is None else {"step": as_step(owner, step)}
        given |= {} if value is None else {"value": value}
        shape = state.step.shape
        for name, x in given.items():
            check_shape(owner, name, x, shape)
        given = {name: jnp.broadcast_to(jnp.asarray(x), shape) for name, x in given.items()}
        return over(shape, update_one)(updates, state, params, given)

    return optax.GradientTransformationExtraArgs(init, update)


def followed(state: ScheduledState) -> dict[str, Steered]:
    """What the hyperparameters follow, with their feedback."""
    scales = {name: at.scale for name, (_, at) in state.feedback.items()}
    return {name: unpacked(held, scales.get(name, 1.0)) for name, held in state.schedules.items()}


# What a user names is sorted out.

UNKNOWN = (inspect.Parameter.empty, Any, "Any")
NUMBERS = (float, int, complex, bool, np.ndarray, np.generic, jax.Array)


def _sorted_out(owner: str, factory: Any, named: Mapping[str, Any]) -> tuple[dict[str, Schedule], dict[str, Any]]:
    """What follows a schedule, and what is given to the factory as it is."""
    parameters = inspect.signature(factory).parameters.values()
    known = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        check_known(owner, "hyperparameter", named, known)
    if missing := [p.name for p in known.values() if p.default is p.empty and p.name not in named]:
        raise TypeError(f"{owner}: `{missing[0]}` is needed.")

    schedules, fixed = {}, {}
    for name, given in named.items():
        annotation = known[name].annotation if name in known else inspect.Parameter.empty
        if isinstance(given, Schedule):
            if not _takes_numbers(annotation):
                raise TypeError(f"{owner}: `{name}` is not a number and cannot follow a schedule, got {brief(given)}.")
            schedules[name] = given
        elif _takes_numbers(annotation) and isinstance(given, NUMBERS) and not isinstance(given, bool):
            schedules[name] = Constant(checked_leaf(owner, name, given, Spec()))
        elif _takes_numbers(annotation) and callable(given) and annotation not in UNKNOWN:
            rule = "must be a number or a schedule, such as FromFunction(...)"
            raise TypeError(f"{owner}: `{name}` {rule}, got {brief(given)}.")
        else:
            fixed[name] = given
    return schedules, fixed


def _takes_numbers(annotation: Any) -> bool:
    """Whether a parameter may be a float, as far as its annotation tells."""
    if annotation in UNKNOWN:
        return True
    if isinstance(annotation, str):
        return any(word in annotation for word in ("float", "Array", "Scalar"))
    kinds = list(_alternatives(annotation))
    numeric = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, NUMBERS)]
    others = [kind for kind in kinds if kind not in (*numeric, types.NoneType) and get_origin(kind) is not Callable]
    return not others and any(issubclass(kind, float | jax.Array) for kind in numeric)


def _alternatives(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        for option in get_args(annotation):
            yield from _alternatives(option)
    else:
        yield annotation


def check_known(owner: str, noun: str, named: Iterable[str], known: Iterable[str]) -> None:
    """Raise if a name is unknown, and list those that are known."""
    if unknown := [name for name in named if name not in known]:
        known = list(known)
        near = did_you_mean(unknown[0], known)
        raise TypeError(f"{owner}: there is no {noun} `{unknown[0]}`{near} There are {', '.join(known)}.")


def _controllers(owner: str, feedback: Mapping[str, Any], schedules: Mapping[str, Schedule]) -> dict[str, Controller]:
    check_known(f"{owner}: feedback", "scheduled hyperparameter", feedback, schedules)
    for name, controller in feedback.items():
        if not isinstance(controller, Controller):
            rule = "must be a ReduceOnPlateau or a GreedyPlateau"
            raise TypeError(f"{owner}: the feedback of `{name}` {rule}, got {brief(controller)}.")
    return dict(feedback)


# A stack of schedules makes a stack of optimizers.


def _shape(owner: str, named: Mapping[str, Data]) -> tuple[int, ...]:
    return common_shape(owner, ((name, data.shape) for name, data in named.items()))


def _check_axes(owner: str, params: Any, shape: tuple[int, ...]) -> None:
    for path, leaf in jax.tree.leaves_with_path(params):
        if np.shape(leaf)[: len(shape)] != shape:
            rule = f"the schedules are a stack of shape {shape}, so every parameter must begin with these axes"
            raise ValueError(f"{owner}: {rule}, got {np.shape(leaf)} at params{jax.tree_util.keystr(path)}.")


def check_shape(owner: str, name: str, given: Any, shape: tuple[int, ...]) -> None:
    """Raise unless what is given is one for all of a stack, or one for each."""
    came = given.shape if isinstance(given, Schedule) else np.shape(given)
    if came not in ((), shape):
        raise ValueError(f"{owner}: `{name}` must have shape {one_or_each(shape)}, got {came}.")


def over(shape: tuple[int, ...], fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function for a stack of that shape."""
    mapped = fn
    for _ in shape:
        mapped = jax.vmap(mapped)
    return (lambda *args: mapped(*_sharded_alike(len(shape), args))) if shape else fn


def _sharded_alike(ndim: int, args: Any) -> Any:
    """The same arrays, their axes of a stack sharded alike: on a mesh of explicit axes, `vmap` asks for that."""

    def axes(x: Any) -> tuple[Any, ...]:
        return tuple(jax.typeof(x).sharding.spec)[:ndim]

    sharded = [x for x in jax.tree.leaves(args) if any(axes(x))]
    if not sharded:
        return args
    first, wanted = sharded[0], axes(sharded[0])
    mesh = jax.typeof(first).sharding.mesh if isinstance(first, Tracer) else first.sharding.mesh

    def follow(x: Any) -> Any:
        if any(axes(x)):
            return x
        spec = jax.sharding.PartitionSpec(*wanted, *jax.typeof(x).sharding.spec[ndim:])
        return jax.device_put(x, jax.sharding.NamedSharding(mesh, spec))

    return jax.tree.map(follow, args)
