"""What the API server would be asked: one request for each object that is added, changed or removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from reconciler.diagnostics import Origin
from reconciler.manifests.base import DEFAULT_NAMESPACE
from reconciler.manifests.load import RawDocument
from reconciler.manifests.registry import SERVED
from reconciler.records import dataclass
from reconciler.resolve.selectors import namespace_labels

Operation = Literal["CREATE", "UPDATE", "DELETE"]
Identity = tuple[str, str, str, str]
"""Group, kind, namespace and name."""

_MASKED: Final = "***"


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `object` is None for DELETE, `old` for CREATE; `origin`: where the object stands."""

    operation: Operation
    group: str
    version: str
    kind: str
    namespace: str
    name: str
    object: dict[str, Any] | None
    old: dict[str, Any] | None
    origin: Origin | None

    @property
    def title(self) -> str:
        """`Kind namespace/name`."""
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"

    @property
    def resource(self) -> str:
        """The kind as rules name it: `httproutes`."""
        return plural(self.kind)

    def as_variable(self) -> dict[str, Any]:
        """The variable `request`: what of an AdmissionRequest there is without an API server."""
        kind = {"group": self.group, "version": self.version, "kind": self.kind}
        resource = {"group": self.group, "version": self.version, "resource": self.resource}
        return {
            "operation": self.operation,
            "name": self.name,
            "namespace": self.namespace,
            "kind": kind,
            "requestKind": kind,
            "resource": resource,
            "requestResource": resource,
            "subResource": "",
            "dryRun": False,
        }


def plural(kind: str) -> str:
    """The resource of a kind, by the rule that all kinds of Gateway API and Envoy Gateway follow."""
    lower = kind.lower()
    if lower.endswith("y") and lower[-2:-1] not in "aeiou":
        return f"{lower[:-1]}ies"
    return f"{lower}es" if lower.endswith("s") else f"{lower}s"


def requests(before: Mapping[Identity, RawDocument], after: Mapping[Identity, RawDocument]) -> Iterator[Request]:
    """The requests that lead from one set of objects to another, in the order of identities."""
    for identity in sorted({*before, *after}):
        old, new = before.get(identity), after.get(identity)
        if old is not None and new is not None and old.object == new.object:
            continue
        yield _request(identity, old, new)


def repeated(after: Mapping[Identity, RawDocument], before: Mapping[Identity, RawDocument]) -> Iterator[Request]:
    """A request for each object as if it had just been written; and for those that are gone."""
    for identity in sorted({*before, *after}):
        yield _request(identity, before.get(identity), after.get(identity))


def by_identity(documents: Iterable[RawDocument]) -> dict[Identity, RawDocument]:
    """The objects by identity; the first of two with the same one."""
    found: dict[Identity, RawDocument] = {}
    for document in documents:
        raw = document.object
        metadata = raw.get("metadata") if isinstance(raw, dict) else None
        if isinstance(metadata, dict) and isinstance(raw.get("apiVersion"), str) and metadata.get("name"):
            kind = SERVED.get((raw["apiVersion"], str(raw.get("kind"))))
            absent = DEFAULT_NAMESPACE if kind is not None and kind.namespaced else ""
            namespace = str(metadata.get("namespace") or absent)
            key = (raw["apiVersion"].rpartition("/")[0], str(raw.get("kind")), namespace, str(metadata["name"]))
            found.setdefault(key, document)
    return found


def namespace_object(name: str, objects: Mapping[Identity, RawDocument]) -> dict[str, Any] | None:
    """The Namespace of a name: its manifest, or what Kubernetes would know of one without; None without a name."""
    if not name:
        return None
    document = objects.get(("", "Namespace", "", name))
    raw: dict[str, Any] = document.object if document is not None else {"apiVersion": "v1", "kind": "Namespace"}
    metadata = raw.get("metadata", {})
    return {
        **raw,
        "metadata": {**metadata, "name": name, "labels": dict(namespace_labels(name, metadata.get("labels")))},
    }


def _request(identity: Identity, old: RawDocument | None, new: RawDocument | None) -> Request:
    group, kind, namespace, name = identity
    present = new if new is not None else old
    assert present is not None  # noqa: S101  an identity comes from one of the two
    operation: Operation = "DELETE" if new is None else "CREATE" if old is None else "UPDATE"
    version = present.object["apiVersion"].rpartition("/")[2]
    seen = [None if document is None else as_admitted(document.object, namespace) for document in (new, old)]
    origin = new.origin if new is not None else None
    return Request(operation, group, version, kind, namespace, name, seen[0], seen[1], origin)


def as_admitted(raw: dict[str, Any], namespace: str) -> dict[str, Any]:
    """The object as policies see it: with its namespace and the CRD's defaults, and nothing secret.

    The API server fills in defaults before it asks policies. A Secret's values are masked: a policy's message may not
    carry them into a pull request.
    """
    kind = SERVED.get((str(raw.get("apiVersion")), str(raw.get("kind"))))
    whole = _with_defaults(raw) if kind is not None and kind.modelled else dict(raw)
    if namespace:
        whole["metadata"] = {**whole["metadata"], "namespace": namespace}
    if raw.get("kind") == "Secret":
        for key in ("data", "stringData"):
            if isinstance(whole.get(key), dict):
                whole[key] = dict.fromkeys(whole[key], _MASKED)
    return whole


def _with_defaults(raw: dict[str, Any]) -> dict[str, Any]:
    from reconciler.manifests.base import Loaded
    from reconciler.manifests.load import load

    loaded = load(raw, Origin(""))
    if not isinstance(loaded, Loaded):
        return dict(raw)  # it is refused anyway; what is written is all there is to judge
    whole: dict[str, Any] = _merged(raw, loaded.resource.model_dump(mode="json", by_alias=True, exclude_none=True))
    return whole


def _merged(written: Any, defaulted: Any) -> Any:
    """What is written, and defaults that say something."""
    if isinstance(written, dict) and isinstance(defaulted, dict):
        added = {key: value for key, value in defaulted.items() if key not in written and value not in ([], {}, "")}
        return {**{key: _merged(value, defaulted.get(key)) for key, value in written.items()}, **added}
    if isinstance(written, list) and isinstance(defaulted, list) and len(written) == len(defaulted):
        return [_merged(one, other) for one, other in zip(written, defaulted, strict=True)]
    return written
