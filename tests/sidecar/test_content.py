"""The bytes of responses."""

from __future__ import annotations

import pytest
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryResponse
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sidecar import codec
from reconciler.sidecar.protocol import Node, ProtocolError, Response, content, frame
from reconciler.sidecar.protocol.content import bound_address
from reconciler.snapshot.model import Resource
from tests.sidecar.releases import CDS, LDS, resource


@given(
    resources=st.lists(st.builds(Resource, st.text(min_size=1), st.text(min_size=1), st.binary(max_size=300))),
    removed=st.lists(st.text(min_size=1)),
)
def test_both_protocols_read_the_same_frames(resources: list[Resource], removed: list[str]) -> None:
    framed = tuple(frame(CDS, each) for each in resources)
    sent = Response(True, CDS, "7.ab", "n", framed, tuple(removed))
    delta = DeltaDiscoveryResponse.FromString(codec.encode(sent))
    assert [(each.name, each.version, each.resource.value) for each in delta.resources] == [
        (each.name, each.version, each.value) for each in resources
    ]
    assert (delta.type_url, delta.system_version_info, delta.nonce) == (CDS, "7.ab", "n")
    assert list(delta.removed_resources) == removed
    full = DiscoveryResponse.FromString(codec.encode(Response(False, CDS, "7.ab", "n", framed)))
    assert [(each.type_url, each.value) for each in full.resources] == [(CDS, each.value) for each in resources]
    assert (full.type_url, full.version_info, full.nonce) == (CDS, "7.ab", "n")


def test_what_is_unchanged_is_shared_with_the_content_before() -> None:
    old = content(CDS, "1.a", [resource("a", "1"), resource("b", "1")])
    new = content(CDS, "2.b", [resource("b", "2"), resource("a", "1")], old)
    assert [each.name for each in new.all] == ["a", "b"]
    assert new.resources["a"] is old.resources["a"]
    assert new.resources["b"] is not old.resources["b"]


def test_the_address_of_a_listener() -> None:
    address = {"socket_address": {"address": "0.0.0.0", "port_value": 8080}}
    listener = Listener(name="l", address=address, stat_prefix="x")
    framed = frame(LDS, Resource("l", "1", listener.SerializeToString()))
    assert bound_address(framed) == listener.address.SerializeToString()
    assert bound_address(frame(LDS, Resource("l", "1", b""))) == b""


@given(st.binary())
def test_no_bytes_of_a_listener_are_too_strange(data: bytes) -> None:
    bound_address(frame(LDS, Resource("l", "1", data)))


@given(st.binary(min_size=1))
def test_requests_that_are_none_are_refused(data: bytes) -> None:
    for decode in (codec.decode_sotw, codec.decode_delta):
        try:
            decode(data)
        except ProtocolError:
            continue


def test_a_refusal_keeps_its_message() -> None:
    request = DeltaDiscoveryRequest(type_url=CDS, error_detail={"code": 13, "message": "no such filter"})
    request.node.id, request.node.cluster = "a", "b"
    decoded = codec.decode_delta(request.SerializeToString())
    assert (decoded.error, decoded.node) == ("no such filter", Node("a", "b"))
    with pytest.raises(ProtocolError):
        codec.decode_delta(b"\xff")
