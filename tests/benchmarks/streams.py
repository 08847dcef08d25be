"""`gitway serve` with 1,000 delta streams: one route of 2,000 changed, and all streams again at once.

The baseline is a bare grpc.aio server that writes the same bytes to as many streams, in the same run.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc.aio
from envoy.config.core.v3.base_pb2 import Node
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse

from tests.benchmarks.processes import PYTHON
from tests.benchmarks.table import Row, memory, ratio
from tests.sidecar.envoys import encoded, resources, route
from tests.sidecar.releases import CDS, EDS, FLEET, LDS, RDS
from tests.sidecar.running import Publisher, Sidecar
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.wait import eventually, listens

STREAMS = 1_000
PER_CHANNEL = 100
ROUTES = 2_000
PUSH = 1.5
RECONNECT = 3.0
"""Times of the bare server."""
PEAK_MIB = 150
POLL = 0.05
_METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
_TYPES = (CDS, EDS, LDS, RDS)

_BARE = """\
import asyncio, sys, pathlib, grpc, grpc.aio
payloads = [pathlib.Path(name).read_bytes() for name in sys.argv[2:]]
async def main():
    go = asyncio.Event()
    async def serve(_, context):
        await context.read()
        for payload in payloads[:-1]:
            await context.write(payload)
            await context.read()
        await go.wait()
        await context.write(payloads[-1])
        await context.read()
    async def start(request, context):
        go.set()
        return b""
    handler = grpc.method_handlers_generic_handler("envoy.service.discovery.v3.AggregatedDiscoveryService", {
        "DeltaAggregatedResources": grpc.stream_stream_rpc_method_handler(serve),
        "Go": grpc.unary_unary_rpc_method_handler(start)})
    server = grpc.aio.server(options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers([handler])
    server.add_insecure_port(sys.argv[1])
    await server.start()
    await server.wait_for_termination()
asyncio.run(main())
"""


def measure(directory: Path) -> list[Row]:
    """All rows."""
    return asyncio.run(_measure(directory))


async def _measure(directory: Path) -> list[Row]:
    publisher = Publisher((directory / "store").as_uri())
    publisher.publish({FLEET: _site(0)})
    listen = f"127.0.0.1:{free_port()}"
    with Sidecar(directory, publisher.url, listen=listen, poll=POLL) as sidecar:
        sidecar.wait_serial(1)
        async with _Clients(listen) as clients:
            await clients.subscribe()
            first = [bytes(each) for each in clients.sample]
            await asyncio.to_thread(publisher.publish, {FLEET: _site(1)})
            last = await clients.pushed()
            pushed = last - (directory / "store" / "HEAD.json").stat().st_mtime - POLL
            changed = bytes(clients.sample[-1])
        async with _Clients(listen) as again:
            reconnected = await again.subscribe()
        peak = _peak_mib(sidecar)
    names = []
    for number, payload in enumerate([*first, changed]):
        path = directory / f"payload-{number}"
        path.write_bytes(payload)
        names.append(str(path))
    address = f"127.0.0.1:{free_port()}"
    with Process([PYTHON, "-c", _BARE, address, *names], log=directory / "bare.log"):
        eventually(lambda: listens(int(address.rpartition(":")[2])))
        async with _Clients(address) as clients:
            bare_connected = await clients.receive(len(first))
            begin = time.time()
            async with grpc.aio.insecure_channel(address) as opened:
                channel: Any = opened
                await channel.unary_unary(_METHOD.replace("DeltaAggregatedResources", "Go"))(b"")
            bare_pushed = await clients.pushed() - begin
    size = f"{len(changed) / 1024:.0f} KiB"
    return [
        ratio(f"HEAD's swap to the last of {STREAMS} ACKs, {size} each / bare grpc.aio", pushed, bare_pushed, PUSH),
        ratio(f"{STREAMS} streams at once, {ROUTES} routes / bare grpc.aio", reconnected, bare_connected, RECONNECT),
        memory(f"serve, peak, {STREAMS} streams", peak, PEAK_MIB),
    ]


class _Clients:
    """Streams over a few connections; `sample` has what the first of them was sent."""

    def __init__(self, address: str) -> None:
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
        self._channels = [grpc.aio.insecure_channel(address, options=options) for _ in range(STREAMS // PER_CHANNEL)]
        self.sample: list[bytes] = []
        self._calls: list[Any] = []

    def _call(self, channel: Any) -> Any:
        """A stream of bytes as they are."""
        return channel.stream_stream(_METHOD)()

    async def __aenter__(self) -> _Clients:
        self._calls = [self._call(channel) for channel in self._channels for _ in range(PER_CHANNEL)]
        return self

    async def __aexit__(self, *_: object) -> None:
        for call in self._calls:
            call.cancel()
        for channel in self._channels:
            await channel.close(None)

    async def subscribe(self) -> float:
        """Asks for everything, type by type, acknowledging; the seconds until all have it."""
        return await self._all(_TYPES)

    async def receive(self, count: int) -> float:
        """The same with a server that sends so many messages, whatever is asked."""
        return await self._all([CDS] * count)

    async def pushed(self) -> float:
        """Until all have received and acknowledged one more message; the time then."""

        async def one(call: Any, *, first: bool) -> None:
            data = await call.read()
            if first:
                self.sample.append(data)
            await call.write(_ack(data))

        await asyncio.gather(*(one(call, first=not index) for index, call in enumerate(self._calls)))
        return time.time()

    async def _all(self, types: Sequence[str]) -> float:
        begin = time.perf_counter()

        async def one(call: Any, *, first: bool) -> None:
            node: Node | None = Node(id="bench", cluster=FLEET)
            for url in types:
                await call.write(DeltaDiscoveryRequest(node=node, type_url=url).SerializeToString())
                node = None
                data = await call.read()
                if first:
                    self.sample.append(data)
                await call.write(_ack(data))

        await asyncio.gather(*(one(call, first=not index) for index, call in enumerate(self._calls)))
        return time.perf_counter() - begin


def _ack(data: bytes) -> bytes:
    message = DeltaDiscoveryResponse.FromString(data)
    answer = DeltaDiscoveryRequest(type_url=message.type_url, response_nonce=message.nonce)
    return bytes(answer.SerializeToString())


def _site(number: int) -> dict[str, dict[str, bytes]]:
    """2,000 clusters and as many route tables of one route each, of which one leads elsewhere."""
    made = resources({}, {}, {f"cluster-{index}": 80 for index in range(ROUTES)})
    made[LDS] = {}
    made[RDS] = {
        f"table-{index}": encoded(RDS, {"name": f"table-{index}", **route(f"cluster-{index}")})
        for index in range(ROUTES)
    }
    made[RDS]["table-0"] = encoded(RDS, {"name": "table-0", **route(f"cluster-{number}")})
    return made


def _peak_mib(sidecar: Sidecar) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{sidecar.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024
