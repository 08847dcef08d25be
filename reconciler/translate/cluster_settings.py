"""`ir.clusters.ClusterSettings` → what a cluster has instead of what is usual; imported where one has any."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from reconciler.ir import clusters as ir
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import cluster, core, dns
from reconciler.translate import messages as m
from reconciler.translate import traffic_messages as t
from reconciler.translate.health_checks import health_check, outlier_detection
from reconciler.translate.load_balancing import load_balancing_policy

USUAL_RETRIES = 1024
USUAL_PANIC_PERCENT = 50
USUAL_DNS_REFRESH_MS = 30_000

_FAMILIES = {
    "": dns.DnsLookupFamily.V4_PREFERRED,
    "IPv4": dns.DnsLookupFamily.V4_ONLY,
    "IPv6": dns.DnsLookupFamily.V6_ONLY,
    "IPv4Preferred": dns.DnsLookupFamily.V4_PREFERRED,
    "IPv6Preferred": dns.DnsLookupFamily.AUTO,
    "IPv4AndIPv6": dns.DnsLookupFamily.ALL,
}

_VERSIONS = {1: core.ProxyProtocolConfigVersion.V1, 2: core.ProxyProtocolConfigVersion.V2}


def connection_fields(settings: ir.ClusterSettings) -> dict[str, Any]:
    """Fields of `Cluster` about connections; those that are None are as usual."""
    return {"connect_timeout": ms(settings.connect_ms), "per_connection_buffer_limit_bytes": settings.buffer_bytes}


def dns_fields(settings: ir.DNS) -> dict[str, Any]:
    """Fields of `DnsCluster`."""
    refresh = USUAL_DNS_REFRESH_MS if settings.refresh_ms is None else settings.refresh_ms
    return {
        "dns_refresh_rate": ms(refresh),
        "respect_dns_ttl": settings.respect_ttl,
        "dns_lookup_family": _FAMILIES[settings.family],
    }


def cluster_fields(settings: ir.ClusterSettings, *, http2: bool) -> dict[str, Any]:
    """Fields of `Cluster` that are not as usual, apart from those about protocols and sockets."""
    made: dict[str, Any] = {}
    if settings.active is not None:
        made["health_checks"] = [health_check(settings.active, http2=http2)]
    if settings.passive is not None:
        made["outlier_detection"] = outlier_detection(settings.passive)
    if settings.circuit_breakers is not None:
        made["circuit_breakers"] = _circuit_breakers(settings.circuit_breakers)
    if settings.panic_percent not in (None, USUAL_PANIC_PERCENT):
        made["common_lb_config"] = m.CommonLbConfig(
            healthy_panic_threshold=t.Percent(value=float(settings.panic_percent or 0))
        )
    if settings.load_balancer is not None:
        made["load_balancing_policy"] = load_balancing_policy(settings.load_balancer)
    if settings.keepalive is not None:
        probes = settings.keepalive
        keepalive = t.TcpKeepalive(
            keepalive_probes=probes.probes, keepalive_time=probes.idle_s, keepalive_interval=probes.interval_s
        )
        made["upstream_connection_options"] = t.UpstreamConnectionOptions(tcp_keepalive=keepalive)
    if settings.preconnect is not None:
        made["preconnect_policy"] = t.PreconnectPolicy(
            per_upstream_preconnect_ratio=_ratio(settings.preconnect.per_endpoint_percent),
            predictive_preconnect_ratio=_ratio(settings.preconnect.predictive_percent),
        )
    return made


def _ratio(percent: int | None) -> float | None:
    return None if percent is None else percent / 100


def _circuit_breakers(breakers: ir.CircuitBreakers) -> cluster.CircuitBreakers:
    budget = breakers.budget
    total = m.CircuitBreakersThresholds(
        max_connections=breakers.connections,
        max_pending_requests=breakers.pending,
        max_requests=breakers.requests,
        max_retries=USUAL_RETRIES if breakers.retries is None else breakers.retries,
        retry_budget=t.RetryBudget(budget_percent=t.Percent(value=budget.percent), min_retry_concurrency=budget.minimum)
        if budget
        else None,
    )
    each = breakers.connections_per_endpoint
    per_host = [] if each is None else [m.CircuitBreakersThresholds(max_connections=each)]
    return m.CircuitBreakers(thresholds=[total], per_host_thresholds=per_host)


def with_proxy_protocol(socket: core.TransportSocket | None, version: int) -> core.TransportSocket:
    """A transport socket that tells the client's address before anything else; None: in the clear."""
    inner = socket or m.TransportSocket(name="envoy.transport_sockets.raw_buffer", typed_config=to_any(t.RawBuffer()))
    wrapped = t.ProxyProtocolTransport(config=t.ProxyProtocolConfig(version=_VERSIONS[version]), transport_socket=inner)
    name = "envoy.transport_sockets.upstream_proxy_protocol"
    return m.TransportSocket(name=name, typed_config=to_any(wrapped))


def http2_fields(settings: ir.HTTP2) -> Mapping[str, Any]:
    """Fields of `Http2ProtocolOptions` that are not as usual."""
    ping = settings.ping
    made = {
        "max_concurrent_streams": settings.max_streams,
        "initial_stream_window_size": settings.stream_window,
        "initial_connection_window_size": settings.connection_window,
        "override_stream_error_on_invalid_http_message": settings.end_stream_only,
        "connection_keepalive": t.KeepaliveSettings(
            interval=ms(ping.interval_ms),
            timeout=ms(ping.timeout_ms),
            interval_jitter=None if ping.jitter_percent is None else t.Percent(value=float(ping.jitter_percent)),
            connection_idle_interval=ms(ping.idle_ms),
        )
        if ping
        else None,
    }
    return {name: value for name, value in made.items() if value is not None}


def common_options(settings: ir.ClusterSettings) -> core.HttpProtocolOptions | None:
    """What HTTP of all versions has in common towards backends."""
    fields: dict[str, Any] = {
        "idle_timeout": ms(settings.idle_ms),
        "max_connection_duration": ms(settings.connection_ms),
        "max_stream_duration": ms(settings.stream_ms),
        "max_requests_per_connection": settings.max_requests,
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    return m.HttpProtocolOptions(**fields) if fields else None


def ms(milliseconds: int | None) -> timedelta | None:
    """A duration, where there is one."""
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)
