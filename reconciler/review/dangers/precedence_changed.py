"""A request that a rule has now goes to another rule, although the first one is still there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.review.catalogue.entry import Entry
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene
from reconciler.review.places import of_rule, spot, title
from reconciler.review.served.names import Owner
from reconciler.review.served.routing import Way

ENTRY: Final = Entry(
    "GW603",
    "route shadowed",
    "A rule keeps its match, but another one with precedence now takes requests that it had.",
    "Make the other rule's match more specific, or give it another hostname.",
)


def find(scene: Scene) -> Iterator[Danger]:
    """One for each pair of rules, with a sample request."""
    seen: set[tuple[Owner, Owner]] = set()
    for answer in scene.answers:
        if answer.ways is None or not answer.changed:
            continue
        was, now = (_rule(way) for way in answer.ways)
        if was is None or now is None or was[:4] == now[:4] or (was, now) in seen or not _still_there(answer.ways, was):
            continue
        seen.add((was, now))
        place = of_rule(scene.comparison.after, was)
        other = of_rule(scene.comparison.after, now)
        by = title(other[0]) if other else f"{now.namespace}/{now.name}"
        at = spot(scene.comparison.after, other)
        message = f"{answer.request} now goes to {by}" + (f" ({at})" if at else "") + f": {answer.after}"
        yield scene.danger(ENTRY, Risk.MEDIUM, message, place)


def _rule(way: Way) -> Owner | None:
    return way.shares[0].route.owner if way.shares else None


def _still_there(ways: tuple[Way, Way], was: Owner) -> bool:
    """Whether the route that had the request is among those of the host, with the same match."""
    before, after = ways
    match = before.shares[0].route.match
    return after.host is not None and any(
        route.match == match and route.owner is not None and route.owner[:3] == was[:3] for route in after.host.routes
    )
