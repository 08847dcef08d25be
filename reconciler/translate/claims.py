"""Which TLSRoute, TCPRoute or UDPRoute has the traffic of a listener, or of one server name there.

All of them are accepted, but the oldest has it all (Gateway API, conformance tests TCPRouteMultipleRoutesAttachment and
UDPRouteMultipleRoutesAttachment); ages are compared as those of HTTP routes (`precedence.age`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, NamedTuple, Protocol, TypeVar

from reconciler import ir
from reconciler.translate.precedence import Age, age

Claim = tuple[str, str, tuple[str, ...]]
"""Fleet, table, and the server names that a route is for there, `*` for any."""


class Claimant(Protocol):
    """A route, whatever its form."""

    @property
    def age(self) -> Age | tuple[()]:
        """Orders routes, and tells which one it is; empty only without claims."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What it is attached to; empty for HTTP routes."""


class Claims(NamedTuple):
    """What one route is attached to."""

    age: Age
    claims: tuple[Claim, ...]


C = TypeVar("C", bound=Claimant)


class Lost(NamedTuple, Generic[C]):
    """Server names of a table that a route has lost to another."""

    loser: C
    winner: C
    table: str
    hosts: tuple[str, ...]


class Settlement(NamedTuple, Generic[C]):
    """Fleet and table → server name → the route that has it; and what others have lost, in the order of their age."""

    winners: Mapping[tuple[str, str], Mapping[str, C]]
    lost: list[Lost[C]]


def claims_of(unit: ir.L4Unit) -> Claims:
    """What a route is attached to."""
    return Claims(age(unit), tuple([(one.fleet, one.table, one.hosts) for one in unit.placements]))


def settle(routes: Iterable[C]) -> Settlement[C]:
    """Give each server name of each table to the oldest route that claims it. The order of routes means nothing."""
    winners: dict[tuple[str, str], dict[str, C]] = {}
    lost: list[Lost[C]] = []
    for route in sorted((route for route in routes if route.claims), key=lambda route: route.age):
        for fleet, table, hosts in route.claims:
            held = winners.setdefault((fleet, table), {})
            to: dict[int, tuple[C, list[str]]] = {}
            for host in hosts:
                winner = held.setdefault(host, route)
                if winner is not route:
                    to.setdefault(id(winner), (winner, []))[1].append(host)
            lost += [Lost(route, winner, table, tuple(names)) for winner, names in to.values()]
    return Settlement(winners, lost)
