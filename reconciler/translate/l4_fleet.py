"""What TLSRoutes, TCPRoutes and UDPRoutes make of a fleet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from reconciler import ir
from reconciler.translate.access_log import logs_of_requests
from reconciler.translate.claims import settle
from reconciler.translate.empty_cluster import EMPTY_CLUSTER, NOWHERE, empty_cluster
from reconciler.translate.routes import TranslatedRoute
from reconciler.translate.udp_listeners import udp_listener_resource

Winners = Mapping[str, Mapping[str, TranslatedRoute]]
"""Table → server name → the route that has it."""


class L4Resources(NamedTuple):
    """Resources by name. `winners` has every table of the fleet, `secrets` are SDS names."""

    winners: Winners
    clusters: Mapping[str, bytes]
    endpoints: Mapping[str, bytes]
    udp_listeners: Mapping[str, bytes]
    secrets: frozenset[str]


def l4_resources(fleet: ir.Fleet, routes: Iterable[TranslatedRoute]) -> L4Resources:
    """All but the filter chains of TCP sockets. A route that has no traffic adds nothing."""
    chains = {chain.table: chain.server_name for socket in fleet.listeners for chain in socket.tcp_chains}
    tables = {**chains, **{socket.table: "*" for socket in fleet.udp_listeners}}
    settled = settle(routes).winners
    logs = logs_of_requests(fleet.proxy)
    failed = {chain.table for socket in fleet.listeners for chain in socket.tcp_chains if _failed(chain)}
    winners = {table: {} if table in failed else settled.get((fleet.name, table), {}) for table in tables}
    placed = [route for held in winners.values() for route in held.values()]
    clusters = {name: value for route in placed for name, value in route.clusters}
    own = [one for route in placed for one in route.own_clusters]
    clusters.update((name, value) for owner, name, value in own if owner == fleet.name)
    if any(name not in winners[table] for table, name in tables.items()):
        clusters[EMPTY_CLUSTER] = empty_cluster()
    return L4Resources(
        winners=winners,
        clusters=clusters,
        endpoints={name: value for route in placed for name, value in route.endpoints},
        udp_listeners={
            socket.name: udp_listener_resource(socket, _shares(winners[socket.table]), logs)
            for socket in fleet.udp_listeners
        },
        secrets=frozenset(secret for route in placed for secret in route.secrets),
    )


def _failed(chain: ir.TCPChain) -> bool:
    """Whether its connections are closed, whatever the routes."""
    return chain.clients is not None and chain.clients.failed


def _shares(held: Mapping[str, TranslatedRoute]) -> tuple[tuple[str, int], ...]:
    return held["*"].shares if "*" in held else NOWHERE
