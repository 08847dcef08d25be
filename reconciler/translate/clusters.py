"""Backends → `Cluster`, with its endpoints apart (EDS) or, where DNS finds them, inside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache, lru_cache
from typing import NamedTuple, cast

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded, to_any
from reconciler.snapshot.protos import cluster as protos
from reconciler.snapshot.protos import core, dns
from reconciler.translate import messages as m
from reconciler.translate.config_source import ads
from reconciler.translate.endpoints import load_assignment
from reconciler.translate.upstream_protocol import protocol_options
from reconciler.translate.upstream_tls import (
    CLEAR,
    Sockets,
    named_by_request,
    socket_match,
    transport_sockets,
    upstream_tls,
)

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


def upstream(name: str, rule: str, backends: Sequence[ir.Backend], *, http: bool = True) -> Upstream:
    """One cluster for all of `backends`, which have discovery and protocol in common (`share_a_cluster`).

    Without `http` what is spoken to them is none of ours.

    The encoded cluster is put together from parts, in the order of the fields of `Cluster`: what names it, and what is
    the same for all.
    """
    protocol = max((backend.protocol for backend in backends), key=_PROTOCOLS.__getitem__)
    sockets = transport_sockets(backends)
    assignment = load_assignment(name, rule, backends, sockets)
    secrets, matches = ((), b"") if sockets is CLEAR else (_secrets(sockets), _matches(sockets))
    credential = backends[0].credential
    if credential is not None:
        secrets = (*secrets, credential.secret)
    if backends[0].discovery is ir.Discovery.DNS:
        head = m.Cluster(name=name, cluster_type=_dns())
        inline = encode(m.Cluster(load_assignment=assignment))
        cluster = matches + encode(head) + _connection() + inline + _defaults(protocol, sockets, http, credential)
        return Upstream(name, cluster, None, secrets)
    eds = m.EdsClusterConfig(eds_config=ads(), service_name=name)
    head = m.Cluster(name=name, type=protos.ClusterDiscoveryType.EDS, eds_cluster_config=eds)
    cluster = matches + encode(head) + _connection() + _defaults(protocol, sockets, http, credential)
    return Upstream(name, cluster, encode(assignment), secrets)


def share_a_cluster(backends: Sequence[ir.Backend]) -> bool:
    """Whether one cluster can hold them all.

    They are found in the same way, spoken to in the same version of HTTP, given the same credential, and the same is
    sent as SNI or none depends on the request. Some may be spoken to by TLS and others not.
    """
    first = backends[0]
    if len(backends) == 1:
        return True
    if any(
        backend.discovery is not first.discovery
        or backend.credential != first.credential
        or (backend.protocol is ir.Protocol.H2C) != (first.protocol is ir.Protocol.H2C)
        for backend in backends
    ):
        return False
    return len({backend.tls is not None and named_by_request(backend.tls) for backend in backends}) == 1


_PROTOCOLS = {ir.Protocol.HTTP: 0, ir.Protocol.WEBSOCKET: 1, ir.Protocol.H2C: 2}
"""WebSocket and HTTP backends that share a cluster are spoken to as WebSocket ones: explicitly in HTTP/1.1."""


@cache
def _connection() -> bytes:
    return encode(m.Cluster(connect_timeout=CONNECT_TIMEOUT, per_connection_buffer_limit_bytes=BUFFER_LIMIT_BYTES))


def _secrets(sockets: Sockets) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            name for tls in sockets if tls is not None for name in (tls.authority, tls.client_certificate) if name
        )
    )


@lru_cache(maxsize=1024)
def _matches(sockets: Sockets) -> bytes:
    """Endpoints without a match take the transport socket of the cluster, or none."""
    if len(sockets) == 1:
        return b""
    matches = [socket_match(tls, sockets) for tls in sockets if tls is not None]
    return encode(m.Cluster(transport_socket_matches=matches))


@lru_cache(maxsize=1024)
def _defaults(protocol: ir.Protocol, sockets: Sockets, http: bool, credential: ir.Credential | None) -> bytes:
    least_request = m.LeastRequest(
        locality_lb_config=m.LocalityLbConfig(locality_weighted_lb_config=m.LocalityWeightedLbConfig())
    )
    policy = m.LoadBalancingPolicyPolicy(
        typed_extension_config=m.TypedExtensionConfig(
            name="envoy.load_balancing_policies.least_request", typed_config=to_any(least_request)
        )
    )
    return encode(
        m.Cluster(
            circuit_breakers=m.CircuitBreakers(thresholds=[m.CircuitBreakersThresholds(max_retries=MAX_RETRIES)]),
            typed_extension_protocol_options=protocol_options(protocol, sockets, credential) if http else {},
            common_lb_config=m.CommonLbConfig(),
            transport_socket=_transport_socket(sockets),
            ignore_health_on_host_removal=True,
            load_balancing_policy=m.LoadBalancingPolicy(policies=[policy]),
        )
    )


def _transport_socket(sockets: Sockets) -> core.TransportSocket | None:
    """Where all backends are spoken to by TLS, none is ever spoken to without."""
    return None if None in sockets else upstream_tls(cast("ir.BackendTLS", sockets[0]))


@cache
def _dns() -> protos.ClusterCustomClusterType:
    config = m.DnsCluster(
        dns_refresh_rate=DNS_REFRESH, respect_dns_ttl=True, dns_lookup_family=dns.DnsLookupFamily.V4_PREFERRED
    )
    custom = m.CustomClusterType(name="envoy.cluster.dns", typed_config=to_any(config))
    return encoded(protos.ClusterCustomClusterType, encode(custom))
