"""`SecurityPolicy.spec.jwt`: tokens that requests have to have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.manifests.backend_cluster import BackendCluster
from reconciler.manifests.base import Model
from reconciler.manifests.references import LocalObjectReference
from reconciler.manifests.rules import Violation, check, fits_type, refused
from reconciler.manifests.values import Duration, Name


class RemoteJWKS(BackendCluster):
    """Keys that Envoy fetches from a URI; without backendRefs, from the host that it names."""

    uri: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    cache_duration: Duration = "300s"
    failed_refetch_duration: Duration | None = None

    def _cluster_violations(self) -> Iterator[Violation]:
        yield from self._not_the_old_field()
        yield from self._plain_retry()


class LocalJWKS(Model):
    """Keys that are here, or in the key `jwks` of a ConfigMap."""

    type: Literal["Inline", "ValueRef"] = "Inline"
    inline: str | None = None
    value_ref: LocalObjectReference | None = None

    @model_validator(mode="after")
    def _value_fits_type(self) -> Self:
        check(fits_type(self.type, {"Inline": ("inline", self.inline), "ValueRef": ("valueRef", self.value_ref)}))
        return self


class ClaimToHeader(Model):
    """A claim that the backend is told in a header."""

    header: str
    claim: str


class JWTHeaderExtractor(Model):
    """A header with the token after a prefix."""

    name: str
    value_prefix: str | None = None


class JWTExtractor(Model):
    """Where a request may have its token; without any, after `Bearer` in `Authorization`, or in `access_token`."""

    headers: list[JWTHeaderExtractor] = Field(default_factory=list)
    cookies: list[str] = Field(default_factory=list)
    params: list[str] = Field(default_factory=list)


class JWTProvider(Model):
    """Who issues tokens, and how they are verified."""

    name: Name
    issuer: Annotated[str, StringConstraints(max_length=253)] | None = None
    audiences: Annotated[list[str], Field(max_length=8)] = Field(default_factory=list)
    remote_jwks: Annotated[RemoteJWKS | None, Field(alias="remoteJWKS")] = None
    local_jwks: Annotated[LocalJWKS | None, Field(alias="localJWKS")] = None
    claim_to_headers: list[ClaimToHeader] = Field(default_factory=list)
    recompute_route: bool | None = None
    extract_from: JWTExtractor | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        if self.recompute_route and not self.claim_to_headers:
            yield Violation("must have claimToHeaders where recomputeRoute is true")
        if self.remote_jwks is None and self.local_jwks is None:
            yield Violation("must have remoteJWKS or localJWKS")
        if self.remote_jwks is not None and self.local_jwks is not None:
            yield Violation("may have remoteJWKS or localJWKS, not both")


class JWT(Model):
    """The providers of tokens; one of any of them is enough.

    Without a token a request may pass where they are `optional`, even with a bad one where it is to `fail_open`.
    """

    optional: bool | None = None
    fail_open: bool | None = None
    providers: Annotated[list[JWTProvider], Field(min_length=1, max_length=16)]

    @model_validator(mode="after")
    def _one_leniency(self) -> Self:
        if self.optional is not None and self.fail_open is not None:
            raise refused([Violation("may have optional or failOpen, not both: failOpen is for missing tokens, too")])
        return self
