"""One change reaches most of a fleet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.review.catalogue.entry import Entry
from reconciler.review.comparison import HostChange
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene

ENTRY: Final = Entry(
    "GW610",
    "most of a fleet changed",
    "At least half of what a fleet serves changes at once: if something is wrong with the change, it is wrong "
    "everywhere.",
    "Make it in several steps, or publish it to one fleet first (publish --fleet).",
)
LEAST: Final = 10
"""Routes of a fleet below which a half is nothing unusual."""


def find(scene: Scene) -> Iterator[Danger]:
    """One for each fleet whose routes are mostly changed or removed."""
    by_fleet: dict[str, list[HostChange]] = {}
    for change in scene.comparison.hosts:
        by_fleet.setdefault(change.fleet, []).append(change)
    for fleet, changes in by_fleet.items():
        old, _ = scene.comparison.pair(fleet)
        changed = sum(map(_changed, changes))
        if changed < LEAST:
            continue
        total = sum(len(host.routes) for table in old.tables.values() for host in table.hosts.values())
        if 2 * changed >= total:
            message = f"{changed} of {total} routes of fleet {fleet} change or go"
            yield scene.danger(ENTRY, Risk.MEDIUM, message, None)


def _changed(change: HostChange) -> int:
    kept = {route.value for route in change.routes(after=True)}
    return sum(route.value not in kept for route in change.routes(after=False))
