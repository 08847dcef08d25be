"""Large messages go out in turns, and whoever does not read costs only himself."""

from __future__ import annotations

import asyncio

import pytest

from reconciler.sidecar.egress import Egress

UNIT = 64 * 1024


class Streams:
    """Streams whose clients take a message only when told."""

    def __init__(self) -> None:
        self.writing = 0
        self.most = 0
        self.taken = asyncio.Event()

    async def write(self, data: bytes) -> None:
        self.writing += len(data)
        self.most = max(self.most, self.writing)
        await self.taken.wait()
        self.writing -= len(data)


async def settle() -> None:
    """Lets all tasks go as far as they can without time passing."""
    for _ in range(1_000):
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("size", "at_once"), [(UNIT, 4 * UNIT), (3 * UNIT, 3 * UNIT), (50 * UNIT, 50 * UNIT), (100, 2_000)]
)
def test_so_much_is_under_way_at_a_time(size: int, at_once: int) -> None:
    """What is too large for the room goes alone, what is small does not wait."""

    async def run() -> int:
        streams, egress = Streams(), Egress(4, patience=60)
        writes = [asyncio.create_task(egress.write(streams, bytes(size))) for _ in range(20)]
        await settle()
        first = streams.writing
        streams.taken.set()
        await asyncio.gather(*writes)
        assert streams.most == first
        assert streams.writing == 0
        return first

    assert asyncio.run(run()) == at_once


def test_a_client_that_does_not_read_holds_nobody_up() -> None:
    async def run() -> None:
        stuck, others, egress = Streams(), Streams(), Egress(4, patience=0.01)
        others.taken.set()
        held = [asyncio.create_task(egress.write(stuck, bytes(4 * UNIT))) for _ in range(3)]
        await settle()
        await asyncio.gather(*(egress.write(others, bytes(4 * UNIT)) for _ in range(5)))
        assert stuck.writing == 12 * UNIT
        stuck.taken.set()
        await asyncio.gather(*held)

    asyncio.run(run())


def test_streams_that_end_give_back_their_turns() -> None:
    """While they write, and while they wait with part of their share."""

    async def run() -> None:
        stuck, others, egress = Streams(), Streams(), Egress(4, patience=60)
        others.taken.set()
        tasks = [asyncio.create_task(egress.write(stuck, bytes(3 * UNIT))) for _ in range(3)]
        await settle()
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await egress.write(others, bytes(4 * UNIT))
        assert others.most == 4 * UNIT

    asyncio.run(run())
