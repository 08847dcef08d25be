"""One client's stream, without I/O: requests and changes go in, responses come out.

The order of a push is make before break. First what is new or has changed, with nothing removed: clusters, and
endpoints and secrets as they are asked for; when Envoy has acknowledged the clusters (it does so when they are warm)
or has had its time, listeners, then routes. When all that is acknowledged, the removals, users first; what replaced
listeners used stays until these are drained. A type that the client has not subscribed to is not waited for.

Time is a number of seconds that the caller passes in; `deadline` says when `on_timer` is wanted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import ClassVar, Generic, TypeVar

from reconciler.sidecar.limits import LIMITS, Limits
from reconciler.sidecar.protocol.content import Content, Difference, Framed, View, bound_address
from reconciler.sidecar.protocol.drain import DRAIN_TIME, Drain
from reconciler.sidecar.protocol.fleet import Fleet, Refusal
from reconciler.sidecar.protocol.ledger import Ledger, Push, Sent
from reconciler.sidecar.protocol.messages import DeltaRequest, Node, ProtocolError, Response, SotwRequest, TooMuch
from reconciler.sidecar.protocol.subscription import Change, Subscription
from reconciler.snapshot.model import (
    CLUSTER,
    CLUSTER_LOAD_ASSIGNMENT,
    LISTENER,
    ROUTE_CONFIGURATION,
    SECRET,
    TYPE_URLS,
)

PATIENCE = 15.0
"""Seconds to wait for an acknowledgement before listeners and routes follow all the same: Envoy's own
`initial_fetch_timeout`, after which it stops warming a cluster."""

FULL_STATE = frozenset({CLUSTER, LISTENER})
"""Types of which every state-of-the-world response has all resources; what clients claim of them is not believed."""

_REMOVAL_ORDER = (LISTENER, ROUTE_CONFIGURATION, CLUSTER, CLUSTER_LOAD_ASSIGNMENT, SECRET)
_WAITED_FOR = (CLUSTER, LISTENER, ROUTE_CONFIGURATION)
_NEEDED = (CLUSTER, LISTENER, ROUTE_CONFIGURATION, CLUSTER_LOAD_ASSIGNMENT)
_KEPT_NONCES = 1_000
_NO_DIFFERENCE = Difference((), ())

RequestT = TypeVar("RequestT", SotwRequest, DeltaRequest)


class Stream(ABC, Generic[RequestT]):
    """A stream of either protocol.

    Args:
        join: gives the fleet of a name; raises `Denied`.
        type_url: for the service of a single type: the only one that may be asked for.
        patience: seconds to wait for an acknowledgement.
        limits: what the client may take.
        drain_time: seconds in which Envoy drains replaced filter chains; what these use is removed only then.

    Attributes:
        view: what it is being given.
        settled: the versions of what it has acknowledged as a whole, `serial` that of the release; 0: nothing yet.
        refusal: what it has refused last, until it has acknowledged all of the newest release.
        deadline: when `on_timer` is wanted.
    """

    delta: ClassVar[bool]

    def __init__(
        self,
        join: Callable[[str], Fleet],
        type_url: str = "",
        patience: float = PATIENCE,
        limits: Limits = LIMITS,
        drain_time: float = DRAIN_TIME,
    ) -> None:
        self.node: Node | None = None
        self.fleet: Fleet | None = None
        self.view: View | None = None
        self.settled: frozenset[tuple[str, str]] | None = None
        self.serial = 0
        self.refusal: Refusal | None = None
        self.deadline: float | None = None
        self.ledgers: dict[str, Ledger] = {}
        self.acknowledgements = 0
        self.refusals = 0
        self._in_order: tuple[str, ...] = ()
        self._join = join
        self._only = type_url
        self._patience = patience
        self._limits = limits
        self._drain = Drain(drain_time)
        self._nonces: set[str] = set()
        self._resumes = False
        self._nonces_below = 0
        self._epoch = 0
        self._renewed_clusters: tuple[Framed, ...] = ()

    def on_request(self, request: RequestT, now: float) -> list[Response]:
        """Answers a request.

        Raises:
            ProtocolError: the stream must be ended with INVALID_ARGUMENT, or (`TooMuch`) RESOURCE_EXHAUSTED.
            Denied: the stream must be ended with PERMISSION_DENIED.
        """
        if self.node is None:
            self._identify(request.node)
            self._resumes = self._claims(request)
        type_url = self._type_of(request.type_url)
        ledger = self.ledgers.get(type_url)
        first = ledger is None
        if ledger is None:
            if len(self.ledgers) >= self._limits.types:
                raise TooMuch(f"a stream may ask for {self._limits.types} types")
            ledger = Ledger.empty(type_url, self._fleet.nothing(type_url), believed=type_url not in FULL_STATE)
            self.ledgers[type_url] = ledger
            self._in_order = tuple(sorted(self.ledgers, key=_place))
        self._receive(request, ledger, first=first)
        return self._advance(now)

    def on_change(self, now: float) -> list[Response]:
        """The fleet has changed (`Fleet.on_change`): what must be pushed."""
        return self._advance(now) if self.fleet is not None else []

    @property
    def pushing(self) -> bool:
        """Whether the client has been sent something that it has not answered, or is still to be sent the rest.

        What is only kept for old connections is not waited for.
        """
        return any(
            ledger.inflight or not self._drain.holds(url, ledger.stale.keys()) for url, ledger in self.ledgers.items()
        )

    def on_timer(self, now: float) -> list[Response]:
        """The deadline has passed: what need not wait any longer."""
        return self.on_change(now)

    @abstractmethod
    def _claims(self, request: RequestT) -> bool:
        """Whether a first request says that the client has something already: its Envoy has not just been started."""

    @abstractmethod
    def _receive(self, request: RequestT, ledger: Ledger, *, first: bool) -> None:
        """Enters a request into the books."""

    @abstractmethod
    def _compose(self, ledger: Ledger, content: Content, push: Push) -> Response | None:
        """The response for a push, or None where nothing needs saying."""

    @abstractmethod
    def _compose_removal(self, ledger: Ledger, content: Content, names: frozenset[str]) -> Response | None:
        """The response that removes these, which are stale no more, or None where this protocol has no words for it."""

    @property
    def _fleet(self) -> Fleet:
        if self.fleet is None:
            raise ProtocolError("a stream begins with a request")
        return self.fleet

    def _identify(self, node: Node | None) -> None:
        """The first request says who asks, for the whole stream."""
        if node is None:
            raise ProtocolError("the first request of a stream must carry the node")
        self.fleet = self._join(node.cluster)
        self.node = node

    def _type_of(self, asked: str) -> str:
        type_url = asked or self._only
        if not type_url:
            raise ProtocolError("a request on an aggregated stream must carry a type URL")
        if self._only and type_url != self._only:
            raise ProtocolError(f"this service serves {self._only}, not {type_url}")
        return type_url

    # Acknowledgements

    def _acknowledged(self, ledger: Ledger, sent: Sent) -> None:
        self.acknowledgements += 1
        ledger.acknowledged = sent.content.version

    def _refused(self, ledger: Ledger, sent: Sent, message: str) -> None:
        """A NACK. Whatever Envoy says, it may have taken any part of the response, so nothing is known of it now."""
        self.refusals += 1
        self.settled = None
        self._resumes = False
        ledger.refused = sent
        ledger.asked_all = True
        if self.view is not None and self.node is not None:
            names = (*(each.name for each in sent.resources), *sent.removed)
            self.refusal = self._fleet.refuse(self.view, sent.content, names, self.node.id, message)

    def _note(self, ledger: Ledger, change: Change) -> None:
        names = change.subscription.names
        if change.asked:
            self._check_share(ledger, names, change.asked)
        shared = self._fleet.shared_names(names)
        after = change.subscription
        if shared is not names:
            after = Subscription(shared, after.wildcard, after.legacy)
        ledger.note(change, ledger.subscription if after == ledger.subscription else after)

    def _check_share(self, ledger: Ledger, names: Collection[str], added: Iterable[str]) -> None:
        others = sum(len(each.subscription.names) for each in self.ledgers.values() if each is not ledger)
        if others + len(names) > self._limits.names:
            raise TooMuch(f"a stream may subscribe to {self._limits.names} names")
        if max(map(len, added)) > self._limits.name_bytes:
            raise TooMuch(f"a name may have {self._limits.name_bytes} characters")

    # The push

    def _resumed(self, fleet: Fleet) -> frozenset[tuple[str, str]] | None:
        """What this Envoy had acknowledged as a whole on a stream before this one, where it still runs."""
        holders = fleet.holders
        return holders.versions if self._resumes and self.node is not None and self.node.id in holders.nodes else None

    def _advance(self, now: float) -> list[Response]:
        fleet = self._fleet
        if fleet.epoch != self._epoch:
            self._epoch = fleet.epoch
            self._nonces.clear()
        view = fleet.view_for(self.view, self.settled or self._resumed(fleet))
        if view is None:
            return []
        self.view = view
        responses: list[Response] = []
        for type_url in self._in_order:
            ledger = self.ledgers[type_url]
            if self._may_push(ledger, view, now):
                self._push(ledger, fleet.content(view, type_url), now, responses)
        self._remove(view, now, responses)
        self._settle(view)
        self._arm(view, now)
        return responses

    def _may_push(self, ledger: Ledger, view: View, now: float) -> bool:
        if not ledger.behind(self._fleet.content(view, ledger.type_url)):
            return False
        match ledger.type_url:
            case t if t == LISTENER:
                return self._clear(CLUSTER, view, now)
            case t if t == ROUTE_CONFIGURATION:
                # A route that is asked for by name is what a new listener waits for.
                return self._clear(CLUSTER, view, now) and (bool(ledger.asked) or self._clear(LISTENER, view, now))
        return True

    def _clear(self, type_url: str, view: View, now: float) -> bool:
        """Whether what depends on a type may follow: the client has acknowledged it, or has had its time."""
        ledger = self.ledgers.get(type_url)
        if ledger is None:
            return True
        content = self._fleet.content(view, type_url)
        if ledger.base is not content or ledger.has_refused(content):
            return False
        return all(now >= sent.at + self._patience for sent in ledger.inflight.values())

    def _push(self, ledger: Ledger, content: Content, now: float, responses: list[Response]) -> None:
        if ledger.has_refused(content):
            push = ledger.answer_only(content)
        else:
            added_to, claimed = ledger.base, ledger.claimed
            change = _NO_DIFFERENCE if added_to is content else self._fleet.difference(added_to, content)
            push = ledger.bring_to(content, change)
            if ledger.type_url == LISTENER:
                push = self._make_way(ledger, push, added_to) if ledger.stale else push
                if push.absent or _replaces(push, added_to, claimed, ledger.confirmed):
                    self._drain.begin()
            if ledger.type_url == CLUSTER:
                self._follow_with_endpoints(push, claimed)
                if not claimed.keys() <= content.names:
                    self._drain.begin()  # on the stream before this one they were being removed, or about to be
        self._send(ledger, content, self._compose(ledger, content, push), now, responses)

    def _follow_with_endpoints(self, push: Push, claimed: dict[str, str]) -> None:
        """A changed cluster warms until it is sent its endpoints, even if these are the same."""
        renewed = tuple(each for each in push.resources if claimed.get(each.name) != each.version)
        endpoints = self.ledgers.get(CLUSTER_LOAD_ASSIGNMENT)
        if endpoints is None:
            self._renewed_clusters = renewed
            return
        renewed_names = frozenset(each.name for each in renewed)
        endpoints.disbelieve(renewed_names)
        held = renewed_names & endpoints.base.names
        endpoints.asked.update(name for name in held if endpoints.subscription.covers(name))

    def _make_way(self, ledger: Ledger, push: Push, before: Content) -> Push:
        """A new listener that takes over the address of an old one needs that one removed in the same step."""
        taken = {bound_address(each) for each in push.resources if each.name not in before.resources} - {b""}
        freed: list[str] = [name for name, each in ledger.stale.items() if each.frame and bound_address(each) in taken]
        for name in freed:
            del ledger.stale[name]
        return replace(push, absent=tuple(sorted({*push.absent, *freed})))

    def _remove(self, view: View, now: float, responses: list[Response]) -> None:
        """The second phase, one type after the other, each acknowledged before the next."""
        self._drain.keep_only(lambda type_url: self.ledgers[type_url].stale.keys())
        if not self._drain.begun and not any(ledger.stale for ledger in self.ledgers.values()):
            return
        if not all(self._acknowledges(type_url, view) for type_url in _WAITED_FOR):
            return
        tables = self._tables_gone(view)
        listeners = self.ledgers.get(LISTENER)
        if listeners is not None and listeners.stale:
            self._drain.begin()
        else:
            self._drain.acknowledged(now, tables)
        for type_url in (*_REMOVAL_ORDER, *(url for url in self.ledgers if url not in _REMOVAL_ORDER)):
            ledger = self.ledgers.get(type_url)
            if ledger is None or not ledger.stale:
                continue
            gone = frozenset(ledger.stale)
            if type_url != LISTENER:
                gone = self._drain.removable(type_url, gone, now, tables)
            if gone:
                self._take_away(ledger, view, gone, now, responses)
            if type_url in _WAITED_FOR and ledger.inflight:
                return

    def _take_away(
        self, ledger: Ledger, view: View, names: frozenset[str], now: float, responses: list[Response]
    ) -> None:
        content = self._fleet.content(view, ledger.type_url)
        ledger.stale = {name: each for name, each in ledger.stale.items() if name not in names}
        self._send(ledger, content, self._compose_removal(ledger, content, names), now, responses)

    def _tables_gone(self, view: View) -> frozenset[str]:
        """The route tables that the client subscribes to by name although the view does not have them."""
        ledger = self.ledgers.get(ROUTE_CONFIGURATION)
        names = ledger.subscription.names if ledger is not None else frozenset()
        return names - self._fleet.content(view, ROUTE_CONFIGURATION).names

    def _acknowledges(self, type_url: str, view: View) -> bool:
        ledger = self.ledgers.get(type_url)
        if ledger is None:
            return True
        content = self._fleet.content(view, type_url)
        return not (ledger.behind(content) or ledger.inflight or ledger.has_refused(content))

    def _settle(self, view: View) -> None:
        """Notes when the client has acknowledged all of a view: then it is known to be good."""
        fleet = self._fleet
        if self.settled != view.versions:
            needed = (self._only,) if self._only else _NEEDED
            if any(url not in self.ledgers and fleet.content(view, url).resources for url in needed):
                return
            if self.pushing or not all(self._acknowledges(url, view) for url in self.ledgers):
                return
            if not self._only:  # what other streams of this Envoy have acknowledged is not known here
                self.settled = view.versions
                fleet.acknowledge(view, self.node.id if self.node is not None else "")
        self.serial = view.serial
        if view is fleet.newest:
            self.refusal = None

    def _behind(self, type_url: str, view: View) -> bool:
        ledger = self.ledgers.get(type_url)
        return ledger is not None and ledger.behind(self._fleet.content(view, type_url))

    def _arm(self, view: View, now: float) -> None:
        times: list[float] = []
        if self._behind(LISTENER, view) or self._behind(ROUTE_CONFIGURATION, view):
            for url in (CLUSTER, LISTENER):
                if (ledger := self.ledgers.get(url)) is not None:
                    times += (sent.at + self._patience for sent in ledger.inflight.values())
        if self._drain.deadline is not None:
            times.append(self._drain.deadline)
        self.deadline = min((time for time in times if time > now), default=None)

    def _send(
        self, ledger: Ledger, content: Content, response: Response | None, now: float, responses: list[Response]
    ) -> None:
        if response is None:
            return
        if len(ledger.inflight) >= self._limits.unacknowledged:
            raise TooMuch(f"{len(ledger.inflight)} responses were not acknowledged")
        self._remember(response.nonce)
        ledger.nonce = response.nonce
        ledger.inflight[response.nonce] = Sent(content, response.resources, response.removed, now)
        responses.append(response)

    def _remember(self, nonce: str) -> None:
        """Notes that a nonce was used. Of very many only the highest is kept, as those of a fleet only grow."""
        self._nonces.add(nonce)
        if len(self._nonces) > _KEPT_NONCES:
            self._nonces_below = max(map(int, self._nonces))
            self._nonces.clear()

    def _response(
        self, ledger: Ledger, version: str, resources: tuple[Framed, ...], removed: tuple[str, ...] = ()
    ) -> Response:
        """A response whose nonce this stream has not seen, shared with other streams where possible."""
        fleet, delta = self._fleet, self.delta
        response = fleet.response(ledger.type_url, version, resources, removed, delta=delta)
        if response.nonce in self._nonces or int(response.nonce) <= self._nonces_below:
            response = fleet.fresh_response(ledger.type_url, version, resources, removed, delta=delta)
        return response


def _place(type_url: str) -> int:
    """Where a type comes in a push; unusual ones at the end, as they were asked for."""
    return TYPE_URLS.index(type_url) if type_url in TYPE_URLS else len(TYPE_URLS)


def _replaces(push: Push, before: Content, claimed: Mapping[str, str], confirmed: tuple[Framed, ...]) -> bool:
    """Whether any of the resources takes the place of another version that the client has."""
    had = {**{each.name: each.version for each in confirmed}, **claimed}
    for each in push.resources:
        was = before.resources.get(each.name)
        if (was.version if was is not None else had.get(each.name, each.version)) != each.version:
            return True
    return False
