"""Certificates of authorities in PEM, read with Python's own TLS: the cryptography package takes long to import."""

from __future__ import annotations

import re
import ssl

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def read_bundle(data: bytes) -> tuple[tuple[bytes, ...], int]:
    """The certificates of a PEM bundle, each as it stands there, and how many could not be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blocks = _CERTIFICATE.findall(data)
    good = tuple(block for block in blocks if _is_certificate(context, block))
    return good, len(blocks) - len(good)


def join_bundle(certificates: tuple[bytes, ...]) -> bytes:
    """One bundle of all, each once."""
    return b"".join(certificate + b"\n" for certificate in dict.fromkeys(certificates))


def _is_certificate(context: ssl.SSLContext, block: bytes) -> bool:
    try:
        context.load_verify_locations(cadata=ssl.PEM_cert_to_DER_cert(block.decode("ascii")))
    except (ssl.SSLError, ValueError):  # no certificate; no base64 or no ASCII
        return False
    return True
