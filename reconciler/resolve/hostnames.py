"""Which hosts a route has on a listener: intersection, then isolation from more specific listeners.

Host names are lower case; `*` is any host, `*.example.com` any number of labels below `example.com` but not itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

ANY = "*"


def intersect(listener: str, route: str) -> str | None:
    """The hosts that both match, as one host name, or None (Gateway API, HTTPRouteSpec.hostnames)."""
    if listener in (ANY, route):
        return route
    if listener.startswith("*.") and route.endswith(listener[1:]):
        return route
    if route.startswith("*.") and listener.endswith(route[1:]):
        return listener
    return None


def covering(host: str) -> Iterator[str]:
    """The host and every wildcard above it, the most specific first, `*` last."""
    yield host
    rest = host.removeprefix("*.")
    while "." in rest:
        rest = rest.partition(".")[2]
        yield f"*.{rest}"
    if host != ANY:
        yield ANY


def owner(host: str, hostnames: Collection[str]) -> str | None:
    """The most specific of some listeners' host names that covers the host."""
    for candidate in covering(host):
        if candidate in hostnames:
            return candidate
    return None


def hosts_on(listener: str, neighbours: Collection[str], route: Sequence[str]) -> tuple[str, ...]:
    """The hosts that a route has on a listener, sorted; empty where nothing intersects.

    A host belongs to the listener of the port with the most specific host name that covers it, and to no other
    (Gateway API, listener isolation).

    Args:
        listener: the listener's host name.
        neighbours: the host names of all listeners of that port, the listener's own among them.
        route: the route's host names; empty: all of the listener's.
    """
    if not route:
        return (listener,)
    found = {host for name in route if (host := intersect(listener, name)) is not None}
    if len(neighbours) > 1:
        found = {host for host in found if owner(host, neighbours) == listener}
    return tuple(sorted(found))
