"""The kinds of routes: what is different from one to the other. What they share is in `routes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.manifests.httproute import HTTPRouteSpec
from reconciler.resolve.backends import Scope
from reconciler.resolve.grpc_rules import resolve_grpc_rule
from reconciler.resolve.rules import ResolvedRule, resolve_rule

if TYPE_CHECKING:
    from reconciler.manifests.grpcroute import GRPCRouteSpec


@dataclass(frozen=True, slots=True)
class RouteKind:
    """A kind of route.

    Attributes:
        resolve_rules: the spec, and who refers → its rules, in their order.
        hostnames: the spec → its host names.
    """

    resolve_rules: Callable[[Any, Scope], Sequence[ResolvedRule]]
    hostnames: Callable[[Any], Sequence[str]] = lambda spec: spec.hostnames


def _http_rules(spec: HTTPRouteSpec, scope: Scope) -> list[ResolvedRule]:
    return [resolve_rule(rule, index, scope) for index, rule in enumerate(spec.rules)]


def _grpc_rules(spec: GRPCRouteSpec, scope: Scope) -> list[ResolvedRule]:
    return [resolve_grpc_rule(rule, index, scope) for index, rule in enumerate(spec.rules)]


ROUTE_KINDS: Mapping[str, RouteKind] = {
    "GRPCRoute": RouteKind(_grpc_rules),
    "HTTPRoute": RouteKind(_http_rules),
}
"""Kind, of the Gateway API group → what is particular to it. Every kind that is translated is here."""
