"""What several kinds of routes have in common: where they attach, and what their rules have to keep to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from reconciler.manifests.base import Model, NamespacedResource
from reconciler.manifests.references import BackendRef, ParentReference, indistinct
from reconciler.manifests.rules import Violation, check
from reconciler.manifests.values import Subdomain


def _parents_are_distinct(parents: list[ParentReference]) -> list[ParentReference]:
    if len(parents) > 1:
        keys = [((ref.group, ref.kind, ref.name, ref.namespace), (ref.section_name, ref.port)) for ref in parents]
        check(indistinct(keys, "sectionName or port", "parent"))
    return parents


class RouteSpec(Model):
    """Where a route attaches."""

    parent_refs: Annotated[list[ParentReference], Field(max_length=32), AfterValidator(_parents_are_distinct)] = Field(
        default_factory=list
    )
    use_default_gateways: Literal["All", "None"] | None = None


class Route(NamespacedResource):
    """A route of any kind."""

    spec: RouteSpec


class RouteRule(Model):
    """A rule, which may have a name for others to refer to."""

    name: Subdomain | None = None


MAX_MATCHES: Final = 128
"""Matches of all rules of a route together."""


def rules_violations(rules: Sequence[RouteRule], matches: int = 0) -> Iterator[Violation]:
    """What is wrong with the rules of a route together, which have `matches` matches in all."""
    if matches > MAX_MATCHES:
        yield Violation(f"must have at most {MAX_MATCHES} matches together; have {matches}")
    names: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.name is None:
            continue
        if rule.name in names:
            yield Violation("must be unique within the route", (index, "name"))
        names.add(rule.name)


class L4RouteRule(RouteRule):
    """Where connections (TLSRoute, TCPRoute) or datagrams (UDPRoute) go."""

    backend_refs: Annotated[list[BackendRef], Field(min_length=1, max_length=16)]


def _l4_rules_go_together(rules: list[L4RouteRule]) -> list[L4RouteRule]:
    check(rules_violations(rules))
    return rules


SingleL4Rule = Annotated[list[L4RouteRule], Field(min_length=1, max_length=1)]
L4Rules = Annotated[list[L4RouteRule], Field(min_length=1, max_length=16), AfterValidator(_l4_rules_go_together)]
"""The rules in v1alpha2, when there could be several; nothing but their order tells which is taken."""


class L4RouteSpec(RouteSpec):
    """Where a TCPRoute or UDPRoute attaches, and where its connections or datagrams go."""

    rules: SingleL4Rule


class L4RouteV1Alpha2Spec(L4RouteSpec):
    """The same in v1alpha2."""

    rules: L4Rules
