"""TLS towards backends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from reconciler import ir
from reconciler.snapshot.encode import encode, encoded, to_any
from reconciler.snapshot.protos import cluster, core, protobuf
from reconciler.snapshot.protos import tls as protos
from reconciler.translate import messages as m
from reconciler.translate.config_source import secret_config
from reconciler.translate.downstream_tls import SOCKET, tls_parameters

MATCH = "envoy.transport_socket_match"
"""The metadata of endpoints that a cluster's transport sockets are chosen by."""

Sockets = tuple[ir.BackendTLS | None, ...]
"""The different ways in which the backends of a cluster are spoken to; None: in the clear."""

CLEAR: Sockets = (None,)

_NEWEST = "1.3"
"""Envoy as a client would stop at TLS 1.2 where no maximum is named."""

_SAN_TYPES = {
    ir.NameKind.DNS: protos.SubjectAltNameMatcherSanType.DNS,
    ir.NameKind.URI: protos.SubjectAltNameMatcherSanType.URI,
}


def transport_sockets(backends: Sequence[ir.Backend]) -> Sockets:
    """How backends are spoken to, in the order in which that first occurs."""
    for backend in backends:
        if backend.tls is not None:
            return tuple(dict.fromkeys(one.tls for one in backends))
    return CLEAR


@lru_cache(maxsize=1024)
def upstream_tls(tls: ir.BackendTLS) -> core.TransportSocket:
    """The transport socket for a backend. Many backends share one."""
    context = m.UpstreamTlsContext(
        common_tls_context=m.CommonTlsContext(
            tls_params=tls_parameters(tls.parameters, _NEWEST),
            tls_certificate_sds_secret_configs=[secret_config(tls.client_certificate)]
            if tls.client_certificate
            else [],
            combined_validation_context=_validation(tls),
            alpn_protocols=list(tls.alpn),
        ),
        sni=tls.server_name,
        auto_host_sni=tls.endpoint_names,
        auto_sni_san_validation=tls.endpoint_names and bool(tls.authority) and not tls.names,
    )
    socket = m.TransportSocket(name=SOCKET, typed_config=to_any(context))
    return encoded(core.TransportSocket, encode(socket))


def named_by_request(tls: ir.BackendTLS) -> bool:
    """Whether SNI is the host of each request."""
    return not tls.server_name and not tls.endpoint_names


def socket_name(tls: ir.BackendTLS | None, sockets: Sockets) -> str:
    """What the endpoints of a backend are marked with, so that they get their transport socket; empty: nothing."""
    return "" if tls is None or len(sockets) == 1 else f"tls/{sockets.index(tls)}"


def socket_match(tls: ir.BackendTLS, sockets: Sockets) -> cluster.ClusterTransportSocketMatch:
    """The transport socket of one of several backends that share a cluster."""
    name = socket_name(tls, sockets)
    return m.TransportSocketMatch(name=name, match=_named(name), transport_socket=upstream_tls(tls))


@lru_cache(maxsize=64)
def endpoint_metadata(name: str) -> core.Metadata:
    """The metadata of an endpoint that is spoken to by the transport socket of this name."""
    return encoded(core.Metadata, encode(m.Metadata(filter_metadata={MATCH: _named(name)})))


def _named(name: str) -> protobuf.Struct:
    return m.Struct(fields={"name": m.Value(string_value=name)})


def _validation(tls: ir.BackendTLS) -> protos.CommonTlsContextCombinedCertificateValidationContext | None:
    if not tls.authority:
        return None
    names = tls.names or ((ir.CertificateName(ir.NameKind.DNS, tls.server_name),) if tls.server_name else ())
    own = m.CertificateValidationContext(
        match_typed_subject_alt_names=[
            m.SubjectAltNameMatcher(san_type=_SAN_TYPES[name.kind], matcher=m.StringMatcher(exact=name.value))
            for name in names
        ]
    )
    return m.CombinedValidationContext(
        default_validation_context=own, validation_context_sds_secret_config=secret_config(tls.authority)
    )
