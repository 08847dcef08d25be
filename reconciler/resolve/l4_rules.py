"""The rules of TLSRoutes, TCPRoutes and UDPRoutes: where connections and datagrams go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.references import BackendRef
from reconciler.manifests.routes import L4RouteRule, L4RouteSpec
from reconciler.resolve import codes
from reconciler.resolve.backends import Scope, resolve_ref
from reconciler.resolve.problems import ACCEPTED, BACKENDS_AVAILABLE, RESOLVED_REFS, Problem
from reconciler.resolve.rules import ResolvedRule
from reconciler.resolve.targets import Refusal, Target

if TYPE_CHECKING:
    from reconciler.manifests.tlsroute import TLSRouteSpec


def pooled_rules(spec: TLSRouteSpec, scope: Scope) -> list[ResolvedRule]:
    """The rules of a TLSRoute. Of several (v1alpha2) the backends are pooled, as in Envoy Gateway."""
    resolved: list[ResolvedRule] = []
    numbered = 0
    for index, rule in enumerate(spec.rules):
        resolved.append(_resolve(rule, index, numbered, scope))
        numbered += len(rule.backend_refs)
    return resolved


def single_rule(spec: L4RouteSpec, scope: Scope) -> list[ResolvedRule]:
    """The rule of a TCPRoute or UDPRoute. v1alpha2 allows several, with nothing to tell which of them is meant."""
    if len(spec.rules) == 1:
        return [_resolve(spec.rules[0], 0, 0, scope)]
    message = f"A {scope.kind} has to have exactly one rule; this one has {len(spec.rules)}."
    guidance = "Put the backendRefs into one rule, or make several routes."
    refused = Problem(ACCEPTED, "UnsupportedValue", message, codes.TOO_MANY_RULES, ("spec", "rules", 1), guidance)
    return [
        ResolvedRule(None, [refused, *_resolve(rule, index, 0, scope).problems])
        for index, rule in enumerate(spec.rules)
    ]


def l4_unit(
    kind: str,
    namespace: str,
    name: str,
    placements: tuple[ir.Placement, ...],
    rules: tuple[ir.Forward, ...],
    created: str,
) -> ir.L4Unit:
    """What a route adds to its fleets: the backends of all its rules together."""
    pooled = ir.Forward(
        tuple(backend for rule in rules for backend in rule.backends), sum(rule.invalid_weight for rule in rules)
    )
    return ir.L4Unit(kind, namespace, name, placements, pooled, created)


def _resolve(rule: L4RouteRule, index: int, numbered: int, scope: Scope) -> ResolvedRule:
    """One rule; its backends are numbered from `numbered`."""
    problems: list[Problem] = []
    backends: list[ir.Backend] = []
    invalid_weight = 0
    for position, ref in enumerate(rule.backend_refs):
        path: FieldPath = ("spec", "rules", index, "backendRefs", position)
        found = _target(ref, scope)
        if isinstance(found, Refusal):
            at = (*path, *found.field)
            problems.append(Problem(RESOLVED_REFS, found.reason, found.message, found.code, at, found.help))
            invalid_weight += ref.weight
            continue
        if not found.endpoints:
            problems.append(_no_endpoints(ref, path, scope))
        if ref.weight:
            backends.append(
                ir.Backend(
                    numbered + position,
                    ref.weight,
                    found.discovery,
                    found.endpoints,
                    fallback=found.fallback,
                    tls=found.tls,
                )
            )
    return ResolvedRule(ir.Forward(tuple(backends), invalid_weight), problems)


def _target(ref: BackendRef, scope: Scope) -> Target | Refusal:
    found = resolve_ref(ref, scope)
    if isinstance(found, Target) and scope.kind == "UDPRoute" and not all(one.port for one in found.endpoints):
        message = f"{_named(ref, scope)} is a Unix socket, which takes no datagrams."
        return Refusal("UnsupportedAddressType", message, codes.UNSUPPORTED_BACKEND, ("name",))
    if isinstance(found, Target) and found.tls is not None and _unnamed(found.tls):
        message = f"{_named(ref, scope)} has tls without sni, and there is no request to take a name from."
        guidance = "Set tls.sni or tls.autoSNIFromEndpointHostname, or add a BackendTLSPolicy for it."
        return Refusal("InvalidBackendTLS", message, codes.UNVERIFIED_BACKEND, ("name",), guidance)
    return found


def _unnamed(tls: ir.BackendTLS) -> bool:
    """Whether a certificate of any name would be taken."""
    return bool(tls.authority) and not tls.server_name and not tls.endpoint_names


def _no_endpoints(ref: BackendRef, path: FieldPath, scope: Scope) -> Problem:
    effect = "datagrams are dropped" if scope.kind == "UDPRoute" else "connections are closed"
    message = f"{_named(ref, scope)} has no endpoints: its {effect}."
    return Problem(BACKENDS_AVAILABLE, "EndpointsNotFound", message, codes.NO_ENDPOINTS, path)


def _named(ref: BackendRef, scope: Scope) -> str:
    return f"{ref.kind} {ref.namespace or scope.namespace}/{ref.name}"
