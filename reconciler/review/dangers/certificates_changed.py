"""Clients will be shown another certificate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.review.catalogue.entry import Entry
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene
from reconciler.review.places import of_socket

ENTRY: Final = Entry(
    "GW609",
    "certificates changed",
    "Clients will be shown another certificate, or theirs are verified by another authority. Where a name or an "
    "issuer does "
    "not fit, they get no connection.",
    "Make sure that the new certificate has the hostnames, and that the sidecars have its content.",
)


def find(scene: Scene) -> Iterator[Danger]:
    """One for each filter chain that names others, or whose published content differs."""
    comparison = scene.comparison
    for fleet in comparison.common:
        old, new = comparison.pair(fleet)
        chains = {(socket.port, chain.name): chain for socket, chain in old.chains()}
        for socket, after in new.chains():
            before = chains.get((socket.port, after.name))
            if before is None or not before.tls or not after.tls:
                continue
            was, now = (*before.certificates, before.client_authority), (*after.certificates, after.client_authority)
            renewed = [name for name in now if name in was and old.secrets.get(name) != new.secrets.get(name)]
            if was != now or renewed:
                names = ", ".join(sorted({*renewed, *(set(now) - set(was))} - {""})) or "none"
                message = f"port {socket.port} of fleet {fleet} has other certificates: {names}"
                place = of_socket(comparison.after, fleet, socket.port, after.name)
                yield scene.danger(ENTRY, Risk.LOW, message, place)
