"""What ClientTrafficPolicies say of TLS: each case has a listener, and a policy, of its own."""

from __future__ import annotations

import base64
import hashlib
import http.client
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from tests.sidecar.authority import Authority
from tests.support.client import Answer, fetch
from tests.support.http3 import fetch3
from tests.support.manifests import route
from tests.support.ports import free_port
from tests.traffic.policies.objects import config_map
from tests.traffic.policies.test_client_traffic import client_policy
from tests.traffic.scene import Scene, backend_of, rule, running
from tests.traffic.test_backend_tls import secret

NOBODY = (OSError, http.client.HTTPException)
"""What a client sees that is refused: with TLS 1.3 only after its first request."""

HOST = "web.test"
CA = {"kind": "ConfigMap", "name": "ours"}
CLIENT = {"name": "x-told", "value": "%TLS_JA3_FINGERPRINT%/%TLS_JA4_FINGERPRINT%"}


class Certificates:
    """An authority of ours and one of others, with certificates of clients, and one of the server."""

    def __init__(self, directory: Path) -> None:
        self._directories = {name: directory / name for name in ("ours", "theirs")}
        for each in self._directories.values():
            each.mkdir(parents=True)
        self.authorities = {name: Authority(path) for name, path in self._directories.items()}
        ours, theirs = self.authorities["ours"], self.authorities["theirs"]
        self.pairs = {
            "alice": ours.issue("alice", "alice.test"),
            "bob": ours.issue("bob", "spiffe://a.test/bob"),
            "eve": theirs.issue("eve", "alice.test"),
        }
        self.server = ours.issue("server", HOST)

    def of(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.pairs[name][0].read_bytes())

    def spki(self, name: str) -> str:
        form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        digest = hashlib.sha256(self.of(name).public_key().public_bytes(*form)).digest()
        return base64.b64encode(digest).decode()

    def sha256(self, name: str) -> str:
        return self.of(name).fingerprint(hashes.SHA256()).hex()

    def revoked(self, name: str) -> str:
        authority = self.authorities["ours"]
        now = datetime.now(UTC)
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(self.of(name).serial_number)
            .revocation_date(now - timedelta(minutes=5))
            .build()
        )
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(authority._name)
            .last_update(now - timedelta(minutes=5))
            .next_update(now + timedelta(days=1))
            .add_revoked_certificate(entry)
            .sign(authority._key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM).decode()


def policies(certificates: Certificates) -> dict[str, dict[str, Any]]:
    def validated(**fields: Any) -> dict[str, Any]:
        return {"tls": {"clientValidation": fields}}

    trusted = {"caCertificateRefs": [CA]}
    return {
        "plain": {},
        "old": {"tls": {"minVersion": "1.2", "maxVersion": "1.2", "ciphers": ["ECDHE-ECDSA-AES256-GCM-SHA384"]}},
        "new": {"tls": {"minVersion": "1.3"}},
        "curves": {"tls": {"ecdhCurves": ["P-384"], "signatureAlgorithms": ["ecdsa_secp256r1_sha256"]}},
        "one-protocol": {"tls": {"alpnProtocols": ["http/1.1"]}},
        "no-protocol": {"tls": {"alpnProtocols": []}},
        "tickets": {"tls": {"maxVersion": "1.2", "session": {"resumption": {"stateless": {}}}}},
        "sessions": {"tls": {"maxVersion": "1.2", "session": {"resumption": {"stateful": {}}}}},
        "forgetful": {"tls": {"maxVersion": "1.2"}},
        "fingerprints": {
            "tls": {"fingerprints": ["JA3", "JA4"]},
            "headers": {"lateResponseHeaders": {"set": [CLIENT]}},
        },
        "required": validated(**trusted),
        "any": validated(mode="RequireAny"),
        "asked": validated(mode="Request"),
        "if-given": validated(mode="VerifyIfGiven", **trusted),
        "optional": validated(optional=True, **trusted),
        "key": validated(spkiHashes=[certificates.spki("alice")], **trusted),
        "certificate": validated(certificateHashes=[certificates.sha256("alice")], **trusted),
        "named": validated(subjectAltNames={"dnsNames": [{"type": "Suffix", "value": ".test"}]}, **trusted),
        "uri": validated(subjectAltNames={"uris": [{"value": "spiffe://a.test/bob"}]}, **trusted),
        "listed": validated(crl={"refs": [{"kind": "ConfigMap", "name": "revoked"}]}, **trusted),
        "listed-leaf": validated(
            crl={"refs": [{"kind": "ConfigMap", "name": "revoked"}], "onlyVerifyLeafCertificate": True}, **trusted
        ),
        "missing": validated(caCertificateRefs=[{"kind": "ConfigMap", "name": "missing"}]),
        "told": validated(**trusted)
        | {"headers": {"xForwardedClientCert": {"mode": "SanitizeSet", "certDetailsToAdd": ["Subject", "DNS"]}}},
        "passed": {"headers": {"xForwardedClientCert": {"mode": "AlwaysForwardOnly"}}},
        "http3": {"http3": {}},
        "http3-asked": {"http3": {}} | validated(mode="Request"),
        "handshake": {"timeout": {"tcp": {"tlsHandshakeTimeout": "200ms"}}},
    }


