"""backendRefs: what they lead to, and with what weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from reconciler import ir
from reconciler.manifests.references import GATEWAY_GROUP, BackendObjectReference
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.targets import Refusal, Target
from reconciler.resolve.world import Key, World

_KINDS: Mapping[tuple[str, str], Callable[[World], Callable[[Key, int | None, str], Target | Refusal]]] = {
    ("", "Service"): lambda world: world.services.resolve,
    ("gateway.envoyproxy.io", "Backend"): lambda world: world.backends.resolve,
}
"""Kinds of backends, by group and kind."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who refers: routes or policies of a kind and of a namespace.

    With `encrypted` what is passed on is TLS already, so that no TLS is added. With `by_service` Services are reached
    by their own address, not by those of their endpoints.
    """

    world: World
    kind: str
    namespace: str
    encrypted: bool = False
    group: str = GATEWAY_GROUP
    by_service: bool = False


def resolve_ref(ref: BackendObjectReference, scope: Scope) -> Target | Refusal:
    """What a reference leads to. The same reference from the same namespace is resolved once."""
    kind = f"{scope.kind} encrypted" if scope.encrypted else scope.kind
    if scope.by_service:
        kind += " by Service"
    key = (kind, scope.namespace, ref.group, ref.namespace, f"{ref.kind}/{ref.name}", ref.port)
    targets = scope.world.memory.targets
    found = targets.get(key)
    if found is None:
        found = targets[key] = _resolve(ref, scope)
    return found


def _resolve(ref: BackendObjectReference, scope: Scope) -> Target | Refusal:
    target = (ref.group, ref.kind)
    of_kind = _KINDS.get(target)
    if of_kind is None:
        message = f"A backend cannot be a {ref.kind} of group {ref.group!r}."
        guidance = "Use a Service, or a Backend of gateway.envoyproxy.io."
        return Refusal("InvalidKind", message, codes.INVALID_KIND, ("kind",), guidance)
    namespace = ref.namespace or scope.namespace
    if not scope.world.grants.allow((scope.group, scope.kind), scope.namespace, target, namespace, ref.name):
        source = f"{scope.kind}s of {scope.namespace}"
        message = f"No ReferenceGrant in namespace {namespace} lets {source} use {ref.kind} {ref.name}."
        guidance = f"Add a ReferenceGrant from {source} to {ref.kind} {ref.name} in namespace {namespace}."
        return Refusal("RefNotPermitted", message, codes.REF_NOT_PERMITTED, ("namespace",), guidance)
    transport = "UDP" if scope.kind == "UDPRoute" else "TCP"
    found = of_kind(scope.world)((namespace, ref.name), ref.port, transport)
    if isinstance(found, Refusal):
        return found
    if scope.by_service and target == ("", "Service"):
        found = scope.world.services.by_own_address((namespace, ref.name), ref.port, found)
    if scope.kind == "GRPCRoute":
        found = _grpc(found, ref)
    if scope.encrypted or transport == "UDP" or isinstance(found, Refusal):
        return found
    return scope.world.backend_tls.secure(found, (*target, namespace, ref.name))


def _grpc(target: Target, ref: BackendObjectReference) -> Target | Refusal:
    """gRPC is HTTP/2, whether `appProtocol` says so or nothing."""
    if target.protocol is ir.Protocol.WEBSOCKET:
        message = f"{ref.kind} {ref.name} speaks WebSocket (appProtocol), which cannot carry gRPC."
        return Refusal("UnsupportedProtocol", message, codes.UNSUPPORTED_BACKEND, ("port",))
    return replace(target, protocol=ir.Protocol.H2C)
