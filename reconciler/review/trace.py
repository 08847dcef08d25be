"""`gitway explain METHOD URL`: the way of one request, with file and line of all that decides it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

from reconciler.review.comparison import Version
from reconciler.review.destinations import action, ending, filters
from reconciler.review.diagnostics import printable
from reconciler.review.places import of_rule, of_socket, spot, title
from reconciler.review.served.fleet import Fleet
from reconciler.review.served.request import Request
from reconciler.review.served.routing import open_ports, way
from reconciler.review.served.tables import Route

SHOWN: Final = 20
"""Routes that were passed over, of which people are shown so many."""


class Step(NamedTuple):
    """A route and where it is written. `object` and `place` are empty for what is of no manifest."""

    route: str
    object: str
    place: str
    does: str


class Trace(NamedTuple):
    """The way of a request through a fleet.

    Attributes:
        listener, listener_place: the socket and where it is written; empty where nothing listens.
        chain, host: the filter chain and the virtual host.
        taken: the routes that take it, with their shares in millionths.
        filters: HTTP filters with configuration for it.
        backends: clusters with their addresses.
        passed: routes that it does not take, and why.
        outcome: in words.
        note: what was assumed.
    """

    fleet: str
    listener: str
    listener_place: str
    chain: str
    host: str
    taken: tuple[tuple[Step, int], ...]
    filters: tuple[str, ...]
    backends: tuple[tuple[str, tuple[str, ...]], ...]
    passed: tuple[tuple[Step, str], ...]
    outcome: str
    note: str = ""


def traces(version: Version, names: Iterable[str], request: Request) -> tuple[Trace, ...]:
    """The way through each fleet that listens on the request's port.

    Where none does, a load balancer is taken to be in front: the request goes to each port that speaks its scheme.
    """
    fleets = [version.fleet(name) for name in sorted(names)]
    here = [fleet for fleet in fleets if request.port in open_ports([fleet])]
    if here:
        return tuple(_trace(version, fleet, request) for fleet in here)
    return tuple(_through_load_balancer(version, fleets, request))


def _through_load_balancer(version: Version, fleets: Iterable[Fleet], request: Request) -> Iterator[Trace]:
    for fleet in fleets:
        for socket in fleet.sockets:
            speaks = any(chain.tls or chain.sni for chain in socket.chains) == (request.scheme == "https")
            if speaks and any(chain.table for chain in socket.chains):
                note = f"nothing listens on port {request.port}: taken to come to port {socket.port}"
                yield _trace(version, fleet, replace(request, port=socket.port))._replace(note=note)


def _trace(version: Version, fleet: Fleet, request: Request) -> Trace:
    taken = way(fleet, request, explain=True)
    routes = [share.route for share in taken.shares]
    chain = taken.chain.name if taken.chain else ""
    port = taken.socket.port if taken.socket else 0
    return Trace(
        fleet.name,
        f"{taken.socket.name} ({taken.socket.address}:{port})" if taken.socket else "",
        spot(version, of_socket(version, fleet.name, port, chain)) if taken.socket else "",
        chain,
        taken.host.domain if taken.host else "",
        tuple((_step(version, fleet, share.route), share.millionths) for share in taken.shares),
        tuple(dict.fromkeys(name for route in routes for name in filters(route))),
        tuple(_backends(fleet, routes)),
        tuple((_step(version, fleet, passed.route), passed.reason) for passed in taken.passed),
        ending(version, fleet, taken),
    )


def _step(version: Version, fleet: Fleet, route: Route) -> Step:
    place = of_rule(version, route.owner)
    return Step(route.name, title(place[0]) if place else "", spot(version, place), action(version, fleet, route))


def _backends(fleet: Fleet, routes: Iterable[Route]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for route in routes:
        for name, weight in route.clusters:
            found = fleet.cluster(name)
            if weight and found is not None:
                yield name, tuple(address for member in found.members for address in member.addresses)


def as_json(request: Request, found: Iterable[Trace]) -> dict[str, Any]:
    """`explain METHOD URL -o json`, format 1."""
    return {
        "format": 1,
        "request": {"method": request.method, "url": request.url, "headers": dict(request.headers)},
        "fleets": [_json(one) for one in found],
    }


def _json(one: Trace) -> dict[str, Any]:
    return {
        "fleet": one.fleet,
        "note": one.note,
        "listener": {"name": one.listener, "place": one.listener_place},
        "filterChain": one.chain,
        "virtualHost": one.host,
        "routes": [{**step._asdict(), "millionths": share} for step, share in one.taken],
        "filters": list(one.filters),
        "backends": [{"cluster": name, "endpoints": list(addresses)} for name, addresses in one.backends],
        "passedOver": [{**step._asdict(), "reason": reason} for step, reason in one.passed],
        "outcome": one.outcome,
    }


def as_text(request: Request, found: Iterable[Trace]) -> str:
    """For people."""
    lines = [f"{request.method} {request.url}", *(f"  {name}: {value}" for name, value in request.headers.items())]
    for one in found:
        lines += ["", *_lines(one)]
    return "\n".join(map(printable, lines)) + "\n"


def _lines(one: Trace) -> Iterator[str]:
    yield f"fleet {one.fleet}" + (f" ({one.note})" if one.note else "")
    for name, value, place in (
        ("listener", one.listener, one.listener_place),
        ("filter chain", one.chain, ""),
        ("virtual host", one.host, ""),
    ):
        if value:
            yield f"  {name:<13} {value}" + (f"  {place}" if place else "")
    for step, share in one.taken:
        part = f"  {share / 10_000:g}%" if share < 1_000_000 else ""
        yield f"  {'route':<13} {step.route}{part}"
        if step.object:
            yield f"  {'rule':<13} {step.object}  {step.place}"
    if one.filters:
        yield f"  {'filters':<13} {', '.join(one.filters)}"
    yield f"  {'outcome':<13} {one.outcome}"
    for name, addresses in one.backends:
        yield f"  {'cluster':<13} {name}: {', '.join(addresses) or 'no endpoints'}"
    if one.passed:
        yield "  passed over"
    for step, reason in one.passed[:SHOWN]:
        about = "  ".join(part for part in (step.object, step.place) if part) or step.route
        yield f"    {about}: {reason}"
    if len(one.passed) > SHOWN:
        yield f"    {len(one.passed) - SHOWN} more"
