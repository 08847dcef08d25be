"""Make before break for connections that are open: what replaced listeners used stays until these are drained."""

from __future__ import annotations

import pytest

from reconciler.sidecar.protocol import DRAIN_TIME, Fleet
from tests.sidecar.client import Client
from tests.sidecar.releases import CDS, EDS, FLEET, LDS, RDS, Releases, State

BOTH = pytest.mark.parametrize("delta", [False, True], ids=["sotw", "delta"])


def site(cluster: str, listener: str, table: str) -> dict[str, dict[str, str]]:
    """One listener (`name:content`) with one table that leads to one cluster."""
    name, _, text = listener.partition(":")
    return {CDS: {cluster: "1"}, EDS: {cluster: "1"}, LDS: {name: text}, RDS: {table: cluster}}


OLD = site("x", "l:1", "old")
REPOINTED = site("y", "l:2", "new")


class Proxy:
    """An Envoy, with everything of the old release acknowledged; its inbox is always empty."""

    def __init__(self, delta: bool, old: State = OLD) -> None:
        self.releases = Releases()
        self.fleet = Fleet(FLEET)
        self.fleet.publish(self.releases.next(old))
        self.client = Client(self.fleet, delta=delta)
        for url in (CDS, EDS, LDS, RDS):
            self.client.subscribe(url, *(["*"] if url in {CDS, LDS} else old[url]))
        self.answer()

    def answer(self) -> None:
        """Answers all that comes, without letting any time pass."""
        while self.client.answer():
            pass

    def publish(self, state: State) -> None:
        """A release; whatever it names anew is subscribed to."""
        self.fleet.publish(self.releases.next(state))
        self.client.change()
        for url in (EDS, RDS):
            self.client.subscribe(url, *state[url])
        self.answer()

    def drained(self, *tables: str) -> None:
        """The filter chains that use these tables are gone."""
        self.client.unsubscribe(RDS, *tables)
        self.answer()

    def pass_time(self, seconds: float) -> None:
        """Lets time pass; the timer goes off if it is due by then."""
        exchange = self.client.exchange
        exchange.clock.now += seconds
        if exchange.stream.deadline is not None and exchange.stream.deadline <= exchange.clock.now:
            self.client.inbox.extend(exchange.stream.on_timer(exchange.clock.now))
        self.answer()

    @property
    def clusters(self) -> set[str]:
        return set(self.client.held[CDS])


@BOTH
def test_what_an_old_route_table_leads_to_stays_while_it_is_subscribed_to(delta: bool) -> None:
    """The listener takes another route table; connections that are open go on with the old one."""
    proxy = Proxy(delta)
    proxy.publish(REPOINTED)
    assert proxy.client.held[LDS] == {"l": "2"}
    assert proxy.clusters == {"x", "y"}
    assert proxy.client.held[RDS] == {"old": "x", "new": "y"}
    assert "x" in proxy.client.held[EDS]
    proxy.pass_time(DRAIN_TIME - 1)
    assert proxy.clusters == {"x", "y"}
    proxy.drained("old")
    assert proxy.clusters == {"y"}


@BOTH
def test_the_wait_for_an_old_route_table_is_bounded(delta: bool) -> None:
    """A client that never unsubscribes keeps nothing for ever."""
    proxy = Proxy(delta)
    proxy.publish(REPOINTED)
    proxy.pass_time(DRAIN_TIME + 10)
    assert proxy.clusters == {"y"}
    assert proxy.client.exchange.stream.deadline is None


@BOTH
def test_what_a_replaced_listener_used_stays(delta: bool) -> None:
    """The listener goes at once, or its port would stay taken; its connections are served on."""
    proxy = Proxy(delta)
    proxy.publish(site("y", "m:1", "new"))
    assert proxy.client.held[LDS] == {"m": "1"}
    assert proxy.clusters == {"x", "y"}
    proxy.drained("old")
    assert proxy.clusters == {"y"}


@BOTH
def test_a_changed_listener_with_the_same_table_drains_too(delta: bool) -> None:
    """Its filters may have used the cluster, to authorise requests for instance. Nothing but time says it is done."""
    proxy = Proxy(delta)
    proxy.publish(site("y", "l:2", "old"))
    assert proxy.clusters == {"x", "y"}
    proxy.pass_time(DRAIN_TIME)
    assert proxy.clusters == {"x", "y"}
    proxy.pass_time(10)
    assert proxy.clusters == {"y"}


@BOTH
def test_a_cluster_that_goes_with_a_later_release_waits_for_the_same_drain(delta: bool) -> None:
    """It was in use by the old filter chains, and is until they are gone; not longer, as nothing new uses it."""
    proxy = Proxy(delta)
    proxy.publish({**REPOINTED, CDS: {"x": "1", "y": "1"}, EDS: {"x": "1", "y": "1"}})
    proxy.pass_time(DRAIN_TIME / 2)
    proxy.publish(REPOINTED)
    assert proxy.clusters == {"x", "y"}
    proxy.pass_time(DRAIN_TIME / 2 + 10)
    assert proxy.clusters == {"y"}


@BOTH
def test_releases_in_quick_succession_do_not_keep_a_cluster_for_ever(delta: bool) -> None:
    """Each waits for the listeners that used it, not for those that came later."""
    proxy = Proxy(delta)
    for number in range(8):
        proxy.publish(site(f"y{number}", f"l:new-{number}", f"table-{number}"))
        proxy.pass_time(DRAIN_TIME / 4)
    assert proxy.clusters == {f"y{number}" for number in range(3, 8)}


@BOTH
def test_a_cluster_that_comes_back_and_goes_again_waits_anew(delta: bool) -> None:
    proxy = Proxy(delta)
    proxy.publish(REPOINTED)
    proxy.pass_time(DRAIN_TIME / 2)
    proxy.publish(site("x", "l:3", "newer"))
    proxy.pass_time(DRAIN_TIME / 4)
    proxy.publish(site("z", "l:4", "newest"))
    proxy.pass_time(DRAIN_TIME / 2)
    assert proxy.clusters == {"x", "y", "z"}
    proxy.drained("old", "new", "newer")
    assert proxy.clusters == {"z"}


@BOTH
def test_without_a_change_of_listeners_nothing_is_kept(delta: bool) -> None:
    """Routes take effect on open connections, too: the old cluster is free."""
    proxy = Proxy(delta)
    proxy.publish(site("y", "l:1", "old"))
    assert proxy.clusters == {"y"}
    proxy.publish({**site("z", "l:1", "old"), LDS: {"l": "1", "more": "1"}})
    assert proxy.clusters == {"z"}


@BOTH
def test_a_release_is_acknowledged_before_its_predecessor_is_drained(delta: bool) -> None:
    """Neither a rollout nor the end of the sidecar waits for old connections."""
    proxy = Proxy(delta)
    proxy.publish(REPOINTED)
    stream = proxy.client.exchange.stream
    assert stream.serial == 2
    assert not stream.pushing
    assert proxy.fleet.good is proxy.fleet.newest


def test_on_a_reconnect_the_clusters_of_old_connections_stay() -> None:
    """Whoever was there before, this sidecar or another, was about to remove them or waited for the drain."""
    proxy = Proxy(True)
    proxy.publish(REPOINTED)
    proxy.client.connect()
    proxy.answer()
    assert proxy.clusters == {"x", "y"}
    proxy.drained("old")
    assert proxy.clusters == {"y"}
