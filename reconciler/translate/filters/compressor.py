"""Compression of answers: by gzip, brotli or zstd, as the client takes it."""

from __future__ import annotations

from functools import cache, lru_cache

from reconciler import ir
from reconciler.ir.traffic import Compressor
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import core, protobuf
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig

NAME = "envoy.filters.http.compressor"

_LIBRARIES = {"gzip": to_any(t.Gzip()), "brotli": to_any(t.Brotli()), "zstd": to_any(t.Zstd())}


def rule_config(name: str, rule: ir.Rule) -> RuleConfig:
    """One entry of the chain for each way of compressing and its settings, disabled; routes enable theirs.

    The first is preferred where a client takes several as gladly.
    """
    if rule.traffic is None or not rule.traffic.compressors:
        return NOTHING
    entries = [_entry(one, preferred=not index) for index, one in enumerate(rule.traffic.compressors)]
    return RuleConfig(tuple((entry, _enabled()) for entry, _ in entries), tuple(entries))


@lru_cache(maxsize=64)
def _entry(one: Compressor, *, preferred: bool) -> ChainEntry:
    parts = [str(one.minimum)] if one.minimum is not None else []
    name = "/".join([f"{NAME}.{one.kind}", *parts, *(["preferred"] if preferred else [])])
    common = t.CompressorCommon(min_content_length=one.minimum)
    config = t.Compressor(
        compressor_library=_library(one.kind),
        response_direction_config=t.CompressorResponse(common_config=common),
        choose_first=preferred,
    )
    return name, encode(m.HttpFilter(name=name, typed_config=to_any(config), disabled=True))


def _library(kind: str) -> core.TypedExtensionConfig:
    return m.TypedExtensionConfig(name=f"envoy.compression.{kind}.compressor", typed_config=_LIBRARIES[kind])


@cache
def _enabled() -> protobuf.Any:
    directions = t.CompressorOverrides(response_direction_config=t.ResponseDirectionOverrides())
    return to_any(t.CompressorPerRoute(overrides=directions))
