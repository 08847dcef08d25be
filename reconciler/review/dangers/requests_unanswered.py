"""Requests that have an answer now find no rule any more, although their host is still served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.review.catalogue.entry import Entry
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene
from reconciler.review.places import of_hostname, of_rule
from reconciler.review.served.names import Owner

ENTRY: Final = Entry(
    "GW612",
    "requests left without a rule",
    "A rule went, or its match became narrower: requests that it answers now will get 404.",
    "Keep a rule for them, for example one that redirects.",
)


def find(scene: Scene) -> Iterator[Danger]:
    """One for each rule that had such requests, with a sample."""
    seen: set[tuple[str, Owner]] = set()
    for answer in scene.answers:
        if answer.ways is None or not answer.ways[0].shares or answer.ways[1].shares:
            continue
        was, host = answer.ways[0].shares[0].route.owner, answer.ways[1].host
        rule = was._replace(match=None) if was else None
        if rule is None or (answer.fleet, rule) in seen or host is None or not any(one.owner for one in host.routes):
            continue
        seen.add((answer.fleet, rule))
        message = f"{answer.request} is answered {answer.after}; before it went to {answer.before}"
        place = of_rule(scene.comparison.after, rule) or of_hostname(scene.comparison.after, rule)
        if place is not None:
            yield scene.danger(ENTRY, Risk.MEDIUM, message, place)
        else:
            yield scene.danger(ENTRY, Risk.MEDIUM, message, of_rule(scene.comparison.before, rule), gone=True)
