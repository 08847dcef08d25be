"""XdsPolicy (gitway.dev): a guardrail on the produced xDS, for what only shows there."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from reconciler.manifests.admission import (
    Actions,
    FailurePolicy,
    MatchConditions,
    Validation,
    Variables,
    known_together,
)
from reconciler.manifests.base import ClusterResource, Model
from reconciler.manifests.rules import check, distinct

GITWAY_GROUP = "gitway.dev"

XdsType = Literal["Listener", "RouteConfiguration", "Cluster", "ClusterLoadAssignment", "Secret"]


class XdsPolicySpec(Model):
    """A rule about resources of `types`, in the fleets that one of `fleets` (globs of NAMESPACE/NAME) matches.

    In expressions `object` is the resource in proto-JSON with the proto's field names, `oldObject` what it is in the
    base, `fleet` the fleet's name.
    """

    types: Annotated[list[XdsType], Field(min_length=1), distinct]
    fleets: Annotated[list[str], Field(min_length=1)] = Field(default=["*"])
    variables: Variables
    match_conditions: MatchConditions
    validations: Annotated[list[Validation], Field(min_length=1)]
    validation_actions: Actions = Field(default=["Deny"])
    failure_policy: FailurePolicy = "Fail"

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        check(known_together(self.validation_actions))
        return self


class XdsPolicy(ClusterResource):
    """A rule about xDS resources, in CEL."""

    group: ClassVar[str] = GITWAY_GROUP
    kind_name: ClassVar[str] = "XdsPolicy"

    spec: XdsPolicySpec
