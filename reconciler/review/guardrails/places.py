"""Which field of an object a validation is about, as far as its expression tells."""

from __future__ import annotations

import re
from typing import Any, Final

from reconciler.diagnostics import FieldPath
from reconciler.review.cel.lexer import without_strings

_OBJECT: Final = re.compile(r"(?<![\w.])object((?:\s*\.\s*[A-Za-z_]\w*(?!\s*\())+)")


def field_of(expression: str, raw: Any) -> FieldPath:
    """The deepest field of the object that the expression names and the object has; empty: the object itself."""
    named = (tuple(re.findall(r"\w+", steps)) for steps in _OBJECT.findall(without_strings(expression)))
    return max((_present(steps, raw) for steps in named), key=len, default=())


def _present(steps: tuple[str, ...], raw: Any) -> FieldPath:
    found: list[str] = []
    for step in steps:
        if not isinstance(raw, dict) or step not in raw:
            break
        found.append(step)
        raw = raw[step]
    return tuple(found)
