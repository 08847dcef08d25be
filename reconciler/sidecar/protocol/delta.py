"""The incremental protocol (DeltaAggregatedResources). Source: Envoy's xds_protocol, "Incremental xDS"."""

from __future__ import annotations

from typing import ClassVar

from reconciler.sidecar.protocol.content import Content
from reconciler.sidecar.protocol.ledger import Ledger, Push
from reconciler.sidecar.protocol.messages import DeltaRequest, Response
from reconciler.sidecar.protocol.stream import Stream
from reconciler.sidecar.protocol.subscription import first_delta, next_delta
from reconciler.snapshot.model import CLUSTER_LOAD_ASSIGNMENT


class DeltaStream(Stream[DeltaRequest]):
    """A stream of DeltaDiscoveryRequests. A nonce says only what is acknowledged; subscriptions always count."""

    delta: ClassVar[bool] = True

    def _claims(self, request: DeltaRequest) -> bool:
        return bool(request.initial_versions)

    def _receive(self, request: DeltaRequest, ledger: Ledger, *, first: bool) -> None:
        if first:
            ledger.claimed = dict(request.initial_versions)
            # Of what came in a refused response, Envoy may hold more than it says, or less.
            ledger.claimed.update(dict.fromkeys(self._fleet.suspects.get(ledger.type_url, ()), ""))
            if ledger.type_url == CLUSTER_LOAD_ASSIGNMENT:
                ledger.disbelieve(each.name for each in self._renewed_clusters)
                self._renewed_clusters = ()
            self._note(ledger, first_delta(request.subscribe, request.unsubscribe))
            return
        sent = ledger.inflight.pop(request.nonce, None) if request.nonce else None
        if sent is not None and request.error is None:
            self._acknowledged(ledger, sent)
        ledger.disbelieve(request.subscribe)
        for name in request.unsubscribe:
            ledger.claimed.pop(name, None)
        self._note(ledger, next_delta(ledger.subscription, request.subscribe, request.unsubscribe))
        if sent is not None and request.error is not None:
            self._refused(ledger, sent, request.error)

    def _compose(self, ledger: Ledger, content: Content, push: Push) -> Response | None:
        if not push.resources and not push.absent and not push.due:
            return None
        return self._response(ledger, content.version, push.resources, push.absent)

    def _compose_removal(self, ledger: Ledger, content: Content, names: frozenset[str]) -> Response | None:
        return self._response(ledger, content.version, (), tuple(sorted(names)))
