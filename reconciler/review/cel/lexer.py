"""The names in an expression, apart from what is inside strings and comments."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

_QUOTES: Final = r'"""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
_RAW: Final = r'[rR][bB]?(?:"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"[^"\n]*"|\'[^\'\n]*\')'
_TOKEN: Final = re.compile(
    rf"(?P<string>{_RAW}|[bB]?(?:{_QUOTES}))|(?P<comment>//[^\n]*)|(?P<name>[A-Za-z_]\w*)|(?P<other>[\s\S])", re.DOTALL
)
_BOUND: Final = re.compile(r"\.\s*(?:all|exists|exists_one|existsOne|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")
_VARIABLE: Final = re.compile(r"(?<![\w.])variables\s*\.\s*([A-Za-z_]\w*)")


def renamed_calls(expression: str, rename: Callable[[str], str]) -> str:
    """The expression with the names of what is called renamed."""
    return "".join(
        rename(token[0]) if token.lastgroup == "name" and _is_called(expression, token.end()) else token[0]
        for token in _TOKEN.finditer(expression)
    )


def bound_names(expression: str) -> frozenset[str]:
    """The variables of comprehensions: the `x` of `.all(x, …)`."""
    return frozenset(_BOUND.findall(without_strings(expression)))


def composed_names(expression: str) -> frozenset[str]:
    """The names after `variables.`."""
    return frozenset(_VARIABLE.findall(without_strings(expression)))


def without_strings(expression: str) -> str:
    """The expression with empty strings for its strings, and without comments."""
    return "".join(
        {"string": '""', "comment": " "}.get(token.lastgroup or "", token[0]) for token in _TOKEN.finditer(expression)
    )


def _is_called(expression: str, end: int) -> bool:
    return expression[end:].lstrip().startswith("(")
