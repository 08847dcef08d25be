"""The process: what it serves, what it survives, and what it never loads."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest

from reconciler.sidecar.serve import ServeOptions, serve
from reconciler.sidecar.server import SERVICES
from reconciler.store.errors import StoreError
from tests.sidecar.authority import Authority
from tests.sidecar.envoys import Resources, listener, resources, route
from tests.sidecar.releases import CDS, EDS, LDS, RDS, SDS, reference
from tests.sidecar.running import Call, Publisher, Sidecar
from tests.support.certificates import self_signed
from tests.support.ports import free_port
from tests.support.wait import eventually

FLEET = "infra/edge"
ONE = {FLEET: {CDS: {"x": b"\x0a\x01x"}}}
TWO = {FLEET: {CDS: {"x": b"\x0a\x01x", "y": b"\x0a\x01y"}}}
BOTH = pytest.mark.parametrize("delta", [False, True], ids=["sotw", "delta"])


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher((tmp_path / "store").as_uri())


@BOTH
def test_a_publish_reaches_an_open_stream(tmp_path: Path, publisher: Publisher, delta: bool) -> None:
    publisher.publish(ONE)
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=delta) as call:
        call.ask(CDS, fleet=FLEET)
        first = call.next()
        assert len(first.resources) == 1
        call.ask(CDS, response_nonce=first.nonce)
        published = publisher.publish(TWO)
        second = call.next()
        version = published.release.fleets[FLEET].types[CDS].version
        assert (second.system_version_info if delta else second.version_info) == version
        assert len(second.resources) == (1 if delta else 2)


@BOTH
@pytest.mark.parametrize(("service", "method", "type_url"), SERVICES[1:], ids=[each[1] for each in SERVICES[1:]])
def test_services_of_one_type(
    tmp_path: Path, publisher: Publisher, service: str, method: str, type_url: str, delta: bool
) -> None:
    publisher.publish({FLEET: {type_url: {"x": b"\x0a\x01x"}}})
    with (
        Sidecar(tmp_path, publisher.url) as sidecar,
        Call(sidecar.xds, delta=delta, service=service, method=method) as call,
    ):
        call.ask("", "x", fleet=FLEET)
        response = call.next()
        assert response.type_url == type_url
        assert len(response.resources) == 1


def test_it_starts_without_a_store_and_answers_when_one_comes(tmp_path: Path, publisher: Publisher) -> None:
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:
        eventually(lambda: sidecar.admin("/healthz").status == 200)
        assert sidecar.admin("/readyz").status == 503
        call.ask(CDS, fleet=FLEET)
        eventually(lambda: "waits" in sidecar.output())
        publisher.publish(ONE)
        assert len(call.next().resources) == 1
        assert sidecar.admin("/readyz").status == 200


def test_a_broken_store_changes_nothing(tmp_path: Path, publisher: Publisher) -> None:
    """What cannot be read is told once, and tried again."""
    publisher.publish(ONE)
    head = tmp_path / "store" / "HEAD.json"
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        assert len(call.next().resources) == 1
        good = head.read_bytes()
        for content in (b"", b"{}", b"\xff", b'{"format": 99, "serial": 2}', b"[" * 100_000):
            errors = sidecar.admin("/").json["store"]["errors"]
            head.write_bytes(content)
            eventually(partial(failed_since, sidecar, errors))
        head.write_bytes(good)
        eventually(lambda: sidecar.admin("/").json["store"]["up"])
        publisher.publish(TWO)
        assert len(call.next().resources) == 1
        assert sidecar.output().count("ERROR") <= 6


def failed_since(sidecar: Sidecar, errors: int) -> bool:
    """Whether polls of the store have failed again and again."""
    failed: int = sidecar.admin("/").json["store"]["errors"]
    return failed > errors + 2


def test_a_damaged_snapshot_hurts_only_its_fleet(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(ONE)
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet="infra/other")
        eventually(lambda: "waits" in sidecar.output())
        both = {**TWO, "infra/other": {CDS: {"z": b"\x0a\x01z"}}}
        digest = publisher.publish(both).release.fleets[FLEET].snapshot
        (tmp_path / "store" / "snapshots" / digest).write_bytes(b"garbage")
        assert [each.name for each in call.next().resources] == ["z"]


def test_an_older_serial_is_not_accepted(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(ONE)
    head = tmp_path / "store" / "HEAD.json"
    old = head.read_bytes()
    publisher.publish(TWO)
    with Sidecar(tmp_path, publisher.url) as sidecar:
        eventually(lambda: sidecar.admin("/readyz").status == 200)
        head.write_bytes(old)
        eventually(lambda: "serials only grow" in sidecar.output())
        assert sidecar.admin("/").json["serial"] == 2


def test_without_the_store_it_starts_from_its_cache(tmp_path: Path, publisher: Publisher) -> None:
    published = publisher.publish(ONE)
    cache = tmp_path / "cache"
    with Sidecar(tmp_path / "one", publisher.url, cache=cache) as sidecar:
        sidecar.wait_serial(1)
        eventually(lambda: (cache / "HEAD.json").exists())
    shutil.rmtree(tmp_path / "store")
    (tmp_path / "store").write_text("not a directory")
    with Sidecar(tmp_path / "two", publisher.url, cache=cache) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        assert call.next().system_version_info == published.release.fleets[FLEET].types[CDS].version
        assert "from the cache" in sidecar.output()


def test_a_damaged_cache_is_told_and_replaced(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(ONE)
    cache = tmp_path / "cache"
    cache.mkdir()
    for name in ("HEAD.json", "refused.json"):
        (cache / name).write_text("garbage")
    with Sidecar(tmp_path, publisher.url, cache=cache) as sidecar:
        sidecar.wait_serial(1)
        eventually(lambda: b'"serial":1' in (cache / "HEAD.json").read_bytes())
        assert "damaged" in sidecar.output()


def test_a_refused_release_stays_refused_over_a_restart(tmp_path: Path, publisher: Publisher) -> None:
    """And a sidecar that never saw the one before it looks for that in the store."""
    good = publisher.publish(ONE).release.fleets[FLEET].types[CDS].version
    bad = publisher.publish(TWO).release.fleets[FLEET].types[CDS].version
    options = {"cache": tmp_path / "cache"}
    with Sidecar(tmp_path / "one", publisher.url, **options) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        response = call.next()
        assert response.system_version_info == bad
        call.ask(CDS, response_nonce=response.nonce, error_detail={"message": "no such thing"})
        assert call.next().system_version_info == good
        [refused] = sidecar.admin("/").json["fleets"][FLEET]["refused"]
        assert refused["message"] == "no such thing"
        assert 'gitway_nacks_total{type="' + CDS + '"} 1' in sidecar.admin("/metrics").body.decode()
        eventually(lambda: (tmp_path / "cache" / "refused.json").exists())
    with Sidecar(tmp_path / "two", publisher.url, **options) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        assert call.next().system_version_info == good


def test_only_the_fleets_that_globs_name(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish({**ONE, "infra/other": ONE[FLEET], "shop/edge": ONE[FLEET]})
    with Sidecar(tmp_path, publisher.url, fleets=("infra/*",)) as sidecar:
        sidecar.wait_serial(1)
        assert sorted(sidecar.admin("/").json["fleets"]) == [FLEET, "infra/other"]


def test_a_fleet_that_left_the_store_is_served_on(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish({**ONE, "infra/other": ONE[FLEET]})
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:
        sidecar.wait_serial(1)
        publisher.publish({"infra/other": ONE[FLEET]})
        sidecar.wait_serial(2)
        call.ask(CDS, fleet=FLEET)
        assert len(call.next().resources) == 1
        assert "has left the store" in sidecar.output()


def test_a_secret_that_appears_and_is_rotated(tmp_path: Path, publisher: Publisher) -> None:
    """A client is given what its fleet's own resources use, and nothing else."""
    publisher.publish({FLEET: {LDS: {"web": reference("ns/cert").encode()}}})
    (tmp_path / "secrets").mkdir()
    options = {"secrets": (str(tmp_path / "secrets"),)}
    with Sidecar(tmp_path, publisher.url, **options) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(SDS, "ns/cert", fleet=FLEET)
        assert list(call.next().removed_resources) == ["ns/cert"]
        directory = tmp_path / "secrets" / "ns" / "cert"
        directory.mkdir(parents=True)
        for _ in range(2):
            certificate, key = self_signed("a.example")
            (directory / "tls.crt").write_bytes(certificate)
            (directory / "tls.key").write_bytes(key)
            [resource] = call.next().resources
            assert resource.name == "ns/cert"
            assert key in resource.resource.value
        shutil.copytree(directory, directory.with_name("other"))
        eventually(lambda: "secret ns/other was read" in sidecar.output())
        call.ask(SDS, "ns/other")
        assert list(call.next().removed_resources) == ["ns/other"]


