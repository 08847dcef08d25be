"""GRPCRoutes: what is different from HTTPRoutes."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from tests.resolve.scene import Object, Scene, forward, gateway, grpc_route, https, listener, obj, resolve, service

EXACT, REGEX, PREFIX = ir.MatchKind.EXACT, ir.MatchKind.REGEX, ir.MatchKind.PREFIX
UNAVAILABLE = ir.DirectResponse(503)


def scene(*rules: Object, app_protocol: str | None = None) -> Scene:
    port = {"port": 80, "targetPort": 8080, **({"appProtocol": app_protocol} if app_protocol else {})}
    return resolve(gateway(), obj("Service", "web", {"ports": [port]}), grpc_route(*rules))


def rule(*matches: Object, **more: Any) -> Object:
    return {"backendRefs": [forward()], **({"matches": list(matches)} if matches else {}), **more}


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [
        (None, (PREFIX, "/"), (EXACT, "", "")),
        ({"service": "a.B", "method": "C"}, (EXACT, "/a.B/C"), (EXACT, "a.B", "C")),
        ({"service": ".a.B", "method": "C"}, (EXACT, "/a.B/C"), (EXACT, "a.B", "C")),
        ({"service": "a.B"}, (PREFIX, "/a.B"), (EXACT, "a.B", "")),
        ({"method": "C"}, (REGEX, "/[^/]+/C"), (EXACT, "", "C")),
        (
            {"type": "RegularExpression", "service": "a|b", "method": "C.*"},
            (REGEX, "/(?:a|b)/(?:C.*)"),
            (REGEX, "a|b", "C.*"),
        ),
        ({"type": "RegularExpression", "service": "a"}, (REGEX, "/(?:a)/[^/]+"), (REGEX, "a", "")),
        ({"type": "RegularExpression", "method": "C"}, (REGEX, "/[^/]+/(?:C)"), (REGEX, "", "C")),
    ],
)
def test_methods(method: Object | None, path: tuple[Any, str], call: tuple[Any, str, str]) -> None:
    (match,) = scene(rule({"method": method} if method else {})).rule().matches
    assert match == ir.Match(ir.PathMatch(*path), call=ir.CallMatch(*call))


def test_a_rule_without_matches_takes_all_calls() -> None:
    found = scene(rule(name="all")).rule()
    assert found.matches == (ir.Match(ir.PathMatch(PREFIX, "/"), call=ir.CallMatch()),)
    assert (found.grpc, found.name) == (True, "all")


def test_headers() -> None:
    headers = [{"name": "X-Version", "value": "2"}, {"type": "RegularExpression", "name": "x-a", "value": "b+"}]
    (match,) = scene(rule({"headers": headers})).rule().matches
    assert match.headers == (ir.ValueMatch("x-version", EXACT, "2"), ir.ValueMatch("x-a", REGEX, "b+"))


def test_an_expression_that_is_none_drops_its_rule() -> None:
    found = scene(rule(), rule({"method": {"type": "RegularExpression", "service": "("}}))
    assert [item.index for item in found.unit().rules] == [0]
    assert found.route_conditions()["PartiallyInvalid"] == "True/UnsupportedValue"
    path = ("spec", "rules", 1, "matches", 0, "method", "service")
    assert (found.only_diagnostic().code, found.only_diagnostic().path) == ("GW151", path)


@pytest.mark.parametrize("app_protocol", [None, "kubernetes.io/h2c", "grpc", "http"])
def test_backends_speak_http2(app_protocol: str | None) -> None:
    found = scene(rule(), app_protocol=app_protocol).forwarded()
    assert found.grpc
    assert [backend.protocol for backend in found.backends] == [ir.Protocol.H2C]


def test_a_mirror_speaks_http2() -> None:
    mirror = {"type": "RequestMirror", "requestMirror": {"backendRef": forward()}}
    (found,) = scene(rule(filters=[mirror])).forwarded().mirrors
    assert found.backend.protocol is ir.Protocol.H2C


def test_a_backend_that_speaks_websocket_is_invalid() -> None:
    found = scene(rule(), app_protocol="kubernetes.io/ws")
    assert found.rule().action == UNAVAILABLE
    assert found.route_conditions()["ResolvedRefs"] == "False/UnsupportedProtocol"


def test_without_a_valid_backend_calls_are_unavailable() -> None:
    found = scene({"backendRefs": [forward("gone")]}, {})
    assert [item.action for item in found.unit().rules] == [UNAVAILABLE, UNAVAILABLE]
    assert found.route_conditions()["ResolvedRefs"] == "False/BackendNotFound"


def test_status_and_attachment() -> None:
    cert = obj("Secret", "cert", type="kubernetes.io/tls")
    found = resolve(
        cert,
        service(),
        gateway(listener(hostname="*.example.com"), https("https", "other.example.com")),
        grpc_route(rule(), hostnames=["a.example.com", "other.example.com"]),
    )
    assert found.route_conditions() == {"Accepted": "True/Accepted", "ResolvedRefs": "True/ResolvedRefs"}
    assert found.unit().kind == "grpcroute"
    assert {item.table: item.hosts for item in found.unit().placements} == {
        "http-80": ("a.example.com", "other.example.com"),
        "app/gw/https": ("other.example.com",),
    }
    assert found.status("GRPCRoute", "route")["parents"] == list(found.routes["route"].parents)
    assert [found.listener(name)["attachedRoutes"] for name in ("http", "https")] == [1, 1]


def test_a_route_without_rules_adds_nothing() -> None:
    found = scene()
    assert found.routes["route"].unit is None
    assert found.route_conditions()["Accepted"] == "True/Accepted"


def test_a_listener_may_take_one_kind_alone() -> None:
    kinds = {"kinds": [{"kind": "HTTPRoute"}]}
    found = resolve(service(), gateway(listener(allowedRoutes=kinds)), grpc_route(rule()))
    assert found.route_conditions()["Accepted"] == "False/NotAllowedByListeners"
