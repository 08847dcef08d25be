"""`gitway serve` with 1,000 delta streams: one route of 2,000 changed, all streams again at once, and nothing at all.

Once with a table for each route, and once with all routes in one large table.

The baseline is a bare grpc.aio server that writes the same bytes to as many streams, in the same run.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import grpc.aio
from envoy.config.core.v3.base_pb2 import Node
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse

from tests.benchmarks.processes import PYTHON
from tests.benchmarks.table import Row, memory, ratio
from tests.sidecar.envoys import Resources, encoded, resources, route
from tests.sidecar.releases import CDS, EDS, FLEET, LDS, RDS
from tests.sidecar.running import Publisher, Sidecar
from tests.support.ports import free_port
from tests.support.process import Process
from tests.support.wait import eventually, listens
from tests.support.web import Handler, WebServer, etag_of

STREAMS = 1_000
PER_CHANNEL = 100
ROUTES = 2_000
PUSHES = 5
"""The fastest counts, of both servers: what the machine can do when it is left alone."""
PUSH = 1.5
RECONNECT = 3.0
"""Times of the bare server."""
PEAK_MIB = 150
POLL = 0.25
IDLE = 5.0
"""Seconds of doing nothing."""
IDLE_CPU = 0.02
"""Seconds a poll: at the default of one in 5 seconds, 0.4 % of a core."""
_METHOD = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources"
_TYPES = (CDS, EDS, LDS, RDS)

_BARE = """\
import asyncio, sys, pathlib, grpc, grpc.aio
payloads = [pathlib.Path(name).read_bytes() for name in sys.argv[3:]]
async def main():
    pushes = [asyncio.Event() for _ in range(int(sys.argv[2]))]
    next_push = iter(pushes)
    async def serve(_, context):
        for payload in payloads[:-1]:
            await context.read()  # the request
            await context.write(payload)
            await context.read()  # the ACK
        for push in pushes:
            await push.wait()
            await context.write(payloads[-1])
            await context.read()
        await context.read()  # until the client ends the stream
    async def start(request, context):
        next(next_push).set()
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
    rows = []
    for name, site in (("small", _many_tables), ("large", _one_table)):
        made = directory / name
        made.mkdir()
        rows += asyncio.run(_measure(made, site))
    return rows


class _Seen:
    """When the sidecar was first answered with each new HEAD: until then it was only waiting for its next poll."""

    def __init__(self, store: WebServer) -> None:
        self.at = 0.0
        store.fault = self._look

    def _look(self, handler: Handler, content: bytes) -> bool:
        if handler.path.endswith("/HEAD.json") and handler.headers.get("if-none-match") != etag_of(content):
            self.at = time.time()
        return False


async def _measure(directory: Path, site: Callable[[int], Resources]) -> list[Row]:
    publisher = Publisher((directory / "store").as_uri())
    publisher.publish({FLEET: site(0)})
    listen = f"127.0.0.1:{free_port()}"
    with (
        WebServer(directory / "store") as store,
        Sidecar(directory, store.url, listen=listen, poll=POLL) as sidecar,
    ):
        seen = _Seen(store)
        sidecar.wait_serial(1)
        async with _Clients(listen) as clients:
            await clients.subscribe()
            first = [bytes(each) for each in clients.sample]
            idle = await _idle(sidecar, store)
            pushes = []
            for number in range(1, PUSHES + 1):
                await asyncio.to_thread(publisher.publish, {FLEET: site(number)})
                last = await clients.pushed()
                pushes.append(last - seen.at)
            pushed = min(pushes)
            changed = bytes(clients.sample[-1])
        async with _Clients(listen) as again:
            reconnected = await again.subscribe()
        peak = _peak_mib(sidecar)
    bare_connected, bare_pushed = await _bare(directory, [*first, changed])
    size = f"{len(changed) / 1024:.1f} KiB"
    return [
        ratio(f"HEAD seen to the last of {STREAMS} ACKs, {size} each / bare grpc.aio", pushed, bare_pushed, PUSH),
        ratio(f"{STREAMS} streams at once, {ROUTES} routes / bare grpc.aio", reconnected, bare_connected, RECONNECT),
        memory(f"serve, peak, {STREAMS} streams, {size} each", peak, PEAK_MIB),
        *idle,
    ]


