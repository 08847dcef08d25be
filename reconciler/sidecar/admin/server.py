"""A very small HTTP server: GET only, one request a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from reconciler.sidecar.addresses import Address
from reconciler.sidecar.admin.answers import Answer, Answers, text

_TIMEOUT = 30.0
_MAX_HEADERS = 100
_MAX_CONNECTIONS = 64
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class Request(NamedTuple):
    """A request without a body; names of headers are lower-case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Admin:
    """Serves `Answers`."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._open = 0

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Starts to listen; raises OSError."""
        return await asyncio.start_server(self._handle, host, port, limit=8192)

    async def _answer(self, request: Request) -> Answer:
        if request.method not in {"GET", "HEAD"}:
            return text("GET only\n", HTTPStatus.METHOD_NOT_ALLOWED)
        if not _of_this_machine(request.headers.get("host", "")):
            # A name that somebody else's DNS points here: a page of theirs would read this one.
            return text("ask for localhost or 127.0.0.1\n", HTTPStatus.FORBIDDEN)
        accepted = request.headers.get("accept", "")
        wanted = request.query.get("format") or ("json" if "application/json" in accepted else "")
        page = not wanted and "text/html" in accepted
        return await self._answers.answer(request.path, request.query, json=wanted == "json", page=page)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= _MAX_CONNECTIONS:
                with suppress(
                    OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError
                ):
                    async with asyncio.timeout(_TIMEOUT):
                        request = await _request(reader)
                        writer.write(_encoded(await self._answer(request), head_only=request.method == "HEAD"))
                        await writer.drain()
        finally:
            self._open -= 1
            writer.close()


def _encoded(answer: Answer, *, head_only: bool) -> bytes:
    content = answer.body.encode()
    head = (
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\n"
        f"Content-Type: {answer.kind}\r\nContent-Length: {len(content)}\r\n"
        f"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
        f"Content-Security-Policy: {_POLICY}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if head_only else content)


def _of_this_machine(host: str) -> bool:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    return Address(host=name.strip("[]")).loopback


async def _request(reader: asyncio.StreamReader) -> Request:
    method, target, _ = (await reader.readuntil(b"\r\n")).decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    for _ in range(_MAX_HEADERS):
        line = (await reader.readuntil(b"\r\n")).decode("latin-1").strip()
        if not line:
            url = urlsplit(target)
            return Request(method, url.path, dict(parse_qsl(url.query)), headers)
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    raise ValueError("too many headers")
