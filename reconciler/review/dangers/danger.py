"""What a danger is, and how bad."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from reconciler.diagnostics import Diagnostic, Severity


class Risk(StrEnum):
    """How much a change may break. `none` means that nothing was found, not that there is nothing."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


_ORDER = list(Risk)


class Danger(NamedTuple):
    """A change that may break something. `found` has the code, the place and why."""

    risk: Risk
    found: Diagnostic


def severity(risk: Risk) -> Severity:
    """How a danger shows among diagnostics. None of them is an error: changes are made on purpose."""
    return Severity.NOTICE if risk is Risk.LOW else Severity.WARNING


def worst(dangers: Iterable[Danger]) -> Risk:
    """The risk of a plan."""
    return min((danger.risk for danger in dangers), key=_ORDER.index, default=Risk.NONE)


def in_order(dangers: Iterable[Danger]) -> tuple[Danger, ...]:
    """The worst first, then by place."""
    return tuple(sorted(set(dangers), key=lambda one: (_ORDER.index(one.risk), *_place(one.found))))


def at_least(risk: Risk, threshold: Risk) -> bool:
    """Whether a risk is as bad as another one, or worse."""
    return _ORDER.index(risk) <= _ORDER.index(threshold)


def _place(found: Diagnostic) -> tuple[str, int, int, str, str, str]:
    return found.file, found.line, found.column, found.code, found.object, found.message
