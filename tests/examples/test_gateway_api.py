"""Every example of `examples/gateway-api` does what its comment says, with real traffic."""

from __future__ import annotations

import re
import ssl
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.support.backends import Backends
from tests.support.client import Answer
from tests.support.datagrams import DatagramBackend, ask
from tests.support.fleet import RunningFleet
from tests.support.ports import free_port

EXAMPLES = Path(__file__).parents[2] / "examples" / "gateway-api"
HTTP, HTTPS, SHARED, TCP, UDP, TLS = LISTENERS = 10080, 10443, 10082, 10084, 10085, 10444
CERTIFICATE = re.compile(r"^( +)-----BEGIN.*?END CERTIFICATE-----\n", re.MULTILINE | re.DOTALL)
SERVICES = {"web": 11081, "web-v2": 11082, "audit": 11083}


class Example:
    """A running example: ports of its manifests are replaced by free ones."""

    def __init__(self, fleet: RunningFleet, ports: dict[int, int], backends: Backends) -> None:
        self.fleet = fleet
        self.ports = ports
        self.backends = backends

    def get(self, path: str = "/", *, port: int = HTTP, **options: Any) -> Answer:
        return self.fleet.get(self.ports[port], path, **options)


@contextmanager
def running(
    name: str,
    directory: Path,
    backends: Backends,
    *,
    fleet: str = "shop/edge",
    serve: tuple[object, ...] = (),
    others: Mapping[int, int] = MappingProxyType({}),
    authority: str = "",
) -> Iterator[Example]:
    """`others`: ports of more backends by the number that manifests have; `authority`: PEM in place of theirs."""
    ports = {port: free_port() for port in LISTENERS} | dict(others)
    ports |= {port: backends.start(service).port for service, port in SERVICES.items()}
    files = {}
    for folder in ("base", name):
        for file in sorted((EXAMPLES / folder).glob("*.yaml")):
            text = file.read_text()
            for port, free in ports.items():
                text = re.sub(rf"\bport: {port}\b", f"port: {free}", text)
            if authority:
                text = CERTIFICATE.sub(lambda found: indented(authority, found[1]), text)
            files[f"{folder}/{file.name}"] = text
    with RunningFleet(directory, fleet, files, serve=serve) as started:
        yield Example(started, ports, backends)


def indented(text: str, margin: str) -> str:
    return "".join(f"{margin}{line}\n" for line in text.splitlines())


def test_every_example_has_a_test_and_stands_in_the_readme() -> None:
    folders = {folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()} - {"base"}
    tested = {name.removeprefix("test_").replace("_", "-") for name in globals() if name.startswith("test_")}
    assert folders <= tested
    assert set(re.findall(r"^\| \[([a-z-]+)\]", (EXAMPLES / "README.md").read_text(), re.MULTILINE)) == folders


def test_canary(tmp_path: Path, backends: Backends) -> None:
    with running("canary", tmp_path, backends) as example:
        seen = Counter(example.get(host="canary.example.com").backend for _ in range(300))
    assert set(seen) == {"web", "web-v2"}
    assert seen["web"] > 4 * seen["web-v2"]


def test_headers(tmp_path: Path, backends: Backends) -> None:
    with running("headers", tmp_path, backends) as example:
        answer = example.get(host="headers.example.com", headers={"x-internal": "1", "x-tag": "mine", "x-edge": "no"})
    got = answer.json["headers"]
    assert (got["x-edge"], got["x-tag"]) == ("gitway", "mine,added")
    assert "x-internal" not in got
    assert answer.headers["x-served-by"] == "edge"


@pytest.mark.parametrize(
    ("path", "seen", "host"),
    [
        ("/api/v1/carts?id=1", "/carts?id=1", "web.internal"),
        ("/api/v1", "/", "web.internal"),
        ("/health", "/internal/healthz", "rewrite.example.com"),
    ],
)
def test_rewrite(tmp_path: Path, backends: Backends, path: str, seen: str, host: str) -> None:
    with running("rewrite", tmp_path, backends) as example:
        told = example.get(path, host="rewrite.example.com").json
    assert (told["path"], told["headers"]["host"]) == (seen, host)


def test_redirect(tmp_path: Path, backends: Backends) -> None:
    with running("redirect", tmp_path, backends) as example:
        answers = {path: example.get(path, host="redirect.example.com") for path in ("/a?b=c", "/old/page")}
    assert {path: (answer.status, answer.headers["location"]) for path, answer in answers.items()} == {
        "/a?b=c": (301, "https://redirect.example.com/a?b=c"),
        "/old/page": (301, "https://www.example.com/new/page"),
    }


