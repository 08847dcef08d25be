"""What changed from one release to another, resource by resource."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from reconciler.records import dataclass
from reconciler.snapshot.diff import Change, diff
from reconciler.snapshot.model import Snapshot
from reconciler.store.history import Entry
from reconciler.store.model import FleetEntry
from reconciler.store.store import Store


@dataclass(frozen=True, slots=True)
class FleetChange:
    """One fleet that differs: added, removed (retired), or changed in these resources."""

    name: str
    action: Literal["add", "change", "remove"]
    resources: tuple[Change, ...]

    def to_json(self) -> dict[str, Any]:
        """The value of a fleet's name in `fleets` of `diff -o json`."""
        changes = [{"action": each.action, "type": each.type_url, "name": each.name} for each in self.resources]
        return {"action": self.action, "resources": changes}


def compare(store: Store, before: Entry, after: Entry) -> tuple[FleetChange, ...]:
    """The fleets that differ, by name.

    Raises:
        StoreError: a snapshot is missing or damaged.
    """
    return tuple(_changes(store, before, after))


def _changes(store: Store, before: Entry, after: Entry) -> Iterator[FleetChange]:
    old, new = before.release.fleets, after.release.fleets
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was is not None and now is not None and was.snapshot == now.snapshot:
            continue
        action: Literal["add", "change", "remove"] = "add" if was is None else "remove" if now is None else "change"
        yield FleetChange(name, action, diff(_snapshot(store, was), _snapshot(store, now)))


def _snapshot(store: Store, entry: FleetEntry | None) -> Snapshot | None:
    return store.snapshot(entry.snapshot) if entry is not None else None
