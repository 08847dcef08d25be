"""BackendTrafficPolicy → `ir.traffic.Traffic`, and a rule under it."""

from __future__ import annotations

from dataclasses import replace

from reconciler import ir
from reconciler.ir.clusters import CircuitBreakers, ClusterSettings
from reconciler.ir.traffic import Traffic
from reconciler.manifests.backendtrafficpolicy import BackendTrafficPolicySpec
from reconciler.resolve.policies.effective import Effective, Outcome
from reconciler.resolve.world import World


def resolve(effective: Effective[BackendTrafficPolicySpec], world: World) -> Outcome:  # noqa: ARG001  as all kinds
    """What the policy comes to."""
    breaker = effective.spec.circuit_breaker
    settings = None
    if breaker is not None:
        settings = ClusterSettings(circuit_breakers=CircuitBreakers(connections=breaker.max_connections))
    return Outcome(Traffic(effective.name, settings))


def govern(rule: ir.Rule, settings: Traffic) -> ir.Rule:
    """A rule under the policy."""
    if not isinstance(rule.action, ir.Forward):
        return rule
    return replace(rule, action=replace(rule.action, settings=settings.cluster))


def govern_l4(unit: ir.L4Unit, settings: Traffic) -> ir.L4Unit:
    """Connections or datagrams under the policy."""
    return replace(unit, forward=replace(unit.forward, settings=settings.cluster))
