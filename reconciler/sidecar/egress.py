"""Large messages go out in turns: gRPC copies each for every stream until the client has taken it.

A thousand clients that are sent half a megabyte each at the same moment would need half a gigabyte.
"""

from __future__ import annotations

import asyncio
from typing import Any

_UNIT = 64 * 1024
"""Bytes; what is smaller does not wait."""

_UNITS = 128
"""What may be under way at the same time, 8 MiB; a message that is larger goes alone."""

_PATIENCE = 1.0
"""Seconds after which a client that does not read no longer keeps others waiting."""


class Egress:
    """The way out that all streams share."""

    def __init__(self, units: int = _UNITS, patience: float = _PATIENCE) -> None:
        self._units = units
        self._patience = patience
        self._room = asyncio.Semaphore(units)
        self._entrance = asyncio.Lock()

    async def write(self, context: Any, data: bytes) -> None:
        """Writes a message to a stream (`grpc.aio.ServicerContext`) when it is its turn."""
        units = min(len(data) // _UNIT, self._units)
        if not units:
            await context.write(data)
            return
        share = _Share(self._room)
        try:
            async with self._entrance:  # one at a time, so that no two wait for each other with half of their shares
                while share.units < units:
                    await self._room.acquire()
                    share.units += 1
            timer = asyncio.get_running_loop().call_later(self._patience, share.give_back)
            try:
                await context.write(data)
            finally:
                timer.cancel()
        finally:
            share.give_back()


class _Share:
    """Units of the room, given back once."""

    def __init__(self, room: asyncio.Semaphore) -> None:
        self.units = 0
        self._room = room

    def give_back(self) -> None:
        while self.units:
            self.units -= 1
            self._room.release()
