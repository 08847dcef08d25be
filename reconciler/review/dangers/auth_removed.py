"""Nobody is asked any more who they are, or what they may do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.review.catalogue.entry import Entry
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.dangers.scene import Scene
from reconciler.review.places import of_rule, of_socket

ENTRY: Final = Entry(
    "GW606",
    "authentication or authorization removed",
    "Requests that are refused now without credentials, or by a rule, will be let through.",
    "Make sure that something else checks them: a policy of the Gateway, or the backend.",
)
_GUARDS: Final = re.compile(r"envoy\.filters\.http\.(jwt_authn|basic_auth|api_key_auth|oauth2|ext_authz|rbac)\b")


def find(scene: Scene) -> Iterator[Danger]:
    """Filters of rules, then filters and client certificates of filter chains."""
    comparison = scene.comparison
    seen: set[object] = set()
    for change, was, now in scene.pairs():
        lost = _guards(was.filters) - _guards(now.filters)
        rule = (now.owner[:4] if now.owner else change.host, *sorted(lost))
        if lost and rule not in seen and now.message.WhichOneof("action") == "route":
            seen.add(rule)
            message = f"{' and '.join(sorted(lost))} no longer guards {change.host} in fleet {change.fleet}"
            yield scene.danger(ENTRY, Risk.HIGH, message, of_rule(comparison.after, now.owner))
    for fleet in comparison.common:
        old, new = comparison.pair(fleet)
        chains = {(socket.port, chain.name): chain for socket, chain in new.chains()}
        for socket, before in old.chains():
            after = chains.get((socket.port, before.name))
            if after is None:
                continue
            place = of_socket(comparison.after, fleet, socket.port, after.name)
            for guard in sorted(_guards(before.filters) - _guards(after.filters)):
                message = f"{guard} no longer guards port {socket.port} of fleet {fleet}"
                yield scene.danger(ENTRY, Risk.HIGH, message, place)
            if before.client_required and not after.client_required:
                message = f"port {socket.port} of fleet {fleet} no longer asks clients for a valid certificate"
                yield scene.danger(ENTRY, Risk.HIGH, message, place)


def _guards(filters: Iterable[str]) -> set[str]:
    return {match[1] for match in map(_GUARDS.match, filters) if match}
