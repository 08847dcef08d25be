"""Request buffers: requests are read as a whole before they are sent on."""

from __future__ import annotations

from functools import cache, lru_cache

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import protobuf
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig

NAME = "envoy.filters.http.buffer"


def rule_config(name: str, rule: ir.Rule) -> RuleConfig:
    """One entry of the chain, disabled; routes enable it with their own limit."""
    if rule.traffic is None or rule.traffic.buffer_bytes is None:
        return NOTHING
    return RuleConfig(((NAME, _buffer(rule.traffic.buffer_bytes)),), (_entry(),))


@cache
def _entry() -> ChainEntry:
    # Envoy wants a limit here, too, which is none of any route.
    return NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(t.Buffer(max_request_bytes=1)), disabled=True))


@lru_cache(maxsize=256)
def _buffer(limit: int) -> protobuf.Any:
    return to_any(t.BufferPerRoute(buffer=t.Buffer(max_request_bytes=limit)))
