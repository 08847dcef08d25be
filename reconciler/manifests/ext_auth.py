"""`SecurityPolicy.spec.extAuth`: a service that says whether a request may pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reconciler.manifests.backend_cluster import BackendCluster
from reconciler.manifests.base import Model
from reconciler.manifests.references import LocalObjectReference
from reconciler.manifests.rules import Violation, check, fits_type, refused, unique_by
from reconciler.manifests.values import Duration, ErrorStatus, Positive32


class ContextExtensionRef(LocalObjectReference):
    """A value of a ConfigMap or a Secret."""

    key: str

    @model_validator(mode="after")
    def _holds_values(self) -> Self:
        if self.kind not in ("ConfigMap", "Secret") or self.group not in ("", "v1"):
            raise refused([Violation('must be a ConfigMap or a Secret of group ""')])
        return self


class ContextExtension(Model):
    """Something that the service is told of each request."""

    name: str
    type: Literal["Value", "ValueRef"] = "Value"
    value: str | None = None
    value_ref: ContextExtensionRef | None = None

    @model_validator(mode="after")
    def _value_fits_type(self) -> Self:
        check(fits_type(self.type, {"Value": ("value", self.value), "ValueRef": ("valueRef", self.value_ref)}))
        return self


class ExtAuthService(BackendCluster):
    """The service that is asked."""

    def _cluster_violations(self) -> Iterator[Violation]:
        if self.backend_ref is None and not self.backend_refs:
            yield Violation("must have backendRefs")
        yield from self._known_kinds()


class GRPCExtAuthService(ExtAuthService):
    """The service is asked by Envoy's gRPC protocol."""


class HTTPExtAuthService(ExtAuthService):
    """The service is asked by the request as it came, without its body; `path` comes before that of the request."""

    path: str | None = None
    path_override: str | None = None
    headers_to_backend: list[str] = Field(default_factory=list)

    def _cluster_violations(self) -> Iterator[Violation]:
        yield from super()._cluster_violations()
        if self.path is not None and self.path_override is not None:
            yield Violation("may have path or pathOverride, not both")


class BodyToExtAuth(Model):
    """How much of the body the service is sent, in bytes."""

    max_request_bytes: Positive32


class ExtAuth(Model):
    """Ask a service; without an answer a request is refused, unless it is to `fail_open`."""

    grpc: GRPCExtAuthService | None = None
    http: HTTPExtAuthService | None = None
    headers_to_ext_auth: list[str] = Field(default_factory=list)
    body_to_ext_auth: BodyToExtAuth | None = None
    timeout: Duration | None = None
    fail_open: bool = False
    recompute_route: bool | None = None
    include_route_metadata: bool | None = None
    context_extensions: Annotated[list[ContextExtension], unique_by("name")] = Field(default_factory=list)
    status_on_error: ErrorStatus | None = None

    @model_validator(mode="after")
    def _one_protocol(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        if (self.grpc is None) is (self.http is None):
            found = "has neither" if self.grpc is None else "has both"
            yield Violation(f"must have either grpc or http; {found}")
