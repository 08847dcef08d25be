"""ExtensionRef: Envoy Gateway's HTTPRouteFilter."""

from __future__ import annotations

from dataclasses import replace

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.references import LocalObjectReference
from reconciler.resolve import codes
from reconciler.resolve.backends import Scope
from reconciler.resolve.filters.filtered import Filtered
from reconciler.resolve.problems import ACCEPTED, RESOLVED_REFS, Problem
from reconciler.resolve.route_filters import KIND, Extension
from reconciler.resolve.targets import Refusal

_GRPC = "GRPCRoute"


def resolve(
    ref: LocalObjectReference, path: FieldPath, _index: int, scope: Scope
) -> tuple[tuple[FieldPath, Extension] | None, tuple[Problem, ...]]:
    """What the filter that is named comes to, with the place where it is named."""
    if (ref.group, ref.kind) != KIND:
        message = f"Filters of kind {ref.kind} of group {ref.group!r} are not known, only HTTPRouteFilter of {KIND[0]}."
        at = (*path, "kind")
        return None, (Problem(RESOLVED_REFS, "UnsupportedValue", message, codes.NOT_TRANSLATED, at, fatal=True),)
    found = scope.world.route_filters.resolve(scope.namespace, ref.name)
    if isinstance(found, Refusal):
        at = (*path, *found.field)
        return None, (Problem(RESOLVED_REFS, found.reason, found.message, found.code, at, found.help, fatal=True),)
    if scope.kind == _GRPC and found.direct_response is not None and found.direct_response.status < 300:
        message = "A direct response to a gRPC call cannot be a success: its status has to be 300 or more."
        return None, (Problem(ACCEPTED, "UnsupportedValue", message, codes.BAD_FILTER, path, fatal=True),)
    return (path, found), ()


def merge(result: Filtered, *, on_backend: bool) -> None:
    """Bring what HTTPRouteFilters say together with the other filters of a rule or, `on_backend`, of a backendRef."""
    for path, extension in result.extensions:
        if on_backend and replace(extension, credential=None) != Extension():
            message = "Of an HTTPRouteFilter in backendRefs only credentialInjection is supported."
            result.problems.append(
                Problem(RESOLVED_REFS, "InvalidBackendFilters", message, codes.NOT_TRANSLATED, path, fatal=True)
            )
            continue
        conflicts = [word for word, clash in _clashes(result, extension) if clash]
        if conflicts:
            message = f"A rule can have {' and '.join(conflicts)} only once."
            problem = Problem(ACCEPTED, "UnsupportedValue", message, codes.INCOMPATIBLE_FILTERS, path, fatal=True)
            result.problems.append(problem)
            continue
        _add(result, extension)


def _clashes(result: Filtered, extension: Extension) -> list[tuple[str, bool]]:
    old, new = result.rewrite or ir.Rewrite(), extension.rewrite or ir.Rewrite()
    return [
        ("a rewrite of the path", old.path is not None and new.path is not None),
        ("a rewrite of the host", bool(old.hostname or old.host) and new.host is not None),
        ("a direct response", result.direct_response is not None and extension.direct_response is not None),
        ("a credential", result.credential is not None and extension.credential is not None),
        ("cookies to match", bool(result.cookies and extension.cookies)),
    ]


def _add(result: Filtered, extension: Extension) -> None:
    if (new := extension.rewrite) is not None:
        old = result.rewrite or ir.Rewrite()
        result.rewrite = ir.Rewrite(
            old.hostname, old.path or new.path, old.host or new.host, old.tell_host & new.tell_host
        )
    result.direct_response = result.direct_response or extension.direct_response
    result.credential = result.credential or extension.credential
    result.cookies = result.cookies or extension.cookies
    if (own := extension.response_headers) is not None:
        later = result.response_headers or ir.HeaderMutation()
        result.response_headers = replace(later, set=(*own.set, *later.set), add=(*own.add, *later.add))
