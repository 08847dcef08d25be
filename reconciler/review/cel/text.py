"""The strings library: positions count characters, as in cel-go's `ext.Strings`."""

from __future__ import annotations

import string
from typing import Any, Final

_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_UPPER: Final = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)
_QUOTED: Final = str.maketrans(
    {
        "\\": "\\\\",
        '"': '\\"',
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
    }
)


def char_at(text: str, index: int) -> str:
    """`charAt`: one character, or an empty string at the end."""
    if not 0 <= index <= len(text):
        raise IndexError(f"index out of range: {index}")
    return text[index : index + 1]


def join(parts: list[str], separator: str = "") -> str:
    """`join`."""
    return separator.join(parts)


def lower_ascii(text: str) -> str:
    """`lowerAscii`."""
    return text.translate(_LOWER)


def upper_ascii(text: str) -> str:
    """`upperAscii`."""
    return text.translate(_UPPER)


def replace(text: str, old: str, new: str, limit: int = -1) -> str:
    """`replace`: all, or the first `limit`."""
    return text.replace(old, new, limit)


def split(text: str, separator: str, limit: int = -1) -> list[str]:
    """`split`: into at most `limit` parts; 0: none."""
    if limit == 0:
        return []
    if not separator:
        return list(text) if limit < 0 else [*text[: limit - 1], text[limit - 1 :]][:limit]
    return text.split(separator, limit - 1 if limit > 0 else -1)


def substring(text: str, start: int, end: int | None = None) -> str:
    """`substring`."""
    last = len(text) if end is None else end
    if not 0 <= start <= last <= len(text):
        raise IndexError(f"index out of range: {start}, {last}")
    return text[start:last]


def trim(text: str) -> str:
    """`trim`: white space as of Unicode."""
    return text.strip()


def reverse(text: str) -> str:
    """`reverse`."""
    return text[::-1]


def quote(text: str) -> str:
    """`strings.quote`."""
    return f'"{text.translate(_QUOTED)}"'


def as_string(value: Any) -> str:
    """`string(…)`, for what the engine converts and what it does not."""
    match value:
        case bool():
            return "true" if value else "false"
        case bytes():
            return value.decode()
        case dict() if len(value) == 1 and str(next(iter(value))).startswith("\0"):
            return str(next(iter(value.values())))
        case str() | int() | float():
            return str(value)
    raise TypeError("no such overload: string of this type")
