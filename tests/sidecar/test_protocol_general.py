"""The rules for both variants of xDS. Source: Envoy's xds_protocol, the section in each docstring."""

from __future__ import annotations

import pytest
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryResponse, DiscoveryResponse

from reconciler.sidecar import codec
from reconciler.sidecar.protocol import Denied, Fleet, Node, ProtocolError, SotwRequest, SotwStream
from tests.sidecar.client import Exchange, names
from tests.sidecar.releases import CDS, EDS, FLEET, LDS, RDS, SDS, Releases, site

BOTH = pytest.mark.parametrize("delta", [False, True], ids=["sotw", "delta"])


@pytest.fixture
def releases() -> Releases:
    return Releases()


@pytest.fixture
def fleet(releases: Releases) -> Fleet:
    """A fleet that has its first release."""
    fleet = Fleet(FLEET)
    fleet.publish(releases.next(site("xy")))
    return fleet


@BOTH
def test_g1_the_node_comes_with_the_first_request_only(fleet: Fleet, delta: bool) -> None:
    """Basic Protocol Overview."""
    exchange = Exchange(fleet, delta=delta)
    [response] = exchange.ask(CDS)
    assert exchange.node is None  # later requests of this test client carry none
    assert exchange.ack(response) == []
    assert len(exchange.ask(LDS)) == 1


def test_g1_without_a_node_the_stream_is_refused(fleet: Fleet) -> None:
    """Basic Protocol Overview."""
    with pytest.raises(ProtocolError, match="node"):
        SotwStream(lambda _: fleet).on_request(SotwRequest(CDS), 0)


def test_g1_a_later_node_does_not_change_the_identity(fleet: Fleet) -> None:
    """Basic Protocol Overview."""
    exchange = Exchange(fleet, delta=False)
    exchange.ask(CDS)
    exchange.node = Node("other", "other/fleet")
    exchange.ask(LDS)
    assert exchange.stream.node == Node("envoy-1", FLEET)


def test_g1_a_fleet_that_is_not_permitted_is_denied() -> None:
    """Access: the fleet is that of the node."""

    def join(name: str) -> Fleet:
        raise Denied(name)

    with pytest.raises(Denied):
        SotwStream(join).on_request(SotwRequest(CDS, node=Node("a", "other")), 0)


@BOTH
def test_g2_every_response_of_a_stream_has_a_nonce_of_its_own(fleet: Fleet, releases: Releases, delta: bool) -> None:
    """Basic Protocol Overview."""
    exchange = Exchange(fleet, delta=delta)
    for url in (CDS, LDS):
        for response in exchange.ask(url):
            exchange.ack(response)
    exchange.ask(EDS, "x")
    exchange.ask(EDS, "x", "y")
    fleet.publish(releases.next(site("xy", cluster="2")))
    exchange.change()
    if delta:
        exchange.ask(EDS, "x")  # the same again
        exchange.ask(EDS, "x")
    nonces = [response.nonce for response in exchange.sent]
    assert "" not in nonces
    assert len(set(nonces)) == len(nonces)


@BOTH
def test_g2_an_old_nonce_on_a_new_stream_is_no_error(fleet: Fleet, delta: bool) -> None:
    """Basic Protocol Overview: a client that reconnects may repeat what it knew."""
    exchange = Exchange(fleet, delta=delta)
    [response] = exchange.ask(CDS, nonce="of-an-older-stream")
    assert names(response) == ["x", "y"]


@BOTH
def test_g3_versions_are_of_the_type_not_of_the_stream(fleet: Fleet, releases: Releases, delta: bool) -> None:
    """ACK/NACK and resource type instance version."""
    view = releases.next(site("xy", routes="2"))
    fleet.publish(view)
    one, other = Exchange(fleet, delta=delta), Exchange(fleet, delta=delta)
    [early], [late] = one.ask(CDS), other.ask(CDS)
    assert early.version == late.version == view.contents[CDS].version
    assert view.contents[CDS].version.startswith("1.")
    assert view.contents[RDS].version.startswith("2.")


@BOTH
def test_g4_error_detail_alone_makes_a_nack(fleet: Fleet, delta: bool) -> None:
    """ACK/NACK: not a version that differs."""
    exchange = Exchange(fleet, delta=delta)
    [response] = exchange.ask(CDS)
    options = {} if delta else {"version": "another"}
    exchange.ack(response, **options)
    assert exchange.stream.refusals == 0
    assert not fleet.quarantine
    [response] = exchange.ask(LDS)
    exchange.ack(response, error="")
    assert exchange.stream.refusals == 1
    assert fleet.quarantine


@BOTH
def test_g5_an_ack_is_not_answered(fleet: Fleet, delta: bool) -> None:
    """When to send an update."""
    exchange = Exchange(fleet, delta=delta)
    [response] = exchange.ask(CDS)
    assert exchange.ack(response) == []
    assert exchange.change() == []


