"""HTTPRoute (gateway.networking.k8s.io)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model, Status
from reconciler.manifests.httproute_filters import (
    HTTPMethod,
    HTTPPathModifier,
    HTTPRouteFilter,
    HTTPRouteFilters,
)
from reconciler.manifests.references import GATEWAY_GROUP, BackendRef
from reconciler.manifests.routes import Route, RouteRule, RouteSpec, rules_violations
from reconciler.manifests.rules import Violation, check, distinct, refused, unique_by
from reconciler.manifests.session_persistence import SessionPersistence
from reconciler.manifests.values import INT64_MAX, Duration, HeaderName, HeaderValue, Hostname, Text

# All rules for a path in one expression; `_path_violations` says which of them a path breaks.
_PATH = re.compile(r"(?!.*(?://|/\.\.?/|%2[fF]|/\.\.?\Z))/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*")
_PATH_CHARACTERS = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})+")


def _path_violations(path: str) -> Iterator[Violation]:
    at = ("value",)
    if not path.startswith("/"):
        yield Violation('must begin with "/"', at)
    for part in ("//", "/./", "/../", "%2f", "%2F", "#"):
        if part in path:
            yield Violation(f'must not contain "{part}"', at)
    for end in ("/..", "/."):
        if path.endswith(end):
            yield Violation(f'must not end with "{end}"', at)
    if not _PATH_CHARACTERS.fullmatch(path):
        words = "must have only letters, digits and -/._~!$&'()*+,;=:@ or %XX where type is Exact or PathPrefix"
        yield Violation(words, at)


class HTTPPathMatch(Model):
    """A match of the path. Regular expressions are compiled, and refused, where they are used."""

    type: Literal["Exact", "PathPrefix", "RegularExpression"] = "PathPrefix"
    value: Text = "/"

    @model_validator(mode="after")
    def _value_is_a_path(self) -> Self:
        if self.type != "RegularExpression" and not _PATH.fullmatch(self.value):
            raise refused(_path_violations(self.value))
        return self


class HTTPHeaderMatch(Model):
    """A match of one header."""

    type: Literal["Exact", "RegularExpression"] = "Exact"
    name: HeaderName
    value: HeaderValue


class HTTPQueryParamMatch(Model):
    """A match of one query parameter."""

    type: Literal["Exact", "RegularExpression"] = "Exact"
    name: HeaderName
    value: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


@cache
def _any_path() -> HTTPPathMatch:
    return HTTPPathMatch.model_construct()


class HTTPRouteMatch(Model):
    """A match of requests: all of it has to match."""

    path: HTTPPathMatch = Field(default_factory=_any_path)
    headers: Annotated[list[HTTPHeaderMatch], Field(max_length=16), unique_by("name")] = Field(default_factory=list)
    query_params: Annotated[list[HTTPQueryParamMatch], Field(max_length=16), unique_by("name")] = Field(
        default_factory=list
    )
    method: HTTPMethod | None = None


class HTTPBackendRef(BackendRef):
    """A backend, its share of the rule's traffic, and filters for that share alone."""

    filters: HTTPRouteFilters = Field(default_factory=list)


_DURATION_PART = re.compile(r"(\d+)(ms|h|m|s)")
_MILLISECONDS: Final = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}


def _milliseconds(duration: str) -> int:
    return sum(int(number) * _MILLISECONDS[unit] for number, unit in _DURATION_PART.findall(duration))


class HTTPRouteTimeouts(Model):
    """Timeouts; `0s` is none."""

    request: Duration | None = None
    backend_request: Duration | None = None

    @model_validator(mode="after")
    def _backend_within_request(self) -> Self:
        if self.request is not None and self.backend_request is not None:
            request = _milliseconds(self.request)
            if request and _milliseconds(self.backend_request) > request:
                message = f"must not be longer than the request timeout, {self.request}"
                raise refused([Violation(message, ("backendRequest",))])
        return self


