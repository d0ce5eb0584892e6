"""What `jax.export` needs to save the structure of a program's arguments: a name for each class, and bytes.

A schedule that is an argument of an exported program is saved without its numbers: the name of its class, and what is
structure in it, as JSON. Names are for ever: "jaxsched.Linear" is `Linear` in every later version.
"""

import itertools
import json
from collections.abc import Callable
from typing import Any, TypeVar

import jax.export

from jaxsched._numerics.doubles import Double


T = TypeVar("T")

Structure = tuple[object, ...]

_NAMES: set[str] = set()


def register_for_export(cls: type, name: str, fields: tuple[str, ...], unflatten: Callable[..., object]) -> None:
    """Let programs be saved that take or return objects of a class, whose structure is these fields.

    Args:
        cls: a class that is a pytree.
        name: by which users know it; one of theirs is saved under its module and its own name.
        fields: the names of what `unflatten` takes first.
        unflatten: from structure and children to an object.
    """

    def save(structure: Structure) -> bytes:
        return json.dumps({field: _plain(name, field, x) for field, x in zip(fields, structure, strict=True)}).encode()

    def load(saved: bytes) -> Structure:
        structure = json.loads(saved)
        return tuple(_hashable(structure[field]) for field in fields)

    jax.export.register_pytree_node_serialization(
        cls,
        serialized_name=_saved_as(cls, name),
        serialize_auxdata=save,
        deserialize_auxdata=load,
        from_children=unflatten,
    )


def exportable(cls: type[T]) -> type[T]:
    """Let programs be saved that take or return a named tuple of this class."""
    return jax.export.register_namedtuple_serialization(cls, serialized_name=_saved_as(cls, cls.__name__))


def _saved_as(cls: type, name: str) -> str:
    """A name that no other class has: one that is defined again, as in a notebook, gets a number."""
    ours = cls.__module__.split(".")[0] == "jaxsched"
    name = f"jaxsched.{name}" if ours else f"{cls.__module__}.{cls.__qualname__}"
    numbered = (f"{name} ({i})" for i in itertools.count(2))
    unique = next(each for each in itertools.chain([name], numbered) if each not in _NAMES)
    _NAMES.add(unique)
    return unique


def _plain(owner: str, name: str, x: Any) -> Any:
    """What JSON gives back as it was, but for tuples, which become lists."""
    if type(x) is tuple:
        return [_plain(owner, name, each) for each in x]
    if type(x) not in (bool, int, float, str, type(None)):
        rule = "must be True, False, None, a number, a string or a tuple of those to be saved with an exported program"
        raise TypeError(f"{owner}: `{name}` {rule} (a function can only be held inside of it), got {x!r}.")
    return x


def _hashable(x: Any) -> Any:
    return tuple(map(_hashable, x)) if isinstance(x, list) else x


register_for_export(Double, "Double", (), lambda structure, children: Double(*children))
