"""Filters of rules and of backendRefs: one module a filter, and one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.diagnostics import FieldPath
from reconciler.manifests.route_filters import RouteFilter
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.backends import Scope
from reconciler.resolve.filters import cors, extension, external_auth, header_modifier, mirror, redirect, rewrite
from reconciler.resolve.filters.filtered import Filtered
from reconciler.resolve.problems import ACCEPTED, RESOLVED_REFS, Problem


@dataclass(frozen=True, slots=True)
class Filter:
    """A type of filter.

    Attributes:
        attribute: where the manifest has its settings; `key` is the same as written there.
        outcome: the attribute of `Filtered` that it gives, with `many` one more of a list.
        resolve: settings, path of the settings, position of the filter and scope → outcome and problems.
    """

    attribute: str
    key: str
    outcome: str
    resolve: Callable[[Any, FieldPath, int, Scope], tuple[Any, tuple[Problem, ...]]]
    many: bool = False


FILTERS: Mapping[str, Filter] = {
    "RequestHeaderModifier": Filter(
        "request_header_modifier", "requestHeaderModifier", "request_headers", header_modifier.resolve
    ),
    "ResponseHeaderModifier": Filter(
        "response_header_modifier", "responseHeaderModifier", "response_headers", header_modifier.resolve
    ),
    "RequestRedirect": Filter("request_redirect", "requestRedirect", "redirect", redirect.resolve),
    "URLRewrite": Filter("url_rewrite", "urlRewrite", "rewrite", rewrite.resolve),
    "RequestMirror": Filter("request_mirror", "requestMirror", "mirrors", mirror.resolve, many=True),
    "CORS": Filter("cors", "cors", "cors", cors.resolve),
    "ExternalAuth": Filter("external_auth", "externalAuth", "external_auth", external_auth.resolve, many=True),
    "ExtensionRef": Filter("extension_ref", "extensionRef", "extensions", extension.resolve, many=True),
}
"""Every filter that is translated. A type that is not here makes its rule, or its backend's share, answer 500."""


def apply(filters: Sequence[RouteFilter], path: FieldPath, scope: Scope, *, on_backend: bool = False) -> Filtered:
    """Resolve the filters of a rule or, with `on_backend`, of a backendRef; `path` leads to their list."""
    result = Filtered()
    for index, item in enumerate(filters):
        known = FILTERS.get(item.type)
        if known is None:
            result.problems.append(_unsupported(item.type, (*path, index, "type"), on_backend=on_backend))
            continue
        made, problems = known.resolve(getattr(item, known.attribute), (*path, index, known.key), index, scope)
        result.problems += problems
        if not known.many:
            setattr(result, known.outcome, made)
        elif made is not None:
            getattr(result, known.outcome).append(made)
    if result.extensions:
        extension.merge(result, on_backend=on_backend)
    if result.redirect is not None and result.rewrite is not None:
        message = "RequestRedirect and URLRewrite cannot be used together."
        result.problems.append(
            Problem(ACCEPTED, "IncompatibleFilters", message, codes.INCOMPATIBLE_FILTERS, path, fatal=True)
        )
    return result


def _unsupported(kind: str, path: FieldPath, *, on_backend: bool) -> Problem:
    if on_backend:
        message = f"Filter {kind} is not translated yet: the backend's share answers 500."
        return Problem(RESOLVED_REFS, "InvalidBackendFilters", message, codes.NOT_TRANSLATED, path, fatal=True)
    message = f"Filter {kind} is not translated yet: the rule answers 500."
    return Problem(RESOLVED_REFS, "UnsupportedValue", message, codes.NOT_TRANSLATED, path, fatal=True)
