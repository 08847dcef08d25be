"""Short ways to write the IR that most tests of translation need."""

from __future__ import annotations

from typing import Any

from reconciler import ir

FLEET = "infra/gateway"
TABLE = "http-80"
RULE = "httproute/default/shop/rule/0"
"""The name of the first rule of `unit()`."""


def prefix(value: str) -> ir.PathMatch:
    """A path prefix."""
    return ir.PathMatch(ir.MatchKind.PREFIX, value)


def exact(value: str) -> ir.PathMatch:
    """An exact path."""
    return ir.PathMatch(ir.MatchKind.EXACT, value)


def regex(value: str) -> ir.PathMatch:
    """A path by regular expression."""
    return ir.PathMatch(ir.MatchKind.REGEX, value)


def endpoint(number: int = 1, **fields: Any) -> ir.Endpoint:
    """An endpoint at 10.0.0.<number>:8080."""
    return ir.Endpoint(**{"address": f"10.0.0.{number}", "port": 8080, **fields})


def backend(index: int = 0, weight: int = 1, **fields: Any) -> ir.Backend:
    """A static backend with one endpoint."""
    static: dict[str, Any] = {"discovery": ir.Discovery.STATIC, "endpoints": (endpoint(index + 1),)}
    return ir.Backend(index, weight, **{**static, **fields})


def dns_backend(index: int = 0, weight: int = 1, **fields: Any) -> ir.Backend:
    """A backend that is found by DNS."""
    at = endpoint(address=f"svc{index}.example", hostname=f"svc{index}.example")
    return backend(index, weight, discovery=ir.Discovery.DNS, endpoints=(at,), **fields)


def rule(*paths: ir.PathMatch, action: Any = None, index: int = 0, **fields: Any) -> ir.Rule:
    """A rule; it matches everything and forwards to `backend()` if nothing else is said."""
    matches = tuple(ir.Match(path) for path in paths or (prefix("/"),))
    return ir.Rule(**{"index": index, "matches": matches, "action": action or ir.Forward((backend(),)), **fields})


def placement(
    *hosts: str, table: str = TABLE, port: int = 80, fleet: str = FLEET, client_certificate: str = ""
) -> ir.Placement:
    """A place in a route configuration."""
    return ir.Placement(fleet, table, hosts or ("shop.example",), port, client_certificate)


def unit(*rules: ir.Rule, placements: tuple[ir.Placement, ...] = (), **fields: Any) -> ir.RouteUnit:
    """The route `default/shop`."""
    named: dict[str, Any] = {"kind": "httproute", "namespace": "default", "name": "shop", **fields}
    return ir.RouteUnit(placements=placements or (placement(),), rules=rules or (rule(),), **named)


def fleet(*listeners: ir.Listener, **fields: Any) -> ir.Fleet:
    """The fleet that `unit()` is part of, by default with a listener on port 80 for any host."""
    return ir.Fleet(FLEET, listeners or (http_listener(),), **fields)


def http_listener(*hosts: str, port: int = 80, addresses: tuple[str, ...] = ("0.0.0.0",)) -> ir.Listener:
    """A cleartext listener."""
    return ir.Listener(f"tcp-{port}", addresses, port, (ir.HTTPChain(f"http-{port}", hosts or ("*",)),))


def https_listener(*chains: ir.HTTPChain, port: int = 443) -> ir.Listener:
    """A listener that terminates TLS."""
    return ir.Listener(f"tcp-{port}", ("0.0.0.0",), port, chains)


def https_chain(table: str, *server_names: str, certificate: str = "infra/cert", **tls: Any) -> ir.HTTPChain:
    """A chain for some server names, or for all."""
    return ir.HTTPChain(table, server_names or ("*",), server_names, ir.TLS((certificate,), **tls))
