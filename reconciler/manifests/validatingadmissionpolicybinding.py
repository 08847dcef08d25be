"""ValidatingAdmissionPolicyBinding (admissionregistration.k8s.io): where a guardrail applies, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import StringConstraints, model_validator

from reconciler.manifests.admission import ADMISSION_GROUP, Actions, MatchResources, known_together
from reconciler.manifests.base import ClusterResource, Model
from reconciler.manifests.references import LabelSelector
from reconciler.manifests.rules import Violation, check


class ParamRef(Model):
    """The parameters: one object by name, or all that a selector matches; each is evaluated for itself.

    `namespace` empty: that of the object in question, where the parameter's kind has namespaces.
    """

    name: str = ""
    namespace: str = ""
    selector: LabelSelector | None = None
    parameter_not_found_action: Literal["Allow", "Deny"]

    @model_validator(mode="after")
    def _name_or_selector(self) -> Self:
        def violations() -> Iterator[Violation]:
            if bool(self.name) == (self.selector is not None):
                yield Violation("must have either name or selector")

        check(violations())
        return self


class ValidatingAdmissionPolicyBindingSpec(Model):
    """Which policy, with which parameters, on which of its objects, to what effect."""

    policy_name: Annotated[str, StringConstraints(min_length=1)]
    param_ref: ParamRef | None = None
    match_resources: MatchResources | None = None
    validation_actions: Actions

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        check(known_together(self.validation_actions))
        return self


class ValidatingAdmissionPolicyBinding(ClusterResource):
    """The application of a ValidatingAdmissionPolicy."""

    group: ClassVar[str] = ADMISSION_GROUP
    kind_name: ClassVar[str] = "ValidatingAdmissionPolicyBinding"

    spec: ValidatingAdmissionPolicyBindingSpec
