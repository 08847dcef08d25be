"""Make before break: the order of a push, and what follows from a refusal."""

from __future__ import annotations

import pytest
from envoy.config.listener.v3.listener_pb2 import Listener

from reconciler.sidecar.protocol import Fleet, LocalSecrets, View, content, frame
from reconciler.snapshot.model import Resource
from tests.sidecar.client import Client, Exchange, expected, names
from tests.sidecar.releases import CDS, EDS, FLEET, LDS, RDS, SDS, Releases, reference, resource, site

BOTH = pytest.mark.parametrize("delta", [False, True], ids=["sotw", "delta"])
OLD = site("x", routes="to x")
NEW = site("y", routes="to y", listener="l:2")


@pytest.fixture
def releases() -> Releases:
    return Releases()


@pytest.fixture
def fleet(releases: Releases) -> Fleet:
    fleet = Fleet(FLEET)
    fleet.publish(releases.next(OLD))
    return fleet


def connected(fleet: Fleet, delta: bool, *clusters: str, poison: tuple[str, ...] = ()) -> Client:
    """A client as Envoy is one, with everything acknowledged."""
    client = Client(fleet, delta=delta, poison=poison)
    client.subscribe(CDS, "*")
    client.subscribe(EDS, *clusters)
    client.subscribe(LDS, "*")
    client.subscribe(RDS, "table")
    client.settle()
    return client


def types_in(client: Client) -> list[str]:
    """The types of the responses that wait to be taken."""
    return [response.type_url for response in client.inbox]


@BOTH
def test_nothing_is_removed_before_nothing_uses_it(fleet: Fleet, releases: Releases, delta: bool) -> None:
    """Clusters, then listeners, then routes, each acknowledged before the next; then the removals."""
    client = connected(fleet, delta, "x")
    fleet.publish(releases.next(NEW))
    client.change()
    assert types_in(client) == [CDS]
    client.subscribe(EDS, "y")  # the new cluster warms: endpoints are never held back
    assert types_in(client) == [CDS, EDS]
    client.answer()
    assert client.held[CDS] == {"x": "1", "y": "1"}
    assert types_in(client) == [EDS, LDS]
    client.answer()
    client.answer()
    assert client.held[LDS] == {"l": "2"}
    assert types_in(client) == [RDS]
    client.answer()
    assert client.held[RDS] == {"table": "to y"}
    assert types_in(client) == []
    client.inbox.extend(client.exchange.wait())  # the old listener has been drained
    assert types_in(client) == [CDS]
    assert client.held[CDS] == {"x": "1", "y": "1"}
    client.answer()
    assert client.held[CDS] == {"y": "1"}


@BOTH
def test_after_a_while_listeners_and_routes_do_not_wait(fleet: Fleet, releases: Releases, delta: bool) -> None:
    """A cluster that never warms must not stop everything."""
    exchange = Exchange(fleet, delta=delta)
    for url in (CDS, LDS, RDS):
        for response in exchange.ask(url, *(["table"] if url == RDS else [])):
            exchange.ack(response, *(["table"] if url == RDS and not delta else []))
    fleet.publish(releases.next(NEW))
    assert [response.type_url for response in exchange.change()] == [CDS]
    assert [response.type_url for response in exchange.wait()] == [LDS]
    assert [response.type_url for response in exchange.wait()] == [RDS]
    assert exchange.stream.deadline is None


@BOTH
def test_types_that_are_not_subscribed_to_are_not_waited_for(fleet: Fleet, releases: Releases, delta: bool) -> None:
    exchange = Exchange(fleet, delta=delta)
    [response] = exchange.ask(RDS, "table")
    exchange.ack(response, *(() if delta else ("table",)))
    fleet.publish(releases.next(NEW))
    [response] = exchange.change()
    assert names(response) == ["table"]


@BOTH
def test_a_route_table_that_a_listener_waits_for_is_sent_at_once(fleet: Fleet, releases: Releases, delta: bool) -> None:
    """A new listener warms until it has its routes, and is acknowledged only then or before."""
    client = connected(fleet, delta, "x")
    fleet.publish(releases.next({**OLD, LDS: {"l": "1", "m": "1"}, RDS: {"table": "to x", "more": "to x"}}))
    client.change()
    assert types_in(client) == [LDS]
    client.subscribe(RDS, "more")
    assert types_in(client) == [LDS, RDS]


