"""Listeners that share a port: which of them are in conflict, and whose TLS hosts overlap.

Conflicts are among the listeners that are valid for themselves, overlaps among those without conflict. Who comes first
wins: the listeners of a Gateway, then those of its ListenerSets, the oldest first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from reconciler.resolve import codes
from reconciler.resolve.hostnames import covering
from reconciler.resolve.listener_drafts import Draft, Socket, Source

_ALONE = frozenset({"tcp", "udp"})
"""Families without host names that could tell the listeners of a port apart."""


def check_ports(all_drafts: Iterable[Draft]) -> None:
    """Find the conflicts, of those that are valid for themselves; the drafts say what became of them."""
    ports: dict[Socket, list[Draft]] = defaultdict(list)
    for draft in all_drafts:
        if draft.protocol and draft.valid:
            ports[draft.socket].append(draft)
    for (_, port), drafts in ports.items():
        fitting = _check_families(drafts, port)
        if fitting and fitting[0].family in _ALONE:
            message = f"Several listeners of {fitting[0].listener.protocol} cannot share port {port}."
            _check_unique(fitting, "ProtocolConflict", message, "protocol")
        else:
            _check_hostnames(fitting, port)


def _check_families(drafts: Sequence[Draft], port: int) -> list[Draft]:
    """The listeners that can share the port. Who comes first decides for which family, or spoils it for all."""
    first = drafts[0].source
    families = {draft.family for draft in drafts if draft.source is first}
    fitting = [draft for draft in drafts if {draft.family} == families]
    if len(fitting) < len(drafts):
        protocols = " and ".join(sorted({draft.listener.protocol for draft in drafts}))
        message = f"Listeners of {protocols} cannot share port {port}."
        others = [draft for draft in drafts if {draft.family} != families]
        _conflict(others, first, "ProtocolConflict", message, "protocol")
    return fitting


def _check_hostnames(drafts: Sequence[Draft], port: int) -> None:
    hostnames: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        hostnames[draft.hostname].append(draft)
    for hostname, same in hostnames.items():
        message = f"Several listeners of port {port} have the hostname {hostname}."
        _check_unique(same, "HostnameConflict", message, "hostname")
    _check_overlaps([draft for draft in drafts if draft.serves and draft.family == "tls"])


def _check_unique(drafts: Sequence[Draft], reason: str, message: str, key: str) -> None:
    """Of listeners that cannot be told apart, the first one's is left, unless it has several itself."""
    first = drafts[0].source
    sole = len(drafts) == 1 or drafts[1].source is not first
    _conflict(drafts[1:] if sole else drafts, first, reason, message, key)


def _conflict(drafts: Iterable[Draft], first: Source, reason: str, message: str, key: str) -> None:
    """Refuse listeners. Those of the first one on the port win, unless they are in conflict among themselves."""
    for draft in drafts:
        told = message
        if draft.source is not first:
            told = f"{message} {first.loaded.resource.title} comes first."
        draft.problems["Conflicted"] = (reason, told)
        path = (key,) if key != "hostname" or draft.listener.hostname else ()
        draft.fail("Accepted", reason, told, codes.LISTENER_CONFLICT, path)


def _check_overlaps(drafts: Sequence[Draft]) -> None:
    """GEP-3567: a connection for one listener's host may be reused by a client for another's, in HTTP.

    HTTP/2 is offered all the same: such requests are detected, and answered 421 (Misdirected Request).
    """
    by_hostname = {draft.hostname: draft for draft in drafts}
    for draft in drafts:
        for wider in covering(draft.hostname):
            other = by_hostname.get(wider)
            if (
                other is not None
                and other is not draft
                and "HTTPS" in (draft.listener.protocol, other.listener.protocol)
            ):
                draft.overlap = draft.overlap or _seen_from(draft, other)
                other.overlap = other.overlap or _seen_from(other, draft)


def _seen_from(draft: Draft, other: Draft) -> str:
    """The name of another listener, as a reader of the draft's status knows it."""
    if draft.source is other.source:
        return other.listener.name
    return f"{other.listener.name} of {other.source.loaded.resource.title}"