def test_matches(tmp_path: Path, backends: Backends) -> None:
    cases = {
        ("GET", "/", ""): "web",
        ("GET", "/cart", ""): "web",
        ("POST", "/cart/items", ""): "web-v2",
        ("POST", "/carton", ""): "web",
        ("GET", "/", "two"): "web-v2",
        ("GET", "/?preview=true", ""): "web-v2",
        ("GET", "/?preview=maybe", ""): "web",
        ("GET", "/reports/17", ""): "audit",
        ("GET", "/reports/last", ""): "web",
    }
    with running("matches", tmp_path, backends) as example:
        seen = {
            (method, path, version): example.get(
                path, host="matches.example.com", method=method, headers={"x-version": version} if version else {}
            ).backend
            for method, path, version in cases
        }
    assert seen == cases


def test_mirror(tmp_path: Path, backends: Backends) -> None:
    from tests.support.wait import eventually

    with running("mirror", tmp_path, backends) as example:
        answers = Counter(example.get(host="mirror.example.com").backend for _ in range(5))
        clusters = example.fleet.envoy.stats
        eventually(lambda: sum(v for k, v in clusters("mirror.*upstream_rq_completed").items() if v) >= 5)
    assert answers == {"web": 5}


def test_timeouts(tmp_path: Path, backends: Backends) -> None:
    with running("timeouts", tmp_path, backends) as example:
        statuses = [example.get(f"{path}?delay=1.5", host="timeouts.example.com").status for path in ("/slow", "/")]
    assert statuses == [504, 200]


def test_https(tmp_path: Path, backends: Backends) -> None:
    from tests.support.certificates import self_signed

    certificate, key = self_signed("*.example.com")
    folder = tmp_path / "secrets" / "shop" / "www-tls"
    folder.mkdir(parents=True)
    (folder / "tls.crt").write_bytes(certificate)
    (folder / "tls.key").write_bytes(key)
    trust = ssl.create_default_context(cadata=certificate.decode())
    secrets = ("--secrets", tmp_path / "secrets")
    with running("https", tmp_path / "fleet", backends, fleet="shop/secure", serve=secrets) as example:
        answer = example.get(port=HTTPS, host="https.example.com", tls=trust)
        published = b"".join(file.read_bytes() for file in tmp_path.rglob("fleet/store/**/*") if file.is_file())
    assert answer.backend == "web"
    assert key not in published


def test_listener_sets(tmp_path: Path, backends: Backends) -> None:
    with running("listener-sets", tmp_path, backends, fleet="infra/hub") as example:
        hosts = ("listener-sets.shop.example.com", "other.shop.example.com", "hub.example.com")
        answers = {host: example.get(port=SHARED, host=host) for host in hosts}
    assert {host: answer.status for host, answer in answers.items()} == dict(zip(hosts, (200, 404, 404), strict=True))
    assert answers[hosts[0]].backend == "web"


def test_tls_passthrough(tmp_path: Path, backends: Backends) -> None:
    from tests.support.certificates import self_signed

    certificate, key = self_signed("vault.example.com")
    (tmp_path / "vault.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "vault.pem")
    vault = backends.start("vault", tls=context)
    trust = ssl.create_default_context(cadata=certificate.decode())
    with running("tls-passthrough", tmp_path, backends, fleet="shop/sealed", others={11443: vault.port}) as example:
        assert example.get(port=TLS, host="vault.example.com", tls=trust).backend == "vault"
        with pytest.raises(OSError):  # noqa: PT011  closed or reset
            example.get(port=TLS, host="other.example.com", tls=trust)


@pytest.mark.parametrize(("name", "status"), [("payments.internal.example.com", 200), ("other.example.com", 503)])
def test_backend_tls(tmp_path: Path, backends: Backends, name: str, status: int) -> None:
    """A backend whose certificate has another name is not talked to."""
    from tests.support.certificates import self_signed

    certificate, key = self_signed(name)
    (tmp_path / "payments.pem").write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "payments.pem")
    others = {11444: backends.start("payments", tls=context).port}
    with running("backend-tls", tmp_path / "fleet", backends, others=others, authority=certificate.decode()) as example:
        assert example.get(host="backend-tls.example.com").status == status


def test_tcp(tmp_path: Path, backends: Backends) -> None:
    with running("tcp", tmp_path, backends, fleet="shop/streams") as example:
        seen = Counter(example.get(port=TCP).backend for _ in range(100))
    assert set(seen) == {"web", "web-v2"}
    assert 20 < seen["web"] < 80


def test_udp(tmp_path: Path, backends: Backends) -> None:
    with (
        DatagramBackend("dns") as dns,
        running("udp", tmp_path, backends, fleet="shop/datagrams", others={11053: dns.port}) as example,
    ):
        assert ask(example.ports[UDP], 3) == ["dns"] * 3


def test_cross_namespace(tmp_path: Path, backends: Backends) -> None:
    with running("cross-namespace", tmp_path, backends, fleet="infra/shared") as example:
        assert example.get(port=SHARED, host="cross-namespace.example.com").backend == "web"
