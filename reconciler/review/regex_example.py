"""A text that a regular expression matches, for sample requests."""

from __future__ import annotations

import re._constants as kinds  # type: ignore[import-not-found]  # the standard library's parser has no stubs
import re._parser as parser  # type: ignore[import-not-found]  # the same
from typing import Any

import re2


def example(pattern: str) -> str | None:
    """A short match of a pattern of RE2, or None where none was found."""
    try:
        made = _sequence(parser.parse(pattern))
    except (parser.error, KeyError, ValueError, RecursionError, OverflowError):
        return None
    return made if re2.compile(pattern).fullmatch(made) else None


def _sequence(parsed: Any) -> str:
    return "".join(_one(kind, value) for kind, value in parsed)


def _one(kind: Any, value: Any) -> str:
    if kind is kinds.LITERAL:
        return chr(value)
    if kind is kinds.NOT_LITERAL:
        return "b" if value == ord("a") else "a"
    if kind is kinds.ANY:
        return "a"
    if kind is kinds.IN:
        return _any_of(value)
    if kind is kinds.BRANCH:
        return _sequence(value[1][0])
    if kind is kinds.SUBPATTERN:
        return _sequence(value[-1])
    if kind in (kinds.MAX_REPEAT, kinds.MIN_REPEAT):
        least, most, inner = value
        return _sequence(inner) * int(max(least, min(1, most)))
    if kind is kinds.AT:
        return ""
    raise ValueError(f"{kind} has no example")


def _any_of(items: Any) -> str:
    if items[0][0] is kinds.NEGATE:
        excluded = {_one_of(item) for item in items[1:]}
        return next(letter for letter in "ax0_-" if letter not in excluded)
    return _one_of(items[0])


def _one_of(item: tuple[Any, Any]) -> str:
    kind, value = item
    if kind is kinds.LITERAL:
        return chr(value)
    if kind is kinds.RANGE:
        return chr(value[0])
    return "0" if value is kinds.CATEGORY_DIGIT else " " if value is kinds.CATEGORY_SPACE else "a"
