"""A listener that clients may be connected to is no longer there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.review.catalogue.entry import Entry
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene
from reconciler.review.places import of_socket

ENTRY: Final = Entry(
    "GW601",
    "listener dropped",
    "A port that is served now will be closed: clients get no connection.",
    "Keep the listener until no client uses it any more.",
)


def find(scene: Scene) -> Iterator[Danger]:
    """One for each socket that closes."""
    for fleet in scene.comparison.common:
        old, new = scene.comparison.pair(fleet)
        left = {(socket.port, socket.udp) for socket in new.sockets}
        for socket in old.sockets:
            if (socket.port, socket.udp) not in left:
                protocol = "UDP port" if socket.udp else "port"
                message = f"{protocol} {socket.port} of fleet {fleet} is no longer served"
                place = of_socket(scene.comparison.before, fleet, socket.port)
                yield scene.danger(ENTRY, Risk.HIGH, message, place, gone=True)
