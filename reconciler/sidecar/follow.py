"""Follows the store: one conditional request an interval, whatever happens.

Nothing that a store does ends it. What cannot be read is told, counted and tried again; what is served stays.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field, replace

from reconciler.records import dataclass
from reconciler.sidecar.background import in_thread
from reconciler.sidecar.board import Board, Current
from reconciler.sidecar.cache import Cache, refusals_of
from reconciler.sidecar.metrics import Metrics
from reconciler.sidecar.protocol import View
from reconciler.sidecar.releases import Loaded, find_fallback, load
from reconciler.sidecar.trust import Trust
from reconciler.store.errors import StoreError, Untrusted
from reconciler.store.model import Head
from reconciler.store.objects import Unchanged
from reconciler.store.store import Store

JITTER = 0.2
"""An interval is this much shorter or longer, at random, so that sidecars do not ask all at once."""

CACHE_AFTER = 3.0
"""Seconds that the store is given at the start before the cache is served."""

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Follower:
    """Brings what the store has onto the board.

    Attributes:
        globs: the fleets to serve.
        trust: which HEADs are accepted.
        loaded: set when there is something to serve.
    """

    store: Store
    board: Board
    metrics: Metrics
    globs: tuple[str, ...] = ("*",)
    cache: Cache | None = None
    trust: Trust = field(default_factory=lambda: Trust(""))
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    _refused: asyncio.Event = field(default_factory=asyncio.Event)
    _etag: str | None = None
    _good: Mapping[str, str] = field(default_factory=dict)
    _told: str = ""
    _told_of: set[str] = field(default_factory=set)
    _unkept: Loaded | None = None
    _missing: frozenset[tuple[str, str]] = frozenset()

    async def run(self, interval: float) -> None:
        """For ever, an `interval` of seconds from one poll to the next."""
        await self._start()
        self._tell_missing()
        while True:
            await self._pause(interval * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 (no secret)
            await self.step()

    def on_refusal(self) -> None:
        """An Envoy has refused something: what follows from that does not wait for the next poll."""
        self._refused.set()

    async def step(self) -> None:
        """One round: the store, and what is to be kept on disk."""
        await self._poll()
        if self._unkept is not None:
            await self._keep(self._unkept)
        self._tell_missing()
        await self._fallbacks()
        await self._keep_refusals()
        self.board.forget_responses()

    async def finish(self) -> None:
        """The last thing before the end: what Envoys have refused and acknowledged is kept."""
        await self._keep_refusals()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await self._refused.wait():
                    self._refused.clear()
                    await self._fallbacks()
                    await self._keep_refusals()

    async def _start(self) -> None:
        cache = self.cache
        if cache is not None:
            try:
                self._good = cache.restore_refusals(self.board)
            except StoreError as error:
                self._tell("the cache", error)
            if self.trust.keys:
                await self._restore_highest(cache)
        poll = asyncio.create_task(self._poll())
        if cache is not None:
            await asyncio.wait({poll}, timeout=CACHE_AFTER)
            if not self.loaded.is_set():
                await self._serve_cache(cache)
        await poll

    async def _restore_highest(self, cache: Cache) -> None:
        try:
            self.trust.highest = await in_thread(lambda: cache.restore_verified(self.trust.store_name))
        except StoreError as error:
            self._tell("the cache", error)

    async def _serve_cache(self, cache: Cache) -> None:
        try:
            found = await in_thread(lambda: self._load_head(cache.store))
        except StoreError as error:
            self._tell("the cache", error)
            return
        for damage in found.errors if found is not None else ():
            _log.error("the cache: %s; it is read from the store again", damage)
        if found is not None and found.views and not self.loaded.is_set():
            _log.warning("the store does not answer: serving serial %d from the cache", found.head.serial)
            self._publish(found)

    def _load_head(self, store: Store) -> Loaded | None:
        found = store.read_head()
        if found is None:
            return None
        self.trust.check(found[0])
        return load(store, found[0], self.globs, {})

    def _tell_missing(self) -> None:
        """Says which listeners wait for a secret when that changes."""
        missing = {
            (fleet.name, each.name): each
            for fleet in self.board.fleets.values()
            for each in self.board.secret_problems(fleet)
        }
        for (fleet_name, name), each in missing.items():
            if (fleet_name, name) not in self._missing:
                waiting = ", ".join(each.needed_by)
                details = {"fleet": fleet_name, "secret": name, "needed_by": each.needed_by}
                _log.error(
                    "fleet %s: %s waits for secret %s: %s", fleet_name, waiting, name, each.problem, extra=details
                )
        for fleet_name, name in self._missing - missing.keys():
            _log.info("fleet %s: secret %s is no longer missing", fleet_name, name)
        self._missing = frozenset(missing)

    async def _poll(self) -> None:
        self.metrics.polls += 1
        try:
            found = await in_thread(lambda: self.store.poll(self._etag))
            await self._take(found)
        except StoreError as error:
            self.metrics.untrusted += isinstance(error, Untrusted)
            self._failed(error)
        except Exception as error:  # noqa: BLE001 (nothing that a store does ends the serving)
            self._failed(StoreError(f"{self.store.url}: {type(error).__name__}: {error}"))
        else:
            self.metrics.store_ok = True
            if found is None:
                self._once(f"{self.store.url} has no release yet: waiting for the first publish", logging.WARNING)
            elif self._told:
                self._once("")

    async def _take(self, found: Unchanged | tuple[Head, str] | None) -> None:
        """Loads and serves what HEAD names. Its etag is remembered only when all of it could be read."""
        if found is None or isinstance(found, Unchanged):
            return
        head, etag = found
        before = self.trust.highest
        self.trust.accept(head)
        if self.trust.keys and self.trust.highest != before:
            await self._keep_highest()
        known = {fleet.name: fleet.newest for fleet in self.board.fleets.values() if fleet.newest is not None}
        loaded = await in_thread(lambda: load(self.store, head, self.globs, known))
        self._publish(loaded)
        if loaded.errors:
            raise StoreError("; ".join(loaded.errors))
        self._etag = etag
        await self._keep(loaded)

    def _publish(self, loaded: Loaded) -> None:
        serial = loaded.head.serial
        self.board.publish(loaded.views)
        gone = {name for name, fleet in self.board.fleets.items() if fleet.newest is not None}
        for name in sorted(gone - loaded.release.fleets.keys()):
            _log.warning("fleet %s has left the store with serial %d: its Envoys keep what they have", name, serial)
        self.trust.remember(loaded.head)
        self.metrics.serial = serial
        self.metrics.loaded = True
        self.loaded.set()
        release, commit = loaded.release, loaded.release.commit
        self.board.current = Current(serial, loaded.head.release, commit, release.repository, time.time())
        _log.info(
            "serving serial %d, commit %s, fleets: %d",
            serial,
            commit.sha[:12],
            len(loaded.views),
            extra={"serial": serial, "release": loaded.head.release, "commit": commit.sha},
        )

    async def _fallbacks(self) -> None:
        """Looks for what to serve in the place of a release that was refused, where nothing older is known."""
        for fleet in tuple(self.board.fleets.values()):
            if fleet.newest is None or not fleet.needs_fallback:
                continue
            newest, refused = fleet.newest, dict(fleet.quarantine)
            start = self._good.get(fleet.name, newest.release)
            for store in (self.store, *([self.cache.store] if self.cache is not None else [])):
                view = await self._find(store, fleet.name, start, newest, refused)
                if view is not None:
                    _log.warning("fleet %s falls back on serial %d", fleet.name, view.serial)
                    fleet.offer_fallback(view)
                    break
            else:
                fleet.offer_none()

    async def _find(
        self, store: Store, fleet: str, start: str, newest: View, refused: Mapping[tuple[str, str], object]
    ) -> View | None:
        try:
            return await in_thread(lambda: find_fallback(store, fleet, start, newest, refused))
        except StoreError as error:
            self._tell(f"fallback of fleet {fleet}", error)
            return None

    async def _keep(self, loaded: Loaded) -> None:
        if (cache := self.cache) is None:
            return
        views = [view for fleet in self.board.fleets.values() if (view := fleet.good) is not None]
        also = [(view.release, view.snapshot) for view in views]
        try:
            await in_thread(lambda: cache.keep(loaded, also, self.store))
            self._unkept = None
            self._told_of.clear()
        except StoreError as error:
            self._unkept = replace(loaded, fetched={})
            self._tell("the cache", error)

    async def _keep_highest(self) -> None:
        if (cache := self.cache) is None or (highest := self.trust.highest) is None:
            return
        try:
            await in_thread(lambda: cache.keep_verified(self.trust.store_name, highest))
        except StoreError as error:
            self._tell("the cache", error)

    async def _keep_refusals(self) -> None:
        if (cache := self.cache) is None:
            return
        state = refusals_of(self.board)
        try:
            await in_thread(lambda: cache.keep_refusals(state))
        except StoreError as error:
            self._tell("the cache", error)

    def _failed(self, error: StoreError) -> None:
        self.metrics.poll_errors += 1
        self.metrics.store_ok = False
        self._once(f"{error.message}; what is served stays" + (f" ({error.help})" if error.help else ""), logging.ERROR)

    def _once(self, message: str, level: int = logging.INFO) -> None:
        """Says what is the matter when that changes, not at every poll."""
        if message != self._told:
            self._told = self.metrics.problem = message
            _log.log(level, "%s", message or f"{self.store.url} answers again")

    def _tell(self, what: str, error: StoreError) -> None:
        """Says what is wrong with something beside the store, once."""
        if error.message in self._told_of:
            return
        self._told_of.add(error.message)
        _log.error("%s: %s%s", what, error.message, f" ({error.help})" if error.help else "")
