"""A redirect that leads to itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from reconciler.review.catalogue.entry import Entry
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene
from reconciler.review.places import of_rule
from reconciler.review.served.fleet import Fleet
from reconciler.review.served.request import Request
from reconciler.review.served.routing import way
from reconciler.review.served.tables import Route

ENTRY: Final = Entry(
    "GW608",
    "redirect loop",
    "A client that follows the redirect comes back to where it was: browsers give up with an error.",
    "Redirect to another scheme, host or path, or exclude the target from the rule's match.",
    "filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]    # on the HTTPS listener too",
)
MOST_HOPS: Final = 10
_PORTS: Final = {"http": 80, "https": 443}


def find(scene: Scene) -> Iterator[Danger]:
    """One for each rule that a sample request loops through, if it did not before."""
    seen: set[object] = set()
    for answer in scene.answers:
        if answer.sample is None or answer.ways is None or not answer.ways[1].shares:
            continue
        route = answer.ways[1].shares[0].route
        rule = route.owner[:4] if route.owner else route.name
        old, new = scene.comparison.pair(answer.fleet)
        if rule in seen or not _loops(new, answer.sample) or _loops(old, answer.sample):
            continue
        seen.add(rule)
        message = f"{answer.request} is redirected in a circle: {answer.after}"
        yield scene.danger(ENTRY, Risk.HIGH, message, of_rule(scene.comparison.after, route.owner))


def _loops(fleet: Fleet, request: Request) -> bool:
    visited = {request.url}
    for _ in range(MOST_HOPS):
        taken = way(fleet, request)
        route = taken.shares[0].route if taken.shares else None
        if route is None or route.message.WhichOneof("action") != "redirect":
            return False
        request = _followed(request, route)
        if request.url in visited:
            return True
        visited.add(request.url)
    return False


def _followed(request: Request, route: Route) -> Request:
    """The request that a client makes of the redirect."""
    to: Any = route.message.redirect
    scheme = to.scheme_redirect or ("https" if to.https_redirect else request.scheme)
    moved = scheme != request.scheme or bool(to.host_redirect)
    port = to.port_redirect or (_PORTS.get(scheme, request.port) if moved else request.port)
    path, question, query = request.target.partition("?")
    if to.path_redirect:
        path = to.path_redirect
    elif to.prefix_rewrite:
        match = route.message.match
        matched = match.path_separated_prefix or match.prefix or match.path
        path = to.prefix_rewrite + path[len(matched) :]
    elif to.HasField("regex_rewrite"):
        import re2

        path = re2.sub(to.regex_rewrite.pattern.regex, to.regex_rewrite.substitution, path)
    return replace(
        request, scheme=scheme, host=to.host_redirect or request.host, port=port, target=path + question + query
    )
