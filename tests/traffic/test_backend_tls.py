"""TLS to backends: whom Envoy trusts, what it asks for, and what it shows."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.sidecar.authority import Authority
from tests.support.backends import Backends
from tests.support.manifests import route, service
from tests.support.ports import free_port
from tests.support.wait import eventually
from tests.traffic.scene import Object, Scene, backend_of, path, rule, running

SERVER = "inner.test"
"""The name in the certificates of all backends."""

ENVOY_GATEWAY = "gateway.envoyproxy.io"


@dataclass(slots=True)
class Servers:
    """Backends with TLS; `asked` has the server names that each was asked for."""

    directory: Path
    authority: Authority
    backends: Backends
    asked: dict[str, list[str | None]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def start(self, name: str, *alpn: str, names: str = SERVER, clients: Authority | None = None) -> ssl.SSLContext:
        """A backend with a certificate for a name; with `clients` it asks for one of theirs."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self.authority.issue(name, names))
        if alpn:
            context.set_alpn_protocols(list(alpn))
        if clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(clients.path)
        asked = self.asked.setdefault(name, [])
        context.sni_callback = lambda _, server_name, __: asked.append(server_name)
        self.ports[name] = self.backends.start(name, tls=context).port
        return context


def config_map(name: str, authority: Authority) -> Object:
    data = {"ca.crt": authority.path.read_text()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}, "data": data}


def policy(
    name: str, *, ca: str = "ca", kind: str = "Service", group: str = "", section: str = "", **validation: Any
) -> Object:
    target = {"group": group, "kind": kind, "name": name, **({"sectionName": section} if section else {})}
    refs = [{"group": "", "kind": "ConfigMap", "name": ca}]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "BackendTLSPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"targetRefs": [target], "validation": {"caCertificateRefs": refs, "hostname": SERVER, **validation}},
    }


def outside(name: str, port: int, hostname: str = "", **tls: Any) -> Object:
    """An Envoy Gateway Backend."""
    endpoint = {"ip": {"address": "127.0.0.1", "port": port}, **({"hostname": hostname} if hostname else {})}
    return {
        "apiVersion": f"{ENVOY_GATEWAY}/v1alpha1",
        "kind": "Backend",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"endpoints": [endpoint], "tls": tls},
    }


def to_outside(*names: str) -> list[Object]:
    return [{"group": ENVOY_GATEWAY, "kind": "Backend", "name": name} for name in names]


def secret(name: str) -> Object:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "kubernetes.io/tls"}


CA = [{"group": "", "kind": "ConfigMap", "name": "ca"}]


def objects(servers: Servers, other: Authority) -> list[Object]:
    """A rule for each path, with the backends that it needs."""
    ports = servers.ports
    services = [item for name, port in ports.items() for item in service(name, port)]
    for name in ("no-policy", "wrong-name", "wrong-authority", "of-port", "uri", "uri-mismatch"):
        services += service(name, ports["plain"])
    policies = [
        *(policy(name) for name in ("plain", "h2", "newest", "mutual", "closed")),
        policy("wrong-name", hostname="other.test"),
        policy("wrong-authority", ca="other"),
        policy("of-port", section="http"),
        policy("uri", subjectAltNames=[{"type": "URI", "uri": "spiffe://inner/one"}]),
        policy("uri-mismatch", subjectAltNames=[{"type": "URI", "uri": "spiffe://inner/two"}]),
    ]
    next(item for item in services if item["kind"] == "EndpointSlice" and item["metadata"]["name"] == "uri")[
        "ports"
    ] = [{"name": "http", "port": ports["spiffe"]}]
    backends = [
        outside("own", ports["plain"], caCertificateRefs=CA, sni=SERVER),
        outside("unverified", ports["spiffe"], insecureSkipVerify=True, sni="any.test"),
        outside("endpoint", ports["plain"], SERVER, caCertificateRefs=CA, autoSNIFromEndpointHostname=True),
        outside("request", ports["plain"], caCertificateRefs=CA),
        outside("unverifiable", ports["plain"], sni=SERVER),
        outside("overruled", ports["plain"], caCertificateRefs=CA, sni="other.test"),
        outside("shows", ports["closed"], caCertificateRefs=CA, sni=SERVER, clientCertificateRef={"name": "own"}),
    ]
    policies.append(policy("overruled", kind="Backend", group=ENVOY_GATEWAY))
    of_services = ("plain", "h2", "newest", "mutual", "closed", "no-policy", "wrong-name", "wrong-authority")
    rules = [
        *(rule(name, path("Exact", f"/{name}")) for name in (*of_services, "of-port", "uri", "uri-mismatch")),
        *(
            rule(to_outside(name), path("Exact", f"/{name}"))
            for name in ("own", "unverified", "endpoint", "request", "unverifiable", "overruled", "shows")
        ),
    ]
    mixed = [{"name": "plain", "port": 80}, {"name": "clear", "port": 80}, *to_outside("own")]
    routes = [route(f"web-{index}", *rules[index : index + 8]) for index in range(0, len(rules), 8)]
    return [
        config_map("ca", servers.authority),
        config_map("other", other),
        secret("gateway"),
        secret("own"),
        *services,
        *policies,
        *backends,
        *routes,
        route("mixed", rule(mixed, path("Exact", "/mixed"))),
    ]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    directory = tmp_path_factory.mktemp("servers")
    with Backends() as backends:
        made = Servers(directory, Authority(directory), backends)
        made.start("plain")
        made.start("h2", "h2", "http/1.1")
        made.start("newest").minimum_version = ssl.TLSVersion.TLSv1_3
        made.start("spiffe", names="spiffe://inner/one")
        made.start("mutual", clients=clients(directory, "gateway"))
        made.start("closed", clients=clients(directory, "own"))
        yield made


