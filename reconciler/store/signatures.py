"""Ed25519 signatures of `HEAD.json`: who published, into which store, and in which order.

What is signed is the canonical JSON of format, store name, serial and release, after a prefix of its own so that it is
no signature of anything else. The release's digest covers all that it leads to.

The store name keeps what was signed for one store from being put into another one whose publisher has the same key
(staging's releases into production's bucket). It is the URL that is published to, unless the publisher gives it another
name; whoever reads the same objects by another URL (a CDN's) has to say which store they are to be of.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from cryptography.exceptions import InvalidSignature

from reconciler.records import dataclass
from reconciler.store.errors import Untrusted
from reconciler.store.keys import PublicKey, SigningKey
from reconciler.store.model import FORMAT, Head, canonical

ALGORITHM: Final = "ed25519"

_PREFIX: Final = b"gitway HEAD\n"
_MOST: Final = 16
"""Signatures that are looked at: a HEAD with thousands of them is to cost no time."""


@dataclass(frozen=True, slots=True)
class Signing:
    """How a publisher signs, and whose signatures he builds on.

    Attributes:
        accepted: besides its own, the keys that may have signed what is current (the one before, in a rotation).
        store_name: None: the store's URL.
    """

    key: SigningKey
    accepted: tuple[PublicKey, ...] = ()
    store_name: str | None = None

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """All keys whose signatures count."""
        return (self.key.public, *self.accepted)


def sign(head: Head, key: SigningKey, store_name: str) -> Head:
    """The same HEAD with the one signature of this key."""
    signature = key.key.sign(_payload(head, store_name))
    entry = {
        "algorithm": ALGORITHM,
        "key": key.public.id,
        "store": store_name,
        "signature": base64.b64encode(signature).decode(),
    }
    return replace(head, signatures=(entry,))


def signed_by(head: Head, keys: Iterable[PublicKey], store_name: str) -> PublicKey | None:
    """The first of these keys that has signed this HEAD for this store; None: none has."""
    claims = [signature for store, signature in _claims(head) if store == store_name]
    return next((key for key in keys if _any_valid(claims, key, _payload(head, store_name))), None)


def verify(head: Head, keys: Sequence[PublicKey], store_name: str) -> None:
    """Ascertains that one of the keys has signed this HEAD for this store.

    Raises:
        Untrusted: none has; the message says what there is instead.
    """
    if signed_by(head, keys, store_name):
        return
    if not head.signatures:
        raise Untrusted(f"HEAD of {store_name} is not signed", _UNSIGNED)
    for other in dict.fromkeys(store for store, _ in _claims(head)):
        if other != store_name and signed_by(head, keys, other):
            raise Untrusted(
                f"HEAD is signed for the store {other}, not for {store_name}",
                f"if this is that store read by another URL: --store-name {other}; "
                "else somebody has put one store's releases into another one",
            )
    raise Untrusted(f"HEAD of {store_name} is not signed by any key that is trusted here", _FOREIGN)


_UNSIGNED = "publish with --sign-key, or find out who replaced HEAD.json without it"
_FOREIGN = "if the key was changed, add its public half by --verify-key; else find out who replaced HEAD.json"


def _payload(head: Head, store_name: str) -> bytes:
    return _PREFIX + canonical({"format": FORMAT, "store": store_name, "serial": head.serial, "release": head.release})


def _claims(head: Head) -> Iterator[tuple[str, bytes]]:
    """Store name and signature of each entry that can be read; others count as not there."""
    for entry in head.signatures[:_MOST]:
        match entry:
            case {"algorithm": "ed25519", "store": str(store), "signature": str(encoded)}:
                decoded = _decoded(encoded)
                if decoded is not None:
                    yield store, decoded


def _decoded(encoded: str) -> bytes | None:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None


def _any_valid(signatures: Iterable[bytes], key: PublicKey, payload: bytes) -> bool:
    for signature in signatures:
        try:
            key.key.verify(signature, payload)
        except InvalidSignature:
            continue
        return True
    return False