@BOTH
def test_a_changed_cluster_is_followed_by_its_endpoints(fleet: Fleet, releases: Releases, delta: bool) -> None:
    """Resource warming: it stays in warming until it is sent endpoints, even if they are the same."""
    fleet.publish(releases.next(site("xy")))
    client = connected(fleet, delta, "x", "y")
    fleet.publish(releases.next({**site("xy"), CDS: {"x": "2", "y": "1"}}))
    client.change()
    assert types_in(client) == [CDS, EDS]
    assert names(client.inbox[1]) == ["x"]


def test_endpoints_of_clusters_that_changed_meanwhile_are_sent_on_a_reconnect(fleet: Fleet, releases: Releases) -> None:
    """The claim to have them is true, but the changed cluster warms."""
    fleet.publish(releases.next({**site("xy"), CDS: {"x": "2", "y": "1"}}))
    exchange = Exchange(fleet, delta=True)
    old = resource("x", "1").version
    exchange.ask(CDS, initial_versions={"x": old, "y": old})
    [response] = exchange.ask(EDS, "x", "y", initial_versions={"x": old, "y": old})
    assert names(response) == ["x"]


@BOTH
def test_a_listener_that_takes_over_an_address_comes_with_the_removal_of_the_old_one(
    releases: Releases, delta: bool
) -> None:
    """Two listeners cannot have one address, not even for a moment."""
    fleet = Fleet(FLEET)
    fleet.publish(listeners({"old": 80, "other": 81}, 1))
    exchange = Exchange(fleet, delta=delta)
    [response] = exchange.ask(LDS)
    exchange.ack(response)
    fleet.publish(listeners({"new": 80}, 2))
    [response] = exchange.change()
    if delta:
        assert (names(response), response.removed) == (["new"], ("old",))
        [response] = exchange.ack(response)
        assert response.removed == ("other",)
    else:
        assert names(response) == ["new", "other"]
        [response] = exchange.ack(response)
        assert names(response) == ["new"]


def listeners(ports: dict[str, int], serial: int) -> View:
    """A view with real listeners."""
    made = []
    for name, port in ports.items():
        address = {"socket_address": {"address": "0.0.0.0", "port_value": port}}
        value = Listener(name=name, address=address).SerializeToString()
        made.append(Resource(name, f"{serial}", value))
    return View(FLEET, serial, "r", "s", {LDS: content(LDS, f"{serial}.a", made)})


def test_an_old_state_says_what_is_still_to_be_removed(fleet: Fleet, releases: Releases) -> None:
    """The union of old and new is not yet the released version."""
    client = connected(fleet, False, "x")
    view = releases.next(NEW)
    fleet.publish(view)
    client.change()
    assert client.inbox[0].version == f"{view.contents[CDS].version}+1"
    client.settle()
    last = [response for response in client.exchange.sent if response.type_url == CDS][-1]
    assert last.version == view.contents[CDS].version


@BOTH
def test_the_newest_release_wins_while_an_older_one_is_being_pushed(
    fleet: Fleet, releases: Releases, delta: bool
) -> None:
    client = connected(fleet, delta, "x")
    fleet.publish(releases.next(NEW))
    client.change()
    fleet.publish(releases.next(site("z", routes="to z")))
    client.change()
    client.settle()
    assert client.held[CDS] == {"z": "1"}
    assert client.held[LDS] == {"l": "1"}
    assert client.held[RDS] == {"table": "to z"}


@BOTH
@pytest.mark.parametrize("bad", [CDS, LDS, RDS])
def test_a_refused_release_is_taken_back_at_once(fleet: Fleet, releases: Releases, delta: bool, bad: str) -> None:
    """Envoy has taken what it liked: the last acknowledged release is pushed again in full."""
    client = connected(fleet, delta, "x", poison=("bad",))
    broken: dict[str, dict[str, str]] = {**NEW, bad: {**NEW[bad], next(iter(NEW[bad])): "bad", "more": "1"}}
    fleet.publish(releases.next(broken))
    client.change()
    client.settle()
    assert fleet.quarantine
    for url in (CDS, LDS, RDS):
        assert client.held[url] == dict(OLD[url]), url


