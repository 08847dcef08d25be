"""How far a change reaches: fleets, their ports, and the hostnames that may be answered otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.review.comparison import Comparison


class Reach(NamedTuple):
    """What of a fleet a change touches."""

    fleet: str
    listeners: tuple[str, ...]
    hostnames: tuple[str, ...]


def reaches(comparison: Comparison) -> tuple[Reach, ...]:
    """By fleet, those that change."""
    return tuple(
        Reach(fleet, tuple(sorted(set(_listeners(comparison, fleet)))), _hostnames(comparison, fleet))
        for fleet in comparison.fleets
    )


def _listeners(comparison: Comparison, fleet: str) -> Iterator[str]:
    old, new = comparison.pair(fleet)
    before, after = ({one.name: one for one in side.sockets} for side in (old, new))
    for name in {*before, *after}:
        if before.get(name) != after.get(name):
            yield name
    for change in comparison.hosts:
        place = comparison.place(change) if change.fleet == fleet else None
        if place is not None:
            yield place[0].name
    for socket, chain in new.chains():
        if any(name in comparison.changed_clusters(fleet) for name, _ in chain.clusters):
            yield socket.name


def _hostnames(comparison: Comparison, fleet: str) -> tuple[str, ...]:
    if fleet in comparison.common:
        return tuple(sorted({change.host for change in comparison.hosts if change.fleet == fleet}))
    old, new = comparison.pair(fleet)
    return tuple(sorted({host for side in (old, new) for table in side.tables.values() for host in table.hosts}))
