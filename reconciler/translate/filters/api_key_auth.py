"""API keys of clients, which the sidecar fills in."""

from __future__ import annotations

from functools import cache, lru_cache

from reconciler.ir.security import KeyPlace, Security
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.fill import Source
from reconciler.translate import messages as m
from reconciler.translate import security_messages as s
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig
from reconciler.translate.templates import template

NAME = "envoy.filters.http.api_key_auth"

_FIELDS = {KeyPlace.HEADER: "header", KeyPlace.QUERY: "query", KeyPlace.COOKIE: "cookie"}


@lru_cache(maxsize=1024)
def security_config(security: Security) -> RuleConfig:
    """One entry of the chain, disabled and without keys; routes enable it with theirs."""
    auth = security.api_keys
    if auth is None:
        return NOTHING
    forwarding = s.ApiKeyForwarding(header=auth.header, hide_credentials=auth.hidden)
    per_route = s.ApiKeyAuthPerRoute(
        key_sources=[s.ApiKeySource(**{_FIELDS[place]: name}) for place, name in auth.places],
        forwarding=forwarding if auth.header or auth.hidden else None,
    )
    keys = [Source(value.secret) for value in auth.keys]
    return RuleConfig(((NAME, template(per_route, keys) if keys else to_any(per_route)),), (_entry(),))


@cache
def _entry() -> ChainEntry:
    return NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(s.ApiKeyAuth()), disabled=True))
