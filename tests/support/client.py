"""A small HTTP client that connects to one address and asks for any host."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; header names are lower-case, repeated ones joined by a comma."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON: what an echo backend was asked."""
        return json.loads(self.body)

    @property
    def backend(self) -> str:
        """The name of the echo backend that answered, or an empty string."""
        return str(self.json["backend"]) if "x-backend" in self.headers else ""


def fetch(
    port: int,
    path: str = "/",
    *,
    host: str = "example.com",
    method: str = "GET",
    headers: Mapping[str, str] | list[tuple[str, str]] | None = None,
    body: bytes = b"",
    address: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    sni: str = "",
    timeout: float = 10.0,
) -> Answer:
    """One request on a new connection; redirects are not followed.

    Args:
        headers: a list of pairs where names repeat.
        tls: speak TLS with this context, asking for `sni` or else `host`.

    Raises:
        OSError, http.client.HTTPException: no answer.
    """
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    connection.sock = socket.create_connection((address, port), timeout)
    try:
        if tls:
            connection.sock = tls.wrap_socket(connection.sock, server_hostname=sni or host.partition(":")[0])
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("host", host)
        pairs = headers.items() if isinstance(headers, Mapping) else headers or []
        for name, value in pairs:
            connection.putheader(name, value)
        if body:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body or None)
        response = connection.getresponse()
        received: dict[str, str] = {}
        for name, value in response.getheaders():
            key = name.lower()
            received[key] = f"{received[key]},{value}" if key in received else value
        return Answer(response.status, received, response.read())
    finally:
        connection.close()
