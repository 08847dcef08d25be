"""TLSRoutes, TCPRoutes and UDPRoutes: attachment, server names, backends."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from tests.resolve.scene import Object, forward, gateway, https, listener, obj, resolve, service
from tests.resolve.test_l4_listeners import CERT, TERMINATE, tls

TCP = listener("tcp", 5432, "TCP")
UDP = listener("udp", 53, "UDP")


def l4_route(kind: str, *refs: Object, name: str = "route", rules: list[Object] | None = None, **spec: Any) -> Object:
    made: Object = {"parentRefs": [{"name": "gw"}], **spec}
    made["rules"] = rules if rules is not None else [{"backendRefs": list(refs) or [forward()]}]
    version = {} if len(made["rules"]) == 1 else {"apiVersion": "gateway.networking.k8s.io/v1alpha2"}
    return {**obj(kind, name, made), **version}


def endpoints(protocol: str, port: int) -> Object:
    return obj(
        "EndpointSlice",
        f"web-{port}",
        metadata={"labels": {"kubernetes.io/service-name": "web"}},
        addressType="IPv4",
        ports=[{"name": protocol.lower(), "port": port, "protocol": protocol}],
        endpoints=[{"addresses": ["10.0.0.1"]}],
    )


def dns(port: int = 80) -> tuple[ir.Endpoint, ...]:
    return (ir.Endpoint("web.app.svc.cluster.local", port),)


def test_a_tcp_route() -> None:
    scene = resolve(service(), gateway(TCP), l4_route("TCPRoute"))
    assert scene.l4() == ir.L4Unit(
        "tcproute",
        "app",
        "route",
        (ir.Placement("app/gw", "app/gw/tcp", ("*",), 5432),),
        ir.Forward((ir.Backend(0, 1, ir.Discovery.DNS, dns()),)),
    )
    assert scene.route_conditions() == {"Accepted": "True/Accepted", "ResolvedRefs": "True/ResolvedRefs"}
    assert scene.listener("tcp")["attachedRoutes"] == 1
    assert scene.diagnostics == ()


def test_a_route_attaches_to_all_listeners_of_its_kind() -> None:
    scene = resolve(
        CERT,
        service(),
        gateway(TCP, UDP, tls("ends", "a.example.com", TERMINATE), tls("passes", "b.example.com"), https("h", "c.d")),
        l4_route("TCPRoute"),
    )
    assert [(one.table, one.hosts) for one in scene.l4().placements] == [
        ("app/gw/ends", ("a.example.com",)),
        ("app/gw/tcp", ("*",)),
    ]


@pytest.mark.parametrize(
    ("hostname", "wanted", "names"),
    [
        ("a.example.com", ["*.example.com"], ("a.example.com",)),
        ("*.example.com", ["a.example.com", "b.c.example.com", "a.example.org"], ("a.example.com", "b.c.example.com")),
        ("*.example.com", ["*.com"], ("*.example.com",)),
        (None, ["a.example.com", "*.example.com"], ("*.example.com", "a.example.com")),
    ],
)
def test_server_names(hostname: str | None, wanted: list[str], names: tuple[str, ...]) -> None:
    scene = resolve(service(), gateway(tls("tls", hostname)), l4_route("TLSRoute", hostnames=wanted))
    assert [one.hosts for one in scene.l4().placements] == [names]


def test_server_names_of_a_more_specific_listener_are_left_to_it() -> None:
    scene = resolve(
        CERT,
        service(),
        gateway(tls("wide", "*.example.com"), https("narrow", "a.example.com")),
        l4_route("TLSRoute", hostnames=["a.example.com", "b.example.com"]),
    )
    assert [one.hosts for one in scene.l4().placements] == [("b.example.com",)]


def test_without_hostnames_a_route_has_those_of_its_listener() -> None:
    versioned = l4_route("TLSRoute", rules=[{"backendRefs": [forward()]}, {"backendRefs": [forward()]}])
    scene = resolve(service(), gateway(tls("tls", "a.example.com")), versioned)
    assert [one.hosts for one in scene.l4().placements] == [("a.example.com",)]


@pytest.mark.parametrize(
    ("kind", "item", "reason"),
    [
        ("TCPRoute", UDP, "NotAllowedByListeners"),
        ("TCPRoute", tls("tls"), "NotAllowedByListeners"),
        ("UDPRoute", TCP, "NotAllowedByListeners"),
        ("TLSRoute", TCP, "NotAllowedByListeners"),
        ("TLSRoute", https("h"), "NotAllowedByListeners"),
        ("TLSRoute", tls("tls", "other.example.com"), "NoMatchingListenerHostname"),
    ],
)
def test_listeners_that_do_not_take_a_route(kind: str, item: Object, reason: str) -> None:
    hostnames: Object = {"hostnames": ["a.example.com"]} if kind == "TLSRoute" else {}
    scene = resolve(CERT, service(), gateway(item), l4_route(kind, **hostnames))
    assert scene.route_conditions()["Accepted"] == f"False/{reason}"
    assert scene.routes["route"].unit is None
    assert scene.listener(item["name"])["attachedRoutes"] == 0


def test_weights_and_backends_that_are_none() -> None:
    refs = (forward(weight=7), forward("missing", weight=2), forward(weight=0), forward("nothing", weight=1))
    nothing = {**endpoints("TCP", 8080), "endpoints": []}
    nothing["metadata"] = {**nothing["metadata"], "labels": {"kubernetes.io/service-name": "nothing"}}
    scene = resolve(service(), service("nothing"), nothing, gateway(TCP), l4_route("TCPRoute", *refs))
    assert scene.l4().forward == ir.Forward(
        (ir.Backend(0, 7, ir.Discovery.DNS, dns()), ir.Backend(3, 1, ir.Discovery.STATIC, ())), invalid_weight=2
    )
    assert scene.route_conditions() == {
        "Accepted": "True/Accepted",
        "ResolvedRefs": "False/BackendNotFound",
        "BackendsAvailable": "False/EndpointsNotFound",
    }
    assert "its connections are closed" in scene.diagnostics[1].message


@pytest.mark.parametrize(("kind", "item", "port"), [("TCPRoute", TCP, 9001), ("UDPRoute", UDP, 9002)])
def test_ports_are_those_of_the_transport(kind: str, item: Object, port: int) -> None:
    ports = [{"name": "udp", "port": 80, "protocol": "UDP"}, {"name": "tcp", "port": 80, "protocol": "TCP"}]
    slices = (endpoints("TCP", 9001), endpoints("UDP", 9002))
    scene = resolve(obj("Service", "web", {"ports": ports}), *slices, gateway(item), l4_route(kind))
    (backend,) = scene.l4().forward.backends
    assert backend.endpoints == (ir.Endpoint("10.0.0.1", port),)


def test_a_service_without_a_port_of_the_transport() -> None:
    scene = resolve(service(), gateway(UDP), l4_route("UDPRoute"))
    assert scene.route_conditions()["ResolvedRefs"] == "False/PortNotFound"
    assert "no UDP port 80; it has none" in scene.only_diagnostic().message
    assert scene.l4().forward == ir.Forward((), invalid_weight=1)


def test_datagrams_do_not_go_to_unix_sockets() -> None:
    backend = obj("Backend", "local", {"endpoints": [{"unix": {"path": "/run/app.sock"}}]})
    ref = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "local"}
    scene = resolve(
        backend, gateway(TCP, UDP), l4_route("UDPRoute", ref, name="udp"), l4_route("TCPRoute", ref, name="tcp")
    )
    assert scene.route_conditions("udp")["ResolvedRefs"] == "False/UnsupportedAddressType"
    assert scene.route_conditions("tcp")["ResolvedRefs"] == "True/ResolvedRefs"


@pytest.mark.parametrize(("kind", "item"), [("TCPRoute", TCP), ("UDPRoute", UDP)])
def test_several_rules_are_refused(kind: str, item: Object) -> None:
    rules = [{"backendRefs": [forward()]}, {"backendRefs": [forward("missing")]}]
    ports = [{"name": name, "port": 80, "protocol": name.upper()} for name in ("tcp", "udp")]
    scene = resolve(obj("Service", "web", {"ports": ports}), gateway(item), l4_route(kind, rules=rules))
    assert scene.route_conditions() == {"Accepted": "False/UnsupportedValue", "ResolvedRefs": "False/BackendNotFound"}
    assert scene.routes["route"].unit is None


def test_the_rules_of_a_tls_route_are_pooled() -> None:
    rules = [{"backendRefs": [forward(), forward("missing")]}, {"backendRefs": [forward(weight=3)]}]
    scene = resolve(service(), gateway(tls("tls")), l4_route("TLSRoute", rules=rules, hostnames=["a.example.com"]))
    forwarded = scene.l4().forward
    assert [(one.index, one.weight) for one in forwarded.backends] == [(0, 1), (2, 3)]
    assert forwarded.invalid_weight == 1


@pytest.mark.parametrize(
    ("granted", "reason"), [("TCPRoute", "True/ResolvedRefs"), ("UDPRoute", "False/RefNotPermitted")]
)
def test_grants_are_by_kind(granted: str, reason: str) -> None:
    grant = obj(
        "ReferenceGrant",
        "grant",
        {
            "from": [{"group": "gateway.networking.k8s.io", "kind": granted, "namespace": "app"}],
            "to": [{"group": "", "kind": "Service"}],
        },
        metadata={"namespace": "data"},
    )
    elsewhere = service()
    elsewhere["metadata"]["namespace"] = "data"
    scene = resolve(grant, elsewhere, gateway(TCP), l4_route("TCPRoute", forward(namespace="data")))
    assert scene.route_conditions()["ResolvedRefs"] == reason


def test_every_route_of_a_listener_is_accepted_and_counted() -> None:
    """Gateway API, conformance test TCPRouteMultipleRoutesAttachment."""
    scene = resolve(service(), gateway(TCP), l4_route("TCPRoute", name="one"), l4_route("TCPRoute", name="two"))
    assert scene.route_conditions("one")["Accepted"] == scene.route_conditions("two")["Accepted"] == "True/Accepted"
    assert scene.listener("tcp")["attachedRoutes"] == 2
