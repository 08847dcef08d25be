"""Diagnostics for people (with the source line and a caret) and for programs (JSON)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.diagnostics import Diagnostic, Severity


def as_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """The objects of `plan -o json`, format 1. A line or column of 0 is unknown."""
    return [
        {
            "code": found.code,
            "severity": found.severity.value,
            "file": found.file,
            "line": found.line,
            "column": found.column,
            "object": found.object,
            "message": found.message,
            "help": found.help,
        }
        for found in diagnostics
    ]


def as_text(diagnostics: Sequence[Diagnostic]) -> str:
    """All of them, a blank line between two, and a line that counts them; empty where there are none."""
    if not diagnostics:
        return ""
    return "\n\n".join([*(_one(found) for found in diagnostics), count(diagnostics)]) + "\n"


def count(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`, leaving out what there is none of."""
    counted = Counter(found.severity for found in diagnostics)
    told = [f"{counted[kind]} {kind.value}{'s' * (counted[kind] > 1)}" for kind in Severity if counted[kind]]
    return ", ".join(told) or "no diagnostics"


def _one(found: Diagnostic) -> str:
    about = f" ({found.object})" if found.object else ""
    lines = [f"{found.severity.value}[{found.code}]: {found.message}{about}"]
    if found.file:
        place = ":".join(str(part) for part in (found.file, found.line, found.column) if part)
        lines.append(f"  --> {place}")
    if found.line and found.source.strip():
        number = str(found.line)
        margin = " " * len(number)
        lines += [f"{margin} |", f"{number} | {_printable(found.source)}", f"{margin} | {_caret(found)}"]
    if found.help:
        lines.append(f"  = help: {found.help}")
    return "\n".join(lines)


def _caret(found: Diagnostic) -> str:
    """A caret under the column; tabs before it are kept so that it stands in the right place."""
    before = found.source[: max(found.column - 1, 0)]
    return "".join("\t" if letter == "\t" else " " for letter in before) + "^"


def _printable(line: str) -> str:
    """Manifests may come from anybody: control characters must not reach a terminal."""
    return "".join(letter if letter.isprintable() or letter == "\t" else "\N{REPLACEMENT CHARACTER}" for letter in line)
