"""HTTPRoutes and GRPCRoutes that are attached to one listener for the same hosts: only one kind of them is accepted.

Gateway API, `GRPCRouteSpec.hostnames`: the oldest route is, then the first by `namespace/name`. Routes of the same kind
are no rivals: their rules are merged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from reconciler.resolve.attach import Attachment
from reconciler.resolve.hostnames import covering, owner
from reconciler.resolve.parents import ParentState
from reconciler.resolve.world import World

RIVALS = {"httproute": "HTTPRoute", "grpcroute": "GRPCRoute"}

Claimed = tuple[str, str, str]
"""Fleet, name of the route configuration, and host name of the listener: together they are a listener."""

Lost = Mapping[Claimed, str]
"""The listeners that a route has lost → to which route, as `Kind namespace/name`."""

NOTHING_LOST: Lost = MappingProxyType({})

HOSTNAME_CONFLICT = "HostnameConflict"
"""The reason of `Accepted`; the specification has none for this."""

Age = tuple[str, str, str, str]
"""Creation timestamp, namespace, name, lower case kind (`translate.precedence`)."""


class Attached(NamedTuple):
    """A route, and its hosts by fleet and route configuration."""

    age: Age
    hosts: tuple[tuple[str, str, tuple[str, ...]], ...]


class _Hosts:
    """The hosts of a listener that routes of one kind have, each with the first route that has it."""

    def __init__(self) -> None:
        self._held: dict[str, str] = {}
        self._within: dict[str, str] = {}

    def take(self, hosts: Iterable[str], title: str) -> None:
        for host in hosts:
            self._held.setdefault(host, title)
            for wider in covering(host):
                self._within.setdefault(wider, title)

    def holder(self, hosts: Iterable[str]) -> str:
        """A route that has some of the hosts, or an empty string."""
        for host in hosts:
            found = self._within.get(host) or next((to for name in covering(host) if (to := self._held.get(name))), "")
            if found:
                return found
        return ""


def losers(routes: Iterable[Attached], world: World) -> dict[Age, dict[Claimed, str]]:
    """The routes that have to leave listeners to their rivals. The order of routes means nothing."""
    contested = _contested(routes)
    if not contested:
        return {}
    listeners = _listeners(world)
    held: dict[tuple[Claimed, str], _Hosts] = defaultdict(_Hosts)
    lost: dict[Age, dict[Claimed, str]] = {}
    for route in contested:
        _, namespace, name, kind = route.age
        for listener, hosts in _claims(route, listeners).items():
            rival = next(other for other in RIVALS if other != kind)
            if winner := held[listener, rival].holder(hosts):
                lost.setdefault(route.age, {})[listener] = winner
            else:
                held[listener, kind].take(hosts, f"{RIVALS[kind]} {namespace}/{name}")
    return lost


def leave(attachment: Attachment, parent: ParentState, lost: Lost) -> tuple[Attachment, list[str]]:
    """The attachment without the listeners that are lost, and for each of these why."""
    kept = []
    reasons = []
    for listener, hosts in attachment.listeners:
        winner = lost.get((parent.fleet, listener.table, listener.hostname))
        if winner is None:
            kept.append((listener, hosts))
        else:
            reasons.append(f"{winner} was attached to listener {listener.name} for the same hosts before.")
    if reasons and not kept:
        return Attachment((), HOSTNAME_CONFLICT, " ".join(reasons)), reasons
    return replace(attachment, listeners=tuple(kept)), reasons


def _contested(routes: Iterable[Attached]) -> list[Attached]:
    """The routes in route configurations that have routes of both kinds, the oldest first."""
    kinds: dict[tuple[str, str], set[str]] = defaultdict(set)
    rivals = [route for route in routes if route.age[3] in RIVALS]
    for route in rivals:
        for fleet, table, _ in route.hosts:
            kinds[fleet, table].add(route.age[3])
    if all(len(found) < len(RIVALS) for found in kinds.values()):
        return []
    return sorted(route for route in rivals if any(len(kinds[fleet, table]) > 1 for fleet, table, _ in route.hosts))


def _listeners(world: World) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for gateway in world.gateways.values():
        for listener in gateway.all_listeners:
            if listener.programmed:
                found[gateway.fleet, listener.table].add(listener.hostname)
    return found


def _claims(route: Attached, listeners: Mapping[tuple[str, str], set[str]]) -> dict[Claimed, list[str]]:
    claims: dict[Claimed, list[str]] = defaultdict(list)
    for fleet, table, hosts in route.hosts:
        for host in hosts:
            claims[fleet, table, owner(host, listeners.get((fleet, table), ())) or host].append(host)
    return claims
