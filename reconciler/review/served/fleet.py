"""All that a fleet serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from reconciler.review.served.clusters import Cluster, cluster
from reconciler.review.served.sockets import Chain, Socket, socket
from reconciler.review.served.tables import Table
from reconciler.snapshot.model import (
    CLUSTER,
    CLUSTER_LOAD_ASSIGNMENT,
    LISTENER,
    ROUTE_CONFIGURATION,
    SECRET,
    Snapshot,
)


class Fleet:
    """A fleet's snapshot, read when it is looked at."""

    def __init__(self, name: str, snapshot: Snapshot | None) -> None:
        self.name = name
        self._values: dict[str, dict[str, bytes]] = {
            types.type_url: {one.name: one.value for one in types.resources}
            for types in (snapshot.types if snapshot else ())
        }
        self._clusters: dict[str, Cluster | None] = {}

    def values(self, type_url: str) -> Mapping[str, bytes]:
        """Encoded resources by name."""
        return self._values.get(type_url, {})

    @cached_property
    def sockets(self) -> tuple[Socket, ...]:
        """Sorted by name."""
        return tuple(socket(value) for _, value in sorted(self.values(LISTENER).items()))

    @cached_property
    def tables(self) -> Mapping[str, Table]:
        """Route configurations by name."""
        return {name: Table(name, value) for name, value in self.values(ROUTE_CONFIGURATION).items()}

    @cached_property
    def places(self) -> Mapping[str, tuple[Socket, Chain]]:
        """Where a route configuration is served, by its name."""
        return {chain.table: (one, chain) for one, chain in self.chains() if chain.table}

    @property
    def secrets(self) -> Mapping[str, bytes]:
        """Certificates and authorities that the snapshot has."""
        return self.values(SECRET)

    def chains(self) -> Iterator[tuple[Socket, Chain]]:
        """All filter chains."""
        for one in self.sockets:
            for chain in one.chains:
                yield one, chain

    def cluster(self, name: str) -> Cluster | None:
        """A cluster by name; None where there is none, as for the share of backends that are invalid."""
        if name not in self._clusters:
            value = self.values(CLUSTER).get(name)
            assignments = self._values.get(CLUSTER_LOAD_ASSIGNMENT, {})
            self._clusters[name] = None if value is None else cluster(value, assignments)
        return self._clusters[name]
