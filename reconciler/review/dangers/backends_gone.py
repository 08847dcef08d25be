"""A rule answers requests with an error that it forwarded before: backends are gone, or have nothing behind them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
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
    "A rule will answer requests, or a share of them, with an error: backends that it forwards to are gone, have no "
    "endpoints or a weight of 0.",
    "Keep a backend with endpoints until the rule itself goes.",
)


def find(scene: Scene) -> Iterator[Danger]:
    """One for each rule."""
    seen: set[object] = set()
    for change, was, now in scene.pairs():
        rule = now.owner[:4] if now.owner else None
        old, new = scene.comparison.pair(change.fleet)
        before, after = _answered(old, was), _answered(new, now)
        if rule in seen or after >= before:
            continue
        seen.add(rule)
        told = action(scene.comparison.after, new, now)
        if after:
            lost = f"{float(before - after):.1%}"
            message, risk = f"{lost} more of the requests are answered with an error: {told}", Risk.MEDIUM
        else:
            had = action(scene.comparison.before, old, was)
            message, risk = f"requests that went to {had} are answered by the gateway: {told}", Risk.HIGH
        yield scene.danger(ENTRY, risk, message, of_rule(scene.comparison.after, now.owner))


def _answered(fleet: Fleet, route: Route) -> Fraction:
    """The share of requests that have a backend to go to; redirects and answers on purpose count as one."""
    message = route.message
    kind = message.WhichOneof("action")
    if kind == "direct_response":
        return Fraction(int(message.direct_response.status) not in {500, 503})
    if kind == "redirect":
        return Fraction(1)
    clusters = [(fleet.cluster(name), weight) for name, weight in route.clusters if weight]
    good = sum(weight for one, weight in clusters if one is not None and any(each.addresses for each in one.members))
    return Fraction(good, sum(weight for _, weight in clusters) or 1)