async def _idle(sidecar: Sidecar, store: WebServer) -> list[Row]:
    """What it costs to follow a store without news, with all streams open."""
    before, cpu = len(store.requests), _cpu_seconds(sidecar)
    polls = _polls(sidecar)
    await asyncio.sleep(IDLE)
    polls = _polls(sidecar) - polls
    asked = store.requests[before:]
    spent = (_cpu_seconds(sidecar) - cpu) / polls
    conditional = all(status == 304 for _, _, status in asked) and abs(len(asked) - polls) <= 1
    return [
        Row("idle, requests a poll, each answered with 304", f"{len(asked) / polls:.2f}", "1", conditional),
        Row(
            f"idle, CPU a poll, {STREAMS} streams",
            f"{1000 * spent:.1f} ms",
            f"< {1000 * IDLE_CPU:.0f} ms",
            spent < IDLE_CPU,
        ),
    ]


async def _bare(directory: Path, payloads: Sequence[bytes]) -> tuple[float, float]:
    """Seconds in which a bare server sends all but the last message to all clients as they ask, and then the last.

    The last is sent several times, of which the fastest counts.
    """
    names = []
    for number, payload in enumerate(payloads):
        path = directory / f"payload-{number}"
        path.write_bytes(payload)
        names.append(str(path))
    address = f"127.0.0.1:{free_port()}"
    with Process([PYTHON, "-c", _BARE, address, str(PUSHES), *names], log=directory / "bare.log"):
        eventually(lambda: listens(int(address.rpartition(":")[2])))
        async with _Clients(address) as clients:
            connected = await clients.receive(len(payloads) - 1)
            async with grpc.aio.insecure_channel(address) as opened:
                channel: Any = opened
                await channel.channel_ready()
                pushes = []
                for _ in range(PUSHES):
                    begin = time.time()
                    await channel.unary_unary(_METHOD.replace("DeltaAggregatedResources", "Go"))(b"")
                    pushes.append(await clients.pushed() - begin)
                return connected, min(pushes)


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


def _many_tables(number: int) -> Resources:
    """2,000 clusters and as many route tables of one route each, of which one leads elsewhere."""
    made = resources({}, {}, {f"cluster-{index}": 80 for index in range(ROUTES)})
    made[RDS] = {
        f"table-{index}": encoded(RDS, {"name": f"table-{index}", **route(f"cluster-{index}")})
        for index in range(ROUTES)
    }
    made[RDS]["table-0"] = encoded(RDS, {"name": "table-0", **route(f"cluster-{number}")})
    return made


def _one_table(number: int) -> Resources:
    """One route table of 2,000 hosts, of which one leads elsewhere: it is sent as a whole."""
    made = resources({}, {}, {f"cluster-{index}": 80 for index in range(ROUTES)})
    hosts = []
    for index in range(ROUTES):
        host = f"service-{index}.example.com"
        to = {"prefix": f"/api/{index}"}, {"cluster": f"cluster-{index or number}", "timeout": "15s"}
        hosts.append({"name": host, "domains": [host], "routes": [{"name": host, "match": to[0], "route": to[1]}]})
    made[RDS] = {"table": encoded(RDS, {"name": "table", "virtual_hosts": hosts})}
    return made


def _peak_mib(sidecar: Sidecar) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{sidecar.pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def _cpu_seconds(sidecar: Sidecar) -> float:
    fields = Path(f"/proc/{sidecar.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _polls(sidecar: Sidecar) -> int:
    found = re.search(r"^gitway_store_polls_total (\d+)", sidecar.admin("/metrics").body.decode(), re.MULTILINE)
    assert found
    return int(found[1])
