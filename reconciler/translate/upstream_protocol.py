"""What Envoy speaks to a backend."""

from __future__ import annotations

from reconciler import ir
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import core, protobuf
from reconciler.translate import messages as m
from reconciler.translate.filters.credential_injector import upstream_filters
from reconciler.translate.upstream_tls import CLEAR, Sockets, named_by_request

EXTENSION = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

STREAM_WINDOW_BYTES = 65_536
CONNECTION_WINDOW_BYTES = 1_048_576


def protocol_options(
    protocol: ir.Protocol, sockets: Sockets = CLEAR, credential: ir.Credential | None = None
) -> dict[str, protobuf.Any]:
    """`Cluster.typed_extension_protocol_options`; empty for plain HTTP/1.1, Envoy's own default.

    Where all backends are spoken to by TLS and nothing else is asked for, ALPN decides on the version of HTTP.
    """
    if protocol is ir.Protocol.HTTP and None in sockets and credential is None:
        return {}
    auto = explicit = None
    if protocol is ir.Protocol.HTTP and None not in sockets:
        auto = m.AutoHttpConfig(http_protocol_options=http1(), http2_protocol_options=http2())
    elif protocol is ir.Protocol.H2C:
        explicit = m.ExplicitHttpConfig(http2_protocol_options=http2())
    else:
        # An upgrade needs HTTP/1.1, whatever may be the default one day.
        explicit = m.ExplicitHttpConfig(http_protocol_options=http1())
    options = m.UpstreamHttpProtocolOptions(
        upstream_http_protocol_options=_server_name(sockets),
        explicit_http_config=explicit,
        auto_config=auto,
        http_filters=upstream_filters(credential) if credential is not None else [],
    )
    return {EXTENSION: to_any(options)}


def _server_name(sockets: Sockets) -> core.UpstreamHttpProtocolOptions | None:
    """SNI by request, with the certificate verified for the same name."""
    by_request = [tls for tls in sockets if tls is not None and named_by_request(tls)]
    if not by_request:
        return None
    verified = all(tls.authority and not tls.names for tls in by_request)
    return m.UpstreamHttpOptions(auto_sni=True, auto_san_validation=verified)


def http1() -> core.Http1ProtocolOptions:
    """HTTP/1.1 towards backends."""
    return m.Http1ProtocolOptions()


def http2() -> core.Http2ProtocolOptions:
    """HTTP/2 towards backends, with Envoy Gateway's window sizes."""
    return m.Http2ProtocolOptions(
        initial_stream_window_size=STREAM_WINDOW_BYTES, initial_connection_window_size=CONNECTION_WINDOW_BYTES
    )
