"""What changes from one set of objects to another: by object and by field.

Items of lists are compared by what identifies them (`keys`), so that an item that is put in front of a list is one
addition and not a change of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.manifests.base import DEFAULT_NAMESPACE
from reconciler.manifests.registry import SERVED
from reconciler.records import dataclass
from reconciler.review.keys import Pair, pairs
from reconciler.snapshot.diff import Action
from reconciler.source.document import Document

Identity = tuple[str, str, str, str]
"""Group, kind, namespace (empty for cluster-scoped objects) and name."""

_SECRET = "***"  # noqa: S105  what is shown in place of one
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
"""The annotation in which kubectl repeats the whole object, of a Secret with its data."""
# What only Kubernetes writes, or what is about the object's bookkeeping.
_NOISE = frozenset({"status", "managedFields", "generation", "resourceVersion", "uid", "creationTimestamp"})


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: `path` as people write it (`spec.rules[/cart].backendRefs[web].weight`), None for "not there"."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object. `file` is where it stands (or stood); `fields` only where it is changed."""

    action: Action
    kind: str
    namespace: str
    name: str
    file: str
    fields: tuple[FieldChange, ...] = ()

    @property
    def object(self) -> str:
        """`Kind namespace/name`."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class ObjectChanges:
    """What changed, by kind, namespace and name, and how many objects are the same on both sides."""

    changed: tuple[ObjectChange, ...]
    unchanged: int


def object_changes(before: Iterable[Document], after: Iterable[Document]) -> ObjectChanges:
    """Compare two sets of objects."""
    before, after = tuple(before), tuple(after)
    same = _files(before) & _files(after)
    old = by_identity(one for one in before if (one.origin.file, one.blob) not in same)
    new = by_identity(one for one in after if (one.origin.file, one.blob) not in same)
    changed = tuple(_changes(old, new))
    untouched = sum((one.origin.file, one.blob) in same for one in after)
    return ObjectChanges(changed, untouched + len(new) - sum(change.action != "remove" for change in changed))


def _files(documents: Iterable[Document]) -> frozenset[tuple[str, str]]:
    """The files as they are: what is in one that both sides have needs no look."""
    return frozenset((document.origin.file, document.blob) for document in documents)


def _changes(old: Mapping[Identity, Document], new: Mapping[Identity, Document]) -> Iterator[ObjectChange]:
    for identity in sorted({*old, *new}, key=lambda key: (key[1], key[2], key[3], key[0])):
        was, now = old.get(identity), new.get(identity)
        _, kind, namespace, name = identity
        if was is None and now is not None:
            yield ObjectChange("add", kind, namespace, name, now.origin.file)
        elif now is None and was is not None:
            yield ObjectChange("remove", kind, namespace, name, was.origin.file)
        elif was is not None and now is not None and not _same_place(was, now):
            fields = tuple(
                _masked(kind, change)
                for change in _fields("", was.object, now.object)
                if change.path != "metadata.namespace"  # both are in the same one, which only one of them names
            )
            if fields:
                yield ObjectChange("change", kind, namespace, name, now.origin.file, fields)


def _same_place(was: Document, now: Document) -> bool:
    """True where both are the same part of the same file content: no need to look inside."""
    return (was.blob, was.origin.document, was.origin.item) == (now.blob, now.origin.document, now.origin.item)


def by_identity(documents: Iterable[Document]) -> dict[Identity, Document]:
    """The objects by what identifies them; of several definitions the first."""
    found: dict[Identity, Document] = {}
    for document in documents:
        metadata = document.object.get("metadata")
        if isinstance(metadata, dict):
            api_version, kind = str(document.object.get("apiVersion", "")), str(document.object.get("kind"))
            known = SERVED.get((api_version, kind))
            absent = DEFAULT_NAMESPACE if known is not None and known.namespaced else ""
            namespace = str(metadata.get("namespace") or absent)
            found.setdefault((api_version.rpartition("/")[0], kind, namespace, str(metadata.get("name"))), document)
    return found


def _fields(path: str, before: Any, after: Any) -> Iterator[FieldChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after} - _NOISE, key=str):
            yield from _fields(f"{path}.{key}" if path else str(key), before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        found = [one for pair in pairs(before, after) for one in _fields(_item_path(path, pair), *pair[1:])]
        yield from found
        if not found and before != after:
            yield FieldChange(f"{path} (order)", *(_order(items) for items in (before, after)))
    elif before != after or type(before) is not type(after):
        yield FieldChange(path, before, after)


def _item_path(path: str, pair: Pair) -> str:
    """Values are their own keys: to write them twice would tell nothing."""
    is_value = not isinstance(pair.before if pair.after is None else pair.after, dict | list)
    return path if is_value else f"{path}[{pair.key}]"


def _order(items: list[Any]) -> list[str]:
    return [pair.key for pair in pairs(items, ())]


def _masked(kind: str, change: FieldChange) -> FieldChange:
    if kind == "Secret" and change.path.startswith(("data", "stringData")):
        return FieldChange(change.path, change.before and _SECRET, change.after and _SECRET)
    if kind == "Secret" and change.path == f"metadata.annotations.{_LAST_APPLIED}":
        return FieldChange(change.path, change.before and _SECRET, change.after and _SECRET)
    if kind == "Secret" and change.path == "metadata.annotations":
        return FieldChange(change.path, _without_last_applied(change.before), _without_last_applied(change.after))
    return change


def _without_last_applied(annotations: Any) -> Any:
    hidden = isinstance(annotations, dict) and _LAST_APPLIED in annotations
    return {**annotations, _LAST_APPLIED: _SECRET} if hidden else annotations
