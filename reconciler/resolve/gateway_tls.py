"""`Gateway.spec.tls`: who has to show a certificate to the Gateway, and the one that it shows to backends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from reconciler import ir
from reconciler.diagnostics import Diagnostic, FieldPath
from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import FrontendTLSValidation, Gateway
from reconciler.manifests.references import GATEWAY_GROUP
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.authorities import INVALID_KIND, Authorities, Referrer
from reconciler.resolve.certificates import Certificates
from reconciler.resolve.conditions import Condition, Stamp, condition
from reconciler.resolve.findings import finding

_INSECURE = "AllowInsecureFallback"


@dataclass(frozen=True, slots=True)
class Frontend:
    """How clients of a port are verified; without `validation` they are not asked.

    Attributes:
        authority: the certificates for `validation`, for the snapshot.
        reason, message: why references are invalid, for the condition ResolvedRefs; empty: they are valid.
        refused: not one reference is valid: nobody could be verified, so that nobody is let in.
    """

    validation: ir.ClientValidation | None = None
    authority: ir.Authority | None = None
    reason: str = ""
    message: str = ""
    refused: bool = False


UNASKED = Frontend()
"""Clients are not asked for certificates."""


@dataclass(frozen=True, slots=True)
class GatewayTLS:
    """TLS of a whole Gateway.

    Attributes:
        client: the certificate that backends are shown.
        conditions: what there is to say about it, as in the Gateway's status.
    """

    client: ir.Secret | None = None
    conditions: tuple[Condition, ...] = ()
    default: Frontend = UNASKED
    per_port: Mapping[int, Frontend] = field(default_factory=dict)
    findings: tuple[Diagnostic, ...] = ()

    def frontend(self, port: int) -> Frontend:
        """What holds for HTTPS listeners of a port."""
        return self.per_port.get(port, self.default)


def gateway_tls(
    gateway: Loaded[Gateway], certificates: Certificates, authorities: Authorities, at: Stamp
) -> GatewayTLS:
    """Resolve the references of a Gateway's `spec.tls`."""
    spec = gateway.resource.spec.tls
    if spec is None:
        return GatewayTLS()
    findings: list[Diagnostic] = []
    client, resolved = _client(gateway, certificates, findings, at)
    conditions = [resolved]
    default, per_port, insecure = UNASKED, {}, []
    if spec.frontend is not None:
        check = _FrontendCheck(gateway, authorities, findings)
        default = check.frontend(spec.frontend.default.validation, "default", ("default",))
        per_port = {
            item.port: check.frontend(item.tls.validation, str(item.port), ("perPort", index, "tls"))
            for index, item in enumerate(spec.frontend.per_port)
        }
        insecure = check.insecure
    if insecure:
        message = f"Clients are let in without a valid certificate ({_INSECURE}): {', '.join(insecure)}."
        conditions.append(condition("InsecureFrontendValidationMode", True, "ConfigurationChanged", message, at))
    return GatewayTLS(client, tuple(conditions), default, per_port, tuple(findings))


def _client(
    gateway: Loaded[Gateway], certificates: Certificates, findings: list[Diagnostic], at: Stamp
) -> tuple[ir.Secret | None, Condition]:
    """The certificate for backends, if any, and the condition ResolvedRefs."""
    tls, namespace = gateway.resource.spec.tls, gateway.resource.metadata.namespace
    ref = tls.backend.client_certificate_ref if tls is not None and tls.backend is not None else None
    resolved = condition("ResolvedRefs", True, "ResolvedRefs", "All references are resolved.", at)
    if ref is None:
        return None, resolved
    found = certificates.resolve(ref, namespace)
    if isinstance(found, ir.Secret):
        return found, resolved
    reason = found.reason if found.reason == "RefNotPermitted" else "InvalidClientCertificateRef"
    path = ("spec", "tls", "backend", "clientCertificateRef", *found.field)
    message = f"{found.message} Backends are shown no certificate."
    findings.append(finding(found.code, gateway, path, message, found.help))
    return None, condition("ResolvedRefs", False, reason, message, at)


class _FrontendCheck:
    """Resolves the validations of one Gateway; `insecure` are the names of those that let everybody in."""

    def __init__(self, gateway: Loaded[Gateway], authorities: Authorities, findings: list[Diagnostic]) -> None:
        self.insecure: list[str] = []
        self._gateway = gateway
        self._authorities = authorities
        self._findings = findings

    def frontend(self, validation: FrontendTLSValidation | None, name: str, path: FieldPath) -> Frontend:
        """`name` is the port or `default`; `path` leads from `spec.tls.frontend` to the TLSConfig."""
        if validation is None:
            return UNASKED
        meta = self._gateway.resource.metadata
        secret = f"gateway/{meta.namespace}/{meta.name}/{name}/ca.crt"
        referrer = Referrer(GATEWAY_GROUP, "Gateway", meta.namespace)
        bundle = self._authorities.bundle(secret, validation.ca_certificate_refs, referrer)
        at = ("spec", "tls", "frontend", *path, "validation")
        for item in (*bundle.problems, *bundle.notes):
            where = (*at, "caCertificateRefs", *item.path)
            self._findings.append(finding(item.code, self._gateway, where, item.message, item.help))
        required = validation.mode != _INSECURE
        if not required:
            self.insecure.append(name if name == "default" else f"port {name}")
            message = f"{_INSECURE} lets clients in that have no valid certificate."
            self._findings.append(finding(codes.UNVERIFIED_CLIENTS, self._gateway, (*at, "mode"), message))
        reason = "InvalidCACertificateKind" if bundle.reason == INVALID_KIND else bundle.reason
        if bundle.authority is None:
            return Frontend(reason=reason, message=bundle.message, refused=True)
        made = ir.ClientValidation(bundle.authority.name, required, untrusted=not required)
        return Frontend(made, bundle.authority, reason, bundle.message)
