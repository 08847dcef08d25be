"""TLS towards clients."""

from __future__ import annotations

from typing import Any

from reconciler import ir
from reconciler.snapshot.encode import to_any
from reconciler.snapshot.protos import core, matcher
from reconciler.snapshot.protos import tls as protos
from reconciler.translate import messages as m
from reconciler.translate.config_source import secret_config

SOCKET = "envoy.transport_sockets.tls"

_UNTRUSTED = protos.CertificateValidationContextTrustChainVerification.ACCEPT_UNTRUSTED

_VERSIONS = {
    "": protos.TlsParametersTlsProtocol.TLS_AUTO,
    "1.0": protos.TlsParametersTlsProtocol.TLSv1_0,
    "1.1": protos.TlsParametersTlsProtocol.TLSv1_1,
    "1.2": protos.TlsParametersTlsProtocol.TLSv1_2,
    "1.3": protos.TlsParametersTlsProtocol.TLSv1_3,
}


def downstream_tls(tls: ir.TLS) -> core.TransportSocket:
    """The transport socket of a filter chain that terminates TLS."""
    return m.TransportSocket(name=SOCKET, typed_config=to_any(downstream_context(tls, tls.alpn)))


def downstream_context(tls: ir.TLS, alpn: tuple[str, ...]) -> protos.DownstreamTlsContext:
    """How TLS is terminated.

    Sessions are not resumed unless that is asked for: what a client had to show once may have changed since, or be
    another listener's.
    """
    return m.DownstreamTlsContext(
        common_tls_context=m.CommonTlsContext(
            tls_params=tls_parameters(tls.parameters) if tls.parameters is not None else None,
            tls_certificate_sds_secret_configs=[secret_config(name) for name in tls.certificates],
            alpn_protocols=list(alpn),
            **_validation(tls.clients),
        ),
        require_client_certificate=True if tls.clients is not None and tls.clients.required else None,
        disable_stateless_session_resumption=not tls.tickets,
        disable_stateful_session_resumption=not tls.sessions,
    )


def tls_parameters(parameters: ir.TLSParameters, newest: str = "") -> protos.TlsParameters:
    """What may be negotiated; `newest` is the maximum where none is named."""
    return m.TlsParameters(
        tls_minimum_protocol_version=_VERSIONS[parameters.minimum],
        tls_maximum_protocol_version=_VERSIONS[parameters.maximum or newest],
        cipher_suites=list(parameters.ciphers),
        ecdh_curves=list(parameters.curves),
        signature_algorithms=list(parameters.signature_algorithms),
    )


def _validation(clients: ir.ClientValidation | None) -> dict[str, Any]:
    if clients is None:
        return {}
    own = _own_validation(clients)
    if not clients.authority:
        return {"validation_context": own or m.CertificateValidationContext()}
    authority = secret_config(clients.authority)
    if own is None:
        return {"validation_context_sds_secret_config": authority}
    combined = m.CombinedValidationContext(
        default_validation_context=own, validation_context_sds_secret_config=authority
    )
    return {"combined_validation_context": combined}


def _own_validation(clients: ir.ClientValidation) -> protos.CertificateValidationContext | None:
    """All but whom to trust; None where that is all."""
    fields: dict[str, Any] = {
        "verify_certificate_spki": list(clients.spki_hashes),
        "verify_certificate_hash": list(clients.certificate_hashes),
        "match_typed_subject_alt_names": [_name(name) for name in clients.names],
        "crl": m.DataSource(inline_bytes=clients.revoked) if clients.revoked else None,
        "allow_expired_certificate": clients.expired,
        "trust_chain_verification": _UNTRUSTED if clients.untrusted else None,
        "only_verify_leaf_cert_crl": clients.revoked_leaf_only,
        "suppress_client_ca_list": clients.silent,
    }
    given = {name: value for name, value in fields.items() if value}
    return m.CertificateValidationContext(**given) if given else None


def _name(name: ir.PresentedName) -> protos.SubjectAltNameMatcher:
    kind = protos.SubjectAltNameMatcherSanType[name.kind]
    return m.SubjectAltNameMatcher(san_type=kind, matcher=_matcher(name), oid=name.oid)


def _matcher(name: ir.PresentedName) -> matcher.StringMatcher:
    if name.how == "RegularExpression":
        return m.StringMatcher(safe_regex=m.RegexMatcher(regex=name.value))
    return m.StringMatcher(**{name.how.lower(): name.value})  # type: ignore[arg-type]  # exact, prefix or suffix