@pytest.mark.parametrize("name", ["../../etc", "/etc/ssl", "ns/../ns/cert", "ns", "*", ""])
def test_names_of_secrets_are_never_paths(tmp_path: Path, publisher: Publisher, name: str) -> None:
    publisher.publish(ONE)
    directory = tmp_path / "secrets" / "ns" / "none"
    directory.mkdir(parents=True)
    options = {"secrets": (str(tmp_path / "secrets"),)}
    with Sidecar(tmp_path, publisher.url, **options) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(SDS, name, fleet=FLEET)
        assert not call.next().resources


def test_a_client_that_breaks_the_rules_costs_only_itself(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(ONE)
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as good:
        for data in (b"\xff\xff", b""):
            with Call(sidecar.xds, delta=True) as call:
                call.send(data)
                assert call.refusal() == grpc.StatusCode.INVALID_ARGUMENT
        good.ask(CDS, fleet=FLEET)
        assert len(good.next().resources) == 1
        eventually(lambda: sidecar.admin("/").json["streams"] == {"delta": 1})
        assert "Traceback" not in sidecar.output()


def test_another_fleet_is_denied_by_certificate(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish({**ONE, "infra/other": ONE[FLEET]})
    authority = Authority(tmp_path)
    port = free_port()
    server = authority.issue("server", "localhost")
    options = {"listen": f"localhost:{port}", "tls_cert": server[0], "tls_key": server[1], "client_ca": authority.path}
    client = authority.issue("client", "spiffe://example.org/gitway/infra/edge")
    credentials = grpc.ssl_channel_credentials(
        authority.path.read_bytes(), client[1].read_bytes(), client[0].read_bytes()
    )
    with Sidecar(tmp_path, publisher.url, **options) as sidecar:
        sidecar.wait_serial(1)
        with Call(sidecar.xds, delta=True, credentials=credentials) as call:
            call.ask(CDS, fleet=FLEET)
            assert len(call.next().resources) == 1
        with Call(sidecar.xds, delta=True, credentials=credentials) as call:
            call.ask(CDS, fleet="infra/other")
            assert call.refusal() == grpc.StatusCode.PERMISSION_DENIED
        nobody = grpc.ssl_channel_credentials(authority.path.read_bytes())
        with Call(sidecar.xds, delta=True, credentials=nobody) as call:
            call.ask(CDS, fleet=FLEET)
            assert call.refusal() == grpc.StatusCode.UNAVAILABLE


def test_it_ends_when_told_to(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(ONE)
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        call.next()
        sidecar.signal(signal.SIGTERM)
        assert sidecar.popen.wait(20) == 0
        assert "stopped" in sidecar.output()
        assert "Traceback" not in sidecar.output()


def test_told_to_end_in_the_middle_of_a_push_it_finishes_it_in_order(tmp_path: Path, publisher: Publisher) -> None:
    """Make before break to the last step; who comes meanwhile is sent elsewhere."""

    def release(cluster: str) -> dict[str, Resources]:
        return {FLEET: resources({"l": listener(1, "table")}, {"table": route(cluster)}, {cluster: 1})}

    publisher.publish(release("x"))
    with Sidecar(tmp_path, publisher.url) as sidecar, Call(sidecar.xds, delta=True) as call:

        def acknowledge(response: Any) -> tuple[str, list[str], list[str]]:
            call.ask(response.type_url, response_nonce=response.nonce)
            return response.type_url, [each.name for each in response.resources], list(response.removed_resources)

        for url, names in ((CDS, ()), (EDS, ("x",)), (LDS, ()), (RDS, ("table",))):
            call.ask(url, *names, fleet=FLEET)
            acknowledge(call.next())
        publisher.publish(release("y"))
        clusters = call.next()
        sidecar.signal(signal.SIGTERM)
        eventually(lambda: sidecar.admin("/readyz").status == 503)
        with Call(sidecar.xds, delta=True) as late:
            late.ask(CDS, fleet=FLEET)
            assert late.refusal() == grpc.StatusCode.UNAVAILABLE
        assert acknowledge(clusters) == (CDS, ["y"], [])
        assert [acknowledge(response) for response in call][:2] == [(RDS, ["table"], []), (CDS, [], ["x"])]
        assert sidecar.popen.wait(20) == 0
        assert "Traceback" not in sidecar.output()


def test_the_admin_page_is_for_reading(tmp_path: Path, publisher: Publisher) -> None:
    with Sidecar(tmp_path, publisher.url) as sidecar:
        eventually(lambda: sidecar.admin("/healthz").status == 200)
        assert sidecar.admin("/healthz", method="POST").status == 405
        assert sidecar.admin("/none").status == 404
        assert sidecar.admin("/metrics").headers["content-type"].startswith("text/plain; version=0.0.4")
        assert "gitway_store_up 1" in sidecar.admin("/metrics").body.decode()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"listen": "0.0.0.0:1"}, "mutual TLS"),
        ({"listen": "nonsense"}, "not an address"),
        ({"admin": "0.0.0.0:1"}, "admin page"),
        ({"secrets": ("/does/not/exist",)}, "not a directory"),
        ({"store": "gopher://x"}, "gopher"),
    ],
)
def test_wrong_options_are_told(tmp_path: Path, options: dict[str, object], message: str) -> None:
    given = {"store": tmp_path.as_uri(), "listen": f"unix:{tmp_path / 's'}", **options}
    with pytest.raises((ValueError, StoreError), match=message):
        serve(ServeOptions(**given))  # type: ignore[arg-type]


