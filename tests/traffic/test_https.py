"""TLS: which certificate a connection is shown, where keys come from, and what is spoken inside."""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest

from tests.support.certificates import self_signed
from tests.support.manifests import route
from tests.support.ports import free_port
from tests.support.wait import eventually
from tests.traffic.scene import Object, Scene, backend_of, rule, running

NAMES = {
    "exact": "exact.test",
    "wildcard": "*.wild.test",
    "one-of-two": "one.several.test",
    "two-of-two": "two.several.test",
    "any": "any.test",
    "alone": "alone.test",
    "rotated": "rotated.test",
    "late": "late.test",
}
"""Secret → host name of its certificate."""


def listener(name: str, hostname: str, *secrets: str, port: int | None = None) -> Object:
    return {
        "name": name,
        "protocol": "HTTPS",
        **({"port": port} if port else {}),
        **({"hostname": hostname} if hostname else {}),
        "tls": {"certificateRefs": [{"name": secret} for secret in secrets]},
    }


def on(section: str, *hostnames: str, backend: str = "") -> Object:
    """A route of one listener."""
    parents = [{"name": "edge", "sectionName": section}]
    return route(backend or section, rule(backend or section), hostnames=hostnames, parentRefs=parents)


def secret(name: str, certificate: bytes = b"", key: bytes = b"") -> Object:
    """A Secret; without a key it is only declared."""
    data = {"tls.crt": b64encode(certificate).decode(), "tls.key": b64encode(key).decode()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "shop"},
        "type": "kubernetes.io/tls",
        **({"data": data} if key else {}),
    }


@dataclass(frozen=True, slots=True)
class Secrets:
    """A folder as `gitway serve --secrets` reads it, and the certificates in it by the name of their Secret."""

    directory: Path
    certificates: dict[str, bytes]

    def write(self, name: str) -> None:
        """A new certificate and key."""
        certificate, key = self_signed(NAMES[name])
        folder = self.directory / "shop" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tls.key").write_bytes(key)
        (folder / "tls.crt").write_bytes(certificate)
        self.certificates[name] = certificate


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    made = Secrets(tmp_path_factory.mktemp("secrets"), {})
    for name in NAMES.keys() - {"late"}:
        made.write(name)
    return made


@pytest.fixture(scope="module")
def alone() -> int:
    """The port of a listener that has no other beside it."""
    return free_port()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, secrets: Secrets, alone: int) -> Iterator[Scene]:
    listeners = [
        listener("exact", "exact.test", "exact"),
        listener("wildcard", "*.wild.test", "wildcard"),
        listener("several", "*.several.test", "one-of-two", "two-of-two"),
        listener("rotated", "rotated.test", "rotated"),
        listener("late", "late.test", "late"),
        listener("any", "", "any"),
        listener("alone", "*.test", "alone", port=alone),
    ]
    sections = ("exact", "wildcard", "several", "rotated", "late", "any", "alone")
    redirect = on("exact", "exact.test", backend="redirect")
    to_other = {"type": "RequestRedirect", "requestRedirect": {"hostname": "other.test"}}
    redirect["spec"]["rules"] = [{"matches": [{"path": {"value": "/moved"}}], "filters": [to_other]}]
    objects = [*map(on, sections), redirect, *map(secret, NAMES)]
    serve = ("--secrets", secrets.directory)
    with running(tmp_path_factory.mktemp("https"), objects, listeners=listeners, serve=serve) as started:
        yield started


def unverified(*alpn: str) -> ssl.SSLContext:
    """A client that takes any certificate and looks at it itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a client was shown (DER), and the protocol that was agreed on."""

    certificate: bytes
    alpn: str | None


def handshake(port: int, sni: str, *alpn: str) -> Handshake:
    """Connect, and see."""
    with (
        socket.create_connection(("127.0.0.1", port), 10) as connection,
        unverified(*alpn).wrap_socket(connection, server_hostname=sni or None) as secure,
    ):
        return Handshake(secure.getpeercert(binary_form=True) or b"", secure.selected_alpn_protocol())


def der(pem: bytes) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.decode())


def fetch_http2(port: int, host: str, path: str = "/", sni: str = "") -> dict[str, str]:
    """The headers of the answer to one request in HTTP/2, over a connection for `sni` or else for the host."""
    client = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    client.initiate_connection()
    request = {":method": "GET", ":scheme": "https", ":authority": host, ":path": path}
    client.send_headers(1, list(request.items()), end_stream=True)
    with (
        socket.create_connection(("127.0.0.1", port), 10) as connection,
        unverified("h2").wrap_socket(connection, server_hostname=sni or host) as secure,
    ):
        assert secure.selected_alpn_protocol() == "h2"
        secure.sendall(client.data_to_send())
        while data := secure.recv(65_536):
            for event in client.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    return {str(name): str(value) for name, value in event.headers}
            secure.sendall(client.data_to_send())
    raise ConnectionError("closed without an answer")