class World:
    """A scene with a listener for each policy."""

    def __init__(self, scene: Scene, ports: dict[str, int], certificates: Certificates) -> None:
        self.scene = scene
        self.ports = ports
        self.certificates = certificates

    def context(self, client: str = "") -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if client:
            context.load_cert_chain(*self.certificates.pairs[client])
        return context

    def get(self, listener: str, client: str = "", **options: Any) -> Answer:
        context = options.pop("context", None) or self.context(client)
        return fetch(self.ports[listener], host=HOST, tls=context, **options)

    def shake(self, listener: str, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
        connection = socket.create_connection(("127.0.0.1", self.ports[listener]), 10)
        return context.wrap_socket(connection, server_hostname=HOST, session=session)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    directory = tmp_path_factory.mktemp("tls")
    certificates = Certificates(directory)
    folder = directory / "secrets" / "shop" / "cert"
    folder.mkdir(parents=True)
    for path, name in zip(certificates.server, ("tls.crt", "tls.key"), strict=True):
        (folder / name).write_bytes(path.read_bytes())
    specs = policies(certificates)
    ports = {name: free_port() for name in specs}
    listeners = [
        {"name": name, "protocol": "HTTPS", "port": port, "tls": {"certificateRefs": [{"name": "cert"}]}}
        for name, port in ports.items()
    ]
    objects = [
        secret("cert"),
        config_map("ours", ca__crt=certificates.authorities["ours"].path.read_text()),
        config_map("revoked", ca__crl=certificates.revoked("bob")),
        route("web", rule("web")),
        *(client_policy(name, spec, name) for name, spec in specs.items()),
    ]
    serve = ("--secrets", directory / "secrets")
    with running(directory / "scene", objects, listeners=listeners, serve=serve) as scene:
        yield World(scene, ports, certificates)


@pytest.mark.parametrize(
    ("listener", "client"),
    [
        ("plain", ""),
        ("required", "alice"),
        ("any", "eve"),
        ("asked", ""),
        ("asked", "eve"),
        ("if-given", ""),
        ("if-given", "alice"),
        ("optional", ""),
        ("optional", "bob"),
        ("key", "alice"),
        ("certificate", "alice"),
        ("named", "alice"),
        ("uri", "bob"),
        ("listed", "alice"),
        ("listed-leaf", "alice"),
        ("told", "alice"),
    ],
)
def test_clients_that_are_let_in(world: World, listener: str, client: str) -> None:
    assert backend_of(world.get(listener, client)) == "web"


@pytest.mark.parametrize(
    ("listener", "client"),
    [
        ("required", ""),
        ("required", "eve"),
        ("any", ""),
        ("if-given", "eve"),
        ("optional", "eve"),
        ("key", "bob"),
        ("certificate", "bob"),
        ("named", "bob"),
        ("uri", "alice"),
        ("listed", "bob"),
        ("listed-leaf", "bob"),
    ],
)
def test_clients_that_are_not(world: World, listener: str, client: str) -> None:
    with pytest.raises(NOBODY):
        world.get(listener, client)


def test_authorities_that_are_not_there_make_the_listener_fail(world: World) -> None:
    assert world.get("missing").status == 500


def test_versions_and_ciphers(world: World) -> None:
    with world.shake("old", world.context()) as connection:
        assert connection.cipher() is not None
        assert connection.version() == "TLSv1.2"
        assert (connection.cipher() or ("",))[0] == "ECDHE-ECDSA-AES256-GCM-SHA384"
    older = world.context()
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    assert world.get("plain", context=older).status == 200
    with pytest.raises(NOBODY):
        world.get("new", context=older)


def test_curves(world: World) -> None:
    context = world.context()
    context.set_ecdh_curve("secp384r1")
    assert world.get("curves", context=context).status == 200
    context.set_ecdh_curve("prime256v1")
    assert world.get("plain", context=context).status == 200
    with pytest.raises(NOBODY):
        world.get("curves", context=context)


@pytest.mark.parametrize(("listener", "chosen"), [("plain", "h2"), ("one-protocol", "http/1.1"), ("no-protocol", None)])
def test_protocols(world: World, listener: str, chosen: str | None) -> None:
    context = world.context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with world.shake(listener, context) as connection:
        assert connection.selected_alpn_protocol() == chosen


@pytest.mark.parametrize(
    ("listener", "tickets", "resumed"),
    [("tickets", True, True), ("sessions", False, True), ("forgetful", True, False), ("forgetful", False, False)],
)
def test_sessions(world: World, listener: str, tickets: bool, resumed: bool) -> None:
    context = world.context()
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
    with world.shake(listener, context) as first:
        session = first.session
    with world.shake(listener, context, session) as second:
        assert bool(second.session_reused) is resumed


def test_fingerprints(world: World) -> None:
    ja3, _, ja4 = world.get("fingerprints").headers["x-told"].partition("/")
    assert len(ja3) == 32
    assert ja4.startswith("t1")


def test_what_backends_are_told_of_certificates(world: World) -> None:
    given = {"x-forwarded-client-cert": "By=nobody"}
    told = world.get("told", "alice", headers=given).json["headers"]["x-forwarded-client-cert"]
    assert 'Subject="CN=alice"' in told
    assert "DNS=alice.test" in told
    assert "nobody" not in told
    assert world.get("passed", headers=given).json["headers"]["x-forwarded-client-cert"] == "By=nobody"
    assert "x-forwarded-client-cert" not in world.get("plain", headers=given).json["headers"]


def test_http_3(world: World) -> None:
    port = world.ports["http3"]
    answer = world.get("http3")
    assert answer.headers["alt-svc"] == f'h3=":{port}"; ma=86400'
    assert backend_of(fetch3(port, host=HOST)) == "web"
    assert "alt-svc" not in world.get("plain").headers


def test_http_3_is_not_offered_to_clients_who_have_to_show_certificates(world: World) -> None:
    assert "alt-svc" not in world.get("http3-asked").headers


def test_a_handshake_that_takes_too_long(world: World) -> None:
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    handshake = world.context().wrap_bio(received, sent, server_hostname=HOST)
    with pytest.raises(ssl.SSLWantReadError):
        handshake.do_handshake()
    with socket.create_connection(("127.0.0.1", world.ports["handshake"]), 10) as connection:
        connection.sendall(sent.read())
        while connection.recv(65_536):
            pass