def clients(directory: Path, name: str) -> Authority:
    """The authority of a client certificate, which is put where the sidecar looks for it."""
    folder = directory / "secrets" / "shop" / name
    folder.mkdir(parents=True)
    (directory / name).mkdir()
    authority = Authority(directory / name)
    certificate, key = authority.issue("client", f"{name}.client.test")
    certificate.rename(folder / "tls.crt")
    key.rename(folder / "tls.key")
    return authority


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Scene]:
    directory = tmp_path_factory.mktemp("scene")
    (directory / "other").mkdir()
    made = objects(servers, Authority(directory / "other"))
    edge = {"tls": {"backend": {"clientCertificateRef": {"name": "gateway"}}}}
    serve = ("--secrets", servers.directory / "secrets")
    with running(directory, made, spec=edge, serve=serve) as started:
        yield started


@pytest.mark.parametrize(
    ("path", "backend"),
    [
        ("/plain", "plain"),
        ("/h2", "h2"),
        ("/newest", "newest"),
        ("/of-port", "plain"),
        ("/uri", "spiffe"),
        ("/own", "plain"),
        ("/unverified", "spiffe"),
        ("/endpoint", "plain"),
        ("/request", "plain"),
        ("/overruled", "plain"),
    ],
)
def test_a_backend_that_is_the_right_one(scene: Scene, path: str, backend: str) -> None:
    answer = scene.get(path, host=SERVER)
    assert (answer.status, backend_of(answer)) == (200, backend)


@pytest.mark.parametrize("path", ["/wrong-name", "/wrong-authority", "/uri-mismatch", "/unverifiable", "/no-policy"])
def test_one_that_is_not(scene: Scene, path: str) -> None:
    """Without a policy it is spoken to in the clear, which it does not understand."""
    answer = scene.get(path, host=SERVER)
    assert (answer.status >= 500, backend_of(answer)) == (True, "")


@pytest.mark.parametrize(
    ("path", "backend", "asked"),
    [("/plain", "plain", SERVER), ("/unverified", "spiffe", "any.test"), ("/endpoint", "plain", SERVER)],
)
def test_server_name(scene: Scene, servers: Servers, path: str, backend: str, asked: str) -> None:
    """By the name of the policy, whatever the request asks for; connections are reused, so that not every one asks."""
    scene.get(path, host="unheard.test")
    assert asked in servers.asked[backend]
    assert "unheard.test" not in servers.asked[backend]


def test_the_request_names_the_server_where_nothing_else_does(scene: Scene, servers: Servers) -> None:
    answer = scene.get("/request", host="outer.test")
    assert (answer.status, servers.asked["plain"][-1]) == (503, "outer.test")


@pytest.mark.parametrize(("path", "protocol"), [("/h2", "HTTP/2"), ("/plain", "HTTP/1.1")])
def test_the_version_of_http_is_what_alpn_says(scene: Scene, path: str, protocol: str) -> None:
    assert scene.get(path, host=SERVER).json["protocol"] == protocol


def test_the_gateways_certificate_is_shown(scene: Scene) -> None:
    assert backend_of(scene.get("/mutual")) == "mutual"


def test_that_of_a_backend_comes_before_it(scene: Scene) -> None:
    assert backend_of(scene.get("/shows")) == "closed"


def test_another_certificate_is_no_good(scene: Scene) -> None:
    assert scene.get("/closed").status == 503


def test_backends_of_one_rule_may_differ(scene: Scene) -> None:
    answers = [scene.get("/mixed", host=SERVER) for _ in range(40)]
    assert {(answer.status, backend_of(answer)) for answer in answers} == {(200, "plain"), (200, "clear")}


def test_a_new_authority_takes_effect(tmp_path: Path, servers: Servers) -> None:
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    made = [policy("plain"), *service("plain", servers.ports["plain"]), route("web", rule("plain"))]
    with running(tmp_path, [*made, config_map("ca", other)]) as scene:
        assert scene.get().status == 503
        scene.fleet.publish("Trust it", {"objects.yaml": [*made, config_map("ca", servers.authority)]})
        eventually(lambda: backend_of(scene.get()) == "plain")


