"""A line a finding, `path:line:column: severity CODE message`, as editors and `grep` like it; then the summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.diagnostics import Diagnostic
from reconciler.review.diagnostics import printable
from reconciler.review.formats.summary import summary
from reconciler.review.plan import Plan


def plan_text(plan: Plan) -> str:
    """The findings, dangers among them, and the summary as the last line."""
    return "\n".join([*_lines(plan.findings), summary(plan)]) + "\n"


def diagnostics_text(diagnostics: Sequence[Diagnostic]) -> str:
    """The findings."""
    return "".join(f"{line}\n" for line in _lines(diagnostics))


def _lines(diagnostics: Iterable[Diagnostic]) -> Iterable[str]:
    for found in diagnostics:
        place = ":".join(str(part) for part in (found.file, found.line, found.column) if part)
        about = f" ({found.object})" if found.object else ""
        told = f"{found.severity.value} {found.code} {found.message}{about}"
        yield printable(f"{place}: {told}" if place else told)
