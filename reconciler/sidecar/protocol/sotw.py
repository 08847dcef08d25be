"""The state-of-the-world protocol (StreamAggregatedResources). Source: Envoy's xds_protocol.

Responses of listeners and clusters have all resources, so that leaving one out removes it: while old ones may still be
in use, the response has the union of both. Other types are sent in part, and are removed only by what refers to them.
"""

from __future__ import annotations

from typing import ClassVar

from reconciler.sidecar.protocol.content import Content
from reconciler.sidecar.protocol.ledger import Ledger, Push, Sent
from reconciler.sidecar.protocol.messages import Response, SotwRequest
from reconciler.sidecar.protocol.stream import FULL_STATE, Stream
from reconciler.sidecar.protocol.subscription import first_sotw, next_sotw


class SotwStream(Stream[SotwRequest]):
    """A stream of DiscoveryRequests. Only the newest nonce counts."""

    delta: ClassVar[bool] = False

    def _claims(self, request: SotwRequest) -> bool:
        return bool(request.version)

    def _receive(self, request: SotwRequest, ledger: Ledger, *, first: bool) -> None:
        if first:
            change = first_sotw(request.names)
        elif request.nonce and ledger.nonce and request.nonce != ledger.nonce:
            return  # an answer to the newer response is on its way, and lists all names again
        else:
            change = next_sotw(ledger.subscription, request.names)
        sent = ledger.inflight.pop(request.nonce, None)
        if sent is not None and request.error is None:
            self._acknowledged(ledger, sent)
            ledger.confirmed = sent.resources
        self._note(ledger, change)
        if change.asked and ledger.type_url in FULL_STATE:
            ledger.due = True
        if sent is not None and request.error is not None:
            self._refused(ledger, sent, request.error)

    def _refused(self, ledger: Ledger, sent: Sent, message: str) -> None:
        if ledger.type_url in FULL_STATE:
            # What the refused response added is not repeated; what was there before stays until nothing uses it.
            ledger.base = self._fleet.nothing(ledger.type_url)
            ledger.stale = {each.name: each for each in ledger.subscription.pick(ledger.confirmed)}
            ledger.due = True
        super()._refused(ledger, sent, message)

    def _compose(self, ledger: Ledger, content: Content, push: Push) -> Response | None:
        if not push.resources and not push.due:
            return None
        if ledger.type_url in FULL_STATE:
            return None if ledger.has_refused(content) else self._full_state(ledger, content)
        # The answer to an older response will not count, so what that one brought is brought again.
        names = {each.name for each in push.resources} | {
            each.name for sent in ledger.inflight.values() for each in sent.resources
        }
        resources = push.resources
        if len(names) > len(resources):
            resources = ledger.subscription.pick(tuple(each for each in content.all if each.name in names))
        ledger.inflight.clear()
        return self._response(ledger, content.version, resources)

    def _compose_removal(self, ledger: Ledger, content: Content, _: frozenset[str]) -> Response | None:
        if ledger.type_url not in FULL_STATE:
            return None
        return self._full_state(ledger, content)

    def _full_state(self, ledger: Ledger, content: Content) -> Response:
        """All that the client wants and what must not go yet; the version then says how many are to be removed."""
        ledger.inflight.clear()
        if ledger.stale:
            # Only what the client has acknowledged: repeating what it may be about to refuse would be refused too.
            ledger.stale = {each.name: each for each in ledger.confirmed if each.name in ledger.stale}
        wanted = ledger.subscription.wanted(content)
        stale = tuple(each for _, each in sorted(ledger.stale.items()))
        version = f"{content.version}+{len(stale)}" if stale else content.version
        return self._response(ledger, version, (*wanted, *stale) if stale else wanted)
