"""JWT: tokens are verified, with keys that are here or that Envoy fetches.

One entry of the chain for each policy, which its routes enable. Envoy Gateway has one for all policies of a listener,
with their providers under names that depend on their content; what is verified, and where later filters find a token's
claims, is the same.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

from reconciler.ir.security import Jwt, Leniency, RemoteKeys, Security, TokenProvider
from reconciler.snapshot.encode import encode, to_any
from reconciler.translate import messages as m
from reconciler.translate import security_messages as s
from reconciler.translate.called_services import http_uri, resources, retry_policy
from reconciler.translate.filters.base import NOTHING, RuleConfig
from reconciler.translate.security_messages import jwt_authn

NAME = "envoy.filters.http.jwt_authn"

_SPACE_DELIMITED = ("scope", "scp")
"""Claims that are lists written as one string."""

_REQUIREMENT = "any"


@lru_cache(maxsize=1024)
def security_config(security: Security) -> RuleConfig:
    """The policy's providers."""
    jwt = security.jwt
    if jwt is None:
        return NOTHING
    entry = f"{NAME}/{security.name}"
    called = [resources(one.keys.service) for one in jwt.providers if isinstance(one.keys, RemoteKeys)]
    disabled = encode(m.HttpFilter(name=entry, typed_config=to_any(_config(jwt)), disabled=True))
    return RuleConfig(
        per_route=((entry, to_any(s.JwtPerRoute(requirement_name=_REQUIREMENT))),),
        chain_entries=((entry, disabled),),
        resources=tuple(one for found, _ in called for one in found),
        secrets=tuple(name for _, names in called for name in names),
    )


def _config(jwt: Jwt) -> jwt_authn.JwtAuthentication:
    return s.JwtAuthentication(
        providers={provider.name: _provider(provider) for provider in jwt.providers},
        requirement_map={_REQUIREMENT: _requirement(jwt)},
    )


def _requirement(jwt: Jwt) -> jwt_authn.JwtRequirement:
    wanted = [s.JwtRequirement(provider_name=provider.name) for provider in jwt.providers]
    if jwt.leniency is Leniency.MISSING:
        wanted.append(s.JwtRequirement(allow_missing=s.Empty()))
    elif jwt.leniency is Leniency.FAILED:
        wanted.append(s.JwtRequirement(allow_missing_or_failed=s.Empty()))
    return wanted[0] if len(wanted) == 1 else s.JwtRequirement(requires_any=s.JwtRequirementOrList(requirements=wanted))


def _provider(provider: TokenProvider) -> jwt_authn.JwtProvider:
    keys = provider.keys
    return s.JwtProvider(
        issuer=provider.issuer,
        audiences=list(provider.audiences),
        remote_jwks=_remote(keys) if isinstance(keys, RemoteKeys) else None,
        local_jwks=m.DataSource(inline_string=keys) if isinstance(keys, str) else None,
        forward=True,
        from_headers=[s.JwtHeader(name=name, value_prefix=prefix) for name, prefix in provider.headers],
        from_params=list(provider.params),
        from_cookies=list(provider.cookies),
        payload_in_metadata=provider.name,
        normalize_payload_in_metadata=s.JwtNormalizePayload(space_delimited_claims=list(_SPACE_DELIMITED)),
        claim_to_headers=[
            s.JwtClaimToHeader(header_name=header, claim_name=claim) for header, claim in provider.claim_headers
        ],
        clear_route_cache=provider.reroute,
    )


def _remote(keys: RemoteKeys) -> jwt_authn.RemoteJwks:
    refetch = timedelta(milliseconds=keys.refetch_ms) if keys.refetch_ms else None
    return s.RemoteJwks(
        http_uri=http_uri(keys.service, keys.uri),
        cache_duration=timedelta(milliseconds=keys.cache_ms),
        async_fetch=s.JwksAsyncFetch(failed_refetch_duration=refetch),
        retry_policy=retry_policy(keys.service),
    )
