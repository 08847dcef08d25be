"""Health checks by clients, load balancers for instance: Envoy answers a path itself, 200 unless it is draining."""

from __future__ import annotations

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.translate import messages as m
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig

NAME = "envoy.filters.http.health_check"


class HealthCheck:
    """A matter of listeners alone."""

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        """The path of the chain's listeners."""
        if chain.clients is None or not chain.clients.health_path:
            return ()
        from reconciler.translate import client_messages as c

        path = m.HeaderMatcher(name=":path", string_match=m.StringMatcher(exact=chain.clients.health_path))
        config = c.HealthCheck(pass_through_mode=False, headers=[path])
        return ((NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(config)))),)

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:
        """Nothing."""
        return NOTHING
