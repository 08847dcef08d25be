"""What one client has been sent of one type, and what it must be sent next.

A ledger does not list what the client holds (a thousand clients with thousands of resources each would fill the
memory): it names the content that the client was brought to, and keeps only what differs from it.
"""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.records import dataclass
from reconciler.sidecar.protocol.content import Content, Difference, Framed
from reconciler.sidecar.protocol.subscription import Change, Subscription

NOTHING = Subscription(names=frozenset())


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A response that has not been acknowledged. `at`: when it was sent, in the seconds of the stream's clock."""

    content: Content
    resources: tuple[Framed, ...]
    removed: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Push:
    """What one response brings: resources, and names that were asked for but do not exist.

    `due`: the client waits for an answer, even if it is empty.
    """

    resources: tuple[Framed, ...]
    absent: tuple[str, ...] = ()
    due: bool = False


@dataclass(slots=True, eq=False)
class Ledger:
    """The books of one type on one stream.

    Attributes:
        base: what the client has been brought to, as far as it subscribes; at first an empty content.
        stale: what the client may still hold although it is not in `base`: to be removed once nothing uses it.
        asked: names that must be answered although `base` has them.
        asked_all: everything must be sent, whatever the client was sent before.
        due: an answer is owed even if it is empty.
        claimed: versions that the client says it has from an earlier stream, until the first push.
        believed: whether a claim spares the sending. Envoy claims listeners and clusters that it has lost.
        inflight: what was sent and not acknowledged, by nonce, oldest first.
        nonce: that of the newest response.
        refused: what the client has refused last; its version is not sent again.
        acknowledged: the version of the newest response that was acknowledged.
        confirmed: the resources of the last response that was acknowledged: all that the client then has (state of
            the world, listeners and clusters).
    """

    type_url: str
    base: Content
    believed: bool
    subscription: Subscription
    stale: dict[str, Framed]
    asked: set[str]
    claimed: dict[str, str]
    inflight: dict[str, Sent]
    nonce: str = ""
    asked_all: bool = False
    due: bool = False
    refused: Sent | None = None
    acknowledged: str = ""
    confirmed: tuple[Framed, ...] = ()

    @classmethod
    def empty(cls, type_url: str, nothing: Content, *, believed: bool) -> Ledger:
        """For the first request of a type; `nothing` is an empty content."""
        return cls(type_url, nothing, believed, NOTHING, {}, set(), {}, {})

    def note(self, change: Change, subscription: Subscription) -> None:
        """Takes over what a request changed; `subscription` equals the change's own."""
        before = self.subscription
        self.subscription = subscription
        self.asked |= change.asked
        if change.asked_all:
            self.asked_all = self.due = True
        if before is not subscription:
            self.asked = {name for name in self.asked if subscription.covers(name)}
            self.stale = {name: each for name, each in self.stale.items() if subscription.covers(name)}

    def disbelieve(self, names: Iterable[str]) -> None:
        """The client may hold these, as it says, but is to be sent them all the same."""
        for name in names:
            if name in self.claimed:
                self.claimed[name] = ""

    def behind(self, content: Content) -> bool:
        """Whether there may be something to send, removals apart."""
        return self.base is not content or bool(self.asked) or self.asked_all or self.due

    def has_refused(self, content: Content) -> bool:
        """Whether the client has refused this very version."""
        return self.refused is not None and self.refused.content.version == content.version

    def bring_to(self, content: Content, change: Difference) -> Push:
        """What to send so that the client has `content`, nothing removed. `change` leads from `base` to `content`."""
        absent = tuple(sorted(name for name in self.asked if name not in content.resources))
        push = Push(self._outgoing(content, change), absent, self.due)
        self._retire(content, change)
        for name in absent:
            self.stale.pop(name, None)
        self.base = content
        self.claimed = {}
        self.asked = set()
        self.asked_all = self.due = False
        return push

    def answer_only(self, content: Content) -> Push:
        """What to send of a version that the client has refused: what it asks for now and has not refused."""
        refused = {each.name for each in self.refused.resources} if self.refused else set()
        names = sorted(self.asked - refused)
        self.asked = set()
        found = tuple(content.resources[name] for name in names if name in content.resources)
        return Push(found, tuple(name for name in names if name not in content.resources))

    def _outgoing(self, content: Content, change: Difference) -> tuple[Framed, ...]:
        if self.asked_all or (self.asked and self.asked >= content.names):
            out = self.subscription.wanted(content)
        elif not self.asked:
            out = self.subscription.pick(change.changed)
        else:
            names = {each.name for each in self.subscription.pick(change.changed)} | self.asked
            out = tuple(each for each in content.all if each.name in names)
        if not (self.claimed and self.believed):
            return out
        return tuple(each for each in out if self.claimed.get(each.name) != each.version)

    def _retire(self, content: Content, change: Difference) -> None:
        for each in self.subscription.pick(change.removed):
            self.stale[each.name] = each
        for name in self.claimed:
            if name not in self.asked and self.subscription.covers(name):
                self.stale[name] = Framed(name, "", b"", 0)
        if self.asked_all:
            # It may have unsubscribed and come back while these were under way.
            for sent in self.inflight.values():
                self.stale.update((each.name, each) for each in self.subscription.pick(sent.resources))
        if self.stale:
            self.stale = {name: each for name, each in self.stale.items() if name not in content.resources}
