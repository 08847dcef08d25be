"""Fault injection: delays and errors for a share of the requests."""

from __future__ import annotations

from datetime import timedelta
from functools import cache, lru_cache

from reconciler import ir
from reconciler.ir.traffic import Fault
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import protobuf, types
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig

NAME = "envoy.filters.http.fault"


def rule_config(name: str, rule: ir.Rule) -> RuleConfig:
    """One entry of the chain, without effect; routes have their own settings."""
    if rule.traffic is None or rule.traffic.fault is None:
        return NOTHING
    return RuleConfig(((NAME, _fault(rule.traffic.fault)),), (_entry(),))


@cache
def _entry() -> ChainEntry:
    return NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(t.Fault())))


@lru_cache(maxsize=256)
def _fault(fault: Fault) -> protobuf.Any:
    delay = abort = None
    if fault.delay_ms:
        delay = t.FaultDelay(fixed_delay=timedelta(milliseconds=fault.delay_ms), percentage=_share(fault.delay_ppm))
    if fault.abort_http:
        abort = t.FaultAbort(http_status=fault.abort_http, percentage=_share(fault.abort_ppm))
    elif fault.abort_grpc is not None:
        abort = t.FaultAbort(grpc_status=fault.abort_grpc, percentage=_share(fault.abort_ppm))
    return to_any(t.Fault(delay=delay, abort=abort))


def _share(millionths: int) -> types.FractionalPercent:
    million = types.FractionalPercentDenominatorType.MILLION
    return m.FractionalPercent(numerator=millionths, denominator=million)
