"""`backendTLS` of an EnvoyProxy: what a fleet has for TLS to backends that do not say it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reconciler import ir
from reconciler.diagnostics import Diagnostic
from reconciler.ir.tls import NO_BACKEND_DEFAULTS, BackendDefaults
from reconciler.manifests.base import Loaded
from reconciler.manifests.references import SecretObjectReference
from reconciler.manifests.registry import ENVOY_GATEWAY
from reconciler.resolve import codes
from reconciler.resolve.certificates import BadCertificate, Certificates
from reconciler.resolve.envoy_backend_tls import parameters
from reconciler.resolve.findings import finding
from reconciler.resolve.proxies import KIND, EffectiveProxy

if TYPE_CHECKING:
    from reconciler.manifests.envoyproxy import EnvoyProxy


class ToBackends(NamedTuple):
    """The certificate that is presented, if any, and the settings."""

    client: ir.Secret | None = None
    defaults: BackendDefaults = NO_BACKEND_DEFAULTS
    findings: tuple[Diagnostic, ...] = ()


NO_BACKEND_TLS = ToBackends()


def of_proxy(proxy: EffectiveProxy, certificates: Certificates) -> ToBackends:
    """What the EnvoyProxy of a Gateway says; that of `Gateway.spec.tls.backend` comes before it."""
    asked = proxy.spec.backend_tls
    if asked is None:
        return NO_BACKEND_TLS
    found: list[Diagnostic] = []
    client = None
    if asked.client_certificate_ref is not None:
        owner = proxy.owner("backend_tls", "client_certificate_ref")
        client = _certificate(asked.client_certificate_ref, owner, certificates, found)
    if asked.fingerprints:
        message = "fingerprints are those of clients: they have no effect towards a backend."
        path = ("spec", "backendTLS", "fingerprints")
        found.append(finding(codes.NO_MEANING, proxy.owner("backend_tls", "fingerprints"), path, message))
    made = parameters(asked)
    defaults = BackendDefaults(
        made.minimum,
        made.maximum,
        made.ciphers,
        made.curves,
        made.signature_algorithms,
        tuple(asked.alpn_protocols or ()),
    )
    return ToBackends(client, defaults, tuple(found))


def _certificate(
    ref: SecretObjectReference, owner: Loaded[EnvoyProxy], certificates: Certificates, found: list[Diagnostic]
) -> ir.Secret | None:
    """As in Envoy Gateway, it is in the namespace of the EnvoyProxy, whatever a ReferenceGrant says."""
    namespace = owner.resource.metadata.namespace
    if ref.namespace not in (None, namespace):
        message = f"Secret {ref.namespace}/{ref.name} is not in the namespace of the EnvoyProxy, {namespace}."
        resolved: ir.Secret | BadCertificate = BadCertificate(
            "RefNotPermitted", message, codes.REF_NOT_PERMITTED, ("namespace",)
        )
    else:
        resolved = certificates.resolve(ref, namespace, (ENVOY_GATEWAY, KIND))
    if isinstance(resolved, ir.Secret):
        return resolved
    path = ("spec", "backendTLS", "clientCertificateRef", *resolved.field)
    message = f"{resolved.message} Backends are shown no certificate."
    found.append(finding(resolved.code, owner, path, message, resolved.help))
    return None
