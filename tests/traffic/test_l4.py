"""TLSRoutes, TCPRoutes and UDPRoutes: connections and datagrams, with and without TLS."""

from __future__ import annotations

import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.support.backends import Backends
from tests.support.certificates import self_signed
from tests.support.client import fetch
from tests.support.datagrams import DatagramBackend, ask
from tests.support.manifests import route, service
from tests.support.ports import free_port
from tests.support.wait import eventually
from tests.traffic.scene import Object, Scene, backend_of, rule, running

PORTS = ("tcp", "shared", "handover", "split", "broken", "idle", "dns", "dns-split", "dns-idle")
"""Listeners with a port of their own. The others are on that of the scene and are told apart by SNI."""


def l4(kind: str, name: str, *backends: tuple[str, int], section: str = "", created: str = "", **spec: Any) -> Object:
    """A route of one listener, by default that of its own name, to Services with weights."""
    refs = [{"name": service, "port": 80, "weight": weight} for service, weight in backends or ((name, 1),)]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop", **({"creationTimestamp": created} if created else {})},
        "spec": {
            "parentRefs": [{"name": "edge", "sectionName": section or name}],
            "rules": [{"backendRefs": refs}],
            **spec,
        },
    }


def tls(name: str, hostname: str, protocol: str = "TLS", *, passthrough: bool = False) -> Object:
    mode: Object = {"mode": "Passthrough"} if passthrough else {"certificateRefs": [{"name": "cert"}]}
    return {"name": name, "protocol": protocol, "hostname": hostname, "tls": mode}


def udp_service(name: str, port: int) -> list[Object]:
    of_service, of_slice = service(name, port)
    for ports in (of_service["spec"]["ports"], of_slice["ports"]):
        ports[0]["protocol"] = "UDP"
    return [of_service, of_slice]


ROUTES = (
    l4("TCPRoute", "tcp"),
    l4("TCPRoute", "newer", section="shared", created="2026-01-02T00:00:00Z"),
    l4("TCPRoute", "older", section="shared", created="2026-01-01T00:00:00Z"),
    l4("TCPRoute", "first", section="handover", created="2026-03-01T00:00:00Z"),
    l4("TCPRoute", "second", section="handover", created="2026-03-02T00:00:00Z"),
    l4("TCPRoute", "split", ("one", 2), ("two", 1), ("missing", 1), ("tcp", 0)),
    l4("TCPRoute", "broken", ("missing", 1)),
    l4("TLSRoute", "passes", ("passed", 1), hostnames=["one.pass.test", "*.deep.pass.test"]),
    l4("TLSRoute", "unanswered", ("missing", 1), section="passes", hostnames=["broken.pass.test"]),
    l4("TLSRoute", "ends", hostnames=["one.end.test"]),
    l4("TCPRoute", "inner"),
    route("web", rule("web"), hostnames=("web.test",), parentRefs=[{"name": "edge", "sectionName": "https"}]),
    l4("UDPRoute", "dns"),
    l4("UDPRoute", "dns-split", ("dns", 2), ("dns-other", 1), ("missing", 1)),
)


@dataclass(frozen=True, slots=True)
class World:
    """A scene with the ports of its listeners, and the certificates that clients may be shown."""

    scene: Scene
    ports: dict[str, int]
    gateway: bytes
    backend: bytes


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("l4")
    ports = {name: free_port() for name in PORTS}
    gateway, gateway_key = self_signed("*.test", "*.end.test", "inner.test", "web.test")
    secret = directory / "secrets" / "shop" / "cert"
    secret.mkdir(parents=True)
    (secret / "tls.crt").write_bytes(gateway)
    (secret / "tls.key").write_bytes(gateway_key)
    metadata = {"name": "cert", "namespace": "shop"}
    declared = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls"}
    listeners: list[Object] = [
        *({"name": name, "protocol": "UDP" if "dns" in name else "TCP", "port": ports[name]} for name in PORTS),
        tls("passes", "*.pass.test", passthrough=True),
        tls("ends", "*.end.test"),
        tls("inner", "inner.test"),
        tls("https", "web.test", "HTTPS"),
    ]
    with ExitStack() as stack:
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        backend, backend_key = self_signed("*.pass.test", "*.deep.pass.test")
        (directory / "backend.pem").write_bytes(backend + backend_key)
        secure.load_cert_chain(directory / "backend.pem")
        passed = stack.enter_context(Backends()).start("passed", tls=secure)
        datagrams = [stack.enter_context(DatagramBackend(name)) for name in ("dns", "dns-other")]
        services = service("passed", passed.port)
        services += [item for one in datagrams for item in udp_service(one.name, one.port)]
        serve = ("--secrets", directory / "secrets")
        objects = [declared, *services, *ROUTES]
        scene = stack.enter_context(running(directory / "fleet", objects, listeners=listeners, serve=serve))
        yield World(scene, ports, gateway, backend)