def test_an_authorization_server(tmp_path: Path, servers: Servers) -> None:
    """It answers 200 to whatever it is asked."""
    to = {"name": "plain", "port": 80}
    asks = {"type": "ExternalAuth", "externalAuth": {"protocol": "HTTP", "http": {}, "backendRef": to}}
    made = [
        config_map("ca", servers.authority),
        policy("plain"),
        *service("plain", servers.ports["plain"]),
        route("web", rule("web", filters=[asks])),
    ]
    before = len(servers.asked["plain"])
    with running(tmp_path, made) as scene:
        assert backend_of(scene.get()) == "web"
    assert servers.asked["plain"][before:] == [SERVER]


def test_settings_of_a_whole_fleet(tmp_path: Path, servers: Servers) -> None:
    """An EnvoyProxy's certificate and versions are for all backends with TLS that say nothing themselves."""
    spec = {
        "clientCertificateRef": {"name": "gateway"},
        "maxVersion": "1.2",
        "ciphers": ["ECDHE-ECDSA-AES128-GCM-SHA256"],
    }
    own = outside("own", servers.ports["newest"], caCertificateRefs=CA, sni=SERVER, minVersion="1.3")
    made = [
        {
            "apiVersion": f"{ENVOY_GATEWAY}/v1alpha1",
            "kind": "EnvoyProxy",
            "metadata": {"name": "proxy", "namespace": "shop"},
            "spec": {"backendTLS": {**spec, "alpnProtocols": ["http/1.1"]}},
        },
        secret("gateway"),
        config_map("ca", servers.authority),
        *(item for name in ("mutual", "newest", "h2") for item in (*service(name, servers.ports[name]), policy(name))),
        own,
        route("web", *(rule(name, path("Exact", f"/{name}")) for name in ("mutual", "newest", "h2"))),
        route("own", rule(to_outside("own"), path("Exact", "/own"))),
    ]
    parameters = {"group": ENVOY_GATEWAY, "kind": "EnvoyProxy", "name": "proxy"}
    edge = {"infrastructure": {"parametersRef": parameters}}
    with running(tmp_path, made, spec=edge, serve=("--secrets", servers.directory / "secrets")) as scene:
        answers = {name: scene.get(f"/{name}") for name in ("mutual", "newest", "h2", "own")}
        statistics = scene.fleet.envoy.stats("ssl.ciphers|http2.*total|cx_http1_total")
    assert {name: answer.status for name, answer in answers.items()} == {
        "mutual": 200,
        "newest": 503,
        "h2": 200,
        "own": 200,
    }
    assert statistics["cluster.httproute/shop/web/rule/0.ssl.ciphers.ECDHE-ECDSA-AES128-GCM-SHA256"] == 1
    assert statistics["cluster.httproute/shop/web/rule/2.upstream_cx_http1_total"] == 1


@dataclass(frozen=True, slots=True)
class Passing:
    """A scene whose TLSRoute is attached to a listener of each mode."""

    scene: Scene
    ports: dict[str, int]
    authorities: dict[str, Path]


@pytest.fixture(scope="module")
def passing(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Passing]:
    directory = tmp_path_factory.mktemp("passing")
    authority = clients(directory, "cert")
    ports = {"ends": free_port(), "passes": free_port()}
    ends = {"mode": "Terminate", "certificateRefs": [{"name": "cert"}]}
    listeners = [
        {"name": name, "protocol": "TLS", "port": port, "tls": ends if name == "ends" else {"mode": "Passthrough"}}
        for name, port in ports.items()
    ]
    made = [
        secret("cert"),
        config_map("ca", servers.authority),
        policy("plain"),
        *service("plain", servers.ports["plain"]),
        {**route("web", rule("plain"), hostnames=("outer.test",)), "kind": "TLSRoute"},
    ]
    serve = ("--secrets", directory / "secrets")
    with running(directory / "scene", made, listeners=listeners, serve=serve) as scene:
        yield Passing(scene, ports, {"gateway": authority.path, "backend": servers.authority.path})


@pytest.mark.parametrize(
    ("listener", "shown", "asked"), [("ends", "gateway", SERVER), ("passes", "backend", "outer.test")]
)
def test_connections(passing: Passing, servers: Servers, listener: str, shown: str, asked: str) -> None:
    """The client's TLS ends at the gateway, which speaks TLS to the backend, or goes all the way."""
    trust = ssl.create_default_context(cafile=passing.authorities[shown])
    trust.check_hostname = False
    answer = passing.scene.fleet.get(passing.ports[listener], host="outer.test", tls=trust)
    assert backend_of(answer) == "plain"
    assert servers.asked["plain"][-1] == asked
