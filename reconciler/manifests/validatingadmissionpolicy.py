"""ValidatingAdmissionPolicy (admissionregistration.k8s.io): a guardrail, evaluated offline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.manifests.admission import (
    ADMISSION_GROUP,
    FailurePolicy,
    MatchConditions,
    MatchResources,
    Validation,
    Variables,
)
from reconciler.manifests.base import ClusterResource, Model
from reconciler.manifests.rules import Violation, check


class ParamKind(Model):
    """The kind of the objects that bindings name as parameters."""

    api_version: Annotated[str, StringConstraints(min_length=1)]
    kind: Annotated[str, StringConstraints(min_length=1)]


class AuditAnnotation(Model):
    """What is noted of a request where the binding audits; null or an empty text: nothing."""

    key: Annotated[str, StringConstraints(min_length=1)]
    value_expression: Annotated[str, StringConstraints(min_length=1)]


class ValidatingAdmissionPolicySpec(Model):
    """The rule. It applies where a binding says so."""

    match_constraints: MatchResources
    param_kind: ParamKind | None = None
    variables: Variables
    match_conditions: MatchConditions
    validations: list[Validation] = Field(default_factory=list)
    audit_annotations: Annotated[list[AuditAnnotation], Field(max_length=20, default_factory=list)]
    failure_policy: FailurePolicy = "Fail"

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        def violations() -> Iterator[Violation]:
            if not self.validations and not self.audit_annotations:
                yield Violation("must have validations or auditAnnotations")
            if not self.match_constraints.resource_rules:
                yield Violation("must have at least one rule", ("matchConstraints", "resourceRules"))

        check(violations())
        return self


class ValidatingAdmissionPolicy(ClusterResource):
    """A rule about objects, in CEL."""

    group: ClassVar[str] = ADMISSION_GROUP
    kind_name: ClassVar[str] = "ValidatingAdmissionPolicy"

    spec: ValidatingAdmissionPolicySpec
