"""Bytes over a connection: for requests that no HTTP client would send, and for a server that keeps what it got."""

from __future__ import annotations

import socket
import socketserver
import threading
from types import TracebackType
from typing import Self

_END = b"\r\n\r\n"


def exchange(port: int, sent: bytes, *, address: str = "127.0.0.1", seconds: float = 10.0) -> bytes:
    """What comes back over a new connection until it is closed, or until a whole answer of HTTP/1.1 has come."""
    with socket.create_connection((address, port), seconds) as connection:
        connection.sendall(sent)
        return read_answer(connection)


def read_answer(connection: socket.socket) -> bytes:
    """One answer of HTTP/1.1, or all until the connection is closed."""
    received = b""
    while not _complete(received):
        try:
            part = connection.recv(65_536)
        except ConnectionError:
            break
        if not part:
            break
        received += part
    return received


def status_of(answer: bytes) -> int:
    """The status of an answer; 0 where there is none."""
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1][:3].isdigit() else 0


def _complete(answer: bytes) -> bool:
    head, end, body = answer.partition(_END)
    if not end:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
        if line.startswith(b"transfer-encoding:"):
            return answer.endswith(b"0\r\n\r\n")
    return False


class RawServer:
    """A server of HTTP/1.1 that keeps the heads of requests as they came; a context manager."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        heads = self.heads

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                received = b""
                while part := self.request.recv(65_536):
                    received += part
                    if _END in received:
                        heads.append(received)
                        received = b""
                        self.request.sendall(b"HTTP/1.1 200 OK\r\nX-Mixed-Case: yes\r\nContent-Length: 0\r\n\r\n")

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, name="raw", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
