"""The incremental variant. Source: Envoy's xds_protocol, the section in each docstring."""

from __future__ import annotations

import pytest
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryResponse

from reconciler.sidecar import codec
from reconciler.sidecar.protocol import Fleet
from tests.sidecar.client import Exchange, names
from tests.sidecar.releases import CDS, EDS, FLEET, LDS, RDS, Releases, resource, site


@pytest.fixture
def releases() -> Releases:
    return Releases()


@pytest.fixture
def fleet(releases: Releases) -> Fleet:
    fleet = Fleet(FLEET)
    fleet.publish(releases.next(site("xyz")))
    return fleet


@pytest.fixture
def exchange(fleet: Fleet) -> Exchange:
    return Exchange(fleet, delta=True)


def test_d1_a_stale_nonce_acknowledges_nothing_and_still_subscribes(exchange: Exchange) -> None:
    """Incremental xDS."""
    exchange.ask(EDS, "x")
    [response] = exchange.ask(EDS, "y", nonce="never-sent")
    assert names(response) == ["y"]
    assert exchange.stream.acknowledgements == 0


def test_d1_acknowledgements_pair_by_nonce_in_any_number(exchange: Exchange) -> None:
    """Incremental xDS."""
    [one], [other] = exchange.ask(EDS, "x"), exchange.ask(EDS, "y")
    assert exchange.ack(one) == []
    assert exchange.ack(other) == []
    assert not exchange.stream.ledgers[EDS].inflight


def test_d2_a_request_without_a_nonce_acknowledges_nothing(exchange: Exchange) -> None:
    """Incremental xDS: spontaneous requests."""
    exchange.ask(EDS, "x")
    exchange.ask(EDS, "y")
    assert exchange.stream.acknowledgements == 0
    assert len(exchange.stream.ledgers[EDS].inflight) == 2


def test_d3_what_is_subscribed_to_again_is_sent_again(exchange: Exchange) -> None:
    """Subscribing to Resources: the client may have forgotten it."""
    [response] = exchange.ask(EDS, "x")
    exchange.ack(response)
    [again] = exchange.ask(EDS, "x")
    assert names(again) == ["x"]


def test_d4_taking_back_what_was_never_asked_for_is_ignored(exchange: Exchange) -> None:
    """Unsubscribing From Resources."""
    exchange.ask(EDS, "x")
    assert exchange.ask(EDS, unsubscribe=("phantom",)) == []


def test_d4_what_was_taken_back_is_not_sent(fleet: Fleet, releases: Releases, exchange: Exchange) -> None:
    """Unsubscribing From Resources."""
    [response] = exchange.ask(EDS, "x", "y")
    exchange.ack(response, unsubscribe=("y",))
    fleet.publish(releases.next(site("xyz", endpoints="2")))
    [response] = exchange.change()
    assert names(response) == ["x"]


def test_d5_a_name_taken_back_beside_the_wildcard_is_answered(exchange: Exchange) -> None:
    """Unsubscribing From Resources: with the resource if the wildcard has it, else with its removal."""
    [response] = exchange.ask(CDS, "*", "x", "nowhere")
    exchange.ack(response)
    [response] = exchange.ask(CDS, unsubscribe=("x", "nowhere"))
    assert names(response) == ["x"]
    assert response.removed == ("nowhere",)


def test_d6_what_does_not_exist_is_told_at_once(exchange: Exchange) -> None:
    """Knowing When a Requested Resource Does Not Exist."""
    [response] = exchange.ask(EDS, "x", "nowhere")
    assert names(response) == ["x"]
    assert response.removed == ("nowhere",)


def test_d7_two_empty_lists_at_first_are_the_wildcard(exchange: Exchange) -> None:
    """How the client specifies what resources to return."""
    [response] = exchange.ask(CDS)
    assert names(response) == ["x", "y", "z"]


