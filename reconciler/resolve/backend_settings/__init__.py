"""How backends are connected to, resolved: of a BackendTrafficPolicy, and of other kinds' `backendSettings`."""

from __future__ import annotations

from reconciler.diagnostics import FieldPath
from reconciler.ir.clusters import ClusterSettings
from reconciler.manifests import backend_settings as manifest
from reconciler.manifests.durations import milliseconds
from reconciler.resolve.backend_settings.connections import (
    buffer_bytes,
    dns,
    http2,
    keepalive,
    preconnect,
)
from reconciler.resolve.backend_settings.health_checks import active_check, passive_check
from reconciler.resolve.backend_settings.limits import circuit_breakers
from reconciler.resolve.backend_settings.load_balancers import load_balancer
from reconciler.resolve.problems import Problem

__all__ = ["cluster_settings", "optional_ms"]


def cluster_settings(
    written: manifest.ClusterSettings, path: FieldPath, *, stream_duration: bool = True
) -> tuple[ClusterSettings, list[Problem]]:
    """What the settings come to, and what is wrong with them; retries are apart (`retries`).

    Args:
        written: the settings.
        path: where they stand.
        stream_duration: whether `timeout.http.maxStreamDuration` is the cluster's: of routes it is theirs.
    """
    problems: list[Problem] = []
    health = written.health_check
    tcp = written.timeout.tcp if written.timeout is not None else None
    http = written.timeout.http if written.timeout is not None else None
    breaker = written.circuit_breaker
    made = ClusterSettings(
        load_balancer=load_balancer(written.load_balancer, (*path, "loadBalancer"), problems),
        circuit_breakers=circuit_breakers(breaker),
        active=active_check(health.active, (*path, "healthCheck", "active"), problems) if health else None,
        passive=passive_check(health.passive) if health else None,
        panic_percent=health.panic_threshold if health else None,
        dns=dns(written.dns),
        http2=http2(written.http2, (*path, "http2"), problems),
        keepalive=keepalive(written.tcp_keepalive),
        preconnect=preconnect(written.connection),
        buffer_bytes=buffer_bytes(written.connection, (*path, "connection"), problems),
        connect_ms=optional_ms(tcp.connect_timeout if tcp else None),
        idle_ms=optional_ms(http.connection_idle_timeout if http else None),
        connection_ms=optional_ms(http.max_connection_duration if http else None),
        stream_ms=optional_ms(http.max_stream_duration if http and stream_duration else None),
        max_requests=breaker.max_requests_per_connection if breaker else None,
        proxy_protocol=int(written.proxy_protocol.version[1:]) if written.proxy_protocol else 0,
    )
    return made, problems


def optional_ms(duration: str | None) -> int | None:
    """A duration in milliseconds, where there is one."""
    return None if duration is None else milliseconds(duration)
