"""What a client has asked for, of one type on one stream, and how requests change it.

Source: Envoy's xds_protocol, "How the client specifies what resources to return".
"""

from __future__ import annotations

from collections.abc import Collection

from reconciler.records import dataclass
from reconciler.sidecar.protocol.content import Content, Framed

WILDCARD = "*"


@dataclass(frozen=True, slots=True)
class Subscription:
    """The names asked for, and whether all other resources are as well.

    `legacy` (state of the world) tells a wildcard that was never spelt out: no request has named anything yet.
    """

    names: frozenset[str] = frozenset()
    wildcard: bool = False
    legacy: bool = False

    def covers(self, name: str) -> bool:
        """Whether the client wants a resource of this name."""
        return self.wildcard or name in self.names

    def pick(self, resources: tuple[Framed, ...]) -> tuple[Framed, ...]:
        """Those of the resources that the client wants."""
        if self.wildcard:
            return resources
        return tuple(each for each in resources if each.name in self.names)

    def wanted(self, content: Content) -> tuple[Framed, ...]:
        """All resources of a type that the client wants."""
        return content.all if self.wildcard or self.names >= content.names else self.pick(content.all)


@dataclass(frozen=True, slots=True)
class Change:
    """What a request did: names that must be answered even if nothing has changed, and whether all must be."""

    subscription: Subscription
    asked: frozenset[str] = frozenset()
    asked_all: bool = False


def first_sotw(names: Collection[str]) -> Change:
    """The first request of a type: naming nothing means everything."""
    if not names:
        return Change(Subscription(wildcard=True, legacy=True), asked_all=True)
    return next_sotw(Subscription(), names)


def next_sotw(before: Subscription, names: Collection[str]) -> Change:
    """A later request. It lists all that is wanted; once something was named, naming nothing means nothing."""
    if not names and before.legacy:
        return Change(before)
    wildcard = WILDCARD in names
    wanted = before.names
    if len(names) - wildcard != len(wanted) or not wanted.issuperset(name for name in names if name != WILDCARD):
        wanted = frozenset(names) - {WILDCARD}
    after = Subscription(wanted, wildcard)
    return Change(after, wanted - before.names, asked_all=wildcard and not before.wildcard)


def first_delta(subscribe: Collection[str], unsubscribe: Collection[str]) -> Change:
    """The first request of a type: two empty lists mean everything."""
    if not subscribe and not unsubscribe:
        return Change(Subscription(wildcard=True), asked_all=True)
    return next_delta(Subscription(), subscribe, unsubscribe)


def next_delta(before: Subscription, subscribe: Collection[str], unsubscribe: Collection[str]) -> Change:
    """A later request. What is subscribed to again is sent again: the client may have forgotten it.

    A name that is taken back while the wildcard stays is answered too, since the client cannot know whether the
    wildcard includes it.
    """
    if not subscribe and not unsubscribe:
        return Change(before)
    added, dropped = frozenset(subscribe), frozenset(unsubscribe)
    wildcard = (before.wildcard and WILDCARD not in dropped) or WILDCARD in added
    names = ((before.names - dropped) | added) - {WILDCARD}
    asked = added - {WILDCARD}
    if wildcard:
        asked |= (before.names & dropped) - added
    return Change(Subscription(names, wildcard), asked, asked_all=WILDCARD in added)
