"""Compiled programs, one for each structure that is asked for, which go when nobody can ask for them again.

JAX keeps what it compiled in caches that are found by the structure of the arguments. A structure may hold a function
of the user's, and then that cache holds the function, and everything that the function holds, for as long as the
process lives. So each structure has a jitted function of its own here, which is given nothing but a list of numbers:
once it is dropped, JAX drops its traces and executables. A structure in here holds functions weakly.
"""

import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np

from jaxsched._data.data import Data, map_structure, narrowed


MOST = 256
"""How many programs of a kind are kept: those that were used last. A structure costs about half a megabyte."""


class Program:
    """As `jax.jit(fn, **options)`, of a function whose first argument holds schedules, and whose keywords are static.

    Every structure is a program of its own. It is kept until one of the functions in it is gone, or until `MOST` others
    were used after it.

    Args:
        fn: what is compiled.
        unpack: for programs that are handed their numbers in another form than as a list: from that form and the
            `kinds` of the leaves to the leaves.
        options: those of `jax.jit`.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        unpack: "Callable[[Any, tuple[Kind, ...]], list[Any]]" = lambda leaves, kinds: leaves,
        **options: Any,
    ):
        self._fn, self._unpack, self._options = fn, unpack, options
        self._kept: dict[object, _Kept] = {}

    def __call__(self, schedules: Any, /, *args: Any, **static: Any) -> Any:
        program, leaves = self.of(schedules, **static)
        return program(leaves, *args)

    def of(self, schedules: Any, /, **static: Any) -> tuple[Any, list[Any]]:
        """The jitted function for schedules of this structure, of leaves and the other arguments; and their leaves."""
        functions: list[object] = []
        schedules = _map_data(narrowed, schedules)
        leaves, structure = jax.tree.flatten(_map_structure(lambda x: _held_weakly(x, functions), schedules))
        static = {name: _held_weakly(x, functions) for name, x in static.items()}
        kinds = tuple(Kind(getattr(leaf, "dtype", type(leaf)), np.shape(leaf)) for leaf in leaves)
        key = structure, kinds, *static.values()
        kept = self._kept.pop(key, None)
        if kept is None:
            program = self._compiled(structure, kinds, static)
            kept = _Kept(program, [weakref.ref(function, self._forget) for function in functions])
        self._kept[key] = kept
        for unused in list(self._kept)[:-MOST]:  # a list, for other threads may change the dict meanwhile
            self._kept.pop(unused, None)
        return kept.program, leaves

    def programs(self) -> list[Any]:
        """All that are kept, as jitted functions."""
        return [kept.program for kept in self._kept.values()]

    def _compiled(self, structure: Any, kinds: "tuple[Kind, ...]", static: dict[str, Any]) -> Callable[..., Any]:
        fn, unpack = self._fn, self._unpack  # and not `self`, which would be a cycle

        def run(numbers: Any, *args: Any) -> Any:
            schedules = jax.tree.unflatten(structure, unpack(numbers, kinds))
            return fn(_map_structure(_held, schedules), *args, **{name: _held(x) for name, x in static.items()})

        run.__name__ = run.__qualname__ = fn.__name__
        return jax.jit(run, **self._options)

    def _forget(self, function: "weakref.ref[Any]") -> None:
        for key, kept in list(self._kept.items()):
            if any(held is function for held in kept.functions):
                self._kept.pop(key, None)


def _map_structure(fn: Callable[[Any], object], schedules: Any) -> Any:
    return _map_data(lambda data: map_structure(fn, data), schedules)


def _map_data(fn: Callable[[Data], object], schedules: Any) -> Any:
    if isinstance(schedules, Data):
        return fn(schedules)
    return jax.tree.map(lambda x: fn(x) if isinstance(x, Data) else x, schedules, is_leaf=lambda x: isinstance(x, Data))


class Kind(NamedTuple):
    """The type and the shape of a leaf."""

    dtype: Any
    shape: tuple[int, ...]


class _Kept(NamedTuple):
    program: Callable[..., Any]
    functions: list["weakref.ref[Any]"]


class _Weak(weakref.ref):
    """What stands in a structure for a function: equal and hashed as that is."""


def _held_weakly(x: Any, functions: list[object]) -> Any:
    """What is compared by identity, and so could never be asked for again once it is gone: functions, mostly."""
    if type(x) is tuple:
        return tuple(_held_weakly(entry, functions) for entry in x)
    if type(x).__eq__ is not object.__eq__:
        return x
    try:
        weak = _Weak(x)
    except TypeError:
        return x
    functions.append(x)
    return weak


def _held(x: Any) -> Any:
    if type(x) is tuple:
        return tuple(map(_held, x))
    return x() if type(x) is _Weak else x
