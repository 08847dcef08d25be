"""Secrets that are derived from others, in the same way wherever that is done."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Final

CLIENT_SECRET: Final = "client-secret"  # noqa: S105 (a key's name)
HMAC_SECRET: Final = "hmac-secret"  # noqa: S105 (a key's name)

_MESSAGE: Final = b"gitway: HMAC secret of OAuth2 cookies"


def hmac_secret(client_secret: bytes) -> bytes:
    """The key that signs the cookies of people who have signed in, where a client's Secret has none of its own.

    The same on every machine and after every rollback, and as secret as the client's secret.
    """
    return hmac.digest(client_secret, _MESSAGE, "sha256").hex().encode()


def without_derived(values: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The values of a Secret that it has itself."""
    if values.get(HMAC_SECRET) != hmac_secret(values.get(CLIENT_SECRET, b"")):
        return values
    return {key: value for key, value in values.items() if key != HMAC_SECRET}
