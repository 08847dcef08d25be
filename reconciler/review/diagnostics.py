"""Diagnostics for people, with the source line and a caret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final
from unicodedata import combining, east_asian_width

from reconciler.diagnostics import Diagnostic, Severity

_COLUMNS: Final = 120
"""Characters that are shown of a line; minified JSON has all of a file on one."""


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
        text, caret = _excerpt(found.source, found.column, found.length)
        lines += [f"{margin} |", f"{number} | {printable(text)}", f"{margin} | {caret}"]
    if found.help:
        lines.append(f"  = help: {found.help}")
    return "\n".join(lines)


def _excerpt(line: str, column: int, length: int) -> tuple[str, str]:
    """What is shown of a line, and the carets below it. Tabs are kept there, so that they stand in the right place."""
    index = min(max(column - 1, 0), len(line))
    start = min(max(index - _COLUMNS // 2, 0), max(len(line) - _COLUMNS, 0))
    shown = line[start : start + _COLUMNS]
    if start > 0:
        shown = "…" + shown[1:]
    if start + _COLUMNS < len(line):
        shown = shown[:-1] + "…"
    before, meant = shown[: index - start], shown[index - start : index - start + length]
    margin = "".join("\t" if letter == "\t" else " " * _columns(letter) for letter in before)
    return shown, margin + "^" * max(1, sum(map(_columns, meant)))


def _columns(letter: str) -> int:
    """How many columns of a terminal a character takes."""
    if not letter.isprintable():
        return 1  # it is shown as a replacement character
    if combining(letter):
        return 0
    return 2 if east_asian_width(letter) in "WF" else 1


def printable(line: str) -> str:
    """Manifests may come from anybody: control characters must not reach a terminal."""
    return "".join(letter if letter.isprintable() or letter == "\t" else "\N{REPLACEMENT CHARACTER}" for letter in line)
