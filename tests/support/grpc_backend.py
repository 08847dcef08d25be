"""gRPC backends, without any service definition: messages are bytes.

`…/Echo` answers each message with `<name>: <message>`, as a stream; `…/Fail` ends with a status, a message and
trailers. What the caller sent is noted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import grpc

Handler = Callable[[Iterator[bytes], Any], Iterator[bytes]]


class GrpcBackend:
    """One server on a port that the kernel chooses; a context manager.

    Args:
        name: what it calls itself.
        handlers: by method (`/package.Service/Method`) instead of the usual ones.
    """

    def __init__(self, name: str, handlers: dict[str, Handler] | None = None) -> None:
        self.name = name
        self.calls: list[tuple[str, dict[str, str]]] = []
        """Method and metadata of all calls, in order."""
        self._handlers = handlers or {}
        self._server = grpc.server(ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((_Methods(self),))
        self.port = self._server.add_insecure_port("127.0.0.1:0")

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop(None).wait()

    def serve(self, method: str, messages: Iterator[bytes], context: Any) -> Iterator[bytes]:
        """Answer one call."""
        self.calls.append((method, {str(key): str(value) for key, value in context.invocation_metadata()}))
        if method in self._handlers:
            yield from self._handlers[method](messages, context)
        elif method.endswith("/Fail"):
            context.set_trailing_metadata((("x-reason", self.name),))
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not yet: 100 %")
        else:
            for message in messages:
                yield f"{self.name}: ".encode() + message


class _Methods(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs alone
    def __init__(self, backend: GrpcBackend) -> None:
        self._backend = backend

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        method = str(call.method)
        return grpc.stream_stream_rpc_method_handler(
            lambda messages, context: self._backend.serve(method, messages, context)
        )
