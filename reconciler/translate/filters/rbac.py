"""Authorization: rules about addresses, tokens, headers, methods, paths, and in CEL."""

from __future__ import annotations

from functools import cache, lru_cache

from reconciler.ir.security import Security
from reconciler.snapshot.encode import encode, to_any
from reconciler.translate import messages as m
from reconciler.translate import security_messages as s
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig
from reconciler.translate.permissions import matcher

NAME = "envoy.filters.http.rbac"


@lru_cache(maxsize=1024)
def security_config(security: Security) -> RuleConfig:
    """The rules of a rule's routes; elsewhere the filter lets everybody through."""
    if security.authorization is None:
        return NOTHING
    per_route = s.HttpRbacPerRoute(rbac=s.HttpRbac(matcher=matcher(security.authorization)))
    return RuleConfig(((NAME, to_any(per_route)),), (_entry(),))


@cache
def _entry() -> ChainEntry:
    return NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(s.HttpRbac())))
