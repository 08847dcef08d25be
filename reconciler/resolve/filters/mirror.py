"""RequestMirror."""

from __future__ import annotations

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.httproute_filters import HTTPRequestMirrorFilter
from reconciler.resolve import codes
from reconciler.resolve.backends import Scope, resolve_ref
from reconciler.resolve.problems import BACKENDS_AVAILABLE, RESOLVED_REFS, Problem
from reconciler.resolve.targets import Refusal


def resolve(
    mirror: HTTPRequestMirrorFilter, path: FieldPath, index: int, scope: Scope
) -> tuple[ir.Mirror | None, tuple[Problem, ...]]:
    """The mirror, or None where nothing is to be mirrored.

    A backend that does not resolve is not mirrored to, and the rule goes on without (Gateway API,
    HTTPRequestMirrorFilter.backendRef).
    """
    found = resolve_ref(mirror.backend_ref, scope)
    if isinstance(found, Refusal):
        at = (*path, "backendRef", *found.field)
        return None, (Problem(RESOLVED_REFS, found.reason, found.message, found.code, at, found.help),)
    if not found.endpoints:
        message = f"The mirror {mirror.backend_ref.name} has no endpoints: nothing is mirrored."
        return None, (
            Problem(BACKENDS_AVAILABLE, "EndpointsNotFound", message, codes.NO_ENDPOINTS, (*path, "backendRef")),
        )
    numerator, denominator = 100, 100
    if mirror.percent is not None:
        numerator = mirror.percent
    elif mirror.fraction is not None:
        numerator, denominator = mirror.fraction.numerator, mirror.fraction.denominator
    if not numerator:
        return None, ()
    backend = ir.Backend(index, 1, found.discovery, found.endpoints, found.protocol, tls=found.tls)
    return ir.Mirror(index, backend, numerator, denominator), ()
