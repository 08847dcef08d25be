"""OAuth2: people sign in with an OpenID Connect provider."""

from __future__ import annotations

from datetime import timedelta
from functools import cache, lru_cache

from reconciler.ir.security import HeaderKind, Oidc, SameSite, Security
from reconciler.ir.services import SecretValue
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.fill import Source
from reconciler.snapshot.protos import matcher, route
from reconciler.translate import messages as m
from reconciler.translate import security_messages as s
from reconciler.translate.called_services import http_uri, resources, retry_policy
from reconciler.translate.config_source import secret_config
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig
from reconciler.translate.security_messages import oauth2
from reconciler.translate.templates import template

NAME = "envoy.filters.http.oauth2"

_SAME_SITE = {
    SameSite.LAX: oauth2.CookieConfigSameSite.LAX,
    SameSite.STRICT: oauth2.CookieConfigSameSite.STRICT,
    SameSite.NONE: oauth2.CookieConfigSameSite.NONE,
}


@lru_cache(maxsize=1024)
def security_config(security: Security) -> RuleConfig:
    """The provider of a rule's routes; elsewhere the filter does nothing."""
    oidc = security.oidc
    if oidc is None:
        return NOTHING
    found, names = resources(oidc.service)
    per_route = s.OAuth2PerRoute(config=_config(oidc))
    packed = (
        template(per_route, [Source(oidc.client_id.secret, oidc.client_id.key)])
        if isinstance(oidc.client_id, SecretValue)
        else to_any(per_route)
    )
    return RuleConfig(((NAME, packed),), (_entry(),), found, (*names, oidc.client_secret, oidc.hmac_secret))


@cache
def _entry() -> ChainEntry:
    return NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(s.OAuth2())))


def _config(oidc: Oidc) -> oauth2.OAuth2Config:
    return s.OAuth2Config(
        token_endpoint=http_uri(oidc.service, oidc.token_endpoint),
        retry_policy=retry_policy(oidc.service),
        authorization_endpoint=oidc.authorization_endpoint,
        end_session_endpoint=oidc.end_session_endpoint,
        credentials=_credentials(oidc),
        redirect_uri=oidc.redirect_url,
        redirect_path_matcher=_path(oidc.redirect_path),
        signout_path=_path(oidc.logout_path),
        forward_bearer_token=oidc.forward_access_token,
        forward_id_token=s.TokenForwarding(header=oidc.id_token_header) if oidc.id_token_header else None,
        preserve_authorization_header=not _writes_authorization(oidc),
        pass_through_matcher=[_token(name, prefix) for name, prefix in oidc.pass_through],
        auth_scopes=list(oidc.scopes),
        resources=list(oidc.resources),
        auth_type=oauth2.OAuth2ConfigAuthType.BASIC_AUTH,
        use_refresh_token=oidc.refresh,
        default_expires_in=_duration(oidc.token_ms),
        deny_redirect_matcher=[_header(*header) for header in oidc.deny_redirect],
        default_refresh_token_expires_in=_duration(oidc.refresh_ms),
        cookie_configs=_cookie_configs(oidc.same_site),
        csrf_token_expires_in=_duration(oidc.csrf_ms),
        disable_token_encryption=oidc.plain_tokens,
    )


def _credentials(oidc: Oidc) -> oauth2.OAuth2Credentials:
    suffix = oidc.cookie_suffix
    return s.OAuth2Credentials(
        client_id=oidc.client_id if isinstance(oidc.client_id, str) else "",
        token_secret=secret_config(oidc.client_secret),
        hmac_secret=secret_config(oidc.hmac_secret),
        cookie_names=s.CookieNames(
            bearer_token=oidc.access_cookie or f"AccessToken-{suffix}",
            oauth_hmac=f"OauthHMAC-{suffix}",
            oauth_expires=f"OauthExpires-{suffix}",
            id_token=oidc.id_cookie or f"IdToken-{suffix}",
            refresh_token=f"RefreshToken-{suffix}",
            oauth_nonce=f"OauthNonce-{suffix}",
            code_verifier=f"CodeVerifier-{suffix}",
        ),
        cookie_domain=oidc.cookie_domain,
    )


def _writes_authorization(oidc: Oidc) -> bool:
    return oidc.forward_access_token or oidc.id_token_header.lower() == "authorization"


def _cookie_configs(same_site: SameSite) -> oauth2.CookieConfigs | None:
    if same_site is SameSite.UNSET:
        return None
    config = s.CookieConfig(same_site=_SAME_SITE[same_site])
    fields = (
        "bearer_token",
        "oauth_hmac",
        "oauth_expires",
        "id_token",
        "refresh_token",
        "oauth_nonce",
        "code_verifier",
    )
    return s.CookieConfigs(**{f"{field}_cookie_config": config for field in fields})


def _path(path: str) -> matcher.PathMatcher:
    return s.PathMatcher(path=m.StringMatcher(exact=path))


def _token(name: str, prefix: str) -> route.HeaderMatcher:
    if not prefix:
        return m.HeaderMatcher(name=name, present_match=True)
    return _header(name, HeaderKind.PREFIX, prefix)


def _header(name: str, kind: HeaderKind, value: str) -> route.HeaderMatcher:
    match kind:
        case HeaderKind.EXACT:
            text = m.StringMatcher(exact=value)
        case HeaderKind.PREFIX:
            text = m.StringMatcher(prefix=value)
        case HeaderKind.SUFFIX:
            text = m.StringMatcher(suffix=value)
        case HeaderKind.REGEX:
            text = m.StringMatcher(safe_regex=m.RegexMatcher(regex=value))
    return m.HeaderMatcher(name=name, string_match=text)


def _duration(milliseconds: int) -> timedelta | None:
    return timedelta(milliseconds=milliseconds) if milliseconds else None
