"""Client certificates: who is let in."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sidecar.authority import Authority
from tests.support.client import Answer
from tests.support.manifests import route
from tests.support.ports import free_port
from tests.traffic.scene import Object, Scene, backend_of, rule, running
from tests.traffic.test_backend_tls import config_map, secret

NOBODY = (OSError, http.client.HTTPException)
"""What a client sees that is refused: with TLS 1.3 only after its first request."""

PORTS = ("strict", "other", "lenient", "open", "refused", "sidecar")
HOST = "web.test"


@dataclass(frozen=True, slots=True)
class World:
    """A scene with a listener for each port, and clients of two authorities."""

    scene: Scene
    ports: dict[str, int]
    pairs: dict[str, tuple[Path, Path]]

    def get(self, port: str, client: str = "") -> Answer:
        """One request with the certificate of a client."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if client:
            context.load_cert_chain(*self.pairs[client])
        return self.scene.fleet.get(self.ports[port], host=HOST, tls=context)


def validated(ca: str, kind: str = "ConfigMap", **more: str) -> Object:
    return {"validation": {"caCertificateRefs": [{"group": "", "kind": kind, "name": ca}], **more}}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("clients")
    authorities = {}
    for name in ("ours", "theirs"):
        (directory / name).mkdir()
        authorities[name] = Authority(directory / name)
    pairs = {name: authority.issue("client", f"{name}.test") for name, authority in authorities.items()}
    folder = directory / "secrets" / "shop" / "cert"
    folder.mkdir(parents=True)
    certificate, key = authorities["ours"].issue("server", HOST)
    pairs["server"] = certificate.rename(folder / "tls.crt"), key.rename(folder / "tls.key")
    (folder / "ca.crt").write_text(authorities["theirs"].path.read_text())
    ports = {name: free_port() for name in PORTS}
    of_port: dict[str, Object] = {
        "other": validated("theirs"),
        "lenient": validated("ours", mode="AllowInsecureFallback"),
        "open": {},
        "refused": validated("missing"),
        "sidecar": validated("cert", "Secret"),
    }
    frontend = {
        "default": validated("ours"),
        "perPort": [{"port": ports[name], "tls": tls} for name, tls in of_port.items()],
    }
    listeners = [
        {"name": name, "protocol": "HTTPS", "port": port, "tls": {"certificateRefs": [{"name": "cert"}]}}
        for name, port in ports.items()
    ]
    objects = [
        secret("cert"),
        *(config_map(name, authority) for name, authority in authorities.items()),
        route("web", rule("web")),
    ]
    serve = ("--secrets", directory / "secrets")
    spec = {"tls": {"frontend": frontend}}
    with running(directory / "scene", objects, listeners=listeners, spec=spec, serve=serve) as scene:
        yield World(scene, ports, pairs)


@pytest.mark.parametrize(
    ("port", "client"),
    [
        ("strict", "ours"),
        ("other", "theirs"),
        ("lenient", "ours"),
        ("lenient", "theirs"),
        ("lenient", ""),
        ("open", ""),
        ("open", "theirs"),
        ("sidecar", "theirs"),
    ],
)
def test_clients_that_are_let_in(world: World, port: str, client: str) -> None:
    assert backend_of(world.get(port, client)) == "web"


@pytest.mark.parametrize(
    ("port", "client"),
    [
        ("strict", "theirs"),
        ("strict", ""),
        ("other", "ours"),
        ("other", ""),
        ("sidecar", "ours"),
        ("sidecar", ""),
        ("refused", "ours"),
        ("refused", ""),
    ],
)
def test_clients_that_are_not(world: World, port: str, client: str) -> None:
    with pytest.raises(NOBODY):
        world.get(port, client)
