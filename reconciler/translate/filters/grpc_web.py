"""gRPC-Web: browsers' calls, over HTTP/1.1 too, become gRPC calls."""

from __future__ import annotations

from functools import cache

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.translate import messages as m
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig

NAME = "envoy.filters.http.grpc_web"


class GrpcWeb:
    """In chains with rules for gRPC, as in Envoy Gateway, unless the chain itself says whether."""

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        """Nothing without a rule for gRPC."""
        if chain.clients is None or chain.clients.grpc_web is None:
            return ()
        return _config().chain_entries if chain.clients.grpc_web else ((NAME, b""),)

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:
        """The same for all rules for gRPC."""
        return _config() if rule.grpc else NOTHING


@cache
def _config() -> RuleConfig:
    return RuleConfig(chain_entries=((NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(m.GrpcWeb())))),))
