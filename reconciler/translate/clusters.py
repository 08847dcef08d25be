"""Backends → `Cluster`, with its endpoints apart (EDS) or, where DNS finds them, inside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache, lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded, to_any
from reconciler.snapshot.protos import cluster as protos
from reconciler.snapshot.protos import core, dns
from reconciler.translate import messages as m
from reconciler.translate.config_source import ads
from reconciler.translate.endpoints import by_zone, load_assignment
from reconciler.translate.upstream_protocol import protocol_options
from reconciler.translate.upstream_tls import (
    CLEAR,
    Sockets,
    named_by_request,
    socket_match,
    transport_sockets,
    upstream_tls,
)

if TYPE_CHECKING:
    from reconciler.ir.clusters import DNS, ClusterSettings

CONNECT_TIMEOUT = timedelta(seconds=10)
BUFFER_LIMIT_BYTES = 32_768
DNS_REFRESH = timedelta(seconds=30)
MAX_RETRIES = 1024


class Upstream(NamedTuple):
    """A cluster and its endpoints, encoded. `endpoints` is None where they are part of the cluster.

    `secrets` are the SDS names that the cluster names.
    """

    name: str
    cluster: bytes
    endpoints: bytes | None
    secrets: tuple[str, ...] = ()


def upstream(
    name: str,
    rule: str,
    backends: Sequence[ir.Backend],
    settings: ClusterSettings | None = None,
    *,
    http: bool = True,
) -> Upstream:
    """One cluster for all of `backends`, which have discovery and protocol in common (`share_a_cluster`).

    Without `http` what is spoken to them is none of ours. `settings` are what is not as usual.

    The encoded cluster is put together from parts, in the order of the fields of `Cluster`: what names it, and what is
    the same for all.
    """
    protocol = max((backend.protocol for backend in backends), key=_PROTOCOLS.__getitem__)
    sockets = transport_sockets(backends)
    assignment = load_assignment(name, rule, backends, sockets, settings)
    secrets, matches = ((), b"") if sockets is CLEAR else (_secrets(sockets), _matches(sockets, settings))
    credential = backends[0].credential
    if credential is not None:
        secrets = (*secrets, credential.secret)
    if backends[0].discovery is ir.Discovery.DNS:
        head = m.Cluster(name=name, cluster_type=_dns(settings.dns if settings is not None else None))
        inline = encode(m.Cluster(load_assignment=assignment))
        rest = _defaults(protocol, sockets, http, credential, settings)
        return Upstream(name, matches + encode(head) + _connection(settings) + inline + rest, None, secrets)
    eds = m.EdsClusterConfig(eds_config=ads(), service_name=name)
    head = m.Cluster(name=name, type=protos.ClusterDiscoveryType.EDS, eds_cluster_config=eds)
    rest = _defaults(protocol, sockets, http, credential, settings)
    cluster = matches + encode(head) + _connection(settings) + rest
    return Upstream(name, cluster, encode(assignment), secrets)


def share_a_cluster(backends: Sequence[ir.Backend], settings: ClusterSettings | None = None) -> bool:
    """Whether one cluster can hold them all.

    They are found in the same way, spoken to in the same version of HTTP, given the same credential, and the same is
    sent as SNI or none depends on the request. Some may be spoken to by TLS and others not.
    """
    first = backends[0]
    if len(backends) == 1:
        return True
    if by_zone(settings) or any(
        backend.discovery is not first.discovery
        or backend.credential != first.credential
        or (backend.protocol is ir.Protocol.H2C) != (first.protocol is ir.Protocol.H2C)
        for backend in backends
    ):
        return False
    return len({backend.tls is not None and named_by_request(backend.tls) for backend in backends}) == 1


_PROTOCOLS = {ir.Protocol.HTTP: 0, ir.Protocol.WEBSOCKET: 1, ir.Protocol.H2C: 2}
"""WebSocket and HTTP backends that share a cluster are spoken to as WebSocket ones: explicitly in HTTP/1.1."""


@lru_cache(maxsize=1024)
def _connection(settings: ClusterSettings | None) -> bytes:
    fields: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT,
        "per_connection_buffer_limit_bytes": BUFFER_LIMIT_BYTES,
    }
    if settings is not None:
        own = _settings().connection_fields(settings)
        fields.update((name, value) for name, value in own.items() if value is not None)
    return encode(m.Cluster(**fields))


def _settings() -> ModuleType:
    """Imported where there are any."""
    from reconciler.translate import cluster_settings

    return cluster_settings


def _secrets(sockets: Sockets) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            name for tls in sockets if tls is not None for name in (tls.authority, tls.client_certificate) if name
        )
    )


@lru_cache(maxsize=1024)
def _matches(sockets: Sockets, settings: ClusterSettings | None) -> bytes:
    """Endpoints without a match take the transport socket of the cluster, or none."""
    if len(sockets) == 1:
        return b""
    matches = [socket_match(tls, sockets) for tls in sockets if tls is not None]
    if settings is not None and settings.proxy_protocol:
        matches = [
            m.TransportSocketMatch(
                name=one.name, match=one.match, transport_socket=_telling_client(one.transport_socket, settings)
            )
            for one in matches
        ]
    return encode(m.Cluster(transport_socket_matches=matches))


@lru_cache(maxsize=1024)
def _defaults(
    protocol: ir.Protocol,
    sockets: Sockets,
    http: bool,
    credential: ir.Credential | None,
    settings: ClusterSettings | None,
) -> bytes:
    fields: dict[str, Any] = {
        "circuit_breakers": m.CircuitBreakers(thresholds=[m.CircuitBreakersThresholds(max_retries=MAX_RETRIES)]),
        "typed_extension_protocol_options": protocol_options(protocol, sockets, credential, settings) if http else {},
        "common_lb_config": m.CommonLbConfig(),
        "transport_socket": _telling_client(_transport_socket(sockets), settings),
        "ignore_health_on_host_removal": True,
        "load_balancing_policy": _least_request(),
    }
    if settings is not None:
        fields.update(_settings().cluster_fields(settings, http2=protocol is ir.Protocol.H2C))
    return encode(m.Cluster(**fields))


@cache
def _least_request() -> protos.LoadBalancingPolicy:
    least_request = m.LeastRequest(
        locality_lb_config=m.LocalityLbConfig(locality_weighted_lb_config=m.LocalityWeightedLbConfig())
    )
    policy = m.LoadBalancingPolicyPolicy(
        typed_extension_config=m.TypedExtensionConfig(
            name="envoy.load_balancing_policies.least_request", typed_config=to_any(least_request)
        )
    )
    return m.LoadBalancingPolicy(policies=[policy])


def _telling_client(
    socket: core.TransportSocket | None, settings: ClusterSettings | None
) -> core.TransportSocket | None:
    """With PROXY protocol, if it is asked for."""
    if settings is None or not settings.proxy_protocol:
        return socket
    made: core.TransportSocket = _settings().with_proxy_protocol(socket, settings.proxy_protocol)
    return made


def _transport_socket(sockets: Sockets) -> core.TransportSocket | None:
    """Where all backends are spoken to by TLS, none is ever spoken to without."""
    return None if None in sockets else upstream_tls(cast("ir.BackendTLS", sockets[0]))


@lru_cache(maxsize=256)
def _dns(settings: DNS | None) -> protos.ClusterCustomClusterType:
    fields: dict[str, Any] = {
        "dns_refresh_rate": DNS_REFRESH,
        "respect_dns_ttl": True,
        "dns_lookup_family": dns.DnsLookupFamily.V4_PREFERRED,
    }
    if settings is not None:
        fields.update(_settings().dns_fields(settings))
    custom = m.CustomClusterType(name="envoy.cluster.dns", typed_config=to_any(m.DnsCluster(**fields)))
    return encoded(protos.ClusterCustomClusterType, encode(custom))
