"""`SecurityPolicy.spec.oidc`: people who sign in with an OpenID Connect provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reconciler.manifests.backend_cluster import BackendCluster
from reconciler.manifests.base import Model
from reconciler.manifests.references import SecretObjectReference
from reconciler.manifests.rules import Violation, check, refused
from reconciler.manifests.values import DNS_SUBDOMAIN, Duration, HeaderName


class OIDCProvider(BackendCluster):
    """The provider. Endpoints that are not given are those that it publishes under its issuer's URL."""

    issuer: Annotated[str, StringConstraints(min_length=1)]
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    end_session_endpoint: str | None = None

    def _cluster_violations(self) -> Iterator[Violation]:
        yield from self._not_the_old_field()
        yield from self._plain_retry()


class OIDCCookieNames(Model):
    """Names of cookies that others read."""

    access_token: str | None = None
    id_token: str | None = None


class OIDCCookieConfig(Model):
    """With which requests of other sites browsers send the cookies."""

    same_site: Literal["Lax", "Strict", "None"] | None = None


class OIDCDenyRedirectHeader(Model):
    """A header of requests that are refused, not sent to the provider."""

    type: Literal["Exact", "Prefix", "Suffix", "RegularExpression"] = "Exact"
    name: Annotated[str, StringConstraints(min_length=1)]
    value: Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class OIDCDenyRedirect(Model):
    """Requests that are refused, not sent to the provider."""

    headers: Annotated[list[OIDCDenyRedirectHeader], Field(min_length=1, max_length=16)]


def _not_host(header: str) -> str:
    if header.lower() == "host":
        raise refused([Violation("must not be the Host header")])
    return header


class OIDCForwardIDToken(Model):
    """The header in which the backend is sent the ID token."""

    header: Annotated[HeaderName, AfterValidator(_not_host)]


class OIDC(Model):
    """How people sign in. `client_secret` has a key `client-secret`, `client_id_ref` a key `client-id`."""

    provider: OIDCProvider
    client_id: Annotated[Annotated[str, StringConstraints(min_length=1)] | None, Field(alias="clientID")] = None
    client_id_ref: Annotated[SecretObjectReference | None, Field(alias="clientIDRef")] = None
    client_secret: SecretObjectReference
    cookie_names: OIDCCookieNames | None = None
    cookie_config: OIDCCookieConfig | None = None
    cookie_domain: Annotated[str, StringConstraints(pattern=DNS_SUBDOMAIN)] | None = None
    scopes: list[str] = Field(default_factory=list)
    resources: list[str] = Field(default_factory=list)
    redirect_url: Annotated[str | None, Field(alias="redirectURL")] = None
    deny_redirect: OIDCDenyRedirect | None = None
    logout_path: str | None = None
    forward_access_token: bool | None = None
    forward_id_token: Annotated[OIDCForwardIDToken | None, Field(alias="forwardIDToken")] = None
    default_token_ttl: Annotated[Duration | None, Field(alias="defaultTokenTTL")] = None
    refresh_token: bool = True
    default_refresh_token_ttl: Annotated[Duration | None, Field(alias="defaultRefreshTokenTTL")] = None
    csrf_token_ttl: Annotated[Duration | None, Field(alias="csrfTokenTTL")] = None
    disable_token_encryption: bool | None = None
    pass_through_auth_header: bool | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        if (self.client_id is None) is (self.client_id_ref is None):
            found = "has neither" if self.client_id is None else "has both"
            yield Violation(f"must have either clientID or clientIDRef; {found}")
        to_authorization = self.forward_id_token is not None and self.forward_id_token.header.lower() == "authorization"
        if self.forward_access_token and to_authorization:
            message = "must not be Authorization where forwardAccessToken is true: that is in the same header"
            yield Violation(message, ("forwardIDToken", "header"))
