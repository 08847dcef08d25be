"""`ir.TCPChain` → filter chains that forward connections, one for each route that has any of its server names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler import ir
from reconciler.snapshot.encode import encoded, to_any
from reconciler.snapshot.protos import accesslog, core, listener, tcp_proxy
from reconciler.translate import messages as m
from reconciler.translate.empty_cluster import NOWHERE
from reconciler.translate.l4_routes import Shares
from reconciler.translate.routes import TranslatedRoute

ANY = "*"


def tcp_filter_chains(
    port: int,
    chain: ir.TCPChain,
    routes: Mapping[str, TranslatedRoute],
    tls: core.TransportSocket | None,
    logs: Sequence[accesslog.AccessLog],
) -> Iterator[listener.FilterChain]:
    """The filter chains of a chain, sorted by name.

    Connections that no route wants are closed, before any TLS handshake, and not left to another listener of the port.

    Args:
        port: the socket's.
        chain: the chain.
        routes: server name → the route that has it.
        tls: for what the routes forward.
        logs: what is told of connections.
    """
    if chain.server_name not in routes:
        yield _filter_chain(port, chain, chain.table, (chain.server_name,), NOWHERE, (None, logs))
    names: dict[tuple[str, ...], list[str]] = {}
    for host in sorted(routes):
        names.setdefault(routes[host].age, []).append(host)
    for age, hosts in sorted(names.items(), key=lambda item: _name(item[0])):
        name = f"{chain.table}/{_name(age)}" if chain.encrypted else chain.table
        route = routes[hosts[0]]
        shares = (route.passed if chain.encrypted and tls is None else ()) or route.shares
        yield _filter_chain(port, chain, name, tuple(hosts), shares, (tls, logs), route.network_filters)


def _name(age: tuple[str, ...]) -> str:
    _, namespace, name, kind = age
    return f"{kind}/{namespace}/{name}"


def _filter_chain(
    port: int,
    chain: ir.TCPChain,
    name: str,
    hosts: tuple[str, ...],
    shares: Shares,
    around: tuple[core.TransportSocket | None, Sequence[accesslog.AccessLog]],
    before: tuple[bytes, ...] = (),
) -> listener.FilterChain:
    tls, logs = around
    kind = "tcp" if not chain.encrypted else "tls-terminate" if chain.tls else "tls-passthrough"
    prefix = f"{kind}-{port}"
    proxy: dict[str, Any] = {
        "stat_prefix": prefix,
        "access_log": list(logs),
        "cluster": shares[0][0] if len(shares) == 1 else None,
        "weighted_clusters": _weighted(shares) if len(shares) > 1 else None,
    }
    fields: dict[str, Any] = {
        "filter_chain_match": _match(hosts) if chain.encrypted else None,
        "transport_socket": tls,
        "name": name,
    }
    first: list[listener.Filter] = []
    if chain.clients is not None:
        from reconciler.translate.client_settings import chain_fields, first_filters, proxy_fields

        proxy.update(proxy_fields(chain.clients))
        fields.update(chain_fields(chain.clients) if tls is not None else {})
        first = first_filters(chain.clients, prefix)
    forwarding = m.Filter(name="envoy.filters.network.tcp_proxy", typed_config=to_any(m.TcpProxy(**proxy)))
    return m.FilterChain(filters=[*first, *[encoded(listener.Filter, one) for one in before], forwarding], **fields)


def _weighted(shares: Shares) -> tcp_proxy.TcpProxyWeightedCluster:
    clusters = [m.TcpClusterWeight(name=name, weight=weight) for name, weight in shares]
    return m.TcpWeightedCluster(clusters=clusters)


def _match(hosts: tuple[str, ...]) -> listener.FilterChainMatch:
    if ANY in hosts:
        return m.FilterChainMatch(transport_protocol="tls")
    return m.FilterChainMatch(server_names=list(hosts))
