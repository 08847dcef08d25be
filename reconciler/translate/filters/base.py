"""How an HTTP filter takes part in translation. Each filter is one file here, listed in `installed`.

A filter has three places to speak in:

- the chain of every HTTP connection manager (`chain_entries`),
- the routes of a rule, as `typed_per_filter_config` (`rule_config(…).per_route`); a filter that is configured by each
  policy adds its own, disabled entry to the chains of the rule's route configurations (`….chain_entries`), which the
  routes enable,
- resources of its own, e.g. the cluster of a service that it calls, or a secret (`….resources`).

Entries of a chain with the same name are one; `order` says where they stand.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from reconciler import ir
from reconciler.snapshot.protos import protobuf

ChainEntry = tuple[str, bytes]
"""Name and encoded `HttpFilter`."""

ExtraResource = tuple[str, str, bytes]
"""Type URL, name and encoded resource."""


class RuleConfig(NamedTuple):
    """What a filter adds for one rule. `per_route` is by name of the chain's entry, `secrets` are SDS names."""

    per_route: tuple[tuple[str, protobuf.Any], ...] = ()
    chain_entries: tuple[ChainEntry, ...] = ()
    resources: tuple[ExtraResource, ...] = ()
    secrets: tuple[str, ...] = ()


NOTHING = RuleConfig()


class HTTPFilter(Protocol):
    """A filter. Both methods are pure."""

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        """What the chain has in any case; an entry without bytes: what it has in no case."""

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:
        """What a rule adds; `NOTHING` for most. `name` is that of the rule's resources."""


class PolicyFilter(Protocol):
    """The module of a filter that only policies ask for."""

    def rule_config(self, name: str, rule: ir.Rule) -> RuleConfig:
        """As that of an `HTTPFilter`."""
