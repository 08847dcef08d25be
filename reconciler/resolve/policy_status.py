"""The status of BackendTLSPolicies: one entry for each Gateway that reaches a backend which the policy is about.

Which these are only the routes tell. They are looked through again for this, so that resolving them costs nothing more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.manifests.base import Loaded, Model
from reconciler.manifests.gateway import Gateway
from reconciler.manifests.references import GATEWAY_GROUP, BackendObjectReference
from reconciler.manifests.routes import Route
from reconciler.resolve.backend_tls import ACCEPTED, RESOLVED, TARGET_NOT_FOUND, Aim, Object, Policy
from reconciler.resolve.conditions import Stamp, condition, stamp
from reconciler.resolve.routes import ResolvedRoute
from reconciler.resolve.world import Key, World

MAX_ANCESTORS = 16
"""By the schema of `PolicyStatus`."""

Reached = dict[Object, dict[str, set[Key]]]
"""What policies are about → name of the port → the Gateways whose routes lead there."""


def policy_statuses(
    world: World, routes: Iterable[tuple[Loaded[Route], ResolvedRoute]]
) -> Iterator[tuple[Policy, dict[str, Any]]]:
    """Each policy that bears on a Gateway, with its status."""
    policies = world.backend_tls.policies
    reached = _reached(world, routes) if policies else {}
    for policy in policies:
        gateways = sorted({key for aim in policy.aims for key in _gateways(reached, aim)})
        if gateways:
            at = stamp(policy.source.resource.metadata)
            yield (
                policy,
                {"ancestors": [_ancestor(policy, key, world, reached, at) for key in gateways[:MAX_ANCESTORS]]},
            )


def _reached(world: World, routes: Iterable[tuple[Loaded[Route], ResolvedRoute]]) -> Reached:
    targets = {aim.target for policy in world.backend_tls.policies for aim in policy.aims}
    found: Reached = defaultdict(lambda: defaultdict(set))
    for loaded, resolved in routes:
        gateways = _gateways_of(loaded.resource.kind_name, resolved, world)
        if not gateways:
            continue
        resource = loaded.resource
        namespace = resource.metadata.namespace
        for ref in backend_references(resource.spec):
            target = (ref.group, ref.kind, ref.namespace or namespace, ref.name)
            permitted = world.grants.allow((GATEWAY_GROUP, resource.kind_name), namespace, target[:2], *target[2:])
            if target in targets and permitted:
                ports = world.services.sections(target[2:]) if target[:2] == ("", "Service") else None
                found[target][(ports or {}).get(ref.port or 0, "")] |= gateways
    return found


def _gateways_of(kind: str, resolved: ResolvedRoute, world: World) -> set[Key]:
    """The Gateways that a route is attached to and that may speak TLS to its backends.

    They do not where the TLS of clients is passed on, nor over UDP.
    """
    found: set[Key] = set()
    for attached in resolved.attached if kind != "UDPRoute" else ():
        holder, name = world.parents[attached[:3]], attached[3]
        if kind != "TLSRoute" or any(one.name == name and one.tls is not None for one in holder.listeners):
            found.add(holder.gateway)
    return found


def backend_references(part: Any) -> Iterator[BackendObjectReference]:
    """Every reference to a backend in a spec: those of rules and those of filters."""
    if isinstance(part, BackendObjectReference):
        yield part
    if isinstance(part, Model):
        for name in part.model_fields_set:
            yield from backend_references(getattr(part, name))
    elif isinstance(part, list):
        for item in part:
            yield from backend_references(item)


def _gateways(reached: Reached, aim: Aim) -> set[Key]:
    """The Gateways that reach a port or, without one or with one that there is not, any port of the target."""
    sections = reached.get(aim.target, {})
    if aim.section and (aim.problem is None or aim.problem[0] != TARGET_NOT_FOUND):
        return sections.get(aim.section, set())
    return {key for keys in sections.values() for key in keys}


def _ancestor(policy: Policy, gateway: Key, world: World, reached: Reached, at: Stamp) -> dict[str, Any]:
    namespace, name = gateway
    problems = [aim.problem for aim in policy.aims if gateway in _gateways(reached, aim)]
    reason, message = policy.accepted
    if None not in problems:
        reason, message = next(problem for problem in problems if problem is not None)
    elif policy.accepted is ACCEPTED and any(problems):
        message = " ".join([message, *(problem[1] for problem in problems if problem is not None)])
    return {
        "ancestorRef": {"group": GATEWAY_GROUP, "kind": Gateway.kind_name, "namespace": namespace, "name": name},
        "controllerName": world.gateways[gateway].controller,
        "conditions": [
            condition("Accepted", reason == ACCEPTED[0], reason, message, at),
            condition("ResolvedRefs", policy.resolved_refs[0] == RESOLVED[0], *policy.resolved_refs, at),
        ],
    }
