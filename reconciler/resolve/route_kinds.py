"""The kinds of routes: what is different from one to the other. What they share is in `routes`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reconciler import ir
from reconciler.manifests.httproute import HTTPRouteSpec
from reconciler.records import dataclass
from reconciler.resolve.backends import Scope
from reconciler.resolve.grpc_rules import resolve_grpc_rule
from reconciler.resolve.l4_rules import l4_unit, pooled_rules, single_rule
from reconciler.resolve.rules import ResolvedRule, resolve_rule

if TYPE_CHECKING:
    from reconciler.manifests.grpcroute import GRPCRouteSpec


@dataclass(frozen=True, slots=True)
class RouteKind:
    """A kind of route.

    Attributes:
        resolve_rules: the spec, and who refers → its rules, in their order.
        hostnames: the spec → its host names.
        unit: kind, namespace, name, placements, rules and creation time → what it adds to its fleets.
    """

    resolve_rules: Callable[[Any, Scope], Sequence[ResolvedRule]]
    hostnames: Callable[[Any], Sequence[str]] = lambda spec: spec.hostnames
    unit: Callable[[str, str, str, tuple[ir.Placement, ...], tuple[Any, ...], str], ir.Unit] = ir.RouteUnit


def _http_rules(spec: HTTPRouteSpec, scope: Scope) -> list[ResolvedRule]:
    return [resolve_rule(rule, index, scope) for index, rule in enumerate(spec.rules)]


def _grpc_rules(spec: GRPCRouteSpec, scope: Scope) -> list[ResolvedRule]:
    return [resolve_grpc_rule(rule, index, scope) for index, rule in enumerate(spec.rules)]


def _no_hostnames(_: object) -> Sequence[str]:
    return ()


ROUTE_KINDS: Mapping[str, RouteKind] = {
    "GRPCRoute": RouteKind(_grpc_rules),
    "HTTPRoute": RouteKind(_http_rules),
    "TLSRoute": RouteKind(pooled_rules, unit=l4_unit),
    "TCPRoute": RouteKind(single_rule, _no_hostnames, l4_unit),
    "UDPRoute": RouteKind(single_rule, _no_hostnames, l4_unit),
}
"""Kind, of the Gateway API group → what is particular to it. Every kind that is translated is here."""
