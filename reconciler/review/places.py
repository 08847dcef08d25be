"""Where things are written: from a route, listener or hostname of a fleet to a field of a manifest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.diagnostics import Diagnostic, FieldPath, Origin, Severity
from reconciler.review.comparison import Version
from reconciler.review.served.names import Owner
from reconciler.source.document import Document
from reconciler.source.positions import locate

_LISTENING = ("Gateway", "ListenerSet")


def title(document: Document) -> str:
    """`Kind namespace/name`."""
    metadata = document.object.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return f"{document.object.get('kind')} {f'{namespace}/' if namespace else ''}{name}"


def of_rule(version: Version, owner: Owner | None) -> tuple[Document, FieldPath] | None:
    """The rule that a route or cluster is of."""
    document = version.owner(owner) if owner else None
    if owner is None or document is None:
        return None
    path: FieldPath = ("spec", "rules", max(owner.rule, 0))
    return document, (*path, "matches", owner.match) if owner.match is not None and owner.match >= 0 else path


def of_hostname(version: Version, owner: Owner | None) -> tuple[Document, FieldPath] | None:
    """The hostnames of a route."""
    document = version.owner(owner) if owner else None
    return (document, ("spec", "hostnames")) if document else None


def of_socket(version: Version, fleet: str, port: int, chain: str = "") -> tuple[Document, FieldPath] | None:
    """A listener by its port, and for one of several by its name, which ends the name of a filter chain."""
    found = list(_listeners(version, fleet, port))
    named = [entry for entry in found if chain and chain.split("/")[-1] == entry[2]]
    for document, path, _ in named or found:
        return document, path
    return None


def _listeners(version: Version, fleet: str, port: int) -> Iterator[tuple[Document, FieldPath, str]]:
    for (_, kind, namespace, name), document in version.of_kinds(*_LISTENING).items():
        spec: Any = document.object.get("spec")
        if not isinstance(spec, dict):
            continue
        merged = spec.get("gatewayClassName") == fleet
        if kind == "Gateway" and f"{namespace}/{name}" != fleet and not merged:
            continue
        listeners = spec.get("listeners")
        for index, listener in enumerate(listeners if isinstance(listeners, list) else ()):
            if isinstance(listener, dict) and listener.get("port") == port:
                yield document, ("spec", "listeners", index), str(listener.get("name"))


def finding(
    code: str,
    severity: Severity,
    message: str,
    remedy: str,
    version: Version,
    place: tuple[Document, FieldPath] | None,
    *,
    gone: bool = False,
) -> Diagnostic:
    """A located diagnostic about a place; what is `gone` has a place only in the base, which the message names."""
    if place is None:
        return Diagnostic(code, severity, message, help=remedy)
    document, path = place
    found = Diagnostic(code, severity, message, title(document), document.origin, path, help=remedy)
    if version.tree is not None:
        (found,) = locate([found], version.tree)
    if not gone:
        return found
    was = f"{message} (it was in {found.file}" + (f":{found.line})" if found.line else ")")
    return Diagnostic(code, severity, was, title(document), help=remedy)


def spot(version: Version, place: tuple[Document, FieldPath] | None) -> str:
    """`file:line` of a place, or an empty string."""
    if place is None:
        return ""
    document, path = place
    origin: Origin = document.origin
    found = Diagnostic("", Severity.NOTICE, "", origin=origin, path=path)
    if version.tree is not None:
        (found,) = locate([found], version.tree)
    return f"{found.file}:{found.line}" if found.line else found.file
