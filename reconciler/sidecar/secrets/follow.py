"""Brings the secrets of all providers onto the board, each in its own time: a slow one holds up no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence

from reconciler.sidecar.background import in_thread
from reconciler.sidecar.board import Board
from reconciler.sidecar.metrics import Metrics
from reconciler.sidecar.secrets.open import merge_secrets
from reconciler.sidecar.secrets.provider import Provider
from reconciler.snapshot.model import Resource

_log = logging.getLogger(__name__)


class SecretsFollower:
    """Reads the providers again and again. Of equal names the first provider's is served."""

    def __init__(self, providers: Sequence[Provider], board: Board, metrics: Metrics) -> None:
        self._providers = tuple(providers)
        self._board = board
        self._metrics = metrics
        self._found: list[Mapping[str, Resource]] = [{} for _ in self._providers]
        self._answered: list[asyncio.Event] = [asyncio.Event() for _ in self._providers]

    async def run(self, interval: float) -> None:
        """For ever, an `interval` of seconds from one look to the next."""
        async with asyncio.TaskGroup() as group:
            for index in range(len(self._providers)):
                group.create_task(self._follow(index, interval))

    async def first(self, seconds: float) -> None:
        """Until all have been read once, or for so many seconds: what is served before that lacks secrets."""
        try:
            async with asyncio.timeout(seconds):
                for answered in self._answered:
                    await answered.wait()
        except TimeoutError:
            _log.warning("not all secrets could be read yet: what needs them waits")

    async def _follow(self, index: int, interval: float) -> None:
        provider = self._providers[index]
        while True:
            try:
                self._found[index] = await in_thread(provider.read)
            except Exception as error:  # noqa: BLE001 (nothing that a provider does ends the serving)
                _log.error("secrets cannot be read: %s", type(error).__name__)
            self._show()
            self._answered[index].set()
            await asyncio.sleep(interval)

    def _show(self) -> None:
        board = self._board
        board.use_secrets(merge_secrets(self._found, board.secrets))
        self._metrics.secret_errors = sum(provider.errors for provider in self._providers)
        problems: dict[str, str] = {}
        for provider in reversed(self._providers):
            problems.update(provider.problems)
        board.broken = problems
