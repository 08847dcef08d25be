"""The Envoys that are connected: what each was sent, what it has acknowledged, what it has refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.sidecar.protocol import Node, Refusal, Stream


class TypeState(NamedTuple):
    """The versions of one type that an Envoy was sent last and has acknowledged last; empty: none."""

    sent: str
    acknowledged: str


class Envoy(NamedTuple):
    """One stream of an Envoy.

    Attributes:
        since: when it was opened, in seconds of the epoch.
        serial: of the newest release that it has acknowledged as a whole; 0: none yet.
        newest: the serial that its fleet has.
        types: by type URL.
        refusal: what it refused last, until it has acknowledged the newest release.
    """

    node: str
    fleet: str
    protocol: str
    peer: str
    since: float
    serial: int
    newest: int
    types: Mapping[str, TypeState]
    refusal: Refusal | None

    @property
    def lag(self) -> int:
        """How many serials it is behind."""
        return self.newest - self.serial


class Roster:
    """All open streams."""

    def __init__(self) -> None:
        self._streams: dict[Stream[Any], tuple[str, float]] = {}

    def enter(self, stream: Stream[Any], peer: str, now: float) -> None:
        """A stream was opened at `now` (seconds of the epoch)."""
        self._streams[stream] = (peer, now)

    def leave(self, stream: Stream[Any]) -> None:
        """A stream has ended."""
        self._streams.pop(stream, None)

    def envoys(self) -> list[Envoy]:
        """Whoever has said its name, in the order of fleet, name and age."""
        found = [
            _envoy(stream, stream.node, peer, since)
            for stream, (peer, since) in self._streams.items()
            if stream.node is not None
        ]
        return sorted(found, key=lambda each: (each.fleet, each.node, each.since))


def _envoy(stream: Stream[Any], node: Node, peer: str, since: float) -> Envoy:
    newest = stream.fleet.newest if stream.fleet is not None else None
    return Envoy(
        node.id,
        node.cluster,
        "delta" if stream.delta else "sotw",
        peer,
        since,
        stream.serial,
        newest.serial if newest is not None else 0,
        {url: TypeState(each.base.version, each.acknowledged) for url, each in sorted(stream.ledgers.items())},
        stream.refusal,
    )
