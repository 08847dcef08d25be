"""`SocketSettings` → what they change of a listener."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from reconciler.ir.clients import ProxyProtocol, SocketSettings
from reconciler.ir.clusters import Keepalive
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import core, listener
from reconciler.translate import client_messages as c
from reconciler.translate import messages as m

# Of Linux: (level, name).
_SO_KEEPALIVE = (1, 9)
_TCP_KEEPCNT = (6, 6)
_TCP_KEEPIDLE = (6, 4)
_TCP_KEEPINTVL = (6, 5)


def socket_fields(settings: SocketSettings) -> dict[str, Any]:
    """Fields of a listener, without its filters."""
    inspection = settings.inspection_ms
    fields: dict[str, Any] = {
        "max_connections_to_accept_per_socket_event": settings.accept_at_once or None,
        "listener_filters_timeout": None if inspection is None else timedelta(milliseconds=inspection),
    }
    if settings.buffer_bytes is not None:
        fields["per_connection_buffer_limit_bytes"] = settings.buffer_bytes
    if settings.keepalive is not None:
        fields["socket_options"] = [
            c.SocketOption(level=level, name=name, int_value=value, state=core.SocketOptionSocketState.STATE_PREBIND)
            for (level, name), value in _options(settings.keepalive)
        ]
    return fields


def proxy_protocol(settings: SocketSettings) -> list[listener.ListenerFilter]:
    """The listener filter that comes before all others."""
    if settings.proxy_protocol is None:
        return []
    optional = settings.proxy_protocol is ProxyProtocol.OPTIONAL
    config = c.ProxyProtocol(allow_requests_without_proxy_protocol=optional)
    return [m.ListenerFilter(name="envoy.filters.listener.proxy_protocol", typed_config=to_any(config))]


def _options(keepalive: Keepalive) -> Iterator[tuple[tuple[int, int], int]]:
    yield _SO_KEEPALIVE, 1
    for option, value in (
        (_TCP_KEEPCNT, keepalive.probes),
        (_TCP_KEEPIDLE, keepalive.idle_s),
        (_TCP_KEEPINTVL, keepalive.interval_s),
    ):
        if value is not None:
            yield option, value