def test_d7_a_name_keeps_the_legacy_wildcard(fleet: Fleet, releases: Releases, exchange: Exchange) -> None:
    """How the client specifies what resources to return."""
    [response] = exchange.ask(CDS)
    [response] = exchange.ack(response, "x")
    assert names(response) == ["x"]
    exchange.ack(response)
    fleet.publish(releases.next(site("xyz", cluster="2")))
    [response] = exchange.change()
    assert names(response) == ["x", "y", "z"]


def test_d7_without_the_wildcard_the_names_stay(fleet: Fleet, releases: Releases, exchange: Exchange) -> None:
    """How the client specifies what resources to return."""
    [response] = exchange.ask(CDS, "*", "x")
    exchange.ack(response, unsubscribe=("*",))
    fleet.publish(releases.next(site("xyz", cluster="2")))
    [response] = exchange.change()
    assert names(response) == ["x"]


def test_d8_what_the_client_has_is_not_sent_again(fleet: Fleet, exchange: Exchange) -> None:
    """Incremental xDS, reconnect: equal is skipped, changed is sent, vanished is removed."""
    same = resource("x", "1").version
    versions = {"x": same, "y": "old", "gone": "old", "not-asked-for": "old"}
    [response] = exchange.ask(EDS, "x", "y", "gone", initial_versions=versions)
    assert names(response) == ["y"]
    assert response.removed == ("gone",)


def test_d8_nothing_to_say_is_not_said(exchange: Exchange) -> None:
    """Incremental xDS, reconnect."""
    assert exchange.ask(RDS, "table", initial_versions={"table": resource("table", "1").version}) == []


@pytest.mark.parametrize("type_url", [CDS, LDS])
def test_d8_of_listeners_and_clusters_no_claim_is_believed(fleet: Fleet, exchange: Exchange, type_url: str) -> None:
    """Envoy claims listeners and clusters that it lost with a refused response (measured on 1.40)."""
    assert fleet.newest is not None
    claimed = {each.name: each.version for each in fleet.newest.contents[type_url].all}
    [response] = exchange.ask(type_url, initial_versions={**claimed, "gone": "old"})
    assert set(names(response)) == set(claimed)
    [removal] = exchange.ack(response) or exchange.wait()  # old connections may be using the cluster
    assert removal.removed == ("gone",)


def test_d9_what_a_response_lacks_is_not_removed(fleet: Fleet, releases: Releases, exchange: Exchange) -> None:
    """Incremental xDS: each resource has its version, the system's is for people."""
    [response] = exchange.ask(CDS)
    exchange.ack(response)
    view = releases.next({**site("xyz"), CDS: {"x": "1", "y": "2", "z": "1"}})
    fleet.publish(view)
    [response] = exchange.change()
    message = DeltaDiscoveryResponse.FromString(codec.encode(response))
    assert [(each.name, each.version) for each in message.resources] == [("y", resource("y", "2").version)]
    assert message.system_version_info == view.contents[CDS].version
    assert not message.removed_resources


def test_d10_no_resource_has_an_alias(exchange: Exchange) -> None:
    """Virtual hosts on demand are not served: an alias is a name that does not exist."""
    [response] = exchange.ask(RDS, "table/example.com")
    assert response.removed == ("table/example.com",)
    assert not any(each.aliases for each in DeltaDiscoveryResponse.FromString(codec.encode(response)).resources)


def test_d11_a_late_subscription_on_the_same_stream_is_served(exchange: Exchange) -> None:
    """On-demand discovery is a subscription that comes later."""
    [response] = exchange.ask(CDS, "x")
    exchange.ack(response)
    [response] = exchange.ask(CDS, "y")
    assert names(response) == ["y"]


def test_d12_no_errors_of_resources_are_sent(exchange: Exchange) -> None:
    """`resource_errors` is only for clients that say that they read it; absence is told by `removed_resources`."""
    [response] = exchange.ask(EDS, "nowhere")
    assert not DeltaDiscoveryResponse.FromString(codec.encode(response)).resource_errors
