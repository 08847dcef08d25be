"""A real Envoy: traffic follows what is published, and survives what is not fit to be."""

from __future__ import annotations

import ssl
import threading
from http.client import HTTPException
from pathlib import Path
from typing import Literal

import pytest

from tests.sidecar.envoys import Resources, cluster, encoded, listener, resources, route
from tests.sidecar.releases import CDS, FLEET, LDS
from tests.sidecar.running import Publisher, Sidecar, connected
from tests.support.backends import Backends
from tests.support.certificates import self_signed
from tests.support.client import fetch
from tests.support.ports import free_port
from tests.support.wait import eventually

BOTH = pytest.mark.parametrize("protocol", ["sotw", "delta"])
Protocol = Literal["sotw", "delta"]


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher((tmp_path / "store").as_uri())


@pytest.fixture
def ports(backends: Backends) -> dict[str, int]:
    """The ports of two backends."""
    return {name: backends.start(name).port for name in ("blue", "green")}


def answers(port: int, backend: str) -> None:
    """Until a backend answers there."""
    eventually(lambda: fetch(port).backend == backend)


def one_route(port: int, to: str, ports: dict[str, int]) -> Resources:
    """A listener that sends all to one backend; only that has a cluster."""
    return resources({f"l-{port}": listener(port, "table")}, {"table": route(to)}, {to: ports[to]})


@BOTH
def test_traffic_follows_what_is_published(
    tmp_path: Path, publisher: Publisher, ports: dict[str, int], protocol: Protocol
) -> None:
    first, second = free_port(), free_port()
    publisher.publish({FLEET: one_route(first, "blue", ports)})
    with Sidecar(tmp_path, publisher.url) as sidecar, connected(tmp_path, sidecar, protocol) as proxy:
        answers(first, "blue")
        publisher.publish({FLEET: one_route(first, "green", ports)})
        answers(first, "green")
        eventually(lambda: '"blue"' not in proxy.admin("/config_dump?resource=dynamic_active_clusters").body.decode())
        types = publisher.publish({FLEET: one_route(second, "green", ports)}).release.fleets[FLEET].types
        answers(second, "green")
        eventually(lambda: proxy.stats("lds.version_text")["listener_manager.lds.version_text"] == types[LDS].version)
        assert [name for name, value in proxy.stats("update_rejected").items() if value] == []
        eventually(lambda: sidecar.admin("/").json["fleets"][FLEET]["streams"] == 1)


@BOTH
def test_no_request_fails_while_everything_is_replaced(
    tmp_path: Path, publisher: Publisher, ports: dict[str, int], protocol: Protocol
) -> None:
    """Make before break, under load."""
    port = free_port()
    publisher.publish({FLEET: one_route(port, "blue", ports)})
    with Sidecar(tmp_path, publisher.url) as sidecar, connected(tmp_path, sidecar, protocol):
        answers(port, "blue")
        stop, wrong, count = threading.Event(), list[object](), [0]

        def load() -> None:
            while not stop.is_set():
                try:
                    status = fetch(port).status
                except (OSError, HTTPException) as error:
                    wrong.append(error)
                else:
                    count[0] += 1
                    if status != 200:
                        wrong.append(status)

        thread = threading.Thread(target=load)
        thread.start()
        try:
            for number in range(8):
                to = ("green", "blue")[number % 2]
                made = one_route(port, to, ports)
                if number % 4 > 1:
                    made[CDS][to] = encoded(CDS, cluster(to, lb_policy="RANDOM"))
                publisher.publish({FLEET: made})
                answers(port, to)
        finally:
            stop.set()
            thread.join()
    assert wrong == []
    assert count[0] > 8


@BOTH
def test_a_refused_release_costs_no_listener(
    tmp_path: Path, publisher: Publisher, ports: dict[str, int], protocol: Protocol
) -> None:
    """The old listener answers all the time, an Envoy that starts is given the old release, and a good one mends it."""
    port, other = free_port(), free_port()
    publisher.publish({FLEET: one_route(port, "blue", ports)})
    # A part of it that Envoy took may have connections, so that its cluster would wait for the drain.
    with Sidecar(tmp_path, publisher.url, drain_time=0) as sidecar:
        with connected(tmp_path, sidecar, protocol) as proxy:
            answers(port, "blue")
            bad = resources(
                {"bad": listener(other, "table", server_header_transformation=1, via="\n", stream_idle_timeout="-1s")},
                {"table": route("green")},
                {"green": ports["green"]},
            )
            publisher.publish({FLEET: bad})
            eventually(lambda: sidecar.admin("/").json["fleets"][FLEET]["refused"])
            answers(port, "blue")
            eventually(lambda: "green" not in proxy.admin("/clusters").body.decode())
            refused = proxy.stats("lds.update_rejected")["listener_manager.lds.update_rejected"]
        with connected(tmp_path / "newcomer", sidecar, protocol):
            answers(port, "blue")
        with connected(tmp_path, sidecar, protocol):
            publisher.publish({FLEET: one_route(port, "green", ports)})
            answers(port, "green")
        assert refused == 1


@BOTH
def test_a_restarted_sidecar_costs_no_request(
    tmp_path: Path, publisher: Publisher, ports: dict[str, int], protocol: Protocol
) -> None:
    port = free_port()
    publisher.publish({FLEET: one_route(port, "blue", ports)})
    with Sidecar(tmp_path, publisher.url) as sidecar, connected(tmp_path, sidecar, protocol):
        answers(port, "blue")
        sidecar.stop()
        assert fetch(port).backend == "blue"
        publisher.publish({FLEET: one_route(port, "green", ports)})
        with Sidecar(tmp_path, publisher.url):
            answers(port, "green")


@BOTH
def test_a_certificate_that_is_rotated(
    tmp_path: Path, publisher: Publisher, ports: dict[str, int], protocol: Protocol
) -> None:
    """Without a publish; until it appears, only the listener that needs it waits."""
    plain, secure = free_port(), free_port()
    tables, clusters = {"table": route("blue")}, {"blue": ports["blue"]}
    listeners = {"plain": listener(plain, "table")}
    publisher.publish({FLEET: resources(listeners, tables, clusters)})
    directory = tmp_path / "secrets" / "ns" / "cert"
    directory.mkdir(parents=True)
    secrets = (str(tmp_path / "secrets"),)
    with Sidecar(tmp_path, publisher.url, secrets=secrets) as sidecar, connected(tmp_path, sidecar, protocol) as proxy:
        answers(plain, "blue")
        listeners = {"plain": listener(plain, "table"), "secure": listener(secure, "table", secret="ns/cert")}
        publisher.publish({FLEET: resources(listeners, tables, clusters)})
        eventually(lambda: '"secure"' in proxy.admin("/config_dump?resource=dynamic_listeners").body.decode())
        answers(plain, "blue")
        for _ in range(2):
            certificate, key = self_signed("a.example")
            (directory / "tls.crt").write_bytes(certificate)
            (directory / "tls.key").write_bytes(key)
            trusting = ssl.create_default_context(cadata=certificate.decode())

            def served(context: ssl.SSLContext = trusting) -> bool:
                return fetch(secure, host="a.example", tls=context).backend == "blue"

            eventually(served)
