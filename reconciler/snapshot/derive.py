"""Secrets that are derived from others, in the same way wherever that is done."""

from __future__ import annotations

import hmac

_HMAC_SECRET = b"gitway: HMAC secret of OAuth2 cookies"


def hmac_secret(client_secret: bytes) -> bytes:
    """The key that signs the cookies of people who have signed in, where a client's Secret has none of its own.

    The same on every machine and after every rollback, and as secret as the client's secret.
    """
    return hmac.digest(client_secret, _HMAC_SECRET, "sha256").hex().encode()