def reached(port: int, **options: Any) -> str:
    """The backend that a connection reaches; an empty string where it is closed."""
    try:
        return backend_of(fetch(port, **options))
    except (OSError, HTTPException):
        return ""


def trusting(certificate: bytes) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=certificate.decode())


@pytest.mark.parametrize(("listener", "backend"), [("tcp", "tcp"), ("shared", "older"), ("broken", ""), ("idle", "")])
def test_tcp(world: World, listener: str, backend: str) -> None:
    assert reached(world.ports[listener]) == backend


def test_connections_are_split_by_weight_and_the_invalid_share_is_closed(world: World) -> None:
    seen = Counter(reached(world.ports["split"]) for _ in range(400))
    assert set(seen) == {"one", "two", ""}
    assert 150 < seen["one"] < 250
    assert 60 < seen["two"] < 140
    assert 60 < seen[""] < 140


@pytest.mark.parametrize(
    ("sni", "backend"),
    [
        ("one.pass.test", "passed"),
        ("ONE.pass.test", "passed"),
        ("a.deep.pass.test", "passed"),
        ("two.pass.test", ""),
        ("broken.pass.test", ""),
        ("one.end.test", "ends"),
        ("two.end.test", ""),
        ("inner.test", "inner"),
        ("web.test", "web"),
        ("unknown.test", ""),
    ],
)
def test_listeners_of_one_port_are_told_apart_by_sni(world: World, sni: str, backend: str) -> None:
    trust = trusting(world.backend if "pass" in sni else world.gateway)
    assert reached(world.scene.port, host=sni, tls=trust) == backend


def test_what_passes_through_is_shown_the_certificate_of_the_backend(world: World) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        fetch(world.scene.port, host="one.pass.test", tls=trusting(world.gateway))


@pytest.mark.parametrize("sni", ["two.pass.test", "two.end.test", "broken.pass.test"])
def test_no_handshake_for_what_no_route_wants(world: World, sni: str) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", world.scene.port), 10) as connection,
        pytest.raises(OSError),  # noqa: PT011  closed or reset
    ):
        context.wrap_socket(connection, server_hostname=sni)


def test_cleartext_on_a_port_for_tls(world: World) -> None:
    assert reached(world.scene.port, host="one.pass.test") == ""


def test_udp(world: World) -> None:
    assert ask(world.ports["dns"], 10) == ["dns"] * 10
    assert ask(world.ports["dns-idle"], seconds=0.3) == [""]


def test_datagrams_are_split_by_weight_and_the_invalid_share_is_dropped(world: World) -> None:
    seen = Counter(answer for _ in range(8) for answer in ask(world.ports["dns-split"], 50, seconds=0.5))
    assert set(seen) == {"dns", "dns-other", ""}
    assert 150 < seen["dns"] < 250
    assert 60 < seen["dns-other"] < 140
    assert 60 < seen[""] < 140


def test_a_publish_leaves_connections_of_other_routes_alone(world: World) -> None:
    fleet, port = world.scene.fleet, world.scene.port
    added = l4("TLSRoute", "added", ("ends", 1), section="ends", hostnames=["added.end.test"])
    with (
        socket.create_connection(("127.0.0.1", port), 10) as connection,
        trusting(world.gateway).wrap_socket(connection, server_hostname="one.end.test") as secure,
    ):
        fleet.publish("Add a route", {"added.yaml": added})
        eventually(lambda: reached(port, host="added.end.test", tls=trusting(world.gateway)) == "ends")
        secure.sendall(b"GET / HTTP/1.1\r\nhost: one.end.test\r\n\r\n")
        assert secure.recv(65_536).startswith(b"HTTP/1.1 200")


def test_the_next_oldest_takes_over(world: World) -> None:
    port = world.ports["handover"]
    assert reached(port) == "first"
    objects = (Path(world.scene.fleet.repository.path) / "objects.yaml").read_text()
    world.scene.fleet.publish("Make it younger", {"objects.yaml": objects.replace("2026-03-01", "2026-03-03")})
    eventually(lambda: reached(port) == "second")
