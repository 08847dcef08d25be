"""From the files of a Secret to messages for SDS, whatever place they were read from. Nothing is written to disk."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from envoy.extensions.transport_sockets.tls.v3.secret_pb2 import Secret

from reconciler.snapshot.derive import CLIENT_SECRET, HMAC_SECRET, hmac_secret

CERTIFICATE, KEY, AUTHORITY = "tls.crt", "tls.key", "ca.crt"
_KEYS_OF_TLS = frozenset({CERTIFICATE, KEY, AUTHORITY})

Files = Mapping[str, bytes]
"""Content by key; what is missing counts as empty."""


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


def _value(key: str, name: str, files: Files) -> bytes:
    """The encoded Secret of any other value."""
    return _generic(name, _line(files[key]))


def _derived(name: str, files: Files) -> bytes:
    return _generic(name, hmac_secret(_line(files[CLIENT_SECRET])))


def _line(content: bytes) -> bytes:
    """A line break at the end is the editor's, and not part of the value."""
    return content.removesuffix(b"\n").removesuffix(b"\r")


def _generic(name: str, value: bytes) -> bytes:
    secret = Secret(name=name, generic_secret={"secret": {"inline_bytes": value}})
    encoded: bytes = secret.SerializeToString(deterministic=True)
    return encoded


_OF_TLS = (
    Content("", (CERTIFICATE, KEY, AUTHORITY), _secret),
    Content(f"/{AUTHORITY}", (AUTHORITY,), _trusted),
)


def contents(keys: Collection[str]) -> Iterator[Content]:
    """What a Secret with these keys can be made into: certificates, and each other value by itself.

    One that signs cookies is derived from the client's secret where there is none.
    """
    if not _KEYS_OF_TLS.isdisjoint(keys):
        yield from _OF_TLS
    for key in sorted(set(keys) - _KEYS_OF_TLS):
        yield Content(f"/{key}", (key,), partial(_value, key))
    if CLIENT_SECRET in keys and HMAC_SECRET not in keys:
        yield Content(f"/{HMAC_SECRET}", (CLIENT_SECRET,), _derived)


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
