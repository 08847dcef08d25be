"""What one client may take of a stream."""

from __future__ import annotations

import pytest

from reconciler.sidecar import codec
from reconciler.sidecar.access import peer_of
from reconciler.sidecar.limits import LIMITS
from reconciler.sidecar.protocol import DeltaRequest, DeltaStream, Fleet, Node, TooMuch
from tests.sidecar.client import names
from tests.sidecar.releases import CDS, EDS, FLEET, Releases, site

SMALL = LIMITS._replace(names=3, name_bytes=5, types=2, unacknowledged=4)


@pytest.fixture
def stream() -> DeltaStream:
    fleet = Fleet(FLEET)
    fleet.publish(Releases().next(site("xyz")))
    return DeltaStream(lambda _: fleet, limits=SMALL)


def ask(stream: DeltaStream, type_url: str, *subscribe: str, nonce: str = "") -> str:
    """The nonce of the first answer."""
    response, *_ = stream.on_request(DeltaRequest(type_url, subscribe, node=Node("a", FLEET), nonce=nonce), 0)
    return response.nonce


def test_names_of_all_types_together(stream: DeltaStream) -> None:
    ask(stream, EDS, "x", "y")
    ask(stream, CDS, "x")
    with pytest.raises(TooMuch, match="3 names"):
        ask(stream, EDS, "z")


def test_the_length_of_a_name(stream: DeltaStream) -> None:
    with pytest.raises(TooMuch, match="5 characters"):
        ask(stream, EDS, "abcdef")


def test_types(stream: DeltaStream) -> None:
    ask(stream, EDS, "x")
    ask(stream, CDS, "x")
    with pytest.raises(TooMuch, match="2 types"):
        ask(stream, "type.googleapis.com/another", "x")


def test_responses_that_are_not_acknowledged(stream: DeltaStream) -> None:
    for _ in range(4):
        ask(stream, EDS, "x")
    with pytest.raises(TooMuch, match="not acknowledged"):
        ask(stream, EDS, "x")


def test_whoever_acknowledges_may_go_on_for_ever(stream: DeltaStream) -> None:
    """And of the nonces only so many are kept, of which none is ever used twice."""
    seen = [ask(stream, EDS, "x")]
    for _ in range(3_000):
        seen.append(ask(stream, EDS, "x", nonce=seen[-1]))
    assert len(set(seen)) == len(seen)
    assert len(stream._nonces) <= 1_001


def test_a_request_with_too_many_names_is_not_even_read() -> None:
    from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest, DiscoveryRequest

    many = ["x"] * (LIMITS.names + 1)
    with pytest.raises(TooMuch):
        codec.decode_sotw(DiscoveryRequest(resource_names=many).SerializeToString())
    for field in ("resource_names_subscribe", "resource_names_unsubscribe"):
        with pytest.raises(TooMuch):
            codec.decode_delta(DeltaDiscoveryRequest(**{field: many}).SerializeToString())


@pytest.mark.parametrize(
    ("address", "context", "peer"),
    [
        ("ipv4:127.0.0.1:4711", {}, "ipv4:127.0.0.1:4711"),
        ("unix:", {}, "unix:"),
        ("ipv4:10.0.0.1:4711", {"x509_subject_alternative_name": [b"b", b"a"]}, "ipv4:10.0.0.1 a b"),
        ("ipv6:%5B::1%5D:4711", {"x509_subject_alternative_name": [b"a"]}, "ipv6:%5B::1%5D a"),
    ],
)
def test_whose_share_it_is(address: str, context: dict[str, list[bytes]], peer: str) -> None:
    assert peer_of(address, context) == peer


def test_a_release_reaches_a_client_within_its_limits(stream: DeltaStream) -> None:
    [response] = stream.on_request(DeltaRequest(EDS, ("x", "y", "z"), node=Node("a", FLEET)), 0)
    assert names(response) == ["x", "y", "z"]
