"""`Backend.spec.tls`: TLS to one of Envoy Gateway's Backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import ir
from reconciler.diagnostics import FieldPath
from reconciler.manifests.registry import ENVOY_GATEWAY
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.authorities import SYSTEM, Authorities, BadAuthority, Bundle, Referrer
from reconciler.resolve.certificates import Certificates

if TYPE_CHECKING:
    from reconciler.manifests.backend import Backend, BackendTLSSettings
    from reconciler.manifests.tls_settings import TLSSettings

_BACKEND = (ENVOY_GATEWAY, "Backend")


@dataclass(frozen=True, slots=True)
class OwnTLS:
    """TLS as a Backend has it, and what it names.

    Attributes:
        unverifiable: nothing says whom to trust: only a policy can.
        notes: path and message of what is wrong but does no harm.
    """

    tls: ir.BackendTLS
    secrets: tuple[ir.Secret | ir.Authority, ...]
    unverifiable: bool
    notes: tuple[tuple[FieldPath, str, str], ...] = ()


def own_tls(
    backend: Backend, settings: BackendTLSSettings, certificates: Certificates, authorities: Authorities
) -> OwnTLS | tuple[FieldPath, str]:
    """The TLS of a Backend, or the field at fault (below `spec.tls`) and what is wrong with it."""
    meta = backend.metadata
    bundle = Bundle(None)
    if settings.well_known_ca_certificates == "System":
        bundle = Bundle(SYSTEM)
    elif settings.well_known_ca_certificates is not None:
        known = f"{settings.well_known_ca_certificates} is not known, only System."
        return ("wellKnownCACertificates",), known
    elif settings.ca_certificate_refs:
        name = f"backend/{meta.namespace}/{meta.name}/ca.crt"
        bundle = authorities.bundle(name, settings.ca_certificate_refs, Referrer(*_BACKEND, meta.namespace))
        if bundle.authority is None:
            return ("caCertificateRefs", *bundle.problems[0].path), bundle.message
    secrets: list[ir.Secret | ir.Authority] = [bundle.authority] if bundle.authority else []
    client = ""
    if settings.client_certificate_ref is not None:
        found = certificates.resolve(settings.client_certificate_ref, meta.namespace, _BACKEND)
        if not isinstance(found, ir.Secret):
            return ("clientCertificateRef", *found.field), found.message
        client = found.name
        secrets.append(found)
    tls = _tls(settings, bundle.authority.name if bundle.authority else "", client)
    unverifiable = bundle.authority is None and not settings.insecure_skip_verify
    return OwnTLS(tls, tuple(secrets), unverifiable, _notes(settings, bundle))


def _tls(settings: BackendTLSSettings, authority: str, client: str) -> ir.BackendTLS:
    return ir.BackendTLS(
        authority,
        settings.sni or "",
        bool(settings.auto_sni_from_endpoint_hostname),
        client_certificate=client,
        parameters=parameters(settings),
        alpn=tuple(settings.alpn_protocols or ()),
    )


def parameters(settings: TLSSettings) -> ir.TLSParameters:
    """What may be negotiated."""
    return ir.TLSParameters(
        _version(settings.min_version),
        _version(settings.max_version),
        tuple(settings.ciphers or ()),
        tuple(settings.ecdh_curves),
        tuple(settings.signature_algorithms),
    )


def _version(version: str | None) -> str:
    return "" if version in (None, "Auto") else str(version)


def _notes(settings: BackendTLSSettings, bundle: Bundle) -> tuple[tuple[FieldPath, str, str], ...]:
    found: list[BadAuthority] = [*bundle.problems, *bundle.notes]
    notes: list[tuple[FieldPath, str, str]] = [
        (("caCertificateRefs", *item.path), item.message, item.code) for item in found
    ]
    if settings.insecure_skip_verify:
        message = "insecureSkipVerify: whoever answers is taken for the backend."
        notes.append((("insecureSkipVerify",), message, codes.UNVERIFIED_BACKEND))
    if settings.fingerprints:
        message = "fingerprints are those of clients: they have no effect towards a backend."
        notes.append((("fingerprints",), message, codes.NOT_TRANSLATED))
    return tuple(notes)
