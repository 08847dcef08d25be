"""Sorts documents by kind: routes, the other kinds that gitway reads, and what it skips or refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.manifests import codes
from reconciler.manifests.base import DEFAULT_NAMESPACE
from reconciler.manifests.identify import mistake
from reconciler.manifests.registry import KINDS, SERVED, Kind
from reconciler.manifests.validate import load
from reconciler.manifests.wording import did_you_mean, object_name, printable
from reconciler.records import dataclass


class RawDocument(Protocol):
    """A raw object and where it stands."""

    @property
    def object(self) -> Any:
        """The object, as plain JSON types."""

    @property
    def origin(self) -> Origin:
        """Its place."""


D = TypeVar("D", bound=RawDocument)


@dataclass(frozen=True, slots=True)
class Triage(Generic[D]):
    """Documents to load, in their order, and what is to be said about the others.

    No two of `routes` and `others` are the same object (group, kind, namespace and name).
    """

    routes: tuple[D, ...]
    others: tuple[D, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _Skipped:
    """Objects of one kind that are skipped: the first of them, and how many."""

    first: RawDocument
    count: int = 0


def triage(documents: Iterable[D]) -> Triage[D]:
    """Sort documents, which come in the order of their files.

    Errors: what is no object at all, or of an unknown kind or version of a group that gitway knows (GW102, GW103,
    GW106), and every definition of an object after the first (GW301). Kinds that are not translated are a warning
    each (GW108), those that gitway does not know a notice each (GW107). Guardrails are for reviews to load.
    """
    routes: list[D] = []
    others: list[D] = []
    diagnostics: list[Diagnostic] = []
    skipped: dict[tuple[str, str], _Skipped] = {}
    seen: dict[tuple[str, str, str, str], Origin] = {}
    for document in documents:
        raw = document.object
        kind = _served(raw)
        if kind is None and (error := mistake(raw, document.origin)) is not None:
            diagnostics.append(error)
        elif kind is None or not kind.translated:
            skipped.setdefault((raw["apiVersion"], raw["kind"]), _Skipped(document)).count += 1
        elif (first := _first(kind, raw, document.origin, seen)) is not None:
            diagnostics.extend(_duplicate(document, first))
        elif kind.guardrail:
            continue
        elif kind.route:
            routes.append(document)
        else:
            others.append(document)
    diagnostics.extend(_skipped_kinds(skipped))
    return Triage(tuple(routes), tuple(others), tuple(diagnostics))


def _served(raw: Any) -> Kind | None:
    try:
        return SERVED.get((raw["apiVersion"], raw["kind"]))
    except (KeyError, TypeError):
        return None


def _first(
    kind: Kind, raw: dict[str, Any], origin: Origin, seen: dict[tuple[str, str, str, str], Origin]
) -> Origin | None:
    """Where the object was defined before; None if nowhere, or if it has no name to tell."""
    metadata = raw.get("metadata")
    if not isinstance(metadata, dict):
        return None
    name, namespace = metadata.get("name"), metadata.get("namespace") or DEFAULT_NAMESPACE
    if not isinstance(name, str) or not isinstance(namespace, str):
        return None
    first = seen.setdefault((kind.group, kind.name, namespace if kind.namespaced else "", name), origin)
    return None if first is origin else first


def _duplicate(document: RawDocument, first: Origin) -> Iterator[Diagnostic]:
    name = object_name(document.object)
    place = "earlier in this file" if first.file == document.origin.file else f"in {printable(first.file)}"
    yield Diagnostic(
        codes.DUPLICATE_OBJECT,
        Severity.ERROR,
        f"metadata.name: {name} is already defined {place}",
        name,
        document.origin,
        ("metadata", "name"),
        help="Remove one of them, or give it another name or namespace.",
    )
    result = load(document.object, document.origin)
    if isinstance(result, tuple):
        yield from result


def _skipped_kinds(skipped: dict[tuple[str, str], _Skipped]) -> Iterator[Diagnostic]:
    for (api_version, name), kind in skipped.items():
        known = (api_version, name) in SERVED
        reason = "does not translate this kind yet" if known else "does not know this kind"
        count = "1 object is" if kind.count == 1 else f"{kind.count} objects are"
        yield Diagnostic(
            codes.UNTRANSLATED_KIND if known else codes.SKIPPED_KIND,
            Severity.WARNING if known else Severity.NOTICE,
            f"{printable(name)} ({printable(api_version)}): gitway {reason}; {count} skipped",
            object_name(kind.first.object),
            kind.first.origin,
            ("kind",),
            help="What it asks for has no effect." if known else _resemblance(api_version, name),
        )


def _resemblance(api_version: str, name: str) -> str:
    """A hint for the author of a kind that is nearly one of ours."""
    namesakes = [version for kind in KINDS.values() if kind.name == name for version in kind.api_versions]
    if namesakes:
        return did_you_mean(api_version, namesakes)
    return did_you_mean(name, [kind for version, kind in SERVED if version == api_version])
