"""All resources of a fleet, from its skeleton and its routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING, Any

from reconciler import ir
from reconciler.snapshot.model import (
    CLUSTER,
    CLUSTER_LOAD_ASSIGNMENT,
    LISTENER,
    RATE_LIMIT_CONFIG,
    ROUTE_CONFIGURATION,
    SECRET,
    Resources,
)
from reconciler.translate.filters.base import ChainEntry, ExtraResource
from reconciler.translate.l4_fleet import l4_resources
from reconciler.translate.listeners import Surroundings, listener_resources, offers_http3
from reconciler.translate.precedence import as_written
from reconciler.translate.routes import TranslatedRoute
from reconciler.translate.secrets import secret
from reconciler.translate.virtual_hosts import Entry, route_configuration

if TYPE_CHECKING:
    from reconciler.ir.proxy import Proxy
    from reconciler.translate.clusters import Upstream

Hosts = dict[str, list[Entry]]


def assemble(fleet: ir.Fleet, routes: Iterable[TranslatedRoute]) -> Resources:
    """The fleet's resources by type and name. Routes of other fleets are left out; their order means nothing."""
    tables: dict[str, Hosts] = {
        chain.table: {host: [] for host in chain.hosts} for socket in fleet.listeners for chain in socket.chains
    }
    elsewhere = {chain.table: chain.elsewhere for socket in fleet.listeners for chain in socket.chains}
    keep_order = fleet.proxy is not None and fleet.proxy.keep_route_order
    dealt_with = dict(_dealt_with(fleet))
    of_rules: dict[str, list[ChainEntry]] = {table: [] for table in tables}
    longest_body: dict[str, int] = dict.fromkeys(tables, 0)
    clusters: dict[str, bytes] = {}
    endpoints: dict[str, bytes] = {}
    extra: set[ExtraResource] = set()
    secrets: set[str] = set()
    own_clusters: dict[str, bytes] = {}
    routes = tuple(routes)
    for route in routes:
        placed = False
        for name, table, hosts in route.tables:
            if name != fleet.name or table not in tables:
                continue
            placed = True
            of_rules[table] += route.chain_entries
            longest_body[table] = max(longest_body[table], route.longest_body)
            _add(tables[table], hosts)
        if placed:
            secrets.update(route.secrets)
            clusters.update(route.clusters)
            endpoints.update(route.endpoints)
            extra.update(route.resources)
            own_clusters.update((name, cluster) for owner, name, cluster in route.own_clusters if owner == fleet.name)
    l4 = l4_resources(fleet, routes)
    collectors = _collectors(fleet.proxy)
    secrets.update(name for collector in collectors for name in collector.secrets)
    if fleet.proxy is not None and fleet.proxy.start.sinks:
        from reconciler.translate.metrics import sink_secrets

        secrets.update(sink_secrets(fleet.proxy.start))
    around = Surroundings(of_rules, tables, l4.winners, fleet.proxy)
    resources: dict[str, dict[str, bytes]] = {
        CLUSTER: {**clusters, **l4.clusters},
        CLUSTER_LOAD_ASSIGNMENT: {**endpoints, **l4.endpoints},
        SECRET: _secrets(fleet, secrets | l4.secrets),
        LISTENER: {
            **dict(one for socket in fleet.listeners for one in listener_resources(socket, around)),
            **l4.udp_listeners,
        },
        ROUTE_CONFIGURATION: {
            table: route_configuration(
                table,
                _as_written(hosts) if keep_order else hosts,
                longest_body[table],
                elsewhere.get(table, ()),
                counted=fleet.proxy is not None and fleet.proxy.host_stats,
                **dealt_with.get(table, {}),
            )
            for table, hosts in tables.items()
        },
    }
    for type_url, name, value in sorted(extra):
        of_type = resources.setdefault(type_url, {})
        # The parts of what the rate limit service has to know of a domain add up to the whole.
        of_type[name] = of_type.get(name, b"") + value if type_url == RATE_LIMIT_CONFIG else value
    resources[CLUSTER].update(own_clusters)
    if fleet.proxy is not None:
        from reconciler.translate.metrics import start_resources, with_statistics

        resources[CLUSTER] = with_statistics(resources[CLUSTER], fleet.proxy)
        resources.update(start_resources(fleet.proxy.start))
    for collector in collectors:
        resources[CLUSTER][collector.name] = collector.cluster
        if collector.endpoints is not None:
            resources[CLUSTER_LOAD_ASSIGNMENT][collector.name] = collector.endpoints
    return resources


def _as_written(hosts: Hosts) -> Hosts:
    """Routes in the order of their age and of their rules, however specific they are."""
    return {host: [(as_written(key), value) for key, value in entries] for host, entries in hosts.items()}


def _collectors(proxy: Proxy | None) -> list[Upstream]:
    """The clusters of what telemetry is sent to."""
    if proxy is None:
        return []
    from reconciler.translate.clusters import upstream

    return [upstream(one.cluster, one.cluster, one.backends, one.settings) for one in proxy.collectors]


def _dealt_with(fleet: ir.Fleet) -> Iterator[tuple[str, dict[str, Any]]]:
    """What route configurations have of how clients are dealt with, by table."""
    for socket in fleet.listeners:
        for chain in socket.chains:
            if chain.clients is None:
                continue
            from reconciler.translate.quic_listeners import alternative

            told = alternative(socket.port) if offers_http3(chain) else ""
            yield chain.table, {"alternative": told, "failed": chain.clients.failed}


def secrets_elsewhere(fleet: ir.Fleet) -> frozenset[str]:
    """Names of the secrets that are not part of the snapshot, as the sidecar has their content."""
    return frozenset(one.name for one in (*fleet.secrets, *fleet.for_backends) if secret(one) is None)


def _secrets(fleet: ir.Fleet, of_routes: Set[str]) -> dict[str, bytes]:
    named = [*fleet.secrets, *(one for one in fleet.for_backends if one.name in of_routes)]
    return {one.name: content for one in named if (content := secret(one)) is not None}


def _add(table: Hosts, hosts: Iterable[tuple[str, tuple[Entry, ...]]]) -> None:
    for host, entries in hosts:
        table.setdefault(host, []).extend(entries)
