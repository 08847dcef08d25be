"""The state-of-the-world variant. Source: Envoy's xds_protocol, the section in each docstring."""

from __future__ import annotations

import pytest

from reconciler.sidecar.protocol import Fleet
from tests.sidecar.client import Exchange, names
from tests.sidecar.releases import CDS, EDS, FLEET, LDS, Releases, site


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
    return Exchange(fleet, delta=False)


def test_s1_listeners_and_clusters_are_sent_in_full(fleet: Fleet, releases: Releases, exchange: Exchange) -> None:
    """Grouping Resources into Responses."""
    [response] = exchange.ask(CDS)
    exchange.ack(response)
    fleet.publish(releases.next({**site("xyz"), CDS: {"x": "1", "y": "2", "z": "1"}}))
    [response] = exchange.change()
    assert names(response) == ["x", "y", "z"]


def test_s1_an_empty_response_deletes_all(fleet: Fleet, releases: Releases, exchange: Exchange) -> None:
    """Deleting Resources."""
    [response] = exchange.ask(CDS)
    exchange.ack(response)
    fleet.publish(releases.next({LDS: {"l": "1"}}))
    [response] = exchange.change()
    assert names(response) == []


def test_s1_of_other_types_a_part_is_sent_and_nothing_is_deleted(
    fleet: Fleet, releases: Releases, exchange: Exchange
) -> None:
    """Grouping Resources into Responses."""
    [response] = exchange.ask(EDS, "x", "y")
    exchange.ack(response, "x", "y")
    fleet.publish(releases.next({**site("x"), EDS: {"x": "2"}}))
    [response] = exchange.change()
    assert names(response) == ["x"]
    assert exchange.ack(response, "x", "y") == []


def test_s2_a_stale_nonce_is_not_answered(fleet: Fleet, releases: Releases, exchange: Exchange) -> None:
    """Resource Updates."""
    [old] = exchange.ask(EDS, "x")
    exchange.ack(old, "x")
    fleet.publish(releases.next(site("xyz", endpoints="2")))
    [new] = exchange.change()
    assert exchange.ack(old, "x", "y") == []
    [response] = exchange.ack(new, "x", "y")
    assert names(response) == ["y"]


def test_s2_a_subscription_change_is_honoured_at_the_same_version(exchange: Exchange) -> None:
    """Resource Updates."""
    [response] = exchange.ask(EDS, "x")
    exchange.ack(response, "x")
    [more] = exchange.ack(response, "x", "y")
    assert names(more) == ["y"]
    assert more.version == response.version


def test_s2_what_was_not_acknowledged_is_in_the_response_that_supersedes_it(
    fleet: Fleet, releases: Releases, exchange: Exchange
) -> None:
    """Resource Updates: the older response's acknowledgement does not count any more."""
    exchange.ask(EDS, "x", "y")
    fleet.publish(releases.next({**site("xyz"), EDS: {"x": "1", "y": "2", "z": "1"}}))
    [response] = exchange.change()
    assert names(response) == ["x", "y"]


def test_s3_wildcard_and_names_in_four_steps(exchange: Exchange) -> None:
    """How the client specifies what resources to return, the example there."""
    [response] = exchange.ask(CDS)
    assert names(response) == ["x", "y", "z"]
    [response] = exchange.ack(response, "*", "x")
    assert names(response) == ["x", "y", "z"]
    assert exchange.ack(response, "x") == []
    assert exchange.ask(CDS, nonce=response.nonce) == []
    assert exchange.stream.ledgers[CDS].subscription.wanted(exchange.stream.ledgers[CDS].base) == ()


def test_s3_the_legacy_wildcard_is_lost_once_a_name_was_sent(
    fleet: Fleet, releases: Releases, exchange: Exchange
) -> None:
    """How the client specifies what resources to return."""
    [response] = exchange.ask(CDS)
    [response] = exchange.ack(response, "x")
    assert names(response) == ["x"]
    exchange.ack(response)
    fleet.publish(releases.next(site("xyz", cluster="2")))
    assert exchange.change() == []


def test_s3_an_empty_list_stays_the_wildcard_until_a_name_was_sent(
    fleet: Fleet, releases: Releases, exchange: Exchange
) -> None:
    """How the client specifies what resources to return."""
    [response] = exchange.ask(CDS)
    exchange.ack(response)
    fleet.publish(releases.next(site("xyz", cluster="2")))
    [response] = exchange.change()
    assert names(response) == ["x", "y", "z"]


def test_s4_a_name_is_sent_when_it_is_added_even_if_sent_before(exchange: Exchange) -> None:
    """How the client specifies what resources to return."""
    [response] = exchange.ask(EDS, "x", "y")
    exchange.ack(response, "x", "y")
    assert exchange.ack(response, "x") == []
    [response] = exchange.ack(response, "x", "y")
    assert names(response) == ["y"]


@pytest.mark.parametrize(("type_url", "asked"), [(CDS, ()), (LDS, ()), (EDS, ("x",))])
def test_s5_a_claimed_version_never_spares_an_answer(fleet: Fleet, type_url: str, asked: tuple[str, ...]) -> None:
    """Envoy claims versions that it has lost after a refusal (measured on 1.40)."""
    assert fleet.newest is not None
    version = fleet.newest.contents[type_url].version
    [response] = Exchange(fleet, delta=False).ask(type_url, *asked, version=version, nonce="old")
    assert response.version == version
    assert names(response)


def test_s6_absence_of_what_is_named_has_no_words(exchange: Exchange) -> None:
    """Knowing When a Requested Resource Does Not Exist: the client's timeout does it."""
    assert exchange.ask(EDS, "nowhere") == []


def test_listeners_that_are_named_and_do_not_exist_are_an_empty_state(exchange: Exchange) -> None:
    """Knowing When a Requested Resource Does Not Exist: of full state types absence says it."""
    [response] = exchange.ask(LDS, "nowhere")
    assert names(response) == []
