"""Discovery requests and responses, as the state machine sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from reconciler.records import dataclass
from reconciler.sidecar.protocol.content import Framed


@dataclass(frozen=True, slots=True)
class Node:
    """Who asks. `cluster` is the name of its fleet."""

    id: str
    cluster: str


@dataclass(frozen=True, slots=True)
class SotwRequest:
    """A DiscoveryRequest. `error` is the message of `error_detail`; None: an ACK, or the first request."""

    type_url: str
    names: tuple[str, ...] = ()
    nonce: str = ""
    error: str | None = None
    node: Node | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class DeltaRequest:
    """A DeltaDiscoveryRequest."""

    type_url: str
    subscribe: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()
    nonce: str = ""
    error: str | None = None
    node: Node | None = None
    initial_versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Response:
    """A DiscoveryResponse, or (`delta`) a DeltaDiscoveryResponse, shared by all streams that are sent the same.

    Attributes:
        removed: names, in delta only.
        encoded: filled by the codec the first time it is sent.
    """

    delta: bool
    type_url: str
    version: str
    nonce: str
    resources: tuple[Framed, ...]
    removed: tuple[str, ...] = ()
    encoded: bytes = b""


class ProtocolError(Exception):
    """A request that no rule allows. The stream is ended with the message (INVALID_ARGUMENT)."""


class TooMuch(ProtocolError):
    """A client that takes more than its share (RESOURCE_EXHAUSTED)."""


class Denied(Exception):
    """A client that asks for what is not its own (PERMISSION_DENIED)."""
