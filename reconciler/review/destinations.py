"""What becomes of a request, in people's words: backends by their names in the manifests, with their shares."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from reconciler.review.comparison import Version
from reconciler.review.served.clusters import Member
from reconciler.review.served.fleet import Fleet
from reconciler.review.served.names import Owner, owner
from reconciler.review.served.routing import Way
from reconciler.review.served.tables import Route

_FILTER: Final = re.compile(r"envoy\.filters\.http\.([a-z_]+)")
_CODES: Final = (301, 302, 303, 307, 308)
"""In the order of `RedirectResponseCode`."""


def ending(version: Version, fleet: Fleet, way: Way) -> str:
    """The end of a request's way."""
    if not way.shares:
        return way.ending
    parts = [(action(version, fleet, share.route), share.millionths) for share in way.shares]
    return _shared(parts)


def action(version: Version, fleet: Fleet, route: Route) -> str:
    """What a route does."""
    message = route.message
    kind = message.WhichOneof("action")
    if kind == "redirect":
        return f"{_CODES[message.redirect.response_code]} to {location(message.redirect)}"
    if kind == "direct_response":
        return str(message.direct_response.status)
    text = forwarding(version, fleet, route.clusters) + _rewritten(message.route)
    through = filters(route)
    return f"{text} through {', '.join(through)}" if through else text


def filters(route: Route) -> tuple[str, ...]:
    """The HTTP filters that a route has configuration for, in short."""
    found = (_FILTER.match(name) for name in route.filters)
    return tuple(sorted({match[1] for match in found if match}))


def forwarding(version: Version, fleet: Fleet, clusters: Iterable[tuple[str, int]]) -> str:
    """Where clusters lead, by weight."""
    return _shared(_weighted(version, fleet, clusters))


def shares(version: Version, fleet: Fleet, route: Route) -> tuple[tuple[str, str], ...]:
    """What a route leads to, each with its share of the requests (empty for all of them)."""
    kind = route.message.WhichOneof("action")
    parts = _merged(_weighted(version, fleet, route.clusters)) if kind == "route" else {}
    if not parts:
        return ((action(version, fleet, route), ""),)
    total = sum(parts.values()) or 1
    return tuple((text, "" if len(parts) == 1 else _percent(weight / total)) for text, weight in parts.items())


def _weighted(version: Version, fleet: Fleet, clusters: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    parts: list[tuple[str, int]] = []
    for name, weight in clusters:
        cluster = fleet.cluster(name)
        if cluster is None:
            parts.append(("500, no valid backend", weight * 1_000_000))
            continue
        members = [one for one in cluster.members if one.priority == 0 and one.addresses]
        if not members:
            told = _backend(version, owner(name), None) or name
            parts.append((f"{told}, which has no endpoints (503)", weight * 1_000_000))
        total = sum(member.weight for member in members)
        parts += [
            (_backend(version, member.owner, member) or name, weight * member.weight * 1_000_000 // total)
            for member in members
        ]
    return parts


def _backend(version: Version, of: Owner | None, member: Member | None) -> str:
    """`checkout:80`, as the rule's backendRef has it; without the manifest an address."""
    reference = _reference(version, of) if of else None
    if reference is not None:
        namespace = reference.get("namespace")
        other = f"{namespace}/" if namespace and of and namespace != of.namespace else ""
        port = reference.get("port")
        return f"{other}{reference.get('name')}" + (f":{port}" if port else "")
    return member.addresses[0] if member and member.addresses else ""


def _reference(version: Version, of: Owner) -> dict[str, Any] | None:
    document = version.owner(of)
    rules = _get(_get(document.object if document else None, "spec"), "rules")
    index = max(of.rule, 0)
    references = _get(rules[index], "backendRefs") if isinstance(rules, list) and index < len(rules) else None
    if not isinstance(references, list):
        return None
    backend = of.backend if of.backend is not None else 0 if len(references) == 1 else len(references)
    found = references[backend] if backend < len(references) else None
    return found if isinstance(found, dict) else None


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def location(redirect: Any) -> str:
    """Where a redirect leads, `…` for what stays as in the request."""
    scheme = redirect.scheme_redirect or ("https" if redirect.https_redirect else "…")
    port = f":{redirect.port_redirect}" if redirect.port_redirect else ""
    path = redirect.path_redirect or (f"{redirect.prefix_rewrite}…" if redirect.prefix_rewrite else "/…")
    return f"{scheme}://{redirect.host_redirect or '…'}{port}{path}"


def _rewritten(forward: Any) -> str:
    changes = []
    if forward.host_rewrite_literal:
        changes.append(f"host {forward.host_rewrite_literal}")
    if forward.prefix_rewrite:
        changes.append(f"prefix {forward.prefix_rewrite}")
    elif forward.HasField("regex_rewrite"):
        changes.append("another path")
    return f" as {' and '.join(changes)}" if changes else ""


def _shared(parts: Iterable[tuple[str, int]]) -> str:
    """`a 90%, b 10%`; equal ones are one."""
    weights = _merged(parts)
    if len(weights) == 1:
        return next(iter(weights))
    total = sum(weights.values()) or 1
    return ", ".join(f"{text} {_percent(weight / total)}" for text, weight in weights.items())


def _merged(parts: Iterable[tuple[str, int]]) -> dict[str, int]:
    weights: dict[str, int] = {}
    for text, weight in parts:
        weights[text] = weights.get(text, 0) + weight
    return weights


def _percent(share: float) -> str:
    text = f"{share * 100:.1f}".removesuffix(".0")
    return f"{text}%" if share == 0 or share * 100 >= 0.1 else "<0.1%"
