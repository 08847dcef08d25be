"""Whatever happens before: in the end a client holds exactly what the release says."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from reconciler.sidecar.protocol import Fleet
from tests.sidecar.client import Client, expected
from tests.sidecar.releases import CDS, EDS, FLEET, LDS, RDS, Releases

NAMES = ("a", "b", "c", "d")
CONTENTS = st.sampled_from(["1", "2", "bad"])
GOOD = st.sampled_from(["1", "2"])
TYPES = st.sampled_from([CDS, EDS, LDS, RDS])


def states(contents: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, dict[str, str]]]:
    """Type URL → name → content."""
    resources = st.dictionaries(st.sampled_from(NAMES), contents, max_size=4)
    return st.fixed_dictionaries({CDS: resources, EDS: resources, LDS: resources, RDS: resources})


class Conversation(RuleBasedStateMachine):
    """Random subscriptions, acknowledgements, refusals, reconnects and releases, of two clients."""

    delta = True

    @initialize(state=states(GOOD))
    def start(self, state: dict[str, dict[str, str]]) -> None:
        self.releases = Releases()
        self.fleet = Fleet(FLEET)
        self.state = state
        self.fleet.publish(self.releases.next(state))
        self.clients = [Client(self.fleet, delta=self.delta, poison=["bad"]) for _ in range(2)]
        for client in self.clients:
            client.subscribe(CDS, "*")

    @rule(state=states(CONTENTS), tell=st.booleans())
    def release(self, state: dict[str, dict[str, str]], tell: bool) -> None:
        self.state = state
        self.fleet.publish(self.releases.next(state))
        if tell:
            self.change()

    @rule()
    def change(self) -> None:
        for client in self.clients:
            client.change()

    @rule(who=st.integers(0, 1), url=TYPES, names=st.sets(st.sampled_from([*NAMES, "*"]), min_size=1))
    def subscribe(self, who: int, url: str, names: set[str]) -> None:
        self.clients[who].subscribe(url, *sorted(names))

    @rule(who=st.integers(0, 1), url=TYPES, names=st.sets(st.sampled_from([*NAMES, "*"]), min_size=1))
    def unsubscribe(self, who: int, url: str, names: set[str]) -> None:
        self.clients[who].unsubscribe(url, *sorted(names))

    @rule(who=st.integers(0, 1), count=st.integers(1, 4))
    def answer(self, who: int, count: int) -> None:
        for _ in range(count):
            self.clients[who].answer()

    @rule(who=st.integers(0, 1))
    def reconnect(self, who: int) -> None:
        self.clients[who].connect()

    @precondition(lambda self: any(client.exchange.stream.deadline is not None for client in self.clients))
    @rule()
    def wait(self) -> None:
        for client in self.clients:
            if client.exchange.stream.deadline is not None:
                client.inbox.extend(client.exchange.wait())

    def teardown(self) -> None:
        if not hasattr(self, "fleet"):
            return
        good = {
            url: {**{name: text.replace("bad", "1") for name, text in each.items()}, "e": "1"}  # no refused version
            for url, each in self.state.items()
        }
        self.fleet.publish(self.releases.next(good))
        self.change()
        for client in self.clients:
            client.settle()
            assert self.held(client, good) == expected(good, client.wanted)
            nonces = [response.nonce for response in client.exchange.sent]
            assert len(set(nonces)) == len(nonces)

    def held(self, client: Client, good: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """What a client holds of what it subscribes to.

        State of the world has no words for the removal of endpoints and routes: they go with what refers to them.
        """
        return {
            url: {
                name: text
                for name, text in client.held.get(url, {}).items()
                if ("*" in asked or name in asked) and (self.delta or url in {CDS, LDS} or name in good[url])
            }
            for url, asked in client.wanted.items()
        }


class DeltaConversation(Conversation):
    delta = True


class SotwConversation(Conversation):
    delta = False


QUICK = settings(max_examples=3000, stateful_step_count=40, deadline=None, database=None)
TestDelta: Any = DeltaConversation.TestCase
TestDelta.settings = QUICK
TestSotw: Any = SotwConversation.TestCase
TestSotw.settings = QUICK
