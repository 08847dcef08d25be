"""Sessions whose rule has backends with clusters of their own: back to the cluster, then to the endpoint.

Envoy finds the endpoint of a session (`filters.stateful_session`) among those of a cluster that is chosen by then. So
each of such backends gets one more route, before those that split the requests, for the sessions that have been there:

- With a cookie a second one, `<cookie>-backend`, has the position of the backend among the backendRefs of the rule.
- A header is all that a client sends back, and has the endpoint's address in base64. The addresses of a backend are
  known but for one that is found by DNS: that has what is left, and a rule has only one (`resolve` sees to that).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address

from reconciler import ir
from reconciler.translate.destinations import in_use
from reconciler.translate.shares import Share, alone


def cookie_name(rule: str, session: ir.SessionCookie) -> str:
    """The name of a session's cookie: as given, or the rule's, without slashes, which it must not have."""
    return session.name or rule.replace("/", "-")


def pinned(
    rule: str, action: ir.Forward, session: ir.SessionCookie | ir.SessionHeader, shares: Sequence[Share]
) -> tuple[Share, ...]:
    """The shares of a rule of this name, with those of its sessions before them."""
    backends = [backend for backend in in_use(action) if backend.endpoints and backend.redirect is None]
    if isinstance(session, ir.SessionHeader):
        pins = dict(_by_header(session, backends))
    else:
        name = f"{cookie_name(rule, session)}-backend"
        pins = {one.index: _cookie(name, one.index) for one in backends}
        told = {f"/backend/{index}": _set_cookie(session, name, index) for index in pins}
        shares = [replace(share, set_cookie=told.get(share.suffix, "")) for share in shares]
    by_index = {backend.index: backend for backend in backends}
    back = [
        Share(
            alone(action, by_index[index]),
            suffix=f"/backend/{index}",
            filters=by_index[index].filters,
            pin=pin,
        )
        for index, pin in pins.items()
    ]
    return (*back, *shares)


def _by_header(session: ir.SessionHeader, backends: Sequence[ir.Backend]) -> Iterator[tuple[int, ir.ValueMatch]]:
    name = session.name.lower()
    for backend in backends:
        if backend.discovery is ir.Discovery.STATIC:
            values = sorted(b64encode(_address(one).encode()).decode().replace("+", r"\+") for one in backend.endpoints)
            yield backend.index, ir.ValueMatch(name, ir.MatchKind.REGEX, "|".join(values))
    for backend in backends:
        if backend.discovery is ir.Discovery.DNS:
            yield backend.index, ir.ValueMatch(name, ir.MatchKind.REGEX, ".+")
            return


def _address(endpoint: ir.Endpoint) -> str:
    """As Envoy writes it."""
    if not endpoint.port:
        return endpoint.address
    address = ip_address(endpoint.address)
    return f"[{address}]:{endpoint.port}" if address.version == 6 else f"{address}:{endpoint.port}"


def _cookie(name: str, index: int) -> ir.ValueMatch:
    """A header that every Envoy can match; of its field for cookies older ones know nothing, and take all requests."""
    return ir.ValueMatch("cookie", ir.MatchKind.REGEX, rf"(?:.*[;,]\s*)?{re.escape(name)}={index}(?:\s*[;,].*)?")


def _set_cookie(session: ir.SessionCookie, name: str, index: int) -> str:
    """Like the one that Envoy sets for the endpoint."""
    lifetime = f"; Max-Age={session.lifetime_ms // 1000}" if session.lifetime_ms else ""
    return f"{name}={index}{lifetime}; Path={session.path}; HttpOnly"
