"""A sidecar as a process, releases in a store, and a client that speaks gRPC to it."""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import grpc
import pytest
from envoy.service.discovery.v3.discovery_pb2 import (
    DeltaDiscoveryRequest,
    DeltaDiscoveryResponse,
    DiscoveryRequest,
    DiscoveryResponse,
)

from reconciler.sidecar.bootstrap import BootstrapOptions, bootstrap
from reconciler.snapshot.build import build
from reconciler.store.decide import Candidate
from reconciler.store.model import CommitInfo
from reconciler.store.open import open_store
from reconciler.store.publish import Published, Terms, publish
from tests.sidecar.releases import FLEET
from tests.support.client import Answer, fetch
from tests.support.envoy import EnvoyProxy
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.wait import eventually

ADS = "envoy.service.discovery.v3.AggregatedDiscoveryService"

_PROGRAM = """
import sys
from pathlib import PosixPath
from reconciler.sidecar.serve import ServeOptions, serve
serve(ServeOptions(**eval(sys.argv[1])))
"""


class Sidecar(Process):
    """`serve` on a Unix socket, with an admin page; polls fast."""

    def __init__(self, directory: Path, store: str, **options: Any) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.admin_port = free_port()
        self.xds = f"unix:{directory / 'xds.sock'}"
        given = {"store": store, "listen": self.xds, "admin": f"127.0.0.1:{self.admin_port}", "poll": 0.05, **options}
        self.xds = given["listen"]
        super().__init__([sys.executable, "-c", _PROGRAM, repr(given)], log=directory / "serve.log")

    def __enter__(self) -> Self:
        super().__enter__()

        def listening() -> bool:
            self.check_running()
            return "listening on" in self.output()

        try:
            eventually(listening)
        except BaseException:
            self.stop()
            raise
        return self

    def admin(self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """Asks the admin page."""
        self.check_running()
        return fetch(self.admin_port, path, host="localhost", method=method, headers=headers)

    def wait_serial(self, serial: int) -> None:
        """Until a release is served."""
        eventually(lambda: self.admin("/").json["serial"] == serial)


@contextmanager
def connected(
    directory: Path,
    sidecar: Sidecar,
    protocol: Literal["sotw", "delta"] = "delta",
    node: str = "envoy-1",
    drain_time: int = 600,
) -> Iterator[EnvoyProxy]:
    """A real Envoy that is given a fleet by a sidecar."""
    config = bootstrap(BootstrapOptions(xds=sidecar.xds, fleet=FLEET, node_id=node, protocol=protocol))
    with EnvoyProxy(config, directory, drain_time=drain_time) as proxy:
        yield proxy


class Publisher:
    """Puts releases into a store, one commit after the other."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._count = 0

    def publish(self, fleets: Mapping[str, Mapping[str, Mapping[str, bytes]]]) -> Published:
        """Makes these resources current: fleet → type URL → name → message."""
        self._count += 1
        commit = CommitInfo(f"{self._count:040x}", "A <a@example.org>", "2026-01-01T00:00:00Z", "change")
        snapshots = {name: build(resources) for name, resources in fleets.items()}
        candidate = Candidate(commit, "test", (), "0", snapshots)
        return publish(
            open_store(self.url), candidate, lambda old, new: int(old, 16) <= int(new, 16), Terms(allow_empty=True)
        )


class Call:
    """One stream of either protocol; a context manager."""

    def __init__(
        self, xds: str, *, delta: bool, service: str = ADS, method: str = "AggregatedResources", **channel: Any
    ) -> None:
        credentials = channel.get("credentials")
        options = channel.get("options", ())
        if credentials is None:
            self._channel = grpc.insecure_channel(xds, options=options)
        else:
            self._channel = grpc.secure_channel(xds, credentials, options=options)
        self._delta = delta
        self._requests: queue.Queue[bytes | None] = queue.Queue()
        reader: Any = DeltaDiscoveryResponse if delta else DiscoveryResponse
        call = self._channel.stream_stream(
            f"/{service}/{'Delta' if delta else 'Stream'}{method}",
            request_serializer=bytes,
            response_deserializer=reader.FromString,
        )
        self._call: Any = call(iter(self._requests.get, None), timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._requests.put(None)
        self._call.cancel()
        self._channel.close()

    def ask(self, type_url: str, *names: str, fleet: str = "", **fields: Any) -> None:
        """Sends a request."""
        node = {"node": {"id": "test", "cluster": fleet}} if fleet else {}
        request: Any = (
            DeltaDiscoveryRequest(type_url=type_url, resource_names_subscribe=names, **node, **fields)
            if self._delta
            else DiscoveryRequest(type_url=type_url, resource_names=names, **node, **fields)
        )
        self._requests.put(request.SerializeToString())

    def send(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self._requests.put(data)

    def next(self) -> Any:
        """The next response, or `grpc.RpcError`."""
        return next(self._call)

    def refusal(self) -> grpc.StatusCode:
        """The status with which the server ends the stream, without a response before."""
        with pytest.raises(grpc.RpcError) as caught:
            self.next()
        code: grpc.StatusCode = caught.value.code()
        return code

    def __iter__(self) -> Iterator[Any]:
        return iter(self._call)
