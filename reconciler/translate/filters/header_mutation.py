"""Late changes of headers: those of answers, after all other filters have had them."""

from __future__ import annotations

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.translate import messages as m
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig

NAME = "envoy.filters.http.header_mutation"

RATE_LIMIT_HEADERS = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")


class HeaderMutation:
    """A matter of listeners alone. Filters that limit rates come later in the chain: answers pass them first."""

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        """The changes that the chain's listeners ask for."""
        if chain.clients is None:
            return ()
        headers = chain.clients.headers
        if headers.late is None and headers.rate_limits:
            return ()
        from reconciler.translate import client_messages as c
        from reconciler.translate.header_changes import mutations

        hidden = () if headers.rate_limits else RATE_LIMIT_HEADERS
        changes = [*(c.Mutation(remove=name) for name in hidden), *(mutations(headers.late) if headers.late else ())]
        config = c.HeaderMutation(mutations=c.Mutations(response_mutations=changes))
        return ((NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(config)))),)

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:
        """Nothing."""
        return NOTHING
