"""The last good releases on this machine's disk, for a start without the store.

It is a store of its own (`file://`) with only what is current, and beside it, in `refused.json`, what Envoys have
refused and what they have acknowledged last, and in `verified.json` the newest HEAD whose signature was verified.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reconciler.sidecar.board import Board
from reconciler.sidecar.protocol import Holders, Refusal
from reconciler.sidecar.releases import Loaded
from reconciler.sidecar.trust import Highest
from reconciler.store.errors import StoreError
from reconciler.store.files import FileObjects
from reconciler.store.objects import Missing
from reconciler.store.store import HEAD, RELEASES, SNAPSHOTS, Store, release_key, snapshot_key

_STATE = "refused.json"
_VERIFIED = "verified.json"
_FORMAT = 1


class Cache:
    """A directory of this sidecar alone. Its methods raise `StoreError`; they are called from one thread at a time."""

    def __init__(self, directory: Path) -> None:
        self._objects = FileObjects(directory.absolute())
        self._state = b""
        self.store = Store(self._objects)

    def keep(self, loaded: Loaded, also: Iterable[tuple[str, str]], source: Store) -> None:
        """Keeps a release, and of older ones (`also`: release and snapshot digests) what is still needed.

        What it should have of earlier releases, but has not (the disk was full), is read from `source` again.
        """
        for snapshot in loaded.fetched.values():
            self.store.write_snapshot(snapshot, replace=True)
        for digest in sorted({view.snapshot for view in loaded.views} - loaded.fetched.keys()):
            if self._objects.stat(snapshot_key(digest)) is None:
                self.store.write_snapshot(source.snapshot(digest))
        self.store.write_release(loaded.release)
        self._objects.put(HEAD, loaded.head.to_bytes())
        needed = {release_key(loaded.head.release), *(snapshot_key(view.snapshot) for view in loaded.views)}
        for release, snapshot_digest in also:
            needed |= {release_key(release), snapshot_key(snapshot_digest)}
        for prefix in (RELEASES, SNAPSHOTS):
            for stored in self._objects.list(prefix):
                if stored.key not in needed:
                    self._objects.delete(stored.key)

    def keep_verified(self, store_name: str, highest: Highest) -> None:
        """Keeps what was verified last of a store."""
        data = {"format": _FORMAT, "store": store_name, "serial": highest.serial, "release": highest.release}
        self._objects.put(_VERIFIED, json.dumps(data, sort_keys=True).encode())

    def restore_verified(self, store_name: str) -> Highest | None:
        """What was verified last of this store; None: nothing, or of another one."""
        try:
            data = json.loads(self._objects.get(_VERIFIED))
            return Highest(int(data["serial"]), str(data["release"])) if data["store"] == store_name else None
        except Missing:
            return None
        except (ValueError, LookupError, TypeError) as error:
            raise StoreError(f"damaged {_VERIFIED} in {self._objects.url}: {error}", "remove it") from error

    def keep_refusals(self, state: Mapping[str, Any]) -> None:
        """Keeps what `refusals_of` gave; writes only what is new."""
        data = json.dumps(state, sort_keys=True).encode()
        if data != self._state:
            self._objects.put(_STATE, data)
            self._state = data

    def restore_refusals(self, board: Board) -> Mapping[str, str]:
        """Puts what was refused back on the board, before anything is served.

        Returns:
            the releases that the fleets had acknowledged last, by fleet.
        """
        try:
            state = json.loads(self._objects.get(_STATE))
            refusals = [(each["fleet"], Refusal(**each["refusal"])) for each in state["refusals"]]
            good = {str(fleet): str(release) for fleet, release in state["good"].items()}
            holders = {str(fleet): _holders(held) for fleet, held in state.get("holders", {}).items()}
        except Missing:
            return {}
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise StoreError(f"damaged {_STATE} in {self._objects.url}: {error}", "remove it") from error
        for fleet, refusal in refusals:
            board.fleet(fleet).quarantine[(refusal.type_url, refusal.version)] = refusal
        for fleet, held in holders.items():
            board.fleet(fleet).holders = held
        return good


def _holders(data: Any) -> Holders:
    return Holders(frozenset((str(url), str(version)) for url, version in data["versions"]), set(data["nodes"]))


def refusals_of(board: Board) -> dict[str, Any]:
    """What has been refused on this sidecar and what has been acknowledged, as JSON."""
    refusals = [
        {"fleet": fleet.name, "refusal": {name: getattr(refusal, name) for name in Refusal.__slots__}}
        for fleet in board.fleets.values()
        for refusal in fleet.quarantine.values()
    ]
    good = {fleet.name: view.release for fleet in board.fleets.values() if (view := fleet.good) is not None}
    holders = {
        fleet.name: {"versions": sorted(fleet.holders.versions), "nodes": sorted(fleet.holders.nodes)}
        for fleet in board.fleets.values()
        if fleet.newest is not None and fleet.quarantined(fleet.newest) and fleet.holders.nodes
    }
    return {"format": _FORMAT, "refusals": refusals, "good": good, "holders": holders}
