"""Who may read what, and what a client that misbehaves costs: only itself."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest

from tests.sidecar.authority import Authority
from tests.sidecar.releases import CDS, EDS, FLEET
from tests.sidecar.running import Call, Publisher, Sidecar
from tests.support.ports import free_port
from tests.support.wait import eventually

MIB = 1024 * 1024
ONE = {FLEET: {CDS: {"x": b"\x0a\x01x"}}}
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    made = Publisher((tmp_path / "store").as_uri())
    made.publish(ONE)
    return made


@pytest.fixture
def sidecar(tmp_path: Path, publisher: Publisher) -> Iterator[Sidecar]:
    with Sidecar(tmp_path, publisher.url) as running:
        running.wait_serial(1)
        yield running


@pytest.fixture
def neighbour(sidecar: Sidecar) -> Iterator[Call]:
    """A client that behaves, connected before the other one comes; it is served afterwards too."""
    with Call(sidecar.xds, delta=True) as call:
        call.ask(CDS, fleet=FLEET)
        assert len(call.next().resources) == 1
        yield call
        call.ask(EDS, "x")
        assert list(call.next().removed_resources) == ["x"]
        assert "Traceback" not in sidecar.output()


def memory(sidecar: Sidecar, field: str = "VmRSS") -> float:
    """In MiB."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{sidecar.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


@pytest.mark.parametrize("delta", [False, True], ids=["sotw", "delta"])
def test_a_huge_message_costs_only_its_sender(sidecar: Sidecar, neighbour: Call, delta: bool) -> None:
    before = memory(sidecar)
    with Call(sidecar.xds, delta=delta, options=[("grpc.max_send_message_length", -1)]) as call:
        call.send(b"\x12" * (17 * MIB))
        assert call.refusal() == EXHAUSTED
    assert memory(sidecar, "VmHWM") < before + 100


@pytest.mark.parametrize("delta", [False, True], ids=["sotw", "delta"])
def test_hundreds_of_thousands_of_names_cost_only_their_sender(sidecar: Sidecar, neighbour: Call, delta: bool) -> None:
    before = memory(sidecar)
    with Call(sidecar.xds, delta=delta, options=[("grpc.max_send_message_length", -1)]) as call:
        call.ask(EDS, *(f"name-{number}" for number in range(200_000)), fleet=FLEET)
        assert call.refusal() == EXHAUSTED
    assert memory(sidecar, "VmHWM") < before + 100
    assert 'gitway_rejected_total{reason="limit"} 1.0' in sidecar.admin("/metrics").body.decode()


def test_thousands_of_subscriptions_are_served(sidecar: Sidecar, neighbour: Call) -> None:
    with Call(sidecar.xds, delta=True) as call:
        names = [f"name-{number}" for number in range(50_000)]
        call.ask(EDS, *names, fleet=FLEET)
        assert sorted(call.next().removed_resources) == sorted(names)


def test_a_flood_of_streams_waits_on_its_own_connection(sidecar: Sidecar, neighbour: Call) -> None:
    """128 of a connection are served at a time."""
    with ExitStack() as stack:
        flood = [stack.enter_context(Call(sidecar.xds, delta=True)) for _ in range(300)]
        for each in flood:
            each.ask(CDS, fleet=FLEET)
        eventually(lambda: sidecar.admin("/").json["streams"]["delta"] >= 128)
        assert len(flood[0].next().resources) == 1
    eventually(lambda: sidecar.admin("/").json["streams"] == {"delta": 1})


def test_a_client_that_does_not_read_is_not_waited_for(sidecar: Sidecar, publisher: Publisher, neighbour: Call) -> None:
    """Nor does what it does not read pile up: it is sent the newest state next."""
    with Call(sidecar.xds, delta=True) as deaf:
        deaf.ask(CDS, fleet=FLEET)
        deaf.ask(EDS, "x")
        for round_ in range(30):
            large = {f"{number}": os.urandom(32 * 1024) for number in range(32)}
            publisher.publish({FLEET: {CDS: large}})
            response = neighbour.next()
            while len(response.resources) < 32:
                neighbour.ask(CDS, response_nonce=response.nonce)
                response = neighbour.next()
            neighbour.ask(CDS, response_nonce=response.nonce)
            if round_ == 3:
                settled = memory(sidecar)
        assert memory(sidecar) < settled + 40


def served_certificate(port: int, authority: Authority, client: tuple[Path, Path]) -> int:
    """The serial number of what the sidecar shows."""
    context = ssl.create_default_context(cafile=str(authority.path))
    context.load_cert_chain(*client)
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("localhost", port), 5) as connection,
        context.wrap_socket(connection, server_hostname="localhost") as wrapped,
    ):
        shown = wrapped.getpeercert()
    assert shown
    return int(str(shown["serialNumber"]), 16)


def test_files_of_tls_that_change_are_taken_up(tmp_path: Path, publisher: Publisher) -> None:
    """Certificate and authorities, without a restart and without ending a stream; a broken file changes nothing."""
    authority, port = Authority(tmp_path), free_port()
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    server = authority.issue("server", "localhost")
    client = authority.issue("client", f"spiffe://example.org/gitway/{FLEET}")
    trusted = tmp_path / "clients.crt"
    trusted.write_bytes(authority.path.read_bytes())
    options = {"listen": f"localhost:{port}", "tls_cert": server[0], "tls_key": server[1], "client_ca": trusted}
    credentials = grpc.ssl_channel_credentials(
        authority.path.read_bytes(), client[1].read_bytes(), client[0].read_bytes()
    )
    with (
        Sidecar(tmp_path, publisher.url, **options) as sidecar,
        Call(sidecar.xds, delta=True, credentials=credentials) as call,
    ):
        call.ask(CDS, fleet=FLEET)
        assert len(call.next().resources) == 1
        first = served_certificate(port, authority, client)
        good = server[0].read_bytes()
        server[0].write_text("half a certificate")
        assert served_certificate(port, authority, client) == first
        eventually(lambda: "the certificate that was read before stays" in sidecar.output())
        server[0].write_bytes(good)
        renewed = authority.issue("renewed", "localhost")
        for old, new in zip(server, renewed, strict=True):
            new.rename(old)
        assert served_certificate(port, authority, client) != first
        trusted.write_bytes(other.path.read_bytes())
        with Call(sidecar.xds, delta=True, credentials=credentials) as refused:
            refused.ask(CDS, fleet=FLEET)
            assert refused.refusal() == grpc.StatusCode.UNAVAILABLE
        call.ask(EDS, "x")
        assert list(call.next().removed_resources) == ["x"]
