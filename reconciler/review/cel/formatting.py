"""`"…".format([…])`: the clauses of cel-go's `ext.Strings`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

_CLAUSE: Final = re.compile(r"%(?:%|(?:\.(\d+))?([sdfebxXo]))")
_DEFAULT_PRECISION: Final = 6


def formatted(template: str, arguments: list[Any]) -> str:
    """The template with its clauses filled in.

    Raises:
        ValueError: a clause is not known, or has no argument.
        TypeError: an argument is not of the clause's type.
    """
    left = iter(arguments)

    def fill(clause: re.Match[str]) -> str:
        if clause.group() == "%%":
            return "%"
        try:
            argument = next(left)
        except StopIteration:
            raise ValueError("format has more clauses than arguments") from None
        precision = int(clause[1]) if clause[1] else _DEFAULT_PRECISION
        return _CLAUSES[clause[2]](argument, precision)

    if "%" in _CLAUSE.sub("", template):
        raise ValueError(f"unknown clause in format string {template!r}")
    return _CLAUSE.sub(fill, template)


def _text(value: Any, _: int = 0) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{', '.join(map(_text, value))}]"
        case dict() if len(value) == 1 and str(next(iter(value))).startswith("\0"):
            return str(next(iter(value.values())))
        case dict():
            return "{" + ", ".join(f"{_text(key)}: {_text(value[key])}" for key in sorted(value, key=str)) + "}"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return f"{value.total_seconds():g}s"
        case bytes():
            return value.decode()
    return str(value)


def _integer(value: Any, _: int) -> str:
    return str(_whole(value))


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("the clause takes an integer")
    return value


def _hexadecimal(value: Any, _: int) -> str:
    if isinstance(value, str | bytes):
        return (value.encode() if isinstance(value, str) else value).hex()
    return format(_whole(value), "x")


_CLAUSES: Final[Mapping[str, Callable[[Any, int], str]]] = MappingProxyType(
    {
        "s": _text,
        "d": _integer,
        "f": lambda value, precision: f"{float(value):.{precision}f}",
        "e": lambda value, precision: f"{float(value):.{precision}e}",
        "b": lambda value, _: format(int(value), "b"),
        "o": lambda value, _: format(_whole(value), "o"),
        "x": _hexadecimal,
        "X": lambda value, precision: _hexadecimal(value, precision).upper(),
    }
)
