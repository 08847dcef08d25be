"""What Envoy Gateway's policies are attached to, and how one of a route is merged with that of its Gateway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from reconciler.manifests.base import Model, NamespacedResource, Status
from reconciler.manifests.references import (
    GATEWAY_GROUP,
    LabelSelector,
    LabelSelectorRequirement,
    LocalPolicyTargetReference,
)
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.values import Group, Kind

ROUTE_TARGETS: Final = ("HTTPRoute", "GRPCRoute", "UDPRoute", "TCPRoute", "TLSRoute")


class TargetNamespaces(Model):
    """Namespaces whose objects are selected."""

    from_: Annotated[Literal["Same", "All", "Selector"], Field(alias="from")] = "Same"
    selector: LabelSelector | None = None

    @model_validator(mode="after")
    def _selector_is_there(self) -> Self:
        if self.from_ == "Selector" and self.selector is None:
            raise refused([Violation("must have selector where from is Selector")])
        return self


class TargetSelector(Model):
    """Objects of a kind, by their labels. `namespaces` None: those of the policy's namespace."""

    group: Group = GATEWAY_GROUP
    kind: Kind
    match_labels: dict[str, str] = Field(default_factory=dict)
    match_expressions: list[LabelSelectorRequirement] = Field(default_factory=list)
    namespaces: TargetNamespaces | None = None

    @model_validator(mode="after")
    def _gateway_api_only(self) -> Self:
        if self.group != GATEWAY_GROUP:
            raise refused([Violation(f"must be {GATEWAY_GROUP}", ("group",))])
        return self

    @property
    def labels(self) -> LabelSelector:
        """What the labels of the objects have to satisfy."""
        return LabelSelector.model_construct(match_labels=self.match_labels, match_expressions=self.match_expressions)


class PolicySpec(Model):
    """What a policy is attached to. `target_kinds` are the kinds of objects that it may name."""

    target_kinds: ClassVar[tuple[str, ...]]

    target_ref: LocalPolicyTargetReference | None = None
    target_refs: list[LocalPolicyTargetReference] | None = None
    target_selectors: list[TargetSelector] = Field(default_factory=list)

    @model_validator(mode="after")
    def _targets_are_consistent(self) -> Self:
        check(self._target_violations())
        return self

    @property
    def references(self) -> tuple[tuple[tuple[str | int, ...], LocalPolicyTargetReference], ...]:
        """The objects that are named one by one, each with its path below the spec."""
        deprecated = ((("targetRef",), self.target_ref),) if self.target_ref is not None else ()
        return (*deprecated, *((("targetRefs", index), ref) for index, ref in enumerate(self.target_refs or ())))

    def _target_violations(self) -> Iterator[Violation]:
        if (self.target_ref is not None) is (self.target_refs is not None) and not self.target_selectors:
            found = "has none" if self.target_ref is None else "has both"
            message = f"must have targetRefs, or targetRef, or targetSelectors; {found}"
            yield Violation(message, (), "Name what the policy is about in targetRefs.")
        for path, ref in self.references:
            if ref.group != GATEWAY_GROUP:
                yield Violation(f"must be {GATEWAY_GROUP}", (*path, "group"))
            if ref.kind not in self.target_kinds:
                yield Violation(f"must be one of {', '.join(self.target_kinds)}", (*path, "kind"))


def _not_replace(merge_type: str) -> str:
    if merge_type == "Replace":
        raise refused([Violation("must be StrategicMerge or JSONMerge; without mergeType nothing is merged")])
    return merge_type


class MergeablePolicySpec(PolicySpec):
    """A policy that may be merged with the one of the Gateway, ListenerSet or listener its route is attached to."""

    merge_type: Annotated[str, AfterValidator(_not_replace)] | None = None

    def _target_violations(self) -> Iterator[Violation]:
        yield from super()._target_violations()
        if self.merge_type is None:
            return
        kinds = [ref.kind for _, ref in self.references] + [selector.kind for selector in self.target_selectors]
        if any(kind not in ROUTE_TARGETS or kind not in self.target_kinds for kind in kinds):
            yield Violation("may only be set where all targets are routes", ("mergeType",))


class Policy(NamespacedResource):
    """A policy that is attached to Gateways, ListenerSets, their listeners, or routes."""

    policy: ClassVar[bool] = True

    spec: PolicySpec
    status: Status = None
