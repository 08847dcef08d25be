"""Ed25519 keys as PEM files: made, read, and named by a short digest. No error repeats anything of a key."""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from reconciler.records import dataclass
from reconciler.store.errors import InvalidKey

PUBLIC_SUFFIX: Final = ".pub"

_LARGEST: Final = 16 * 1024
_PEM: Final = "-----BEGIN "


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What verifies. `id` is the first 16 hex digits of the key's SHA-256."""

    id: str
    key: Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """What signs, with the public key that verifies it."""

    key: Ed25519PrivateKey
    public: PublicKey


def make_keys(path: Path) -> PublicKey:
    """Writes a new pair: the private key to `path`, for its owner only, and the public one to `path` + `.pub`.

    Raises:
        InvalidKey: one of the files is there already; neither is touched.
        OSError: they cannot be written.
    """
    public_path = public_path_of(path)
    for each in (path, public_path):
        if each.exists() or each.is_symlink():
            raise InvalidKey(f"{each} is there already, and a key is never written over")
    key = Ed25519PrivateKey.generate()
    _create(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    try:
        _create(public_path, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    return _public(key.public_key())


def public_path_of(path: Path) -> Path:
    """Where `make_keys` puts the public key."""
    return path.with_name(path.name + PUBLIC_SUFFIX)


def read_signing_key(given: str) -> SigningKey:
    """The private key that a file holds, or that `given` itself is, as PEM; raises `InvalidKey`."""
    inline = given.lstrip().startswith(_PEM)
    name = "the key to sign with" if inline else given
    pem = given.strip().encode() if inline else _read(Path(given))
    if b"PUBLIC KEY" in pem:
        raise InvalidKey(f"{name} is a public key, and only the private one signs")
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise InvalidKey(f"{name} is protected by a password, which nobody is there to type") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidKey(f"{name} is no private key in PEM") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidKey(f"{name} is no Ed25519 key")
    return SigningKey(key, _public(key.public_key()))


def read_public_key(path: Path) -> PublicKey:
    """The public key in a PEM file; raises `InvalidKey`."""
    pem = _read(path)
    if b"PRIVATE KEY" in pem:
        raise InvalidKey(f"{path} is a private key: only {path.name}{PUBLIC_SUFFIX} belongs on machines that verify")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise InvalidKey(f"{path} is no public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidKey(f"{path} is no Ed25519 key")
    return _public(key)


def _public(key: Ed25519PublicKey) -> PublicKey:
    return PublicKey(sha256(key.public_bytes_raw()).hexdigest()[:16], key)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        # Text that is meant to be a key but is none must not end up in a log.
        shown = str(path) if len(str(path)) < 256 and str(path).isprintable() else "what was given"
        raise InvalidKey(f"{shown} cannot be read: {reason}") from None


def _create(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
