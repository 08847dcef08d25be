"""Rate limits (`rateLimit` of a BackendTrafficPolicy)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.httproute_filters import HTTPMethod
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.values import Int64, Text, UInt32

FieldName = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class HeaderSelector(Model):
    """A header; of type Distinct each of its values has a limit of its own. The same for a query parameter."""

    type: Literal["Exact", "RegularExpression", "Distinct"] = "Exact"
    name: FieldName
    value: Text | None = None
    invert: bool = False


class MethodSelector(Model):
    """A method."""

    value: HTTPMethod
    invert: bool = False


class PathSelector(Model):
    """A path."""

    type: Literal["Exact", "PathPrefix", "RegularExpression"] = "PathPrefix"
    value: Text = "/"
    invert: bool = False


class SourceSelector(Model):
    """The client's address; of type Distinct each address has a limit of its own."""

    type: Literal["Exact", "Distinct"] = "Exact"
    value: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    invert: bool = False


class ClientSelector(Model):
    """Requests: all of it has to match."""

    headers: Annotated[list[HeaderSelector], Field(max_length=128)] | None = None
    methods: list[MethodSelector] | None = None
    path: PathSelector | None = None
    source_cidr: Annotated[SourceSelector | None, Field(alias="sourceCIDR")] = None
    query_params: Annotated[list[HeaderSelector], Field(max_length=16)] | None = None

    @model_validator(mode="after")
    def _selects_something(self) -> Self:
        parts = (self.headers, self.methods, self.path, self.source_cidr, self.query_params)
        if all(part is None for part in parts):
            message = "must have at least one of headers, methods, path, sourceCIDR and queryParams"
            raise refused([Violation(message)])
        return self


class CostMetadata(Model):
    """A value of a request's dynamic metadata."""

    namespace: str
    key: str


class LimitMetadata(Model):
    """A value of a request's dynamic metadata."""

    namespace: Annotated[str, StringConstraints(min_length=1)]
    key: Annotated[str, StringConstraints(min_length=1)]


class CostSpecifier(Model):
    """How much a request takes from its limit."""

    from_: Annotated[Literal["Number", "Metadata"], Field(alias="from")]
    number: Int64 | None = None
    metadata: CostMetadata | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.number is not None and self.metadata is not None:
            raise refused([Violation("may have number or metadata, not both")])
        return self


class Cost(Model):
    """What is taken when a request comes, and when it is answered."""

    request: CostSpecifier | None = None
    response: CostSpecifier | None = None


class Limit(Model):
    """So many requests in a unit of time."""

    requests: UInt32
    unit: Literal["Second", "Minute", "Hour", "Day", "Week", "Month", "Year"]
    from_metadata: LimitMetadata | None = None


class RateLimitRule(Model):
    """A limit and the requests that it is about; of several selectors all have to match."""

    client_selectors: Annotated[list[ClientSelector], Field(max_length=8)] = Field(default_factory=list)
    cost: Cost | None = None
    limit: Limit
    shadow_mode: bool | None = None
    shared: bool | None = None
    x_rate_limit_headers: Literal["Off", "DraftVersion03"] | None = None


def _possible_locally(rules: list[RateLimitRule]) -> list[RateLimitRule]:
    check(_local_violations(rules))
    return rules


def _local_violations(rules: list[RateLimitRule]) -> Iterator[Violation]:
    for index, rule in enumerate(rules):
        if rule.cost is not None and rule.cost.response is not None:
            yield Violation("is not possible for a local rate limit", (index, "cost", "response"))
        if rule.limit.from_metadata is not None:
            yield Violation("is not possible for a local rate limit", (index, "limit", "fromMetadata"))


class LocalRateLimit(Model):
    """Limits that each Envoy keeps by itself."""

    rules: Annotated[list[RateLimitRule], Field(max_length=16), AfterValidator(_possible_locally)] = Field(
        default_factory=list
    )


class GlobalRateLimit(Model):
    """Limits that a rate limit service keeps for all Envoys."""

    rules: Annotated[list[RateLimitRule], Field(max_length=256)]


class RateLimit(Model):
    """Limits of both kinds. `type` says nothing any more."""

    type: Literal["Global", "Local"] | None = None
    local: LocalRateLimit | None = None
    global_: Annotated[GlobalRateLimit | None, Field(alias="global")] = None
