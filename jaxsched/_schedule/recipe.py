"""How a function of keywords becomes a schedule that remembers how it was written.

    @recipe
    def warmup_constant(*, peak_value: Value, warmup_steps: Length, init_value: Value = 0.0) -> Schedule:
        return sequence([Linear(init_value, peak_value, warmup_steps), Constant(peak_value)], [warmup_steps])

What a user holds is a `Recipe`: a schedule whose fields are these arguments. So it prints as it was typed, has
`peak_value` as one leaf, and can be changed by name. The composition that the function returns is built when values are
asked for, from numbers that are traced by then.
"""

import functools
import inspect
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec

import jax
import numpy as np

from jaxsched._data.checks import as_exact, is_traced
from jaxsched._data.data import Data, broadcast_numbers, with_fields
from jaxsched._data.fields import as_schedule
from jaxsched._data.messages import unknown_argument
from jaxsched._numerics.doubles import Double
from jaxsched._schedule.programs import Program
from jaxsched._schedule.schedule import Schedule, traceable
from jaxsched._typing import Number, declared, plain


P = ParamSpec("P")


class Recipe(Schedule, abstract=True):
    """A schedule that is a named composition of others."""

    _make: ClassVar[Callable[..., Schedule]]
    _by_lengths: ClassVar[bool]  # whether a longer horizon is nothing but longer lengths

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def _composition(self) -> Schedule:
        """What the function makes of the arguments."""
        given = {field: vars(self)[field.name] for field in self._fields}
        if not self._of_the_house:  # for functions that compute with lengths as with floats
            lengths = {field: x for field, x in given.items() if isinstance(x, Double) and field.spec.may_be_real}
            given |= {field: as_exact(x) if isinstance(x.high, np.generic) else x.total for field, x in lengths.items()}
        made = type(self)._make(**{field.name: x for field, x in given.items()})
        return as_schedule(self._name, f"{self._name}(...)", made, Schedule)

    def check(self) -> None:
        """Let the function find what is wrong with numbers that are known."""
        if any(map(is_traced, jax.tree.leaves(self))):
            return
        try:
            self._composition()
        except (TypeError, ValueError) as error:
            if str(error).startswith(f"{self._name}:"):
                raise
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{self._name}: {error}") from error

    def formula(self, step: jax.Array) -> Number:
        with traceable(self._name, self._name):
            composition = self._composition()
        return composition.formula(step)


def recipe(make: Callable[P, Schedule], *, by_lengths: bool = True) -> Callable[P, Recipe]:
    """A function of keywords that returns a schedule, as a recipe: a schedule that remembers these keywords.

    Each argument is declared by its annotation as the field of a schedule is, and checked so; see `jaxsched.fields`.
    The function is called twice: when a recipe is built, to find what is wrong with the numbers; and, with numbers that
    are traced, when it is compiled.

    Args:
        make: the function. No `if` in it may depend on a number, which may be traced: `jnp.where`, or a flag. A
            length that is no whole number is a float in it, and a `Factor` a number in double precision that knows
            + - * and /.
        by_lengths: whether for `stretch` the lengths among its arguments are all that changes with the horizon; else
            what it is made of is stretched.

    Returns:
        A function of the same keywords. The class of the recipes that it returns is its attribute `Recipe`.

    Raises:
        TypeError: if an argument has no annotation, or need not be a keyword.

    >>> @recipe
    ... def there_and_back(*, peak_value: float, total_steps: int) -> Schedule:
    ...     half = total_steps // 2
    ...     return sequence([Linear(0.0, peak_value, half), Linear(peak_value, 0.0, total_steps - half)], [half])
    >>> schedule = there_and_back(peak_value=1.0, total_steps=100)
    >>> schedule, float(schedule(25)), schedule.peak_value
    (there_and_back(peak_value=1.0, total_steps=100), 0.5, np.float32(1.0))
    """
    name, signature, annotations = make.__name__, inspect.signature(make), declared(make)
    parameters = signature.parameters.values()
    for parameter in parameters:
        if parameter.kind is not parameter.KEYWORD_ONLY or parameter.name not in annotations:
            rule = "must be a keyword (after `*`) and have an annotation, such as float"
            raise TypeError(f"{name}: `{parameter.name}` {rule}, got {parameter}.")

    def body(namespace: dict[str, Any]) -> None:
        namespace |= {
            "__module__": make.__module__,
            "__qualname__": f"{make.__qualname__}.Recipe",
            "__doc__": make.__doc__,
            "__annotations__": {parameter.name: annotations[parameter.name] for parameter in parameters},
            **{each.name: each.default for each in parameters if each.default is not each.empty},
            "_make": staticmethod(make),
            "_by_lengths": by_lengths,
        }

    cls: Any = types.new_class(name, (Recipe,), {"kw_only": True}, body)
    needed = [each.name for each in parameters if each.default is each.empty]
    call = f"{name}({', '.join(f'{each}=' for each in needed)}{', ...' if len(needed) < len(parameters) else ''})"

    @functools.wraps(make)
    def make_recipe(*args: P.args, **words: P.kwargs) -> Recipe:
        if args:
            raise TypeError(f"{name}: arguments are given by name: {call}, got {len(args)} without a name.")
        for unknown in words.keys() - signature.parameters.keys():
            raise unknown_argument(name, unknown, signature.parameters)
        if missing := [f"`{each}`" for each in needed if each not in words]:
            raise TypeError(f"{name}: {' and '.join(missing)} must be given: {call}.")
        return cls(**words)

    make_recipe.__annotations__ = {key: plain(annotation) for key, annotation in annotations.items()}
    shown = [each.replace(annotation=plain(annotations[each.name])) for each in parameters]
    vars(make_recipe)["__signature__"] = signature.replace(parameters=shown, return_annotation=Schedule)
    vars(make_recipe)["Recipe"] = cls
    return make_recipe


# What a schedule is made of.


def expanded(schedule: Schedule) -> Schedule:
    """The same without recipes, with numbers of NumPy where they were."""
    if not _has_recipes(schedule):
        return schedule
    result = _expanded(schedule)
    if all(isinstance(leaf, np.ndarray | np.generic) for leaf in jax.tree.leaves(schedule)):
        result = jax.tree.map(lambda leaf: np.asarray(leaf)[()], result)
    return result


def _has_recipes(held: Any) -> bool:
    if isinstance(held, tuple):
        return any(map(_has_recipes, held))
    return isinstance(held, Recipe) or (isinstance(held, Data) and any(map(_has_recipes, vars(held).values())))


@Program
def _expanded(schedule: Schedule) -> Schedule:
    return without_recipes(schedule)


def without_recipes(schedule: Any) -> Any:
    """The same with the composition in the place of every recipe, which may lie in a join of pieces that are alike."""
    if isinstance(schedule, Recipe):
        composition = without_recipes(schedule._composition())
        return broadcast_numbers(composition, schedule.shape)
    if isinstance(schedule, tuple):
        return tuple(map(without_recipes, schedule))
    if not _has_recipes(schedule):
        return schedule
    return with_fields(schedule, {name: without_recipes(held) for name, held in schedule.__getstate__().items()})
