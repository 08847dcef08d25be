"""Local rate limits: each Envoy counts for itself, for each route."""

from __future__ import annotations

from datetime import timedelta
from functools import cache, lru_cache

from reconciler import ir
from reconciler.ir.limits import Limit, LocalLimit
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import protobuf, types
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig
from reconciler.translate.rate_limits import Described, described, rate_limits
from reconciler.translate.traffic_protos import ratelimit_common

NAME = "envoy.filters.http.local_ratelimit"

STAT_PREFIX = "http_local_rate_limiter"
MAX_DYNAMIC_DESCRIPTORS = 10_000
UNLIMITED = 2**32 - 1

UNIT_SECONDS = {
    "SECOND": 1,
    "MINUTE": 60,
    "HOUR": 3_600,
    "DAY": 86_400,
    "WEEK": 604_800,
    "MONTH": 2_592_000,
    "YEAR": 31_536_000,
}


def rule_config(name: str, rule: ir.Rule) -> RuleConfig:
    """One entry of the chain, without effect; routes have their own limits."""
    if rule.traffic is None or rule.traffic.local_limit is None:
        return NOTHING
    return RuleConfig(((NAME, _limits(rule.traffic.local_limit)),), (_entry(),))


@cache
def _entry() -> ChainEntry:
    return NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(t.LocalLimit(stat_prefix=STAT_PREFIX))))


@lru_cache(maxsize=256)
def _limits(limits: LocalLimit) -> protobuf.Any:
    always = m.RuntimeFractionalPercent(default_value=m.FractionalPercent(numerator=100))
    made = [(one, described(one, number=one.position, everywhere=False)) for one in limits.limits]
    default = limits.default
    enforced = default is None or not default.shadow
    return to_any(
        t.LocalLimit(
            stat_prefix=STAT_PREFIX,
            token_bucket=_bucket(default.requests if default else UNLIMITED, default.unit if default else "SECOND"),
            filter_enabled=always,
            filter_enforced=always if enforced else m.RuntimeFractionalPercent(default_value=m.FractionalPercent()),
            descriptors=[_descriptor(one, how) for one, how in made],
            enable_x_ratelimit_headers=_headers(limits),
            always_consume_default_token_bucket=False,
            rate_limits=[limit for one, how in made for limit in rate_limits(one, how)],
            max_dynamic_descriptors=MAX_DYNAMIC_DESCRIPTORS,
        )
    )


def _headers(limits: LocalLimit) -> ratelimit_common.XRateLimitHeadersRfcVersion:
    versions = ratelimit_common.XRateLimitHeadersRfcVersion
    off = limits.default is not None and limits.default.headers is False
    return versions.OFF if off else versions.DRAFT_VERSION_03


def _descriptor(limit: Limit, how: Described) -> ratelimit_common.LocalRateLimitDescriptor:
    return t.LocalLimitDescriptor(
        entries=[t.LimitEntry(key=key, value=value) for key, value in how.pairs],
        token_bucket=_bucket(limit.requests, limit.unit),
        shadow_mode=limit.shadow,
    )


def _bucket(requests: int, unit: str) -> types.TokenBucket:
    interval = timedelta(seconds=UNIT_SECONDS[unit])
    return t.TokenBucket(max_tokens=requests, tokens_per_fill=requests, fill_interval=interval)