def test_it_imports_nothing_heavy(tmp_path: Path) -> None:
    """The sidecar is small because of what it does not load."""
    forbidden = [
        "pydantic",
        "betterproto2",
        "envoy_data_plane",
        "git",
        "yaml",
        "rich",
        "typer",
        "boto3",
        "cryptography",
    ]
    program = (
        "import sys, reconciler.sidecar.serve\n"
        "from reconciler.store.open import open_store\n"
        f"open_store({tmp_path.as_uri()!r})\n"
        f"loaded = [name for name in {forbidden!r} if name in sys.modules]\n"
        "rooms = [f'reconciler.{room}' for room in ('source', 'manifests', 'resolve', 'translate', 'review', 'cli')]\n"
        "print(loaded + [name for name in sys.modules if name.startswith(tuple(rooms))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "[]"


def test_the_bootstrap_needs_only_yaml() -> None:
    program = (
        "import sys, reconciler.sidecar.bootstrap\n"
        "print([name for name in ('grpc', 'google', 'asyncio', 'pydantic', 'zstandard') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def started(tmp_path: Path, **options: object) -> tuple[int, str]:
    """The exit code and stderr of a sidecar that cannot start."""
    given = {"store": tmp_path.as_uri(), "listen": f"unix:{tmp_path / 's'}", "fleets": ["*"], "poll": 5.0}
    absent = dict.fromkeys(("admin", "cache", "tls_cert", "tls_key", "client_ca"))
    text = json.dumps({**given, **absent, "secrets": [], **options})
    command = [sys.executable, "-m", "reconciler.cli.sidecar_process", text]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("option", ["listen", "admin"])
def test_a_port_in_use_is_told_in_our_words_alone(tmp_path: Path, option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, said = started(tmp_path, **{option: address})
    assert code == 4
    assert said.startswith(f"error: cannot listen on {address}")
    _, second, *rest = said.splitlines()
    assert second.startswith("  = help: ")
    assert rest == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"listen": "nonsense"}, "not an address"),
        ({"admin": "nonsense"}, "not an address"),
        ({"secrets": ["/does/not/exist"]}, "not a directory"),
        (dict.fromkeys(("tls_cert", "tls_key", "client_ca"), "/does/not/exist"), "cannot read /does/not/exist"),
        (dict.fromkeys(("tls_cert", "tls_key", "client_ca"), __file__), "not a certificate and its key"),
    ],
)
def test_wrong_options_are_wrong_usage(tmp_path: Path, options: dict[str, object], message: str) -> None:
    code, said = started(tmp_path, **options)
    assert code == 64
    assert message in said.splitlines()[0]
    assert len(said.splitlines()) == 2
