"""No publish takes traffic down: hundreds of requests a second while everything is replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from tests.reliability.load import Load
from tests.sidecar.envoys import Resources, cluster, encoded, listener, resources, route
from tests.sidecar.releases import CDS, FLEET, LDS
from tests.sidecar.running import Publisher, Sidecar, connected
from tests.support.backends import Backends
from tests.support.certificates import self_signed
from tests.support.envoy import EnvoyProxy
from tests.support.ports import free_port
from tests.support.wait import eventually

PUBLISHES = 50
RATE = 500
DRAIN_TIME = 2
"""Seconds, so that some listeners are drained and their clusters removed while others are replaced."""
POLICIES = ("ROUND_ROBIN", "LEAST_REQUEST", "RANDOM")


class Site:
    """A fleet with a plain and a TLS listener, of which every release replaces something."""

    def __init__(self, directory: Path, ports: dict[str, int]) -> None:
        self.plain, self.secure, self.extra = free_port(), free_port(), free_port()
        self.secrets = directory / "secrets"
        self._ports = ports

    def release(self, number: int) -> Resources:
        """Another cluster each time, in turn by name, settings and endpoints; other routes; listeners changed.

        With every other release the listeners take route tables of other names, and the old ones and their cluster go.
        """
        table, secure_table = f"table-{number // 2}", f"secure-table-{number // 2}"
        name = f"cluster-{number // 2}"
        backend = ("blue", "green")[number % 2]
        listeners: dict[str, Any] = {
            "plain": listener(self.plain, table, server_name=f"edge-{number // 3}"),
            "secure": listener(self.secure, secure_table, secret="ns/cert", server_name=f"edge-{number // 4}"),
        }
        if number % 3 == 1:
            listeners["extra"] = listener(self.extra, table)
        tables = {table: route(name), secure_table: route(name)}
        made = resources(listeners, tables, {name: self._ports[backend]})
        made[CDS][name] = encoded(CDS, cluster(name, lb_policy=POLICIES[number % 3]))
        return made

    def rotate(self) -> None:
        """Another certificate, as Kubernetes swaps it."""
        folder = self.secrets / "ns" / "cert"
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = self_signed("a.example")
        generation = folder / f"..{len(list(folder.iterdir()))}"
        generation.mkdir()
        (generation / "tls.crt").write_bytes(certificate)
        (generation / "tls.key").write_bytes(key)
        link = folder / "..next"
        link.symlink_to(generation.name)
        link.rename(folder / "..data")


def clusters(proxy: EnvoyProxy) -> set[str]:
    """The names of those that Envoy was given."""
    found: set[str] = set()
    for section in proxy.config_dump()["configs"]:
        found.update(each["cluster"]["name"] for each in section.get("dynamic_active_clusters", ()))
    return found


def taken(proxy: EnvoyProxy, version: str) -> bool:
    """Whether Envoy runs this version of the listeners."""
    return bool(proxy.stats("lds.version_text")["listener_manager.lds.version_text"] == version)


@pytest.mark.parametrize("protocol", ["sotw", "delta"])
def test_no_request_fails_while_fifty_releases_replace_everything(
    tmp_path: Path, backends: Backends, protocol: Literal["sotw", "delta"]
) -> None:
    """Clusters, routes, listeners, and with every fifth release the certificate."""
    publisher = Publisher((tmp_path / "store").as_uri())
    site = Site(tmp_path, {name: backends.start(name).port for name in ("blue", "green")})
    site.rotate()
    publisher.publish({FLEET: site.release(0)})
    with (
        Sidecar(tmp_path, publisher.url, secrets=(str(site.secrets),), drain_time=DRAIN_TIME) as sidecar,
        connected(tmp_path, sidecar, protocol, drain_time=DRAIN_TIME) as proxy,
    ):
        proxy.wait_listening(site.plain)
        proxy.wait_listening(site.secure)
        with Load(site.plain, site.secure, rate=RATE, tls=frozenset({site.secure})) as load:
            for number in range(1, PUBLISHES + 1):
                if number % 5 == 0:
                    site.rotate()
                version = publisher.publish({FLEET: site.release(number)}).release.fleets[FLEET].types[LDS].version
                eventually(lambda version=version: taken(proxy, version))  # type: ignore[misc]
                eventually(lambda least=20 * number: load.count >= least)  # type: ignore[misc]
            eventually(lambda: clusters(proxy) == {f"cluster-{PUBLISHES // 2}"})
        assert [name for name, value in proxy.stats("update_rejected").items() if value] == []
    assert load.failed == []
    assert set(load.backends) == {"blue", "green"}
