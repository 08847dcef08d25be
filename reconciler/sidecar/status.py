"""Tells the store who has acknowledged what: `status/<fleet>/<sidecar>.json`, for `gitway rollout status`.

At most one write for each fleet and interval, whatever happens; without news one a minute. A store that cannot be
written to is told once, and tried again once a minute.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from socket import gethostname

from reconciler import __version__
from reconciler.records import dataclass
from reconciler.sidecar.background import in_thread
from reconciler.sidecar.board import Board
from reconciler.sidecar.nodes import Envoy, Roster
from reconciler.sidecar.protocol import Refusal
from reconciler.store.errors import StoreError
from reconciler.store.status import EnvoyStatus, Refused, Report, sidecar_id, withdraw_report, write_report
from reconciler.store.store import Store

HEARTBEAT = 60.0
"""Seconds after which an unchanged report is written again."""

LIFETIME = timedelta(minutes=3)
"""For which a report may be believed: two heartbeats may be lost."""

WITHDRAWAL = 2.0
"""Seconds that the store is given to take the reports back at the end."""

_JITTER = 0.2
_EPOCH = datetime.fromtimestamp(0, UTC)

_log = logging.getLogger(__name__)


def default_id(listen: str) -> str:
    """A name that stays over restarts and differs for the sidecars of one machine."""
    return sidecar_id(f"{gethostname()}-{sha256(listen.encode()).hexdigest()[:8]}")


@dataclass(eq=False)
class StatusWriter:
    """Writes the reports of one sidecar, of every fleet that has Envoys here."""

    store: Store
    board: Board
    roster: Roster
    sidecar: str
    _written: dict[str, tuple[Report, float]] = field(default_factory=dict)
    _told: str = ""
    _not_before: float = 0.0

    async def run(self, interval: float) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(interval * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 (no secret)
            await self.step()

    async def step(self) -> None:
        """Writes what is new or old."""
        now = time.monotonic()
        if now < self._not_before:
            return
        envoys: dict[str, list[Envoy]] = {}
        for envoy in self.roster.envoys():
            envoys.setdefault(envoy.fleet, []).append(envoy)
        try:
            for fleet, present in envoys.items():
                report = self._report(fleet, present)
                before, at = self._written.get(fleet, (None, 0.0))
                if report is not None and (report != before or now - at >= HEARTBEAT):
                    await in_thread(lambda report=report: write_report(self.store, _dated(report)))  # type: ignore[misc]
                    self._written[fleet] = (report, now)
            for fleet in self._written.keys() - envoys.keys():
                await in_thread(lambda fleet=fleet: withdraw_report(self.store, fleet, self.sidecar))  # type: ignore[misc]
                del self._written[fleet]
        except StoreError as error:
            self._failed(error, now)
        except Exception as error:  # noqa: BLE001 (a report is never worth the serving)
            self._failed(StoreError(f"{type(error).__name__}: {error}"), now)
        else:
            self._told = ""

    async def withdraw(self) -> None:
        """At the end: nobody is served here any longer."""
        with suppress(TimeoutError, StoreError):
            async with asyncio.timeout(WITHDRAWAL):
                for fleet in tuple(self._written):
                    await in_thread(lambda fleet=fleet: withdraw_report(self.store, fleet, self.sidecar))  # type: ignore[misc]

    def _failed(self, error: StoreError, now: float) -> None:
        self._not_before = now + HEARTBEAT
        if error.message != self._told:
            self._told = error.message
            _log.warning("no status is reported to the store: %s. Serving goes on", error.message)

    def _report(self, name: str, envoys: Iterable[Envoy]) -> Report | None:
        fleet = self.board.fleets.get(name)
        if fleet is None or fleet.newest is None:
            return None
        return Report(
            name,
            self.sidecar,
            __version__,
            _EPOCH,
            _EPOCH,
            fleet.newest.serial,
            fleet.newest.release,
            tuple(_envoy(each) for each in envoys),
            tuple(_refused(each) for each in fleet.quarantine.values()),
        )


def _dated(report: Report) -> Report:
    now = datetime.now(UTC)
    return replace(report, time=now, expires=now + LIFETIME)


def _envoy(envoy: Envoy) -> EnvoyStatus:
    types = {url: state.acknowledged for url, state in envoy.types.items()}
    refused = _refused(envoy.refusal) if envoy.refusal is not None else None
    return EnvoyStatus(envoy.node, envoy.serial, types, refused)


def _refused(refusal: Refusal) -> Refused:
    return Refused(refusal.type_url, refusal.version, refusal.node, refusal.message)
