"""`ir.RouteUnit` → encoded routes, clusters and endpoints, named as by Envoy Gateway.

The cluster of a rule is `httproute/<namespace>/<name>/rule/<index>` (`destinations` and `actions` say when there are
more), its routes, one for each match and host, `<cluster>/match/<index>/<host with underscores>`. Both indexes are
positions in the manifest, from 0; a rule without matches has the default one at 0 (Envoy Gateway says -1 there).
`Rule.variant` is added to the names of clusters alone.
Envoy Gateway's `metadata` (kind, name and namespace of the objects) is left out: the names say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from reconciler import ir
from reconciler.records import dataclass
from reconciler.snapshot.model import CLUSTER
from reconciler.translate.actions import Forwarding, Visited, direct_response, forwarding
from reconciler.translate.claims import Claim
from reconciler.translate.client_certificates import FleetCluster
from reconciler.translate.clusters import Upstream
from reconciler.translate.fan_out import Part, RuleParts, entries, templates
from reconciler.translate.filters import installed
from reconciler.translate.filters.base import NOTHING, ChainEntry, ExtraResource, RuleConfig
from reconciler.translate.headers import combined, headers
from reconciler.translate.precedence import Age, age
from reconciler.translate.sessions import pinned
from reconciler.translate.shares import Share, shares
from reconciler.translate.virtual_hosts import Entry

HostEntries = tuple[str, tuple[Entry, ...]]
"""A host and the routes of its virtual host."""

_NO_ACTION = ir.DirectResponse(404)

Table = tuple[str, str, tuple[HostEntries, ...]]
"""Fleet, name of the route configuration, and what is added to it."""


@dataclass(frozen=True, slots=True)
class TranslatedRoute:
    """All that one route adds to its fleets, encoded: strings, numbers, bytes and tuples of these.

    Attributes:
        tables: routes by fleet, route configuration and host.
        clusters, endpoints: name and resource; part of every fleet of `tables`.
        chain_entries: what its rules add to the filter chains of its route configurations.
        resources: other resources of its rules' filters.
        longest_body: the size in bytes of the longest direct response.
        age: orders routes, and tells which one it is.
        secrets: SDS names that clusters name.
        own_clusters: fleet, name and resource of clusters that are another one there than in `clusters`.
        claims: for routes that are not HTTP, what they are attached to.
        shares: for the same, clusters and their weights.
        passed: the same for listeners that pass on the TLS of clients; none: as `shares`.
        network_filters: for the same, encoded `Filter`s that come before connections are forwarded.
    """

    tables: tuple[Table, ...]
    clusters: tuple[tuple[str, bytes], ...]
    endpoints: tuple[tuple[str, bytes], ...]
    chain_entries: tuple[ChainEntry, ...] = ()
    resources: tuple[ExtraResource, ...] = ()
    longest_body: int = 0
    age: Age = ("", "", "", "")
    secrets: tuple[str, ...] = ()
    own_clusters: tuple[FleetCluster, ...] = ()
    claims: tuple[Claim, ...] = ()
    shares: tuple[tuple[str, int], ...] = ()
    passed: tuple[tuple[str, int], ...] = ()
    network_filters: tuple[bytes, ...] = ()

    @property
    def fleets(self) -> tuple[str, ...]:
        """The names of the fleets that it is part of, sorted."""
        return tuple(sorted({fleet for fleet, _, _ in (*self.tables, *self.claims)}))

    @property
    def all_clusters(self) -> dict[str, bytes]:
        """Those of its backends and those of its rules' filters, by name."""
        of_filters = [(name, value) for type_url, name, value in self.resources if type_url == CLUSTER]
        return dict([*self.clusters, *of_filters])

    def pack(self) -> tuple[Any, ...]:
        """For `marshal`."""
        return tuple(getattr(self, field.name) for field in fields(self))

    @classmethod
    def unpack(cls, packed: tuple[Any, ...]) -> TranslatedRoute:
        """The inverse of `pack`."""
        return cls(*packed)


