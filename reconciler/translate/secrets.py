"""`ir.Secret`, `ir.Authority` and `ir.GenericSecret` → `Secret`, for those whose content is part of the snapshot."""

from __future__ import annotations

from reconciler import ir
from reconciler.snapshot.derive import hmac_secret
from reconciler.snapshot.encode import encode
from reconciler.translate import messages as m


def secret(content: ir.AnySecret) -> bytes | None:
    """The encoded secret: a certificate with its key, whom to trust, or a value. None: the sidecar has the content."""
    if isinstance(content, ir.Authority):
        return _authority(content)
    if isinstance(content, ir.GenericSecret):
        return _generic(content)
    if not content.certificate_chain:
        return None
    certificate = m.TlsCertificate(
        certificate_chain=m.DataSource(inline_bytes=content.certificate_chain),
        private_key=m.DataSource(inline_bytes=content.private_key),
    )
    return encode(m.Secret(name=content.name, tls_certificate=certificate))


def _generic(secret: ir.GenericSecret) -> bytes | None:
    if not secret.content:
        return None
    value = hmac_secret(secret.content) if secret.derived else secret.content
    return encode(m.Secret(name=secret.name, generic_secret=m.GenericSecret(secret=m.DataSource(inline_bytes=value))))


def _authority(content: ir.Authority) -> bytes | None:
    if content.bundle:
        source = m.DataSource(inline_bytes=content.bundle)
    elif content.file:
        source = m.DataSource(filename=content.file)
    else:
        return None
    context = m.CertificateValidationContext(trusted_ca=source)
    return encode(m.Secret(name=content.name, validation_context=context))
