"""A hostname loses all its routes, or its filter chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.review.catalogue.entry import Entry
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene
from reconciler.review.places import of_hostname, of_socket
from reconciler.review.served.fleet import Fleet
from reconciler.review.served.names import Owner

ENTRY: Final = Entry(
    "GW602",
    "hostname dropped",
    "Requests for a hostname that is answered now will get 404, or what another route does with them.",
    "Keep the hostname until nobody asks for it any more, for example with a redirect.",
)


def find(scene: Scene) -> Iterator[Danger]:
    """One for each host of HTTP and each server name of TLS that is left without a route."""
    for change in scene.comparison.hosts:
        old, new = scene.comparison.pair(change.fleet)
        place = old.places.get(change.table)
        owners = [route.owner for route in change.routes(after=False) if route.owner]
        if place is None or not owners or _is_served(new, place[0].port, change.host):
            continue
        if place[0].port not in {socket.port for socket in new.sockets}:
            continue  # the listener's loss says it all
        message = f"{_named(change.host)} on port {place[0].port} of fleet {change.fleet} loses its last route"
        yield _located(scene, message, owners)
    for fleet in scene.comparison.common:
        old, new = scene.comparison.pair(fleet)
        ports = {socket.port for socket in new.sockets}
        for port, name in sorted(_server_names(old) - _server_names(new)):
            if port in ports:
                message = f"TLS connections for {name} on port {port} of fleet {fleet} are no longer taken"
                at = of_socket(scene.comparison.before, fleet, port)
                yield scene.danger(ENTRY, Risk.HIGH, message, at, gone=True)


def _is_served(fleet: Fleet, port: int, host: str) -> bool:
    """Whether a route is left for the host on the port, be it in another filter chain."""
    names = {chain.table for socket, chain in fleet.chains() if socket.port == port}
    hosts = [table.hosts[host] for name, table in fleet.tables.items() if name in names and host in table.hosts]
    return any(route.owner for one in hosts for route in one.routes)


def _named(host: str) -> str:
    return "any other host" if host == "*" else host


def _located(scene: Scene, message: str, owners: list[Owner]) -> Danger:
    """At the hostnames of the route as it is now; if it is gone, where it was."""
    for owner in owners:
        place = of_hostname(scene.comparison.after, owner)
        if place is not None:
            return scene.danger(ENTRY, Risk.HIGH, message, place)
    was = of_hostname(scene.comparison.before, owners[0])
    return scene.danger(ENTRY, Risk.HIGH, message, was, gone=True)


def _server_names(fleet: Fleet) -> set[tuple[int, str]]:
    return {(socket.port, name) for socket, chain in fleet.chains() if not chain.table for name in chain.server_names}
