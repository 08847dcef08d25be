"""Certificates and keys in PEM."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates


def mismatch(chain: bytes, key: bytes) -> str:
    """Why chain and key do not make a certificate, or an empty string."""
    try:
        certificate = load_pem_x509_certificates(chain)[0]
    except ValueError:
        return "tls.crt has no PEM certificate."
    try:
        private_key = load_pem_private_key(key, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "tls.key is not a PEM private key without a passphrase."
    public = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        same = certificate.public_key().public_bytes(*public) == private_key.public_key().public_bytes(*public)
    except (ValueError, UnsupportedAlgorithm):
        return "tls.crt has a public key of an unknown kind."
    if not same:
        return "tls.key is not the key of the first certificate in tls.crt."
    return ""
