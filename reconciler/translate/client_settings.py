"""`ClientSettings` → what they change of a connection manager, of a filter chain and of the proxy of a TCP chain."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from ipaddress import ip_network
from typing import Any

from reconciler.ir.clients import (
    HTTP1,
    HTTP10,
    AddressHeader,
    CertificateHeader,
    ClientSettings,
    ConnectionLimit,
    EscapedSlashes,
    ForwardedFor,
    Headers,
    RequestID,
    Timeouts,
    UnderscoreAction,
)
from reconciler.ir.clusters import HTTP2, Ping
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import core, hcm, listener
from reconciler.translate import client_messages as c
from reconciler.translate import messages as m
from reconciler.translate.header_changes import mutations
from reconciler.translate.string_matches import string_matcher
from reconciler.translate.upstream_protocol import CONNECTION_WINDOW_BYTES, STREAM_WINDOW_BYTES

MAX_CONCURRENT_STREAMS = 100

_Underscores = core.HttpProtocolOptionsHeadersWithUnderscoresAction
_Slashes = hcm.HttpConnectionManagerPathWithEscapedSlashesAction
_Certificates = hcm.HttpConnectionManagerForwardClientCertDetails

_UNDERSCORES = {
    UnderscoreAction.ALLOW: _Underscores.ALLOW,
    UnderscoreAction.REJECT: _Underscores.REJECT_REQUEST,
    UnderscoreAction.DROP: _Underscores.DROP_HEADER,
}
_SLASHES = {
    EscapedSlashes.KEEP: _Slashes.KEEP_UNCHANGED,
    EscapedSlashes.REJECT: _Slashes.REJECT_REQUEST,
    EscapedSlashes.FORWARD: _Slashes.UNESCAPE_AND_FORWARD,
    EscapedSlashes.REDIRECT: _Slashes.UNESCAPE_AND_REDIRECT,
}
_CERTIFICATES = {
    "Sanitize": _Certificates.SANITIZE,
    "ForwardOnly": _Certificates.FORWARD_ONLY,
    "AppendForward": _Certificates.APPEND_FORWARD,
    "SanitizeSet": _Certificates.SANITIZE_SET,
    "AlwaysForwardOnly": _Certificates.ALWAYS_FORWARD_ONLY,
}

Fields = dict[str, Any]
"""Fields of a message by name."""


def manager_fields(clients: ClientSettings, default_host: str) -> Fields:
    """Fields of a connection manager. `default_host` is for requests of HTTP/1.0 that name none; it may be empty."""
    return {
        **_address(clients.address),
        **_headers(clients.headers),
        **_timeouts(clients.timeouts),
        "common_http_protocol_options": m.HttpProtocolOptions(
            idle_timeout=_duration(clients.timeouts.idle_ms),
            max_connection_duration=_duration(clients.timeouts.connection_ms),
            max_stream_duration=_duration(clients.timeouts.stream_ms),
            headers_with_underscores_action=_UNDERSCORES[clients.headers.underscores],
            max_requests_per_connection=clients.max_requests,
        ),
        "http_protocol_options": http1(clients.http1, default_host),
        "http2_protocol_options": http2(clients.http2 or HTTP2()),
        "merge_slashes": clients.paths.merge_slashes,
        "path_with_escaped_slashes_action": _SLASHES[clients.paths.escaped_slashes],
        "scheme_header_transformation": c.SchemeHeaderTransformation(match_upstream=True)
        if clients.scheme_of_backend
        else None,
    }


def http3_fields() -> Fields:
    """Fields of a connection manager for HTTP/3."""
    return {
        "codec_type": hcm.HttpConnectionManagerCodecType.HTTP3,
        "http3_protocol_options": c.Http3ProtocolOptions(),
    }


def chain_fields(clients: ClientSettings) -> Fields:
    """Fields of a filter chain."""
    return {"transport_socket_connect_timeout": _duration(clients.timeouts.handshake_ms)}


def proxy_fields(clients: ClientSettings) -> Fields:
    """Fields of a TCP proxy."""
    return {"idle_timeout": _duration(clients.timeouts.tcp_idle_ms)}


def first_filters(clients: ClientSettings | None, prefix: str) -> list[listener.Filter]:
    """The network filters before the one that forwards. `prefix` is that of their statistics."""
    if clients is None or clients.limit is None:
        return []
    limit: ConnectionLimit = clients.limit
    config = c.ConnectionLimit(stat_prefix=prefix, max_connections=limit.connections, delay=_duration(limit.delay_ms))
    return [m.Filter(name="envoy.filters.network.connection_limit", typed_config=to_any(config))]


def http1(settings: HTTP1, default_host: str = "") -> core.Http1ProtocolOptions | None:
    """HTTP/1.1, of clients or of backends; None where all is as usual."""
    if settings == HTTP1():
        return None
    formatter = m.TypedExtensionConfig(name="preserve_case", typed_config=to_any(c.PreserveCase()))
    return m.Http1ProtocolOptions(
        accept_http_10=settings.http10 is not HTTP10.REFUSED,
        default_host_for_http_10=default_host if settings.http10 is HTTP10.WITH_DEFAULT_HOST else "",
        header_key_format=c.KeyFormat(stateful_formatter=formatter) if settings.preserve_case else None,
        enable_trailers=settings.trailers,
        ignore_http_11_upgrade=[string_matcher(match, ignore_case=True) for match in settings.ignored_upgrades],
    )


def http2(settings: HTTP2) -> core.Http2ProtocolOptions:
    """HTTP/2 of clients, with Envoy Gateway's defaults."""
    return m.Http2ProtocolOptions(
        max_concurrent_streams=settings.max_streams or MAX_CONCURRENT_STREAMS,
        initial_stream_window_size=settings.stream_window or STREAM_WINDOW_BYTES,
        initial_connection_window_size=settings.connection_window or CONNECTION_WINDOW_BYTES,
        override_stream_error_on_invalid_http_message=settings.end_stream_only,
        connection_keepalive=_ping(settings.ping) if settings.ping is not None else None,
    )