@BOTH
def test_a_refused_release_costs_no_listener(fleet: Fleet, releases: Releases, delta: bool) -> None:
    """At no moment is a listener missing that is in the release before."""
    client = connected(fleet, delta, "x", poison=("bad",))
    fleet.publish(releases.next({**OLD, LDS: {"new": "bad"}}))
    client.change()
    while client.answer():
        assert client.held[LDS]["l"] == "1"
    assert client.held[LDS] == {"l": "1"}


@BOTH
def test_a_refused_release_never_goes_out_twice(fleet: Fleet, releases: Releases, delta: bool) -> None:
    """To nobody: not on this stream, not on others, not to an Envoy that starts."""
    client = connected(fleet, delta, "x", poison=("bad",))
    fleet.publish(releases.next({**OLD, LDS: {"l": "bad"}}))
    client.change()
    client.settle()
    client.connect()
    client.settle()
    newcomer = connected(fleet, delta, "x")
    sent = [
        each.frame
        for exchange in (client.exchange, newcomer.exchange)
        for response in exchange.sent
        for each in response.resources
    ]
    assert not any(b"bad" in each for each in sent)
    assert newcomer.held[LDS] == client.held[LDS] == {"l": "1"}
    assert client.exchange.stream.refusals == 0


@BOTH
def test_envoys_that_acknowledged_a_release_keep_it_when_another_refuses_it(
    fleet: Fleet, releases: Releases, delta: bool
) -> None:
    """A port that is taken on one host only."""
    pleased, other = connected(fleet, delta, "x"), connected(fleet, delta, "x", poison=("2",))
    fleet.publish(releases.next(site("x", listener="l:2")))
    pleased.change()
    pleased.settle()
    other.change()
    other.settle()
    pleased.change()
    pleased.settle()
    assert pleased.held[LDS] == {"l": "2"}
    assert other.held[LDS] == {"l": "1"}


@BOTH
def test_a_release_in_which_the_refused_type_changed_is_tried(fleet: Fleet, releases: Releases, delta: bool) -> None:
    client = connected(fleet, delta, "x", poison=("bad",))
    fleet.publish(releases.next({**OLD, LDS: {"l": "bad"}}))
    client.change()
    client.settle()
    fleet.publish(releases.next({**OLD, LDS: {"l": "bad"}, RDS: {"table": "other"}}))
    client.change()
    client.settle()
    assert client.held[RDS] == {"table": "to x"}
    fleet.publish(releases.next({**OLD, LDS: {"l": "good"}}))
    client.change()
    client.settle()
    assert client.held[LDS] == {"l": "good"}
    assert not fleet.quarantine


@BOTH
def test_without_anything_older_a_refused_release_is_not_repeated(delta: bool, releases: Releases) -> None:
    """No loop, and an Envoy that starts waits rather than being given what is known to be bad."""
    fleet = Fleet(FLEET)
    fleet.publish(releases.next({**OLD, CDS: {"x": "bad"}}))
    client = connected(fleet, delta, "x", poison=("bad",))
    assert fleet.needs_fallback
    sent = len(client.exchange.sent)
    client.change()
    client.settle()
    assert len(client.exchange.sent) == sent
    newcomer = connected(fleet, delta, "x")
    assert newcomer.exchange.sent == []
    fleet.offer_fallback(releases.next(OLD))
    newcomer.change()
    newcomer.settle()
    assert newcomer.held == expected(OLD, newcomer.wanted)


@BOTH
def test_an_envoy_that_refuses_what_it_falls_back_on_hurts_only_itself(
    fleet: Fleet, releases: Releases, delta: bool
) -> None:
    connected(fleet, delta, "x")
    fleet.publish(releases.next({**OLD, LDS: {"l": "bad"}}))
    client = connected(fleet, delta, "x", poison=("bad", "1"))
    assert len(fleet.quarantine) == 1
    assert fleet.fallback() is not None
    assert client.exchange.stream.refusals <= 3


def secrets(digest: str, **texts: str) -> LocalSecrets:
    return LocalSecrets(
        digest, {f"ns/{name}": frame(SDS, resource(f"ns/{name}", text)) for name, text in texts.items()}
    )