def translate(unit: ir.RouteUnit) -> TranslatedRoute:
    """Everything of one route; a pure function of it."""
    prefix = f"{unit.kind}/{unit.namespace}/{unit.name}/rule/"
    rules = [_rule(f"{prefix}{rule.index}", _with_check_host(rule, unit)) for rule in unit.rules]
    # What requests of sessions are pinned to is the same as what the others are sent to.
    parts = [part for rule in rules for part in rule.parts if part.share.pin is None]
    configs: list[RuleConfig] = [config for rule in rules for config in rule.configs]
    upstreams = [one for part in parts if isinstance(part.action, Forwarding) for one in part.action.upstreams]
    bodies = [part.share.action.body for part in parts if isinstance(part.share.action, ir.DirectResponse)]
    return TranslatedRoute(
        tables=_tables(unit, rules),
        clusters=tuple([(one.name, one.cluster) for one in upstreams]),
        endpoints=tuple([(one.name, one.endpoints) for one in upstreams if one.endpoints is not None]),
        chain_entries=tuple([entry for config in configs for entry in config.chain_entries]),
        resources=tuple([resource for config in configs for resource in config.resources]),
        longest_body=max([len(body.encode()) for body in bodies], default=0),
        age=age(unit),
        secrets=tuple(dict.fromkeys([*_secrets(upstreams), *_secrets(configs)])),
    )


def _with_check_host(rule: ir.Rule, unit: ir.RouteUnit) -> ir.Rule:
    """Health checks ask for a host of the route, where they have none of their own."""
    settings = rule.action.settings if isinstance(rule.action, ir.Forward) else None
    if settings is None or settings.active is None or not isinstance(rule.action, ir.Forward):
        return rule
    hosts = [host for placement in unit.placements for host in placement.hosts if not host.startswith("*")]
    check = settings.active.check
    from reconciler.ir.clusters import HTTPCheck

    if not hosts or not isinstance(check, HTTPCheck) or check.host:
        return rule
    active = settings.active._replace(check=replace(check, host=min(hosts)))
    return replace(rule, action=replace(rule.action, settings=settings._replace(active=active)))


def _secrets(named: Sequence[Upstream] | Sequence[RuleConfig]) -> list[str]:
    return [secret for one in named for secret in one.secrets]


def _tables(unit: ir.RouteUnit, rules: list[RuleParts]) -> tuple[Table, ...]:
    made = templates(rules, age(unit))
    return tuple(
        [
            (
                placement.fleet,
                placement.table,
                tuple([(host, entries(made, _visited(placement, host))) for host in placement.hosts]),
            )
            for placement in unit.placements
        ]
    )


def _visited(placement: ir.Placement, host: str) -> Visited:
    """Cleartext route configurations are the ones named `http-<port>`."""
    scheme = "http" if placement.table == f"http-{placement.port}" else "https"
    return Visited(scheme, host, placement.port)


def _rule(name: str, rule: ir.Rule) -> RuleParts:
    rule = _with_request_headers_in_order(rule)
    found = shares(rule.action)
    if len(found) > 1 and isinstance(rule.action, ir.Forward) and rule.action.session is not None:
        found = pinned(name, rule.action, rule.action.session, found)
    parts = tuple([_part(name, share, rule) for share in found])
    of_rule = headers(rule.request_headers, rule.response_headers)
    preflight = rule.cors is not None or any(part.config is not NOTHING for part in parts)
    config = installed.rule_config(name, rule)
    if rule.traffic is None:
        return RuleParts(rule.index, rule.matches, name, parts, of_rule, config, preflight)
    from reconciler.translate.route_traffic import route_fields

    fields = route_fields(name, rule, rule.traffic)
    tunnel = rule.traffic.streams is not None and rule.traffic.streams.tunnel
    return RuleParts(rule.index, rule.matches, name, parts, of_rule, config, preflight, fields, tunnel)


def _part(name: str, share: Share, rule: ir.Rule) -> Part:
    config = NOTHING if share.filters is None else _own_config(name, rule, share.filters)
    if isinstance(share.action, ir.Forward):
        return Part(share, forwarding(name, share.suffix, share.action), config)
    if isinstance(share.action, ir.DirectResponse):
        return Part(share, direct_response(share.action), config)
    return Part(share, share.action, config)


def _own_config(name: str, rule: ir.Rule, filters: ir.BackendFilters) -> RuleConfig:
    """What the filters of one backend add to those of its rule."""
    alone = ir.Rule(rule.index, rule.matches, _NO_ACTION, cors=filters.cors, external_auth=filters.external_auth)
    return installed.rule_config(name, alone)


def _with_request_headers_in_order(rule: ir.Rule) -> ir.Rule:
    """A rule's filters come before its backends', but Envoy changes the headers of a weighted cluster before a route's.

    Where both change the request, all is left to the clusters. For responses Envoy's order is the right one.
    """
    action, of_rule = rule.action, rule.request_headers
    if not of_rule or not isinstance(action, ir.Forward) or not any(b.request_headers for b in action.backends):
        return rule
    backends = tuple(
        replace(b, request_headers=combined(of_rule, b.request_headers) if b.request_headers else of_rule)
        for b in action.backends
    )
    return replace(rule, request_headers=None, action=replace(action, backends=backends))
