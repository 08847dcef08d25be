"""A connection to a store that can be made to fail in the ways in which stores do."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

_MISSING = (
    b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
)
_ANSWERS = {
    "garbage": b"\x16\x03\x01\x00\xff" * 100,
    "wrong": b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    "html": b'HTTP/1.1 200 OK\r\ncontent-length: 14\r\netag: "1"\r\nconnection: close\r\n\r\n<html></html>\n',
    "empty": b"HTTP/1.1 404 Not Found\r\ncontent-type: application/xml\r\nconnection: close\r\ncontent-length: "
    + str(len(_MISSING)).encode()
    + b"\r\n\r\n"
    + _MISSING,
}
WAYS = ("stopped", "hanging", *_ANSWERS)
"""Ways to fail: nobody listens, nobody answers, or what is answered is no HTTP, an error, a web page, or nothing."""


class Proxy:
    """Passes connections on to a port of this machine until `fail`; a context manager."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._way = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._server = self._in_loop(self._listen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.fail("stopped")
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def fail(self, way: str) -> None:
        """Ends all connections, and fails from now on."""

        async def change() -> None:
            self._way = way
            if way == "stopped":
                self._server.close()
            tasks = [task for task in self._tasks if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self._in_loop(change)

    def mend(self) -> None:
        """Passes connections on again."""
        stopped = self._way == "stopped"
        self.fail("")
        if stopped:
            self._server = self._in_loop(self._listen)

    def _in_loop(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)

    async def _listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
                await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._way == "hanging":
            await asyncio.Event().wait()
        if self._way:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(_ANSWERS[self._way])
            await writer.drain()
            return
        upstream, onward = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            pumps = [asyncio.create_task(_pump(reader, onward)), asyncio.create_task(_pump(upstream, writer))]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
        finally:
            onward.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
