"""A text that a regular expression matches, for sample requests."""

from __future__ import annotations

import re
import re._constants as kinds  # type: ignore[import-not-found]  # the standard library's parser has no stubs
import re._parser as parser  # type: ignore[import-not-found]  # the same
import string
from collections.abc import Callable
from typing import Any, Final

import re2

_LETTERS: Final = "ax0_-" + string.ascii_letters + string.digits + "~!$&'()*+,;=:@./ "
"""What examples are made of, what is usual in paths first."""

_CATEGORIES: Final[dict[Any, Callable[[str], bool]]] = {
    kinds.CATEGORY_DIGIT: str.isdigit,
    kinds.CATEGORY_NOT_DIGIT: lambda letter: not letter.isdigit(),
    kinds.CATEGORY_SPACE: str.isspace,
    kinds.CATEGORY_NOT_SPACE: lambda letter: not letter.isspace(),
    kinds.CATEGORY_WORD: lambda letter: letter.isalnum() or letter == "_",
    kinds.CATEGORY_NOT_WORD: lambda letter: not (letter.isalnum() or letter == "_"),
}

_RE2_ONLY: Final = (
    (re.compile(r"\\Q(.*?)(?:\\E|$)"), lambda found: re.escape(found[1])),
    (re.compile(r"\\z"), lambda _: r"\Z"),
    (re.compile(r"\\p(?:L[lu]?|\{L[lu]?\})"), lambda found: "A" if "Lu" in found[0] else "a"),
    (re.compile(r"\\p(?:N|\{Nd?\})"), lambda _: "0"),
    (re.compile(r"\[:(?:alpha|alnum|lower|word):\]"), lambda _: "a"),
    (re.compile(r"\[:(?:digit|xdigit):\]"), lambda _: "0"),
    (re.compile(r"\[:upper:\]"), lambda _: "A"),
)
"""What the standard library's parser does not know of RE2's syntax, and something like it that an example may have."""


def example(pattern: str) -> str | None:
    """A short match of a pattern of RE2, or None where none was found."""
    try:
        made = _sequence(parser.parse(_known(pattern)))
    except (parser.error, KeyError, ValueError, RecursionError, OverflowError, StopIteration):
        return None
    return made if re2.compile(pattern).fullmatch(made) else None


def _known(pattern: str) -> str:
    for syntax, instead in _RE2_ONLY:
        pattern = syntax.sub(instead, pattern)
    return pattern


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
    negated = items[0][0] is kinds.NEGATE
    if not negated:
        return _one_of(items[0])
    return next(letter for letter in _LETTERS if not any(_has(item, letter) for item in items[1:]))


def _one_of(item: tuple[Any, Any]) -> str:
    kind, value = item
    if kind is kinds.LITERAL:
        return chr(value)
    if kind is kinds.RANGE:
        return chr(value[0])
    return next(letter for letter in _LETTERS if _has(item, letter))


def _has(item: tuple[Any, Any], letter: str) -> bool:
    """Whether a letter is of an entry of a character class."""
    kind, value = item
    if kind is kinds.LITERAL:
        return chr(value) == letter
    if kind is kinds.RANGE:
        first, last = value
        return bool(first <= ord(letter) <= last)
    return _CATEGORIES[value](letter)
