"""What was encrypted is so no longer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.review.catalogue.entry import Entry
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene
from reconciler.review.places import of_rule, of_socket
from reconciler.review.served.fleet import Fleet
from reconciler.review.served.names import owner

ENTRY: Final = Entry(
    "GW605",
    "TLS removed",
    "A listener or a backend that TLS is spoken with now will be spoken with in the clear: everybody on the way can "
    "read "
    "and change what is sent.",
    "Keep TLS; to move clients, redirect from HTTP to HTTPS and not the reverse.",
)


def find(scene: Scene) -> Iterator[Danger]:
    """Ports towards clients, then clusters."""
    comparison = scene.comparison
    for fleet in comparison.common:
        old, new = comparison.pair(fleet)
        for port in sorted(_encrypted(old) & _clear(new) - _clear(old)):
            message = f"port {port} of fleet {fleet} no longer speaks TLS"
            yield scene.danger(ENTRY, Risk.HIGH, message, of_socket(comparison.after, fleet, port))
        for name in sorted(comparison.changed_clusters(fleet)):
            was, now = old.cluster(name), new.cluster(name)
            if was is not None and now is not None and was.tls and not now.tls:
                message = f"TLS is no longer spoken to the backends of {name} in fleet {fleet}"
                yield scene.danger(ENTRY, Risk.HIGH, message, of_rule(comparison.after, owner(name)))


def _encrypted(fleet: Fleet) -> set[int]:
    return {socket.port for socket, chain in fleet.chains() if chain.tls or chain.sni}


def _clear(fleet: Fleet) -> set[int]:
    return {socket.port for socket, chain in fleet.chains() if not socket.udp and not (chain.tls or chain.sni)}
