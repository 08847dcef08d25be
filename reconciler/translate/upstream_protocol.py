"""What Envoy speaks to a backend."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler import ir
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import core, hcm, protobuf
from reconciler.translate import messages as m
from reconciler.translate.filters.credential_injector import upstream_filter
from reconciler.translate.upstream_tls import CLEAR, Sockets, named_by_request

if TYPE_CHECKING:
    from reconciler.ir.clusters import ClusterSettings

EXTENSION = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

STREAM_WINDOW_BYTES = 65_536
CONNECTION_WINDOW_BYTES = 1_048_576


def protocol_options(
    protocol: ir.Protocol,
    sockets: Sockets = CLEAR,
    credential: ir.Credential | None = None,
    settings: ClusterSettings | None = None,
) -> dict[str, protobuf.Any]:
    """`Cluster.typed_extension_protocol_options`; empty for plain HTTP/1.1, Envoy's own default.

    Where all backends are spoken to by TLS and nothing else is asked for, ALPN decides on the version of HTTP.
    """
    own = _Own() if settings is None else _own(settings)
    if protocol is ir.Protocol.HTTP and None in sockets and credential is None and own == _Own():
        return {}
    auto = explicit = downstream = None
    if own.as_client:
        downstream = m.UseDownstreamHttpConfig(http_protocol_options=http1(), http2_protocol_options=http2(own.http2))
    elif protocol is ir.Protocol.HTTP and None not in sockets:
        auto = m.AutoHttpConfig(http_protocol_options=http1(), http2_protocol_options=http2(own.http2))
    elif protocol is ir.Protocol.H2C:
        explicit = m.ExplicitHttpConfig(http2_protocol_options=http2(own.http2))
    else:
        # An upgrade needs HTTP/1.1, whatever may be the default one day.
        explicit = m.ExplicitHttpConfig(http_protocol_options=http1())
    filters = [*([upstream_filter(credential)] if credential is not None else []), *own.filters]
    options = m.UpstreamHttpProtocolOptions(
        common_http_protocol_options=own.common,
        upstream_http_protocol_options=_server_name(sockets),
        explicit_http_config=explicit,
        use_downstream_protocol_config=downstream,
        auto_config=auto,
        http_filters=[*filters, _codec()] if filters else [],
    )
    return {EXTENSION: to_any(options)}


class _Own(NamedTuple):
    """What settings add: to HTTP/2, to all versions, filters, and whether the client's version is used."""

    http2: Mapping[str, Any] = MappingProxyType({})
    common: core.HttpProtocolOptions | None = None
    filters: tuple[hcm.HttpFilter, ...] = ()
    as_client: bool = False


def _own(settings: ClusterSettings) -> _Own:
    from reconciler.translate.cluster_settings import common_options, http2_fields
    from reconciler.translate.filters.admission_control import admission_filter

    return _Own(
        http2_fields(settings.http2) if settings.http2 is not None else {},
        common_options(settings),
        (admission_filter(settings.admission),) if settings.admission is not None else (),
        settings.client_protocol,
    )


@cache
def _codec() -> hcm.HttpFilter:
    """The last filter of a cluster that has any."""
    return m.HttpFilter(name="envoy.filters.http.upstream_codec", typed_config=to_any(m.UpstreamCodec()))


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


def http2(fields: Mapping[str, Any] = MappingProxyType({})) -> core.Http2ProtocolOptions:
    """HTTP/2 towards backends, with Envoy Gateway's window sizes unless `fields` say otherwise."""
    windows = {
        "initial_stream_window_size": STREAM_WINDOW_BYTES,
        "initial_connection_window_size": CONNECTION_WINDOW_BYTES,
    }
    return m.Http2ProtocolOptions(**{**windows, **fields})