def secured(releases: Releases, *used: str, released: dict[str, str] | None = None) -> Fleet:
    """A fleet whose listener refers to secrets."""
    fleet = Fleet(FLEET)
    fleet.publish(releases.next({LDS: {"l": reference(*used)}, SDS: released or {}}))
    return fleet


@BOTH
def test_a_rotated_secret_is_pushed_without_a_release(releases: Releases, delta: bool) -> None:
    fleet = secured(releases, "ns/cert", "ns/other", "ns/late")
    fleet.use_secrets(secrets("1", cert="one", other="same"))
    client = Client(fleet, delta=delta)
    client.subscribe(SDS, "ns/cert", "ns/other", "ns/late")
    client.settle()
    fleet.use_secrets(secrets("2", cert="two", other="same", late="three"))
    client.change()
    [response] = client.inbox
    assert names(response) == ["ns/cert", "ns/late"]


@BOTH
def test_a_secret_of_this_sidecar_wins_over_that_of_the_release(releases: Releases, delta: bool) -> None:
    fleet = secured(releases, "ns/cert", released={"ns/cert": "released", "ns/more": "released"})
    fleet.use_secrets(secrets("1", cert="local"))
    client = Client(fleet, delta=delta)
    client.subscribe(SDS, "ns/cert", "ns/more")
    client.settle()
    assert client.held[SDS] == {"ns/cert": "local", "ns/more": "released"}


@BOTH
def test_a_refused_secret_of_this_sidecar_does_not_speak_about_the_release(releases: Releases, delta: bool) -> None:
    fleet = secured(releases, "ns/cert")
    fleet.use_secrets(secrets("1", cert="bad"))
    client = Client(fleet, delta=delta, poison=("bad",))
    client.subscribe(SDS, "ns/cert")
    client.settle()
    assert not fleet.quarantine
    assert len(client.exchange.sent) == 1
    fleet.use_secrets(secrets("2", cert="good"))
    client.change()
    client.settle()
    assert client.held[SDS] == {"ns/cert": "good"}


@BOTH
def test_a_secret_that_the_fleet_does_not_use_is_not_given_away(releases: Releases, delta: bool) -> None:
    """Neither by name nor by the wildcard, until a release uses it."""
    fleet = secured(releases, "ns/cert")
    fleet.use_secrets(secrets("1", cert="one", other="two"))
    client = Client(fleet, delta=delta)
    client.subscribe(SDS, "ns/cert", "ns/other", "*")
    client.settle()
    assert client.held[SDS] == {"ns/cert": "one"}
    fleet.publish(releases.next({LDS: {"l": reference("ns/cert", "ns/other")}}))
    client.change()
    client.settle()
    assert client.held[SDS] == {"ns/cert": "one", "ns/other": "two"}


@BOTH
def test_a_release_that_changes_nothing_about_secrets_does_not_send_them_again(releases: Releases, delta: bool) -> None:
    fleet = secured(releases, "ns/cert")
    fleet.use_secrets(secrets("1", cert="one"))
    client = Client(fleet, delta=delta)
    client.subscribe(SDS, "ns/cert")
    client.settle()
    count = len(client.exchange.sent)
    fleet.publish(releases.next({LDS: {"l": reference("ns/cert"), "m": "1"}}))
    client.change()
    fleet.use_secrets(secrets("2", cert="one", other="of somebody else"))
    client.change()
    client.settle()
    assert len(client.exchange.sent) == count


@BOTH
def test_what_was_refused_is_no_fallback_before_something_older_was_looked_for(releases: Releases, delta: bool) -> None:
    """One Envoy runs it, another has refused it, and this sidecar has never seen the release before it."""
    fleet = Fleet(FLEET)
    fleet.publish(releases.next({**OLD, LDS: {"l": "bad"}}))
    connected(fleet, delta, "x")
    connected(fleet, delta, "x", poison=("bad",))
    assert fleet.needs_fallback
    newcomer = connected(fleet, delta, "x")
    assert newcomer.exchange.sent == []
    fleet.offer_none()
    newcomer.change()
    newcomer.settle()
    assert newcomer.held[LDS] == {"l": "bad"}
