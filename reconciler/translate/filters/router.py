"""The router: the last filter of every chain, which forwards the request."""

from __future__ import annotations

from functools import cache

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.translate import messages as m
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig

NAME = "envoy.filters.http.router"


class Router:
    """Without Envoy's `x-envoy-*` headers unless they are asked for, as in Envoy Gateway."""

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        """In every chain."""
        return (_entry(suppress=chain.clients is None or not chain.clients.headers.envoy),)

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:  # noqa: ARG002
        """Routes have their action, which is not a filter's."""
        return NOTHING


@cache
def _entry(*, suppress: bool) -> ChainEntry:
    router = m.Router(suppress_envoy_headers=suppress)
    return NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(router)))
