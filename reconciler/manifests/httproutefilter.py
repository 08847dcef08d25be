"""HTTPRouteFilter (gateway.envoyproxy.io): what rules ask for by a filter of type ExtensionRef."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.manifests.backend import ENVOY_GATEWAY_GROUP
from reconciler.manifests.base import Model, NamespacedResource
from reconciler.manifests.custom_responses import CustomResponse
from reconciler.manifests.references import SecretObjectReference
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.values import ONE_LINE

Pattern = Annotated[str, StringConstraints(min_length=1)]


class ReplaceRegexMatch(Model):
    """The path, with what `pattern` matches in it replaced; backslash and digit stand for what a group matched."""

    pattern: Pattern
    substitution: str


class PathRegex(Model):
    """A host name made of the path by the same means."""

    pattern: Pattern
    substitution: Annotated[str, StringConstraints(min_length=1, pattern=ONE_LINE)]


class HTTPPathModifier(Model):
    """A new path."""

    type: Literal["ReplaceRegexMatch"]
    replace_regex_match: ReplaceRegexMatch | None = None

    @model_validator(mode="after")
    def _value_fits_type(self) -> Self:
        if self.replace_regex_match is None:
            raise refused([Violation("must have replaceRegexMatch where type is ReplaceRegexMatch")])
        return self


class HTTPHostnameModifier(Model):
    """A new host name: that of a header, of the backend's endpoint, or one made of the path."""

    type: Literal["Header", "Backend", "PathRegex"]
    header: str | None = None
    path_regex: PathRegex | None = None

    @model_validator(mode="after")
    def _value_fits_type(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        for type_, field, value in (("Header", "header", self.header), ("PathRegex", "pathRegex", self.path_regex)):
            if self.type == type_ and value is None:
                yield Violation(f"must have {field} where type is {type_}")
            elif self.type != type_ and value is not None:
                yield Violation(f"may only be set where type is {type_}; type is {self.type}", (field,))


class HTTPURLRewriteFilter(Model):
    """Changes of the request's host and path."""

    hostname: HTTPHostnameModifier | None = None
    path: HTTPPathModifier | None = None
    append_x_forwarded_host: bool | None = None


class HTTPDirectResponseFilter(CustomResponse):
    """An answer of the gateway's own; without `status_code` it is 200."""


class InjectedCredential(Model):
    """A Secret with the credential in its key `credential`."""

    value_ref: SecretObjectReference


class HTTPCredentialInjectionFilter(Model):
    """A header with a credential, without a name `Authorization`; one that is there stays, if not `overwrite`."""

    header: str | None = None
    overwrite: bool | None = None
    credential: InjectedCredential


class HTTPCookieMatch(Model):
    """A cookie with a value."""

    type: Literal["Exact", "RegularExpression"] = "Exact"
    name: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    value: Annotated[str, StringConstraints(min_length=1, max_length=4096)]


class HTTPRouteMatchFilter(Model):
    """Cookies, all of which a request has to have."""

    cookies: Annotated[list[HTTPCookieMatch], Field(min_length=1, max_length=16)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise refused([Violation("must have cookies")])
        return self


class HTTPRouteFilterSpec(Model):
    """What is done with the requests of the rules that name the filter."""

    url_rewrite: HTTPURLRewriteFilter | None = None
    direct_response: HTTPDirectResponseFilter | None = None
    credential_injection: HTTPCredentialInjectionFilter | None = None
    matches: Annotated[list[HTTPRouteMatchFilter], Field(max_length=8)] = Field(default_factory=list)


class HTTPRouteFilter(NamespacedResource):
    """Filters that the Gateway API has not got."""

    group: ClassVar[str] = ENVOY_GATEWAY_GROUP
    kind_name: ClassVar[str] = "HTTPRouteFilter"

    spec: HTTPRouteFilterSpec
