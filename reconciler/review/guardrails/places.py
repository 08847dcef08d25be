"""Which field of an object a validation is about, as far as its expression tells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from reconciler.diagnostics import FieldPath
from reconciler.review.cel.lexer import without_strings

_OBJECT: Final = re.compile(r"(?<![\w.])object((?:\s*\.\s*[A-Za-z_]\w*(?!\s*\())+)")


def field_of(expression: str, raw: Any) -> FieldPath:
    """The deepest field of the object that the expression names and the object has; empty: the object itself."""
    named = (tuple(re.findall(r"\w+", steps)) for steps in _OBJECT.findall(without_strings(expression)))
    return max((_present(steps, raw) for steps in named), key=len, default=())


def single_entries(raw: Any, path: FieldPath) -> Iterator[tuple[Any, int]]:
    """For each entry of the list that is at a path: the object with only that one in the list, and its index."""
    at = raw
    for step in path:
        at = at[step]
    if isinstance(at, list):
        for index, entry in enumerate(at):
            yield _with(raw, path, [entry]), index


def _with(raw: Any, path: FieldPath, value: Any) -> Any:
    return {**raw, path[0]: _with(raw[path[0]], path[1:], value)} if path else value


def _present(steps: tuple[str, ...], raw: Any) -> FieldPath:
    found: list[str] = []
    for step in steps:
        if not isinstance(raw, dict) or step not in raw:
            break
        found.append(step)
        raw = raw[step]
    return tuple(found)
