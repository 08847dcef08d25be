"""Diagnostics about loaded resources."""

from __future__ import annotations

from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.manifests.base import Loaded, Resource


def finding(
    code: str,
    loaded: Loaded[Resource],
    path: FieldPath,
    message: str,
    guidance: str = "",
    severity: Severity = Severity.WARNING,
) -> Diagnostic:
    """A diagnostic about a field of a resource; a message that is also a condition's loses its full stop."""
    return Diagnostic(
        code=code,
        severity=severity,
        message=message.removesuffix("."),
        object=loaded.resource.title,
        origin=loaded.origin,
        path=path,
        help=guidance,
    )