def _ping(ping: Ping) -> core.KeepaliveSettings:
    jitter = None if ping.jitter_percent is None else c.Percent(value=float(ping.jitter_percent))
    return c.KeepaliveSettings(
        interval=_duration(ping.interval_ms),
        timeout=_duration(ping.timeout_ms),
        interval_jitter=jitter,
        connection_idle_interval=_duration(ping.idle_ms),
    )


def _address(address: ForwardedFor | AddressHeader | None) -> Fields:
    if address is None:
        return {}
    if isinstance(address, AddressHeader):
        status = c.HttpStatus(code=HTTPStatus.FORBIDDEN) if address.required else None  # type: ignore[arg-type]  # its number
        config: Any = c.CustomHeaderConfig(
            header_name=address.name, allow_extension_to_set_address_as_trusted=True, reject_with_status=status
        )
        name = "custom_header"
    else:
        config, name = _forwarded_for(address), "xff"
    extension = m.TypedExtensionConfig(
        name=f"envoy.extensions.http.original_ip_detection.{name}", typed_config=to_any(config)
    )
    # Envoy does not take both at a time.
    return {"use_remote_address": False, "original_ip_detection_extensions": [extension]}


def _forwarded_for(address: ForwardedFor) -> Any:
    if address.networks:
        ranges = [ip_network(network, strict=False) for network in address.networks]
        trusted = [c.CidrRange(address_prefix=str(one.network_address), prefix_len=one.prefixlen) for one in ranges]
        return c.XffConfig(xff_trusted_cidrs=c.XffTrustedCidrs(cidrs=trusted), skip_xff_append=not address.append)
    # Envoy counts the proxies beside the one that it is connected to.
    return c.XffConfig(xff_num_trusted_hops=max(address.hops - 1, 0), skip_xff_append=not address.append)


def _headers(headers: Headers) -> Fields:
    fields: Fields = {
        "max_request_headers_kb": headers.limit_kib,
        "strip_trailing_host_dot": not headers.trailing_dot,
        **_request_id(headers.request_id),
        **_certificate(headers.certificate),
    }
    if headers.early is not None:
        changes = c.EarlyHeaderMutation(mutations=mutations(headers.early))
        name = "envoy.http.early_header_mutation.header_mutation"
        fields["early_header_mutation_extensions"] = [m.TypedExtensionConfig(name=name, typed_config=to_any(changes))]
    return fields


def _request_id(action: RequestID | None) -> Fields:
    if action is None:
        return {}
    return {
        "generate_request_id": action in (RequestID.GENERATE, RequestID.PRESERVE_OR_GENERATE),
        "preserve_external_request_id": action in (RequestID.PRESERVE, RequestID.PRESERVE_OR_GENERATE),
    }


def _certificate(header: CertificateHeader) -> Fields:
    told = {detail.lower(): True for detail in header.details}
    details = c.SetCurrentClientCertDetails(**told) if told else None  # type: ignore[arg-type]  # all are truth values
    return {
        "forward_client_cert_details": _CERTIFICATES[header.mode],
        "set_current_client_cert_details": details,
    }


def _timeouts(timeouts: Timeouts) -> Fields:
    limited = timeouts.connection_ms is not None and not timeouts.abrupt
    return {
        "request_timeout": _duration(timeouts.request_ms),
        "request_headers_timeout": _duration(timeouts.headers_ms),
        "stream_idle_timeout": _duration(timeouts.stream_idle_ms),
        "http1_safe_max_connection_duration": limited,
    }


def _duration(milliseconds: int | None) -> timedelta | None:
    return None if milliseconds is None else timedelta(milliseconds=milliseconds)
