"""The `.status` of every resource that has one, as a controller in a cluster would write it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.manifests.backend import Backend
from reconciler.manifests.backendtlspolicy import BackendTLSPolicy
from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import Gateway
from reconciler.manifests.gatewayclass import GatewayClass
from reconciler.manifests.listenerset import ListenerSet
from reconciler.manifests.references import GATEWAY_GROUP
from reconciler.manifests.routes import Route
from reconciler.resolve.addresses import IP_ADDRESS
from reconciler.resolve.features import SUPPORTED_FEATURES
from reconciler.resolve.gateways import GatewayState
from reconciler.resolve.listeners import ListenerState
from reconciler.resolve.parents import ListenerName, ParentState
from reconciler.resolve.policy_status import policy_statuses
from reconciler.resolve.routes import ResolvedRoute
from reconciler.resolve.world import World

Identity = tuple[str, str, str, str]
"""Group, kind, namespace (empty for cluster-scoped objects) and name."""


def statuses(world: World, routes: Iterable[tuple[Loaded[Route], ResolvedRoute]]) -> dict[Identity, dict[str, Any]]:
    """The status of each GatewayClass, Gateway, ListenerSet, Backend, policy and route that is ours.

    Args:
        world: what the routes were resolved against.
        routes: all routes, for the counts of attached routes.
    """
    routes = list(routes)
    found: dict[Identity, dict[str, Any]] = {}
    attached: Counter[ListenerName] = Counter()
    for loaded, route in routes:
        attached.update(route.attached)
        if route.parents:
            resource, meta = loaded.resource, loaded.resource.metadata
            found[resource.group, resource.kind_name, meta.namespace, meta.name] = {"parents": list(route.parents)}
    for owner in world.classes.values():
        if owner.ours:
            found[GatewayClass.group, GatewayClass.kind_name, "", owner.name] = {
                "conditions": list(owner.conditions),
                "supportedFeatures": [{"name": name} for name in SUPPORTED_FEATURES],
            }
    for gateway in world.gateways.values():
        found[Gateway.group, Gateway.kind_name, gateway.namespace, gateway.name] = _gateway(gateway, attached)
        for item in gateway.listener_sets:
            found[ListenerSet.group, ListenerSet.kind_name, item.namespace, item.name] = _holder(item, attached)
    for (namespace, name), condition in world.backends.conditions.items():
        found[Backend.group, Backend.kind_name, namespace, name] = {"conditions": [condition]}
    for policy, status in policy_statuses(world, routes):
        meta = policy.source.resource.metadata
        found[BackendTLSPolicy.group, BackendTLSPolicy.kind_name, meta.namespace, meta.name] = status
    if world.policies is not None:
        found.update(_attached_policies(world, routes))
    return found


def _attached_policies(
    world: World, routes: list[tuple[Loaded[Route], ResolvedRoute]]
) -> Iterator[tuple[Identity, dict[str, Any]]]:
    from reconciler.resolve.policies import status

    for policy, written in status.policy_statuses(world, routes):
        meta = policy.resource.metadata
        yield (policy.resource.group, policy.resource.kind_name, meta.namespace, meta.name), written


def _holder(holder: ParentState, attached: Counter[ListenerName]) -> dict[str, Any]:
    """What Gateways and ListenerSets have in common."""
    listeners = [_listener(item, attached[(*holder.key, item.name)]) for item in holder.listeners]
    return {"conditions": list(holder.conditions), "listeners": listeners}


def _gateway(gateway: GatewayState, attached: Counter[ListenerName]) -> dict[str, Any]:
    status = _holder(gateway, attached)
    if count := sum(not item.problem for item in gateway.listener_sets):
        status["attachedListenerSets"] = count
    if gateway.status_addresses:
        status["addresses"] = [{"type": IP_ADDRESS, "value": value} for value in gateway.status_addresses]
    return status


def _listener(listener: ListenerState, attached: int) -> dict[str, Any]:
    return {
        "name": listener.name,
        "supportedKinds": [{"group": GATEWAY_GROUP, "kind": kind} for kind in listener.kinds],
        "attachedRoutes": attached,
        "conditions": list(listener.conditions),
    }
