"""Listeners of protocol TLS, TCP and UDP: what may attach, conflicts, and what becomes of them."""

from __future__ import annotations

import pytest

from reconciler import ir
from tests.resolve.scene import Object, gateway, https, listener, obj, resolve

CERT = obj("Secret", "cert", type="kubernetes.io/tls")
PASSTHROUGH: Object = {"mode": "Passthrough"}
TERMINATE: Object = {"certificateRefs": [{"name": "cert"}]}


def tls(name: str, hostname: str | None = None, mode: Object = PASSTHROUGH, port: int = 443) -> Object:
    made = listener(name, port, "TLS", tls=mode)
    return made if hostname is None else {**made, "hostname": hostname}


@pytest.mark.parametrize(
    ("item", "kinds"),
    [
        (tls("a"), ["TLSRoute"]),
        (tls("a", mode=TERMINATE), ["TLSRoute", "TCPRoute"]),
        (listener("a", 5432, "TCP"), ["TCPRoute"]),
        (listener("a", 53, "UDP"), ["UDPRoute"]),
        (listener("a", 53, "UDP", allowedRoutes={"kinds": [{"kind": "TCPRoute"}, {"kind": "UDPRoute"}]}), ["UDPRoute"]),
    ],
)
def test_kinds_that_may_attach(item: Object, kinds: list[str]) -> None:
    scene = resolve(CERT, gateway(item))
    assert [kind["kind"] for kind in scene.listener("a")["supportedKinds"]] == kinds
    assert scene.listener_conditions("a")["Accepted"] == "True/Accepted"
    assert scene.gateway_conditions()["Programmed"] == "True/Programmed"


def test_only_terminating_needs_certificates() -> None:
    terminate: Object = {"mode": "Terminate", "certificateRefs": [{"name": "missing"}]}
    scene = resolve(gateway(tls("ends", "a.example.com", terminate), tls("passes", "b.example.com")))
    assert scene.listener_conditions("ends")["ResolvedRefs"] == "False/InvalidCertificateRef"
    assert scene.listener_conditions("ends")["Programmed"] == "False/Invalid"
    assert scene.listener_conditions("passes")["Programmed"] == "True/Programmed"
    (socket,) = scene.fleets["app/gw"].listeners
    assert [chain.table for chain in socket.tcp_chains] == ["app/gw/passes"]


def test_terminating_by_options_alone_has_no_certificate() -> None:
    scene = resolve(gateway(tls("ends", mode={"mode": "Terminate", "options": {"example.com/a": "b"}})))
    assert scene.listener_conditions("ends")["ResolvedRefs"] == "False/InvalidCertificateRef"


CONFLICTS = [
    ([listener("a", 443, "TCP"), https("b")], "ProtocolConflict"),
    ([listener("a", 443, "TCP"), tls("b")], "ProtocolConflict"),
    ([listener("a", 443, "HTTP"), tls("b")], "ProtocolConflict"),
    ([listener("a", 443, "HTTP"), listener("b", 443, "TCP")], "ProtocolConflict"),
    ([https("a"), tls("b")], "HostnameConflict"),
    ([https("a", "a.example.com"), tls("b", "a.example.com", TERMINATE)], "HostnameConflict"),
]


@pytest.mark.parametrize(("items", "reason"), CONFLICTS)
def test_conflicts(items: list[Object], reason: str) -> None:
    scene = resolve(CERT, gateway(*items))
    for name in ("a", "b"):
        assert scene.listener_conditions(name)["Accepted"] == f"False/{reason}"
        assert scene.listener_conditions(name)["Conflicted"] == f"True/{reason}"
    assert scene.fleets == {}


def test_protocols_that_share_a_port() -> None:
    items = (
        https("https", "a.example.com"),
        tls("ends", "b.example.com", TERMINATE),
        tls("passes", "c.example.com"),
        listener("udp", 443, "UDP"),
    )
    scene = resolve(CERT, gateway(*items))
    assert {scene.listener_conditions(item["name"])["Programmed"] for item in items} == {"True/Programmed"}
    certificate = ir.TLS(("app/cert",), ())
    assert scene.fleets["app/gw"] == ir.Fleet(
        "app/gw",
        listeners=(
            ir.Listener(
                "tcp-443",
                ("0.0.0.0",),
                443,
                (
                    ir.HTTPChain(
                        "app/gw/https",
                        ("a.example.com",),
                        ("a.example.com",),
                        ir.TLS(("app/cert",)),
                        ("b.example.com", "c.example.com"),
                    ),
                ),
                (
                    ir.TCPChain("app/gw/ends", True, "b.example.com", certificate),
                    ir.TCPChain("app/gw/passes", True, "c.example.com"),
                ),
            ),
        ),
        secrets=(ir.Secret("app/cert"),),
        udp_listeners=(ir.UDPListener("udp-443", ("0.0.0.0",), 443, "app/gw/udp"),),
    )


def test_sockets_are_sorted_by_port() -> None:
    ports = (9000, 53, 5432)
    scene = resolve(
        gateway(
            *(listener(f"tcp-{port}", port, "TCP") for port in ports),
            *(listener(f"udp-{port}", port, "UDP") for port in ports),
        )
    )
    fleet = scene.fleets["app/gw"]
    assert [item.name for item in fleet.listeners] == ["tcp-53", "tcp-5432", "tcp-9000"]
    assert [item.name for item in fleet.udp_listeners] == ["udp-53", "udp-5432", "udp-9000"]
    assert fleet.listeners[0].tcp_chains == (ir.TCPChain("app/gw/tcp-53"),)


def test_http2_is_not_offered_where_a_tls_listener_overlaps() -> None:
    """A client would send requests for the narrow host on its connection to the wide one."""
    scene = resolve(CERT, gateway(https("wide", "*.example.com"), tls("narrow", "a.example.com")))
    assert scene.listener_conditions("wide")["OverlappingTLSConfig"] == "True/OverlappingHostnames"
    (socket,) = scene.fleets["app/gw"].listeners
    assert socket.chains[0].tls == ir.TLS(("app/cert",), ("http/1.1",))


def test_tls_listeners_overlap_without_consequence() -> None:
    scene = resolve(CERT, gateway(tls("wide", "*.example.com", TERMINATE), tls("narrow", "a.example.com")))
    assert "OverlappingTLSConfig" not in scene.listener_conditions("wide")
