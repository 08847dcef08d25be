"""HTTP backends that say what they were asked.

Each answers every request with JSON: `backend` (its name), `method`, `path`, `protocol` and `headers` (lower-case name
→ value, repeated ones joined by a comma) and `body`. It speaks HTTP/1.1, HTTP/2 with prior knowledge, and after
`Upgrade: websocket` sends back whatever bytes it gets. The query of a request steers the answer: `?status=503`,
`?delay=0.5` (seconds).
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import h2.config
import h2.connection
import h2.events
import h2.exceptions

_PREFACE = b"PRI * HTTP/2.0\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it reached a backend."""

    method: str
    path: str
    protocol: str
    headers: dict[str, str]
    body: str


@dataclass(slots=True)
class Backend:
    """A running backend; `requests` has all that it was asked, in order."""

    name: str
    address: str
    port: int = 0
    requests: list[Request] = field(default_factory=list)

    async def answer(self, request: Request) -> tuple[int, bytes]:
        """Status and body for a request."""
        self.requests.append(request)
        query = parse_qs(urlsplit(request.path).query)
        if "delay" in query:
            await asyncio.sleep(float(query["delay"][0]))
        told: dict[str, Any] = {
            "backend": self.name,
            "method": request.method,
            "path": request.path,
            "protocol": request.protocol,
            "headers": request.headers,
            "body": request.body,
        }
        return int(query.get("status", ["200"])[0]), json.dumps(told).encode()


class Backends:
    """Any number of backends in a thread of their own; a context manager."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="backends", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def start(self, name: str, address: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> Backend:
        """Starts a backend; without a port, on one that the kernel chooses. An absolute path is a Unix socket's."""
        backend = Backend(name, address, port)
        asyncio.run_coroutine_threadsafe(self._listen(backend, tls), self._loop).result(10)
        return backend

    async def _listen(self, backend: Backend, tls: ssl.SSLContext | None) -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            self._connections.add(task)
            try:
                await _serve(backend, reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, h2.exceptions.ProtocolError):
                pass  # the client is gone, or the test is over
            finally:
                self._connections.discard(task)
                writer.close()

        if backend.address.startswith("/"):
            server = await asyncio.start_unix_server(connected, backend.address, ssl=tls)
        else:
            server = await asyncio.start_server(connected, backend.address, backend.port, ssl=tls)
            backend.port = server.sockets[0].getsockname()[1]
        self._servers.append(server)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


async def _serve(backend: Backend, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    line = await reader.readline()
    if line == _PREFACE:
        await _serve_http2(backend, line, reader, writer)
        return
    while line:
        method, path, protocol = line.decode("latin-1").split()
        headers = await _read_headers(reader)
        if headers.get("upgrade", "").lower() == "websocket":
            await _echo_bytes(backend, Request(method, path, protocol, headers, ""), reader, writer)
            return
        body = await _read_body(reader, headers)
        status, content = await backend.answer(Request(method, path, protocol, headers, body.decode("latin-1")))
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: application/json\r\n"
        head += f"x-backend: {backend.name}\r\ncontent-length: {len(content)}\r\n\r\n"
        writer.write(head.encode("latin-1") + (b"" if method == "HEAD" else content))
        await writer.drain()
        line = await reader.readline()


async def _read_headers(reader: asyncio.StreamReader) -> dict[str, str]:
    pairs = []
    while (line := (await reader.readline()).decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        pairs.append((name, value.strip()))
    return _joined(pairs)


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    return headers


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await _read_headers(reader)  # trailers
    return body


async def _echo_bytes(
    backend: Backend, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    backend.requests.append(request)
    head = f"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nx-backend: {backend.name}"
    writer.write(head.encode("latin-1") + b"\r\n\r\n")
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


async def _serve_http2(
    backend: Backend, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="latin-1"))
    connection.initiate_connection()
    streams: dict[int, tuple[list[tuple[str, str]], bytearray]] = {}
    data = first
    while data:
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                streams[event.stream_id] = ([(str(k), str(v)) for k, v in event.headers], bytearray())
            elif isinstance(event, h2.events.DataReceived):
                streams[event.stream_id][1].extend(event.data)
                connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                await _answer_http2(backend, connection, event.stream_id, *streams.pop(event.stream_id))
        writer.write(connection.data_to_send())
        await writer.drain()
        data = await reader.read(65_536)


async def _answer_http2(
    backend: Backend,
    connection: h2.connection.H2Connection,
    stream: int,
    pairs: list[tuple[str, str]],
    body: bytearray,
) -> None:
    headers = _joined(pairs)
    headers["host"] = headers.pop(":authority", headers.get("host", ""))
    method, path = headers.pop(":method"), headers.pop(":path")
    headers.pop(":scheme", None)
    status, content = await backend.answer(Request(method, path, "HTTP/2", headers, body.decode("latin-1")))
    answer = [(":status", str(status)), ("content-type", "application/json"), ("x-backend", backend.name)]
    connection.send_headers(stream, answer)
    connection.send_data(stream, content, end_stream=True)
