"""What a request sees of a change: samples of both versions' routes, and where each goes before and after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from reconciler.review.comparison import Comparison, HostChange, Version
from reconciler.review.destinations import ending, forwarding
from reconciler.review.samples import Sample, samples
from reconciler.review.served.fleet import Fleet
from reconciler.review.served.request import Request
from reconciler.review.served.routing import Way, way
from reconciler.review.served.sockets import Chain, Socket
from reconciler.review.served.tables import Route

MANY: Final = 300
"""Routes of a virtual host above which only those that differ are sampled."""
MOST: Final = 2000
"""Sample requests of one plan."""


class Answer(NamedTuple):
    """What one sample request comes to on both sides. `ways` are None for what is no HTTP."""

    fleet: str
    request: str
    before: str
    after: str
    sample: Request | None = None
    ways: tuple[Way, Way] | None = None
    route: Route | None = None

    @property
    def likeness(self) -> object:
        """Equal for samples of one rule and host that come to the same."""
        if self.sample is None or self.route is None or self.route.owner is None:
            return self.request
        return self.fleet, self.sample.host, self.sample.port, self.route.owner[:4], self.before, self.after

    @property
    def changed(self) -> bool:
        """Whether a client could tell."""
        return self.before != self.after


def answers(comparison: Comparison) -> tuple[Answer, ...]:
    """All samples, the unchanged ones too, by fleet and host."""
    found: list[Answer] = []
    for change in comparison.hosts:
        if len(found) >= MOST:
            break
        found += _of_host(comparison, change)
    for fleet in comparison.common:
        found += _connections(comparison, fleet)
    return tuple(found[:MOST])


def _of_host(comparison: Comparison, change: HostChange) -> Iterator[Answer]:
    place = comparison.place(change)
    if place is None:
        return
    old, new = comparison.pair(change.fleet)
    for sample in samples(_worth_sampling(change)):
        request = _request(sample, change.host, *place)
        ways = way(old, request), way(new, request)
        before = ending(comparison.before, old, ways[0])
        after = ending(comparison.after, new, ways[1])
        yield Answer(change.fleet, _text(request), before, after, request, ways, sample.route)


def _worth_sampling(change: HostChange) -> Iterator[Route]:
    old, new = change.routes(after=False), change.routes(after=True)
    few = len(old) + len(new) <= MANY
    same = frozenset(route.value for route in old) & frozenset(route.value for route in new)
    for route in (*new, *old):
        if few or route.value not in same:
            yield route


def _request(sample: Sample, host: str, socket: Socket, chain: Chain) -> Request:
    name = f"any{host[1:]}" if host.startswith("*.") else "any-host.example" if host == "*" else host
    scheme = "https" if chain.tls else "http"
    return Request(sample.method, scheme, name, socket.port, sample.target, dict(sample.headers))


def _text(request: Request) -> str:
    headers = "".join(f" -H '{name}: {value}'" for name, value in sorted(request.headers.items()))
    return f"{request.method} {request.url}{headers}"


def _connections(comparison: Comparison, fleet: str) -> Iterator[Answer]:
    """TCP, UDP and TLS that is passed on: there is nothing to sample but the connection."""
    old, new = comparison.pair(fleet)
    before, after = _forwarded(comparison.before, old), _forwarded(comparison.after, new)
    for connection in sorted({*before, *after}):
        was, now = before.get(connection, "no listener"), after.get(connection, "no listener")
        if was != now:
            yield Answer(fleet, connection, was, now)


def _forwarded(version: Version, fleet: Fleet) -> dict[str, str]:
    found = {}
    for socket, chain in fleet.chains():
        if chain.clusters:
            scheme = "udp" if socket.udp else "tls" if chain.sni or chain.tls else "tcp"
            for name in chain.server_names or ("*",):
                host = f"{name}:" if scheme == "tls" else ":"
                found[f"{scheme}://{host}{socket.port}"] = forwarding(version, fleet, chain.clusters)
    return found
