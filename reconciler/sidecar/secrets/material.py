"""From the files of a Secret to messages for SDS, whatever place they were read from. Nothing is written to disk."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret

CERTIFICATE, KEY, AUTHORITY = "tls.crt", "tls.key", "ca.crt"

Files = Mapping[str, bytes]
"""Content by the names above; what is missing counts as empty."""


class Unusable(Exception):
    """Files that are no secret, or not yet."""


class Content(NamedTuple):
    """What files can be made into: `suffix` is added to the secret's name, `encode` takes that name and the files."""

    suffix: str
    files: tuple[str, ...]
    encode: Callable[[str, Files], bytes]


def _secret(name: str, files: Files) -> bytes:
    """The encoded Secret: a certificate with its key, or else an authority to verify with."""
    certificate, key = files.get(CERTIFICATE, b""), files.get(KEY, b"")
    if not certificate and not key:
        return _trusted(name, files)
    _check_pair(certificate, key)
    secret = Secret(
        name=name,
        tls_certificate={"certificate_chain": {"inline_bytes": certificate}, "private_key": {"inline_bytes": key}},
    )
    encoded: bytes = secret.SerializeToString(deterministic=True)
    return encoded


def _trusted(name: str, files: Files) -> bytes:
    """The encoded Secret of an authority to verify with."""
    authority = files.get(AUTHORITY, b"")
    _check_authority(authority)
    secret = Secret(name=name, validation_context={"trusted_ca": {"inline_bytes": authority}})
    encoded: bytes = secret.SerializeToString(deterministic=True)
    return encoded


CONTENTS = (
    Content("", (CERTIFICATE, KEY, AUTHORITY), _secret),
    Content(f"/{AUTHORITY}", (AUTHORITY,), _trusted),
)


def _check_pair(certificate: bytes, key: bytes) -> None:
    if not certificate or not key:
        raise Unusable(f"{CERTIFICATE} or {KEY} is missing")
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with _in_memory(certificate) as certificate_path, _in_memory(key) as key_path:
            # A password is never asked for on a terminal.
            context.load_cert_chain(certificate_path, key_path, password=lambda: "")
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or "no PEM"
        raise Unusable(f"{CERTIFICATE} and {KEY} are not a certificate and its key ({reason})") from error


def _check_authority(authority: bytes) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=authority.decode("ascii"))
    except (ssl.SSLError, ValueError) as error:
        raise Unusable(f"{AUTHORITY} has no certificate") from error


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """A path to read from: OpenSSL's interface here takes files only, and keys must not lie on a disk."""
    descriptor = os.memfd_create("gitway")
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
