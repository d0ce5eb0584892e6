"""What a function reads from outside of it, so that its programs are not kept when that has changed.

In a notebook, `STEPS = 300` in another cell, or a new `loss`, makes `train` another function, although it is the same
object. What is compared is the code, and the values of global names, closures and defaults, of the function and of
those that it reaches and that are not installed; for a method, the attributes of its object as well. What is changed in
place, an array or a dict, is not seen.
"""

import functools
import sysconfig
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any


STDLIB = sysconfig.get_paths()["stdlib"]


class Outside:
    """What functions read, as it was at one time; arrays and functions are not kept alive."""

    def __init__(self, *train: Callable[..., Any]):
        self._seen = {name: _hold(value) for name, value in _read_by(*train)}

    def is_as_of(self, *train: Callable[..., Any]) -> bool:
        """Whether the functions still read the same."""
        now = dict(_read_by(*train))
        return now.keys() == self._seen.keys() and all(_same(held(), now[name]) for name, held in self._seen.items())


def _read_by(*train: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The values that functions read, by where and under which name."""
    open_, visited = [*train], set()
    while open_:
        function = open_.pop()
        if id(function) in visited:
            continue
        visited.add(id(function))
        where = (str(getattr(function, "__module__", "")), str(getattr(function, "__qualname__", type(function))))
        for name, value in _outside(function):
            yield (*where, name), value
            if isinstance(value, functools.partial) or _is_own(getattr(value, "__wrapped__", value)):
                open_.append(value)


def _outside(function: Any) -> Iterator[tuple[str, Any]]:
    """The values that this function reads itself, by name, and its code."""
    if isinstance(function, types.MethodType):
        yield from getattr(function.__self__, "__dict__", {}).items()
        yield "method", function.__func__
    elif isinstance(function, functools.partial):
        yield "partial", function.func
        yield from ((f"argument {i}", value) for i, value in enumerate(function.args))
        yield from function.keywords.items()
    elif isinstance(inner := getattr(function, "__wrapped__", function), types.FunctionType):
        yield "code", inner.__code__  # which a notebook may load again, in place
        yield from _named(inner)
        for name, cell in zip(inner.__code__.co_freevars, inner.__closure__ or (), strict=True):
            try:
                yield name, cell.cell_contents
            except ValueError:  # empty
                continue
        yield from ((f"default {i}", value) for i, value in enumerate(inner.__defaults__ or ()))
        yield from (inner.__kwdefaults__ or {}).items()


def _named(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """The values of the global names in a function, and, where that is a module, of the names in it."""
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        yield name, value
        if isinstance(value, types.ModuleType) and _is_worked_on(
            value.__name__, getattr(value, "__file__", None) or ""
        ):
            yield from ((f"{name}.{inner}", vars(value)[inner]) for inner in names & vars(value).keys())


def _is_own(function: Any) -> bool:
    return isinstance(function, types.FunctionType) and _is_worked_on(
        function.__module__ or "", function.__code__.co_filename
    )


def _is_worked_on(module: str, path: str) -> bool:
    """Whether a file may change while a process runs: it is neither installed nor ours."""
    installed = path.startswith(STDLIB) or "site-packages" in path or "dist-packages" in path
    return not installed and module.split(".", maxsplit=1)[0] != "jaxsched"


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """A function's code and that of the functions within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _hold(value: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(value)
    except TypeError:
        return lambda: value


def _same(held: Any, now: Any) -> bool:
    """Whether it is the same object, or a number or a text that is equal."""
    return held is now or (type(held) is type(now) and isinstance(now, int | float | complex | str) and held == now)
