"""TLS towards clients."""

from __future__ import annotations

from typing import Any

from reconciler import ir
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import core
from reconciler.snapshot.protos import tls as protos
from reconciler.translate import messages as m
from reconciler.translate.config_source import secret_config

SOCKET = "envoy.transport_sockets.tls"


def downstream_tls(tls: ir.TLS) -> core.TransportSocket:
    """The transport socket of a filter chain that terminates TLS.

    Sessions are not resumed: what a client had to show once may have changed since, or be another listener's.
    """
    context = m.DownstreamTlsContext(
        common_tls_context=m.CommonTlsContext(
            tls_certificate_sds_secret_configs=[secret_config(name) for name in tls.certificates],
            alpn_protocols=list(tls.alpn),
            **_validation(tls.clients),
        ),
        require_client_certificate=True if tls.clients is not None and tls.clients.required else None,
        disable_stateless_session_resumption=True,
        disable_stateful_session_resumption=True,
    )
    return m.TransportSocket(name=SOCKET, typed_config=to_any(context))


def _validation(clients: ir.ClientValidation | None) -> dict[str, Any]:
    if clients is None:
        return {}
    authority = secret_config(clients.authority)
    if clients.required:
        return {"validation_context_sds_secret_config": authority}
    anybody = m.CertificateValidationContext(
        trust_chain_verification=protos.CertificateValidationContextTrustChainVerification.ACCEPT_UNTRUSTED
    )
    combined = m.CombinedValidationContext(
        default_validation_context=anybody, validation_context_sds_secret_config=authority
    )
    return {"combined_validation_context": combined}
