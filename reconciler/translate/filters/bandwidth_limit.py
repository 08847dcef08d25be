"""Bandwidth limits: bodies are passed on at most so fast, for requests and answers each."""

from __future__ import annotations

from functools import lru_cache

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import protobuf
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig
from reconciler.translate.traffic_protos import bandwidth_limit as protos

NAME = "envoy.filters.http.bandwidth_limit"

KIBIBYTE = 1024
STAT_PREFIX = "http_bandwidth_limiter"

_MODES = {
    "request": protos.BandwidthLimitEnableMode.REQUEST,
    "response": protos.BandwidthLimitEnableMode.RESPONSE,
}


def rule_config(name: str, rule: ir.Rule) -> RuleConfig:
    """One entry of the chain for each direction, disabled; routes enable it with their own limit."""
    if rule.traffic is None or rule.traffic.bandwidth is None:
        return NOTHING
    limits = rule.traffic.bandwidth
    wanted = [("request", limits.request_bytes, None), ("response", limits.response_bytes, limits.trailers)]
    made = [(mode, count, trailers) for mode, count, trailers in wanted if count]
    return RuleConfig(
        tuple((f"{NAME}/{mode}", _limit(mode, count, trailers)) for mode, count, trailers in made),
        tuple(_entry(mode) for mode, _, _ in made),
    )


@lru_cache(maxsize=8)
def _entry(mode: str) -> ChainEntry:
    name = f"{NAME}/{mode}"
    return name, encode(
        m.HttpFilter(name=name, typed_config=to_any(t.Bandwidth(stat_prefix=STAT_PREFIX)), disabled=True)
    )


@lru_cache(maxsize=256)
def _limit(mode: str, count: int, trailers: str | None) -> protobuf.Any:
    return to_any(
        t.Bandwidth(
            stat_prefix=STAT_PREFIX,
            enable_mode=_MODES[mode],
            limit_kbps=count // KIBIBYTE,
            enable_response_trailers=trailers is not None,
            response_trailer_prefix=trailers or "",
        )
    )
