"""SecurityPolicy (gateway.envoyproxy.io)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.manifests.authorization import Authorization
from reconciler.manifests.backend import ENVOY_GATEWAY_GROUP
from reconciler.manifests.base import Model
from reconciler.manifests.ext_auth import ExtAuth
from reconciler.manifests.jwt import JWT
from reconciler.manifests.oidc import OIDC
from reconciler.manifests.policy_targets import MergeablePolicySpec, Policy
from reconciler.manifests.references import SecretObjectReference
from reconciler.manifests.route_filters import Fraction
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.values import ORIGIN, Duration

Origin = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=ORIGIN)]
_NameOf = Annotated[str, StringConstraints(min_length=1)]


class CORS(Model):
    """Which pages of other origins may use what is here."""

    allow_origins: list[Origin] = Field(default_factory=list)
    allow_methods: list[str] = Field(default_factory=list)
    allow_headers: list[str] = Field(default_factory=list)
    expose_headers: list[str] = Field(default_factory=list)
    max_age: Duration | None = None
    allow_credentials: bool | None = None


class CSRF(Model):
    """Requests that change something come from pages of this origin or of one of these.

    Of the share `shadow_fraction` it is only counted which would be refused.
    """

    additional_origins: Annotated[list[Origin], Field(max_length=16)] = Field(default_factory=list)
    shadow_fraction: Fraction | None = None


class BasicAuth(Model):
    """User and password. `users` has a key `.htpasswd` with their hashes."""

    users: SecretObjectReference
    forward_username_header: str | None = None


class KeySource(Model):
    """Where a request may have its key: names of headers, query parameters or cookies."""

    headers: Annotated[list[_NameOf], Field(min_length=1)] | None = None
    params: Annotated[list[_NameOf], Field(min_length=1)] | None = None
    cookies: Annotated[list[_NameOf], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        found = sum(place is not None for place in (self.headers, self.params, self.cookies))
        if found != 1:
            words = "has none" if not found else "has more"
            raise refused([Violation(f"must have exactly one of headers, params and cookies; {words}")])
        return self


class APIKeyAuth(Model):
    """A key that only a client has. In the Secrets each client's key is under the name of the client."""

    credential_refs: list[SecretObjectReference]
    extract_from: Annotated[list[KeySource], Field(min_length=1)]
    forward_client_id_header: Annotated[str | None, Field(alias="forwardClientIDHeader")] = None
    sanitize: bool | None = None


class SecurityPolicySpec(MergeablePolicySpec):
    """Who may send requests."""

    target_kinds: ClassVar[tuple[str, ...]] = ("Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "TCPRoute")

    api_key_auth: APIKeyAuth | None = None
    cors: CORS | None = None
    csrf: CSRF | None = None
    basic_auth: BasicAuth | None = None
    jwt: JWT | None = None
    oidc: OIDC | None = None
    ext_auth: ExtAuth | None = None
    authorization: Authorization | None = None

    @model_validator(mode="after")
    def _tokens_are_verified(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        if self.jwt is None and self.authorization is not None:
            for index in self.authorization.jwt_rules():
                path = ("authorization", "rules", index, "principal", "jwt")
                yield Violation("may only be used where the policy has jwt, which verifies tokens", path)


class SecurityPolicy(Policy):
    """Who may send requests to a Gateway, a listener, a route or a rule."""

    group: ClassVar[str] = ENVOY_GATEWAY_GROUP
    kind_name: ClassVar[str] = "SecurityPolicy"

    spec: SecurityPolicySpec
