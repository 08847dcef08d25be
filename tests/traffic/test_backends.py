"""Where requests go: weights, invalid backends, and every way to say where a backend is and what it speaks."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.backends import Backends
from tests.support.manifests import route, service
from tests.support.ports import free_port
from tests.traffic.scene import Object, Scene, backend_of, rule, running

REQUESTS = 200
"""So many that half of them is between 60 and 140 but for one run in 10⁷."""

LOCALHOST = "serviceDomain: localhost\n"
"""RFC 6761: whatever is below `localhost` is this machine, without asking anybody."""


def ref(name: str, weight: int | None = None, **more: Any) -> Object:
    return {"name": name, "port": 80, **({} if weight is None else {"weight": weight}), **more}


def envoy_ref(name: str, weight: int = 1) -> Object:
    return {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": name, "weight": weight}


def to(name: str, *refs: Object) -> Object:
    """A route with a host of its name."""
    return route(name, rule(refs), hostnames=(f"{name}.example.com",))


def kubernetes_service(name: str, port: int = 80, namespace: str = "shop", **spec: Any) -> Object:
    """A Service without EndpointSlices; `spec` is about its port where that has such a field."""
    of_port = {key: spec.pop(key) for key in ("appProtocol", "targetPort", "protocol") if key in spec}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": [{"name": "http", "port": port, **of_port}], **spec},
    }


def endpoint_slice(service_name: str, port: int, *, suffix: str = "", namespace: str = "shop", **more: Any) -> Object:
    """An EndpointSlice of one endpoint on this machine; `more` are the endpoint's conditions."""
    labels = {"kubernetes.io/service-name": service_name}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{service_name}{suffix}", "namespace": namespace, "labels": labels},
        "addressType": "IPv4",
        "ports": [{"name": "other", "port": 9}, {"name": "http", "port": port}],
        "endpoints": [{"addresses": ["127.0.0.1"], "conditions": more}],
    }


def envoy_backend(name: str, *endpoints: Object, **spec: Any) -> Object:
    return {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "Backend",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"endpoints": list(endpoints), **spec},
    }


def grant(name: str, *to_names: str, kind: str = "HTTPRoute") -> Object:
    """Lets routes of `shop` use Services of a namespace: all, or some."""
    services = [{"group": "", "kind": "Service", "name": each} for each in to_names]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": name, "namespace": name},
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": kind, "namespace": "shop"}],
            "to": services or [{"group": "", "kind": "Service"}],
        },
    }


SHARES = [
    to("weights", ref("web", 3), ref("web-v2", 1), ref("never", 0)),
    to("one-service-twice", ref("web", 1), ref("web", 1), ref("web-v2", 2)),
    to("default-weight", ref("web"), ref("web-v2", 1)),
    to("half-invalid", ref("web", 1), ref("missing", 1)),
    to("half-forbidden", ref("web", 1), ref("refused", 1, namespace="private")),
    to("half-empty", ref("web", 1), ref("empty", 1)),
    to("invalid-without-weight", ref("web", 1), ref("missing", 0)),
    to("half-h2c", ref("web", 1), ref("h2c", 1)),
    to("half-dns", ref("web", 1), envoy_ref("by-fqdn")),
]

# Host → status and backendRefs.
FAILURES: dict[str, tuple[int, list[Object]]] = {
    "unknown-service": (500, [ref("missing")]),
    "unknown-port": (500, [ref("web") | {"port": 81}]),
    "unknown-kind": (500, [ref("web", group="example.com", kind="Bucket")]),
    "unknown-backend": (500, [envoy_ref("nowhere")]),
    "udp": (500, [ref("udp")]),
    "no-weight": (500, [ref("web", 0)]),
    "external-name": (500, [ref("external")]),
    "no-grant": (500, [ref("refused", namespace="private")]),
    "grant-for-others": (500, [ref("refused", namespace="public-to-grpc")]),
    "grant-for-another": (500, [ref("refused", namespace="partly-public")]),
    "no-refs": (500, []),
    "no-endpoints": (503, [ref("empty")]),
    "nothing-ready": (503, [ref("unready")]),
    "nobody-listens": (503, [ref("deaf")]),
}

