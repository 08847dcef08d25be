"""What is wrong with a part of a route: a condition and a diagnostic in one."""

from __future__ import annotations

from reconciler.diagnostics import FieldPath
from reconciler.records import dataclass

ACCEPTED = "Accepted"
RESOLVED_REFS = "ResolvedRefs"
BACKENDS_AVAILABLE = "BackendsAvailable"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not work as written.

    Attributes:
        condition: the condition that becomes false: `Accepted` (of the rule: others may still be accepted),
            `ResolvedRefs` or `BackendsAvailable`; empty: none, it is only reported.
        path: the field at fault.
        fatal: the rule cannot forward, its requests are answered with 500.
    """

    condition: str
    reason: str
    message: str
    code: str
    path: FieldPath
    help: str = ""
    fatal: bool = False
