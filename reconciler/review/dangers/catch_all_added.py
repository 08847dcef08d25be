"""A route that takes whatever no other one wants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.review.catalogue.entry import Entry
from reconciler.review.comparison import HostChange
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene
from reconciler.review.places import of_rule
from reconciler.review.served.tables import Route

ENTRY: Final = Entry(
    "GW607",
    "catch-all added",
    "A rule without hostname and match takes every request that no other rule wants. What was answered 404 is now "
    "forwarded, whoever asks for it.",
    "Give the route hostnames, unless it is meant to have all that is left over.",
)


def find(scene: Scene) -> Iterator[Danger]:
    """One for each route that is new as a catch-all."""
    seen: set[object] = set()
    for change in scene.comparison.hosts:
        if change.host != "*" or any(_takes_all(route) for route in change.routes(after=False)):
            continue
        for route in change.routes(after=True):
            if _takes_all(route) and route.owner and route.owner[:4] not in seen:
                seen.add(route.owner[:4])
                message = f"every request on {_where(scene, change)} that no other rule wants is taken by this"
                yield scene.danger(ENTRY, Risk.MEDIUM, message, of_rule(scene.comparison.after, route.owner))


def _where(scene: Scene, change: HostChange) -> str:
    place = scene.comparison.place(change)
    return f"port {place[0].port} of fleet {change.fleet}" if place else f"fleet {change.fleet}"


def _takes_all(route: Route) -> bool:
    match = route.message.match
    anything = match.WhichOneof("path_specifier") == "prefix" and match.prefix == "/"
    forwards = route.message.WhichOneof("action") == "route"
    return anything and forwards and not match.headers and not match.query_parameters
