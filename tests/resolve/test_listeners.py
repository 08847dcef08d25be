"""Listener validity, conflicts, and what may attach."""

from __future__ import annotations

import pytest

from tests.resolve.scene import Object, Scene, forward, gateway, https, listener, obj, resolve, route, service

CERT = obj("Secret", "cert", type="kubernetes.io/tls")


def accepted(scene: Scene, name: str) -> str:
    return scene.listener_conditions(name)["Accepted"]


def test_a_valid_listener() -> None:
    scene = resolve(gateway())
    assert scene.listener_conditions("http") == {
        "Accepted": "True/Accepted",
        "ResolvedRefs": "True/ResolvedRefs",
        "Programmed": "True/Programmed",
        "Conflicted": "False/NoConflicts",
    }
    assert scene.gateway_conditions() == {"Accepted": "True/Accepted", "Programmed": "True/Programmed"}
    assert scene.listener("http")["supportedKinds"] == [
        {"group": "gateway.networking.k8s.io", "kind": kind} for kind in ("HTTPRoute", "GRPCRoute")
    ]
    assert scene.diagnostics == ()


@pytest.mark.parametrize("protocol", ["SCTP", "example.com/QUIC"])
def test_unsupported_protocols(protocol: str) -> None:
    scene = resolve(gateway(listener("odd", 99, protocol), listener()))
    assert accepted(scene, "odd") == "False/UnsupportedProtocol"
    assert scene.listener("odd")["supportedKinds"] == []
    assert scene.gateway_conditions()["Accepted"] == "True/ListenersNotValid"
    assert [item.name for item in scene.fleets["app/gw"].listeners] == ["tcp-80"]
    assert scene.only_diagnostic().path == ("spec", "listeners", 0, "protocol")


def test_a_gateway_without_any_valid_listener_is_no_fleet() -> None:
    scene = resolve(gateway(listener("odd", 99, "SCTP")))
    assert scene.gateway_conditions() == {"Accepted": "False/ListenersNotValid", "Programmed": "False/Invalid"}
    assert scene.fleets == {}


def test_http_and_https_cannot_share_a_port() -> None:
    scene = resolve(CERT, gateway(listener("a", 443), https("b"), listener("c", 80)))
    assert [accepted(scene, name) for name in "abc"] == [
        "False/ProtocolConflict",
        "False/ProtocolConflict",
        "True/Accepted",
    ]
    assert scene.listener_conditions("a")["Conflicted"] == "True/ProtocolConflict"
    assert scene.codes == ["GW351", "GW351"]


def kinds(*items: Object) -> Object:
    return {"allowedRoutes": {"kinds": list(items)}}


@pytest.mark.parametrize(
    ("items", "supported"),
    [
        ([{"kind": "NoRoute"}], []),
        ([{"kind": "NoRoute"}, {"kind": "HTTPRoute"}], ["HTTPRoute"]),
        ([{"kind": "HTTPRoute", "group": "example.com"}], []),
    ],
)
def test_route_kinds_that_are_not_supported(items: list[Object], supported: list[str]) -> None:
    scene = resolve(gateway(listener(**kinds(*items))))
    assert scene.listener_conditions("http")["ResolvedRefs"] == "False/InvalidRouteKinds"
    assert [kind["kind"] for kind in scene.listener("http")["supportedKinds"]] == supported


def namespace(name: str, **labels: str) -> Object:
    return obj("Namespace", name, metadata={"labels": labels})


def allowed(source: str, **selector: object) -> Object:
    namespaces: Object = {"from": source}
    if selector:
        namespaces["selector"] = selector
    return {"allowedRoutes": {"namespaces": namespaces}}


@pytest.mark.parametrize(
    ("rule", "attached"),
    [
        (allowed("Same"), ["app"]),
        (allowed("All"), ["app", "blue", "green", "undeclared"]),
        (allowed("Selector", matchLabels={"team": "blue"}), ["blue"]),
        (allowed("Selector", matchLabels={"kubernetes.io/metadata.name": "undeclared"}), ["undeclared"]),
        (allowed("Selector", matchExpressions=[{"key": "team", "operator": "Exists"}]), ["blue", "green"]),
        (allowed("Selector", matchExpressions=[{"key": "team", "operator": "DoesNotExist"}]), ["app", "undeclared"]),
        (allowed("Selector", matchExpressions=[{"key": "team", "operator": "In", "values": ["blue"]}]), ["blue"]),
        (
            allowed("Selector", matchExpressions=[{"key": "team", "operator": "NotIn", "values": ["blue"]}]),
            ["app", "green", "undeclared"],
        ),
    ],
)
def test_namespaces_that_may_attach(rule: Object, attached: list[str]) -> None:
    routes = [
        route(name=f"in-{name}", metadata={"namespace": name}, parentRefs=[{"name": "gw", "namespace": "app"}])
        for name in ("app", "blue", "green", "undeclared")
    ]
    scene = resolve(
        namespace("blue", team="blue"), namespace("green", team="green"), gateway(listener(**rule)), *routes
    )
    found = [name for name in scene.routes if scene.route_conditions(name)["Accepted"] == "True/Accepted"]
    assert found == [f"in-{name}" for name in attached]
    assert scene.listener("http")["attachedRoutes"] == len(attached)
    refused = {scene.route_conditions(name)["Accepted"] for name in scene.routes if name not in found}
    assert refused <= {"False/NotAllowedByListeners"}


@pytest.mark.parametrize(
    "rule",
    [
        allowed("Selector"),
        allowed("Selector", matchExpressions=[{"key": "team", "operator": "Matches", "values": ["a"]}]),
        allowed("Selector", matchExpressions=[{"key": "team", "operator": "In"}]),
    ],
)
def test_selectors_without_meaning(rule: Object) -> None:
    scene = resolve(gateway(listener(**rule)), route())
    assert accepted(scene, "http") == "False/Invalid"
    assert scene.diagnostics[0].path == ("spec", "listeners", 0, "allowedRoutes", "namespaces", "selector")


def test_overlapping_https_listeners_are_reported_and_offer_http2() -> None:
    scene = resolve(
        CERT, gateway(https("wide", "*.example.com"), https("narrow", "a.example.com"), https("apart", "b.example.org"))
    )
    assert scene.listener_conditions("wide")["OverlappingTLSConfig"] == "True/OverlappingHostnames"
    assert scene.listener_conditions("narrow")["OverlappingTLSConfig"] == "True/OverlappingHostnames"
    assert "OverlappingTLSConfig" not in scene.listener_conditions("apart")
    assert scene.gateway_conditions()["Accepted"] == "True/Accepted"
    (socket,) = scene.fleets["app/gw"].listeners
    assert {chain.tls.alpn for chain in socket.chains if chain.tls} == {("h2", "http/1.1")}


def test_routes_count_on_listeners_that_are_not_programmed() -> None:
    """Gateway API, ListenerStatus.attachedRoutes: the listener's own status does not matter."""
    scene = resolve(
        service(),
        gateway(https("broken", "a.example.com"), https("fine", "*.example.com", secret="there")),
        obj("Secret", "there", type="kubernetes.io/tls"),
        route(
            {"backendRefs": [forward()]},
            hostnames=["a.example.com"],
            parentRefs=[{"name": "gw", "sectionName": "broken"}],
        ),
    )
    assert scene.listener("broken")["attachedRoutes"] == 1
    assert scene.listener_conditions("broken")["Programmed"] == "False/Invalid"
    assert scene.routes["route"].unit is None
    assert scene.fleets["app/gw"].listeners[0].chains[0].table == "app/gw/fine"
