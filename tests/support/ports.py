"""Free TCP ports."""

from __future__ import annotations

import random
import socket

_BELOW_EPHEMERAL = range(10_240, 32_000)
"""Ports that the kernel gives to no outgoing connection, so that a port stays free until its server binds it."""


def free_port(address: str = "127.0.0.1") -> int:
    """A port that nothing listens on. Not from the seeded generator: workers that run in parallel must differ."""
    chance = random.SystemRandom()
    for _ in range(100):
        port = chance.choice(_BELOW_EPHEMERAL)
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port on {address}")
