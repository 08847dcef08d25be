"""CORS: pre-flight requests are answered by Envoy, the answers to others get the headers that the policy asks for."""

from __future__ import annotations

import re
from functools import cache

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.protos import matcher, protobuf
from reconciler.translate import messages as m
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig

NAME = "envoy.filters.http.cors"

_LABELS = "[a-z0-9.-]+"


class Cors:
    """One entry of the chain for all policies, which are the routes'."""

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        """Nothing in chains of which no rule has a policy."""
        return ()

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:
        """The rule's policy."""
        if rule.cors is None:
            return NOTHING
        return RuleConfig(((NAME, _policy(rule.cors)),), (_entry(),))


@cache
def _entry() -> ChainEntry:
    return NAME, encode(m.HttpFilter(name=NAME, typed_config=to_any(m.Cors())))


def _policy(cors: ir.Cors) -> protobuf.Any:
    return to_any(
        m.CorsPolicy(
            allow_origin_string_match=[_origin(origin) for origin in cors.origins],
            allow_methods=", ".join(cors.methods),
            allow_headers=", ".join(cors.headers),
            expose_headers=", ".join(cors.exposed),
            max_age=str(cors.max_age_s),
            allow_credentials=cors.credentials,
            # A client that may not ask gets its answer here, and the backend none of its questions.
            forward_not_matching_preflights=False,
        )
    )


def _origin(origin: str) -> matcher.StringMatcher:
    """A matcher of `Origin`, which a client writes in lower case and without the scheme's own port."""
    if "*" not in origin:
        return m.StringMatcher(exact=origin)
    if origin == "*":
        return m.StringMatcher(safe_regex=m.RegexMatcher(regex=".*"))
    pattern = _LABELS.join(re.escape(part) for part in origin.split("*"))
    return m.StringMatcher(safe_regex=m.RegexMatcher(regex=pattern))
