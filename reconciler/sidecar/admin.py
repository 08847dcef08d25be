"""The admin page: a very small HTTP server, GET only, for this machine."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from http import HTTPStatus

from reconciler import __version__
from reconciler.sidecar.board import Board
from reconciler.sidecar.metrics import Metrics, prometheus

_TIMEOUT = 10.0
_MAX_HEADERS = 100
_TEXT, _JSON, _PROMETHEUS = "text/plain; charset=utf-8", "application/json", "text/plain; version=0.0.4; charset=utf-8"

Answer = tuple[HTTPStatus, str, str]
"""Status, content type, body."""


class Admin:
    """`/healthz`, `/readyz`, `/metrics`, and `/` with what is served, as JSON."""

    def __init__(self, board: Board, metrics: Metrics) -> None:
        self._board = board
        self._metrics = metrics

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Starts to listen; raises OSError."""
        return await asyncio.start_server(self._handle, host, port, limit=8192)

    def answer(self, method: str, path: str) -> Answer:
        """The answer to one request."""
        if method not in {"GET", "HEAD"}:
            return HTTPStatus.METHOD_NOT_ALLOWED, _TEXT, "GET only\n"
        match path.partition("?")[0]:
            case "/healthz":
                return HTTPStatus.OK, _TEXT, "ok\n"
            case "/readyz":
                ready = self._metrics.loaded
                return (HTTPStatus.OK, _TEXT, "ready\n") if ready else _waiting()
            case "/metrics":
                return HTTPStatus.OK, _PROMETHEUS, prometheus(self._metrics, self._board)
            case "/":
                return HTTPStatus.OK, _JSON, json.dumps(self._status(), indent=2) + "\n"
        return HTTPStatus.NOT_FOUND, _TEXT, "there are /, /healthz, /readyz and /metrics\n"

    def _status(self) -> dict[str, object]:
        fleets = {
            fleet.name: {
                "serial": fleet.newest.serial,
                "snapshot": fleet.newest.snapshot,
                "release": fleet.newest.release,
                "types": {
                    url: {"version": each.version, "count": len(each.resources)}
                    for url, each in fleet.newest.contents.items()
                },
                "streams": len(fleet.on_change),
                "refused": [
                    {"type": each.type_url, "version": each.version, "node": each.node, "message": each.message}
                    for each in fleet.quarantine.values()
                ],
            }
            for fleet in self._board.fleets.values()
            if fleet.newest is not None
        }
        streams = dict(self._metrics.streams)
        return {
            "format": 1,
            "gitway": __version__,
            "serial": self._metrics.serial,
            "store": {"up": self._metrics.store_ok, "polls": self._metrics.polls, "errors": self._metrics.poll_errors},
            "streams": streams,
            "fleets": fleets,
        }

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            async with asyncio.timeout(_TIMEOUT):
                method, path = await _request(reader)
                status, kind, body = self.answer(method, path)
                content = body.encode()
                head = (
                    f"HTTP/1.1 {status.value} {status.phrase}\r\n"
                    f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
                    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
                )
                writer.write(head.encode() + (b"" if method == "HEAD" else content))
                await writer.drain()
        writer.close()


async def _request(reader: asyncio.StreamReader) -> tuple[str, str]:
    """Method and path; the headers are read and not looked at."""
    method, path, _ = (await reader.readuntil(b"\r\n")).decode("latin-1").split(" ", 2)
    for _ in range(_MAX_HEADERS):
        if await reader.readuntil(b"\r\n") == b"\r\n":
            return method, path
    raise ValueError("too many headers")


def _waiting() -> Answer:
    return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, "no release has been loaded yet\n"
