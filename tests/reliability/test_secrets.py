"""Certificates: rotated without a publish, kept off the disk, and missing for one listener alone."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sidecar.envoys import Resources, listener, resources, route
from tests.sidecar.releases import FLEET
from tests.sidecar.running import Publisher, Sidecar, connected
from tests.support.backends import Backends
from tests.support.certificates import self_signed
from tests.support.client import fetch
from tests.support.ports import free_port
from tests.support.secrets_manager import SecretsManager
from tests.support.wait import eventually


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManager]:
    """Found by every process of the test."""
    with SecretsManager() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


class Site:
    """A plain listener and two with a certificate each."""

    def __init__(self, backend: int) -> None:
        self.plain, self.first, self.second = free_port(), free_port(), free_port()
        self._backend = backend

    def release(self) -> Resources:
        listeners: dict[str, dict[str, Any]] = {
            "plain": listener(self.plain, "table"),
            "first": listener(self.first, "table", secret="ns/first"),
            "second": listener(self.second, "table", secret="ns/second"),
        }
        return resources(listeners, {"table": route("blue")}, {"blue": self._backend})


def serves(port: int, certificate: bytes) -> bool:
    """Whether a backend answers there with this certificate."""
    trusting = ssl.create_default_context(cadata=certificate.decode())
    return fetch(port, host="a.example", tls=trusting).backend == "blue"


def test_secrets_manager_keys_are_rotated_within_seconds_and_never_written(
    tmp_path: Path, backends: Backends, manager: SecretsManager
) -> None:
    """Without the service a restarted sidecar has no keys: the Envoys that have them go on."""
    site = Site(backends.start("blue").port)
    publisher = Publisher((tmp_path / "store").as_uri())
    publisher.publish({FLEET: site.release()})
    options: dict[str, Any] = {"secrets": ("aws-secretsmanager://edge",), "cache": tmp_path / "cache"}
    keys = []
    with Sidecar(tmp_path, publisher.url, **options) as sidecar, connected(tmp_path, sidecar):
        for _ in range(2):
            certificate, key = self_signed("a.example")
            keys.append(key)
            manager.put("edge/ns/first", {"tls.crt": certificate, "tls.key": key})
            eventually(lambda shown=certificate: serves(site.first, shown))  # type: ignore[misc]
        eventually(lambda: (tmp_path / "cache" / "HEAD.json").exists())
        sidecar.stop()
        manager._server.stop()
        with Sidecar(tmp_path, publisher.url, **options) as restarted:
            eventually(lambda: "cannot read aws-secretsmanager://edge" in restarted.output())
            eventually(lambda: "waits for secret ns/first" in restarted.output())
            assert serves(site.first, certificate)
        manager._server.start()
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert written
    for key in keys:
        secret = key.splitlines()[1]
        assert not any(secret in content for content in written)


def test_a_missing_and_a_broken_certificate_hold_only_their_own_listeners(tmp_path: Path, backends: Backends) -> None:
    """And page, metrics and log say which, until they are there."""
    site = Site(backends.start("blue").port)
    publisher = Publisher((tmp_path / "store").as_uri())
    publisher.publish({FLEET: site.release()})
    folders = {name: tmp_path / "secrets" / "ns" / name for name in ("first", "second")}
    folders["second"].mkdir(parents=True)
    (folders["second"] / "tls.crt").write_text("no certificate")
    (folders["second"] / "tls.key").write_text("canary")
    with (
        Sidecar(tmp_path, publisher.url, secrets=(str(tmp_path / "secrets"),)) as sidecar,
        connected(tmp_path, sidecar, node="edge-1") as envoy,
    ):
        eventually(lambda: fetch(site.plain).backend == "blue")
        told = {each["name"]: each for each in sidecar.admin("/").json["fleets"][FLEET]["secrets"]}
        assert told["ns/first"]["problem"] == "no provider of secrets has it"
        assert "not a certificate and its key" in told["ns/second"]["problem"]
        assert told["ns/second"]["needed_by"] == ["second"]
        assert f'gitway_fleet_secrets_missing{{fleet="{FLEET}"}} 2.0' in sidecar.admin("/metrics").body.decode()
        eventually(lambda: "second waits for secret ns/second" in sidecar.output())
        assert "canary" not in sidecar.output() + sidecar.admin("/").body.decode()
        for name, port in (("first", site.first), ("second", site.second)):
            certificate, key = self_signed("a.example")
            folders[name].mkdir(exist_ok=True)
            (folders[name] / "tls.crt").write_bytes(certificate)
            (folders[name] / "tls.key").write_bytes(key)
            eventually(lambda port=port, shown=certificate: serves(port, shown))  # type: ignore[misc]
        eventually(lambda: sidecar.admin("/").json["fleets"][FLEET]["secrets"] == [])
        assert [name for name, value in envoy.stats("update_rejected").items() if value] == []
