"""The content of a snapshot file: what is written, how it is read, and that both protobuf libraries agree."""

from __future__ import annotations

import subprocess
import sys

import betterproto2
import pytest
from envoy.service.discovery.v3 import discovery_pb2
from envoy_data_plane.envoy.service.discovery import v3 as discovery
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.snapshot import wire
from reconciler.snapshot.build import build
from reconciler.snapshot.encode import encode, unvalidated
from reconciler.snapshot.model import CLUSTER, LISTENER, TYPE_URLS, Resource, Snapshot
from reconciler.snapshot.protos import protobuf

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6) | st.just("n" * 200)
SNAPSHOTS = st.dictionaries(
    st.sampled_from(TYPE_URLS), st.dictionaries(NAMES, st.binary(max_size=6) | st.just(b"v" * 20_000), max_size=4)
).map(build)
SMALL = build({CLUSTER: {"a": b"1", "b": b""}, LISTENER: {"l": b"2"}})


@given(snapshot=SNAPSHOTS)
@example(snapshot=build({}))
def test_what_was_packed_is_unpacked(snapshot: Snapshot) -> None:
    assert wire.unpack(wire.pack(snapshot)) == snapshot


@given(snapshot=SNAPSHOTS)
def test_a_file_has_one_delta_response_per_type(snapshot: Snapshot) -> None:
    any_message, resource, response = (
        unvalidated(cls) for cls in (protobuf.Any, discovery.Resource, discovery.DeltaDiscoveryResponse)
    )
    expected = b""
    for types in snapshot.types:
        resources = [
            resource(name=r.name, version=r.version, resource=any_message(type_url=types.type_url, value=r.value))
            for r in types.resources
        ]
        message = encode(response(type_url=types.type_url, resources=resources))
        expected += betterproto2.encode_varint(len(message)) + message
    assert wire.pack(snapshot) == expected


@given(data=st.binary(max_size=40))
@example(data=b"\x80")
@example(data=b"\x00")
@example(data=b"\x02\x22\x00")
def test_garbage_is_refused(data: bytes) -> None:
    if data:
        with pytest.raises(wire.WireError):
            wire.unpack(data)


@given(size=st.integers(1, len(wire.pack(SMALL)) - 1))
def test_a_truncated_file_is_refused_or_is_another_snapshot(size: int) -> None:
    data = wire.pack(SMALL)[:size]
    try:
        read = wire.unpack(data)
    except wire.WireError:
        return
    assert read.digest != SMALL.digest
    assert wire.pack(read) == data


@given(position=st.integers(0, len(wire.pack(SMALL)) - 1), byte=st.integers(0, 255))
def test_a_damaged_file_is_refused_or_is_another_snapshot(position: int, byte: int) -> None:
    data = bytearray(wire.pack(SMALL))
    data[position] = byte
    try:
        read = wire.unpack(bytes(data))
    except wire.WireError:
        return
    assert wire.pack(read) == bytes(data)
    assert (read.digest == SMALL.digest) == (bytes(data) == wire.pack(SMALL))


def test_what_is_not_sorted_is_refused() -> None:
    cluster, listener = wire.pack(build({CLUSTER: {"a": b""}})), wire.pack(build({LISTENER: {"a": b""}}))
    assert len(wire.unpack(cluster + listener).types) == 2
    for data in (listener + cluster, cluster + cluster):
        with pytest.raises(wire.WireError, match="order"):
            wire.unpack(data)


def test_a_delta_response_is_what_the_c_runtime_reads() -> None:
    frames = b"".join(wire.delta_frame(CLUSTER, Resource(name, f"v-{name}", name.encode() * 200)) for name in "ab")
    response = discovery_pb2.DeltaDiscoveryResponse.FromString(
        wire.delta_response(CLUSTER, "7.abc", "n1", frames, removed=["c", "d"])
    )
    expected = discovery_pb2.DeltaDiscoveryResponse(
        system_version_info="7.abc", nonce="n1", type_url=CLUSTER, removed_resources=["c", "d"]
    )
    for name in "ab":
        resource = expected.resources.add(name=name, version=f"v-{name}")
        resource.resource.type_url, resource.resource.value = CLUSTER, name.encode() * 200
    assert response == expected


def test_a_state_of_the_world_response_is_what_the_c_runtime_reads() -> None:
    frames = b"".join(wire.sotw_frame(CLUSTER, Resource(name, "v", name.encode() * 200)) for name in "ab")
    response = discovery_pb2.DiscoveryResponse.FromString(wire.sotw_response(CLUSTER, "7.abc", "n1", frames))
    expected = discovery_pb2.DiscoveryResponse(version_info="7.abc", nonce="n1", type_url=CLUSTER)
    for name in "ab":
        resource = expected.resources.add()
        resource.type_url, resource.value = CLUSTER, name.encode() * 200
    assert response == expected


def test_no_protobuf_library_is_needed() -> None:
    code = """
import sys, reconciler.snapshot.wire
heavy = {"betterproto2", "envoy_data_plane", "google.protobuf", "pydantic"} & sys.modules.keys()
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)
