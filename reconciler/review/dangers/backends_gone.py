"""A rule that forwards now has nothing to forward to, or one of its backends gets no requests any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.review.catalogue.entry import Entry
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene
from reconciler.review.destinations import action
from reconciler.review.places import of_rule
from reconciler.review.served.fleet import Fleet
from reconciler.review.served.tables import Route

ENTRY: Final = Entry(
    "GW604",
    "no backend left",
    "A rule that forwards now will answer with an error: its backends are gone, have no endpoints or a weight of 0.",
    "Keep a backend with endpoints until the rule itself goes.",
)


def find(scene: Scene) -> Iterator[Danger]:
    """One for each rule."""
    seen: set[object] = set()
    for change, was, now in scene.pairs():
        rule = now.owner[:4] if now.owner else None
        old, new = scene.comparison.pair(change.fleet)
        if rule in seen or not _answered(old, was) or _answered(new, now):
            continue
        seen.add(rule)
        told = action(scene.comparison.after, new, now)
        had = action(scene.comparison.before, old, was)
        message = f"requests that went to {had} are answered by the gateway: {told}"
        yield scene.danger(ENTRY, Risk.HIGH, message, of_rule(scene.comparison.after, now.owner))


def _answered(fleet: Fleet, route: Route) -> bool:
    """Whether a request has a backend to go to; redirects and answers on purpose count as one."""
    message = route.message
    kind = message.WhichOneof("action")
    if kind == "direct_response":
        return int(message.direct_response.status) not in {500, 503}
    if kind == "redirect":
        return True
    clusters = [fleet.cluster(name) for name, weight in route.clusters if weight]
    return any(one is not None and any(member.addresses for member in one.members) for one in clusters)
