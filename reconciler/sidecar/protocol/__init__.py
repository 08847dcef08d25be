"""The xDS protocol as a state machine without I/O: requests and changes go in, responses come out."""

from reconciler.sidecar.protocol.content import Content, Framed, View, content, frame
from reconciler.sidecar.protocol.delta import DeltaStream
from reconciler.sidecar.protocol.drain import DRAIN_TIME
from reconciler.sidecar.protocol.fleet import Fleet, Holders, Refusal
from reconciler.sidecar.protocol.messages import (
    DeltaRequest,
    Denied,
    Node,
    ProtocolError,
    Response,
    SotwRequest,
    TooMuch,
)
from reconciler.sidecar.protocol.prepare import NO_SECRETS, LocalSecrets
from reconciler.sidecar.protocol.sotw import SotwStream
from reconciler.sidecar.protocol.stream import PATIENCE, Stream

__all__ = [
    "DRAIN_TIME",
    "NO_SECRETS",
    "PATIENCE",
    "Content",
    "DeltaRequest",
    "DeltaStream",
    "Denied",
    "Fleet",
    "Framed",
    "Holders",
    "LocalSecrets",
    "Node",
    "ProtocolError",
    "Refusal",
    "Response",
    "SotwRequest",
    "SotwStream",
    "Stream",
    "TooMuch",
    "View",
    "content",
    "frame",
]
