"""What a new snapshot adds, changes and removes."""

from __future__ import annotations

from typing import Literal

from reconciler.records import dataclass
from reconciler.snapshot.model import Snapshot

Action = Literal["add", "change", "remove"]


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that differs between two snapshots."""

    type_url: str
    name: str
    action: Action


def diff(old: Snapshot | None, new: Snapshot | None) -> tuple[Change, ...]:
    """The changes from one snapshot to another, sorted by type URL and name; None is a snapshot of nothing."""
    before, after = _digests(old), _digests(new)
    changes: list[Change] = []
    for type_url in sorted(before.keys() | after.keys()):
        if before.get(type_url) != after.get(type_url):
            changes += _changes(type_url, _values(old, type_url), _values(new, type_url))
    return tuple(changes)


def _changes(type_url: str, old: dict[str, bytes], new: dict[str, bytes]) -> list[Change]:
    changes = []
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            changes.append(Change(type_url, name, "add"))
        elif name not in new:
            changes.append(Change(type_url, name, "remove"))
        elif old[name] != new[name]:
            changes.append(Change(type_url, name, "change"))
    return changes


def _digests(snapshot: Snapshot | None) -> dict[str, str]:
    return {type_set.type_url: type_set.digest for type_set in snapshot.types} if snapshot else {}


def _values(snapshot: Snapshot | None, type_url: str) -> dict[str, bytes]:
    types = snapshot.types if snapshot else ()
    return {
        resource.name: resource.value
        for type_set in types
        if type_set.type_url == type_url
        for resource in type_set.resources
    }
