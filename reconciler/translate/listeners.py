"""`ir.Listener` → `Listener`: sockets, filter chains, TLS and connection managers, with Envoy Gateway's defaults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

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

BUFFER_LIMIT_BYTES = 32_768
MAX_CONCURRENT_STREAMS = 100

ChainEntries = Mapping[str, Iterable[ChainEntry]]
"""Name of a route configuration → entries of the filter chain that its routes' rules add."""


def listener_resource(socket: ir.Listener, of_rules: ChainEntries, winners: Winners) -> bytes:
    """The encoded listener. A chain without TLS is the default one: it needs no match."""
    http = [(bool(chain.tls), _filter_chain(socket, chain, of_rules)) for chain in socket.chains]
    chains = [*http, *_tcp_filter_chains(socket, winners)]
    secure = [message for encrypted, message in chains if encrypted]
    clear = [message for encrypted, message in chains if not encrypted]
    main, *others = socket.addresses
    return encode(
        m.Listener(
            name=socket.name,
            address=address(main, socket.port),
            additional_addresses=[m.AdditionalAddress(address=address(other, socket.port)) for other in others],
            filter_chains=secure,
            default_filter_chain=clear[0] if clear else None,
            per_connection_buffer_limit_bytes=BUFFER_LIMIT_BYTES,
            listener_filters=[_tls_inspector()] if secure else [],
            access_log=[access_log.of_listener()],
            max_connections_to_accept_per_socket_event=1,
        )
    )


def _tcp_filter_chains(socket: ir.Listener, winners: Winners) -> Iterator[tuple[bool, listener.FilterChain]]:
    for chain in socket.tcp_chains:
        tls = downstream_tls(chain.tls) if chain.tls else None
        for message in tcp_filter_chains(socket.port, chain, winners.get(chain.table, {}), tls):
            yield chain.encrypted, message


def _filter_chain(socket: ir.Listener, chain: ir.HTTPChain, of_rules: ChainEntries) -> listener.FilterChain:
    manager = _connection_manager(socket, chain, of_rules.get(chain.table, ()))
    match = m.FilterChainMatch(server_names=list(chain.server_names)) if chain.server_names else None
    return m.FilterChain(
        filter_chain_match=match,
        filters=[m.Filter(name="envoy.filters.network.http_connection_manager", typed_config=to_any(manager))],
        transport_socket=downstream_tls(chain.tls) if chain.tls else None,
        name=chain.table,
    )


def _connection_manager(
    socket: ir.Listener, chain: ir.HTTPChain, of_rules: Iterable[ChainEntry]
) -> hcm.HttpConnectionManager:
    filters = [encoded(hcm.HttpFilter, entry) for entry in installed.chain(chain, of_rules)]
    return m.HttpConnectionManager(
        stat_prefix=f"{'https' if chain.tls else 'http'}-{socket.port}",
        rds=m.Rds(config_source=ads(), route_config_name=chain.table),
        http_filters=filters,
        common_http_protocol_options=m.HttpProtocolOptions(
            headers_with_underscores_action=core.HttpProtocolOptionsHeadersWithUnderscoresAction.REJECT_REQUEST
        ),
        http2_protocol_options=m.Http2ProtocolOptions(
            max_concurrent_streams=MAX_CONCURRENT_STREAMS,
            initial_stream_window_size=STREAM_WINDOW_BYTES,
            initial_connection_window_size=CONNECTION_WINDOW_BYTES,
        ),
        server_header_transformation=hcm.HttpConnectionManagerServerHeaderTransformation.PASS_THROUGH,
        access_log=[access_log.of_requests()],
        use_remote_address=True,
        normalize_path=True,
        merge_slashes=True,
        path_with_escaped_slashes_action=hcm.HttpConnectionManagerPathWithEscapedSlashesAction.UNESCAPE_AND_REDIRECT,
    )


@cache
def _tls_inspector() -> listener.ListenerFilter:
    name = "envoy.filters.listener.tls_inspector"
    inspector = m.ListenerFilter(name=name, typed_config=to_any(m.TlsInspector()))
    return encoded(listener.ListenerFilter, encode(inspector))
