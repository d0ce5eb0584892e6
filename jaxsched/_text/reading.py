"""From a text to the schedule that it makes: through Python's own parser, and one table of names; never evaluated.

A text may come from anywhere. So its length and depth are limited before it is parsed, numbers are not computed with,
and what short lists could make of each other, or many calls within each other, is counted before it is made.
"""

import ast
import itertools
import math
import operator
import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import jax
import numpy as np

from jaxsched._combinators.choices import select
from jaxsched._combinators.joins import join_schedules, sequence
from jaxsched._combinators.stretching import stretch
from jaxsched._data.messages import brief_with_type, cut, did_you_mean
from jaxsched._schedule.arithmetic import arithmetic
from jaxsched._schedule.schedule import Schedule
from jaxsched._text.names import NAMES


LONGEST = 200_000
"""So many characters are parsed, unless more are asked for: Python takes half a kilobyte for each."""

DEEPEST = 100
"""So many brackets may lie within each other."""

MOST = 5
"""So many numbers, for each character that a text may have, may all its calls look at together."""

MORE = 10
"""For so many more counts each number, or array of them, of a schedule that lies within a call."""

COMPILED = 50_000
"""For so many counts a call for which JAX compiles."""

WIDTH = 100
"""So many characters around a mistake are shown."""

SYMBOLS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}


def loads(text: str, *, own: Iterable[Callable[..., Schedule]] = (), max_length: int = LONGEST) -> Schedule:
    """The schedule that a text describes: what `dumps` and `repr` write, or what you would type.

    A text is a call of a curve, a combinator or a recipe by its name, whose arguments are numbers, words, lists and
    other such texts; or a sum, difference, product, quotient or power, of which one side is a schedule; or a number,
    which is a constant. It is read, and never evaluated: a text of a stranger can do nothing but make a schedule.

    Args:
        text: such as `"wsd(peak_value=3e-4, warmup_steps=500, total_steps=10_000, cooldown_steps=2000)"`.
        own: classes and recipes of your own that the text may name.
        max_length: how many characters it may have. They take memory: raise it for a long table that you trust.

    Raises:
        ValueError: if the text cannot be read, or no schedule can be made of it; the place is marked.
        TypeError: if it is no text.

    >>> schedule = loads("0.5 * js.warmup_cosine(peak_value=3e-4, warmup_steps=100, total_steps=1_000)")
    >>> print(schedule, loads(dumps(schedule)) == schedule)
    (0.5 * warmup_cosine(peak_value=0.0003, warmup_steps=100, total_steps=1000)) True
    >>> loads("Linear(1, 0, [10, -1])")
    Traceback (most recent call last):
    ValueError: loads: Linear: `transition_steps` must not be negative, got -1 in row 1. ... At column 1:
        Linear(1, 0, [10, -1])
        ^^^^^^^^^^^^^^^^^^^^^^
    """
    if not isinstance(text, str):
        raise TypeError(f"loads: `text` must be a string, got {brief_with_type(text)}.")
    makers = {**NAMES, **{getattr(make, "_name", make.__name__): make for make in own}}
    reader = _Reader(text, makers, max_length)
    tree = reader.parsed()
    try:
        given = reader.read(tree)
        if isinstance(given, bool | str | list | None):
            reader.fail("it must be a schedule, or a number", tree)
        return given if isinstance(given, Schedule) else reader.made(tree, NAMES["Constant"], [given], {})
    except (RecursionError, MemoryError):
        reader.fail("it is nested too deeply", tree)


