"""Annotations of GitHub Actions: workflow commands on stdout or stderr.

GitHub shows ten errors, ten warnings and ten notices of a step, and drops the rest silently: the worst come first, and
what is left over is counted. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.review.diagnostics import count
from reconciler.review.formats.summary import summary
from reconciler.review.plan import Plan

SHOWN: Final = 10
"""Annotations of one severity that GitHub shows of a step."""


def plan_text(plan: Plan) -> str:
    """Annotations, then the summary as the last line."""
    return "\n".join([*_commands(plan.findings), _plain(summary(plan))]) + "\n"


def diagnostics_text(diagnostics: Sequence[Diagnostic]) -> str:
    """Annotations, and a line that counts them."""
    if not diagnostics:
        return ""
    return "\n".join([*_commands(diagnostics), _plain(count(diagnostics))]) + "\n"


def _commands(findings: Iterable[Diagnostic]) -> Iterator[str]:
    """They come in the order of severity, within it as they are."""
    findings = tuple(findings)
    for severity in Severity:
        chosen = [found for found in findings if found.severity is severity]
        yield from map(_command, chosen[:SHOWN])
    left = Counter(found.severity for found in findings)
    over = [f"{left[one] - SHOWN} {one.value}s" for one in Severity if left[one] > SHOWN]
    if over:
        yield f"not annotated, as GitHub shows {SHOWN} of a kind: {', '.join(over)}"


def _command(found: Diagnostic) -> str:
    where = {"file": found.file, "line": found.line, "col": found.column} if found.file else {}
    title = f"{found.code} {found.object}".strip()
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in {**where, "title": title}.items() if value)
    message = found.message + (f"\n{found.help}" if found.help else "")
    return f"::{found.severity.value} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _plain(line: str) -> str:
    """A line that is no command, whatever names are in it."""
    return line.replace("\r", " ").replace("\n", " ").replace("::", ": :").replace("##[", "# #[")
