"""ExternalAuth."""

from __future__ import annotations

import re
from dataclasses import replace

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.httproute_filters import HTTPAuthConfig, HTTPExternalAuthFilter
from reconciler.resolve import codes
from reconciler.resolve.backends import Scope, resolve_ref
from reconciler.resolve.problems import ACCEPTED, BACKENDS_AVAILABLE, RESOLVED_REFS, Problem
from reconciler.resolve.targets import Refusal

_DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)


def resolve(
    auth: HTTPExternalAuthFilter, path: FieldPath, index: int, scope: Scope
) -> tuple[ir.ExternalAuth | None, tuple[Problem, ...]]:
    """The server to ask. Where there is none to ask, no request passes (Gateway API, HTTPExternalAuthFilter)."""
    http = auth.http or HTTPAuthConfig()
    if _DOTS.search(http.path or ""):
        message = "The path must not lead out of itself by dots."
        at = (*path, "http", "path")
        return None, (Problem(ACCEPTED, "UnsupportedValue", message, codes.BAD_PATH, at, fatal=True),)
    found = resolve_ref(auth.backend_ref, scope)
    if isinstance(found, Refusal):
        at = (*path, "backendRef", *found.field)
        return None, (Problem(RESOLVED_REFS, found.reason, found.message, found.code, at, found.help, fatal=True),)
    problems: tuple[Problem, ...] = ()
    if not found.endpoints:
        message = f"The authorization server {auth.backend_ref.name} has no endpoints: all requests are refused."
        at = (*path, "backendRef")
        problems = (Problem(BACKENDS_AVAILABLE, "EndpointsNotFound", message, codes.NO_ENDPOINTS, at),)
    grpc = auth.protocol == "GRPC"
    allowed = auth.grpc.allowed_headers if auth.grpc is not None else http.allowed_headers
    backend = ir.Backend(index, 1, found.discovery, found.endpoints, found.protocol, tls=found.tls)
    made = ir.ExternalAuth(
        index,
        replace(backend, protocol=ir.Protocol.H2C) if grpc else backend,
        grpc,
        _prefix(http.path),
        tuple(allowed),
        tuple(http.allowed_response_headers),
        (auth.forward_body.max_size or 0) if auth.forward_body else 0,
    )
    return made, problems


def _prefix(path: str | None) -> str:
    """What comes before the path of a request, which begins with a slash."""
    return f"/{path.strip('/')}" if path and path.strip("/") else ""
