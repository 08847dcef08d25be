"""The router: the last filter of every chain, which forwards the request."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import accesslog
from reconciler.translate import messages as m
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig

NAME = "envoy.filters.http.router"


class Router:
    """Without Envoy's `x-envoy-*` headers unless they are asked for, as in Envoy Gateway."""

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        """In every chain."""
        return (entry(chain),)

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:
        """Routes have their action, which is not a filter's."""
        return NOTHING


def entry(chain: ir.HTTPChain, upstream_logs: Sequence[accesslog.AccessLog] = ()) -> ChainEntry:
    """The router of a chain, with logs of attempts to forward requests."""
    suppress = chain.clients is None or not chain.clients.headers.envoy
    if not upstream_logs:
        return _entry(suppress=suppress)
    options = m.UpstreamAccessLogOptions(flush_upstream_log_on_upstream_stream=True)
    config = m.Router(suppress_envoy_headers=suppress, upstream_log=list(upstream_logs), upstream_log_options=options)
    return NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(config)))


@cache
def _entry(*, suppress: bool) -> ChainEntry:
    router = m.Router(suppress_envoy_headers=suppress)
    return NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(router)))
