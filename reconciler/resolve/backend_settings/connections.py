"""Connections to backends."""

from __future__ import annotations

from reconciler.diagnostics import FieldPath
from reconciler.ir.clusters import DNS, HTTP2, Keepalive, Ping, Preconnect
from reconciler.manifests import backend_settings as manifest
from reconciler.manifests.durations import milliseconds
from reconciler.manifests.values import INT32_MAX, UINT32_MAX
from reconciler.resolve.backend_settings.faults import refused, without_effect
from reconciler.resolve.problems import Problem

MIN_WINDOW_BYTES = 65_535
"""By the specification of HTTP/2, and by Envoy."""

ON_INVALID_MESSAGE = {"TerminateStream": True, "TerminateConnection": False}


def _ms(duration: str | None) -> int | None:
    return None if duration is None else milliseconds(duration)


def buffer_bytes(connection: manifest.BackendConnection | None, path: FieldPath, problems: list[Problem]) -> int | None:
    """How much is read ahead."""
    if connection is None:
        return None
    if connection.socket_buffer_limit is not None:
        problems.append(without_effect((*path, "socketBufferLimit"), "has no effect, as in Envoy Gateway."))
    limit = connection.buffer_limit
    if limit is not None and not 0 <= limit <= UINT32_MAX:
        problems.append(refused((*path, "bufferLimit"), f"must be from 0 to {UINT32_MAX} bytes."))
        return None
    return limit


def preconnect(connection: manifest.BackendConnection | None) -> Preconnect | None:
    """Connections that are opened ahead."""
    if connection is None or connection.preconnect is None:
        return None
    return Preconnect(connection.preconnect.per_endpoint_percent, connection.preconnect.predictive_percent)


def dns(written: manifest.DNS | None) -> DNS | None:
    """How host names are resolved."""
    if written is None:
        return None
    return DNS(_ms(written.dns_refresh_rate), written.respect_dns_ttl is not False, written.lookup_family or "")


def keepalive(written: manifest.TCPKeepalive | None) -> Keepalive | None:
    """Probes of idle connections; sockets know seconds."""
    if written is None:
        return None
    return Keepalive(written.probes, _seconds(written.idle_time), _seconds(written.interval))


def _seconds(duration: str | None) -> int | None:
    return None if duration is None else -(-milliseconds(duration) // 1000)


def http2(written: manifest.HTTP2Settings | None, path: FieldPath, problems: list[Problem]) -> HTTP2 | None:
    """HTTP/2, towards backends or clients."""
    if written is None:
        return None
    windows: list[int | None] = []
    for field, size in (
        ("initialStreamWindowSize", written.initial_stream_window_size),
        ("initialConnectionWindowSize", written.initial_connection_window_size),
    ):
        if size is not None and not MIN_WINDOW_BYTES <= size <= INT32_MAX:
            problems.append(refused((*path, field), f"must be from {MIN_WINDOW_BYTES} to {INT32_MAX} bytes."))
            size = None
        windows.append(size)
    invalid = written.on_invalid_message
    if invalid is not None and invalid not in ON_INVALID_MESSAGE:
        problems.append(refused((*path, "onInvalidMessage"), f"must be one of {', '.join(ON_INVALID_MESSAGE)}."))
    end_stream = None if invalid is None else ON_INVALID_MESSAGE.get(invalid)
    ping = written.connection_keepalive
    return HTTP2(windows[0], windows[1], written.max_concurrent_streams, end_stream, _ping(ping) if ping else None)


def _ping(written: manifest.ConnectionKeepalive) -> Ping:
    return Ping(_ms(written.interval), _ms(written.timeout), written.interval_jitter, _ms(written.idle_interval))
