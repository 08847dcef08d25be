"""`ir.Listener` → `Listener`: sockets, filter chains, TLS and connection managers, with Envoy Gateway's defaults."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded, to_any
from reconciler.snapshot.protos import core, hcm, listener
from reconciler.translate import access_log
from reconciler.translate import messages as m
from reconciler.translate.config_source import ads
from reconciler.translate.downstream_tls import downstream_tls
from reconciler.translate.endpoints import address
from reconciler.translate.filters import installed
from reconciler.translate.filters.base import ChainEntry
from reconciler.translate.l4_fleet import Winners
from reconciler.translate.tcp_chains import tcp_filter_chains
from reconciler.translate.upstream_protocol import CONNECTION_WINDOW_BYTES, STREAM_WINDOW_BYTES

if TYPE_CHECKING:
    from reconciler.ir.proxy import Proxy

_Slashes = hcm.HttpConnectionManagerPathWithEscapedSlashesAction

BUFFER_LIMIT_BYTES = 32_768
MAX_CONCURRENT_STREAMS = 100

ChainEntries = Mapping[str, Iterable[ChainEntry]]
"""Name of a route configuration → entries of the filter chain that its routes' rules add."""

Hosts = Mapping[str, Collection[str]]
"""Name of a route configuration → its hosts."""


class Surroundings(NamedTuple):
    """What of a fleet its listeners depend on: what rules add to chains, hosts, and the routes of TCP chains."""

    of_rules: ChainEntries
    hosts: Hosts
    winners: Winners
    proxy: Proxy | None = None


def listener_resources(socket: ir.Listener, around: Surroundings) -> Iterator[tuple[str, bytes]]:
    """Name and encoded listener: that of a socket, and one for HTTP/3 where a chain offers it."""
    yield socket.name, _listener(socket, around)
    chains = [chain for chain in socket.chains if offers_http3(chain)]
    if chains:
        from reconciler.translate.quic_listeners import quic_listener, quic_name

        yield (
            quic_name(socket),
            quic_listener(socket, [_filter_chain(socket, one, around, quic=True) for one in chains]),
        )


def offers_http3(chain: ir.HTTPChain) -> bool:
    """Whether clients may come by HTTP/3."""
    return chain.tls is not None and chain.clients is not None and chain.clients.http3


def _listener(socket: ir.Listener, around: Surroundings) -> bytes:
    """A chain without TLS is the default one: it needs no match."""
    http = [(bool(chain.tls), _filter_chain(socket, chain, around)) for chain in socket.chains]
    chains = [*http, *_tcp_filter_chains(socket, around)]
    secure = [message for encrypted, message in chains if encrypted]
    clear = [message for encrypted, message in chains if not encrypted]
    main, *others = socket.addresses
    fields: dict[str, Any] = {
        "name": socket.name,
        "address": address(main, socket.port),
        "additional_addresses": [m.AdditionalAddress(address=address(other, socket.port)) for other in others],
        "filter_chains": secure,
        "default_filter_chain": clear[0] if clear else None,
        "per_connection_buffer_limit_bytes": BUFFER_LIMIT_BYTES,
        "listener_filters": [_tls_inspector(_fingerprints(socket))] if secure else [],
        "access_log": access_log.logs_of_listeners(around.proxy),
        "max_connections_to_accept_per_socket_event": 1,
    }
    if socket.settings is not None:
        from reconciler.translate.socket_settings import proxy_protocol, socket_fields

        fields["listener_filters"] = [*proxy_protocol(socket.settings), *fields["listener_filters"]]
        fields.update(socket_fields(socket.settings))
    return encode(m.Listener(**fields))


def _fingerprints(socket: ir.Listener) -> tuple[str, ...]:
    return socket.settings.fingerprints if socket.settings is not None else ()


def _tcp_filter_chains(socket: ir.Listener, around: Surroundings) -> Iterator[tuple[bool, listener.FilterChain]]:
    logs = access_log.logs_of_requests(around.proxy)
    for chain in socket.tcp_chains:
        tls = downstream_tls(chain.tls) if chain.tls else None
        for message in tcp_filter_chains(socket.port, chain, around.winners.get(chain.table, {}), tls, logs):
            yield chain.encrypted, message


