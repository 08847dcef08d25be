"""Steady requests through an Envoy, of which none may fail."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self

WORKERS = 10
_TIMEOUT = 15.0

_HEAD = b"GET / HTTP/1.1\r\nhost: a.example\r\n\r\n"
_LAST = b"GET / HTTP/1.1\r\nhost: a.example\r\nconnection: close\r\n\r\n"


class Load:
    """So many requests a second to ports of this machine, in turn; a context manager.

    Half of them on connections of their own, the rest on connections that are used until Envoy closes them.

    Attributes:
        failed: what went wrong, each with its moment.
        backends: how many each has answered.
    """

    def __init__(self, *ports: int, rate: int = 500, tls: frozenset[int] = frozenset()) -> None:
        self.failed: list[str] = []
        self.backends: Counter[str] = Counter()
        self._ports = ports
        self._tls = tls
        self._pause = WORKERS / rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="load", daemon=True)
        self._begin = 0.0
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._begin = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(60)
        self.seconds = time.monotonic() - self._begin

    @property
    def count(self) -> int:
        """Requests that were answered by a backend."""
        return self.backends.total()

    async def _run(self) -> None:
        await asyncio.gather(*(self._worker(number) for number in range(WORKERS)))

    async def _worker(self, number: int) -> None:
        port = self._ports[number % len(self._ports)]
        client = _Client(port, tls=port in self._tls)
        due = time.monotonic() + number * self._pause / WORKERS
        last = number // len(self._ports) % 2 == 1
        while not self._stop.is_set():
            try:
                async with asyncio.timeout(_TIMEOUT):
                    status, said = await client.request(last=last)
            except (OSError, EOFError, ValueError, TimeoutError) as error:
                self._fail(f"port {port}: {type(error).__name__}: {error}")
                await client.end()
            else:
                if status == 200:
                    self.backends[said] += 1
                else:
                    self._fail(f"port {port}: status {status} {said}")
            due += self._pause
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await client.end()

    def _fail(self, what: str) -> None:
        self.failed.append(f"after {time.monotonic() - self._begin:.2f} s and {self.count} requests, {what}")


class _Client:
    def __init__(self, port: int, *, tls: bool) -> None:
        self._port = port
        self._context: ssl.SSLContext | None = None
        if tls:
            self._context = ssl.create_default_context()
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, *, last: bool) -> tuple[int, str]:
        """Status and the name of the backend, or what Envoy said in its place."""
        if self._streams is None:
            name = "a.example" if self._context else None
            self._streams = await asyncio.open_connection(
                "127.0.0.1", self._port, ssl=self._context, server_hostname=name
            )
        reader, writer = self._streams
        writer.write(_LAST if last else _HEAD)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if last or headers.get("connection") == "close":
            await self.end()
        return int(head.split(" ", 2)[1]), headers.get("x-backend") or body.decode("latin-1")

    async def end(self) -> None:
        """Ends the connection; the next request opens another one."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
