"""Which module writes which format. A format is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final, Protocol, cast

from reconciler.diagnostics import Diagnostic
from reconciler.review.modes import DiagnosticFormat, PlanFormat
from reconciler.review.plan import Plan


class PlanWriter(Protocol):
    """A module that writes plans."""

    def plan_text(self, plan: Plan) -> str:
        """The whole output, with its last newline."""


class DiagnosticWriter(Protocol):
    """A module that writes diagnostics alone."""

    def diagnostics_text(self, diagnostics: Sequence[Diagnostic]) -> str:
        """The whole output, with its last newline; empty where there are none."""


PLAN_FORMATS: Final[Mapping[PlanFormat, str]] = {
    PlanFormat.TEXT: "text",
    PlanFormat.CONCISE: "concise",
    PlanFormat.MARKDOWN: "markdown",
    PlanFormat.STEP_SUMMARY: "step_summary",
    PlanFormat.JSON: "json_document",
    PlanFormat.GITHUB: "github",
    PlanFormat.SARIF: "sarif",
    PlanFormat.HTML: "html",
    PlanFormat.JUNIT: "junit",
}
DIAGNOSTIC_FORMATS: Final[Mapping[DiagnosticFormat, str]] = {
    DiagnosticFormat.TEXT: "source_lines",
    DiagnosticFormat.CONCISE: "concise",
    DiagnosticFormat.GITHUB: "github",
}


def plan_text(plan: Plan, form: PlanFormat) -> str:
    """A plan in a format."""
    return cast("PlanWriter", _module(PLAN_FORMATS[form])).plan_text(plan)


def diagnostics_text(diagnostics: Sequence[Diagnostic], form: DiagnosticFormat) -> str:
    """Diagnostics in a format."""
    return cast("DiagnosticWriter", _module(DIAGNOSTIC_FORMATS[form])).diagnostics_text(diagnostics)


def _module(name: str) -> object:
    return import_module(f"reconciler.review.formats.{name}")
