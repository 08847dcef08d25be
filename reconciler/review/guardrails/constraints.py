"""Which requests a policy or a binding is about (`MatchResources` of admissionregistration.k8s.io)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.manifests.admission import MatchResources, NamedRule
from reconciler.resolve.selectors import matches as selects
from reconciler.review.guardrails.requests import Request


def matches(constraints: MatchResources, request: Request, namespace: Mapping[str, Any] | None) -> bool:
    """Whether the constraints cover a request; `namespace` is that of its object, None for the cluster's own."""
    rules = constraints.resource_rules
    exact = constraints.match_policy == "Exact"
    if rules and not any(_covers(rule, request, exact=exact) for rule in rules):
        return False
    if any(_covers(rule, request, exact=exact) for rule in constraints.exclude_resource_rules):
        return False
    return _in_namespace(constraints, request, namespace) and _labelled(constraints, request)


def _covers(rule: NamedRule, request: Request, *, exact: bool) -> bool:
    """Without `exact`, an object in another version of its group counts as the same (it would be converted)."""
    scope = "Namespaced" if request.namespace else "Cluster"
    return (
        _among(rule.api_groups, request.group)
        and (not exact or _among(rule.api_versions, request.version))
        and _among(rule.resources, request.resource)
        and _among(rule.operations, request.operation)
        and rule.scope in ("*", scope)
        and (not rule.resource_names or request.name in rule.resource_names)
    )


def _among(allowed: list[Any], value: str) -> bool:
    return value in allowed or "*" in allowed or "*/*" in allowed


def _in_namespace(constraints: MatchResources, request: Request, namespace: Mapping[str, Any] | None) -> bool:
    """Cluster-scoped objects are in no namespace and always match; a Namespace counts as in itself."""
    selector = constraints.namespace_selector
    if request.kind == "Namespace" and not request.group:
        namespace = request.object or request.old
    return selector is None or namespace is None or selects(selector, _labels(namespace))


def _labelled(constraints: MatchResources, request: Request) -> bool:
    """Either state of the object has the labels."""
    selector = constraints.object_selector
    return selector is None or any(
        state is not None and selects(selector, _labels(state)) for state in (request.object, request.old)
    )


def _labels(raw: Mapping[str, Any]) -> Mapping[str, str]:
    return raw.get("metadata", {}).get("labels") or {}
