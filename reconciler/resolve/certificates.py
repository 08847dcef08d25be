"""What references to certificates with keys lead to: those of listeners, and those that backends are shown."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler import ir
from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.manifests.base import Loaded
from reconciler.manifests.references import GATEWAY_GROUP, SecretObjectReference
from reconciler.manifests.secret import Secret
from reconciler.records import dataclass
from reconciler.resolve import codes
from reconciler.resolve.findings import finding
from reconciler.resolve.grants import Grants
from reconciler.resolve.suggestions import Names

TLS_TYPE = "kubernetes.io/tls"

GATEWAY = (GATEWAY_GROUP, "Gateway")
_TARGET = ("", "Secret")


@dataclass(frozen=True, slots=True)
class BadCertificate:
    """Why a certificateRef gives no certificate; `field` is relative to the reference."""

    reason: str
    message: str
    code: str
    field: FieldPath
    help: str = ""


class Certificates:
    """The Secrets of a repository, as certificates. Each Secret is parsed once, when first named."""

    def __init__(self, secrets: Iterable[Loaded[Secret]], grants: Grants, *, publish_keys: bool) -> None:
        self._secrets = {(s.resource.metadata.namespace, s.resource.metadata.name): s.resource for s in secrets}
        self._names = Names(self._secrets)
        self._grants = grants
        self._publish_keys = publish_keys
        self._read: dict[tuple[str, str], ir.Secret | BadCertificate] = {}

    def resolve(
        self, ref: SecretObjectReference, namespace: str, source: tuple[str, str] = GATEWAY
    ) -> ir.Secret | BadCertificate:
        """The certificate that an object of a kind (`source`: group and kind) in a namespace refers to.

        A Secret without data is declared only: it resolves, and the sidecar has its content.
        """
        if (ref.group, ref.kind) != _TARGET:
            message = f"A certificate is a Secret of the core group, not a {ref.kind} of group {ref.group!r}."
            return BadCertificate("InvalidCertificateRef", message, codes.INVALID_KIND, ("kind",))
        key = (ref.namespace or namespace, ref.name)
        if not self._grants.allow(source, namespace, _TARGET, *key):
            message = f"No ReferenceGrant in namespace {key[0]} lets {source[1]}s of {namespace} use Secret {ref.name}."
            guidance = f"Add a ReferenceGrant from {source[1]} in {namespace} to Secret in namespace {key[0]}."
            return BadCertificate("RefNotPermitted", message, codes.REF_NOT_PERMITTED, ("namespace",), guidance)
        if key not in self._read:
            self._read[key] = self._load(key)
        return self._read[key]

    def _load(self, key: tuple[str, str]) -> ir.Secret | BadCertificate:
        secret = self._secrets.get(key)
        name = "/".join(key)
        if secret is None:
            guidance = self._names.suggest(*key) or (
                "Declare it with a Secret manifest that has `type: kubernetes.io/tls` and no data."
            )
            message = f"Secret {name} does not exist."
            return BadCertificate("InvalidCertificateRef", message, codes.CERTIFICATE_NOT_FOUND, ("name",), guidance)
        problem, chain, private_key = _content(secret)
        if problem:
            message = f"Secret {name}: {problem}"
            return BadCertificate("InvalidCertificateRef", message, codes.BAD_CERTIFICATE, ("name",))
        return ir.Secret(name, chain, private_key) if self._publish_keys else ir.Secret(name)


def _content(secret: Secret) -> tuple[str, bytes, bytes]:
    """What is wrong with the Secret as a certificate, its PEM chain and its PEM key."""
    if secret.type != TLS_TYPE:
        return f"its type is {secret.type}, not {TLS_TYPE}.", b"", b""
    if not secret.has_content:
        return "", b"", b""
    # Only who publishes keys needs the cryptography package, which takes long to import.
    from reconciler.resolve.pem import mismatch

    content = secret.content()
    chain, key = content["tls.crt"], content["tls.key"]
    return mismatch(chain, key), chain, key


def secret_findings(secrets: Iterable[Loaded[Secret]], *, publish_keys: bool) -> list[Diagnostic]:
    """An error for every Secret with data, unless publishing keys was asked for (DESIGN "Secrets")."""
    if publish_keys:
        return []
    return [
        finding(
            codes.PLAINTEXT_KEY,
            loaded,
            ("data",) if loaded.resource.data else ("stringData",),
            "A Secret with data would put private keys into git and into the store.",
            "Keep `type`, remove the data, and give the content to the sidecar (`gitway serve --secrets DIR`);"
            " or publish it in plain text with --allow-plaintext-secrets.",
            Severity.ERROR,
        )
        for loaded in secrets
        if loaded.resource.has_content
    ]
