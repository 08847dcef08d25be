"""Two small web servers that say who they are."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def backends(ports: Mapping[str, int]) -> Iterator[None]:
    """Serve on each port of 127.0.0.1 until the block ends; every answer is the backend's name."""
    with ExitStack() as stack:
        for name, port in ports.items():
            stack.enter_context(_server(name, port))
        yield


@contextmanager
def _server(name: str, port: int) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(name))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _handler(name: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = name.encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the demo does the talking."""

    return Handler
