"""Statistics of gRPC calls, by service and method."""

from __future__ import annotations

from functools import cache

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.translate import messages as m
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig

NAME = "envoy.filters.http.grpc_stats"


class GrpcStats:
    """In chains with rules for gRPC, as in Envoy Gateway."""

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        """Nothing without a rule for gRPC."""
        return ()

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:
        """The same for all rules for gRPC."""
        return _config() if rule.grpc else NOTHING


@cache
def _config() -> RuleConfig:
    stats = m.GrpcStats(emit_filter_state=True, stats_for_all_methods=True)
    return RuleConfig(chain_entries=((NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(stats)))),))


def entry() -> ChainEntry:
    """The same for chains without a rule for gRPC."""
    return _config().chain_entries[0]
