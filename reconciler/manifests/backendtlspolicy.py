"""BackendTLSPolicy (gateway.networking.k8s.io)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model, NamespacedResource, Status
from reconciler.manifests.references import (
    GATEWAY_GROUP,
    LocalObjectReference,
    LocalPolicyTargetReference,
    indistinct,
)
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.values import URI, WELL_KNOWN_CA, AnnotationValue, Hostname, Subdomain


class SubjectAltName(Model):
    """A name that the backend's certificate may have: a hostname or a URI, as its type says."""

    type: Literal["Hostname", "URI"]
    hostname: Hostname | None = None
    uri: Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=URI)] | None = None

    @model_validator(mode="after")
    def _name_fits_type(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        for type_, name in (("Hostname", self.hostname), ("URI", self.uri)):
            field = type_.lower()
            if self.type == type_ and name is None:
                yield Violation(f"must have {field} where type is {type_}")
            elif self.type != type_ and name is not None:
                yield Violation(f"may only be set where type is {type_}", (field,))


class BackendTLSPolicyValidation(Model):
    """How the backend's certificate is verified. `hostname` is the SNI and, without `subject_alt_names`, its name."""

    ca_certificate_refs: Annotated[list[LocalObjectReference], Field(max_length=8)] = Field(default_factory=list)
    well_known_ca_certificates: Annotated[
        Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=WELL_KNOWN_CA)] | None,
        Field(alias="wellKnownCACertificates"),
    ] = None
    hostname: Subdomain
    subject_alt_names: Annotated[list[SubjectAltName], Field(max_length=5)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_kind_of_trust(self) -> Self:
        own, well_known = bool(self.ca_certificate_refs), self.well_known_ca_certificates is not None
        if own is well_known:
            found = "has both" if own else "has neither"
            raise refused([Violation(f"must have either caCertificateRefs or wellKnownCACertificates; {found}")])
        return self


def _targets_are_distinct(targets: list[LocalPolicyTargetReference]) -> list[LocalPolicyTargetReference]:
    keys = [((ref.group, ref.kind, ref.name), (ref.section_name,)) for ref in targets]
    check(indistinct(keys, "sectionName", "target"))
    return targets


class BackendTLSPolicySpec(Model):
    """Which backends are spoken to by TLS, and how they are verified."""

    target_refs: Annotated[
        list[LocalPolicyTargetReference], Field(min_length=1, max_length=16), AfterValidator(_targets_are_distinct)
    ]
    validation: BackendTLSPolicyValidation
    options: Annotated[dict[str, AnnotationValue], Field(max_length=16)] = Field(default_factory=dict)


class BackendTLSPolicy(NamespacedResource):
    """TLS from a Gateway to backends."""

    group: ClassVar[str] = GATEWAY_GROUP
    kind_name: ClassVar[str] = "BackendTLSPolicy"

    spec: BackendTLSPolicySpec
    status: Status = None
