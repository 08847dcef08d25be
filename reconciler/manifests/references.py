"""References from one object to another, and other structures that several CRDs share."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations
from typing import Annotated, Self

from pydantic import Field, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.rules import Violation, refused
from reconciler.manifests.values import Group, Kind, Name, Namespace, Port, Subdomain

GATEWAY_GROUP = "gateway.networking.k8s.io"


class ParentReference(Model):
    """The Gateway (or other object) that a route attaches to. `namespace` None: the route's own."""

    group: Group = GATEWAY_GROUP
    kind: Kind = "Gateway"
    name: Name
    namespace: Namespace | None = None
    section_name: Subdomain | None = None
    port: Port | None = None


_PORT_REQUIRED = Violation(
    "required for a reference to a Service, but missing",
    ("port",),
    "Name the port of the Service that takes the traffic.",
)


class BackendObjectReference(Model):
    """A backend. `namespace` None: that of the referring object."""

    group: Group = ""
    kind: Kind = "Service"
    name: Name
    namespace: Namespace | None = None
    port: Port | None = None

    @model_validator(mode="after")
    def _service_has_port(self) -> Self:
        if self.port is None and self.kind == "Service" and not self.group:
            raise refused([_PORT_REQUIRED])
        return self


class BackendRef(BackendObjectReference):
    """A backend and its share of the traffic."""

    weight: Annotated[int, Field(ge=0, le=1_000_000)] = 1


class SecretObjectReference(Model):
    """A Secret, by default. `namespace` None: that of the referring object."""

    group: Group = ""
    kind: Kind = "Secret"
    name: Name
    namespace: Namespace | None = None


class LocalObjectReference(Model):
    """An object in the namespace of the referring one."""

    group: Group
    kind: Kind
    name: Name


class ObjectReference(LocalObjectReference):
    """An object anywhere. `namespace` None: that of the referring object."""

    namespace: Namespace | None = None


class LocalPolicyTargetReference(LocalObjectReference):
    """What a policy is about: an object of its own namespace, or the part of it that `section_name` names."""

    section_name: Subdomain | None = None


def indistinct(
    references: Sequence[tuple[Hashable, tuple[object, ...]]], fields: str, word: str
) -> Iterator[Violation]:
    """Violations for references to the same object that do not tell apart which part of it they mean.

    Of each reference: the object, and the values of the optional `fields` that name a part. All references to an object
    have to name the same fields, with different values. One finding an entry is enough, however many it resembles.
    """
    found: dict[int, Violation] = {}
    for (_, (one, part)), (index, (other, other_part)) in combinations(enumerate(references), 2):
        if one != other:
            continue
        if [value is None for value in part] != [value is None for value in other_part]:
            found[index] = Violation(f"{fields} must be specified in all references to the same {word}", (index,))
        elif part == other_part:
            found[index] = Violation(f"{fields} must be unique among references to the same {word}", (index,))
    yield from found.values()


class LabelSelectorRequirement(Model):
    """One expression of a label selector; the operator's meaning is checked where it is used, as in Kubernetes."""

    key: str
    operator: str
    values: list[str] = Field(default_factory=list)


class LabelSelector(Model):
    """A selector of objects by their labels; empty selects all."""

    match_labels: dict[str, str] = Field(default_factory=dict)
    match_expressions: list[LabelSelectorRequirement] = Field(default_factory=list)
