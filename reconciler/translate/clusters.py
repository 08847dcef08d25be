"""Backends → `Cluster`, with its endpoints apart (EDS) or, where DNS finds them, inside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import NamedTuple

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded, to_any
from reconciler.snapshot.protos import cluster as protos
from reconciler.snapshot.protos import dns
from reconciler.translate import messages as m
from reconciler.translate.config_source import ads
from reconciler.translate.endpoints import load_assignment
from reconciler.translate.upstream_protocol import protocol_options

CONNECT_TIMEOUT = timedelta(seconds=10)
BUFFER_LIMIT_BYTES = 32_768
DNS_REFRESH = timedelta(seconds=30)
MAX_RETRIES = 1024


class Upstream(NamedTuple):
    """A cluster and its endpoints, encoded. `endpoints` is None where they are part of the cluster."""

    name: str
    cluster: bytes
    endpoints: bytes | None


def upstream(name: str, rule: str, backends: Sequence[ir.Backend]) -> Upstream:
    """One cluster for all of `backends`, which have discovery and protocol in common (`share_a_cluster`).

    The encoded cluster is put together from parts, in the order of the fields of `Cluster`: what names it, and what is
    the same for all.
    """
    protocol = max((backend.protocol for backend in backends), key=_PROTOCOLS.__getitem__)
    assignment = load_assignment(name, rule, backends)
    if backends[0].discovery is ir.Discovery.DNS:
        head = m.Cluster(name=name, cluster_type=_dns())
        inline = encode(m.Cluster(load_assignment=assignment))
        return Upstream(name, encode(head) + _connection() + inline + _defaults(protocol), None)
    eds = m.EdsClusterConfig(eds_config=ads(), service_name=name)
    head = m.Cluster(name=name, type=protos.ClusterDiscoveryType.EDS, eds_cluster_config=eds)
    return Upstream(name, encode(head) + _connection() + _defaults(protocol), encode(assignment))


def share_a_cluster(backends: Sequence[ir.Backend]) -> bool:
    """Whether one cluster can hold them all: found in the same way and spoken to in the same version of HTTP."""
    first = backends[0]
    return all(
        backend.discovery is first.discovery
        and (backend.protocol is ir.Protocol.H2C) == (first.protocol is ir.Protocol.H2C)
        for backend in backends
    )


_PROTOCOLS = {ir.Protocol.HTTP: 0, ir.Protocol.WEBSOCKET: 1, ir.Protocol.H2C: 2}
"""WebSocket and HTTP backends that share a cluster are spoken to as WebSocket ones: explicitly in HTTP/1.1."""


@cache
def _connection() -> bytes:
    return encode(m.Cluster(connect_timeout=CONNECT_TIMEOUT, per_connection_buffer_limit_bytes=BUFFER_LIMIT_BYTES))


@cache
def _defaults(protocol: ir.Protocol) -> bytes:
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
            typed_extension_protocol_options=protocol_options(protocol),
            common_lb_config=m.CommonLbConfig(),
            ignore_health_on_host_removal=True,
            load_balancing_policy=m.LoadBalancingPolicy(policies=[policy]),
        )
    )


@cache
def _dns() -> protos.ClusterCustomClusterType:
    config = m.DnsCluster(
        dns_refresh_rate=DNS_REFRESH, respect_dns_ttl=True, dns_lookup_family=dns.DnsLookupFamily.V4_PREFERRED
    )
    custom = m.CustomClusterType(name="envoy.cluster.dns", typed_config=to_any(config))
    return encoded(protos.ClusterCustomClusterType, encode(custom))
