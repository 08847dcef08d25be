"""Discovery messages to and from bytes.

Requests are read with xds-protos. Responses are written by hand: their resources are bytes already, and only the few
fields around them are added.
"""

from __future__ import annotations

from typing import Any

from envoy.service.discovery.v3.discovery_pb2 import (
    DeltaDiscoveryRequest,
    DeltaDiscoveryResponse,
    DiscoveryRequest,
    DiscoveryResponse,
)
from google.protobuf.message import DecodeError

from reconciler import __version__
from reconciler.sidecar.limits import LIMITS
from reconciler.sidecar.protocol import DeltaRequest, Node, ProtocolError, Response, SotwRequest, TooMuch
from reconciler.snapshot import wire

_IDENTIFIER = {"identifier": f"gitway/{__version__}"}
_SOTW_END: bytes = DiscoveryResponse(control_plane=_IDENTIFIER).SerializeToString()
_DELTA_END: bytes = DeltaDiscoveryResponse(control_plane=_IDENTIFIER).SerializeToString()


def decode_sotw(data: bytes) -> SotwRequest:
    """Reads a DiscoveryRequest; raises `ProtocolError`."""
    try:
        message = DiscoveryRequest.FromString(data)
    except DecodeError as error:
        raise ProtocolError("this is not a DiscoveryRequest") from error
    _check(len(message.resource_names))
    return SotwRequest(
        type_url=message.type_url,
        names=tuple(message.resource_names),
        nonce=message.response_nonce,
        error=_error(message),
        node=_node(message),
        version=message.version_info,
    )


def decode_delta(data: bytes) -> DeltaRequest:
    """Reads a DeltaDiscoveryRequest; raises `ProtocolError`."""
    try:
        message = DeltaDiscoveryRequest.FromString(data)
    except DecodeError as error:
        raise ProtocolError("this is not a DeltaDiscoveryRequest") from error
    _check(len(message.resource_names_subscribe))
    _check(len(message.resource_names_unsubscribe))
    _check(len(message.initial_resource_versions))
    return DeltaRequest(
        type_url=message.type_url,
        subscribe=tuple(message.resource_names_subscribe),
        unsubscribe=tuple(message.resource_names_unsubscribe),
        nonce=message.response_nonce,
        error=_error(message),
        node=_node(message),
        initial_versions=dict(message.initial_resource_versions),
    )


def encode(response: Response) -> bytes:
    """A response as bytes, computed once for all streams that share it."""
    if not response.encoded:
        response.encoded = _delta(response) if response.delta else _sotw(response)
    return response.encoded


def _delta(response: Response) -> bytes:
    frames = b"".join([each.frame for each in response.resources])
    message = wire.delta_response(response.type_url, response.version, response.nonce, frames, response.removed)
    return message + _DELTA_END


def _sotw(response: Response) -> bytes:
    frames = b"".join([memoryview(each.frame)[each.any_at :] for each in response.resources])
    return wire.sotw_response(response.type_url, response.version, response.nonce, frames) + _SOTW_END


def _check(names: int) -> None:
    """Before they become Python's, which takes many times the memory."""
    if names > LIMITS.names:
        raise TooMuch(f"a request may have {LIMITS.names} names")


def _error(message: Any) -> str | None:
    return message.error_detail.message if message.HasField("error_detail") else None


def _node(message: Any) -> Node | None:
    """The rate limit service says who it is by its ID alone: then that is the name of its fleet."""
    if not message.HasField("node"):
        return None
    return Node(message.node.id, message.node.cluster or message.node.id)
