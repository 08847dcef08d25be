"""Listeners of a Gateway and of ListenerSets side by side: who takes which host of which port."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import self_signed
from tests.support.manifests import route
from tests.support.ports import free_port
from tests.traffic.scene import Object, Scene, backend_of, rule, running

OWN: list[Object] = [
    {"name": "web", "protocol": "HTTP", "hostname": "own.test"},
    {"name": "wide", "protocol": "HTTP", "hostname": "*.test"},
]


def listener_set(name: str, *listeners: Object) -> Object:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "ListenerSet",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"parentRef": {"name": "edge"}, "listeners": list(listeners)},
    }


def http(name: str, port: int, hostname: str) -> Object:
    return {"name": name, "protocol": "HTTP", "port": port, "hostname": hostname}


def on(kind: str, parent: str, backend: str, *hostnames: str, section: str = "") -> Object:
    """A route of a parent, or of one of its listeners."""
    ref = {"kind": kind, "name": parent, **({"sectionName": section} if section else {})}
    return route(backend, rule(backend), hostnames=hostnames, parentRefs=[ref])


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {name: free_port() for name in ("http", "alt", "https")}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    directory = tmp_path_factory.mktemp("secrets")
    folder = directory / "shop" / "team"
    folder.mkdir(parents=True)
    certificate, key = self_signed("secure.test")
    (folder / "tls.crt").write_bytes(certificate)
    (folder / "tls.key").write_bytes(key)
    return directory, ssl.create_default_context(cadata=certificate.decode())


@pytest.fixture(scope="module")
def scene(
    tmp_path_factory: pytest.TempPathFactory, ports: dict[str, int], certificate: tuple[Path, ssl.SSLContext]
) -> Iterator[Scene]:
    port = ports["http"]
    secure = {
        "name": "secure",
        "protocol": "HTTPS",
        "port": ports["https"],
        "hostname": "secure.test",
        "tls": {"certificateRefs": [{"name": "team"}]},
    }
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "team", "namespace": "shop"},
        "type": "kubernetes.io/tls",
    }
    objects = [
        secret,
        # The Gateway has own.test, and the set that comes first by its name has shared.test.
        listener_set("a", http("web", port, "a.test"), http("shared", port, "shared.test"), secure),
        listener_set(
            "b", http("web", port, "b.test"), http("shared", port, "shared.test"), http("own", port, "own.test")
        ),
        listener_set("c", http("alt", ports["alt"], "a.test")),
        on("Gateway", "edge", "of-gateway"),
        on("ListenerSet", "a", "of-a"),
        on("ListenerSet", "b", "of-b"),
        on("ListenerSet", "c", "of-c"),
        on("ListenerSet", "a", "of-section", "section.test", "shared.test", section="shared"),
    ]
    with running(
        tmp_path_factory.mktemp("listener-sets"),
        objects,
        listeners=[{"port": port, **listener} for listener in OWN],
        spec={"allowedListeners": {"namespaces": {"from": "Same"}}},
        serve=("--secrets", certificate[0]),
    ) as started:
        yield started


@pytest.mark.parametrize(
    ("port", "host", "backend"),
    [
        ("http", "own.test", "of-gateway"),
        ("http", "any.test", "of-gateway"),
        ("http", "a.test", "of-a"),
        ("http", "b.test", "of-b"),
        ("http", "shared.test", "of-a"),
        ("http", "section.test", "of-gateway"),
        ("http", "elsewhere.example.com", ""),
        ("alt", "a.test", "of-c"),
        ("alt", "own.test", ""),
    ],
)
def test_host(scene: Scene, ports: dict[str, int], port: str, host: str, backend: str) -> None:
    answer = scene.fleet.get(ports[port], host=host)
    assert (answer.status, backend_of(answer)) == (200 if backend else 404, backend)


def test_tls_of_a_set(scene: Scene, ports: dict[str, int], certificate: tuple[Path, ssl.SSLContext]) -> None:
    answer = scene.fleet.get(ports["https"], host="secure.test", tls=certificate[1])
    assert (answer.status, backend_of(answer)) == (200, "of-a")
