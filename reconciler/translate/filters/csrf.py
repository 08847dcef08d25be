"""CSRF: requests that change something have to come from pages of the same origin."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from reconciler.ir.security import Csrf, Security
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import matcher
from reconciler.translate import messages as m
from reconciler.translate import security_messages as s
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig
from reconciler.translate.matches import fraction
from reconciler.translate.security_messages import csrf as csrf_protos

NAME = "envoy.filters.http.csrf"

_LABELS = "[A-Za-z0-9.-]+"


@lru_cache(maxsize=1024)
def security_config(security: Security) -> RuleConfig:
    """The policy of a rule's routes; elsewhere the filter does nothing."""
    return NOTHING if security.csrf is None else RuleConfig(((NAME, to_any(_policy(security.csrf))),), (_entry(),))


@cache
def _entry() -> ChainEntry:
    neutral = s.CsrfPolicy(filter_enabled=fraction(0, 100))
    return NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(neutral)))


def _policy(csrf: Csrf) -> csrf_protos.CsrfPolicy:
    return s.CsrfPolicy(
        filter_enabled=fraction(csrf.enforced, csrf.denominator),
        shadow_enabled=fraction(100, 100),
        additional_origins=[_origin(origin) for origin in csrf.origins],
    )


def _origin(origin: str) -> matcher.StringMatcher:
    if "*" not in origin:
        return m.StringMatcher(exact=origin)
    pattern = ".*" if origin == "*" else _LABELS.join(re.escape(part) for part in origin.split("*"))
    return m.StringMatcher(safe_regex=m.RegexMatcher(regex=pattern))
