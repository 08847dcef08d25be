"""What one client may take of a sidecar. Whoever wants more is ended with RESOURCE_EXHAUSTED; others notice nothing."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """The limits, far above what an Envoy of 50,000 clusters needs.

    Attributes:
        message_bytes: of a request.
        streams_per_connection: further ones wait until others have ended (HTTP/2's own limit).
        streams_per_peer: of one certificate and address; of a peer on this machine each connection counts alone.
        names: resources that a stream subscribes to or claims to have, all types together.
        name_bytes: of a resource's name.
        types: type URLs on a stream.
        unacknowledged: responses of a stream that were neither acknowledged nor refused.
        unsent: responses that wait for a client to read; then its requests have to wait too.
    """

    message_bytes: int = 16 * 1024 * 1024
    streams_per_connection: int = 128
    streams_per_peer: int = 2_000
    names: int = 100_000
    name_bytes: int = 2_048
    types: int = 32
    unacknowledged: int = 10_000
    unsent: int = 64


LIMITS = Limits()
