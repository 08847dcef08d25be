"""What all manifest models share."""

from __future__ import annotations

import re
from dataclasses import field
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final, Generic, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, model_validator
from pydantic.alias_generators import to_camel

from reconciler.diagnostics import Origin
from reconciler.manifests.rules import Violation, refused
from reconciler.manifests.values import Int64, Label, Label1035, LabelValue, Namespace, QualifiedName, Subdomain
from reconciler.records import dataclass

DEFAULT_NAMESPACE: Final = "default"
"""The namespace of a namespaced object that names none."""


class Model(BaseModel):
    """A structure of a CRD: camelCase in manifests, snake_case here, unknown fields refused, types as in JSON.

    Models are built when first used (`defer_build`), so that a command pays only for the kinds it meets. They are not
    changed after they were made: defaults may be shared between them.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, defer_build=True, frozen=True, validate_by_name=False
    )


_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_NO_TIME = Violation('must be a time as in RFC 3339, such as "2026-01-31T12:00:00Z"')


def _utc(value: object) -> str:
    """RFC 3339 in UTC, to the second, so that times can be compared as text; an empty string for null."""
    if value is None:
        return ""
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise refused([_NO_TIME])
    try:
        time = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refused([_NO_TIME]) from None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


Time = Annotated[str, PlainValidator(_utc)]

MAX_ANNOTATIONS_SIZE: Final = 256 * 1024
"""Bytes of all keys and values of an object's annotations together (Kubernetes, `ValidateAnnotations`)."""


def _not_too_large(annotations: dict[str, str]) -> dict[str, str]:
    size = sum(len(text.encode("utf-8", "surrogatepass")) for item in annotations.items() for text in item)
    if size > MAX_ANNOTATIONS_SIZE:
        raise refused([Violation(f"must have at most {MAX_ANNOTATIONS_SIZE} bytes together; have {size}")])
    return annotations


# Only the key's letter case is free in annotations, compared with labels (Kubernetes lower-cases it before it looks).
_ANNOTATION_KEY = re.compile(
    r"(?=[^/]{1,253}/|[^/]*\Z)(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*/)?"
    r"(?:[a-z0-9][-a-z0-9_.]{0,61})?[a-z0-9]",
    re.IGNORECASE | re.ASCII,
)


def _keys_are_names(annotations: dict[str, str]) -> dict[str, str]:
    wrong = [key for key in annotations if not _ANNOTATION_KEY.fullmatch(key)]
    if wrong:
        raise refused(Violation('the key must be a name such as "note" or "example.com/note"', (key,)) for key in wrong)
    return annotations


MAX_PREFIX_LENGTH: Final = 253
"""Characters before the "/" of a label's key (Kubernetes, `IsQualifiedName`); the pattern cannot say it."""


def _prefixes_are_short(labels: dict[str, str]) -> dict[str, str]:
    for key in labels:
        if len(key) > MAX_PREFIX_LENGTH and key.index("/") > MAX_PREFIX_LENGTH:
            raise refused(
                [Violation(f'the key must have at most {MAX_PREFIX_LENGTH} characters before its "/"', (key,))]
            )
    return labels


Status = Any
"""What controllers write into `status`: accepted, and ignored."""

Labels = Annotated[dict[QualifiedName, LabelValue], AfterValidator(_prefixes_are_short)]
Annotations = Annotated[dict[str, str], AfterValidator(_keys_are_names), AfterValidator(_not_too_large)]


class Metadata(Model):
    """ObjectMeta. What gitway does not read is known by name only.

    `namespace` is empty for cluster-scoped objects: like the API server, gitway ignores one that they name.
    `creation_timestamp` is RFC 3339 in UTC to the second, or empty.
    """

    name: Subdomain
    namespace: str = ""
    generation: Int64 | None = None
    creation_timestamp: Time = ""
    labels: Labels = Field(default_factory=dict)
    annotations: Annotations = Field(default_factory=dict)

    generate_name: str = ""
    uid: str = ""
    resource_version: str = ""
    self_link: str = ""
    deletion_timestamp: Any = None
    deletion_grace_period_seconds: Any = None
    finalizers: list[str] = Field(default_factory=list)
    owner_references: list[Any] = Field(default_factory=list)
    managed_fields: Any = None


class NamespacedMetadata(Metadata):
    """ObjectMeta of a namespaced object; `namespace` is `default` where the manifest names none."""

    namespace: Namespace = DEFAULT_NAMESPACE


class ClusterMetadata(Metadata):
    """ObjectMeta of a cluster-scoped object."""

    namespace: Annotated[str, AfterValidator(lambda _: "")] = ""


class NamespaceMetadata(ClusterMetadata):
    """ObjectMeta of a Namespace: its name is a DNS label, and like the API server gitway labels it with that name."""

    name: Label

    @model_validator(mode="after")
    def _label_with_name(self) -> Self:
        self.labels["kubernetes.io/metadata.name"] = self.name
        return self


class ServiceMetadata(NamespacedMetadata):
    """ObjectMeta of a Service, whose name is a DNS label as of RFC 1035."""

    name: Label1035


class Resource(Model):
    """A manifest of a known kind. `namespace` of a namespaced object without one is `default`.

    `policy` is true of kinds that are attached to others (`policy_targets.Policy`).
    """

    group: ClassVar[str]
    kind_name: ClassVar[str]
    namespaced: ClassVar[bool] = True
    policy: ClassVar[bool] = False

    api_version: str
    kind: str
    metadata: Metadata

    @property
    def title(self) -> str:
        """`Kind namespace/name`, or `Kind name` where the kind has no namespace."""
        namespace = f"{self.metadata.namespace}/" if self.metadata.namespace else ""
        return f"{self.kind} {namespace}{self.metadata.name}"


class NamespacedResource(Resource):
    """A resource of a namespace."""

    metadata: NamespacedMetadata


class ClusterResource(Resource):
    """A resource of the whole cluster."""

    namespaced: ClassVar[bool] = False

    metadata: ClusterMetadata


R = TypeVar("R", bound=Resource, covariant=True)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[R]):
    """A valid resource, with its place and its raw object (for `status`, which prints it back)."""

    resource: R
    origin: Origin
    raw: dict[str, Any] = field(repr=False)
