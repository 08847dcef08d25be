"""The discovery services over gRPC: bytes in, bytes out, one state machine for each stream."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio

from reconciler.sidecar import codec
from reconciler.sidecar.access import peer_of, permitted_fleets
from reconciler.sidecar.board import Board
from reconciler.sidecar.egress import Egress
from reconciler.sidecar.limits import LIMITS, Limits
from reconciler.sidecar.metrics import Metrics
from reconciler.sidecar.nodes import Roster
from reconciler.sidecar.protocol import (
    DRAIN_TIME,
    DeltaRequest,
    DeltaStream,
    Denied,
    Fleet,
    ProtocolError,
    Response,
    SotwRequest,
    SotwStream,
    TooMuch,
)
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT, LISTENER, ROUTE_CONFIGURATION, SECRET

SERVICES = (
    ("envoy.service.discovery.v3.AggregatedDiscoveryService", "AggregatedResources", ""),
    ("envoy.service.cluster.v3.ClusterDiscoveryService", "Clusters", CLUSTER),
    ("envoy.service.endpoint.v3.EndpointDiscoveryService", "Endpoints", CLUSTER_LOAD_ASSIGNMENT),
    ("envoy.service.listener.v3.ListenerDiscoveryService", "Listeners", LISTENER),
    ("envoy.service.route.v3.RouteDiscoveryService", "Routes", ROUTE_CONFIGURATION),
    ("envoy.service.secret.v3.SecretDiscoveryService", "Secrets", SECRET),
)
"""Service, what its methods `Stream…` and `Delta…` end with, and the only type it serves (empty: all)."""

OPTIONS = (
    ("grpc.so_reuseport", 0),  # a port that is taken is an error
    ("grpc.max_receive_message_length", LIMITS.message_bytes),
    ("grpc.max_concurrent_streams", LIMITS.streams_per_connection),
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
)

_log = logging.getLogger(__name__)


class Discovery:
    """The services. Streams end with the server that they are registered with."""

    def __init__(
        self,
        board: Board,
        metrics: Metrics,
        roster: Roster,
        *,
        authenticated: bool,
        limits: Limits = LIMITS,
        drain_time: float = DRAIN_TIME,
    ) -> None:
        self._board = board
        self._roster = roster
        self._metrics = metrics
        self._authenticated = authenticated
        self._limits = limits
        self._drain_time = drain_time
        self._egress = Egress()
        self._peers: Counter[str] = Counter()
        self._connections: set[_Connection] = set()

    async def drain(self) -> None:
        """Until every client has all that it was being sent; new streams are to be refused meanwhile."""
        for connection in tuple(self._connections):
            await connection.drained()

    def close(self) -> None:
        """Ends all streams, so that clients connect elsewhere, or again."""
        for connection in tuple(self._connections):
            connection.close()

    def handlers(self) -> list[grpc.GenericRpcHandler[bytes, bytes]]:
        """What to register with `grpc.aio.Server.add_generic_rpc_handlers`."""
        return [
            grpc.method_handlers_generic_handler(
                service,
                {
                    f"Stream{name}": grpc.stream_stream_rpc_method_handler(self._method(type_url, delta=False)),
                    f"Delta{name}": grpc.stream_stream_rpc_method_handler(self._method(type_url, delta=True)),
                },
            )
            for service, name, type_url in SERVICES
        ]

    def _method(self, type_url: str, *, delta: bool) -> Callable[[Any, Any], Awaitable[None]]:
        async def serve(_: object, context: Any) -> None:
            await self._serve(context, type_url, delta=delta)

        return serve

    async def _serve(self, context: Any, type_url: str, *, delta: bool) -> None:
        peer = peer_of(context.peer(), context.auth_context() if self._authenticated else {})
        if self._metrics.draining:
            await context.abort(grpc.StatusCode.UNAVAILABLE, "this sidecar is about to end")
        if self._peers[peer] >= self._limits.streams_per_peer:
            self._metrics.rejected["streams"] += 1
            message = f"a peer may have {self._limits.streams_per_peer} streams"
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, message)
        self._peers[peer] += 1
        try:
            await self._serve_stream(context, type_url, delta=delta)
        finally:
            self._peers[peer] -= 1
            if not self._peers[peer]:
                del self._peers[peer]

    async def _serve_stream(self, context: Any, type_url: str, *, delta: bool) -> None:
        permitted = permitted_fleets(context.auth_context()) if self._authenticated else None

        def join(name: str) -> Fleet:
            if permitted is not None and name not in permitted:
                raise Denied(f"the client certificate does not permit fleet {name!r}")
            return self._board.fleet(name)

        protocol = "delta" if delta else "sotw"
        stream = (DeltaStream if delta else SotwStream)(join, type_url, drain_time=self._drain_time)
        connection = _Connection(stream, context, self._metrics, self._egress)
        self._metrics.streams[protocol] += 1
        self._connections.add(connection)
        self._roster.enter(stream, context.peer(), time.time())
        try:
            await connection.run()
        finally:
            self._roster.leave(stream)
            self._connections.discard(connection)
            self._metrics.streams[protocol] -= 1
            if stream.node is not None:
                self._board.leave(stream.node.cluster)


class _Connection:
    """Carries one stream's messages between gRPC and its state machine.

    Requests are answered as they come, changes only when all earlier responses have gone out: a client that is slow
    to read is sent the newest state next, not every state in between.
    """

    def __init__(self, stream: DeltaStream | SotwStream, context: Any, metrics: Metrics, egress: Egress) -> None:
        self._stream = stream
        self._context = context
        self._metrics = metrics
        self._egress = egress
        self._unsent: deque[Response] = deque()
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._changed = False
        self._reader: asyncio.Task[None] | None = None
        self._joined: Fleet | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._armed_for: float | None = None
        self._progress = asyncio.Event()

    async def run(self) -> None:
        """Until the client goes away or breaks the rules."""
        reader = self._reader = asyncio.create_task(self._read())
        reader.add_done_callback(lambda _: self._wake.set())
        try:
            while not reader.done():
                await self._wake.wait()
                self._wake.clear()
                await self._write()
                self._progress.set()
            await self._write()
        finally:
            self._progress.set()
            reader.cancel()
            self._leave()
        await self._end(reader)

    def close(self) -> None:
        """Ends the stream."""
        if self._reader is not None:
            self._reader.cancel()

    async def drained(self) -> None:
        """Until all has been sent and answered, or the stream is over."""
        while self._reader is not None and not self._reader.done() and (self._unsent or self._stream.pushing):
            self._progress.clear()
            await self._progress.wait()

    async def _end(self, reader: asyncio.Task[None]) -> None:
        error = None if reader.cancelled() else reader.exception()
        match error:
            case Denied():
                self._metrics.rejected["denied"] += 1
                await self._context.abort(grpc.StatusCode.PERMISSION_DENIED, str(error))
            case TooMuch():
                self._metrics.rejected["limit"] += 1
                await self._context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error))
            case ProtocolError():
                self._metrics.rejected["protocol"] += 1
                await self._context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
            case Exception():
                raise error

    async def _read(self) -> None:
        while isinstance(data := await self._context.read(), bytes):
            self._metrics.requests += 1
            acknowledged = self._stream.acknowledgements
            self._unsent.extend(self._answer(data))
            self._metrics.acks += self._stream.acknowledgements - acknowledged
            self._join()
            if self._unsent or self._stream.deadline != self._armed_for:
                self._wake.set()
            else:
                self._progress.set()  # most requests only acknowledge
            while len(self._unsent) > LIMITS.unsent:
                self._room.clear()
                await self._room.wait()

    def _answer(self, data: bytes) -> list[Response]:
        now = self._loop.time()
        if isinstance(self._stream, DeltaStream):
            request: DeltaRequest = codec.decode_delta(data)
            return self._stream.on_request(request, now)
        sotw: SotwRequest = codec.decode_sotw(data)
        return self._stream.on_request(sotw, now)

    async def _write(self) -> None:
        while True:
            while self._unsent:
                response = self._unsent.popleft()
                self._room.set()
                self._metrics.responses[response.type_url] += 1
                await self._egress.write(self._context, codec.encode(response))
            if not self._due():
                break
            self._changed = False
            self._unsent.extend(self._stream.on_change(self._loop.time()))
            if not self._unsent:
                break
        self._arm()

    def _due(self) -> bool:
        deadline = self._stream.deadline
        return self._changed or (deadline is not None and deadline <= self._loop.time())

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._armed_for = self._stream.deadline
        if self._armed_for is not None:
            self._timer = self._loop.call_at(self._armed_for, self._wake.set)

    def _on_change(self) -> None:
        self._changed = True
        self._wake.set()

    def _join(self) -> None:
        fleet, node = self._stream.fleet, self._stream.node
        if self._joined is None and fleet is not None and node is not None:
            self._joined = fleet
            fleet.on_change.append(self._on_change)
            if fleet.newest is None:
                _log.warning("node %r asks for fleet %r, which is not known yet: it waits", node.id, node.cluster)

    def _leave(self) -> None:
        if self._joined is not None:
            self._joined.on_change.remove(self._on_change)
            self._joined = None
        if self._timer is not None:
            self._timer.cancel()
