"""The shared test tooling does what its docstrings say; a failure here explains failures elsewhere."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import h2.connection
import h2.events
import pytest

from tests.support.backends import Backend, Backends
from tests.support.client import fetch
from tests.support.envoy import EnvoyProxy
from tests.support.ports import free_port
from tests.support.process import Process, ProcessEnded
from tests.support.repository import GitRepository
from tests.support.s3 import S3Server
from tests.support.wait import eventually


def test_the_same_history_has_the_same_ids(tmp_path: Path) -> None:
    def history(name: str) -> tuple[str, str, str]:
        repository = GitRepository(tmp_path / name)
        first = repository.commit("One", {"a/b.yaml": {"kind": "A"}})
        return first, repository.commit("Two", {"a/b.yaml": [{"kind": "A"}, {"kind": "B"}]}), repository.revert()

    first, second, reverted = history("one")
    assert (first, second, reverted) == history("two")
    assert len({first, second, reverted}) == 3


def test_a_revert_restores_the_files(git_repo: GitRepository) -> None:
    git_repo.commit("One", {"a.yaml": "a: 1\n"})
    git_repo.commit("Two", {"a.yaml": "a: 2\n"})
    git_repo.revert()
    assert (git_repo.path / "a.yaml").read_text() == "a: 1\n"


def test_a_process_that_ended_is_reported_with_its_output(tmp_path: Path) -> None:
    with Process(["sh", "-c", "echo gone >&2; exit 3"], log=tmp_path / "log") as process:
        process.popen.wait(10)
        with pytest.raises(ProcessEnded, match=r"(?s)status 3.*gone"):
            process.check_running()


def test_a_process_ends_with_its_children(tmp_path: Path) -> None:
    with Process(["sh", "-c", "sleep 60 & echo $!; trap '' TERM; wait"], log=tmp_path / "log") as process:
        child = int(eventually(process.output))
        process.popen.kill()
    eventually(lambda: not _runs(child))


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_backends_say_who_was_asked_what(backends: Backends) -> None:
    one, two = backends.start("one"), backends.start("two", address="127.0.0.2")
    answer = fetch(
        one.port, "/a?b=c", host="a.example", method="POST", headers=[("X-A", "1"), ("x-a", "2")], body=b"hello"
    )
    told = answer.json
    assert (answer.backend, told["method"], told["path"], told["body"]) == ("one", "POST", "/a?b=c", "hello")
    assert (told["headers"]["host"], told["headers"]["x-a"]) == ("a.example", "1,2")
    assert fetch(two.port, "/?status=503", address="127.0.0.2").status == 503
    assert [request.path for request in two.requests] == ["/?status=503"]


def test_a_backend_speaks_http2(backends: Backends) -> None:
    backend = backends.start("two")
    client = h2.connection.H2Connection()
    client.initiate_connection()
    pairs = [(":method", "GET"), (":path", "/x"), (":authority", "a.example"), (":scheme", "http")]
    client.send_headers(1, pairs, end_stream=True)
    with socket.create_connection(("127.0.0.1", backend.port), 10) as connection:
        connection.sendall(client.data_to_send())
        events: list[h2.events.Event] = []
        while not any(isinstance(event, h2.events.StreamEnded) for event in events):
            events += client.receive_data(connection.recv(65_536))
    assert (backend.requests[0].protocol, backend.requests[0].headers["host"]) == ("HTTP/2", "a.example")


def test_a_backend_echoes_after_an_upgrade(backends: Backends) -> None:
    backend = backends.start("ws")
    with socket.create_connection(("127.0.0.1", backend.port), 10) as connection:
        connection.sendall(b"GET /ws HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(4096)
        connection.sendall(b"ping")
        assert received.startswith(b"HTTP/1.1 101 ")
        assert connection.recv(4096) == b"ping"


def _forward_to(backend: Backend, port: int) -> dict[str, Any]:
    def address(number: int) -> dict[str, Any]:
        return {"socket_address": {"address": "127.0.0.1", "port_value": number}}

    proxy = {
        "name": "envoy.filters.network.tcp_proxy",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
            "stat_prefix": "test",
            "cluster": "backend",
        },
    }
    endpoint = {"endpoint": {"address": address(backend.port)}}
    cluster = {
        "name": "backend",
        "type": "STATIC",
        "load_assignment": {"cluster_name": "backend", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    listener = {"name": "test", "address": address(port), "filter_chains": [{"filters": [proxy]}]}
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def test_envoy_serves(backends: Backends, tmp_path: Path) -> None:
    port = free_port()
    with EnvoyProxy(_forward_to(backends.start("one"), port), tmp_path) as envoy:
        assert fetch(port).backend == "one"
        assert eventually(lambda: envoy.stats("cluster.backend.upstream_cx_total"))
    with pytest.raises(OSError, match="refused"):
        fetch(port)


def test_an_envoy_that_refuses_its_bootstrap_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ProcessEnded, match="no_such_field"), EnvoyProxy({"no_such_field": 1}, tmp_path):
        pass


def test_s3_knows_conditional_writes(s3_server: S3Server) -> None:
    client, bucket = s3_server.client(), s3_server.create_bucket("support")
    client.put_object(Bucket=bucket, Key="a", Body=b"1", IfNoneMatch="*")
    with pytest.raises(client.exceptions.ClientError, match="PreconditionFailed"):
        client.put_object(Bucket=bucket, Key="a", Body=b"2", IfNoneMatch="*")
