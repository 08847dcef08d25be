"""What ValidatingAdmissionPolicies, their bindings and XdsPolicies share (admissionregistration.k8s.io/v1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.references import LabelSelector
from reconciler.manifests.rules import Violation, check, distinct, unique_by

ADMISSION_GROUP: Final = "admissionregistration.k8s.io"

Operation = Literal["*", "CREATE", "UPDATE", "DELETE", "CONNECT"]
Action = Literal["Deny", "Warn", "Audit"]
Actions = Annotated[list[Action], Field(min_length=1), distinct]
FailurePolicy = Literal["Fail", "Ignore"]
CelText = Annotated[str, StringConstraints(min_length=1)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]


class NamedRule(Model):
    """Which requests: an object of one of `resources` in one of `api_groups`, with one of `operations`."""

    api_groups: Annotated[list[str], Field(min_length=1)]
    api_versions: Annotated[list[str], Field(min_length=1)]
    operations: Annotated[list[Operation], Field(min_length=1)]
    resources: Annotated[list[str], Field(min_length=1)]
    resource_names: list[str] = Field(default_factory=list)
    scope: Literal["Cluster", "Namespaced", "*"] = "*"


class MatchResources(Model):
    """Which objects. Without rules: all."""

    resource_rules: list[NamedRule] = Field(default_factory=list)
    exclude_resource_rules: list[NamedRule] = Field(default_factory=list)
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    match_policy: Literal["Equivalent", "Exact"] = "Equivalent"


class Validation(Model):
    """What must hold. `message_expression` wins over `message` where it gives a text."""

    expression: CelText
    message: str = ""
    message_expression: str = ""
    reason: Literal["", "Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"] = ""

    @model_validator(mode="after")
    def _message_of_long_expressions(self) -> Self:
        def violations() -> Iterator[Violation]:
            if "\n" in self.expression.strip() and not (self.message or self.message_expression):
                yield Violation("must be set where the expression has several lines", ("message",))
            if "\n" in self.message:
                yield Violation("must be one line", ("message",))

        check(violations())
        return self


class MatchCondition(Model):
    """A condition, by CEL, for the policy to apply at all."""

    name: Annotated[str, StringConstraints(min_length=1)]
    expression: CelText


class Variable(Model):
    """A name for an expression, as `variables.NAME`; it may use those before it."""

    name: Identifier
    expression: CelText


MatchConditions = Annotated[list[MatchCondition], Field(max_length=64, default_factory=list), unique_by("name")]
Variables = Annotated[list[Variable], Field(default_factory=list), unique_by("name")]


def known_together(actions: list[Action]) -> Iterator[Violation]:
    """Denying and warning at once says the same twice; Kubernetes refuses it."""
    if {"Deny", "Warn"} <= set(actions):
        yield Violation("may not have both Deny and Warn", ("validationActions",))