# Host → backendRef and who answers.
ADDRESSES: dict[str, tuple[Object, str]] = {
    "slices": (ref("web"), "web"),
    "ready": (ref("one-of-two-ready"), "ready"),
    "not-draining": (ref("one-of-two-draining"), "ready"),
    "draining-alone": (ref("draining"), "draining"),
    "by-ip": (envoy_ref("by-ip"), "ip"),
    "by-fqdn": (envoy_ref("by-fqdn"), "ip"),
    "by-unix": (envoy_ref("by-unix"), "unix"),
    "headless": (ref("headless"), "ip"),
    "granted": (ref("granted", namespace="public"), "granted"),
    "granted-by-name": (ref("granted", namespace="partly-public"), "granted"),
    "h2c": (ref("h2c"), "h2c"),
    "h2c-backend": (envoy_ref("h2c"), "h2c"),
    "websocket": (ref("websocket"), "websocket"),
    "websocket-backend": (envoy_ref("websocket"), "websocket"),
}


def manifests(servers: Backends, directory: Path) -> list[Object]:
    """What is behind the references, but for those Services that are like all others."""
    names = ("ready", "unready", "draining", "ip", "granted", "h2c", "websocket")
    ports = {name: servers.start(name).port for name in names}
    servers.start("unix", str(directory / "unix.sock"))
    by_ip = {"ip": {"address": "127.0.0.1", "port": ports["ip"]}}
    h2c = {"ip": {"address": "127.0.0.1", "port": ports["h2c"]}}
    websocket = {"ip": {"address": "127.0.0.1", "port": ports["websocket"]}}
    spaces = ("public", "private", "partly-public", "public-to-grpc")
    of_spaces = [
        made
        for space in spaces
        for name in ("granted", "refused")
        for made in (
            kubernetes_service(name, namespace=space),
            endpoint_slice(name, ports["granted"], namespace=space),
        )
    ]
    return [
        *of_spaces,
        grant("public"),
        grant("partly-public", "granted"),
        grant("public-to-grpc", kind="GRPCRoute"),
        kubernetes_service("udp", protocol="UDP"),
        endpoint_slice("udp", ports["ip"]),
        kubernetes_service("external", type="ExternalName", externalName="localhost"),
        kubernetes_service("empty"),
        endpoint_slice("empty", ports["ip"]) | {"endpoints": []},
        kubernetes_service("unready"),
        endpoint_slice("unready", ports["unready"], ready=False),
        *service("deaf", free_port()),
        kubernetes_service("one-of-two-ready"),
        endpoint_slice("one-of-two-ready", ports["ready"], suffix="-1", ready=True),
        endpoint_slice("one-of-two-ready", ports["unready"], suffix="-2", ready=False),
        kubernetes_service("one-of-two-draining"),
        endpoint_slice("one-of-two-draining", ports["ready"], suffix="-1"),
        endpoint_slice("one-of-two-draining", ports["draining"], suffix="-2", serving=True, terminating=True),
        kubernetes_service("draining"),
        endpoint_slice("draining", ports["draining"], ready=False, serving=True, terminating=True),
        kubernetes_service("both-endpoints"),
        endpoint_slice("both-endpoints", ports["ready"], suffix="-1"),
        endpoint_slice("both-endpoints", ports["ip"], suffix="-2"),
        envoy_backend("by-ip", by_ip),
        envoy_backend("by-fqdn", {"fqdn": {"hostname": "name.localhost", "port": ports["ip"]}}),
        envoy_backend("by-unix", {"unix": {"path": str(directory / "unix.sock")}}),
        envoy_backend("spare", by_ip, fallback=True),
        kubernetes_service("by-dns", ports["ip"]),
        to("by-dns", {"name": "by-dns", "port": ports["ip"]}),
        kubernetes_service("headless", clusterIP="None", targetPort=ports["ip"]),
        kubernetes_service("h2c", appProtocol="kubernetes.io/h2c"),
        endpoint_slice("h2c", ports["h2c"]),
        envoy_backend("h2c", h2c, appProtocols=["gateway.envoyproxy.io/h2c"]),
        kubernetes_service("websocket", appProtocol="kubernetes.io/ws"),
        endpoint_slice("websocket", ports["websocket"]),
        envoy_backend("websocket", websocket, appProtocols=["gateway.envoyproxy.io/ws"]),
    ]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    directory = tmp_path_factory.mktemp("backends")
    routes = [
        *SHARES,
        *(to(name, *refs) for name, (_, refs) in FAILURES.items()),
        *(to(name, backend) for name, (backend, _) in ADDRESSES.items()),
        to("both-endpoints", ref("both-endpoints")),
        to("fallback", ref("web", 1), envoy_ref("spare")),
    ]
    with Backends() as servers:
        objects = [*manifests(servers, directory), *routes]
        with running(directory, objects, config=LOCALHOST) as started:
            yield started


