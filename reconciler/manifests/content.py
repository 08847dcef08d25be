"""What Secrets and ConfigMaps hold: bytes as base64, and how much of it fits into one object."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final

from pydantic import AfterValidator

from reconciler.manifests.rules import Violation, refused

MAX_SIZE: Final = 1024 * 1024
"""Bytes of all values of one object (Kubernetes, `MaxSecretSize`)."""


def decode(text: str) -> bytes:
    """Base64 as Go's `encoding/json` reads it: padded, line breaks ignored.

    Raises:
        ValueError: it is not base64.
    """
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", "").encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not base64") from None


def _is_base64(text: str) -> str:
    try:
        decode(text)
    except ValueError:
        message = "must be base64, with padding"
        raise refused([Violation(message, (), "Encode it, or write it as it is in stringData.")]) from None
    return text


Base64 = Annotated[str, AfterValidator(_is_base64)]


def size_violations(size: int) -> list[Violation]:
    """A violation if `size` bytes are too many for one object."""
    return (
        [Violation(f"the values must have at most {MAX_SIZE} bytes together; have {size}")] if size > MAX_SIZE else []
    )
