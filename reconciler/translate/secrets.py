"""`ir.Secret` → `Secret`, for those whose content is part of the snapshot."""

from __future__ import annotations

from reconciler import ir
from reconciler.snapshot.encode import encode
from reconciler.translate import messages as m


def secret(content: ir.Secret) -> bytes:
    """The encoded certificate with its key."""
    certificate = m.TlsCertificate(
        certificate_chain=m.DataSource(inline_bytes=content.certificate_chain),
        private_key=m.DataSource(inline_bytes=content.private_key),
    )
    return encode(m.Secret(name=content.name, tls_certificate=certificate))
