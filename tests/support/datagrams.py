"""UDP backends that answer every datagram with their name."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class DatagramBackend:
    """A backend in a thread of its own, on a port of 127.0.0.1 that the kernel chooses; a context manager."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.2)
        self.port: int = self._socket.getsockname()[1]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"udp-{name}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError, ConnectionRefusedError):
                _, client = self._socket.recvfrom(65_536)
                self._socket.sendto(self.name.encode(), client)


def ask(port: int, clients: int = 1, *, seconds: float = 1.0) -> list[str]:
    """The answers to one datagram each of some clients; an empty string where there is none in time."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(clients)]
    answers: list[str] = []
    try:
        for client in sockets:
            client.connect(("127.0.0.1", port))
            client.send(b"who")
        wait = seconds
        for client in sockets:
            client.settimeout(wait)
            try:
                answers.append(client.recv(65_536).decode())
            except (TimeoutError, BlockingIOError, ConnectionRefusedError):
                answers.append("")
                wait = 0.01  # the others have had the same time
    finally:
        for client in sockets:
            client.close()
    return answers