@pytest.mark.parametrize(
    ("sni", "name"),
    [
        ("exact.test", "exact"),
        ("EXACT.test", "exact"),
        ("a.wild.test", "wildcard"),
        ("a.b.wild.test", "wildcard"),
        ("one.several.test", "one-of-two"),
        ("two.several.test", "two-of-two"),
        ("other.several.test", "one-of-two"),
        ("wild.test", "any"),
        ("unknown.test", "any"),
        ("", "any"),
    ],
)
def test_certificate(scene: Scene, secrets: Secrets, sni: str, name: str) -> None:
    assert handshake(scene.port, sni).certificate == der(secrets.certificates[name])


@pytest.mark.parametrize("sni", ["test", "exact.example.com", ""])
def test_a_name_that_no_listener_has(scene: Scene, alone: int, sni: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011  closed or reset, as TLS and the kernel have it
        handshake(alone, sni)


@pytest.mark.parametrize(
    ("name", "backend"), [("exact.test", "exact"), ("a.wild.test", "wildcard"), ("any.test", "any")]
)
def test_a_client_that_verifies(scene: Scene, secrets: Secrets, name: str, backend: str) -> None:
    trust = ssl.create_default_context(cadata=secrets.certificates[backend].decode())
    answer = scene.get(host=name, tls=trust)
    assert backend_of(answer) == backend
    assert answer.json["headers"]["x-forwarded-proto"] == "https"


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (("h2", "http/1.1"), "h2"),
        (("http/1.1", "h2"), "h2"),
        (("http/1.1",), "http/1.1"),
        (("h2",), "h2"),
        ((), None),
        (("unknown",), None),
    ],
)
def test_alpn(alone: int, scene: Scene, offered: tuple[str, ...], chosen: str | None) -> None:
    assert handshake(alone, "alone.test", *offered).alpn == chosen


@pytest.mark.parametrize(("sni", "asked"), [("exact.test", "any.test"), ("any.test", "exact.test")])
def test_http2_where_listeners_overlap(scene: Scene, sni: str, asked: str) -> None:
    """GEP-3567: a browser that uses a connection for the one also for the other is told to use another."""
    assert fetch_http2(scene.port, sni)[":status"] == "200"
    assert fetch_http2(scene.port, asked, sni=sni)[":status"] == "421"


def test_http2(alone: int, scene: Scene) -> None:
    got = fetch_http2(alone, "alone.test")
    assert (got[":status"], got["x-backend"]) == ("200", "alone")


def test_http1(alone: int, scene: Scene) -> None:
    answer = scene.fleet.get(alone, host="alone.test", tls=unverified("http/1.1"))
    assert backend_of(answer) == "alone"


def test_a_redirect_stays_https(scene: Scene) -> None:
    answer = scene.get("/moved", host="exact.test", tls=unverified())
    assert answer.headers["location"] == f"https://other.test:{scene.port}/moved"


@pytest.mark.parametrize(("sni", "asked"), [("exact.test", "a.wild.test"), ("a.wild.test", "exact.test")])
def test_a_connection_for_one_listener_is_not_one_for_another(scene: Scene, sni: str, asked: str) -> None:
    answer = scene.get(host=asked, sni=sni, tls=unverified())
    assert (answer.status, backend_of(answer)) == (421, "")


def test_cleartext_is_no_answer(scene: Scene) -> None:
    with pytest.raises(OSError):  # noqa: PT011  closed or reset
        scene.get(host="exact.test")


def test_rotation_without_a_publish(scene: Scene, secrets: Secrets) -> None:
    for _ in range(2):
        secrets.write("rotated")
        eventually(lambda: handshake(scene.port, "rotated.test").certificate == der(secrets.certificates["rotated"]))
    assert backend_of(scene.get(host="rotated.test", tls=unverified())) == "rotated"


def test_a_key_that_comes_late(scene: Scene, secrets: Secrets) -> None:
    """Its listener fails handshakes until then, and costs no other anything."""
    with pytest.raises(OSError):  # noqa: PT011  closed or reset
        handshake(scene.port, "late.test")
    assert handshake(scene.port, "exact.test").certificate == der(secrets.certificates["exact"])
    secrets.write("late")
    eventually(lambda: handshake(scene.port, "late.test").certificate == der(secrets.certificates["late"]))


def test_no_key_is_published(scene: Scene, secrets: Secrets) -> None:
    store = Path(scene.fleet.store.removeprefix("file://"))
    content = b"".join(file.read_bytes() for file in store.rglob("*") if file.is_file())
    keys = [path.read_bytes() for path in secrets.directory.rglob("tls.key")]
    assert keys
    assert not [key for key in keys if key in content]


@pytest.mark.parametrize("protocol", ["delta", "sotw"])
def test_keys_in_the_snapshot(tmp_path: Path, protocol: str) -> None:
    certificate, key = self_signed("plain.test")
    objects = [on("plain", "plain.test"), secret("plain", certificate, key)]
    with running(
        tmp_path,
        objects,
        listeners=[listener("plain", "plain.test", "plain")],
        publish=("--allow-plaintext-secrets",),
        protocol=protocol,
    ) as scene:
        trust = ssl.create_default_context(cadata=certificate.decode())
        assert backend_of(scene.get(host="plain.test", tls=trust)) == "plain"