def tally(scene: Scene, host: str) -> Counter[str]:
    """Who answers how many of `REQUESTS`, or with what status Envoy does."""
    answers = (scene.get(host=f"{host}.example.com") for _ in range(REQUESTS))
    return Counter(backend_of(answer) or str(answer.status) for answer in answers)


@pytest.mark.parametrize(
    ("host", "one", "other"),
    [
        ("one-service-twice", "web", "web-v2"),
        ("default-weight", "web", "web-v2"),
        ("half-invalid", "web", "500"),
        ("half-forbidden", "web", "500"),
        ("half-empty", "web", "503"),
        ("half-h2c", "web", "h2c"),
        ("half-dns", "web", "ip"),
        ("both-endpoints", "ready", "ip"),
    ],
)
def test_half_and_half(scene: Scene, host: str, one: str, other: str) -> None:
    seen = tally(scene, host)
    assert set(seen) == {one, other}
    assert 60 < seen[one] < 140


def test_three_of_four(scene: Scene) -> None:
    seen = tally(scene, "weights")
    assert set(seen) == {"web", "web-v2"}
    assert 115 < seen["web"] < 185


@pytest.mark.parametrize("host", ["invalid-without-weight", "fallback"])
def test_one_takes_all(scene: Scene, host: str) -> None:
    assert tally(scene, host) == {"web": REQUESTS}


@pytest.mark.parametrize(("host", "status"), [(name, status) for name, (status, _) in FAILURES.items()])
def test_failure(scene: Scene, host: str, status: int) -> None:
    answer = scene.get(host=f"{host}.example.com")
    assert (answer.status, backend_of(answer)) == (status, "")


@pytest.mark.parametrize(
    ("host", "backend"), [*((name, backend) for name, (_, backend) in ADDRESSES.items()), ("by-dns", "ip")]
)
def test_address(scene: Scene, host: str, backend: str) -> None:
    answers = [scene.get(host=f"{host}.example.com") for _ in range(4)]
    assert {(answer.status, backend_of(answer)) for answer in answers} == {(200, backend)}


@pytest.mark.parametrize(
    ("host", "protocol"),
    [
        ("slices", "HTTP/1.1"),
        ("websocket", "HTTP/1.1"),
        ("h2c", "HTTP/2"),
        ("h2c-backend", "HTTP/2"),
    ],
)
def test_protocol(scene: Scene, host: str, protocol: str) -> None:
    assert scene.get(host=f"{host}.example.com").json["protocol"] == protocol


@pytest.mark.parametrize("host", ["websocket", "websocket-backend", "slices"])
def test_websocket(scene: Scene, host: str) -> None:
    """Any backend of HTTP/1.1 may be asked to upgrade."""
    lines = (
        "GET /chat HTTP/1.1",
        f"host: {host}.example.com",
        "connection: Upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    )
    with socket.create_connection(("127.0.0.1", scene.port), 10) as connection, connection.makefile("rb") as answer:
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        assert answer.readline().split()[1] == b"101"
        while answer.readline().strip():
            pass
        for message in (b"first\n", b"second\n"):
            connection.sendall(message)
            assert answer.readline() == message


def test_external_name_where_it_is_allowed(tmp_path: Path) -> None:
    with Backends() as servers:
        port = servers.start("external").port
        objects = [
            kubernetes_service("external", port, type="ExternalName", externalName="some.localhost"),
            to("external", {"name": "external", "port": port}),
        ]
        with running(tmp_path, objects, config="allowExternalName: true\n") as scene:
            assert backend_of(scene.get(host="external.example.com")) == "external"