@BOTH
def test_g5_a_release_that_changes_nothing_sends_nothing(fleet: Fleet, releases: Releases, delta: bool) -> None:
    """When to send an update."""
    exchange = Exchange(fleet, delta=delta)
    for url in (CDS, LDS):
        for response in exchange.ask(url):
            exchange.ack(response)
    fleet.publish(releases.next(site("xy")))
    assert exchange.change() == []


@BOTH
def test_g5_only_what_changed_is_sent(fleet: Fleet, releases: Releases, delta: bool) -> None:
    """When to send an update."""
    exchange = Exchange(fleet, delta=delta)
    [response] = exchange.ask(EDS, "x", "y")
    exchange.ack(response, "x", "y") if not delta else exchange.ack(response)
    fleet.publish(releases.next({**site("xy"), EDS: {"x": "1", "y": "2"}}))
    [response] = exchange.change()
    assert names(response) == ["y"]


@BOTH
def test_g6_no_name_twice_in_a_response(fleet: Fleet, delta: bool) -> None:
    """Duplicate Resource Names."""
    exchange = Exchange(fleet, delta=delta)
    [response] = exchange.ask(CDS, "*", "x", "x")
    assert names(response) == ["x", "y"]


@BOTH
def test_g7_a_name_that_does_not_exist_is_sent_when_it_appears(fleet: Fleet, releases: Releases, delta: bool) -> None:
    """Knowing When a Requested Resource Does Not Exist."""
    exchange = Exchange(fleet, delta=delta)
    early = exchange.ask(EDS, "z")
    assert [names(response) for response in early] == ([[]] if delta else [])
    fleet.publish(releases.next(site("xyz")))
    [response] = exchange.change()
    assert names(response) == ["z"]


@BOTH
def test_g8_what_is_asked_for_and_exists_is_sent(fleet: Fleet, delta: bool) -> None:
    """How the client specifies what resources to return."""
    exchange = Exchange(fleet, delta=delta)
    [response] = exchange.ask(EDS, "y")
    assert names(response) == ["y"]


@BOTH
def test_g9_types_are_streams_of_their_own(fleet: Fleet, delta: bool) -> None:
    """Aggregated Discovery Service: a nonce of one type says nothing about another."""
    exchange = Exchange(fleet, delta=delta)
    [clusters] = exchange.ask(CDS)
    [endpoints] = exchange.ask(EDS, "x")
    exchange.ask(EDS, "x", nonce=clusters.nonce)
    assert exchange.stream.acknowledgements == 0
    exchange.ack(endpoints, "x")
    assert exchange.stream.acknowledgements == 1


@BOTH
def test_g10_the_control_plane_says_who_it_is(fleet: Fleet, delta: bool) -> None:
    """Envoy shows it in its admin page and in its own errors."""
    [response] = Exchange(fleet, delta=delta).ask(CDS)
    message = (DeltaDiscoveryResponse if delta else DiscoveryResponse).FromString(codec.encode(response))
    assert message.control_plane.identifier.startswith("gitway/")


@BOTH
def test_a_type_without_resources_is_answered_empty(fleet: Fleet, delta: bool) -> None:
    """The first answer to a wildcard may be empty: without it a client waits for its timeout."""
    fleet = Fleet(FLEET)
    fleet.publish(Releases().next({CDS: {"x": "1"}}))
    [response] = Exchange(fleet, delta=delta).ask(LDS)
    assert names(response) == []


@BOTH
def test_a_fleet_that_is_not_known_is_held_until_it_appears(releases: Releases, delta: bool) -> None:
    fleet = Fleet(FLEET)
    exchange = Exchange(fleet, delta=delta)
    assert exchange.ask(CDS) == []
    assert exchange.ask(SDS, "ns/cert") == []
    fleet.publish(releases.next({**site("x"), SDS: {"ns/cert": "pem"}}))
    assert [(response.type_url, names(response)) for response in exchange.change()] == [
        (CDS, ["x"]),
        (SDS, ["ns/cert"]),
    ]


@BOTH
def test_streams_share_the_bytes_of_equal_responses(fleet: Fleet, releases: Releases, delta: bool) -> None:
    one, other = Exchange(fleet, delta=delta), Exchange(fleet, delta=delta)
    for exchange in (one, other):
        [response] = exchange.ask(EDS, "x", "y")
        exchange.ack(response, *(() if delta else ("x", "y")))
    fleet.publish(releases.next(site("xy", endpoints="2")))
    [first], [second] = one.change(), other.change()
    assert codec.encode(first) is codec.encode(second)


@BOTH
def test_a_service_of_one_type_refuses_others(fleet: Fleet, delta: bool) -> None:
    exchange = Exchange(fleet, delta=delta, type_url=CDS)
    [response] = exchange.ask("")
    assert response.type_url == CDS
    with pytest.raises(ProtocolError, match="Listener"):
        exchange.ask(LDS)
