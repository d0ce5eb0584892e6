"""What an error says: what came, in few words, and what was probably meant."""

import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


LONGEST = 160
"""So many characters of what came are shown."""


def brief(x: object) -> str:
    """What came, as source if that is short."""
    if isinstance(x, np.generic):
        return str(x)  # in as few decimals as its type has
    if isinstance(x, list | tuple) and len(x) > 6:
        return f"[{', '.join(map(brief, x[:2]))}, ...] ({len(x)} entries)"
    return cut(repr(x))


def cut(text: str, longest: int = LONGEST) -> str:
    """A text, without its middle if it is long."""
    return text if len(text) <= longest else f"{text[: longest * 3 // 4]} ... {text[-longest // 4 :]}"


def brief_with_type(x: object) -> str:
    """What came, where the source alone may not tell why it is of a wrong type."""
    without_a_point = isinstance(x, str) and re.fullmatch(r"[+-]?\d+e[+-]?\d+", x, re.IGNORECASE)
    note = "; YAML takes 3e-4 for text, and 3.0e-4 for a number" if without_a_point else ""
    return f"{brief(x)} ({type(x).__name__}{note})"


def in_row(row: tuple[int, ...]) -> str:
    """Where in a stack, for the end of a message."""
    return f" in row {row[0] if len(row) == 1 else row}" if row else ""


def one_or_each(shape: tuple[int, ...]) -> str:
    """The shapes of what is one for all of a stack, or one for each."""
    return f"{shape} or ()" if shape else "()"


def check_shape(owner: str, name: str, given: Any, shape: tuple[int, ...]) -> None:
    """Raise unless what is given is one for all of a stack, or one for each."""
    if np.shape(given) not in ((), shape):
        raise ValueError(f"{owner}: `{name}` must have shape {one_or_each(shape)}, got {np.shape(given)}.")


def common_shape(owner: str, shapes: Iterable[tuple[str, tuple[int, ...]]]) -> tuple[int, ...]:
    """The shape to which all broadcast, by name."""
    named = list(shapes)
    try:
        return np.broadcast_shapes(*(shape for _, shape in named))
    except ValueError:
        differing = {shape: name for name, shape in reversed(named) if shape}
        came = ", ".join(f"{shape} of `{name}`" for shape, name in reversed(list(differing.items())[-4:]))
        raise ValueError(f"{owner}: the shapes must broadcast, as those of a stack do, got {came}.") from None


def one_of(words: Sequence[str], given: object, or_function: bool = False) -> str:
    """The rule for a word, what came, and the word that is nearest to it."""
    *others, last = [f'"{word}"' for word in words]
    known = f"one of {', '.join(others)}, {last}, or a function" if or_function else f"{', '.join(others)} or {last}"
    return f"must be {known}, got {brief(given)}{did_you_mean(given, words)}"


def did_you_mean(given: object, known: Iterable[str]) -> str:
    """The nearest of what is known, if one is near; the end of a message."""
    written = given.lower().replace("-", "_") if isinstance(given, str) else ""
    known = list(known)
    near = [name for name in known if written == "".join(word[:1] for word in name.split("_")) != ""]  # lr, wd
    near = near or difflib.get_close_matches(written, known, n=1, cutoff=0.5)
    return f"; did you mean `{near[0]}`?" if near else "."


def check_known(owner: str, noun: str, named: Iterable[str], known: Iterable[str]) -> None:
    """Raise if a name is unknown, and list those that are known."""
    if unknown := [name for name in named if name not in known]:
        known = list(known)
        near = did_you_mean(unknown[0], known)
        raise TypeError(f"{owner}: there is no {noun} `{unknown[0]}`{near} There are {', '.join(known)}.")


def unknown_argument(owner: str, name: str, known: Iterable[str]) -> TypeError:
    """The error for an argument that there is not."""
    known = list(known)
    return TypeError(
        f"{owner}: there is no argument `{name}`{did_you_mean(name, known)} The arguments are {', '.join(known)}."
    )
