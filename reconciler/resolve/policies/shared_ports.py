"""Policies of listeners that cannot be told apart: those without TLS on one port of a fleet."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.manifests.base import Loaded
from reconciler.manifests.policy_targets import Policy
from reconciler.resolve import codes
from reconciler.resolve.parents import ParentName, ParentState
from reconciler.resolve.problems import ACCEPTED, Problem
from reconciler.resolve.world import World

Listeners = dict[int, set[tuple[ParentName, str]]]
"""Port → listeners of HTTP, by whose they are and their names."""


def shared_ports(policy: Loaded[Policy], world: World) -> Iterator[Problem]:
    """A problem for each target that leaves out listeners which share a port with its own."""
    namespace = policy.resource.metadata.namespace
    for path, ref in policy.resource.spec.references:
        state = world.parents.get((ref.kind, namespace, ref.name))
        if state is None:
            continue
        covered = _covered(state, ref.section_name, world)
        for port, listeners in sorted(covered.items()):
            others = _of_fleet(state.fleet, world).get(port, set()) - listeners
            if others:
                names = ", ".join(sorted(f"{name} of {kind} {ns}/{owner}" for (kind, ns, owner), name in others))
                message = (
                    f"Port {port} has listeners without TLS that the policy is not about ({names}), and Envoy cannot"
                    " tell them apart: the policy has no effect."
                )
                yield Problem(ACCEPTED, "Invalid", message, codes.SHARED_PORT, ("spec", *path), _GUIDANCE, fatal=True)


_GUIDANCE = "Attach the policy to the Gateway as a whole, or give the listener a port of its own."


def _covered(state: ParentState, section: str | None, world: World) -> Listeners:
    """The listeners that a target stands for; those of its ListenerSets are a Gateway's too."""
    parents = [state]
    if not section and state.key[0] == "Gateway":
        parents += [other for other in world.parents.values() if other.gateway == state.gateway and other is not state]
    found: Listeners = {}
    for parent in parents:
        _add(found, parent, section)
    return found


def _of_fleet(fleet: str, world: World) -> Listeners:
    found: Listeners = {}
    for parent in world.parents.values():
        if parent.fleet == fleet:
            _add(found, parent, None)
    return found


def _add(found: Listeners, parent: ParentState, section: str | None) -> None:
    for listener in parent.listeners:
        if listener.protocol == "HTTP" and listener.programmed and section in (None, listener.name):
            found.setdefault(listener.port, set()).add((parent.key, listener.name))
