"""`gitway serve`: until the first answered request, and its memory."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

import grpc
from envoy.config.core.v3.base_pb2 import Node
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse

from tests.benchmarks.manifests import HTTP_PORT
from tests.benchmarks.processes import PYTHON, in_turns, run
from tests.benchmarks.publishing import Published, fresh, publish, repository
from tests.benchmarks.table import Row, memory, ratio
from tests.support.binaries import gitway
from tests.support.certificates import self_signed
from tests.support.envoy import EnvoyProxy
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.wait import eventually, listens

START = 2.0
"""Times of a process that imports grpc.aio and boto3 and binds the port."""
RESIDENT_MIB = 70
ROUTES = 2_000
FLEET = "edge/public-0"
REPEATS = 5
_LIMIT = 60.0
_ADS = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
_CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"

_BASELINE = """\
import asyncio, sys, boto3, grpc.aio
async def serve():
    server = grpc.aio.server()
    server.add_insecure_port(sys.argv[1])
    await server.start()
    await server.wait_for_termination()
asyncio.run(serve())
"""


def measure(directory: Path) -> list[Row]:
    """All rows."""
    made = fresh(directory, repository(directory / "repository", ROUTES), ROUTES, "serve")
    publish(made, "--envoy-validate=never")
    _seconds_to_bind(directory), _seconds_to_answer(made, directory)  # the first warms the disk's cache
    bind, answer = in_turns(
        REPEATS, lambda _: _seconds_to_bind(directory), lambda _: _seconds_to_answer(made, directory)
    )
    return [
        ratio("serve to first answer / grpc.aio and boto3 to bound port", answer, bind, START),
        memory(f"serve, resident memory, {ROUTES} routes, one Envoy", _resident_mib(made, directory), RESIDENT_MIB),
    ]


def _seconds_to_bind(directory: Path) -> float:
    """From the baseline's start until it accepts a connection."""
    port = free_port()
    begin = time.perf_counter()
    with Process([PYTHON, "-c", _BASELINE, f"127.0.0.1:{port}"], log=directory / "baseline.log") as process:
        _wait_until_bound(process, port)
        return time.perf_counter() - begin


def _seconds_to_answer(made: Published, directory: Path) -> float:
    """From the start of `gitway serve` until it has answered a request for all clusters."""
    port = free_port()
    begin = time.perf_counter()
    with _serve(made, directory, port) as process, ExitStack() as stack:
        _wait_until_bound(process, port)
        _ask_for_clusters(stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}")))
        return time.perf_counter() - begin


def _resident_mib(made: Published, directory: Path) -> float:
    """What `gitway serve` keeps in memory once a real Envoy has all it asked for."""
    port = free_port()
    certificate, key = self_signed("*.example.com")
    secrets = directory / "secrets" / "edge" / "wildcard"
    secrets.mkdir(parents=True)
    (secrets / "tls.crt").write_bytes(certificate)
    (secrets / "tls.key").write_bytes(key)
    with _serve(made, directory, port, "--secrets", directory / "secrets") as process:
        _wait_until_bound(process, port)
        bootstrap = run(gitway(), "bootstrap", "--xds", f"127.0.0.1:{port}", "--fleet", FLEET).stdout
        with EnvoyProxy(bootstrap, directory) as envoy:
            envoy.wait_listening(HTTP_PORT)
            found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def _serve(made: Published, directory: Path, port: int, *options: str | Path) -> Process:
    common: list[str | Path] = ["--store", made.store, "--listen", f"127.0.0.1:{port}"]
    return Process([gitway(), "serve", *common, *options], log=directory / "serve.log")


def _wait_until_bound(process: Process, port: int) -> None:
    def bound() -> bool:
        process.check_running()
        return listens(port)

    eventually(bound, seconds=_LIMIT, every=0.002)


def _ask_for_clusters(channel: grpc.Channel) -> None:
    call = channel.stream_stream(
        _ADS,
        request_serializer=DeltaDiscoveryRequest.SerializeToString,
        response_deserializer=DeltaDiscoveryResponse.FromString,
    )
    requests: SimpleQueue[DeltaDiscoveryRequest | None] = SimpleQueue()  # None ends the stream
    requests.put(DeltaDiscoveryRequest(node=Node(id="bench", cluster=FLEET), type_url=_CLUSTER))
    try:
        for response in call(iter(requests.get, None), timeout=_LIMIT):
            assert response.resources
            return
    finally:
        requests.put(None)
    raise ConnectionError("the stream ended without an answer")