class HTTPRouteRetry(Model):
    """When a request is tried again."""

    codes: Annotated[list[Annotated[int, Field(ge=400, le=599)]], distinct] = Field(default_factory=list)
    attempts: Annotated[int, Field(ge=1, le=INT64_MAX)] | None = None
    backoff: Duration | None = None


@cache
def _any_request() -> HTTPRouteMatch:
    return HTTPRouteMatch.model_construct(path=_any_path())


def _redirect_path(each: HTTPRouteFilter) -> HTTPPathModifier | None:
    return each.request_redirect.path if each.request_redirect is not None else None


def _rewrite_path(each: HTTPRouteFilter) -> HTTPPathModifier | None:
    return each.url_rewrite.path if each.url_rewrite is not None else None


_PATH_MODIFIERS: Final[tuple[tuple[str, Callable[[HTTPRouteFilter], HTTPPathModifier | None]], ...]] = (
    ("RequestRedirect", _redirect_path),
    ("URLRewrite", _rewrite_path),
)


def _replaces_prefix(
    filters: list[HTTPRouteFilter], modifier: Callable[[HTTPRouteFilter], HTTPPathModifier | None]
) -> bool:
    """Whether exactly one of the filters replaces a prefix: the CRD asks with `exists_one`."""
    return sum((path := modifier(each)) is not None and path.type == "ReplacePrefixMatch" for each in filters) == 1


class HTTPRouteRule(RouteRule):
    """Requests that match, and what becomes of them."""

    matches: Annotated[list[HTTPRouteMatch], Field(max_length=64)] = Field(default_factory=lambda: [_any_request()])
    filters: HTTPRouteFilters = Field(default_factory=list)
    backend_refs: Annotated[list[HTTPBackendRef], Field(max_length=16)] = Field(default_factory=list)
    timeouts: HTTPRouteTimeouts | None = None
    retry: HTTPRouteRetry | None = None
    session_persistence: SessionPersistence | None = None

    @model_validator(mode="after")
    def _filters_fit_rule(self) -> Self:
        if self.filters or any([ref.filters for ref in self.backend_refs]):  # noqa: C419 -- faster, and often run
            check(self._filter_violations())
        return self

    def _filter_violations(self) -> Iterator[Violation]:
        if self.backend_refs:
            for index, each in enumerate(self.filters):
                if each.request_redirect is not None:
                    message = "RequestRedirect must not be used together with backendRefs"
                    yield Violation(message, ("filters", index), "Remove the filter or the rule's backendRefs.")
        if len(self.matches) == 1 and self.matches[0].path.type == "PathPrefix":
            return
        for type_, modifier in _PATH_MODIFIERS:
            if _replaces_prefix(self.filters, modifier):
                yield _needs_prefix(type_, "filters")
            if sum(_replaces_prefix(ref.filters, modifier) for ref in self.backend_refs) == 1:
                yield _needs_prefix(type_, "backendRefs")


def _needs_prefix(type_: str, field: str) -> Violation:
    message = f"{type_} with replacePrefixMatch needs a rule with exactly one match, of a path of type PathPrefix"
    return Violation(message, (field,), "Split the rule into one rule for each path prefix.")


def _rules_go_together(rules: list[HTTPRouteRule]) -> list[HTTPRouteRule]:
    if len(rules) > 1:
        check(rules_violations(rules, sum(len(rule.matches) for rule in rules)))
    return rules


@cache
def _any_rule() -> HTTPRouteRule:
    return HTTPRouteRule.model_construct(matches=[_any_request()])


class HTTPRouteSpec(RouteSpec):
    """Where the route attaches, and what it does."""

    hostnames: Annotated[list[Hostname], Field(max_length=16)] = Field(default_factory=list)
    rules: Annotated[list[HTTPRouteRule], Field(min_length=1, max_length=16), AfterValidator(_rules_go_together)] = (
        Field(default_factory=lambda: [_any_rule()])
    )


class HTTPRoute(Route):
    """Routes of HTTP requests."""

    group: ClassVar[str] = GATEWAY_GROUP
    kind_name: ClassVar[str] = "HTTPRoute"

    spec: HTTPRouteSpec
    status: Status = None
