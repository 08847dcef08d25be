"""OIDC: people sign in with a provider. Its endpoints are named, or known from `Options.oidc`: nothing is fetched."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from reconciler.ir.security import HeaderKind, Oidc, SameSite
from reconciler.ir.services import SecretValue, Service
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.values import is_ip
from reconciler.resolve import codes
from reconciler.resolve.policies.called_services import by_reference, by_url, settled
from reconciler.resolve.policies.context import Context
from reconciler.resolve.secret_values import CLIENT_ID, CLIENT_SECRET, HMAC_SECRET
from reconciler.resolve.security.credentials import header_name

if TYPE_CHECKING:
    from reconciler.diagnostics import FieldPath
    from reconciler.manifests.jwt import JWT
    from reconciler.manifests.oidc import OIDC, OIDCProvider
    from reconciler.resolve.options import OidcEndpoints

REDIRECT_URL = "%REQ(x-forwarded-proto)%://%REQ(:authority)%/oauth2/callback"
LOGOUT_PATH = "/logout"
OPENID = "openid"

_AT: FieldPath = ("oidc",)


def oidc(spec: OIDC, tokens: JWT | None, context: Context) -> Oidc | None:
    """How people sign in. `tokens`: the policy's JWT, which with `passThroughAuthHeader` does instead."""
    endpoints = _endpoints(spec.provider, context)
    token, service = endpoints.token, _token_service(spec.provider, endpoints.token, context)
    client_id: str | SecretValue | None = spec.client_id
    if spec.client_id_ref is not None:
        named = context.secret(spec.client_id_ref, (*_AT, "clientIDRef"), CLIENT_ID)
        client_id = None if named is None else SecretValue(named, CLIENT_ID)
    secret = context.secret(spec.client_secret, (*_AT, "clientSecret"), CLIENT_SECRET)
    redirect = spec.redirect_url or REDIRECT_URL
    redirect_path = _path_of(redirect, context)
    logout = spec.logout_path or LOGOUT_PATH
    if not logout.startswith("/"):
        context.fail((*_AT, "logoutPath"), f"{logout!r} is not a path.", codes.BAD_PATH)
    id_header = spec.forward_id_token.header if spec.forward_id_token is not None else ""
    header_name(id_header, (*_AT, "forwardIDToken", "header"), context)
    denied = _denied(spec, context)
    if service is None or client_id is None or secret is None or not redirect_path or not endpoints.authorization:
        return None
    names = spec.cookie_names
    return Oidc(
        token,
        service,
        endpoints.authorization,
        endpoints.end_session,
        client_id,
        f"{secret}/{CLIENT_SECRET}",
        f"{secret}/{HMAC_SECRET}",
        redirect,
        redirect_path,
        logout,
        cookie_suffix(context),
        (names.access_token or "") if names else "",
        (names.id_token or "") if names else "",
        spec.cookie_domain or "",
        SameSite((spec.cookie_config.same_site or "") if spec.cookie_config else ""),
        tuple(dict.fromkeys((OPENID, *spec.scopes))),
        tuple(spec.resources),
        spec.refresh_token,
        bool(spec.forward_access_token),
        id_header,
        _pass_through(tokens) if spec.pass_through_auth_header else (),
        denied,
        _milliseconds(spec.default_token_ttl),
        _milliseconds(spec.default_refresh_token_ttl),
        _milliseconds(spec.csrf_token_ttl),
        bool(spec.disable_token_encryption),
    )


def cookie_suffix(context: Context) -> str:
    """Tells the cookies of policies apart; the same after every build, as it comes of the policy's name alone."""
    return sha256(context.name.encode()).hexdigest()[:8]


def _endpoints(provider: OIDCProvider, context: Context) -> OidcEndpoints:
    """The provider's endpoints: each as it is named, else as it was locked."""
    from reconciler.resolve.options import OidcEndpoints

    locked = next((one for one in context.world.options.oidc if one.issuer == provider.issuer), None)
    known = locked or OidcEndpoints(provider.issuer)
    found = OidcEndpoints(
        provider.issuer,
        provider.authorization_endpoint or known.authorization,
        provider.token_endpoint or known.token,
        provider.end_session_endpoint or known.end_session,
    )
    missing = [
        field
        for field, value in (("authorizationEndpoint", found.authorization), ("tokenEndpoint", found.token))
        if not value
    ]
    if missing:
        message = f"The provider has no {' and no '.join(missing)}, and nothing is fetched while building."
        guidance = "Name them as the issuer publishes them under /.well-known/openid-configuration."
        context.fail((*_AT, "provider"), message, codes.OIDC_NOT_LOCKED, guidance)
    return found


def _token_service(provider: OIDCProvider, endpoint: str, context: Context) -> Service | None:
    if not endpoint:
        return None
    path: FieldPath = (*_AT, "provider")
    host = urlsplit(endpoint).hostname or ""
    if not host or is_ip(host):
        message = f"{endpoint!r} has to be a URL with a host name, not an IP address."
        context.fail((*path, "tokenEndpoint"), message, codes.BAD_URL)
        return None
    if provider.backend_refs:
        return by_reference(provider, f"{context.name}/oidc/0", path, context)
    service = by_url(endpoint, (*path, "tokenEndpoint"), context, named=True)
    if service is None or provider.backend_settings is None:
        return service
    return replace(settled(service, provider, path, context), name=f"{context.name}/oidc/0")


def _path_of(url: str, context: Context) -> str:
    """The path of a URL that may begin with operators of Envoy; empty, and a problem, where it has none."""
    rest = url.partition("://")[2] or url
    path = "/" + rest.partition("/")[2] if "/" in rest else ""
    if len(path) < 2 or "%" in path:
        context.fail((*_AT, "redirectURL"), f"{url!r} is not a URL with a path.", codes.BAD_URL)
        return ""
    return path.partition("?")[0]


def _pass_through(tokens: JWT | None) -> tuple[tuple[str, str], ...]:
    """Headers and prefixes of tokens that others than this filter verify."""
    found = [
        (item.name, item.value_prefix or "")
        for provider in (tokens.providers if tokens is not None else ())
        for item in (provider.extract_from.headers if provider.extract_from is not None else ())
    ]
    return tuple(dict.fromkeys(found)) or (("authorization", "Bearer "),)


def _denied(spec: OIDC, context: Context) -> tuple[tuple[str, HeaderKind, str], ...]:
    if spec.deny_redirect is None:
        return ()
    found = []
    for index, header in enumerate(spec.deny_redirect.headers):
        path: FieldPath = (*_AT, "denyRedirect", "headers", index)
        header_name(header.name, (*path, "name"), context)
        if header.type == "RegularExpression":
            context.regex(header.value, (*path, "value"))
        found.append((header.name, HeaderKind(header.type), header.value))
    return tuple(found)


def _milliseconds(duration: str | None) -> int:
    return 0 if duration is None else milliseconds(duration)