def _filter_chain(
    socket: ir.Listener, chain: ir.HTTPChain, around: Surroundings, *, quic: bool = False
) -> listener.FilterChain:
    manager = _connection_manager(socket, chain, around, quic=quic)
    filters = [m.Filter(name="envoy.filters.network.http_connection_manager", typed_config=to_any(manager))]
    fields: dict[str, Any] = {
        "filter_chain_match": m.FilterChainMatch(server_names=list(chain.server_names)) if chain.server_names else None,
        "filters": filters,
        "transport_socket": _transport_socket(chain.tls, quic=quic) if chain.tls else None,
        "name": chain.table,
    }
    if chain.clients is not None:
        from reconciler.translate.client_settings import chain_fields, first_filters

        if not quic:
            fields.update(chain_fields(chain.clients))
        fields["filters"] = [*first_filters(chain.clients, _stat_prefix(socket, chain)), *filters]
    return m.FilterChain(**fields)


def _transport_socket(tls: ir.TLS, *, quic: bool) -> core.TransportSocket:
    if not quic:
        return downstream_tls(tls)
    from reconciler.translate.quic_listeners import quic_socket

    return quic_socket(tls)


def _stat_prefix(socket: ir.Listener, chain: ir.HTTPChain) -> str:
    return f"{'https' if chain.tls else 'http'}-{socket.port}"


def _connection_manager(
    socket: ir.Listener, chain: ir.HTTPChain, around: Surroundings, *, quic: bool
) -> hcm.HttpConnectionManager:
    entries = installed.chain(chain, around.of_rules.get(chain.table, ()), around.proxy)
    fields: dict[str, Any] = {
        "stat_prefix": _stat_prefix(socket, chain),
        "rds": m.Rds(config_source=ads(), route_config_name=chain.table),
        "http_filters": [encoded(hcm.HttpFilter, entry) for entry in entries],
        "common_http_protocol_options": m.HttpProtocolOptions(
            headers_with_underscores_action=core.HttpProtocolOptionsHeadersWithUnderscoresAction.REJECT_REQUEST
        ),
        "http2_protocol_options": m.Http2ProtocolOptions(
            max_concurrent_streams=MAX_CONCURRENT_STREAMS,
            initial_stream_window_size=STREAM_WINDOW_BYTES,
            initial_connection_window_size=CONNECTION_WINDOW_BYTES,
        ),
        "server_header_transformation": hcm.HttpConnectionManagerServerHeaderTransformation.PASS_THROUGH,
        "access_log": [access_log.of_requests()],
        "use_remote_address": True,
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": _Slashes.UNESCAPE_AND_REDIRECT,
    }
    if chain.clients is not None:
        from reconciler.translate.client_settings import manager_fields

        fields.update(manager_fields(chain.clients, _default_host(chain, around.hosts.get(chain.table, ()))))
    if around.proxy is not None:
        from reconciler.translate import proxy_settings

        fields.update(proxy_settings.manager_fields(around.proxy))
    if quic:
        from reconciler.translate.client_settings import http3_fields

        fields.update(http3_fields())
    return m.HttpConnectionManager(**fields)


def _default_host(chain: ir.HTTPChain, hosts: Collection[str]) -> str:
    """For requests without a host: the first that is none for many, of listeners or else of routes."""
    return next((host for host in (*chain.hosts, *sorted(hosts)) if not host.startswith("*")), "")


@cache
def _tls_inspector(fingerprints: tuple[str, ...]) -> listener.ListenerFilter:
    name = "envoy.filters.listener.tls_inspector"
    config = m.TlsInspector(
        enable_ja3_fingerprinting=True if "JA3" in fingerprints else None,
        enable_ja4_fingerprinting=True if "JA4" in fingerprints else None,
    )
    inspector = m.ListenerFilter(name=name, typed_config=to_any(config))
    return encoded(listener.ListenerFilter, encode(inspector))
