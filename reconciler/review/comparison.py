"""Two sides of a plan, looked at together: what each fleet serves before and after, and where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from reconciler.review.changes import Identity, by_identity
from reconciler.review.served.fleet import Fleet
from reconciler.review.served.names import Owner
from reconciler.review.served.sockets import Chain, Socket
from reconciler.review.served.tables import Route, VirtualHost
from reconciler.snapshot.diff import diff
from reconciler.snapshot.model import CLUSTER, CLUSTER_LOAD_ASSIGNMENT, Snapshot
from reconciler.source.document import Document
from reconciler.source.tree import Tree


class Version:
    """One side: what is served, and the manifests that it comes from (none where they are not at hand)."""

    def __init__(
        self, snapshots: Mapping[str, Snapshot], documents: tuple[Document, ...] = (), tree: Tree | None = None
    ) -> None:
        self.snapshots, self.documents, self.tree = snapshots, documents, tree
        self._fleets: dict[str, Fleet] = {}

    def fleet(self, name: str) -> Fleet:
        """What a fleet serves; nothing where there is no such fleet."""
        if name not in self._fleets:
            self._fleets[name] = Fleet(name, self.snapshots.get(name))
        return self._fleets[name]

    def of_kinds(self, *kinds: str) -> Mapping[Identity, Document]:
        """The manifests of some kinds, by what identifies them."""
        return by_identity(one for one in self.documents if one.object.get("kind") in kinds)

    @cached_property
    def _routes(self) -> Mapping[tuple[str, str, str], Document]:
        found = self.of_kinds("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
        return {(kind.lower(), namespace, name): one for (_, kind, namespace, name), one in found.items()}

    def owner(self, owner: Owner) -> Document | None:
        """The manifest of a rule."""
        return self._routes.get((owner.kind, owner.namespace, owner.name))


class HostChange(NamedTuple):
    """A virtual host whose requests may go elsewhere. It is None on a side that has not got it."""

    fleet: str
    table: str
    host: str
    before: VirtualHost | None
    after: VirtualHost | None

    def routes(self, after: bool) -> tuple[Route, ...]:
        """Its routes on one side."""
        host = self.after if after else self.before
        return host.routes if host else ()


class Comparison:
    """Both sides. Fleets that are the same on both are passed over."""

    def __init__(self, before: Version, after: Version) -> None:
        self.before, self.after = before, after

    @cached_property
    def fleets(self) -> tuple[str, ...]:
        """Names of the fleets that differ."""
        old, new = self.before.snapshots, self.after.snapshots
        return tuple(sorted(name for name in {*old, *new} if _digest(old.get(name)) != _digest(new.get(name))))

    @cached_property
    def common(self) -> tuple[str, ...]:
        """Those of them that both sides have."""
        return tuple(name for name in self.fleets if name in self.before.snapshots and name in self.after.snapshots)

    def pair(self, fleet: str) -> tuple[Fleet, Fleet]:
        """A fleet before and after."""
        return self.before.fleet(fleet), self.after.fleet(fleet)

    @cached_property
    def hosts(self) -> tuple[HostChange, ...]:
        """Virtual hosts that differ, or whose clusters do, of fleets that both sides have."""
        return tuple(change for fleet in self.common for change in self._hosts(fleet))

    def _hosts(self, fleet: str) -> Iterator[HostChange]:
        old, new = self.pair(fleet)
        moved = [f"{name}".encode() for name in sorted(self.changed_clusters(fleet))]
        for table in sorted({*old.tables, *new.tables}):
            before, after = old.tables.get(table), new.tables.get(table)
            if before and after and before.value == after.value and not any(name in after.value for name in moved):
                continue
            was, now = before.hosts if before else {}, after.hosts if after else {}
            for host in sorted({*was, *now}):
                one, other = was.get(host), now.get(host)
                same = one is not None and other is not None and one.value == other.value
                if not same or (other is not None and any(name in other.value for name in moved)):
                    yield HostChange(fleet, table, host, one, other)

    def changed_clusters(self, fleet: str) -> frozenset[str]:
        """Names of clusters that are on both sides and whose content or endpoints differ."""
        if fleet not in self._changed_clusters:
            changes = diff(self.before.snapshots.get(fleet), self.after.snapshots.get(fleet))
            kinds = {CLUSTER, CLUSTER_LOAD_ASSIGNMENT}
            found = frozenset(one.name for one in changes if one.type_url in kinds and one.action == "change")
            self._changed_clusters[fleet] = found
        return self._changed_clusters[fleet]

    @cached_property
    def _changed_clusters(self) -> dict[str, frozenset[str]]:
        return {}

    def place(self, change: HostChange) -> tuple[Socket, Chain] | None:
        """Where a virtual host is served, after or else before."""
        old, new = self.pair(change.fleet)
        return new.places.get(change.table) or old.places.get(change.table)


def _digest(snapshot: Snapshot | None) -> str:
    return snapshot.digest if snapshot else ""
