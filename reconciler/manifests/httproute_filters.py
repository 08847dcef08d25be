"""The filters of an HTTPRoute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.references import BackendObjectReference
from reconciler.manifests.route_filters import (
    HTTPHeader,
    HTTPHeaderFilter,
    HTTPRequestMirrorFilter,
    RouteFilter,
    repeated,
)
from reconciler.manifests.rules import Violation, check, distinct, refused
from reconciler.manifests.values import (
    CORS_ORIGIN,
    URL_PATH,
    HeaderName,
    NonNegative32,
    Port,
    Positive32,
    Subdomain,
    Text,
)

__all__ = [
    "HTTPCORSFilter",
    "HTTPExternalAuthFilter",
    "HTTPHeader",
    "HTTPHeaderFilter",
    "HTTPMethod",
    "HTTPPathModifier",
    "HTTPRequestMirrorFilter",
    "HTTPRequestRedirectFilter",
    "HTTPRouteFilter",
    "HTTPRouteFilters",
    "HTTPURLRewriteFilter",
]

HTTPMethod = Literal["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]


class HTTPPathModifier(Model):
    """A new path, or a new prefix."""

    type: Literal["ReplaceFullPath", "ReplacePrefixMatch"]
    replace_full_path: Text | None = None
    replace_prefix_match: Text | None = None

    @model_validator(mode="after")
    def _value_fits_type(self) -> Self:
        full = self.type == "ReplaceFullPath"
        if (self.replace_full_path is not None) is not full or (self.replace_prefix_match is not None) is full:
            raise refused(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        values = {"ReplaceFullPath": self.replace_full_path, "ReplacePrefixMatch": self.replace_prefix_match}
        for type_, value in values.items():
            field = type_[0].lower() + type_[1:]
            if self.type == type_ and value is None:
                yield Violation(f"must have {field} where type is {type_}")
            elif self.type != type_ and value is not None:
                yield Violation(f"may only be set where type is {type_}; type is {self.type}", (field,))


class HTTPRequestRedirectFilter(Model):
    """An answer that sends the client elsewhere."""

    scheme: Literal["http", "https"] | None = None
    hostname: Subdomain | None = None
    path: HTTPPathModifier | None = None
    port: Port | None = None
    status_code: Literal[301, 302, 303, 307, 308] = 302


class HTTPURLRewriteFilter(Model):
    """Changes of the request's host and path."""

    hostname: Subdomain | None = None
    path: HTTPPathModifier | None = None


def _wildcard_stands_alone(values: list[str]) -> list[str]:
    if len(values) > 1 and "*" in values:
        raise refused([Violation('must be "*" alone or have no "*"')])
    return values


_WildcardStandsAlone: Final = AfterValidator(_wildcard_stands_alone)


class HTTPCORSFilter(Model):
    """Cross-origin resource sharing. `max_age` is in seconds."""

    allow_origins: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=CORS_ORIGIN)]],
        Field(max_length=64),
        distinct,
        _WildcardStandsAlone,
    ] = Field(default_factory=list)
    allow_credentials: bool | None = None
    allow_methods: Annotated[list[Literal[HTTPMethod, "*"]], Field(max_length=9), distinct, _WildcardStandsAlone] = (
        Field(default_factory=list)
    )
    allow_headers: Annotated[list[HeaderName], Field(max_length=64), distinct, _WildcardStandsAlone] = Field(
        default_factory=list
    )
    expose_headers: Annotated[list[HeaderName], Field(max_length=64), distinct] = Field(default_factory=list)
    max_age: Positive32 = 5


class GRPCAuthConfig(Model):
    """External authorization by Envoy's gRPC protocol."""

    allowed_headers: Annotated[list[str], Field(max_length=64), distinct] = Field(default_factory=list)


class HTTPAuthConfig(Model):
    """External authorization by an HTTP request."""

    path: Annotated[str, StringConstraints(max_length=1024, pattern=URL_PATH)] | None = None
    allowed_headers: Annotated[list[str], Field(max_length=64), distinct] = Field(default_factory=list)
    allowed_response_headers: Annotated[list[str], Field(max_length=64), distinct] = Field(default_factory=list)


class ForwardBodyConfig(Model):
    """How much of the body goes to the authorization server, in bytes."""

    max_size: NonNegative32 | None = None


class HTTPExternalAuthFilter(Model):
    """Ask another server whether a request may pass."""

    protocol: Literal["HTTP", "GRPC"]
    backend_ref: BackendObjectReference
    grpc: GRPCAuthConfig | None = None
    http: HTTPAuthConfig | None = None
    forward_body: ForwardBodyConfig | None = None

    @model_validator(mode="after")
    def _settings_fit_protocol(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        for protocol, settings in (("GRPC", self.grpc), ("HTTP", self.http)):
            field = protocol.lower()
            if self.protocol == protocol and settings is None:
                yield Violation(f"must have {field} where protocol is {protocol}")
            elif self.protocol != protocol and settings is not None:
                yield Violation(f"may only be set where protocol is {protocol}", (field,))


class HTTPRouteFilter(RouteFilter):
    """One filter of an HTTPRoute."""

    settings: ClassVar[Mapping[str, tuple[str, str]]] = MappingProxyType(
        {
            **RouteFilter.settings,
            "RequestRedirect": ("request_redirect", "requestRedirect"),
            "URLRewrite": ("url_rewrite", "urlRewrite"),
            "CORS": ("cors", "cors"),
            "ExternalAuth": ("external_auth", "externalAuth"),
        }
    )

    type: Literal[
        "RequestHeaderModifier",
        "ResponseHeaderModifier",
        "RequestMirror",
        "RequestRedirect",
        "URLRewrite",
        "ExtensionRef",
        "CORS",
        "ExternalAuth",
    ]
    request_redirect: HTTPRequestRedirectFilter | None = None
    url_rewrite: HTTPURLRewriteFilter | None = None
    cors: HTTPCORSFilter | None = None
    external_auth: HTTPExternalAuthFilter | None = None


_ONCE: Final = frozenset({"CORS", "RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"})


def _list_violations(filters: list[HTTPRouteFilter]) -> Iterator[Violation]:
    yield from repeated(filters, _ONCE)
    if {"RequestRedirect", "URLRewrite"} <= {each.type for each in filters}:
        yield Violation("may have a RequestRedirect or a URLRewrite, not both")


def _filters_go_together(filters: list[HTTPRouteFilter]) -> list[HTTPRouteFilter]:
    if len(filters) > 1:
        check(_list_violations(filters))
    return filters


HTTPRouteFilters = Annotated[list[HTTPRouteFilter], Field(max_length=16), AfterValidator(_filters_go_together)]
