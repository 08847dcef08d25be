"""A web server in front of a file store, as a CDN would be, that can be told to misbehave."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self


class WebServer:
    """Serves a directory below `/prefix` with ETags and conditional requests; a context manager.

    Attributes:
        requests: path, `If-None-Match` and status of each, in the order of the answers.
        fault: takes a request's handler and the content; True if it has answered, False for the usual answer.
        authorised: whether any request had an Authorization header.
    """

    def __init__(self, directory: Path, certificate: tuple[Path, Path] | None = None) -> None:
        self.requests: list[tuple[str, str | None, int]] = []
        self.fault: Callable[[Handler, bytes], bool] | None = None
        self.authorised = False
        owner = self

        class Bound(Handler):
            server_of = owner

        self.directory = directory
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self._server.daemon_threads = True
        self._scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"

    @property
    def port(self) -> int:
        """Its port."""
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        """Where the store is."""
        host = "localhost" if self._scheme == "https" else "127.0.0.1"
        return f"{self._scheme}://{host}:{self.port}/prefix"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_of: WebServer

    def do_GET(self) -> None:
        web = self.server_of
        web.authorised |= "Authorization" in self.headers
        path = web.directory / self.path.removeprefix("/prefix/")
        content = path.read_bytes() if path.is_file() else b""
        if web.fault is not None and web.fault(self, content):
            self.close_connection = True
            return
        if not path.is_file():
            self.answer(404, b"no such object")
        elif self.headers["If-None-Match"] == etag_of(content):
            self.answer(304, b"", ETag=etag_of(content))
        else:
            self.answer(200, content, ETag=etag_of(content))

    def answer(
        self, status: int, content: bytes, *, length: int | None = None, encoding: str = "", **headers: str
    ) -> None:
        """Sends an answer; `length`: what Content-Length says."""
        self.server_of.requests.append((self.path, self.headers["If-None-Match"], status))
        self.send_response(status)
        if encoding:
            self.send_header("Content-Encoding", encoding)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)

    def hang_up(self) -> None:
        """Resets the connection."""
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        """Say nothing."""


def etag_of(content: bytes) -> str:
    """As S3 makes them."""
    return f'"{md5(content).hexdigest()}"'
