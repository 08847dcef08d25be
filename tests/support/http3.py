"""A small client of HTTP/3."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, cast

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent

from tests.support.client import Answer


def fetch3(port: int, path: str = "/", *, host: str, seconds: float = 10.0) -> Answer:
    """One request on a new connection; the server's certificate is not looked at."""
    return asyncio.run(asyncio.wait_for(_fetch(port, path, host), seconds))


async def _fetch(port: int, path: str, host: str) -> Answer:
    configuration = QuicConfiguration(
        is_client=True, alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE, server_name=host
    )
    async with connect("127.0.0.1", port, configuration=configuration, create_protocol=_Client) as connected:
        return await cast("_Client", connected).get(host, path)


class _Client(QuicConnectionProtocol):
    """A connection for one request."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._http = H3Connection(self._quic)
        self._done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._headers: dict[str, str] = {}
        self._body = b""

    async def get(self, host: str, path: str) -> Answer:
        """The answer to a request."""
        stream = self._quic.get_next_available_stream_id()
        headers = {":method": "GET", ":scheme": "https", ":authority": host, ":path": path}
        self._http.send_headers(stream, [(k.encode(), v.encode()) for k, v in headers.items()], end_stream=True)
        self.transmit()
        return await self._done

    def quic_event_received(self, event: QuicEvent) -> None:
        """Collect the answer."""
        for one in self._http.handle_event(event):
            if isinstance(one, HeadersReceived):
                self._headers.update({name.decode(): value.decode() for name, value in one.headers})
            elif isinstance(one, DataReceived):
                self._body += one.data
            if isinstance(one, HeadersReceived | DataReceived) and one.stream_ended and not self._done.done():
                self._done.set_result(Answer(int(self._headers[":status"]), self._headers, self._body))
