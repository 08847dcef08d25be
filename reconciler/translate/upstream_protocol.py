"""What Envoy speaks to a backend."""

from __future__ import annotations

from reconciler import ir
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import core, protobuf
from reconciler.translate import messages as m

EXTENSION = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

STREAM_WINDOW_BYTES = 65_536
CONNECTION_WINDOW_BYTES = 1_048_576


def protocol_options(protocol: ir.Protocol) -> dict[str, protobuf.Any]:
    """`Cluster.typed_extension_protocol_options`; empty for plain HTTP/1.1, Envoy's own default."""
    if protocol is ir.Protocol.HTTP:
        return {}
    if protocol is ir.Protocol.H2C:
        explicit = m.ExplicitHttpConfig(http2_protocol_options=http2())
    else:
        # An upgrade needs HTTP/1.1, whatever may be the default one day.
        explicit = m.ExplicitHttpConfig(http_protocol_options=m.Http1ProtocolOptions())
    return {EXTENSION: to_any(m.UpstreamHttpProtocolOptions(explicit_http_config=explicit))}


def http2() -> core.Http2ProtocolOptions:
    """HTTP/2 towards backends, with Envoy Gateway's window sizes."""
    return m.Http2ProtocolOptions(
        initial_stream_window_size=STREAM_WINDOW_BYTES, initial_connection_window_size=CONNECTION_WINDOW_BYTES
    )
