"""GRPCRoute (gateway.networking.k8s.io)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model, Status
from reconciler.manifests.references import GATEWAY_GROUP, BackendRef
from reconciler.manifests.route_filters import RouteFilter, repeated
from reconciler.manifests.routes import Route, RouteRule, RouteSpec, rules_violations
from reconciler.manifests.rules import Violation, check, unique_by
from reconciler.manifests.session_persistence import SessionPersistence
from reconciler.manifests.values import HeaderName, Hostname, Text

# The CRD's `(?i)[a-z_]` in Go's reading, which folds letter case as Unicode does: long s and the Kelvin sign are in it.
_LETTER: Final = "[A-Za-z_\u017f\u212a]"
_NAME: Final = f"{_LETTER}(?:{_LETTER}|[0-9])*"
_SERVICE = re.compile(rf"\.?{_NAME}(?:\.{_NAME})*")
_METHOD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


class GRPCMethodMatch(Model):
    """A match of service, method or both. Regular expressions are compiled, and refused, where they are used."""

    type: Literal["Exact", "RegularExpression"] = "Exact"
    service: Text | None = None
    method: Text | None = None

    @model_validator(mode="after")
    def _names_are_valid(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        if self.service is None and self.method is None:
            yield Violation("must have service or method, or both")
        if self.type != "Exact":
            return
        if self.service is not None and not _SERVICE.fullmatch(self.service):
            words = 'must be a service such as "helloworld.Greeter": letters, digits, "_" and "." where type is Exact'
            yield Violation(words, ("service",))
        if self.method is not None and not _METHOD.fullmatch(self.method):
            words = 'must be a method such as "SayHello": letters, digits and "_" where type is Exact'
            yield Violation(words, ("method",))


class GRPCHeaderMatch(Model):
    """A match of one header (gRPC's metadata)."""

    type: Literal["Exact", "RegularExpression"] = "Exact"
    name: HeaderName
    value: Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class GRPCRouteMatch(Model):
    """A match of calls: all of it has to match. `method` None: every method of every service."""

    method: GRPCMethodMatch | None = None
    headers: Annotated[list[GRPCHeaderMatch], Field(max_length=16), unique_by("name")] = Field(default_factory=list)


class GRPCRouteFilter(RouteFilter):
    """One filter of a GRPCRoute."""

    type: Literal["ResponseHeaderModifier", "RequestHeaderModifier", "RequestMirror", "ExtensionRef"]


_ONCE: Final = frozenset({"RequestHeaderModifier", "ResponseHeaderModifier"})


def _filters_go_together(filters: list[GRPCRouteFilter]) -> list[GRPCRouteFilter]:
    if len(filters) > 1:
        check(repeated(filters, _ONCE))
    return filters


GRPCRouteFilters = Annotated[list[GRPCRouteFilter], Field(max_length=16), AfterValidator(_filters_go_together)]


class GRPCBackendRef(BackendRef):
    """A backend, its share of the rule's traffic, and filters for that share alone."""

    filters: GRPCRouteFilters = Field(default_factory=list)


class GRPCRouteRule(RouteRule):
    """Calls that match, and what becomes of them. Without `matches`: all calls."""

    matches: Annotated[list[GRPCRouteMatch], Field(max_length=64)] = Field(default_factory=list)
    filters: GRPCRouteFilters = Field(default_factory=list)
    backend_refs: Annotated[list[GRPCBackendRef], Field(max_length=16)] = Field(default_factory=list)
    session_persistence: SessionPersistence | None = None


def _rules_go_together(rules: list[GRPCRouteRule]) -> list[GRPCRouteRule]:
    if len(rules) > 1:
        check(rules_violations(rules, sum(len(rule.matches) for rule in rules)))
    return rules


class GRPCRouteSpec(RouteSpec):
    """Where the route attaches, and what it does."""

    hostnames: Annotated[list[Hostname], Field(max_length=16)] = Field(default_factory=list)
    rules: Annotated[list[GRPCRouteRule], Field(max_length=16), AfterValidator(_rules_go_together)] = Field(
        default_factory=list
    )


class GRPCRoute(Route):
    """Routes of gRPC calls."""

    group: ClassVar[str] = GATEWAY_GROUP
    kind_name: ClassVar[str] = "GRPCRoute"

    spec: GRPCRouteSpec
    status: Status = None
