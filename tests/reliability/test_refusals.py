"""A release that an Envoy refuses: who keeps it, and who never sees it, over restarts of the sidecar too."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.sidecar.envoys import Resources, encoded, listener, resources, route
from tests.sidecar.releases import FLEET, LDS
from tests.sidecar.running import Publisher, Sidecar, connected
from tests.support.backends import Backends
from tests.support.client import fetch
from tests.support.envoy import EnvoyProxy
from tests.support.ports import free_port
from tests.support.wait import eventually

Protocol = Literal["sotw", "delta"]


class Hosts:
    """A fleet on "several hosts", which are one: a listener of the bad release can be bound by one Envoy only."""

    def __init__(self, backend: int) -> None:
        self.common, self.exclusive = free_port(), free_port()
        self._backend = backend

    def release(self, *, exclusive: bool = False, table: str = "table") -> Resources:
        """With the listener that only the first Envoy gets a port for, or without."""
        listeners: dict[str, dict[str, Any]] = {"common": listener(self.common, table)}
        made = resources(listeners, {table: route("blue")}, {"blue": self._backend})
        if exclusive:
            alone = listener(self.exclusive, table) | {"enable_reuse_port": False}
            made[LDS]["exclusive"] = encoded(LDS, {"name": "exclusive", **alone})
        return made


def rejected(proxy: EnvoyProxy) -> int:
    """How often an Envoy has refused listeners."""
    return int(proxy.stats("lds.update_rejected")["listener_manager.lds.update_rejected"])


def listeners(proxy: EnvoyProxy) -> set[str]:
    """The listeners that an Envoy has."""
    told = proxy.admin("/listeners?format=json").json.get("listener_statuses", [])
    return {each["name"] for each in told}


@pytest.mark.parametrize("protocol", ["sotw", "delta"])
def test_a_port_that_is_taken_on_one_host(tmp_path: Path, backends: Backends, protocol: Protocol) -> None:
    """Who took the release keeps it, others get the one before it, also from a sidecar that was killed."""
    publisher = Publisher((tmp_path / "store").as_uri())
    hosts = Hosts(backends.start("blue").port)
    publisher.publish({FLEET: hosts.release()})
    options: dict[str, Any] = {"cache": tmp_path / "cache"}
    with (
        Sidecar(tmp_path, publisher.url, **options) as sidecar,
        connected(tmp_path / "first", sidecar, protocol, node="first") as first,
    ):
        eventually(lambda: fetch(hosts.common).backend == "blue")
        publisher.publish({FLEET: hosts.release(exclusive=True)})
        eventually(lambda: fetch(hosts.exclusive).backend == "blue")
        eventually(lambda: sidecar.admin("/nodes").json["nodes"][0]["serial"] == 2)
        with connected(tmp_path / "second", sidecar, protocol, node="second") as second:
            eventually(lambda: sidecar.admin("/").json["fleets"][FLEET]["quarantined"])
            eventually(lambda: listeners(second) == {"common"})
            assert "Address already in use" in sidecar.admin("/").json["fleets"][FLEET]["refused"][0]["message"]
            assert (rejected(first), rejected(second)) == (0, 1)
            assert listeners(first) == {"common", "exclusive"}
            with connected(tmp_path / "third", sidecar, protocol, node="third") as third:
                eventually(lambda: listeners(third) == {"common"})
                eventually(lambda: "first" in (tmp_path / "cache" / "refused.json").read_text())
                sidecar.signal(signal.SIGKILL)
                sidecar.popen.wait()
                assert fetch(hosts.exclusive).backend == "blue"
                (tmp_path / "xds.sock").unlink()
                with Sidecar(tmp_path, publisher.url, **options) as restarted:
                    eventually(lambda: len(restarted.admin("/nodes").json["nodes"]) == 3)
                    eventually(
                        lambda: [each["serial"] for each in restarted.admin("/nodes").json["nodes"]] == [2, 1, 1]
                    )
                    with connected(tmp_path / "fourth", restarted, protocol, node="fourth") as fourth:
                        eventually(lambda: listeners(fourth) == {"common"})
                        assert rejected(fourth) == 0
                    assert (rejected(first), rejected(second), rejected(third)) == (0, 1, 0)
                    assert fetch(hosts.exclusive).backend == "blue"
                    publisher.publish({FLEET: hosts.release(table="another")})
                    eventually(
                        lambda: [each["serial"] for each in restarted.admin("/nodes").json["nodes"]] == [3, 3, 3]
                    )
                    assert listeners(first) == {"common"}
                    assert not restarted.admin("/").json["fleets"][FLEET]["quarantined"]


def test_an_envoy_that_was_restarted_is_a_new_one(tmp_path: Path, backends: Backends) -> None:
    """Its name alone does not bring a refused release back: it says that it has nothing."""
    publisher = Publisher((tmp_path / "store").as_uri())
    hosts = Hosts(backends.start("blue").port)
    publisher.publish({FLEET: hosts.release()})
    with Sidecar(tmp_path, publisher.url) as sidecar:
        with connected(tmp_path / "first", sidecar, node="first"):
            eventually(lambda: fetch(hosts.common).backend == "blue")
            publisher.publish({FLEET: hosts.release(exclusive=True)})
            eventually(lambda: sidecar.admin("/nodes").json["nodes"][0]["serial"] == 2)
            with connected(tmp_path / "second", sidecar, node="second"):
                eventually(lambda: sidecar.admin("/").json["fleets"][FLEET]["quarantined"])
        with connected(tmp_path / "again", sidecar, node="first") as again:
            assert listeners(again) == {"common"}
            assert rejected(again) == 0
