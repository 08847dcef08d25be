"""`SecurityPolicy.spec.authorization`: who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.httproute_filters import HTTPMethod
from reconciler.manifests.rules import Violation, refused
from reconciler.manifests.values import CIDR, COUNTRY, REGION, Name, Positive32

Action = Literal["Allow", "Deny"]


class PathMatch(Model):
    """The path of a request."""

    type: Literal["Exact", "PathPrefix", "RegularExpression"] = "PathPrefix"
    value: Annotated[str, StringConstraints(max_length=1024)] = "/"
    invert: bool = False


class Operation(Model):
    """What a request is about."""

    methods: Annotated[list[HTTPMethod], Field(min_length=1, max_length=16)] = Field(default_factory=list)
    path: PathMatch | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.methods and self.path is None:
            raise refused([Violation("must have methods or path")])
        return self


class JWTClaim(Model):
    """A claim of a token that has one of `values`. Dots in `name` lead into objects."""

    name: Name
    value_type: Literal["String", "StringArray"] = "String"
    values: Annotated[list[str], Field(min_length=1, max_length=128)]


class JWTPrincipal(Model):
    """A token of one of the policy's providers: all of the claims and scopes."""

    provider: Name
    claims: Annotated[list[JWTClaim], Field(min_length=1, max_length=16)] = Field(default_factory=list)
    scopes: Annotated[list[Name], Field(min_length=1, max_length=16)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.claims and not self.scopes:
            raise refused([Violation("must have claims or scopes")])
        return self


class AuthorizationHeaderMatch(Model):
    """A header with one of `values`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=256)]
    values: Annotated[list[str], Field(min_length=1, max_length=256)]


class GeoAnonymous(Model):
    """Whether a client hides behind another address."""

    is_anonymous: bool | None = None
    is_vpn: Annotated[bool | None, Field(alias="isVPN")] = None
    is_hosting: bool | None = None
    is_tor: bool | None = None
    is_proxy: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise refused([Violation("must have one of isAnonymous, isVPN, isHosting, isTor and isProxy")])
        return self


class GeoLocation(Model):
    """Where a client is, by its address."""

    country: Annotated[str, StringConstraints(min_length=2, max_length=2, pattern=COUNTRY)] | None = None
    region: Annotated[str, StringConstraints(min_length=1, max_length=16, pattern=REGION)] | None = None
    city: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    asn: Positive32 | None = None
    isp: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = None
    anonymous: GeoAnonymous | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise refused([Violation("must have one of country, region, city, asn, isp and anonymous")])
        return self


class Principal(Model):
    """Who asks: all that is given has to hold."""

    client_cidrs: Annotated[
        list[Annotated[str, StringConstraints(pattern=CIDR)]], Field(min_length=1, alias="clientCIDRs")
    ] = Field(default_factory=list)
    jwt: JWTPrincipal | None = None
    headers: Annotated[list[AuthorizationHeaderMatch], Field(min_length=1, max_length=256)] = Field(
        default_factory=list
    )
    client_ip_geo_locations: Annotated[list[GeoLocation], Field(min_length=1, alias="clientIPGeoLocations")] = Field(
        default_factory=list
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.client_cidrs or self.jwt or self.headers or self.client_ip_geo_locations):
            raise refused([Violation("must have one of clientCIDRs, jwt, headers and clientIPGeoLocations")])
        return self


class AuthorizationRule(Model):
    """What is done with requests that all of `operation`, `principal` and `cel` fit."""

    name: Name | None = None
    action: Action
    operation: Operation | None = None
    principal: Principal | None = None
    cel: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = None

    @model_validator(mode="after")
    def _says_who(self) -> Self:
        if self.principal is None and self.cel is None:
            raise refused([Violation("must have principal or cel")])
        return self


class Authorization(Model):
    """Rules, the first of which that fits decides; without any that fits, `default_action`, else Deny."""

    rules: list[AuthorizationRule] = Field(default_factory=list)
    default_action: Action | None = None

    def jwt_rules(self) -> Iterator[int]:
        """The positions of the rules that ask for tokens."""
        for index, rule in enumerate(self.rules):
            if rule.principal is not None and rule.principal.jwt is not None:
                yield index
