"""What users get through a door belongs to it: pickles, messages and `help` name the door, and never a private file.

They see types, and not how a field is declared.
"""

import inspect
from collections.abc import Iterable
from typing import Any

from jaxsched._typing import plain


def publish(door: str, names: dict[str, Any], inner: Iterable[type]) -> list[str]:
    """Let the classes and functions among the names of a door say that they are its own.

    To be called last, when all type hints are resolved. `inspect.getsource` finds a function by its code; a class it
    looks for in the module that the class names, in no other way, so it says that there is no source.

    Args:
        door: the module.
        names: all that it knows.
        inner: the classes among them that users do not name.

    Returns:
        The other names, for `__all__`.
    """
    public = {name: x for name, x in names.items() if inspect.isclass(x) or inspect.isfunction(x)}
    public = {name: x for name, x in public.items() if x.__module__.startswith("jaxsched.") and x is not publish}
    for x in public.values():
        if inspect.isfunction(x):
            x.__annotations__ = {argument: plain(annotation) for argument, annotation in x.__annotations__.items()}
        for each in (x, vars(x).get("Recipe", x)):
            each.__module__ = door
            if "__firstlineno__" in vars(each):  # by which Python 3.13 would show other lines, of the file of the door
                delattr(each, "__firstlineno__")
    return sorted(public.keys() - {x.__name__ for x in inner})
