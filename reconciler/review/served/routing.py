"""The way of a request as Envoy goes it: socket, filter chain, virtual host, route; what it passes over, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from reconciler.review.served.fleet import Fleet
from reconciler.review.served.matching import below, mismatch
from reconciler.review.served.request import Request
from reconciler.review.served.sockets import Chain, Socket
from reconciler.review.served.tables import Route, Table, VirtualHost

T = TypeVar("T")


class Passed(NamedTuple):
    """A route that a request does not take, and why."""

    route: Route
    reason: str


class Share(NamedTuple):
    """A route that takes some of the requests, in millionths."""

    route: Route
    millionths: int


class Way(NamedTuple):
    """What happens to a request.

    Attributes:
        chain: None where the connection is refused: no socket or filter chain is for it.
        host: None where no virtual host is for it: it is answered 404.
        shares: the routes that take it, most often one; empty: it is answered 404.
        passed: the routes before, and those behind that would match too.
        ending: in words, why it gets no further; empty where a route takes it.
    """

    socket: Socket | None = None
    chain: Chain | None = None
    host: VirtualHost | None = None
    shares: tuple[Share, ...] = ()
    passed: tuple[Passed, ...] = ()
    ending: str = ""


def way(fleet: Fleet, request: Request, *, explain: bool = False) -> Way:
    """The way of a request through a fleet; with `explain` also what it passed over."""
    socket = next((one for one in fleet.sockets if one.port == request.port and not one.udp), None)
    if socket is None:
        return Way(ending=f"nothing listens on port {request.port}")
    chain = choose_chain(socket, request.scheme, request.host)
    if chain is None:
        return Way(socket, ending=_no_chain(socket, request))
    if not chain.table:
        return Way(socket, chain, ending="the connection is forwarded as it is: its requests are not looked at")
    return in_table(fleet.tables.get(chain.table), request, Way(socket, chain), explain=explain)


def in_table(table: Table | None, request: Request, begun: Way, *, explain: bool = False) -> Way:
    """What a route configuration does with a request."""
    host = choose_host(table.hosts, request.host) if table else None
    if host is None:
        return begun._replace(ending="404: no virtual host is for this host")
    begun = begun._replace(host=host)
    if request.has_escaped_slash:
        return begun._replace(ending="307: Envoy redirects to the path without escaped slashes")
    shares, passed = _choose_routes(host, request, explain=explain)
    return begun._replace(shares=shares, passed=passed, ending="" if shares else "404: no route matches")


def choose_chain(socket: Socket, scheme: str, host: str) -> Chain | None:
    """By SNI: the exact name, then the longest wildcard, then any. SNI is taken to be the request's host."""
    if scheme != "https":
        return next((chain for chain in socket.chains if not chain.sni and not chain.tls), None)
    named = {name.lower(): chain for chain in socket.chains for name in chain.server_names}
    found = _most_specific(named, host.lower())
    if found is not None:
        return found
    return next((chain for chain in socket.chains if (chain.sni or chain.tls) and not chain.server_names), None)


def choose_host(hosts: Mapping[str, VirtualHost], host: str) -> VirtualHost | None:
    """The exact domain, then the longest wildcard, then `*`; case and port do not matter."""
    return _most_specific(hosts, host.lower()) or hosts.get("*")


def _most_specific(named: Mapping[str, T], host: str) -> T | None:
    if host in named:
        return named[host]
    labels = host.split(".")
    for index in range(1, len(labels)):
        found = named.get("*." + ".".join(labels[index:]))
        if found is not None:
            return found
    return None


def _choose_routes(
    host: VirtualHost, request: Request, *, explain: bool
) -> tuple[tuple[Share, ...], tuple[Passed, ...]]:
    """The first route that matches. Routes with a share of the requests go on with what is left."""
    shares: list[Share] = []
    passed: list[Passed] = []
    taken = 0
    for route in host.routes:
        if taken >= 1_000_000:
            break
        match = route.message.match
        reason = mismatch(match, request)
        if reason:
            passed.append(Passed(route, reason))
            continue
        bound = below(match)
        end = 1_000_000 if bound is None else bound
        if end > taken:
            shares.append(Share(route, end - taken))
            taken = end
    if explain and shares:
        behind = host.routes[host.routes.index(shares[-1].route) + 1 :]
        passed += [_behind(route, request) for route in behind]
    return tuple(shares), tuple(passed)


def _behind(route: Route, request: Request) -> Passed:
    return Passed(route, mismatch(route.message.match, request) or "it matches too, but comes later")


def _no_chain(socket: Socket, request: Request) -> str:
    if request.scheme == "https" and not any(chain.tls or chain.sni for chain in socket.chains):
        return f"port {request.port} does not speak TLS"
    if request.scheme == "http":
        return f"port {request.port} speaks TLS only"
    return f"no listener of port {request.port} is for {request.host}: the connection is closed"


def open_ports(fleets: Iterable[Fleet]) -> tuple[int, ...]:
    """The TCP ports that fleets listen on."""
    return tuple(sorted({socket.port for fleet in fleets for socket in fleet.sockets if not socket.udp}))
