"""Listeners of Envoy as people think of them: sockets with filter chains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_HTTP: Final = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_TCP: Final = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
_UDP: Final = "envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig"


class Chain(NamedTuple):
    """A filter chain.

    Attributes:
        server_names: SNI; empty: any.
        tls: TLS is terminated.
        sni: the chain is chosen by TLS's SNI, terminated or passed on.
        certificates: SDS names of what is shown to clients.
        client_authority: SDS name of what clients' certificates are verified with; empty: they are not asked for.
        client_required: a client without a valid certificate is refused.
        table: the route configuration of HTTP; empty for other connections.
        clusters: for other connections, clusters with weights.
        filters: names of the HTTP filters that all requests go through.
    """

    name: str
    server_names: tuple[str, ...] = ()
    tls: bool = False
    sni: bool = False
    certificates: tuple[str, ...] = ()
    client_authority: str = ""
    client_required: bool = False
    table: str = ""
    clusters: tuple[tuple[str, int], ...] = ()
    filters: tuple[str, ...] = ()


class Socket(NamedTuple):
    """A bound socket."""

    name: str
    address: str
    port: int
    udp: bool
    chains: tuple[Chain, ...]


def socket(value: bytes) -> Socket:
    """An encoded `Listener`."""
    from envoy.config.listener.v3 import listener_pb2

    message: Any = listener_pb2.Listener.FromString(value)
    bound = message.address.socket_address
    chains = [_chain(chain) for chain in message.filter_chains]
    if message.HasField("default_filter_chain"):
        chains.append(_chain(message.default_filter_chain))
    configs = [listener_filter.typed_config for listener_filter in message.listener_filters]
    chains += [
        Chain(message.name, clusters=tuple(_udp(config.value))) for config in configs if config.type_url.endswith(_UDP)
    ]
    return Socket(message.name, bound.address, bound.port_value, bound.protocol == 1, tuple(chains))


def _chain(message: Any) -> Chain:
    match = message.filter_chain_match
    sni = bool(match.server_names) or match.transport_protocol == "tls"
    made = Chain(message.name, tuple(match.server_names), sni=sni)
    if message.HasField("transport_socket"):
        made = _with_tls(made, message.transport_socket.typed_config.value)
    for network_filter in message.filters:
        config = network_filter.typed_config
        if config.type_url.endswith(_HTTP):
            made = _with_http(made, config.value)
        elif config.type_url.endswith(_TCP):
            made = made._replace(clusters=tuple(_tcp(config.value)))
    return made


def _with_tls(chain: Chain, value: bytes) -> Chain:
    from envoy.extensions.transport_sockets.tls.v3 import tls_pb2

    context: Any = tls_pb2.DownstreamTlsContext.FromString(value)
    common = context.common_tls_context
    authority = (
        common.validation_context_sds_secret_config.name
        or common.combined_validation_context.validation_context_sds_secret_config.name
    )
    return chain._replace(
        tls=True,
        certificates=tuple(secret.name for secret in common.tls_certificate_sds_secret_configs),
        client_authority=authority,
        client_required=context.require_client_certificate.value,
    )


def _with_http(chain: Chain, value: bytes) -> Chain:
    from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2 as hcm_pb2

    manager: Any = hcm_pb2.HttpConnectionManager.FromString(value)
    always = tuple(entry.name for entry in manager.http_filters if not entry.disabled)
    return chain._replace(table=manager.rds.route_config_name, filters=always)


def _tcp(value: bytes) -> Iterator[tuple[str, int]]:
    from envoy.extensions.filters.network.tcp_proxy.v3 import tcp_proxy_pb2

    proxy: Any = tcp_proxy_pb2.TcpProxy.FromString(value)
    if proxy.cluster:
        yield proxy.cluster, 1
    for one in proxy.weighted_clusters.clusters:
        yield one.name, one.weight


def _udp(value: bytes) -> Iterator[tuple[str, int]]:
    from envoy.extensions.filters.udp.udp_proxy.v3 import route_pb2, udp_proxy_pb2
    from envoy.extensions.matching.input_matchers.runtime_fraction.v3 import runtime_fraction_pb2

    def cluster(on_match: Any) -> str:
        return str(route_pb2.Route.FromString(on_match.action.typed_config.value).cluster)

    matcher: Any = udp_proxy_pb2.UdpProxyConfig.FromString(value).matcher
    passed = 0
    for one in matcher.matcher_list.matchers:
        custom = one.predicate.single_predicate.custom_match.typed_config.value
        bound = runtime_fraction_pb2.RuntimeFraction.FromString(custom).runtime_fraction.default_value.numerator
        yield cluster(one.on_match), bound - passed
        passed = bound
    yield cluster(matcher.on_no_match), 1_000_000 - passed if passed else 1
