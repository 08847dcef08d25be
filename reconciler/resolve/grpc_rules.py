"""One rule of a GRPCRoute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.resolve.backends import Scope
from reconciler.resolve.grpc_matches import resolve_grpc_matches
from reconciler.resolve.rules import Matched, ResolvedRule, resolve_action

if TYPE_CHECKING:
    from reconciler.diagnostics import FieldPath
    from reconciler.manifests.grpcroute import GRPCRouteRule


def resolve_grpc_rule(rule: GRPCRouteRule, index: int, scope: Scope) -> ResolvedRule:
    """Resolve a rule. Its calls are answered with UNAVAILABLE where it cannot do what it says."""
    path: FieldPath = ("spec", "rules", index)
    matches, problems = resolve_grpc_matches(rule.matches, (*path, "matches"), scope.world.memory.expressions)
    return resolve_action(rule, Matched(index, path, matches, problems), scope)
