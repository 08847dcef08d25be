"""A stand-in for servers that telemetry is sent to by gRPC: it keeps what it is sent, as bytes, by method."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent import futures
from types import TracebackType
from typing import Any, Self

import grpc

LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
ACCESS_LOG = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs"


class Collector(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs alone
    """A running server; a context manager. `received` is by method, `metadata` that of the last call of each."""

    def __init__(self) -> None:
        self.received: dict[str, list[bytes]] = defaultdict(list)
        self.metadata: dict[str, dict[str, str]] = {}
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        self._server.add_generic_rpc_handlers((self,))
        self.port: int = self._server.add_insecure_port("127.0.0.1:0")

    def service(self, call: Any) -> Any:
        """Takes every method."""
        method: str = call.method

        def take(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
            self.metadata[method] = dict(context.invocation_metadata())
            for request in requests:
                self.received[method].append(request)
                if method != ACCESS_LOG:
                    yield b""

        return grpc.stream_stream_rpc_method_handler(take)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop(None).wait(10)

    def has(self, method: str, *texts: str) -> bool:
        """Whether one message of a method has all of these texts."""
        return any(all(text.encode() in message for text in texts) for message in tuple(self.received[method]))