class _Reader:
    """One text, while it is read."""

    def __init__(self, text: str, makers: dict[str, Callable[..., Schedule]], max_length: int):
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.text, self.makers, self.max_length = text.strip(), makers, max_length
        before = text[: len(text) - len(text.lstrip())]
        self.lines_before, self.columns_before = before.count("\n"), len(before.rpartition("\n")[2])
        self.looked_at = 0  # numbers, so far

    def parsed(self) -> ast.expr:
        if len(self.text) > self.max_length:
            raise ValueError(
                f"loads: a text may have {self.max_length:,} characters (`max_length`), got {len(self.text):,}."
            )
        if not self.text:
            raise ValueError("loads: the text is empty.")
        if unknown := re.search("[\0\ud800-\udfff]", self.text):
            self._fail_behind(self.text[: unknown.start()], f"there is no character {unknown[0]!r}")
        depths = itertools.accumulate((x in "([{") - (x in ")]}") for x in self.text)
        if deep := next((i for i, depth in enumerate(depths) if depth > DEEPEST), None):
            self._fail_behind(self.text[:deep], f"more than {DEEPEST} brackets lie within each other")
        try:
            with warnings.catch_warnings(action="error"):  # what Python only warns of, such as `1or 2`
                return ast.parse(f"{self.text}\n", mode="eval").body  # with an end, at which something may be missing
        except SyntaxError as error:
            self._fail_at(error.msg, error.lineno or 1, (error.offset or 1) - 1, 1)
        except (RecursionError, MemoryError):
            raise ValueError("loads: the text is nested too deeply.") from None
        except ValueError as error:
            raise ValueError(f"loads: the text cannot be parsed: {error}.") from None

    def read(self, node: ast.expr) -> Any:
        """A schedule, a number, a word, a list of such, or None."""
        match node:
            case ast.Constant(value=int() as value) if value.bit_length() > 1024:
                self.fail("the number is too large", node)
            case ast.Constant(value=bool() | int() | float() | str() | None as value):
                return value
            case ast.List(elts=entries) | ast.Tuple(elts=entries):
                return [self.read(entry) for entry in entries]
            case ast.Name(id="inf" | "nan" as name):  # for an error that names the argument
                return float(name)
            case ast.Name(id=name):
                self.fail(f"`{cut(name)}` stands alone: a call has brackets, and a word quotes", node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=operand):
                return self._signed(sign, operand)
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.Pow()):
                return self._computed(node)
            case ast.Call(func=ast.Name(id=name)):
                return self._called(node, name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="js" | "jaxsched"), attr=name)):
                return self._called(node, name)
            case _:
                self.fail("there may be calls, numbers, words, lists, and + - * / **, and nothing else", node)

    def _signed(self, sign: ast.unaryop, operand: ast.expr) -> Any:
        given = self.read(operand)
        if isinstance(given, bool | str | list | None):
            self.fail("there must be a number or a schedule behind a sign", operand)
        if isinstance(sign, ast.UAdd):
            return given
        return self.made(operand, lambda x: -x, [given], {}) if isinstance(given, Schedule) else -given

    def _computed(self, node: ast.BinOp) -> Schedule:
        """A chain of one operator is one schedule, however long it is."""
        symbol, nodes = SYMBOLS[type(node.op)], [node.right]
        left = node.left
        while symbol != "**" and isinstance(left, ast.BinOp) and type(left.op) is type(node.op):
            nodes.append(left.right)
            left = left.left
        nodes = [left, *reversed(nodes)]
        operands = [self.read(each) for each in nodes]
        if not any(isinstance(x, Schedule) for x in operands[:2]):
            self.fail(f"one side of {symbol} must be a schedule: numbers are written out", node)
        for each, x in zip(nodes, operands, strict=True):
            if isinstance(x, bool | str | None):
                self.fail("there must be a number or a schedule on each side", each)
        return self.made(node, lambda *operands: arithmetic(symbol, *operands), operands, {})

    def _called(self, node: ast.Call, name: str) -> Schedule:
        if name not in self.makers:
            near = did_you_mean(name, self.makers)
            known = f" There are {', '.join(self.makers)}; and yours, if `own` has them." if near == "." else ""
            self.fail(f"a text cannot name `{cut(name)}`{near}{known}", node.func)
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                self.fail("arguments are written out, without *", argument)
        words: dict[str, Any] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                self.fail("arguments are written out, without **", keyword.value)
            if keyword.arg in words:
                self.fail(f"`{cut(keyword.arg)}` is given twice", keyword.value)
            words[keyword.arg] = self.read(keyword.value)
        return self.made(node, self.makers[name], [self.read(argument) for argument in node.args], words)

    def made(self, node: ast.expr, make: Callable[..., Schedule], given: list[Any], words: dict[str, Any]) -> Schedule:
        self.looked_at += _cost(make, {**dict(enumerate(given)), **words})
        if self.looked_at > MOST * self.max_length:
            most = f"{MOST * self.max_length:,} numbers ({MOST} for each of `max_length`)"
            self.fail(f"all calls would look at more than {most}", node)
        try:
            return make(*given, **words)
        except RecursionError:
            raise
        except (TypeError, ValueError, IndexError, KeyError, OverflowError, RuntimeError) as error:
            message = str(error.args[0]) if error.args else type(error).__name__
            about = (word.value for word in getattr(node, "keywords", ()) if f"`{word.arg}`" in message)
            self.fail(message, next(about, node))

    def fail(self, message: str, node: ast.AST) -> NoReturn:
        """Say what is wrong, and where."""
        place = operator.attrgetter("lineno", "col_offset", "end_lineno", "end_col_offset")
        line, begin, last_line, end = place(node)
        encoded = self.text.split("\n")[line - 1].encode()
        end = end if line == last_line else len(encoded)
        self._fail_at(message, line, len(encoded[:begin].decode()), len(encoded[begin:end].decode()))

    def _fail_behind(self, before: str, message: str) -> NoReturn:
        *lines, last = before.split("\n")
        self._fail_at(message, len(lines) + 1, len(last), 1)

    def _fail_at(self, message: str, line: int, begin: int, length: int) -> NoReturn:
        lines = self.text.split("\n")
        line = min(line, len(lines))  # Python may miss something behind the last one
        first = max(0, begin - WIDTH // 2)
        shown = "".join(x if x.isprintable() else "?" for x in lines[line - 1][first : first + WIDTH])
        marks = " " * (begin - first) + "^" * max(1, min(length, len(shown) - (begin - first)))
        column = begin + 1 + (self.columns_before if line == 1 else 0)
        one = len(lines) == 1 and not self.lines_before
        where = f"At column {column}" if one else f"At line {line + self.lines_before}, column {column}"
        message = cut(message, 1500) if message.endswith((".", "?")) else f"{cut(message, 1500)}."
        raise ValueError(f"loads: {message} {where}:\n    {shown}\n    {marks}") from None


def _cost(make: Callable[..., Schedule], arguments: dict[Any, Any]) -> int:
    """How many numbers a call looks at: as many rows as there may be, times those in a row."""
    tables, shapes, schedules, in_a_row = _tables(make), list[tuple[int, ...]](), list[Any](), 1
    for key, x in arguments.items():
        listed = x if isinstance(x, list) else [x]
        extents = list(map(_extent, listed))
        inner = [(entry, shape) for entry, shape in zip(listed, extents, strict=True) if isinstance(entry, Schedule)]
        if isinstance(x, list) and (key in tables or inner):
            in_a_row += len(x)
        elif isinstance(x, list):
            extents = [(len(x), *_common(extents))]
        shapes += extents
        schedules += inner
    rows = math.prod(_common(shapes))
    cost = rows * in_a_row + (COMPILED if make is stretch else 0)
    for schedule, shape in schedules:
        leaves = jax.tree.leaves(schedule)
        cost += MORE * len(leaves) + sum(map(np.size, leaves)) * rows // math.prod(_common([shape]))
    return cost


def _tables(make: Callable[..., Schedule]) -> set[Any]:
    """The arguments that are tables, by position and by name: what they list are not rows."""
    if make in (join_schedules, sequence, select):
        return {1, "schedules", "boundaries", "durations"} | (set() if make is select else {0})
    fields = getattr(getattr(make, "Recipe", make), "_fields", ())
    return {key for i, field in enumerate(fields) if field.spec.ndim for key in (i, field.name)}


def _extent(x: Any) -> tuple[int, ...]:
    """The shape of what is given, if all of it was broadcast."""
    if isinstance(x, list):
        return (len(x), *_common(map(_extent, x)))
    return x.shape if isinstance(x, Schedule) else ()


def _common(shapes: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    """A shape that is as large as any of these, along every axis."""
    from_the_last = itertools.zip_longest(*map(reversed, shapes), fillvalue=1)
    return tuple(reversed([max(1, *sizes) for sizes in from_the_last]))
